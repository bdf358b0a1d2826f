//! Keeps a cluster as it is desired: the calls that the plan asks for, and what is written of them.

use domain::artifact::PinnedArtifact;
use domain::cluster::{Cluster, Look, TargetKind};
use domain::id::RunId;
use domain::operation::{Operation, OperationError, OperationState, Request};
use domain::plan::cluster::{ClusterAction, plan_cluster};
use domain::ports::{Launch, PortError};
use domain::run::Outcome;
use domain::status::JobFacts;
use store::{Lease, NewEvent, StoreError, Write};

use crate::cluster::{finished, with_step};
use crate::{Engine, kubernetes, log, observe, process_jars};

/// Whether there is still a cluster to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is there.
    Followed,
    /// It was the cluster of an application, and is history.
    Retired,
}

/// A cluster as this look saw it.
pub(crate) struct Keeper<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// As it was asked for.
    pub cluster: &'a Cluster,
    /// As it is.
    pub look: &'a Look,
    /// Its own open operation.
    pub operation: Option<&'a Operation>,
}

impl Keeper<'_> {
    /// Does what the plan asks for. `jobs`: those that have to do with the cluster.
    pub async fn keep(&self, lease: &Lease, jobs: &[JobFacts]) -> Result<Kept, StoreError> {
        let mut kept = Kept::Followed;
        for action in plan_cluster(self.cluster, self.look, self.operation, jobs, store::now()) {
            let writes = self.act(lease, jobs, action).await?;
            if writes.iter().any(|write| matches!(write, Write::RetireCluster(_))) {
                kept = Kept::Retired;
            }
            self.engine.store.commit(Some(lease), writes).await?;
        }
        Ok(kept)
    }

    async fn act(&self, lease: &Lease, jobs: &[JobFacts], action: ClusterAction) -> Result<Vec<Write>, StoreError> {
        Ok(match action {
            ClusterAction::Launch { .. } if self.cluster.target == TargetKind::Kubernetes => self.create().await,
            ClusterAction::Launch { again } => {
                let jars = process_jars::of_launch(self.engine, lease, self.cluster, self.look).await?;
                self.launch(&jars, again).await
            }
            ClusterAction::Terminate => {
                let mut runs = jobs.iter().filter_map(|facts| facts.run.as_ref());
                let run = runs.find(|run| run.cluster_id == self.cluster.id);
                log::before_delete(self.engine, Some(lease), (self.cluster, run), self.look).await?;
                self.terminate().await
            }
            ClusterAction::Retire => self.retire().await?,
            ClusterAction::Step { name, detail } => self.step(name, detail),
            ClusterAction::Finish { state, error } => self.finish(state, error).await?,
        })
    }

    fn step(&self, name: &str, detail: String) -> Vec<Write> {
        self.operation.map(|open| with_step(open, name, detail)).into_iter().collect()
    }

    fn failed(&self, message: String) -> Vec<Write> {
        let error = OperationError {
            code: "launch_failed".to_owned(),
            message,
            hint: "Mend the cause, then start the cluster again.".to_owned(),
        };
        let failed = |open| finished(open, OperationState::Failed, Some(error));
        self.operation.map(failed).unwrap_or_default()
    }

    async fn finish(&self, state: OperationState, error: Option<OperationError>) -> Result<Vec<Write>, StoreError> {
        let mut writes = self.operation.map(|open| finished(open, state, error)).unwrap_or_default();
        let stopped = self.operation.is_some_and(|open| open.request == Request::ClusterStop);
        if stopped && state == OperationState::Succeeded {
            // Its jobs have ended with it: the next start must not bring them back.
            if self.cluster.target == TargetKind::Kubernetes && !self.forget().await {
                return Ok(Vec::new());
            }
            writes.extend(process_jars::ended(self.engine, self.cluster).await?);
        }
        Ok(writes)
    }

    async fn launch(&self, jars: &[PinnedArtifact], again: bool) -> Vec<Write> {
        let cluster = self.cluster;
        let launched = match self.launch_of(jars).await {
            Ok(launch) => self.engine.ports.host.launch(&launch).await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        match launched {
            Ok(url) => {
                let mut writes = vec![Write::ClusterRest {
                    cluster_id: cluster.id,
                    rest_url: Some(url),
                    version: None,
                }];
                if again {
                    let message = format!("The processes of cluster {} had ended; they were started again.", cluster.name);
                    writes.push(Write::Event(
                        NewEvent::new(cluster.team_id, "cluster_relaunched", message).cluster(cluster.id),
                    ));
                }
                writes
            }
            Err(message) => {
                tracing::warn!(cluster = %cluster.id, message, "the cluster could not be launched");
                self.failed(message)
            }
        }
    }

    async fn launch_of(&self, jars: &[PinnedArtifact]) -> Result<Launch, String> {
        let cluster = self.cluster;
        let id = cluster.flink_version_id.ok_or("the cluster names no Flink version")?;
        let version = self
            .engine
            .store
            .flink_version(id)
            .await
            .map_err(|error| format!("its Flink version cannot be read: {error}"))?;
        Ok(Launch {
            name: observe::folder(cluster),
            flink_home: version.home,
            java_home: version.java_home,
            version: version.version,
            task_managers: cluster.task_managers,
            slots: cluster.slots,
            rest_port: cluster
                .rest_url
                .as_deref()
                .and_then(|url| url.rsplit(':').next())
                .and_then(|port| port.parse().ok()),
            configuration: cluster.configuration.clone(),
            jars: process_jars::files(self.engine, jars).await?,
        })
    }

    /// Creates what is missing of a session cluster in Kubernetes; what may mend itself is tried again at the next look.
    async fn create(&self) -> Vec<Write> {
        match kubernetes::create(self.engine, self.cluster).await {
            Ok(()) => Vec::new(),
            Err(PortError::Retry(why)) => self.step("launch", format!("Creating its objects in Kubernetes: {why}.")),
            Err(refused) => self.failed(refused.to_string()),
        }
    }

    /// Nothing is left of an application's cluster but what high availability wrote down. That goes, too, unless nobody knows
    /// how its run ended: then it may be all that is left of the job.
    async fn retire(&self) -> Result<Vec<Write>, StoreError> {
        if !self.lost().await? && !self.forget().await {
            return Ok(Vec::new());
        }
        Ok(vec![Write::RetireCluster(self.cluster.id)])
    }

    /// Removes what high availability wrote down of a cluster that is gone; answers whether that needs no other try.
    async fn forget(&self) -> bool {
        match kubernetes::forget(self.engine, self.cluster).await {
            Ok(()) => true,
            Err(PortError::Retry(_)) => false,
            Err(error) => {
                tracing::warn!(cluster = %self.cluster.id, %error, "what high availability left of a cluster could not be removed");
                true
            }
        }
    }

    /// Whether the end of the application's run is not known. A cluster whose start was given up first has none.
    async fn lost(&self) -> Result<bool, StoreError> {
        match self.engine.store.run_any(RunId(self.cluster.id.0)).await {
            Ok(run) => Ok(run.end.is_some_and(|end| end.outcome == Outcome::Unknown)),
            Err(StoreError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn terminate(&self) -> Vec<Write> {
        let cluster = self.cluster;
        let ended = match cluster.target {
            TargetKind::Kubernetes => kubernetes::delete(self.engine, cluster, self.look).await,
            _ => self.engine.ports.host.terminate(&observe::folder(cluster)).await,
        };
        match ended {
            Ok(()) => Vec::new(),
            Err(error) => self.step("terminate", format!("Not ended yet: {error}")),
        }
    }
}
