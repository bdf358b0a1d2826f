//! Applications: clusters that come and go with one run of a job.

use std::collections::BTreeMap;

use domain::cluster::{Cluster, ClusterDesired, TargetKind};
use domain::draft::Mode;
use domain::flink_version::VersionNumber;
use domain::id::{ClusterId, JobId, TargetId, TeamId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::clock::new_id;
use crate::cluster;
use crate::column::{FromRow, json, key, word};
use crate::entity::{cluster as rows, job};
use crate::fault::Fault;
use crate::transaction::Tx;

/// A cluster that comes and goes with one run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApplication {
    /// Where it is made.
    pub target_id: TargetId,
    /// The Flink version that the release names.
    pub version: VersionNumber,
    /// What the target says beside the release.
    pub configuration: BTreeMap<String, String>,
}

/// Makes the cluster that a job's next run has to itself, and places the job there; nothing of it is in Kubernetes yet.
pub(crate) async fn place(tx: &Tx, (team_id, job_id): (TeamId, JobId), new: &NewApplication) -> Result<(), Fault> {
    let id = ClusterId(new_id());
    let name = format!("sw-{}", id.base32());
    let row = rows::Model {
        id: id.0,
        team_id: team_id.0,
        name_key: key(&name),
        name,
        target: word(&TargetKind::Kubernetes)?,
        flink_version_id: None,
        version: Some(new.version.to_string()),
        rest_url: None,
        connection: None,
        task_managers: 0,
        slots: 0,
        configuration: json(&new.configuration)?,
        target_id: Some(new.target_id.0),
        deployment: None,
        read_only: false,
        mode: word(&Mode::Application)?,
        desired: word(&ClusterDesired::Running)?,
        generation: 0,
        operation_id: None,
        created_at: tx.at.0,
        revision: 1,
    };
    rows::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    job::Entity::update_many()
        .col_expr(job::Column::ClusterId, Expr::value(id.0))
        .filter(job::Column::Id.eq(job_id.0))
        .exec(&tx.conn)
        .await?;
    tx.changed(Some(team_id), "cluster", id, None);
    Ok(())
}

/// Removes the row of an application's cluster of which nothing is left. Its run keeps its id.
pub(crate) async fn retire(tx: &Tx, id: ClusterId) -> Result<(), Fault> {
    let row = rows::Entity::find_by_id(id.0).one(&tx.conn).await?;
    let Some(row) = row else { return Ok(()) };
    if row.mode != word(&Mode::Application)? {
        return Err(Fault::invalid("a session cluster was to be removed as if it were an application's"));
    }
    cluster::refuse_in_use(tx, &Cluster::from_row(row.clone())?).await?;
    rows::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
    cluster::left(tx, id).await?;
    tx.changed(Some(TeamId(row.team_id)), "cluster", id, None);
    Ok(())
}
