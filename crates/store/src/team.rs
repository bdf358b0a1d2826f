//! Teams, and in which of them a person is. A platform admin belongs to every team as its admin, without a row.

use domain::Millis;
use domain::access::{Access, Membership};
use domain::id::{TeamId, UserId};
use domain::team::Team;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::clock::new_id;
use crate::column::{FromRow, all, from_word, key, time};
use crate::connect::Store;
use crate::entity::{member, team};
use crate::fault::{Fault, StoreError};
use crate::transaction::Scope;

impl FromRow<team::Model> for Team {
    fn from_row(row: team::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TeamId(row.id),
            name: row.name,
            created_at: Millis(row.created_at),
            disabled_at: time(row.disabled_at),
        })
    }
}

impl Store {
    /// Makes a team.
    ///
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn create_team(&self, name: &str) -> Result<Team, StoreError> {
        self.write(Scope::Plain, name.to_owned(), |tx, name| async move {
            let row = team::Model {
                id: new_id(),
                name: (*name).clone(),
                name_key: key(&name),
                created_at: tx.at.0,
                disabled_at: None,
            };
            let made = team::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await;
            made.map_err(|error| Fault::from(error).taken(|| format!("a team named '{name}' exists already: choose another name")))?;
            tx.changed(Some(TeamId(row.id)), "team", TeamId(row.id), None);
            Ok(Team::from_row(row)?)
        })
        .await
    }

    /// All teams, by name.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn teams(&self) -> Result<Vec<Team>, StoreError> {
        let rows = team::Entity::find().order_by_asc(team::Column::Name).all(&self.reader).await?;
        Ok(all(rows)?)
    }

    /// One team.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn team(&self, id: TeamId) -> Result<Team, StoreError> {
        let row = team::Entity::find_by_id(id.0).one(&self.reader).await?;
        Team::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The team of a name, compared byte by byte.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn team_by_name(&self, name: &str) -> Result<Team, StoreError> {
        let row = team::Entity::find()
            .filter(team::Column::NameKey.eq(key(name)))
            .one(&self.reader)
            .await?;
        Team::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// Closes a team to its members, or opens it again; answers what it was and what it is. What runs goes on.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn disable_team(&self, id: TeamId, disabled: bool) -> Result<(Team, Team), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let row = team::Entity::find_by_id(id.0).one(&tx.conn).await?;
            let before = Team::from_row(row.ok_or(StoreError::NotFound)?)?;
            let since = disabled.then(|| before.disabled_at.unwrap_or(tx.at));
            team::Entity::update_many()
                .col_expr(team::Column::DisabledAt, Expr::value(since.map(|at| at.0)))
                .filter(team::Column::Id.eq(id.0))
                .exec(&tx.conn)
                .await?;
            tx.changed(Some(id), "team", id, None);
            let after = Team {
                disabled_at: since,
                ..before.clone()
            };
            Ok((before, after))
        })
        .await
    }

    /// The teams of a person with the role in each, by name; of a platform admin all teams. A team that is
    /// disabled is only a platform admin's.
    ///
    /// # Errors
    /// `Invalid` for a stored role that this version does not know.
    pub async fn memberships(&self, user_id: UserId, platform_admin: bool) -> Result<Vec<Membership>, StoreError> {
        let teams = self.teams().await?;
        if platform_admin {
            return Ok(teams
                .into_iter()
                .map(|team| Membership {
                    team_id: team.id,
                    team_name: team.name,
                    role: Access::TeamAdmin,
                })
                .collect());
        }
        let rows = member::Entity::find()
            .filter(member::Column::UserId.eq(user_id.0))
            .all(&self.reader)
            .await?;
        let mut memberships = Vec::with_capacity(rows.len());
        for team in teams.into_iter().filter(|team| team.disabled_at.is_none()) {
            if let Some(row) = rows.iter().find(|row| row.team_id == team.id.0) {
                memberships.push(Membership {
                    team_id: team.id,
                    team_name: team.name,
                    role: from_word("members.role", &row.role)?,
                });
            }
        }
        Ok(memberships)
    }
}
