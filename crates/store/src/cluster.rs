//! Clusters as they were asked for. Their start and stop are operations: see `request_cluster`
//! on the store; what was last seen of them is in their look.

use std::collections::BTreeMap;

use domain::Millis;
use domain::artifact::{ArtifactRef, Holder, PinnedArtifact};
use domain::cluster::{Cluster, ClusterDesired, TargetKind};
use domain::draft::Mode;
use domain::flink_version::VersionNumber;
use domain::id::{ClusterId, FlinkVersionId, JobId, OperationId, TargetId, TeamId, UserId};
use domain::job::Job;
use domain::run::Run;
use domain::secret::Sealed;
use domain::status::ClusterFacts;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::artifact_reference as references;
use crate::clock::new_id;
use crate::column::{FromRow, all, count, from_json, from_word, json, key, word};
use crate::connect::Store;
use crate::entity::{cluster, flink_version as flink_versions, job, lease, look as looks, run};
use crate::event::NewEvent;
use crate::evidence;
use crate::fault::{Fault, StoreError};
use crate::flink_version::version;
use crate::grant;
use crate::look;
use crate::transaction::{Scope, Tx};

/// A cluster to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCluster {
    /// The team.
    pub team_id: TeamId,
    /// Name, unique in the team byte by byte.
    pub name: String,
    /// Where it runs.
    pub target: TargetKind,
    /// The distribution, for local clusters.
    pub flink_version_id: Option<FlinkVersionId>,
    /// The version, where it is known.
    pub version: Option<VersionNumber>,
    /// REST address without a trailing slash, for standalone clusters.
    pub rest_url: Option<String>,
    /// How that address is spoken to, sealed.
    pub connection: Option<Sealed>,
    /// TaskManagers to run (local).
    pub task_managers: u32,
    /// Slots of each (local).
    pub slots: u32,
    /// Flink configuration (local).
    pub configuration: BTreeMap<String, String>,
    /// The namespace it is in (kubernetes).
    pub target_id: Option<TargetId>,
    /// The Deployment that it is, where somebody else made that (kubernetes). It is only looked at then, until somebody says otherwise.
    pub deployment: Option<String>,
    /// Jars in its `lib` (local).
    pub jars: Vec<PinnedArtifact>,
    /// What is asked from the beginning: `Stopped` for local ones, `Running` for standalone ones.
    pub desired: ClusterDesired,
    /// Who makes it.
    pub created_by: Option<UserId>,
}

impl FromRow<cluster::Model> for Cluster {
    fn from_row(row: cluster::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ClusterId(row.id),
            team_id: TeamId(row.team_id),
            name: row.name,
            target: from_word("clusters.target", &row.target)?,
            flink_version_id: row.flink_version_id.map(FlinkVersionId),
            version: row.version.map(|text| version("clusters.version", &text)).transpose()?,
            rest_url: row.rest_url,
            connection: row.connection.map(Sealed::new),
            task_managers: count("clusters.task_managers", row.task_managers)?,
            slots: count("clusters.slots", row.slots)?,
            configuration: from_json("clusters.configuration", &row.configuration)?,
            target_id: row.target_id.map(TargetId),
            deployment: row.deployment,
            read_only: row.read_only,
            mode: from_word("clusters.mode", &row.mode)?,
            desired: from_word("clusters.desired", &row.desired)?,
            generation: row.generation,
            operation_id: row.operation_id.map(OperationId),
            created_at: Millis(row.created_at),
            revision: row.revision,
        })
    }
}

fn row_of(new: &NewCluster, at: Millis) -> Result<cluster::Model, StoreError> {
    Ok(cluster::Model {
        id: new_id(),
        team_id: new.team_id.0,
        name: new.name.clone(),
        name_key: key(&new.name),
        target: word(&new.target)?,
        flink_version_id: new.flink_version_id.map(|id| id.0),
        version: new.version.map(|version| version.to_string()),
        rest_url: new.rest_url.clone(),
        connection: new.connection.as_ref().map(|sealed| sealed.as_str().to_owned()),
        task_managers: i64::from(new.task_managers),
        slots: i64::from(new.slots),
        configuration: json(&new.configuration)?,
        target_id: new.target_id.map(|id| id.0),
        deployment: new.deployment.clone(),
        read_only: new.deployment.is_some(),
        mode: word(&Mode::Session)?,
        desired: word(&new.desired)?,
        generation: 0,
        operation_id: None,
        created_at: at.0,
        revision: 1,
    })
}

/// Removes what belongs to a cluster whose row is gone.
pub(crate) async fn left(tx: &Tx, id: ClusterId) -> Result<(), Fault> {
    job::Entity::update_many()
        .col_expr(job::Column::ClusterId, Expr::value(Option::<uuid::Uuid>::None))
        .filter(job::Column::ClusterId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    looks::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
    lease::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
    references::forget(tx, Holder::Cluster(id)).await?;
    references::forget(tx, Holder::ClusterProcesses(id)).await
}

/// Sets the address and the version of a cluster, where given.
pub(crate) async fn set_rest(tx: &Tx, id: ClusterId, rest_url: Option<&str>, version: Option<VersionNumber>) -> Result<(), Fault> {
    let mut update = cluster::Entity::update_many()
        .col_expr(cluster::Column::Revision, Expr::col(cluster::Column::Revision).add(1))
        .filter(cluster::Column::Id.eq(id.0));
    if let Some(url) = rest_url {
        update = update.col_expr(cluster::Column::RestUrl, Expr::value(url));
    }
    if let Some(version) = version {
        update = update.col_expr(cluster::Column::Version, Expr::value(version.to_string()));
    }
    update.exec(&tx.conn).await?;
    changed(tx, id).await
}

/// Sets the address of a cluster in Kubernetes and how it is spoken to.
pub(crate) async fn set_address(tx: &Tx, id: ClusterId, rest_url: &str, connection: Option<&Sealed>) -> Result<(), Fault> {
    cluster::Entity::update_many()
        .col_expr(cluster::Column::Revision, Expr::col(cluster::Column::Revision).add(1))
        .col_expr(cluster::Column::RestUrl, Expr::value(rest_url))
        .col_expr(
            cluster::Column::Connection,
            Expr::value(connection.map(|sealed| sealed.as_str().to_owned())),
        )
        .filter(cluster::Column::Id.eq(id.0))
        .exec(&tx.conn)
        .await?;
    changed(tx, id).await
}

/// Sets what is desired of a cluster, while no newer intent came.
pub(crate) async fn set_desired(tx: &Tx, id: ClusterId, generation: i64, desired: ClusterDesired) -> Result<(), Fault> {
    let done = cluster::Entity::update_many()
        .col_expr(cluster::Column::Revision, Expr::col(cluster::Column::Revision).add(1))
        .col_expr(cluster::Column::Desired, Expr::value(word(&desired)?))
        .filter(cluster::Column::Id.eq(id.0))
        .filter(cluster::Column::Generation.eq(generation))
        .exec(&tx.conn)
        .await?;
    if done.rows_affected == 0 {
        return Ok(());
    }
    changed(tx, id).await
}

/// Writes which jars the processes of a cluster are started with; none once they have ended.
pub(crate) async fn set_process_jars(tx: &Tx, id: ClusterId, jars: &[PinnedArtifact]) -> Result<(), Fault> {
    let row = cluster::Entity::find_by_id(id.0).one(&tx.conn).await?;
    let row = row.ok_or_else(|| Fault::conflict(format!("the cluster {id} is gone")))?;
    let jars = jars.iter().map(ArtifactRef::from).collect();
    references::replace(tx, TeamId(row.team_id), (Holder::ClusterProcesses(id), None), jars).await?;
    tx.changed(Some(TeamId(row.team_id)), "cluster", id, None);
    Ok(())
}

pub(crate) async fn changed(tx: &Tx, id: ClusterId) -> Result<(), Fault> {
    let row = cluster::Entity::find_by_id(id.0).one(&tx.conn).await?;
    let row = row.ok_or_else(|| Fault::conflict(format!("the cluster {id} is gone")))?;
    tx.changed(Some(TeamId(row.team_id)), "cluster", id, None);
    Ok(())
}

/// Several clusters with their looks.
pub(crate) async fn facts(conn: &impl ConnectionTrait, rows: Vec<cluster::Model>) -> Result<Vec<ClusterFacts>, Fault> {
    let mut found = look::of_clusters(conn, rows.iter().map(|row| row.id).collect()).await?;
    let clusters: Vec<Cluster> = all(rows)?;
    Ok(clusters
        .into_iter()
        .map(|cluster| ClusterFacts {
            look: found.remove(&cluster.id).unwrap_or_default(),
            cluster,
        })
        .collect())
}

impl Store {
    /// Makes a cluster.
    ///
    /// # Errors
    /// `Conflict` when the name is taken in the team, or the team or the Flink version is gone.
    pub async fn create_cluster(&self, new: NewCluster) -> Result<Cluster, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move {
            let row = row_of(&new, tx.at)?;
            if let Some(version) = new.flink_version_id {
                let known = flink_versions::Entity::find_by_id(version.0).lock_exclusive().one(&tx.conn).await?;
                known.ok_or_else(|| Fault::conflict("this Flink version was removed meanwhile: choose another one"))?;
                if !grant::of(&tx, version).await?.allows(new.team_id) {
                    return Err(Fault::conflict(
                        "this Flink version is not granted to the team any more: choose another one",
                    ));
                }
            }
            let made = cluster::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await;
            made.map_err(|error| {
                Fault::from(error).taken(|| format!("a cluster named '{}' exists already in this team: choose another name", new.name))
            })?;
            let id = ClusterId(row.id);
            references::pin(&tx, new.team_id, &new.jars).await?;
            let jars = new.jars.iter().map(ArtifactRef::from).collect();
            references::replace(&tx, new.team_id, (Holder::Cluster(id), None), jars).await?;
            tx.changed(Some(new.team_id), "cluster", id, None);
            let message = format!("Cluster '{}' created.", new.name);
            tx.event(
                NewEvent::new(new.team_id, "cluster_created", message)
                    .cluster(id)
                    .user(new.created_by),
            );
            tx.wake();
            Ok(Cluster::from_row(row)?)
        })
        .await
    }

    /// A cluster of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such cluster.
    pub async fn cluster(&self, team_id: TeamId, id: ClusterId) -> Result<Cluster, StoreError> {
        let row = cluster::Entity::find_by_id(id.0)
            .filter(cluster::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Cluster::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// A cluster of any team: for the engine.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn cluster_any(&self, id: ClusterId) -> Result<Cluster, StoreError> {
        let row = cluster::Entity::find_by_id(id.0).one(&self.reader).await?;
        Cluster::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The cluster of a name in a team, compared byte by byte.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn cluster_by_name(&self, team_id: TeamId, name: &str) -> Result<Option<Cluster>, StoreError> {
        let row = cluster::Entity::find()
            .filter(cluster::Column::TeamId.eq(team_id.0))
            .filter(cluster::Column::NameKey.eq(key(name)))
            .one(&self.reader)
            .await?;
        row.map(Cluster::from_row).transpose()
    }

    /// The session clusters of a team with their looks, by name.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn clusters(&self, team_id: TeamId) -> Result<Vec<ClusterFacts>, StoreError> {
        let rows = cluster::Entity::find()
            .filter(cluster::Column::TeamId.eq(team_id.0))
            .filter(cluster::Column::Mode.eq(word(&Mode::Session)?))
            .order_by_asc(cluster::Column::Name)
            .all(&self.reader)
            .await?;
        Ok(facts(&self.reader, rows).await?)
    }

    /// All clusters of all teams: for the engine and for administration.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn all_clusters(&self) -> Result<Vec<Cluster>, StoreError> {
        Ok(all(cluster::Entity::find()
            .order_by_asc(cluster::Column::Id)
            .all(&self.reader)
            .await?)?)
    }

    /// Sets the address and the version of a cluster; `None` leaves that one as it is.
    ///
    /// # Errors
    /// `Conflict` when the cluster is gone.
    pub async fn set_cluster_rest(&self, id: ClusterId, rest_url: Option<&str>, version: Option<VersionNumber>) -> Result<(), StoreError> {
        self.write(Scope::Plain, rest_url.map(str::to_owned), move |tx, url| async move {
            set_rest(&tx, id, url.as_deref(), version).await
        })
        .await
    }

    /// Deletes a cluster. Jobs that were placed on it are placed nowhere; their runs keep its id.
    ///
    /// # Errors
    /// `NotFound` when the team has no such cluster; `Conflict` while a local one is not stopped, an
    /// operation of it or of a job on it is open, or a run on it may still be running.
    pub async fn delete_cluster(&self, team_id: TeamId, id: ClusterId, by: Option<UserId>) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let row = cluster::Entity::find_by_id(id.0)
                .filter(cluster::Column::TeamId.eq(team_id.0))
                .one(&tx.conn)
                .await?;
            let cluster = Cluster::from_row(row.ok_or(StoreError::NotFound)?)?;
            // The delete takes the row's lock first: a request on the cluster then comes before or after.
            let gone = cluster::Entity::delete_many()
                .filter(cluster::Column::Id.eq(id.0))
                .filter(cluster::Column::Revision.eq(cluster.revision))
                .exec(&tx.conn)
                .await?;
            if gone.rows_affected == 0 {
                return Err(Fault::Contended("the cluster was written meanwhile".to_owned()));
            }
            refuse_in_use(&tx, &cluster).await?;
            left(&tx, id).await?;
            evidence::delete_cluster(&tx, id).await?;
            tx.changed(Some(team_id), "cluster", id, None);
            tx.event(
                NewEvent::new(team_id, "cluster_deleted", format!("Cluster '{}' deleted.", cluster.name))
                    .cluster(id)
                    .user(by),
            );
            Ok(())
        })
        .await
    }

    /// Jobs with a run on the cluster that may still be running.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn jobs_on_cluster(&self, id: ClusterId) -> Result<Vec<(Job, Run)>, StoreError> {
        let runs = run::Entity::find()
            .filter(run::Column::ClusterId.eq(id.0))
            .filter(run::Column::EndedAt.is_null())
            .all(&self.reader)
            .await?;
        let ids: Vec<_> = runs.iter().map(|row| row.job_id).collect();
        let jobs: Vec<Job> = all(job::Entity::find().filter(job::Column::Id.is_in(ids)).all(&self.reader).await?)?;
        let mut jobs: BTreeMap<JobId, Job> = jobs.into_iter().map(|job| (job.id, job)).collect();
        let runs: Vec<Run> = all(runs)?;
        Ok(runs
            .into_iter()
            .filter_map(|run| jobs.remove(&run.job_id).map(|job| (job, run)))
            .collect())
    }
}

/// Refuses while something on the cluster is alive or about to be.
pub(crate) async fn refuse_in_use(tx: &Tx, cluster: &Cluster) -> Result<(), Fault> {
    let name = &cluster.name;
    if cluster.operation_id.is_some() {
        return Err(Fault::conflict(format!(
            "the cluster '{name}' is being started or stopped: wait until that has ended"
        )));
    }
    let session = !cluster.is_application();
    if session && cluster.managed() && cluster.desired != ClusterDesired::Stopped {
        return Err(Fault::conflict(format!("the cluster '{name}' is running: stop it first")));
    }
    let live = run::Entity::find()
        .filter(run::Column::ClusterId.eq(cluster.id.0))
        .filter(run::Column::EndedAt.is_null());
    if live.count(&tx.conn).await? > 0 {
        return Err(Fault::conflict(format!("a job runs on the cluster '{name}': stop it first")));
    }
    let busy = job::Entity::find()
        .filter(job::Column::ClusterId.eq(cluster.id.0))
        .filter(job::Column::LifecycleId.is_not_null().or(job::Column::SavepointId.is_not_null()));
    if busy.count(&tx.conn).await? > 0 {
        return Err(Fault::conflict(format!(
            "a job is being started or stopped on the cluster '{name}': wait until that has ended"
        )));
    }
    Ok(())
}
