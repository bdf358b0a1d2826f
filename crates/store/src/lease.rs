//! Who works on which cluster. A lease is a row with an owner, an epoch and an expiry by the database's
//! clock. Each claim raises the epoch; what an instance writes under a lease is refused once the epoch is
//! another one, so an instance that was paused and goes on cannot write over its successor's results.

use domain::Millis;
use domain::id::{ClusterId, InstanceId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::clock::database_now;
use crate::connect::Store;
use crate::entity::{instance, lease};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// The right to work on a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// Who holds it.
    pub owner: InstanceId,
    /// Which claim of the cluster this is: 1, 2, 3 …
    pub epoch: i64,
    /// When it expires, by the database's clock.
    pub expires_at: Millis,
}

/// Refuses what is written under a lease that is lost. The row stays locked until the transaction ends,
/// so that no other instance claims it in between.
pub(crate) async fn check(tx: &Tx, held: &Lease) -> Result<(), Fault> {
    let row = lease::Entity::find_by_id(held.cluster_id.0).lock_exclusive().one(&tx.conn).await?;
    match row {
        Some(row) if row.owner == held.owner.0 && row.epoch == held.epoch => Ok(()),
        _ => Err(lost(held)),
    }
}

fn lost(held: &Lease) -> Fault {
    Fault::conflict(format!(
        "the lease of the cluster {} (epoch {}) was lost: another instance works on it now",
        held.cluster_id, held.epoch
    ))
}

async fn claim(tx: &Tx, wanted: &Lease, ttl_ms: i64) -> Result<Option<Lease>, Fault> {
    let now = database_now(&tx.conn).await?;
    let row = lease::Entity::find_by_id(wanted.cluster_id.0)
        .lock_exclusive()
        .one(&tx.conn)
        .await?;
    let epoch = match row {
        Some(row) if row.owner != wanted.owner.0 && row.expires_at > now.0 => return Ok(None),
        Some(row) => row.epoch + 1,
        None => 1,
    };
    let new = lease::Model {
        cluster_id: wanted.cluster_id.0,
        owner: wanted.owner.0,
        epoch,
        expires_at: now.plus(ttl_ms).0,
    };
    if epoch == 1 {
        let made = lease::Entity::insert(new.clone().into_active_model())
            .exec_without_returning(&tx.conn)
            .await;
        made.map_err(|error| Fault::from(error).raced())?;
    } else {
        let row = new.clone().into_active_model().reset_all();
        lease::Entity::update_many()
            .set(row)
            .filter(lease::Column::ClusterId.eq(new.cluster_id))
            .exec(&tx.conn)
            .await?;
    }
    Ok(Some(Lease {
        epoch,
        expires_at: Millis(new.expires_at),
        ..wanted.clone()
    }))
}

impl Store {
    /// Writes that a server process is alive; its first beat registers it.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn heartbeat(&self, id: InstanceId, name: &str) -> Result<(), StoreError> {
        self.write(Scope::Plain, name.to_owned(), move |tx, name| async move {
            let now = database_now(&tx.conn).await?.0;
            let row = instance::Model {
                id: id.0,
                name: name.chars().take(200).collect(),
                started_at: now,
                heartbeat_at: now,
            };
            let other = OnConflict::column(instance::Column::Id)
                .update_columns([instance::Column::Name, instance::Column::HeartbeatAt])
                .to_owned();
            instance::Entity::insert(row.into_active_model())
                .on_conflict(other)
                .exec_without_returning(&tx.conn)
                .await?;
            Ok(())
        })
        .await
    }

    /// The servers whose last sign of life is not older than `within_ms` milliseconds, by the database's clock: id,
    /// and how old it is in milliseconds.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn instances_alive(&self, within_ms: i64) -> Result<Vec<(InstanceId, i64)>, StoreError> {
        let now = database_now(&self.reader).await?.0;
        let rows = instance::Entity::find().all(&self.reader).await?;
        let ages = rows
            .into_iter()
            .map(|row| (InstanceId(row.id), now.saturating_sub(row.heartbeat_at)));
        Ok(ages.filter(|(_, age)| *age <= within_ms).collect())
    }

    /// Claims a cluster for `ttl_ms` milliseconds; none when another instance holds it. A claim of what
    /// the instance holds already raises the epoch too, so claim once and then renew.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn claim_cluster(&self, cluster_id: ClusterId, owner: InstanceId, ttl_ms: i64) -> Result<Option<Lease>, StoreError> {
        let wanted = Lease {
            cluster_id,
            owner,
            epoch: 0,
            expires_at: Millis(0),
        };
        self.write(
            Scope::Plain,
            wanted,
            move |tx, wanted| async move { claim(&tx, &wanted, ttl_ms).await },
        )
        .await
    }

    /// Holds a lease for another `ttl_ms` milliseconds from now.
    ///
    /// # Errors
    /// `Conflict` when it was lost.
    pub async fn renew(&self, held: &Lease, ttl_ms: i64) -> Result<Lease, StoreError> {
        self.write(Scope::Plain, held.clone(), move |tx, held| async move {
            let expires_at = database_now(&tx.conn).await?.plus(ttl_ms);
            if !set_expiry(&tx, &held, expires_at).await? {
                return Err(lost(&held));
            }
            Ok(Lease {
                expires_at,
                ..(*held).clone()
            })
        })
        .await
    }

    /// Gives a lease back, so that the next instance need not wait for its end. Of a lease that was lost
    /// nothing is changed.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn release_lease(&self, held: &Lease) -> Result<(), StoreError> {
        self.write(Scope::Plain, held.clone(), |tx, held| async move {
            set_expiry(&tx, &held, Millis(0)).await?;
            Ok(())
        })
        .await
    }
}

async fn set_expiry(tx: &Tx, held: &Lease, at: Millis) -> Result<bool, Fault> {
    let done = lease::Entity::update_many()
        .col_expr(lease::Column::ExpiresAt, Expr::value(at.0))
        .filter(lease::Column::ClusterId.eq(held.cluster_id.0))
        .filter(lease::Column::Owner.eq(held.owner.0))
        .filter(lease::Column::Epoch.eq(held.epoch))
        .exec(&tx.conn)
        .await?;
    Ok(done.rows_affected > 0)
}
