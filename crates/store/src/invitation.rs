//! Invitations into teams: made, listed, revoked, and used up by one person.

use domain::Millis;
use domain::access::{Access, User};
use domain::id::{InvitationId, TeamId, UserId};
use domain::invitation::Invitation;
use domain::team::Team;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Select};

use crate::access;
use crate::clock::{new_id, now};
use crate::column::{FromRow, all, from_word, word};
use crate::connect::Store;
use crate::entity::{invitation, team, user};
use crate::fault::{Fault, StoreError};
use crate::member;
use crate::transaction::{Scope, Tx};

/// An invitation to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// Into which team.
    pub team_id: TeamId,
    /// With which role.
    pub role: Access,
    /// Whom it is meant for.
    pub note: String,
    /// Who invites.
    pub created_by: UserId,
    /// SHA-256 of the secret, 64 hexadecimal digits.
    pub secret_sha256: String,
    /// Until when it can be used.
    pub expires_at: Millis,
}

/// Who uses an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guest {
    /// Somebody new, under this name and hash of a password.
    New(String, String),
    /// Somebody who has an account.
    Known(UserId),
}

impl FromRow<invitation::Model> for Invitation {
    fn from_row(row: invitation::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: InvitationId(row.id),
            team_id: TeamId(row.team_id),
            role: from_word("invitations.role", &row.role)?,
            note: row.note,
            created_by: UserId(row.created_by),
            created_at: Millis(row.created_at),
            expires_at: Millis(row.expires_at),
        })
    }
}

fn open(at: Millis) -> Select<invitation::Entity> {
    invitation::Entity::find()
        .filter(invitation::Column::UsedAt.is_null())
        .filter(invitation::Column::ExpiresAt.gt(at.0))
}

/// Uses the invitation up; of several at once, one succeeds.
async fn take(tx: &Tx, sha256: &str) -> Result<Invitation, Fault> {
    let used = invitation::Entity::update_many()
        .col_expr(invitation::Column::UsedAt, Expr::value(tx.at.0))
        .filter(invitation::Column::SecretKey.eq(sha256))
        .filter(invitation::Column::UsedAt.is_null())
        .filter(invitation::Column::ExpiresAt.gt(tx.at.0))
        .exec(&tx.conn)
        .await?;
    if used.rows_affected == 0 {
        return Err(StoreError::NotFound.into());
    }
    let row = invitation::Entity::find()
        .filter(invitation::Column::SecretKey.eq(sha256))
        .one(&tx.conn)
        .await?;
    let invitation = Invitation::from_row(row.ok_or(StoreError::NotFound)?)?;
    let team = team::Entity::find_by_id(invitation.team_id.0).one(&tx.conn).await?;
    if team.is_none_or(|team| team.disabled_at.is_some()) {
        return Err(StoreError::NotFound.into());
    }
    Ok(invitation)
}

async fn known(tx: &Tx, id: UserId, invitation: &Invitation) -> Result<User, Fault> {
    let row = user::Entity::find_by_id(id.0).one(&tx.conn).await?;
    let person = User::from_row(row.ok_or(StoreError::NotFound)?)?;
    let has = member::role_of(tx, invitation.team_id, id).await?;
    if has.is_some_and(|role| role >= invitation.role) {
        return Err(Fault::conflict("you have this role or a higher one in the team already"));
    }
    Ok(person)
}

impl Store {
    /// Makes an invitation.
    ///
    /// # Errors
    /// `Conflict` when the team or the person is gone; `Invalid` for a role that is not a team's.
    pub async fn create_invitation(&self, new: NewInvitation) -> Result<Invitation, StoreError> {
        if !new.role.is_role() {
            return Err(StoreError::Invalid("nobody can be invited as that".to_owned()));
        }
        self.write(Scope::Plain, new, move |tx, new| async move {
            let row = invitation::Model {
                id: new_id(),
                secret_key: new.secret_sha256.clone(),
                team_id: new.team_id.0,
                role: word(&new.role)?,
                note: new.note.clone(),
                created_by: new.created_by.0,
                created_at: tx.at.0,
                expires_at: new.expires_at.0,
                used_at: None,
            };
            invitation::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await?;
            tx.changed(Some(new.team_id), "invitation", InvitationId(row.id), None);
            Ok(Invitation::from_row(row)?)
        })
        .await
    }

    /// The open invitations of a team, newest first.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn invitations(&self, team_id: TeamId) -> Result<Vec<Invitation>, StoreError> {
        let rows = open(now())
            .filter(invitation::Column::TeamId.eq(team_id.0))
            .order_by_desc(invitation::Column::Id)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// Revokes an open invitation.
    ///
    /// # Errors
    /// `NotFound` when the team has none of this id, or it was used.
    pub async fn delete_invitation(&self, team_id: TeamId, id: InvitationId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = invitation::Entity::delete_many()
                .filter(invitation::Column::Id.eq(id.0))
                .filter(invitation::Column::TeamId.eq(team_id.0))
                .filter(invitation::Column::UsedAt.is_null())
                .exec(&tx.conn)
                .await?;
            if gone.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(Some(team_id), "invitation", id, None);
            Ok(())
        })
        .await
    }

    /// The open invitation of a secret, with its team.
    ///
    /// # Errors
    /// `NotFound` when it was used or revoked, has ended, never was, or its team is disabled.
    pub async fn invitation_by_secret(&self, sha256: &str) -> Result<(Invitation, Team), StoreError> {
        let row = open(now())
            .filter(invitation::Column::SecretKey.eq(sha256))
            .one(&self.reader)
            .await?;
        let invitation = Invitation::from_row(row.ok_or(StoreError::NotFound)?)?;
        let team = self.team(invitation.team_id).await?;
        if team.disabled_at.is_some() {
            return Err(StoreError::NotFound);
        }
        Ok((invitation, team))
    }

    /// Uses an invitation up: makes the account where it is new, and the member, all or nothing.
    ///
    /// # Errors
    /// `NotFound` as in [`Self::invitation_by_secret`]; `Conflict` for a name that is taken or a role that is no
    /// gain: the invitation can then still be used.
    pub async fn accept_invitation(&self, sha256: &str, guest: Guest) -> Result<(Invitation, User), StoreError> {
        self.write(Scope::Plain, (sha256.to_owned(), guest), |tx, given| async move {
            let (sha256, guest) = &*given;
            let invitation = take(&tx, sha256).await?;
            let person = match guest {
                Guest::New(name, hash) => access::insert(&tx, name, Some(hash.clone()), false).await?,
                Guest::Known(id) => known(&tx, *id, &invitation).await?,
            };
            member::put(&tx, invitation.team_id, person.id, invitation.role).await?;
            tx.changed(Some(invitation.team_id), "invitation", invitation.id, None);
            Ok((invitation, person))
        })
        .await
    }
}
