//! API tokens. Only the SHA-256 of a token's secret is stored; when it was last used is kept to the minute.

use domain::Millis;
use domain::access::{Token, TokenScope, User};
use domain::id::{TeamId, TokenId, UserId};
use domain::time::MINUTE;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::clock::{new_id, now};
use crate::column::{FromRow, all, from_word, time, word};
use crate::connect::Store;
use crate::entity::{token, user};
use crate::fault::StoreError;
use crate::transaction::Scope;

/// A token to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Whose rights it carries.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret, 64 hexadecimal digits.
    pub secret_sha256: String,
    /// When it ends by itself.
    pub expires_at: Option<Millis>,
    /// The team and role that it is for; without one it carries all rights of the person.
    pub scope: Option<TokenScope>,
}

impl FromRow<token::Model> for Token {
    fn from_row(row: token::Model) -> Result<Self, StoreError> {
        let scope = match (row.team_id, row.role) {
            (Some(team), Some(role)) => Some(TokenScope {
                team_id: TeamId(team),
                role: from_word("tokens.role", &role)?,
            }),
            (None, None) => None,
            _ => {
                return Err(StoreError::Invalid(
                    "a token has a team without a role, or a role without a team".to_owned(),
                ));
            }
        };
        Ok(Self {
            id: TokenId(row.id),
            user_id: UserId(row.user_id),
            name: row.name,
            created_at: Millis(row.created_at),
            expires_at: time(row.expires_at),
            last_used_at: time(row.last_used_at),
            scope,
        })
    }
}

impl Store {
    /// Makes a token.
    ///
    /// # Errors
    /// `Conflict` when the person is gone.
    pub async fn create_token(&self, new: NewToken) -> Result<Token, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move {
            let row = token::Model {
                id: new_id(),
                secret_key: new.secret_sha256.clone(),
                user_id: new.user_id.0,
                name: new.name.clone(),
                created_at: tx.at.0,
                expires_at: new.expires_at.map(|at| at.0),
                last_used_at: None,
                team_id: new.scope.map(|scope| scope.team_id.0),
                role: new.scope.map(|scope| word(&scope.role)).transpose()?,
            };
            token::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await?;
            tx.changed(None, "user", new.user_id, None);
            Ok(Token::from_row(row)?)
        })
        .await
    }

    /// The token of a secret and its person, unless it has expired or the person is disabled.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn token_by_secret(&self, sha256: &str) -> Result<Option<(Token, User)>, StoreError> {
        let valid = Condition::any()
            .add(token::Column::ExpiresAt.is_null())
            .add(token::Column::ExpiresAt.gt(now().0));
        let row = token::Entity::find()
            .filter(token::Column::SecretKey.eq(sha256))
            .filter(valid)
            .one(&self.reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let person = user::Entity::find_by_id(row.user_id)
            .filter(user::Column::DisabledAt.is_null())
            .one(&self.reader)
            .await?;
        person
            .map(|person| Ok((Token::from_row(row)?, User::from_row(person)?)))
            .transpose()
    }

    /// The tokens of a person, newest first, also expired ones that were not pruned yet.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn tokens(&self, user_id: UserId) -> Result<Vec<Token>, StoreError> {
        let rows = token::Entity::find()
            .filter(token::Column::UserId.eq(user_id.0))
            .order_by_desc(token::Column::Id)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// Revokes a token of a person.
    ///
    /// # Errors
    /// `NotFound` when it is not theirs or is gone.
    pub async fn delete_token(&self, id: TokenId, user_id: UserId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = token::Entity::delete_many()
                .filter(token::Column::Id.eq(id.0))
                .filter(token::Column::UserId.eq(user_id.0))
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

    /// Remembers that a token was used; writes at most once a minute.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn touch_token(&self, token: &Token) -> Result<(), StoreError> {
        if token.last_used_at.is_some_and(|last| now().since(last) < MINUTE) {
            return Ok(());
        }
        let id = token.id;
        self.write(Scope::Plain, (), move |tx, _| async move {
            token::Entity::update_many()
                .col_expr(token::Column::LastUsedAt, Expr::value(tx.at.0))
                .filter(token::Column::Id.eq(id.0))
                .exec(&tx.conn)
                .await?;
            Ok(())
        })
        .await
    }
}
