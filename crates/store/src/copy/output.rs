//! Out of a database: one read transaction, so that what is sent is one moment, while others go on writing.

use futures::StreamExt;
use sea_orm::{DatabaseTransaction, Statement, StreamTrait};
use tokio::sync::mpsc::Sender;

use super::shape::{Shape, shapes};
use super::{Copied, Digests, Sum, row};
use crate::connect::Store;
use crate::fault::{Fault, StoreError};
use crate::migrations;

/// A piece is sent once it is this long, in bytes.
const PIECE: usize = 1 << 20;

impl Store {
    /// Sends one moment of the whole database through a channel. The schema may be an earlier one.
    ///
    /// # Errors
    /// `Invalid` for a database with steps that only a newer server knows; `Unavailable` when the database
    /// does not answer or nobody takes the pieces any more.
    pub async fn copy_out(&self, to: Sender<Copied>) -> Result<Digests, StoreError> {
        let schema = self.schema().await?;
        if let Some(step) = schema.newer.first() {
            return Err(StoreError::Invalid(format!(
                "the database has the step {step}, which only a newer version of Streamwright knows: use that one"
            )));
        }
        if schema.applied.is_empty() {
            return Err(StoreError::Invalid(
                "the database is not one of Streamwright: it has no schema".to_owned(),
            ));
        }
        self.read(to, |conn, to| async move { send(&conn, &to).await }).await
    }
}

async fn send(conn: &DatabaseTransaction, to: &Sender<Copied>) -> Result<Digests, Fault> {
    // Read again: from here on it is one moment.
    let steps = migrations::status(conn).await?.applied;
    let tables = shapes(steps.len()).await?;
    give(to, Copied::Begin(steps)).await?;
    let mut digests = Digests::new();
    for table in &tables {
        let sum = send_table(conn, to, table).await?;
        digests.insert(table.name.clone(), sum.finish());
    }
    give(to, Copied::End(digests.clone())).await?;
    Ok(digests)
}

async fn send_table(conn: &DatabaseTransaction, to: &Sender<Copied>, table: &Shape) -> Result<Sum, Fault> {
    let backend = StreamTrait::get_database_backend(conn);
    let statement = Statement::from_string(backend, row::select(backend, table));
    let mut rows = conn.stream_raw(statement).await?;
    let (mut sum, mut lines) = (Sum::default(), String::new());
    let piece = |lines: &mut String| Copied::Rows {
        table: table.name.clone(),
        lines: std::mem::take(lines),
    };
    while let Some(found) = rows.next().await {
        let line = row::line(&found?, table)?;
        sum.add(&line);
        lines.push_str(&line);
        lines.push('\n');
        if lines.len() >= PIECE {
            give(to, piece(&mut lines)).await?;
        }
    }
    if !lines.is_empty() {
        give(to, piece(&mut lines)).await?;
    }
    Ok(sum)
}

async fn give(to: &Sender<Copied>, piece: Copied) -> Result<(), Fault> {
    to.send(piece)
        .await
        .map_err(|_| Fault::from(StoreError::Unavailable("the copy was broken off by its receiver".to_owned())))
}

/// What a table comes to, as this transaction sees it.
pub(super) async fn digest(conn: &DatabaseTransaction, table: &Shape) -> Result<Sum, Fault> {
    let backend = StreamTrait::get_database_backend(conn);
    let statement = Statement::from_string(backend, row::select(backend, table));
    let mut rows = conn.stream_raw(statement).await?;
    let mut sum = Sum::default();
    while let Some(found) = rows.next().await {
        sum.add(&row::line(&found?, table)?);
    }
    Ok(sum)
}
