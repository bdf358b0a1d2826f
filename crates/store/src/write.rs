//! What the engine writes: a list of [`Write`]s, done in order in one transaction, all or none, and only
//! while the engine still holds the lease of the cluster. The engine decides the list, the store knows
//! what may not be overwritten: the end of a run or operation is sticky, a newer intent wins.

use domain::artifact::PinnedArtifact;
use domain::cluster::{ClusterDesired, Look};
use domain::effect::Effect;
use domain::evidence::KeptEvidence;
use domain::flink_version::VersionNumber;
use domain::id::{ClusterId, JobId, RunId, TeamId};
use domain::job::Desired;
use domain::log::LogOwner;
use domain::observation::Observation;
use domain::operation::Operation;
use domain::restart::GivenUp;
use domain::run::{Run, RunEnd};
use domain::secret::Sealed;
use domain::snapshot::Snapshot;
use domain::variable::PinnedVariable;

use crate::application::NewApplication;
use crate::connect::Store;
use crate::event::NewEvent;
use crate::evidence::PackedFile;
use crate::fault::{Fault, StoreError};
use crate::lease::{self, Lease};
use crate::transaction::{Scope, Tx};
use crate::{application, cluster, effect, evidence, job, look, manifests, observation, operation, restart, run, snapshot, variable_use};

/// One thing to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A new run, which becomes the job's newest. `Conflict` unless the run's generation is the job's,
    /// its operation is open, and no run of the job is alive.
    InsertRun(Run),
    /// When the run was running, its restore path, stop intent and ghost, exactly as given; never its end.
    UpdateRun(Run),
    /// The end of a run. Sticky: a second end changes nothing, and its events are not written.
    EndRun {
        /// Which run.
        run_id: RunId,
        /// How it ended.
        end: RunEnd,
        /// Events that belong to this end.
        events: Vec<NewEvent>,
    },
    /// A call outside: inserted, or how far it got.
    Effect(Effect),
    /// What a source says of a run: inserted, or written over what it said before.
    Observation(Observation),
    /// How far an operation is. Sticky: of one that has ended already (also cancelled or superseded
    /// meanwhile) only steps, run and snapshot are taken. An end frees the place it holds.
    Operation(Operation),
    /// What is desired of a job; nothing when a newer intent came.
    Desired {
        /// Which job.
        job_id: JobId,
        /// The generation that this belongs to.
        generation: i64,
        /// What is desired.
        desired: Desired,
    },
    /// What is desired of a cluster; nothing when a newer intent came.
    ClusterDesired {
        /// Which cluster.
        cluster_id: ClusterId,
        /// The generation that this belongs to.
        generation: i64,
        /// What is desired.
        desired: ClusterDesired,
    },
    /// The address and the version of a cluster; `None` leaves that one as it is.
    ClusterRest {
        /// Which cluster.
        cluster_id: ClusterId,
        /// REST address without a trailing slash.
        rest_url: Option<String>,
        /// Flink's version.
        version: Option<VersionNumber>,
    },
    /// The address of a cluster in Kubernetes, and how it is spoken to.
    ClusterAddress {
        /// Which cluster.
        cluster_id: ClusterId,
        /// REST address without a trailing slash.
        rest_url: String,
        /// Sealed; none where it asks for nothing.
        connection: Option<Sealed>,
    },
    /// Nothing is left of an application's cluster: its row goes. `Conflict` while something uses it.
    RetireCluster(ClusterId),
    /// The jars that the processes of a cluster are started with; none once they have ended.
    ClusterProcessJars {
        /// Which cluster.
        cluster_id: ClusterId,
        /// The jars.
        jars: Vec<PinnedArtifact>,
    },
    /// The newest news of a cluster.
    Look {
        /// Which cluster.
        cluster_id: ClusterId,
        /// What was seen.
        look: Look,
    },
    /// A snapshot: inserted, or what became of it.
    Snapshot(Snapshot),
    /// Which revisions of secrets a run is sent with.
    RunVariables {
        /// Team and job of the run.
        of: (TeamId, JobId),
        /// The run.
        run_id: RunId,
        /// The secrets.
        variables: Vec<PinnedVariable>,
    },
    /// The objects that a run's cluster is made of, without secrets, in the place of those of an earlier try. More than
    /// 2 MiB are not kept.
    RunManifests {
        /// Team and job of the run.
        of: (TeamId, JobId),
        /// The run.
        run_id: RunId,
        /// The objects as JSON.
        objects: Vec<serde_json::Value>,
    },
    /// Evidence of a run's end; what is there already stays.
    Evidence {
        /// What it is of.
        kept: KeptEvidence,
        /// The files.
        files: Vec<PackedFile>,
    },
    /// Logs of what has ended while its cluster lives on; each takes the place of one of its name.
    Logs {
        /// With what they are kept.
        owner: LogOwner,
        /// The files.
        files: Vec<PackedFile>,
    },
    /// A row of the timeline.
    Event(NewEvent),
    /// A start by the restart policy, with its event. `Conflict` unless the run that it follows is the job's newest,
    /// still desired, and nothing is open.
    BeginRestart {
        /// The run that it follows.
        after: RunId,
        /// The operation: its request is a restart.
        operation: Operation,
        /// The sentence of the event.
        message: String,
        /// The cluster of its own that the job is placed on, where each run has one.
        application: Option<NewApplication>,
    },
    /// The restart policy gave up after a run; written once, with its event.
    GiveUpRestarts {
        /// The team.
        team_id: TeamId,
        /// The job.
        job_id: JobId,
        /// After which run, when and why.
        given_up: GivenUp,
    },
    /// All rows of a job but its events and its open operation. `Conflict` while a run may be alive;
    /// nothing when the job is gone already.
    DeleteJob(JobId),
}

impl Store {
    /// Writes a list in order in one transaction, all or nothing. `lease`: none only for what no instance
    /// owns, such as a user's word that a run is gone.
    ///
    /// # Errors
    /// `Conflict` when the lease was lost or one of the writes was refused: nothing is written; read
    /// again and decide again. `Unavailable` when the database does not answer: read again.
    pub async fn commit(&self, lease: Option<&Lease>, writes: Vec<Write>) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        // Looks come with every poll: counting them would make the N-th write of a test another one each time.
        let looks = writes.iter().all(|write| matches!(write, Write::Look { .. }));
        let scope = if looks { Scope::Plain } else { Scope::Engine };
        self.write(scope, (lease.cloned(), writes), |tx, given| async move {
            let (lease, writes) = &*given;
            if let Some(lease) = lease {
                lease::check(&tx, lease).await?;
            }
            for write in writes {
                one(&tx, write).await?;
            }
            Ok(())
        })
        .await
    }
}

async fn one(tx: &Tx, write: &Write) -> Result<(), Fault> {
    match write {
        Write::InsertRun(of) => run::insert(tx, of).await,
        Write::UpdateRun(of) => run::update(tx, of).await,
        Write::EndRun { run_id, end, events } => run::finish(tx, *run_id, end, events).await,
        Write::Effect(of) => effect::save(tx, of).await,
        Write::Observation(of) => observation::save(tx, of).await,
        Write::Operation(of) => operation::save(tx, of).await,
        Write::Desired {
            job_id,
            generation,
            desired,
        } => job::set_desired(tx, *job_id, *generation, *desired).await,
        Write::ClusterDesired {
            cluster_id,
            generation,
            desired,
        } => cluster::set_desired(tx, *cluster_id, *generation, *desired).await,
        Write::ClusterRest {
            cluster_id,
            rest_url,
            version,
        } => cluster::set_rest(tx, *cluster_id, rest_url.as_deref(), *version).await,
        Write::ClusterAddress {
            cluster_id,
            rest_url,
            connection,
        } => cluster::set_address(tx, *cluster_id, rest_url, connection.as_ref()).await,
        Write::RetireCluster(id) => application::retire(tx, *id).await,
        Write::ClusterProcessJars { cluster_id, jars } => cluster::set_process_jars(tx, *cluster_id, jars).await,
        Write::Look { cluster_id, look } => look::write(tx, *cluster_id, look).await,
        Write::Snapshot(of) => snapshot::save(tx, of).await,
        Write::RunVariables { of, run_id, variables } => variable_use::of_run(tx, *of, *run_id, variables).await,
        Write::RunManifests { of, run_id, objects } => manifests::save(tx, *of, *run_id, objects).await,
        Write::Evidence { kept, files } => evidence::save(tx, kept, files).await,
        Write::Logs { owner, files } => evidence::save_logs(tx, *owner, files).await,
        Write::Event(event) => {
            tx.event(event.clone());
            Ok(())
        }
        Write::BeginRestart {
            after,
            operation,
            message,
            application,
        } => restart::begin(tx, *after, (operation, message), application.as_ref()).await,
        Write::GiveUpRestarts { team_id, job_id, given_up } => restart::give_up(tx, *team_id, *job_id, given_up).await,
        Write::DeleteJob(id) => job::delete(tx, *id).await,
    }
}
