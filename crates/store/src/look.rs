//! The newest news of each cluster: one row, overwritten.

use std::collections::BTreeMap;

use domain::cluster::{ClusterDesired, Look};
use domain::id::{ClusterId, TeamId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Iterable, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::column::{FromRow, count, from_json, json, time, word};
use crate::connect::Store;
use crate::entity::{cluster, look};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

impl FromRow<look::Model> for Look {
    fn from_row(row: look::Model) -> Result<Self, StoreError> {
        Ok(Self {
            incarnation: row.incarnation,
            contact_at: time(row.contact_at),
            looked_at: time(row.looked_at),
            unreachable_since: time(row.unreachable_since),
            error: row.error,
            reported_version: row.reported_version,
            task_managers: count("looks.task_managers", row.task_managers)?,
            slots_total: count("looks.slots_total", row.slots_total)?,
            slots_free: count("looks.slots_free", row.slots_free)?,
            unmanaged: from_json("looks.unmanaged", &row.unmanaged)?,
            processes: from_json("looks.processes", &row.processes)?,
            kubernetes: row.kubernetes.map(|text| from_json("looks.kubernetes", &text)).transpose()?,
        })
    }
}

fn row_of(id: ClusterId, of: &Look) -> Result<look::Model, StoreError> {
    Ok(look::Model {
        cluster_id: id.0,
        incarnation: of.incarnation.clone(),
        contact_at: of.contact_at.map(|at| at.0),
        looked_at: of.looked_at.map(|at| at.0),
        unreachable_since: of.unreachable_since.map(|at| at.0),
        error: of.error.clone(),
        reported_version: of.reported_version.clone(),
        task_managers: i64::from(of.task_managers),
        slots_total: i64::from(of.slots_total),
        slots_free: i64::from(of.slots_free),
        unmanaged: json(&of.unmanaged)?,
        processes: json(&of.processes)?,
        kubernetes: of.kubernetes.as_ref().map(json).transpose()?,
    })
}

/// Whether two looks differ in more than when they were taken.
fn differs(a: &look::Model, b: &look::Model) -> bool {
    let timeless = |row: &look::Model| look::Model {
        contact_at: row.contact_at.map(|_| 0),
        looked_at: row.looked_at.map(|_| 0),
        ..row.clone()
    };
    timeless(a) != timeless(b)
}

/// Overwrites a look. The feed hears of it only when more than its times has changed.
pub(crate) async fn write(tx: &Tx, id: ClusterId, of: &Look) -> Result<(), Fault> {
    let row = row_of(id, of)?;
    let before = look::Entity::find_by_id(id.0).one(&tx.conn).await?;
    let all = look::Column::iter().filter(|column| !matches!(column, look::Column::ClusterId));
    let other = OnConflict::column(look::Column::ClusterId).update_columns(all).to_owned();
    look::Entity::insert(row.clone().into_active_model())
        .on_conflict(other)
        .exec_without_returning(&tx.conn)
        .await?;
    if before.is_none_or(|before| differs(&before, &row)) {
        let team = team_of(tx, id).await?;
        tx.changed(Some(team), "cluster", id, None);
    }
    Ok(())
}

/// The team of a cluster.
async fn team_of(tx: &Tx, id: ClusterId) -> Result<TeamId, Fault> {
    let team = cluster::Entity::find_by_id(id.0)
        .select_only()
        .column(cluster::Column::TeamId)
        .into_tuple::<Uuid>()
        .one(&tx.conn)
        .await?;
    Ok(TeamId(team.ok_or_else(|| Fault::conflict(format!("the cluster {id} is gone")))?))
}

/// The looks of several clusters, where there are any.
pub(crate) async fn of_clusters(conn: &impl ConnectionTrait, ids: Vec<Uuid>) -> Result<BTreeMap<ClusterId, Look>, Fault> {
    let rows = look::Entity::find().filter(look::Column::ClusterId.is_in(ids)).all(conn).await?;
    let mut looks = BTreeMap::new();
    for row in rows {
        looks.insert(ClusterId(row.cluster_id), Look::from_row(row)?);
    }
    Ok(looks)
}

impl Store {
    /// How many clusters of all teams are to run, and how many of them cannot be reached.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn count_reachable(&self) -> Result<(u64, u64), StoreError> {
        let running = cluster::Entity::find()
            .filter(cluster::Column::Desired.eq(word(&ClusterDesired::Running)?))
            .select_only()
            .column(cluster::Column::Id);
        let unreachable = look::Entity::find()
            .filter(look::Column::UnreachableSince.is_not_null())
            .filter(look::Column::ClusterId.in_subquery(QueryTrait::into_query(running.clone())));
        Ok((running.count(&self.reader).await?, unreachable.count(&self.reader).await?))
    }

    /// The newest news of a cluster; an empty look before the first one.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn look(&self, id: ClusterId) -> Result<Look, StoreError> {
        let row = look::Entity::find_by_id(id.0).one(&self.reader).await?;
        row.map_or_else(|| Ok(Look::default()), Look::from_row)
    }

    /// The newest news of several clusters; those that were never looked at are missing.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn looks(&self, ids: &[ClusterId]) -> Result<BTreeMap<ClusterId, Look>, StoreError> {
        Ok(of_clusters(&self.reader, ids.iter().map(|id| id.0).collect()).await?)
    }

    /// Overwrites the newest news of a cluster, without a lease; the engine's fenced form is
    /// [`Write::Look`](crate::Write::Look).
    ///
    /// # Errors
    /// `Conflict` when the cluster is gone.
    pub async fn save_look(&self, id: ClusterId, look: &Look) -> Result<(), StoreError> {
        self.write(
            Scope::Plain,
            look.clone(),
            move |tx, look| async move { write(&tx, id, &look).await },
        )
        .await
    }
}
