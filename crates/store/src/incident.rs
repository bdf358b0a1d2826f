//! Incidents of jobs, and the notices that each destination gets of them: each word of an incident once for each
//! destination, whoever looks and however often.

use std::collections::HashMap;

use domain::Millis;
use domain::id::{DestinationId, IncidentId, JobId, RunId, TeamId};
use domain::incident::{Incident, Step, Trouble};
use domain::run::Run;
use domain::snapshot::SnapshotKind;
use domain::status::JobFacts;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::clock::new_id;
use crate::column::{FromRow, all, from_word, time, word};
use crate::connect::Store;
use crate::entity::{incident, notice, snapshot};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// The word of `open_key` while an incident is open.
const OPEN: &str = "open";
/// What a notice of a job that is well again tells.
pub const RECOVERED: &str = "recovered";

impl FromRow<incident::Model> for Incident {
    fn from_row(row: incident::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: IncidentId(row.id),
            team_id: TeamId(row.team_id),
            job_id: JobId(row.job_id),
            job_name: row.job_name,
            run_id: row.run_id.map(RunId),
            kind: from_word("incidents.kind", &row.kind)?,
            since: Millis(row.since),
            cause: row.cause,
            opened_at: Millis(row.opened_at),
            well_since: time(row.well_since),
            closed_at: time(row.closed_at),
        })
    }
}

/// One step of the incident of a job, with the destinations that are told of it.
#[derive(Debug, Clone)]
pub struct IncidentStep {
    /// The job as it was seen.
    pub facts: Box<JobFacts>,
    /// Its open incident.
    pub open: Option<Incident>,
    /// What to do.
    pub step: Step,
    /// Who is told.
    pub tell: Vec<DestinationId>,
}

async fn notices(tx: &Tx, of: Uuid, what: &str, tell: &[DestinationId]) -> Result<(), Fault> {
    for destination in tell {
        let row = notice::Model {
            id: new_id(),
            destination_id: destination.0,
            incident_id: of,
            what: what.to_owned(),
            created_at: tx.at.0,
            delivery_id: None,
        };
        notice::Entity::insert(row.into_active_model())
            .exec_without_returning(&tx.conn)
            .await?;
    }
    Ok(())
}

async fn open(tx: &Tx, facts: &JobFacts, trouble: &Trouble, tell: &[DestinationId]) -> Result<(), Fault> {
    let row = incident::Model {
        id: new_id(),
        team_id: facts.job.team_id.0,
        job_id: facts.job.id.0,
        job_name: facts.job.name.clone(),
        run_id: facts.run.as_ref().map(|run: &Run| run.id.0),
        kind: word(&trouble.kind)?,
        since: trouble.since.0,
        cause: trouble.cause.clone(),
        opened_at: tx.at.0,
        well_since: None,
        closed_at: None,
        open_key: Some(OPEN.to_owned()),
    };
    let id = row.id;
    let made = incident::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await;
    made.map_err(|error| Fault::from(error).taken(|| format!("the job {} has an open incident", facts.job.id)))?;
    notices(tx, id, &word(&trouble.kind)?, tell).await
}

/// Changes an open incident; a conflict where another instance was first.
async fn change(tx: &Tx, of: &Incident, set: incident::ActiveModel) -> Result<(), Fault> {
    let done = incident::Entity::update_many()
        .set(set)
        .filter(incident::Column::Id.eq(of.id.0))
        .filter(incident::Column::OpenKey.eq(OPEN))
        .filter(incident::Column::Kind.eq(word(&of.kind)?))
        .exec(&tx.conn)
        .await?;
    if done.rows_affected == 0 {
        return Err(Fault::conflict(format!("the incident {} changed meanwhile", of.id)));
    }
    Ok(())
}

async fn take(tx: &Tx, step: &IncidentStep) -> Result<(), Fault> {
    use sea_orm::ActiveValue::Set;
    match (&step.step, &step.open) {
        (Step::Open(trouble), None) => open(tx, &step.facts, trouble, &step.tell).await,
        (Step::Worse(trouble), Some(known)) => {
            let kind = word(&trouble.kind)?;
            let set = incident::ActiveModel {
                kind: Set(kind.clone()),
                cause: Set(trouble.cause.clone()),
                well_since: Set(None),
                ..Default::default()
            };
            change(tx, known, set).await?;
            notices(tx, known.id.0, &kind, &step.tell).await
        }
        (Step::Well(since), Some(known)) => {
            let set = incident::ActiveModel {
                well_since: Set(since.map(|at| at.0)),
                ..Default::default()
            };
            change(tx, known, set).await
        }
        (Step::Close { recovered }, Some(known)) => {
            let set = incident::ActiveModel {
                closed_at: Set(Some(tx.at.0)),
                open_key: Set(None),
                ..Default::default()
            };
            change(tx, known, set).await?;
            if *recovered {
                notices(tx, known.id.0, RECOVERED, &step.tell).await?;
            }
            Ok(())
        }
        _ => Err(Fault::invalid("a step of an incident does not fit it")),
    }
}

impl Store {
    /// The open incidents of a team by job.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn open_incidents(&self, team_id: TeamId) -> Result<HashMap<JobId, Incident>, StoreError> {
        let query = incident::Entity::find()
            .filter(incident::Column::TeamId.eq(team_id.0))
            .filter(incident::Column::OpenKey.eq(OPEN));
        let found: Vec<Incident> = all(query.all(&self.reader).await?)?;
        Ok(found.into_iter().map(|incident| (incident.job_id, incident)).collect())
    }

    /// Takes several steps together, with their notices.
    ///
    /// # Errors
    /// `Conflict` when another instance took one of them first: nothing is written.
    pub async fn incident_steps(&self, steps: Vec<IncidentStep>) -> Result<(), StoreError> {
        self.write(Scope::Plain, steps, |tx, steps| async move {
            for step in steps.iter() {
                take(&tx, step).await?;
            }
            Ok(())
        })
        .await
    }

    /// Closes the open incidents of jobs that are gone.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn close_incidents_of(&self, jobs: Vec<JobId>) -> Result<(), StoreError> {
        self.write(Scope::Plain, jobs, |tx, jobs| async move {
            incident::Entity::update_many()
                .col_expr(incident::Column::ClosedAt, Expr::value(tx.at.0))
                .col_expr(incident::Column::OpenKey, Expr::value(Option::<String>::None))
                .filter(incident::Column::OpenKey.eq(OPEN))
                .filter(incident::Column::JobId.is_in(jobs.iter().map(|id| id.0)))
                .exec(&tx.conn)
                .await?;
            Ok(())
        })
        .await
    }

    /// When the newest checkpoint of each run was complete, for those that have made one.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn newest_checkpoints(&self, runs: &[RunId]) -> Result<HashMap<RunId, Millis>, StoreError> {
        let mut newest = HashMap::new();
        for some in runs.chunks(5_000) {
            let rows: Vec<(Uuid, Option<i64>)> = snapshot::Entity::find()
                .select_only()
                .columns([snapshot::Column::RunId, snapshot::Column::CompletedAt])
                .filter(snapshot::Column::RunId.is_in(some.iter().map(|id| id.0)))
                .filter(snapshot::Column::Kind.eq(word(&SnapshotKind::Checkpoint)?))
                .filter(snapshot::Column::CompletedAt.is_not_null())
                .into_tuple()
                .all(&self.reader)
                .await?;
            for (run, at) in rows {
                let at = Millis(at.unwrap_or_default());
                let known = newest.entry(RunId(run)).or_insert(at);
                *known = (*known).max(at);
            }
        }
        Ok(newest)
    }
}
