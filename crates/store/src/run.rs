//! Runs. They are written by the engine only, through [`Write`](crate::Write): made once for an intent,
//! never two alive for one job, ended once.

use domain::Millis;
use domain::id::{ClusterId, JobId, OperationId, ReleaseId, RunId, TeamId};
use domain::operation::OperationState;
use domain::run::{Run, RunEnd};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::column::{FromRow, all, from_json, from_word, json, time, unknown, word};
use crate::connect::Store;
use crate::entity::{job, operation, run};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::transaction::Tx;

impl FromRow<run::Model> for Run {
    fn from_row(row: run::Model) -> Result<Self, StoreError> {
        Ok(Self {
            end: end(&row)?,
            id: RunId(row.id),
            job_id: JobId(row.job_id),
            team_id: TeamId(row.team_id),
            release_id: ReleaseId(row.release_id),
            release_number: row.release_number,
            cluster_id: ClusterId(row.cluster_id),
            generation: row.generation,
            attempt: row.attempt,
            cause: from_word("runs.cause", &row.cause)?,
            options: from_json("runs.options", &row.options)?,
            restore_path: row.restore_path,
            operation_id: OperationId(row.operation_id),
            created_at: Millis(row.created_at),
            running_at: time(row.running_at),
            stop_intent: row.stop_intent.map(|text| from_word("runs.stop_intent", &text)).transpose()?,
            ghost_since: time(row.ghost_since),
        })
    }
}

fn end(row: &run::Model) -> Result<Option<RunEnd>, StoreError> {
    let Some(at) = row.ended_at else { return Ok(None) };
    let missing = || unknown("runs.outcome", "nothing, although the run has ended");
    Ok(Some(RunEnd {
        at: Millis(at),
        outcome: from_word("runs.outcome", row.outcome.as_deref().ok_or_else(missing)?)?,
        reason: row.end_reason.clone().unwrap_or_default(),
        source: from_word("runs.end_source", row.end_source.as_deref().ok_or_else(missing)?)?,
    }))
}

fn row_of(of: &Run) -> Result<run::Model, StoreError> {
    let end = of.end.as_ref();
    Ok(run::Model {
        id: of.id.0,
        job_id: of.job_id.0,
        team_id: of.team_id.0,
        release_id: of.release_id.0,
        release_number: of.release_number,
        cluster_id: of.cluster_id.0,
        generation: of.generation,
        attempt: of.attempt,
        cause: word(&of.cause)?,
        options: json(&of.options)?,
        restore_path: of.restore_path.clone(),
        operation_id: of.operation_id.0,
        created_at: of.created_at.0,
        running_at: of.running_at.map(|at| at.0),
        stop_intent: of.stop_intent.as_ref().map(word).transpose()?,
        ended_at: end.map(|end| end.at.0),
        outcome: end.map(|end| word(&end.outcome)).transpose()?,
        end_reason: end.map(|end| end.reason.clone()),
        end_source: end.map(|end| word(&end.source)).transpose()?,
        ghost_since: of.ghost_since.map(|at| at.0),
    })
}

fn changed(tx: &Tx, team: TeamId, job: JobId, id: RunId) {
    tx.changed(Some(team), "run", id, Some(job));
    tx.changed(Some(team), "job", job, Some(job));
}

/// Refuses a run beside one that may be alive, or for an operation that has ended.
async fn refuse_second(tx: &Tx, of: &Run) -> Result<(), Fault> {
    let live = run::Entity::find()
        .filter(run::Column::JobId.eq(of.job_id.0))
        .filter(run::Column::EndedAt.is_null());
    if live.count(&tx.conn).await? > 0 {
        return Err(Fault::conflict(format!(
            "the job {} has a run that may still be running",
            of.job_id
        )));
    }
    let open = operation::Entity::find_by_id(of.operation_id.0).filter(operation::Column::State.eq(word(&OperationState::Running)?));
    if open.count(&tx.conn).await? == 0 {
        return Err(Fault::conflict(format!(
            "the operation {} ended before its run was made: look again",
            of.operation_id
        )));
    }
    Ok(())
}

/// Inserts a run, if its intent is still the newest, its operation still open, and no run of the job is alive.
pub(crate) async fn insert(tx: &Tx, of: &Run) -> Result<(), Fault> {
    let taken = job::Entity::update_many()
        .col_expr(job::Column::RunId, Expr::value(of.id.0))
        .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
        .filter(job::Column::Id.eq(of.job_id.0))
        .filter(job::Column::Generation.eq(of.generation))
        .exec(&tx.conn)
        .await?;
    if taken.rows_affected == 0 {
        return Err(Fault::conflict(format!(
            "a newer intent of the job {} came before this run was made: look again",
            of.job_id
        )));
    }
    refuse_second(tx, of).await?;
    let made = run::Entity::insert(row_of(of)?.into_active_model())
        .exec_without_returning(&tx.conn)
        .await;
    made.map_err(|error| {
        Fault::from(error).taken(|| {
            format!(
                "the job {} has a run of generation {} and attempt {}",
                of.job_id, of.generation, of.attempt
            )
        })
    })?;
    changed(tx, of.team_id, of.job_id, of.id);
    Ok(())
}

/// Writes what may change of a run while it lives and after: never its end.
pub(crate) async fn update(tx: &Tx, of: &Run) -> Result<(), Fault> {
    let done = run::Entity::update_many()
        .col_expr(run::Column::RestorePath, Expr::value(of.restore_path.clone()))
        .col_expr(run::Column::RunningAt, Expr::value(of.running_at.map(|at| at.0)))
        .col_expr(run::Column::StopIntent, Expr::value(of.stop_intent.as_ref().map(word).transpose()?))
        .col_expr(run::Column::GhostSince, Expr::value(of.ghost_since.map(|at| at.0)))
        .filter(run::Column::Id.eq(of.id.0))
        .exec(&tx.conn)
        .await?;
    if done.rows_affected == 0 {
        return Err(Fault::conflict(format!("the run {} is gone", of.id)));
    }
    changed(tx, of.team_id, of.job_id, of.id);
    Ok(())
}

/// Ends a run, once: a second end changes nothing, and its events are not written.
pub(crate) async fn finish(tx: &Tx, id: RunId, end: &RunEnd, events: &[NewEvent]) -> Result<(), Fault> {
    let done = run::Entity::update_many()
        .col_expr(run::Column::EndedAt, Expr::value(end.at.0))
        .col_expr(run::Column::Outcome, Expr::value(word(&end.outcome)?))
        .col_expr(run::Column::EndReason, Expr::value(&end.reason))
        .col_expr(run::Column::EndSource, Expr::value(word(&end.source)?))
        .filter(run::Column::Id.eq(id.0))
        .filter(run::Column::EndedAt.is_null())
        .exec(&tx.conn)
        .await?;
    if done.rows_affected == 0 {
        return Ok(());
    }
    let row = run::Entity::find_by_id(id.0).one(&tx.conn).await?.ok_or(StoreError::NotFound)?;
    changed(tx, TeamId(row.team_id), JobId(row.job_id), id);
    events.iter().cloned().for_each(|event| tx.event(event));
    Ok(())
}

impl Store {
    /// A page of a job's runs, newest first; not by id, because an adopted one has that of its Flink job. `before`: only
    /// older ones than this.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn runs(&self, team_id: TeamId, job_id: JobId, limit: u64, before: Option<RunId>) -> Result<Vec<Run>, StoreError> {
        let mut query = run::Entity::find()
            .filter(run::Column::JobId.eq(job_id.0))
            .filter(run::Column::TeamId.eq(team_id.0));
        if let Some(before) = before {
            let Some(last) = query.clone().filter(run::Column::Id.eq(before.0)).one(&self.reader).await? else {
                return Ok(Vec::new());
            };
            let earlier = run::Column::Generation
                .eq(last.generation)
                .and(run::Column::Attempt.lt(last.attempt));
            query = query.filter(run::Column::Generation.lt(last.generation).or(earlier));
        }
        let newest = query.order_by_desc(run::Column::Generation).order_by_desc(run::Column::Attempt);
        Ok(all(newest.limit(limit).all(&self.reader).await?)?)
    }

    /// A run of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such run.
    pub async fn run(&self, team_id: TeamId, id: RunId) -> Result<Run, StoreError> {
        let row = run::Entity::find_by_id(id.0)
            .filter(run::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Run::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// A run of any team: for the engine.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn run_any(&self, id: RunId) -> Result<Run, StoreError> {
        let row = run::Entity::find_by_id(id.0).one(&self.reader).await?;
        Run::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// Those of several runs that are ours: Flink jobs are named by the run, so this tells ours from
    /// strangers'.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn runs_by_ids(&self, ids: &[RunId]) -> Result<Vec<Run>, StoreError> {
        let mut runs = Vec::new();
        for some in ids.chunks(5_000) {
            let rows = run::Entity::find()
                .filter(run::Column::Id.is_in(some.iter().map(|id| id.0)))
                .all(&self.reader)
                .await?;
            runs.extend(all::<_, Run>(rows)?);
        }
        Ok(runs)
    }
}
