//! People who can sign in. Their passwords come in as Argon2id text and are never anything else here.

use std::collections::BTreeMap;

use domain::Millis;
use domain::access::User;
use domain::id::UserId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::clock::{new_id, now};
use crate::column::{FromRow, all, key};
use crate::connect::Store;
use crate::entity::{link, session, token, user};
use crate::fault::{Fault, StoreError};
use crate::transaction::Scope;

impl FromRow<user::Model> for User {
    fn from_row(row: user::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId(row.id),
            name: row.name,
            password_hash: row.password_hash,
            platform_admin: row.platform_admin,
            created_at: Millis(row.created_at),
        })
    }
}

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// `Conflict` when the name is taken.
    pub async fn create_user(&self, name: &str, password_hash: Option<&str>, platform_admin: bool) -> Result<User, StoreError> {
        let given = (name.to_owned(), password_hash.map(str::to_owned));
        self.write(Scope::Plain, given, move |tx, given| async move {
            let (name, password_hash) = &*given;
            let row = user::Model {
                id: new_id(),
                name: name.clone(),
                name_key: key(name),
                password_hash: password_hash.clone(),
                platform_admin,
                created_at: tx.at.0,
            };
            let made = user::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await;
            made.map_err(|error| Fault::from(error).taken(|| format!("somebody is already named '{name}': choose another name")))?;
            Ok(User::from_row(row)?)
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
            Ok(())
        })
        .await
    }

    /// Deletes sessions, tokens and links that have expired; answers how many.
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
            Ok(sessions.rows_affected + tokens.rows_affected + links.rows_affected)
        })
        .await
    }
}
