//! Who belongs to which team, in which role.

use domain::access::{Access, User};
use domain::id::{TeamId, UserId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::access::lock_out;
use crate::column::{FromRow, from_word, word};
use crate::connect::Store;
use crate::entity::{invitation, member, team, token, user};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// What becomes of somebody's place in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberChange {
    /// Which team.
    pub team_id: TeamId,
    /// Who.
    pub user_id: UserId,
    /// Their role from now on; none takes them out.
    pub role: Option<Access>,
    /// Whether somebody who is not in the team is taken in.
    pub may_add: bool,
    /// Whether the team must still have an admin afterwards.
    pub keep_admin: bool,
}

/// Writes a role; answers the one before.
pub(crate) async fn put(tx: &Tx, team_id: TeamId, user_id: UserId, role: Access) -> Result<(), Fault> {
    if !role.is_role() {
        return Err(Fault::invalid("a member of a team is a viewer, operator, developer or team admin"));
    }
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
    told(tx, team_id, user_id);
    Ok(())
}

fn told(tx: &Tx, team_id: TeamId, user_id: UserId) {
    tx.changed(Some(team_id), "team", team_id, None);
    tx.changed(None, "user", user_id, None);
}

/// The role that somebody has.
pub(crate) async fn role_of(tx: &Tx, team_id: TeamId, user_id: UserId) -> Result<Option<Access>, Fault> {
    let row = member::Entity::find_by_id((team_id.0, user_id.0)).one(&tx.conn).await?;
    Ok(row.map(|row| from_word("members.role", &row.role)).transpose()?)
}

/// Refuses what would leave a team without an admin who can sign in.
async fn keep_an_admin(tx: &Tx, team_id: TeamId, but: UserId) -> Result<(), Fault> {
    let others: Vec<uuid::Uuid> = member::Entity::find()
        .select_only()
        .column(member::Column::UserId)
        .filter(member::Column::TeamId.eq(team_id.0))
        .filter(member::Column::UserId.ne(but.0))
        .filter(member::Column::Role.eq(word(&Access::TeamAdmin)?))
        .into_tuple()
        .all(&tx.conn)
        .await?;
    let able = user::Entity::find()
        .filter(user::Column::Id.is_in(others))
        .filter(user::Column::DisabledAt.is_null())
        .count(&tx.conn)
        .await?;
    if able == 0 {
        return Err(Fault::conflict(
            "this is the last admin of the team: make another member its admin first",
        ));
    }
    Ok(())
}

/// Ends what somebody who lost power in a team could still use: tokens of the team when they left it, and their
/// open invitations, which could let them back in. Who has left their last team is signed out everywhere.
async fn take_back(tx: &Tx, team_id: TeamId, user_id: UserId, left: bool) -> Result<(), Fault> {
    invitation::Entity::delete_many()
        .filter(invitation::Column::TeamId.eq(team_id.0))
        .filter(invitation::Column::CreatedBy.eq(user_id.0))
        .filter(invitation::Column::UsedAt.is_null())
        .exec(&tx.conn)
        .await?;
    if !left {
        return Ok(());
    }
    token::Entity::delete_many()
        .filter(token::Column::UserId.eq(user_id.0))
        .filter(token::Column::TeamId.eq(team_id.0))
        .exec(&tx.conn)
        .await?;
    let others = member::Entity::find()
        .filter(member::Column::UserId.eq(user_id.0))
        .count(&tx.conn)
        .await?;
    let person = user::Entity::find_by_id(user_id.0).one(&tx.conn).await?;
    if others == 0 && person.is_some_and(|person| !person.platform_admin) {
        lock_out(tx, user_id).await?;
    }
    Ok(())
}

impl Store {
    /// Gives a person a role in a team, or another one.
    ///
    /// # Errors
    /// `Conflict` when the team or the person is gone; `Invalid` for a role that is not a team's.
    pub async fn set_member(&self, team_id: TeamId, user_id: UserId, role: Access) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move { put(&tx, team_id, user_id, role).await })
            .await
    }

    /// Changes somebody's role or takes them out; answers the role before.
    ///
    /// # Errors
    /// `NotFound` when they are not in the team and may not be taken in; `Conflict` for its last admin.
    pub async fn change_member(&self, change: MemberChange) -> Result<Option<Access>, StoreError> {
        self.write(Scope::Plain, change, |tx, change| async move {
            let MemberChange {
                team_id, user_id, role, ..
            } = *change;
            // Of two admins who demote each other at once, the second one waits here.
            let team = team::Entity::find_by_id(team_id.0).lock_exclusive().one(&tx.conn).await?;
            team.ok_or(StoreError::NotFound)?;
            let before = role_of(&tx, team_id, user_id).await?;
            if before.is_none() && (!change.may_add || role.is_none()) {
                return Err(StoreError::NotFound.into());
            }
            if change.keep_admin && before == Some(Access::TeamAdmin) && role != before {
                keep_an_admin(&tx, team_id, user_id).await?;
            }
            match role {
                Some(role) => put(&tx, team_id, user_id, role).await?,
                None => {
                    member::Entity::delete_by_id((team_id.0, user_id.0)).exec(&tx.conn).await?;
                    told(&tx, team_id, user_id);
                }
            }
            if role != Some(Access::TeamAdmin) {
                take_back(&tx, team_id, user_id, role.is_none()).await?;
            }
            Ok(before)
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
