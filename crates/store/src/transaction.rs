//! The one way to write. [`Store::write`] opens a transaction, runs the work, appends the events and
//! changes that the work collected, commits, and tells whoever waits. Work that the database gave up in
//! favour of another transaction (deadlock, serialization failure) is run again.
//!
//! SQLite: BEGIN IMMEDIATE on the one writer connection, so writers stand in line before they read.
//! PostgreSQL and MySQL: READ COMMITTED; the work takes its row locks by conditional updates first and
//! reads what depends on them afterwards.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Millis;
use domain::id::{JobId, TeamId};
use sea_orm::{
    AccessMode, ActiveValue, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use tracing::Instrument;

use crate::clock::now;
use crate::connect::Store;
use crate::entity;
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};

/// How often contended work is tried.
const TRIES: u32 = 12;

/// What kind of write it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// People's writes that the engine need not hear of.
    Plain,
    /// Requests: counted by the crash hook, and the engine is woken.
    Request,
    /// The engine's own writes: counted by the crash hook.
    Engine,
}

/// A write transaction that is open.
pub(crate) struct Tx {
    /// Where statements go.
    pub(crate) conn: DatabaseTransaction,
    /// The time of everything that this transaction writes.
    pub(crate) at: Millis,
    changes: Mutex<Vec<entity::change::ActiveModel>>,
    events: Mutex<Vec<entity::event::Model>>,
    wake: AtomicBool,
}

impl Tx {
    /// Appends to the change feed; the same thing named twice becomes one row.
    pub(crate) fn changed(&self, team: Option<TeamId>, noun: &str, id: impl ToString, job: Option<JobId>) {
        let row = entity::change::ActiveModel {
            sequence: ActiveValue::NotSet,
            team_id: ActiveValue::Set(team.map(|id| id.0)),
            noun: ActiveValue::Set(noun.to_owned()),
            id: ActiveValue::Set(id.to_string()),
            job_id: ActiveValue::Set(job.map(|id| id.0)),
            at: ActiveValue::Set(self.at.0),
        };
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if !changes.contains(&row) {
            changes.push(row);
        }
    }

    /// Appends to the timeline.
    pub(crate) fn event(&self, event: NewEvent) {
        let row = event.into_row(self.at);
        let id = domain::id::EventId(row.id);
        self.changed(Some(TeamId(row.team_id)), "event", id, row.job_id.map(JobId));
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    }

    /// Asks that the engine be woken once this is committed.
    pub(crate) fn wake(&self) {
        self.wake.store(true, Ordering::Relaxed);
    }

    /// Writes the collected events and changes; answers whether there were any.
    async fn flush(&self) -> Result<bool, Fault> {
        let events = std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner));
        let changes = std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner));
        for some in events.chunks(500) {
            let rows = some.iter().cloned().map(IntoActiveModel::into_active_model);
            entity::event::Entity::insert_many(rows).exec_without_returning(&self.conn).await?;
        }
        for some in changes.chunks(500) {
            entity::change::Entity::insert_many(some.iter().cloned())
                .exec_without_returning(&self.conn)
                .await?;
        }
        Ok(!changes.is_empty())
    }
}

impl Store {
    /// Runs work in one write transaction; see the module. `given` is what the work needs beside numbers
    /// and ids.
    pub(crate) async fn write<G, T, F, W>(&self, scope: Scope, given: G, work: F) -> Result<T, StoreError>
    where
        G: Send + Sync + 'static,
        T: Send + 'static,
        F: Fn(Arc<Tx>, Arc<G>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let (store, given) = (self.clone(), Arc::new(given));
        to_its_end(async move {
            let mut tries = 0;
            loop {
                match store.write_once(scope, &given, &work).await {
                    Err(Fault::Contended(why)) if tries < TRIES => {
                        tries += 1;
                        tracing::debug!(tries, why, "a transaction is tried again");
                        tokio::time::sleep(Duration::from_millis(2 << tries.min(7))).await;
                    }
                    other => return other,
                }
            }
        })
        .await
    }

    async fn write_once<G, T, F, W>(&self, scope: Scope, given: &Arc<G>, work: &F) -> Result<T, Fault>
    where
        F: Fn(Arc<Tx>, Arc<G>) -> W,
        W: Future<Output = Result<T, Fault>>,
    {
        let tx = Arc::new(Tx {
            conn: self.writer.begin_with_options(write_options(self.backend)).await?,
            at: now(),
            changes: Mutex::default(),
            events: Mutex::default(),
            wake: AtomicBool::new(scope == Scope::Request),
        });
        let outcome = match work(Arc::clone(&tx), Arc::clone(given)).await {
            Ok(value) => tx.flush().await.map(|changed| (value, changed)),
            Err(fault) => Err(fault),
        };
        let wake = tx.wake.load(Ordering::Relaxed);
        let tx = Arc::into_inner(tx).ok_or_else(|| Fault::invalid("a transaction was still in use when it was to be committed"))?;
        let (value, changed) = match outcome {
            Ok(done) => done,
            Err(fault) => {
                end(tx.conn).await;
                return Err(fault);
            }
        };
        let number = (changed && scope != Scope::Plain).then(|| self.crash.before());
        tx.conn.commit().await?;
        if let Some(number) = number {
            self.crash.after(number);
        }
        if changed {
            self.changes.send_modify(|count| *count += 1);
        }
        if changed && wake {
            self.wake.send_modify(|count| *count += 1);
        }
        Ok(value)
    }

    /// Runs reads in one read-only transaction, so that they see the same moment.
    pub(crate) async fn read<G, T, F, W>(&self, given: G, work: F) -> Result<T, StoreError>
    where
        G: Send + Sync + 'static,
        T: Send + 'static,
        F: Fn(Arc<DatabaseTransaction>, Arc<G>) -> W + Send + 'static,
        W: Future<Output = Result<T, Fault>> + Send,
    {
        let store = self.clone();
        to_its_end(async move {
            let conn = Arc::new(store.reader.begin_with_options(read_options(store.backend)).await?);
            let outcome = work(Arc::clone(&conn), Arc::new(given)).await;
            if let Some(conn) = Arc::into_inner(conn) {
                end(conn).await;
            }
            outcome
        })
        .await
    }
}

/// Ends a transaction that changes nothing. Where that fails the connection is broken, and the pool makes
/// another one.
async fn end(conn: DatabaseTransaction) {
    if let Err(error) = conn.rollback().await {
        tracing::debug!(%error, "a transaction could not be rolled back");
    }
}

/// Runs a transaction to its end even where nobody waits for it any more, as when a browser hangs up. A
/// transaction that is dropped in the middle of a statement can leave its connection in a state in which
/// the pool waits for it for ever (MySQL), and one dropped in its commit would be done or not done.
async fn to_its_end<T, W>(work: W) -> Result<T, StoreError>
where
    T: Send + 'static,
    W: Future<Output = Result<T, Fault>> + Send + 'static,
{
    match tokio::spawn(work.in_current_span()).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::Unavailable(
                "the server is ending: try again when it is back".to_owned(),
            )),
        },
    }
}

fn write_options(backend: DbBackend) -> TransactionOptions {
    match backend {
        DbBackend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        },
        _ => TransactionOptions {
            isolation_level: Some(IsolationLevel::ReadCommitted),
            ..Default::default()
        },
    }
}

fn read_options(backend: DbBackend) -> TransactionOptions {
    match backend {
        DbBackend::Sqlite => TransactionOptions::default(),
        _ => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            sqlite_transaction_mode: None,
        },
    }
}
