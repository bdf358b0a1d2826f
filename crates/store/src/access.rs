//! People who can sign in. Their passwords come in as Argon2id text and are never anything else here.

use std::collections::BTreeMap;

use domain::Millis;
use domain::access::User;
use domain::id::UserId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::clock::{new_id, now};
use crate::column::{FromRow, all, key, time};
use crate::connect::Store;
use crate::entity::{invitation, link, session, token, user};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

impl FromRow<user::Model> for User {
    fn from_row(row: user::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId(row.id),
            name: row.name,
            password_hash: row.password_hash,
            platform_admin: row.platform_admin,
            created_at: Millis(row.created_at),
            disabled_at: time(row.disabled_at),
        })
    }
}

/// What changes about an account; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserChange {
    /// Whether they are a platform admin.
    pub platform_admin: Option<bool>,
    /// Whether the account lets nobody in.
    pub disabled: Option<bool>,
}

/// Makes an account inside a transaction.
pub(crate) async fn insert(tx: &Tx, name: &str, password_hash: Option<String>, platform_admin: bool) -> Result<User, Fault> {
    let row = user::Model {
        id: new_id(),
        name: name.to_owned(),
        name_key: key(name),
        password_hash,
        platform_admin,
        created_at: tx.at.0,
        disabled_at: None,
    };
    let made = user::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&tx.conn)
        .await;
    made.map_err(|error| Fault::from(error).taken(|| format!("somebody is already named '{name}': choose another name")))?;
    tx.changed(None, "user", UserId(row.id), None);
    Ok(User::from_row(row)?)
}

/// Ends everything that lets a person in but their password, and the invitations that they gave.
pub(crate) async fn lock_out(tx: &Tx, user_id: UserId) -> Result<(), Fault> {
    let id = user_id.0;
    session::Entity::delete_many()
        .filter(session::Column::UserId.eq(id))
        .exec(&tx.conn)
        .await?;
    token::Entity::delete_many()
        .filter(token::Column::UserId.eq(id))
        .exec(&tx.conn)
        .await?;
    link::Entity::delete_many()
        .filter(link::Column::UserId.eq(id))
        .exec(&tx.conn)
        .await?;
    invitation::Entity::delete_many()
        .filter(invitation::Column::CreatedBy.eq(id))
        .filter(invitation::Column::UsedAt.is_null())
        .exec(&tx.conn)
        .await?;
    tx.changed(None, "user", user_id, None);
    Ok(())
}

/// Refuses what would leave the platform without an admin. The rows of all admins are locked in one order, so
/// that two admins who demote each other at once do not both succeed.
async fn keep_an_admin(tx: &Tx, but: UserId) -> Result<(), Fault> {
    let admins = user::Entity::find()
        .filter(user::Column::PlatformAdmin.eq(true))
        .filter(user::Column::DisabledAt.is_null())
        .order_by_asc(user::Column::Id)
        .lock_exclusive()
        .all(&tx.conn)
        .await?;
    if admins.iter().all(|admin| admin.id == but.0) {
        return Err(Fault::conflict(
            "this is the last platform admin: make somebody else a platform admin first",
        ));
    }
    Ok(())
}

impl Store {
    /// Changes an account; answers what it was and what it is. One that is disabled loses its sessions, tokens,
    /// links and open invitations in the same transaction.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last platform admin.
    pub async fn change_user(&self, id: UserId, change: UserChange) -> Result<(User, User), StoreError> {
        self.write(Scope::Plain, change, move |tx, change| async move {
            let row = user::Entity::find_by_id(id.0).one(&tx.conn).await?;
            let before = User::from_row(row.ok_or(StoreError::NotFound)?)?;
            let admin = change.platform_admin.unwrap_or(before.platform_admin);
            let disabled = change.disabled.unwrap_or(before.disabled_at.is_some());
            if before.platform_admin && before.disabled_at.is_none() && (!admin || disabled) {
                keep_an_admin(&tx, id).await?;
            }
            let since = disabled.then(|| before.disabled_at.unwrap_or(tx.at));
            user::Entity::update_many()
                .col_expr(user::Column::PlatformAdmin, Expr::value(admin))
                .col_expr(user::Column::DisabledAt, Expr::value(since.map(|at| at.0)))
                .filter(user::Column::Id.eq(id.0))
                .exec(&tx.conn)
                .await?;
            if disabled {
                lock_out(&tx, id).await?;
            }
            tx.changed(None, "user", id, None);
            let after = User {
                platform_admin: admin,
                disabled_at: since,
                ..before.clone()
            };
            Ok((before, after))
        })
        .await
    }

    /// Makes an account.
    ///
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn create_user(&self, name: &str, password_hash: Option<&str>, platform_admin: bool) -> Result<User, StoreError> {
        let given = (name.to_owned(), password_hash.map(str::to_owned));
        self.write(Scope::Plain, given, move |tx, given| async move {
            let (name, password_hash) = &*given;
            insert(&tx, name, password_hash.clone(), platform_admin).await
        })
        .await
    }

    /// One person.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn user(&self, id: UserId) -> Result<User, StoreError> {
        let row = user::Entity::find_by_id(id.0).one(&self.reader).await?;
        User::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The person of a sign-in name, compared byte by byte.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find()
            .filter(user::Column::NameKey.eq(key(name)))
            .one(&self.reader)
            .await?;
        row.map(User::from_row).transpose()
    }

    /// All people, by name.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = user::Entity::find().order_by_asc(user::Column::Name).all(&self.reader).await?;
        Ok(all(rows)?)
    }

    /// The names of several people.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn user_names(&self, ids: &[UserId]) -> Result<BTreeMap<UserId, String>, StoreError> {
        let rows: Vec<(Uuid, String)> = user::Entity::find()
            .select_only()
            .columns([user::Column::Id, user::Column::Name])
            .filter(user::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(|(id, name)| (UserId(id), name)).collect())
    }

    /// How many people there are: none right after the installation.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn count_users(&self) -> Result<u64, StoreError> {
        Ok(user::Entity::find().count(&self.reader).await?)
    }

    /// Sets a password's hash.
    ///
    /// # Errors
    /// `NotFound` when the person is gone.
    pub async fn set_password(&self, id: UserId, hash: &str) -> Result<(), StoreError> {
        self.write(Scope::Plain, hash.to_owned(), move |tx, hash| async move {
            let done = user::Entity::update_many()
                .col_expr(user::Column::PasswordHash, Expr::value(hash.as_str()))
                .filter(user::Column::Id.eq(id.0))
                .exec(&tx.conn)
                .await?;
            if done.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(None, "user", id, None);
            Ok(())
        })
        .await
    }

    /// Deletes sessions, tokens, links and invitations that have expired; answers how many.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune_access(&self) -> Result<u64, StoreError> {
        let old = now().0;
        self.write(Scope::Plain, (), move |tx, _| async move {
            let sessions = session::Entity::delete_many()
                .filter(session::Column::ExpiresAt.lte(old))
                .exec(&tx.conn)
                .await?;
            let tokens = token::Entity::delete_many()
                .filter(token::Column::ExpiresAt.lte(old))
                .exec(&tx.conn)
                .await?;
            let links = link::Entity::delete_many()
                .filter(link::Column::ExpiresAt.lte(old))
                .exec(&tx.conn)
                .await?;
            let invitations = invitation::Entity::delete_many()
                .filter(invitation::Column::ExpiresAt.lte(old))
                .exec(&tx.conn)
                .await?;
            Ok(sessions.rows_affected + tokens.rows_affected + links.rows_affected + invitations.rows_affected)
        })
        .await
    }
}
