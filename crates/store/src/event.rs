//! Timelines: append-only rows that say who or what did something, when and why. Ids are made in order,
//! so a timeline pages by id.

use domain::Millis;
use domain::event::Event;
use domain::id::{ClusterId, EventId, JobId, OperationId, RunId, TeamId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::clock::new_id;
use crate::column::{FromRow, all};
use crate::connect::Store;
use crate::entity::event;
use crate::fault::StoreError;
use crate::transaction::Scope;

/// An event to be; the store gives it its id and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The team whose timeline it is on.
    pub team_id: TeamId,
    /// The job, if it is about one.
    pub job_id: Option<JobId>,
    /// The cluster, if it is about one.
    pub cluster_id: Option<ClusterId>,
    /// The run it belongs to.
    pub run_id: Option<RunId>,
    /// The operation it belongs to.
    pub operation_id: Option<OperationId>,
    /// Stable word, at most 64 characters.
    pub code: String,
    /// What happened, as a sentence.
    pub message: String,
    /// The user who did it; none when the platform noticed it.
    pub user_id: Option<UserId>,
}

impl NewEvent {
    /// An event of a team; say with the other functions what it is about.
    #[must_use]
    pub fn new(team_id: TeamId, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            team_id,
            job_id: None,
            cluster_id: None,
            run_id: None,
            operation_id: None,
            code: code.into(),
            message: message.into(),
            user_id: None,
        }
    }

    /// It is about this job.
    #[must_use]
    pub const fn job(mut self, id: JobId) -> Self {
        self.job_id = Some(id);
        self
    }

    /// It is about this cluster.
    #[must_use]
    pub const fn cluster(mut self, id: ClusterId) -> Self {
        self.cluster_id = Some(id);
        self
    }

    /// It belongs to this run.
    #[must_use]
    pub const fn run(mut self, id: RunId) -> Self {
        self.run_id = Some(id);
        self
    }

    /// It belongs to this operation.
    #[must_use]
    pub const fn operation(mut self, id: OperationId) -> Self {
        self.operation_id = Some(id);
        self
    }

    /// This user did it.
    #[must_use]
    pub const fn user(mut self, id: Option<UserId>) -> Self {
        self.user_id = id;
        self
    }

    /// The row of it.
    pub(crate) fn into_row(self, at: Millis) -> event::Model {
        event::Model {
            id: new_id(),
            team_id: self.team_id.0,
            job_id: self.job_id.map(|id| id.0),
            cluster_id: self.cluster_id.map(|id| id.0),
            run_id: self.run_id.map(|id| id.0),
            operation_id: self.operation_id.map(|id| id.0),
            code: self.code.chars().take(64).collect(),
            message: self.message,
            user_id: self.user_id.map(|id| id.0),
            at: at.0,
        }
    }
}

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    /// Only of this job.
    pub job_id: Option<JobId>,
    /// Only of this cluster.
    pub cluster_id: Option<ClusterId>,
    /// At most so many.
    pub limit: u64,
    /// Only older ones than this: the last one of the page before.
    pub before: Option<EventId>,
}

impl Default for EventFilter {
    fn default() -> Self {
        Self {
            job_id: None,
            cluster_id: None,
            limit: 100,
            before: None,
        }
    }
}

impl FromRow<event::Model> for Event {
    fn from_row(row: event::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: EventId(row.id),
            team_id: TeamId(row.team_id),
            job_id: row.job_id.map(JobId),
            cluster_id: row.cluster_id.map(ClusterId),
            run_id: row.run_id.map(RunId),
            operation_id: row.operation_id.map(OperationId),
            code: row.code,
            message: row.message,
            user_id: row.user_id.map(UserId),
            at: Millis(row.at),
        })
    }
}

impl Store {
    /// Events of a team, newest first.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn events(&self, team_id: TeamId, filter: &EventFilter) -> Result<Vec<Event>, StoreError> {
        let mut query = event::Entity::find().filter(event::Column::TeamId.eq(team_id.0));
        if let Some(job) = filter.job_id {
            query = query.filter(event::Column::JobId.eq(job.0));
        }
        if let Some(cluster) = filter.cluster_id {
            query = query.filter(event::Column::ClusterId.eq(cluster.0));
        }
        if let Some(before) = filter.before {
            query = query.filter(event::Column::Id.lt(before.0));
        }
        let rows = query.order_by_desc(event::Column::Id).limit(filter.limit).all(&self.reader).await?;
        Ok(all(rows)?)
    }

    /// Appends events that stand alone.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn append_events(&self, events: Vec<NewEvent>) -> Result<(), StoreError> {
        self.write(Scope::Plain, events, |tx, events| async move {
            events.iter().cloned().for_each(|event| tx.event(event));
            Ok(())
        })
        .await
    }
}
