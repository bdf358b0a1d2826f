//! The label on the screen: computed from the facts, never stored.

use serde::{Deserialize, Serialize};

use crate::cluster::{Cluster, ClusterDesired, Look};
use crate::effect::Effect;
use crate::job::Job;
use crate::observation::{FlinkState, Observation, Presence};
use crate::operation::{Operation, Request};
use crate::plan::kubernetes::waits_for;
use crate::restart::{self, Next, RestartFacts};
use crate::run::{Outcome, Run, RunEnd, Source};
use crate::snapshot::Snapshot;
use crate::time::Millis;
use crate::variable::{Need, Outdated};

/// A cluster with its newest news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterFacts {
    /// The cluster as it was asked for.
    pub cluster: Cluster,
    /// The newest look at it.
    pub look: Look,
}

/// All that is known of one job: what `plan` and `status` decide from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFacts {
    /// The job with what is desired.
    pub job: Job,
    /// The newest run, live or ended.
    pub run: Option<Run>,
    /// The open lifecycle operation.
    pub lifecycle: Option<Operation>,
    /// The open savepoint operation.
    pub savepoint: Option<Operation>,
    /// What the JobManager last said of the run.
    pub observation: Option<Observation>,
    /// The cluster of the live run, else the job's.
    pub cluster: Option<ClusterFacts>,
    /// Effects of the newest run. Only read for the engine; empty in lists.
    pub effects: Vec<Effect>,
    /// Snapshots that the open operations take. Only read for the engine; empty in lists.
    pub snapshots: Vec<Snapshot>,
    /// How the job is kept running, where it has a restart policy.
    pub restart: Option<RestartFacts>,
    /// Variables with other values than those that its release or run uses.
    pub outdated: Vec<Outdated>,
}

/// The word on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// Something worth a user's eye beside the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
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

/// A condition with its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which.
    pub kind: ConditionKind,
    /// Since when.
    pub since: Option<Millis>,
    /// What it means and what to do.
    pub sentence: String,
}

/// What the screen shows of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The word.
    pub label: Label,
    /// Why it is this word.
    pub sentence: String,
    /// Who said so: "RUNNING · JobManager REST".
    pub evidence: String,
    /// When they last said so.
    pub evidence_at: Option<Millis>,
    /// Flink's own word.
    pub flink_state: Option<String>,
    /// Since when the label holds.
    pub since: Millis,
    /// Beside the label.
    pub conditions: Vec<Condition>,
}

/// The label with its sentence, evidence and conditions.
#[must_use]
pub fn status(facts: &JobFacts, now: Millis) -> Status {
    let (label, sentence, since) = label(facts, now);
    let (evidence, evidence_at) = evidence(facts);
    Status {
        label,
        sentence,
        evidence,
        evidence_at,
        flink_state: flink_state(facts).map(|state| state.word().to_owned()),
        since,
        conditions: conditions(facts, now),
    }
}

fn flink_state(facts: &JobFacts) -> Option<&FlinkState> {
    match facts.observation.as_ref().map(|seen| &seen.presence) {
        Some(Presence::Present { state, .. }) => Some(state),
        _ => None,
    }
}

fn label(facts: &JobFacts, now: Millis) -> (Label, String, Millis) {
    if let Some(operation) = &facts.lifecycle {
        return lifecycle_label(facts, operation);
    }
    match &facts.run {
        None if facts.job.release_number == 0 => (Label::Draft, "Nothing has been released yet.".to_owned(), facts.job.created_at),
        None => (
            Label::Draft,
            format!("Release {} has not been started yet.", facts.job.release_number),
            facts.job.created_at,
        ),
        Some(run) => match &run.end {
            Some(end) => restarting_label(facts, end, now).unwrap_or_else(|| ended_label(run, end)),
            None => live_label(facts, run),
        },
    }
}

/// The step being worked on is the sentence: an open operation always says what it waits for.
fn lifecycle_label(facts: &JobFacts, operation: &Operation) -> (Label, String, Millis) {
    let old_run_lives = facts
        .run
        .as_ref()
        .is_some_and(|run| run.live() && run.generation < operation.generation);
    let (label, fallback) = match &operation.request {
        Request::Stop { .. } => (Label::Stopping, "The stop is being worked on."),
        Request::Restart { .. } => (Label::Restarting, "The restart is being worked on."),
        Request::Delete => (Label::Stopping, "The job is being deleted."),
        Request::Replace { .. } if old_run_lives => (Label::Stopping, "The running release is being stopped for another start."),
        Request::Adopt { .. } => (Label::Starting, "The Flink job is being taken over."),
        _ => (Label::Starting, "The start is being worked on."),
    };
    let step = operation
        .steps
        .last()
        .filter(|step| step.ended_at.is_none() && !step.detail.is_empty());
    let sentence = step.map_or_else(|| fallback.to_owned(), |step| step.detail.clone());
    (label, sentence, operation.created_at)
}

/// Between the end of a run and its restart by policy.
fn restarting_label(facts: &JobFacts, end: &RunEnd, now: Millis) -> Option<(Label, String, Millis)> {
    let policy = &facts.restart.as_ref()?.policy;
    let Some(Next::Restart { at, number }) = restart::next(facts) else {
        return None;
    };
    let attempt = restart::attempt_words(policy, number);
    // An application's next cluster comes with its next run.
    let cluster = facts.cluster.as_ref().filter(|cluster| !cluster.cluster.is_application());
    let stopped = cluster.filter(|cluster| cluster.cluster.desired == ClusterDesired::Stopped);
    let silent = cluster.filter(|cluster| !cluster.look.reachable());
    let when = match (stopped, silent) {
        (Some(cluster), _) => format!("Restarting once cluster {} is started again", cluster.cluster.name),
        (None, Some(cluster)) => format!("Restarting once cluster {} answers again", cluster.cluster.name),
        (None, None) if at > now => format!("Restarting in {}", seconds(at.since(now) + 999)),
        (None, None) => "Restarting now".to_owned(),
    };
    Some((Label::Restarting, format!("{when} ({attempt}). It ended: {}", end.reason), end.at))
}

fn ended_label(run: &Run, end: &RunEnd) -> (Label, String, Millis) {
    let label = match end.outcome {
        Outcome::Finished => Label::Finished,
        Outcome::Failed => Label::Failed,
        Outcome::Canceled | Outcome::Stopped => Label::Stopped,
        Outcome::NeverRan if run.stop_intent.is_some() => Label::Stopped,
        Outcome::NeverRan => Label::Failed,
        Outcome::Unknown => Label::Ended,
    };
    let sentence = match end.outcome {
        Outcome::Unknown => format!("{} Start it again from its newest snapshot.", end.reason),
        _ => end.reason.clone(),
    };
    (label, sentence, end.at)
}

fn live_label(facts: &JobFacts, run: &Run) -> (Label, String, Millis) {
    let Some(seen) = &facts.observation else {
        let cluster = facts.cluster.as_ref().filter(|cluster| cluster.cluster.is_application());
        let sentence = cluster.map_or_else(
            || "Sent to Flink; not seen there yet.".to_owned(),
            |cluster| waits_for(&cluster.look),
        );
        return (Label::Starting, sentence, run.created_at);
    };
    let Presence::Present {
        state,
        tasks_running,
        tasks_total,
        ..
    } = &seen.presence
    else {
        return (Label::Starting, "Not seen in Flink yet.".to_owned(), run.created_at);
    };
    match state {
        FlinkState::Running if seen.presence.all_tasks_running() => {
            (Label::Running, tasks_sentence(*tasks_total), run.running_at.unwrap_or(seen.seen_at))
        }
        FlinkState::Running | FlinkState::Created | FlinkState::Initializing | FlinkState::Other(_) => {
            let label = if run.running_at.is_some() {
                Label::Restarting
            } else {
                Label::Starting
            };
            (label, format!("{tasks_running} of {tasks_total} tasks run."), seen.seen_at)
        }
        FlinkState::Cancelling => (Label::Stopping, "Flink is cancelling it.".to_owned(), seen.seen_at),
        FlinkState::Restarting | FlinkState::Failing | FlinkState::Reconciling | FlinkState::Suspended => (
            Label::Restarting,
            "A task failed; Flink is restarting the job. The cause is under Exceptions.".to_owned(),
            seen.seen_at,
        ),
        FlinkState::Finished => (Label::Finished, "Flink reports that it finished.".to_owned(), seen.seen_at),
        FlinkState::Failed => (Label::Failed, "Flink reports that it failed.".to_owned(), seen.seen_at),
        FlinkState::Canceled => (Label::Stopped, "Flink reports that it was cancelled.".to_owned(), seen.seen_at),
    }
}

fn tasks_sentence(total: u32) -> String {
    if total == 1 {
        "Its task runs.".to_owned()
    } else {
        format!("All {total} tasks run.")
    }
}

fn evidence(facts: &JobFacts) -> (String, Option<Millis>) {
    let Some(run) = &facts.run else {
        return ("No run yet".to_owned(), None);
    };
    if let Some(end) = &run.end {
        return (format!("{} · {}", outcome_word(end.outcome), source_word(end.source)), Some(end.at));
    }
    let contact = facts.cluster.as_ref().and_then(|cluster| cluster.look.contact_at);
    match &facts.observation {
        Some(seen) => {
            let word = match &seen.presence {
                Presence::Present { state, .. } => state.word(),
                Presence::Absent => "not listed",
                Presence::Unknown => "no answer",
            };
            (format!("{word} · {}", source_word(seen.source)), contact.or(Some(seen.seen_at)))
        }
        None => ("Not seen yet".to_owned(), contact),
    }
}

/// The outcome as a word for people.
#[must_use]
pub const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Finished => "FINISHED",
        Outcome::Failed => "FAILED",
        Outcome::Canceled => "CANCELED",
        Outcome::Stopped => "stopped with savepoint",
        Outcome::NeverRan => "never ran",
        Outcome::Unknown => "result unknown",
    }
}

/// The source as words for people.
#[must_use]
pub const fn source_word(source: Source) -> &'static str {
    match source {
        Source::JobManagerRest => "JobManager REST",
        Source::Submission => "answer to the submission",
        Source::ProcessExit => "end of the JobManager's process",
        Source::Kubernetes => "Kubernetes",
        Source::User => "a user's word",
    }
}

fn conditions(facts: &JobFacts, now: Millis) -> Vec<Condition> {
    let mut found: Vec<Condition> = [Need::Release, Need::Restart]
        .into_iter()
        .filter_map(|need| outdated(facts, need))
        .collect();
    let Some(run) = &facts.run else { return found };
    if let Some(since) = run.ghost_since {
        found.push(Condition {
            kind: ConditionKind::Ghost,
            since: Some(since),
            sentence: format!("Flink job {} was seen alive after this run had ended.", run.id.flink_job_id()),
        });
    }
    let given_up = facts.restart.as_ref().and_then(|restart| restart.given_up.as_ref());
    if let Some(given_up) = given_up.filter(|given_up| given_up.run_id == run.id && facts.lifecycle.is_none()) {
        found.push(Condition {
            kind: ConditionKind::CrashLoop,
            since: Some(given_up.at),
            sentence: format!("{} Mend the cause, then start it.", given_up.reason),
        });
    }
    if !run.live() {
        return found;
    }
    if let Some(cluster) = &facts.cluster {
        found.extend(unreachable(cluster, now));
        found.extend(waiting(facts, cluster));
    }
    if run.release_number < facts.job.release_number {
        found.push(Condition {
            kind: ConditionKind::NewerRelease,
            since: None,
            sentence: format!(
                "Release {} runs; release {} is the newest.",
                run.release_number, facts.job.release_number
            ),
        });
    }
    found
}

fn outdated(facts: &JobFacts, need: Need) -> Option<Condition> {
    let mut of: Vec<&Outdated> = facts.outdated.iter().filter(|one| one.need == need).collect();
    of.sort();
    let release = of.first()?.release;
    let names: Vec<String> = of.iter().map(|one| format!("'{}'", one.name)).collect();
    let have = if of.len() == 1 { "has" } else { "have" };
    let sentence = match need {
        Need::Release => format!(
            "{} {have} changed since release {release} was made: make a new release to use the new value.",
            names.join(", ")
        ),
        Need::Restart => format!(
            "{} {have} changed since this run was started: restart the job to use the new value.",
            names.join(", ")
        ),
    };
    Some(Condition {
        kind: ConditionKind::VariableChanged,
        since: None,
        sentence,
    })
}

fn unreachable(cluster: &ClusterFacts, now: Millis) -> Option<Condition> {
    let since = cluster.look.unreachable_since?;
    // It comes with its run: until it has come up the label says what is waited for.
    if cluster.cluster.is_application() && cluster.look.contact_at.is_none() {
        return None;
    }
    let why = cluster.look.error.as_deref().unwrap_or("no answer");
    Some(Condition {
        kind: ConditionKind::Unreachable,
        since: Some(since),
        sentence: format!(
            "Cluster {} has not answered for {}: {why}. The job may well be running; what you see is the last that was heard.",
            cluster.cluster.name,
            seconds(now.since(since)),
        ),
    })
}

fn waiting(facts: &JobFacts, cluster: &ClusterFacts) -> Option<Condition> {
    let seen = facts.observation.as_ref()?;
    let Presence::Present {
        state,
        tasks_running,
        tasks_total,
        ..
    } = &seen.presence
    else {
        return None;
    };
    let waits = !state.ended() && tasks_running < tasks_total && cluster.look.slots_free == 0 && cluster.look.reachable();
    waits.then(|| Condition {
        kind: ConditionKind::WaitingForResources,
        since: Some(seen.seen_at),
        sentence: format!(
            "No slot of cluster {} is free ({} in all): stop another job, lower the parallelism or add slots.",
            cluster.cluster.name, cluster.look.slots_total
        ),
    })
}

/// A span for people: "12 s", "3 min", "2 h".
#[must_use]
pub fn seconds(millis: i64) -> String {
    match millis / 1_000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3_600),
    }
}
