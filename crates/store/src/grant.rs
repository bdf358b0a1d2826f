//! Which teams may use what belongs to the platform. A thing that is not restricted is for all teams; a cluster
//! of a team only ever has what is granted to it, because a grant that is in use is not taken away.

use std::collections::{BTreeMap, BTreeSet};

use domain::flink_version::FlinkVersion;
use domain::grant::Grant;
use domain::id::{FlinkVersionId, TargetId, TeamId};
use domain::target::Target;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::connect::Store;
use crate::entity::{cluster, flink_version, grant, restriction, target, team};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// What is granted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Thing {
    FlinkVersion(FlinkVersionId),
    Target(TargetId),
}

impl From<FlinkVersionId> for Thing {
    fn from(id: FlinkVersionId) -> Self {
        Self::FlinkVersion(id)
    }
}

impl From<TargetId> for Thing {
    fn from(id: TargetId) -> Self {
        Self::Target(id)
    }
}

impl Thing {
    /// Its noun in the tables and in the change feed.
    const fn noun(self) -> &'static str {
        match self {
            Self::FlinkVersion(_) => "flink_version",
            Self::Target(_) => "target",
        }
    }

    const fn id(self) -> Uuid {
        match self {
            Self::FlinkVersion(id) => id.0,
            Self::Target(id) => id.0,
        }
    }

    /// For people.
    const fn what(self) -> &'static str {
        match self {
            Self::FlinkVersion(_) => "Flink version",
            Self::Target(_) => "target",
        }
    }

    /// Which clusters use it.
    fn clusters(self) -> SimpleExpr {
        match self {
            Self::FlinkVersion(id) => cluster::Column::FlinkVersionId.eq(id.0),
            Self::Target(id) => cluster::Column::TargetId.eq(id.0),
        }
    }

    fn changed(self, tx: &Tx) {
        match self {
            Self::FlinkVersion(id) => tx.changed(None, self.noun(), id, None),
            Self::Target(id) => tx.changed(None, self.noun(), id, None),
        }
    }

    /// Locks its row: a cluster that is being made of it locks the same one.
    async fn lock(self, tx: &Tx) -> Result<(), Fault> {
        let found = match self {
            Self::FlinkVersion(id) => {
                let query = flink_version::Entity::find_by_id(id.0).lock_exclusive();
                query.one(&tx.conn).await?.is_some()
            }
            Self::Target(id) => target::Entity::find_by_id(id.0).lock_exclusive().one(&tx.conn).await?.is_some(),
        };
        if found { Ok(()) } else { Err(StoreError::NotFound.into()) }
    }
}

/// Who may use a thing.
pub(crate) async fn of(tx: &Tx, thing: impl Into<Thing>) -> Result<Grant, Fault> {
    let thing = thing.into();
    let key = (thing.noun().to_owned(), thing.id());
    if restriction::Entity::find_by_id(key).one(&tx.conn).await?.is_none() {
        return Ok(Grant::AllTeams);
    }
    let rows = grant::Entity::find()
        .filter(grant::Column::Noun.eq(thing.noun()))
        .filter(grant::Column::NounId.eq(thing.id()))
        .all(&tx.conn)
        .await?;
    Ok(Grant::Teams(rows.into_iter().map(|row| TeamId(row.team_id)).collect()))
}

/// Forgets who may use a thing that is gone.
pub(crate) async fn forget(tx: &Tx, thing: impl Into<Thing>) -> Result<(), Fault> {
    let thing = thing.into();
    grant::Entity::delete_many()
        .filter(grant::Column::Noun.eq(thing.noun()))
        .filter(grant::Column::NounId.eq(thing.id()))
        .exec(&tx.conn)
        .await?;
    restriction::Entity::delete_by_id((thing.noun().to_owned(), thing.id()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Writes that these teams may use a thing, and no others, where nothing is written yet.
pub(crate) async fn restrict(tx: &Tx, thing: impl Into<Thing>, teams: &BTreeSet<TeamId>) -> Result<(), Fault> {
    let thing = thing.into();
    let (noun, noun_id) = (thing.noun().to_owned(), thing.id());
    let row = restriction::Model {
        noun: noun.clone(),
        noun_id,
    };
    restriction::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    for team in teams {
        let row = grant::Model {
            noun: noun.clone(),
            noun_id,
            team_id: team.0,
        };
        grant::Entity::insert(row.into_active_model())
            .exec_without_returning(&tx.conn)
            .await?;
    }
    Ok(())
}

/// Refuses what takes a thing away that a cluster uses, of any team but the ones that keep it.
pub(crate) async fn in_use(tx: &Tx, thing: impl Into<Thing>, keep: &BTreeSet<TeamId>) -> Result<(), Fault> {
    let thing = thing.into();
    let left_out: Option<(String, Uuid)> = cluster::Entity::find()
        .select_only()
        .columns([cluster::Column::Name, cluster::Column::TeamId])
        .filter(thing.clusters())
        .filter(cluster::Column::TeamId.is_not_in(keep.iter().map(|team| team.0)))
        .into_tuple()
        .one(&tx.conn)
        .await?;
    let Some((name, team)) = left_out else { return Ok(()) };
    let team = team::Entity::find_by_id(team).one(&tx.conn).await?;
    let team = team.map(|team| team.name).unwrap_or_default();
    let (what, keeping) = (thing.what(), if keep.is_empty() { "" } else { ", or keep the grant" });
    Err(Fault::conflict(format!(
        "the cluster '{name}' of team '{team}' uses this {what}: delete the cluster first{keeping}"
    )))
}

impl Store {
    /// Grants a Flink version; answers the grant before.
    ///
    /// # Errors
    /// `NotFound` for a version that is gone; `Conflict` when a team that is left out has a cluster of it, or a
    /// team is gone.
    pub async fn grant_flink_version(&self, id: FlinkVersionId, new: Grant) -> Result<Grant, StoreError> {
        self.grant(id.into(), new).await
    }

    /// Grants a target; answers the grant before.
    ///
    /// # Errors
    /// As [`Store::grant_flink_version`].
    pub async fn grant_target(&self, id: TargetId, new: Grant) -> Result<Grant, StoreError> {
        self.grant(id.into(), new).await
    }

    async fn grant(&self, thing: Thing, new: Grant) -> Result<Grant, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move {
            thing.lock(&tx).await?;
            let before = of(&tx, thing).await?;
            forget(&tx, thing).await?;
            if let Grant::Teams(teams) = &*new {
                in_use(&tx, thing, teams).await?;
                restrict(&tx, thing, teams).await?;
            }
            thing.changed(&tx);
            Ok(before)
        })
        .await
    }

    /// Who may use which Flink version; one that is not named is for all teams.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn flink_version_grants(&self) -> Result<BTreeMap<FlinkVersionId, Grant>, StoreError> {
        let grants = self.grants("flink_version").await?;
        Ok(grants.into_iter().map(|(id, grant)| (FlinkVersionId(id), grant)).collect())
    }

    /// Who may use which target; one that is not named is for all teams.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn target_grants(&self) -> Result<BTreeMap<TargetId, Grant>, StoreError> {
        let grants = self.grants("target").await?;
        Ok(grants.into_iter().map(|(id, grant)| (TargetId(id), grant)).collect())
    }

    async fn grants(&self, noun: &str) -> Result<BTreeMap<Uuid, Grant>, StoreError> {
        let restricted = restriction::Entity::find()
            .filter(restriction::Column::Noun.eq(noun))
            .all(&self.reader)
            .await?;
        let mut teams: BTreeMap<Uuid, BTreeSet<TeamId>> = restricted.into_iter().map(|row| (row.noun_id, BTreeSet::new())).collect();
        let granted = grant::Entity::find().filter(grant::Column::Noun.eq(noun)).all(&self.reader).await?;
        for row in granted {
            teams.entry(row.noun_id).or_default().insert(TeamId(row.team_id));
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

    /// The targets that a team may use, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn granted_targets(&self, team_id: TeamId) -> Result<Vec<Target>, StoreError> {
        let grants = self.target_grants().await?;
        let mut targets = self.targets().await?;
        targets.retain(|target| grants.get(&target.id).is_none_or(|grant| grant.allows(team_id)));
        Ok(targets)
    }
}
