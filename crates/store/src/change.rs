//! The change feed: one row for each thing that a write changed, followed by browsers through the API.
//! Sequences grow; with several writers a lower one may appear after a higher one, so a reader asks again
//! from a little before the last sequence that it saw and drops what it has had.

use domain::Millis;
use domain::event::Change;
use domain::id::{JobId, TeamId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::column::{FromRow, all};
use crate::connect::Store;
use crate::entity::change;
use crate::fault::StoreError;
use crate::transaction::Scope;

impl FromRow<change::Model> for Change {
    fn from_row(row: change::Model) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: row.sequence,
            team_id: row.team_id.map(TeamId),
            noun: row.noun,
            id: row.id,
            job_id: row.job_id.map(JobId),
            at: Millis(row.at),
        })
    }
}

impl Store {
    /// Changes after a sequence, oldest first.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn changes_after(&self, sequence: i64, limit: u64) -> Result<Vec<Change>, StoreError> {
        let rows = change::Entity::find()
            .filter(change::Column::Sequence.gt(sequence))
            .order_by_asc(change::Column::Sequence)
            .limit(limit)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// The newest sequence; 0 when there is none.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn newest_change(&self) -> Result<i64, StoreError> {
        let row = change::Entity::find()
            .order_by_desc(change::Column::Sequence)
            .one(&self.reader)
            .await?;
        Ok(row.map_or(0, |row| row.sequence))
    }

    /// The oldest sequence that was not pruned; 0 when there is none. A reader whose last sequence is
    /// below the one before it has missed something and starts over.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn oldest_change(&self) -> Result<i64, StoreError> {
        let row = change::Entity::find()
            .order_by_asc(change::Column::Sequence)
            .one(&self.reader)
            .await?;
        Ok(row.map_or(0, |row| row.sequence))
    }

    /// Deletes changes from before a time, but never the newest one, which keeps the sequence's place;
    /// answers how many.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune_changes(&self, older_than: Millis) -> Result<u64, StoreError> {
        let newest = self.newest_change().await?;
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = change::Entity::delete_many()
                .filter(change::Column::At.lt(older_than.0))
                .filter(change::Column::Sequence.lt(newest))
                .exec(&tx.conn)
                .await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}
