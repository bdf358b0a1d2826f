//! Keys of requests that must not happen twice: the same key and body answers the same operation for a
//! day; the same key with another body is a mistake of the caller.

use domain::Millis;
use domain::id::{OperationId, UserId};
use domain::operation::Operation;
use domain::time::HOUR;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use crate::clock::now;
use crate::column::key;
use crate::connect::Store;
use crate::entity::idempotency_key;
use crate::fault::{Fault, StoreError};
use crate::request::Requested;
use crate::transaction::{Scope, Tx};

/// How long a key is remembered.
const KEPT: i64 = 24 * HOUR;

/// The key of a request, as its caller chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Who asks: keys are remembered per person.
    pub user_id: UserId,
    /// The key, any text.
    pub key: String,
    /// SHA-256 of the request's method, path and body, 64 hexadecimal digits.
    pub body_sha256: String,
}

/// What is known of a key.
pub(crate) enum Known {
    /// Nothing: go on.
    New,
    /// This operation was answered for the same body.
    Same(Uuid),
    /// It was used with another body.
    Other,
}

/// Looks a key up and forgets it when it is too old.
pub(crate) async fn look_up(tx: &Tx, wanted: Option<&Idempotency>) -> Result<Known, Fault> {
    let Some(wanted) = wanted else { return Ok(Known::New) };
    let id = (wanted.user_id.0, key(&wanted.key));
    let Some(row) = idempotency_key::Entity::find_by_id(id.clone()).one(&tx.conn).await? else {
        return Ok(Known::New);
    };
    if tx.at.since(Millis(row.created_at)) >= KEPT {
        idempotency_key::Entity::delete_by_id(id).exec(&tx.conn).await?;
        return Ok(Known::New);
    }
    Ok(if row.body_sha256 == wanted.body_sha256 {
        Known::Same(row.operation_id)
    } else {
        Known::Other
    })
}

/// Remembers the operation of a key. Where another transaction has just done the same, this one starts
/// over and finds it.
pub(crate) async fn remember(tx: &Tx, wanted: Option<&Idempotency>, operation: Uuid) -> Result<(), Fault> {
    let Some(wanted) = wanted else { return Ok(()) };
    let row = idempotency_key::Model {
        user_id: wanted.user_id.0,
        key_sha256: key(&wanted.key),
        body_sha256: wanted.body_sha256.clone(),
        operation_id: operation,
        created_at: tx.at.0,
    };
    let made = idempotency_key::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await;
    made.map(|_| ()).map_err(|error| Fault::from(error).raced())
}

impl Store {
    /// The operation that a key was answered with in the last day, whatever has become of it. For a caller
    /// that decides on the state of a job before it asks: a repeated request is not a new decision.
    ///
    /// # Errors
    /// `Mismatch` when the key was used with another body.
    pub async fn answered(&self, wanted: &Idempotency) -> Result<Option<Operation>, Requested> {
        let id = (wanted.user_id.0, key(&wanted.key));
        let row = idempotency_key::Entity::find_by_id(id)
            .one(&self.reader)
            .await
            .map_err(StoreError::from)?;
        let Some(row) = row.filter(|row| now().since(Millis(row.created_at)) < KEPT) else {
            return Ok(None);
        };
        if row.body_sha256 != wanted.body_sha256 {
            return Err(Requested::Mismatch);
        }
        Ok(Some(self.operation_any(OperationId(row.operation_id)).await?))
    }

    /// Forgets keys older than a day; answers how many.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune_idempotency(&self) -> Result<u64, StoreError> {
        let old = now().plus(-KEPT);
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = idempotency_key::Entity::delete_many()
                .filter(idempotency_key::Column::CreatedAt.lte(old.0))
                .exec(&tx.conn)
                .await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}
