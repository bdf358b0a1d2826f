//! Restart policies of jobs, and what they begin. Nothing is counted here: the failures are the ends of the job's runs.

use std::collections::BTreeMap;

use domain::Millis;
use domain::id::{JobId, RunId, TeamId, UserId};
use domain::operation::Operation;
use domain::restart::{GivenUp, RestartFacts, RestartPolicy, RestartWhen};
use domain::run::{Outcome, Run};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait,
};

use crate::application::{self, NewApplication};
use crate::column::{FromRow, from_json, json, word};
use crate::connect::Store;
use crate::entity::{job, restart_policy, run};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::job::desired_columns;
use crate::request;
use crate::transaction::{Scope, Tx};

impl FromRow<restart_policy::Model> for RestartFacts {
    fn from_row(row: restart_policy::Model) -> Result<Self, StoreError> {
        let given_up = row.given_up_run_id.zip(row.given_up_at).map(|(run, at)| GivenUp {
            run_id: RunId(run),
            at: Millis(at),
            reason: row.given_up_reason.unwrap_or_default(),
        });
        Ok(Self {
            policy: from_json("restart_policies.policy", &row.policy)?,
            given_up,
            failures: Vec::new(),
        })
    }
}

fn ends_that_count() -> Result<[String; 2], StoreError> {
    Ok([word(&Outcome::Failed)?, word(&Outcome::Unknown)?])
}

/// What is known of the restarts of several jobs; failures only where the newest run has ended.
pub(crate) async fn gather(
    conn: &DatabaseTransaction,
    jobs: &BTreeMap<JobId, Option<Run>>,
) -> Result<BTreeMap<JobId, RestartFacts>, Fault> {
    let query = restart_policy::Entity::find().filter(restart_policy::Column::JobId.is_in(jobs.keys().map(|id| id.0)));
    let mut facts = BTreeMap::new();
    for row in query.all(conn).await? {
        facts.insert(JobId(row.job_id), RestartFacts::from_row(row)?);
    }
    let ended: Vec<&Run> = facts
        .iter()
        .filter(|(_, facts)| facts.policy.when != RestartWhen::Never)
        .filter_map(|(id, _)| jobs.get(id)?.as_ref().filter(|run| !run.live()))
        .collect();
    if ended.is_empty() {
        return Ok(facts);
    }
    let failures = run::Entity::find()
        .select_only()
        .columns([run::Column::JobId, run::Column::Generation, run::Column::EndedAt])
        .filter(run::Column::JobId.is_in(ended.iter().map(|run| run.job_id.0)))
        .filter(run::Column::Outcome.is_in(ends_that_count()?))
        .into_tuple::<(sea_orm::prelude::Uuid, i64, i64)>();
    for (job_id, generation, at) in failures.all(conn).await? {
        let of = JobId(job_id);
        let newest = jobs.get(&of).and_then(Option::as_ref);
        if let (Some(facts), Some(_)) = (facts.get_mut(&of), newest.filter(|run| run.generation == generation)) {
            facts.failures.push(Millis(at));
        }
    }
    Ok(facts)
}

/// Jobs that a policy may have to restart: their newest run has an end that may count, and the policy has not given up
/// after it. The domain decides.
pub(crate) fn waiting() -> Result<Condition, StoreError> {
    let active = restart_policy::Entity::find()
        .select_only()
        .column(restart_policy::Column::JobId)
        .filter(restart_policy::Column::Active.eq(true))
        .into_query();
    let given_up = restart_policy::Entity::find()
        .select_only()
        .column(restart_policy::Column::GivenUpRunId)
        .filter(restart_policy::Column::GivenUpRunId.is_not_null())
        .into_query();
    let ended = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .filter(run::Column::Outcome.is_in(ends_that_count()?))
        .filter(run::Column::StopIntent.is_null())
        .into_query();
    Ok(Condition::all()
        .add(job::Column::Id.in_subquery(active))
        .add(job::Column::Desired.eq("running"))
        .add(job::Column::LifecycleId.is_null())
        .add(job::Column::RunId.in_subquery(ended))
        .add(job::Column::RunId.not_in_subquery(given_up)))
}

/// Begins a restart, once: only while the run that it follows is the newest, nothing is open, and what runs is still
/// desired. The generation stays: a restart is no new intent.
pub(crate) async fn begin(tx: &Tx, after: RunId, (begun, message): (&Operation, &str), own: Option<&NewApplication>) -> Result<(), Fault> {
    let domain::operation::Request::Restart { release_id, .. } = begun.request else {
        return Err(Fault::invalid("a restart was begun with another request"));
    };
    let id = begun.job_id.ok_or_else(|| Fault::invalid("a restart was begun without a job"))?;
    let (want, release) = desired_columns(domain::job::Desired::Running { release_id });
    let taken = job::Entity::update_many()
        .col_expr(job::Column::LifecycleId, Expr::value(begun.id.0))
        .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
        .filter(job::Column::Id.eq(id.0))
        .filter(job::Column::Generation.eq(begun.generation))
        .filter(job::Column::RunId.eq(after.0))
        .filter(job::Column::LifecycleId.is_null())
        .filter(job::Column::SavepointId.is_null())
        .filter(job::Column::Desired.eq(want))
        .filter(job::Column::DesiredReleaseId.eq(release))
        .exec(&tx.conn)
        .await?;
    if taken.rows_affected == 0 {
        return Err(Fault::conflict(format!(
            "the job {id} changed before its restart was begun: look again"
        )));
    }
    if let Some(own) = own {
        application::place(tx, (begun.team_id, id), own).await?;
    }
    request::begin(tx, begun, None, message).await
}

/// Writes down that the policy gave up after a run.
pub(crate) async fn give_up(tx: &Tx, team: TeamId, id: JobId, given_up: &GivenUp) -> Result<(), Fault> {
    let done = restart_policy::Entity::update_many()
        .col_expr(restart_policy::Column::GivenUpRunId, Expr::value(given_up.run_id.0))
        .col_expr(restart_policy::Column::GivenUpAt, Expr::value(given_up.at.0))
        .col_expr(restart_policy::Column::GivenUpReason, Expr::value(given_up.reason.clone()))
        .filter(restart_policy::Column::JobId.eq(id.0))
        .filter(
            restart_policy::Column::GivenUpRunId
                .is_null()
                .or(restart_policy::Column::GivenUpRunId.ne(given_up.run_id.0)),
        )
        .exec(&tx.conn)
        .await?;
    if done.rows_affected > 0 {
        let event = NewEvent::new(team, "restarts_given_up", given_up.reason.clone());
        tx.event(event.job(id).run(given_up.run_id));
        tx.changed(Some(team), "job", id, Some(id));
    }
    Ok(())
}

/// Removes the policy of a job that is deleted.
pub(crate) async fn delete(tx: &Tx, id: JobId) -> Result<(), Fault> {
    restart_policy::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
    Ok(())
}

impl Store {
    /// The restart policy of a job; that which restarts never where none was set.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job.
    pub async fn restart_policy(&self, team_id: TeamId, job_id: JobId) -> Result<RestartPolicy, StoreError> {
        self.job(team_id, job_id).await?;
        let row = restart_policy::Entity::find_by_id(job_id.0).one(&self.reader).await?;
        Ok(row.map(RestartFacts::from_row).transpose()?.unwrap_or_default().policy)
    }

    /// Sets the restart policy of a job; it holds from the next look at the job on. Where the policy gave up after the
    /// newest run it stays so until somebody starts the job.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job.
    pub async fn set_restart_policy(&self, team_id: TeamId, job_id: JobId, policy: RestartPolicy, by: UserId) -> Result<(), StoreError> {
        self.write(Scope::Request, policy, move |tx, policy| async move {
            let row = crate::job::row(&tx.conn, job_id).await?;
            if row.team_id != team_id.0 {
                return Err(StoreError::NotFound.into());
            }
            let row = restart_policy::Model {
                job_id: job_id.0,
                team_id: team_id.0,
                policy: json(&*policy)?,
                active: policy.when != RestartWhen::Never,
                given_up_run_id: None,
                given_up_at: None,
                given_up_reason: None,
            };
            let known = restart_policy::Entity::update_many()
                .set(restart_policy::ActiveModel {
                    policy: ActiveValue::Set(row.policy.clone()),
                    active: ActiveValue::Set(row.active),
                    ..Default::default()
                })
                .filter(restart_policy::Column::JobId.eq(job_id.0))
                .exec(&tx.conn)
                .await?;
            if known.rows_affected == 0 && restart_policy::Entity::find_by_id(job_id.0).one(&tx.conn).await?.is_none() {
                restart_policy::Entity::insert(row.into_active_model())
                    .exec_without_returning(&tx.conn)
                    .await?;
            }
            let message = match policy.when {
                RestartWhen::Never => "Restart policy: never.".to_owned(),
                RestartWhen::Failed => "Restart policy: after a failure.".to_owned(),
                RestartWhen::FailedOrLost => "Restart policy: after a failure, and when the run is lost.".to_owned(),
            };
            tx.event(NewEvent::new(team_id, "restart_policy_set", message).job(job_id).user(Some(by)));
            tx.changed(Some(team_id), "job", job_id, Some(job_id));
            Ok(())
        })
        .await
    }
}
