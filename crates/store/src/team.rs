//! Teams and who belongs to them. A platform admin belongs to every team as its admin, without a row.

use domain::Millis;
use domain::access::{Access, Membership, User};
use domain::id::{TeamId, UserId};
use domain::team::Team;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::clock::new_id;
use crate::column::{FromRow, all, from_word, key, word};
use crate::connect::Store;
use crate::entity::{member, team, user};
use crate::fault::{Fault, StoreError};
use crate::transaction::Scope;

impl FromRow<team::Model> for Team {
    fn from_row(row: team::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TeamId(row.id),
            name: row.name,
            created_at: Millis(row.created_at),
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

    /// The teams of a person with the role in each, by name; of a platform admin all teams.
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
        for team in teams {
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

    /// Gives a person a role in a team, or another one.
    ///
    /// # Errors
    /// `Conflict` when the team or the person is gone; `Invalid` for a role that is not a team's.
    pub async fn set_member(&self, team_id: TeamId, user_id: UserId, role: Access) -> Result<(), StoreError> {
        if !matches!(role, Access::Viewer | Access::Operator | Access::Developer | Access::TeamAdmin) {
            return Err(StoreError::Invalid(
                "a member of a team is a viewer, operator, developer or team admin".to_owned(),
            ));
        }
        self.write(Scope::Plain, (), move |tx, _| async move {
            let row = member::Model {
                team_id: team_id.0,
                user_id: user_id.0,
                role: word(&role)?,
            };
            let other = OnConflict::columns([member::Column::TeamId, member::Column::UserId])
                .update_column(member::Column::Role)
                .to_owned();
            member::Entity::insert(row.into_active_model())
                .on_conflict(other)
                .exec_without_returning(&tx.conn)
                .await?;
            tx.changed(Some(team_id), "team", team_id, None);
            Ok(())
        })
        .await
    }

    /// Takes a person out of a team.
    ///
    /// # Errors
    /// `NotFound` when they are not in it.
    pub async fn remove_member(&self, team_id: TeamId, user_id: UserId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = member::Entity::delete_by_id((team_id.0, user_id.0)).exec(&tx.conn).await?;
            if gone.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(Some(team_id), "team", team_id, None);
            Ok(())
        })
        .await
    }

    /// The people of a team with their roles, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored role that this version does not know.
    pub async fn members(&self, team_id: TeamId) -> Result<Vec<(User, Access)>, StoreError> {
        let rows = member::Entity::find()
            .filter(member::Column::TeamId.eq(team_id.0))
            .all(&self.reader)
            .await?;
        let ids = rows.iter().map(|row| row.user_id);
        let people = user::Entity::find()
            .filter(user::Column::Id.is_in(ids))
            .order_by_asc(user::Column::Name)
            .all(&self.reader)
            .await?;
        let mut members = Vec::with_capacity(people.len());
        for person in people {
            if let Some(row) = rows.iter().find(|row| row.user_id == person.id) {
                members.push((User::from_row(person)?, from_word("members.role", &row.role)?));
            }
        }
        Ok(members)
    }
}
