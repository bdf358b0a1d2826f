//! Signed-in browsers. Only the SHA-256 of a session's secret is stored; a session ends at its time, by
//! signing out, or by being revoked.

use domain::Millis;
use domain::access::{Session, User};
use domain::id::{SessionId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::clock::{new_id, now};
use crate::column::{FromRow, all};
use crate::connect::Store;
use crate::entity::{session, user};
use crate::fault::StoreError;
use crate::transaction::Scope;

/// A session to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the secret, 64 hexadecimal digits.
    pub secret_sha256: String,
    /// When it ends by itself.
    pub expires_at: Millis,
    /// The browser's own name for itself.
    pub user_agent: String,
    /// The network address that signs in, where it is known.
    pub address: Option<String>,
}

impl FromRow<session::Model> for Session {
    fn from_row(row: session::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: SessionId(row.id),
            user_id: UserId(row.user_id),
            created_at: Millis(row.created_at),
            expires_at: Millis(row.expires_at),
            user_agent: row.user_agent,
            address: row.address,
        })
    }
}

impl Store {
    /// Begins a session.
    ///
    /// # Errors
    /// `Conflict` when the person is gone.
    pub async fn create_session(&self, new: NewSession) -> Result<Session, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move {
            let row = session::Model {
                id: new_id(),
                secret_key: new.secret_sha256.clone(),
                user_id: new.user_id.0,
                user_agent: new.user_agent.chars().take(200).collect(),
                created_at: tx.at.0,
                expires_at: new.expires_at.0,
                address: new.address.clone(),
            };
            session::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await?;
            tx.changed(None, "user", new.user_id, None);
            Ok(Session::from_row(row)?)
        })
        .await
    }

    /// The session of a secret and its person, unless it has expired or the person is disabled.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn session_by_secret(&self, sha256: &str) -> Result<Option<(Session, User)>, StoreError> {
        let row = session::Entity::find()
            .filter(session::Column::SecretKey.eq(sha256))
            .filter(session::Column::ExpiresAt.gt(now().0))
            .one(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let person = user::Entity::find_by_id(row.user_id)
            .filter(user::Column::DisabledAt.is_null())
            .one(&self.reader)
            .await?;
        person
            .map(|person| Ok((Session::from_row(row)?, User::from_row(person)?)))
            .transpose()
    }

    /// The sessions of a person that have not expired, newest first.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn sessions(&self, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        let rows = session::Entity::find()
            .filter(session::Column::UserId.eq(user_id.0))
            .filter(session::Column::ExpiresAt.gt(now().0))
            .order_by_desc(session::Column::Id)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// Ends a session of a person.
    ///
    /// # Errors
    /// `NotFound` when it is not theirs or has ended.
    pub async fn delete_session(&self, id: SessionId, user_id: UserId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = session::Entity::delete_many()
                .filter(session::Column::Id.eq(id.0))
                .filter(session::Column::UserId.eq(user_id.0))
                .exec(&tx.conn)
                .await?;
            if gone.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(None, "user", user_id, None);
            Ok(())
        })
        .await
    }

    /// Ends all sessions of a person but one; answers how many. For a changed password.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn delete_sessions_but(&self, user_id: UserId, keep: Option<SessionId>) -> Result<u64, StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let mut gone = session::Entity::delete_many().filter(session::Column::UserId.eq(user_id.0));
            if let Some(keep) = keep {
                gone = gone.filter(session::Column::Id.ne(keep.0));
            }
            tx.changed(None, "user", user_id, None);
            Ok(gone.exec(&tx.conn).await?.rows_affected)
        })
        .await
    }
}
