//! What is shown of a job, in the list and on its page alike: the label with its reason, what is asked,
//! what runs, and what may be done.

use std::collections::BTreeMap;

use domain::actions::actions;
use domain::id::{ClusterId, JobId};
use domain::status::{ConditionKind, JobFacts, status};
use serde::{Deserialize, Serialize};
use store::now;
use utoipa::ToSchema;

use crate::app::App;
use crate::operation::{self, Operation};
use crate::problem::Problem;
use crate::run::Run;
use crate::time::{Time, some};
use crate::verdict::Verdict;
use crate::web_address::WebAddress;

/// The word on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Never released or never started.
    Draft,
    /// A start is under way.
    Starting,
    /// Flink runs it.
    Running,
    /// Flink is restarting it.
    Restarting,
    /// A stop is under way.
    Stopping,
    /// Stopped as asked.
    Stopped,
    /// Came to its end.
    Finished,
    /// Flink gave up on it.
    Failed,
    /// Gone, and nobody knows how.
    Ended,
}

/// The label with its reason and evidence.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The word.
    pub label: Label,
    /// Why, as a sentence.
    pub sentence: String,
    /// Where it is known from, e.g. `RUNNING · JobManager REST`.
    pub evidence: String,
    /// When that source last said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_at: Option<Time>,
    /// Flink's own state word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flink_state: Option<String>,
    /// What else is worth knowing.
    pub conditions: Vec<Condition>,
    /// Since when the label holds.
    pub since: Time,
}

/// Which condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionWord {
    /// The JobManager does not answer: what is shown is the last that was heard.
    Unreachable,
    /// Tasks wait for free slots.
    WaitingForResources,
    /// Seen alive after it had ended.
    Ghost,
    /// A newer release than the running one exists.
    NewerRelease,
    /// The restart policy gave up.
    CrashLoop,
    /// Variables have other values than those that its release or run uses.
    VariableChanged,
}

/// Something worth knowing beside the label.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which.
    pub kind: ConditionWord,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// What it means, as a sentence.
    pub sentence: String,
}

/// What is asked of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// Nothing should run.
    Stopped,
    /// A release should run.
    Running,
}

/// What is asked of a job.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Desired {
    /// Stopped or running.
    pub want: Want,
    /// The number of the release that should run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<i64>,
}

/// A cluster's id and name.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterName {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ClusterId,
    /// Its name.
    pub name: String,
}

/// What may be done with a job now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actions {
    /// Start a release.
    pub start: Verdict,
    /// Stop with a savepoint, or drain.
    pub stop: Verdict,
    /// Stop at once, without a savepoint.
    pub cancel: Verdict,
    /// Take a savepoint.
    pub savepoint: Verdict,
    /// Restart, or start another release.
    pub replace: Verdict,
    /// Delete the job.
    pub delete: Verdict,
    /// Make a release of the draft.
    pub release: Verdict,
    /// Save the draft.
    pub edit: Verdict,
    /// Declare the live run gone.
    pub detach: Verdict,
    /// Take over a Flink job that somebody else started.
    pub adopt: Verdict,
}

/// A job with all that a list or its page shows of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    #[schema(value_type = String)]
    pub id: JobId,
    /// Name, unique in the team.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Words to find it by.
    pub labels: BTreeMap<String, String>,
    /// The word on the screen, with its reason.
    pub status: Status,
    /// What is asked.
    pub desired: Desired,
    /// Where it runs, or would run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterName>,
    /// Where a browser finds Flink's web UI, while a run lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_address: Option<WebAddress>,
    /// The newest run, live or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The open start, stop, replace or delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// When the restart policy starts it again, at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_at: Option<Time>,
    /// The open savepoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub savepoint: Option<Operation>,
    /// Number of the newest release; 0 before the first.
    pub release_number: i64,
    /// Newest draft revision; 0 before the first save.
    pub draft_revision: i64,
    /// What may be done now.
    pub actions: Actions,
    /// When it was made.
    pub created_at: Time,
    /// Grows with each change.
    pub revision: i64,
}

impl From<domain::status::Label> for Label {
    fn from(label: domain::status::Label) -> Self {
        use domain::status::Label as Known;
        match label {
            Known::Draft => Self::Draft,
            Known::Starting => Self::Starting,
            Known::Running => Self::Running,
            Known::Restarting => Self::Restarting,
            Known::Stopping => Self::Stopping,
            Known::Stopped => Self::Stopped,
            Known::Finished => Self::Finished,
            Known::Failed => Self::Failed,
            Known::Ended => Self::Ended,
        }
    }
}

impl From<ConditionKind> for ConditionWord {
    fn from(kind: ConditionKind) -> Self {
        match kind {
            ConditionKind::Unreachable => Self::Unreachable,
            ConditionKind::WaitingForResources => Self::WaitingForResources,
            ConditionKind::Ghost => Self::Ghost,
            ConditionKind::NewerRelease => Self::NewerRelease,
            ConditionKind::CrashLoop => Self::CrashLoop,
            ConditionKind::VariableChanged => Self::VariableChanged,
        }
    }
}

impl From<domain::status::Status> for Status {
    fn from(status: domain::status::Status) -> Self {
        let conditions = status.conditions.into_iter().map(|condition| Condition {
            kind: condition.kind.into(),
            since: some(condition.since),
            sentence: condition.sentence,
        });
        Self {
            label: status.label.into(),
            sentence: status.sentence,
            evidence: status.evidence,
            evidence_at: some(status.evidence_at),
            flink_state: status.flink_state,
            conditions: conditions.collect(),
            since: status.since.into(),
        }
    }
}

impl From<domain::actions::Actions> for Actions {
    fn from(actions: domain::actions::Actions) -> Self {
        Self {
            start: actions.start.into(),
            stop: actions.stop.into(),
            cancel: actions.cancel.into(),
            savepoint: actions.savepoint.into(),
            replace: actions.replace.into(),
            delete: actions.delete.into(),
            release: actions.release.into(),
            edit: actions.edit.into(),
            detach: actions.detach.into(),
            adopt: actions.adopt.into(),
        }
    }
}

/// The number of the release that should run: mostly the run's, else looked up.
async fn desired(app: &App, facts: &JobFacts) -> Result<Desired, Problem> {
    let domain::job::Desired::Running { release_id } = facts.job.desired else {
        return Ok(Desired {
            want: Want::Stopped,
            release: None,
        });
    };
    let release = match facts.run.as_ref().filter(|run| run.release_id == release_id) {
        Some(run) => Some(run.release_number),
        None => app.release_number(release_id).await?,
    };
    Ok(Desired {
        want: Want::Running,
        release,
    })
}

async fn operation(app: &App, open: Option<domain::operation::Operation>) -> Result<Option<Operation>, Problem> {
    match open {
        Some(open) => operation::view(app, open).await.map(Some),
        None => Ok(None),
    }
}

/// A job as the API shows it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn view(app: &App, facts: JobFacts) -> Result<Job, Problem> {
    let status = status(&facts, now()).into();
    let actions = actions(&facts).into();
    let desired = desired(app, &facts).await?;
    let restart_at = some(domain::restart::due_at(&facts));
    let JobFacts {
        job,
        run,
        lifecycle,
        savepoint,
        cluster,
        ..
    } = facts;
    let live = run.as_ref().is_some_and(domain::run::Run::live);
    let web_address = cluster.as_ref().filter(|_| live);
    let web_address = web_address.map(|facts| WebAddress::of(&facts.cluster, &facts.look, Some(&job.name)));
    Ok(Job {
        web_address,
        id: job.id,
        name: job.name,
        description: job.description,
        labels: job.labels,
        status,
        desired,
        cluster: cluster.map(|facts| ClusterName {
            id: facts.cluster.id,
            name: facts.cluster.name,
        }),
        run: run.map(Run::from),
        operation: operation(app, lifecycle).await?,
        restart_at,
        savepoint: operation(app, savepoint).await?,
        release_number: job.release_number,
        draft_revision: job.draft_revision,
        actions,
        created_at: job.created_at.into(),
        revision: job.revision,
    })
}
