//! One-time links: they let a person in who has no password yet, once. Only the SHA-256 of the secret is
//! stored.

use domain::Millis;
use domain::access::User;
use domain::id::UserId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::column::FromRow;
use crate::connect::Store;
use crate::entity::{link, user};
use crate::fault::StoreError;
use crate::transaction::Scope;

impl Store {
    /// Makes a link for a person. `sha256`: 64 hexadecimal digits of its secret.
    ///
    /// # Errors
    /// `Conflict` when the person is gone.
    pub async fn create_link(&self, sha256: &str, user_id: UserId, expires_at: Millis) -> Result<(), StoreError> {
        self.write(Scope::Plain, sha256.to_owned(), move |tx, sha256| async move {
            let row = link::Model {
                secret_key: (*sha256).clone(),
                user_id: user_id.0,
                created_at: tx.at.0,
                expires_at: expires_at.0,
                used_at: None,
            };
            link::Entity::insert(row.into_active_model())
                .exec_without_returning(&tx.conn)
                .await?;
            Ok(())
        })
        .await
    }

    /// Uses a link up and answers whose it is; none when there is no such link, or it has expired or was
    /// used before. Of several callers at once, one is answered.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn use_link(&self, sha256: &str) -> Result<Option<User>, StoreError> {
        self.write(Scope::Plain, sha256.to_owned(), |tx, sha256| async move {
            let used = link::Entity::update_many()
                .col_expr(link::Column::UsedAt, Expr::value(tx.at.0))
                .filter(link::Column::SecretKey.eq(sha256.as_str()))
                .filter(link::Column::UsedAt.is_null())
                .filter(link::Column::ExpiresAt.gt(tx.at.0))
                .exec(&tx.conn)
                .await?;
            if used.rows_affected == 0 {
                return Ok(None);
            }
            let row = link::Entity::find_by_id((*sha256).clone())
                .one(&tx.conn)
                .await?
                .ok_or(StoreError::NotFound)?;
            let person = user::Entity::find_by_id(row.user_id)
                .filter(user::Column::DisabledAt.is_null())
                .one(&tx.conn)
                .await?;
            Ok(person.map(User::from_row).transpose()?)
        })
        .await
    }
}
