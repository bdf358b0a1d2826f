//! Which teams may use what belongs to the platform. A thing that is not restricted is for all teams; a cluster
//! of a team only ever has a Flink version that is granted to it, because a grant that is in use is not taken away.

use std::collections::{BTreeMap, BTreeSet};

use domain::flink_version::FlinkVersion;
use domain::grant::Grant;
use domain::id::{FlinkVersionId, TeamId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::connect::Store;
use crate::entity::{cluster, flink_version, grant, restriction, team};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// The noun of Flink versions in the tables.
const FLINK_VERSION: &str = "flink_version";

/// Who may use a Flink version.
pub(crate) async fn of(tx: &Tx, id: FlinkVersionId) -> Result<Grant, Fault> {
    let key = (FLINK_VERSION.to_owned(), id.0);
    if restriction::Entity::find_by_id(key).one(&tx.conn).await?.is_none() {
        return Ok(Grant::AllTeams);
    }
    let rows = grant::Entity::find()
        .filter(grant::Column::Noun.eq(FLINK_VERSION))
        .filter(grant::Column::NounId.eq(id.0))
        .all(&tx.conn)
        .await?;
    Ok(Grant::Teams(rows.into_iter().map(|row| TeamId(row.team_id)).collect()))
}

/// Forgets who may use a Flink version that is gone.
pub(crate) async fn forget(tx: &Tx, id: FlinkVersionId) -> Result<(), Fault> {
    grant::Entity::delete_many()
        .filter(grant::Column::Noun.eq(FLINK_VERSION))
        .filter(grant::Column::NounId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    restriction::Entity::delete_by_id((FLINK_VERSION.to_owned(), id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Refuses a grant that leaves a team out which has a cluster of the version.
async fn in_use(tx: &Tx, id: FlinkVersionId, teams: &BTreeSet<TeamId>) -> Result<(), Fault> {
    let left_out: Option<(String, uuid::Uuid)> = cluster::Entity::find()
        .select_only()
        .columns([cluster::Column::Name, cluster::Column::TeamId])
        .filter(cluster::Column::FlinkVersionId.eq(id.0))
        .filter(cluster::Column::TeamId.is_not_in(teams.iter().map(|team| team.0)))
        .into_tuple()
        .one(&tx.conn)
        .await?;
    let Some((name, team)) = left_out else { return Ok(()) };
    let team = team::Entity::find_by_id(team).one(&tx.conn).await?;
    let team = team.map(|team| team.name).unwrap_or_default();
    Err(Fault::conflict(format!(
        "the cluster '{name}' of team '{team}' uses this Flink version: delete the cluster first, or keep the grant"
    )))
}

impl Store {
    /// Grants a Flink version; answers the grant before.
    ///
    /// # Errors
    /// `NotFound` for a version that is gone; `Conflict` when a team that is left out has a cluster of it, or a
    /// team is gone.
    pub async fn grant_flink_version(&self, id: FlinkVersionId, new: Grant) -> Result<Grant, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move {
            // A cluster that is being made locks the same row.
            let known = flink_version::Entity::find_by_id(id.0).lock_exclusive().one(&tx.conn).await?;
            known.ok_or(StoreError::NotFound)?;
            let before = of(&tx, id).await?;
            forget(&tx, id).await?;
            if let Grant::Teams(teams) = &*new {
                in_use(&tx, id, teams).await?;
                let noun = || FLINK_VERSION.to_owned();
                restriction::Entity::insert(
                    restriction::Model {
                        noun: noun(),
                        noun_id: id.0,
                    }
                    .into_active_model(),
                )
                .exec_without_returning(&tx.conn)
                .await?;
                for team in teams {
                    let row = grant::Model {
                        noun: noun(),
                        noun_id: id.0,
                        team_id: team.0,
                    };
                    grant::Entity::insert(row.into_active_model())
                        .exec_without_returning(&tx.conn)
                        .await?;
                }
            }
            tx.changed(None, "flink_version", id, None);
            Ok(before)
        })
        .await
    }

    /// Who may use which Flink version; one that is not named is for all teams.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn flink_version_grants(&self) -> Result<BTreeMap<FlinkVersionId, Grant>, StoreError> {
        let restricted = restriction::Entity::find()
            .filter(restriction::Column::Noun.eq(FLINK_VERSION))
            .all(&self.reader)
            .await?;
        let mut teams: BTreeMap<FlinkVersionId, BTreeSet<TeamId>> = restricted
            .into_iter()
            .map(|row| (FlinkVersionId(row.noun_id), BTreeSet::new()))
            .collect();
        let granted = grant::Entity::find()
            .filter(grant::Column::Noun.eq(FLINK_VERSION))
            .all(&self.reader)
            .await?;
        for row in granted {
            teams.entry(FlinkVersionId(row.noun_id)).or_default().insert(TeamId(row.team_id));
        }
        Ok(teams.into_iter().map(|(id, teams)| (id, Grant::Teams(teams))).collect())
    }

    /// The Flink versions that a team may use, newest first.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn granted_flink_versions(&self, team_id: TeamId) -> Result<Vec<FlinkVersion>, StoreError> {
        let grants = self.flink_version_grants().await?;
        let mut versions = self.flink_versions().await?;
        versions.retain(|version| grants.get(&version.id).is_none_or(|grant| grant.allows(team_id)));
        Ok(versions)
    }
}
