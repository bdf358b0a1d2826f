//! What may be done with a job now, and why not: the same function guards the routes and greys the buttons.

use crate::job::Job;
use crate::operation::{Operation, Request};
use crate::run::StopMode;
use crate::status::JobFacts;

/// Whether an action is allowed, with a stable word and a sentence where it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is.
    pub allowed: bool,
    /// Stable word of the reason; empty when allowed.
    pub code: &'static str,
    /// The reason and what to do instead; empty when allowed.
    pub reason: String,
}

impl Verdict {
    const fn yes() -> Self {
        Self {
            allowed: true,
            code: "",
            reason: String::new(),
        }
    }

    fn no(code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            allowed: false,
            code,
            reason: reason.into(),
        }
    }
}

/// Verdicts on everything that can be asked of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actions {
    /// Start a release.
    pub start: Verdict,
    /// Take over a Flink job that somebody else started.
    pub adopt: Verdict,
    /// Stop with a savepoint, drained or not.
    pub stop: Verdict,
    /// Cancel without a savepoint.
    pub cancel: Verdict,
    /// Take a savepoint.
    pub savepoint: Verdict,
    /// Stop and start again, the same release or another.
    pub replace: Verdict,
    /// Delete the job.
    pub delete: Verdict,
    /// Make a release of the draft.
    pub release: Verdict,
    /// Save a draft.
    pub edit: Verdict,
    /// Declare a run gone that cannot be reached.
    pub detach: Verdict,
}

/// What may be done with a job now.
#[must_use]
pub fn actions(facts: &JobFacts) -> Actions {
    Actions {
        start: start(facts),
        // What may be started may be taken over: a release is there, and no run of the job lives.
        adopt: start(facts),
        stop: stop(facts),
        cancel: cancel(facts),
        savepoint: savepoint(facts),
        replace: replace(facts),
        delete: delete(facts),
        release: release(facts),
        edit: if deleting(facts) { being_deleted() } else { Verdict::yes() },
        detach: detach(facts),
    }
}

/// The verdict on a stop of the given kind.
#[must_use]
pub fn stop_verdict(facts: &JobFacts, mode: StopMode) -> Verdict {
    match mode {
        StopMode::Cancel => cancel(facts),
        StopMode::Savepoint | StopMode::Drain => stop(facts),
    }
}

/// The open operation that a stop of this kind takes the place of, if the stop is allowed:
/// a stop supersedes a start; a cancel also supersedes a stop that waits for its savepoint.
#[must_use]
pub fn superseded_by_stop(facts: &JobFacts) -> Option<&Operation> {
    facts.lifecycle.as_ref().filter(|open| !matches!(open.request, Request::Delete))
}

fn deleting(facts: &JobFacts) -> bool {
    facts.lifecycle.as_ref().is_some_and(|open| matches!(open.request, Request::Delete))
}

fn being_deleted() -> Verdict {
    Verdict::no("being_deleted", "The job is being deleted.")
}

fn live(facts: &JobFacts) -> bool {
    facts.run.as_ref().is_some_and(crate::run::Run::live)
}

fn all_tasks_run(facts: &JobFacts) -> bool {
    facts.observation.as_ref().is_some_and(|seen| seen.presence.all_tasks_running())
}

fn busy(open: &Operation) -> Verdict {
    let what = match &open.request {
        Request::Start { .. } => "It is being started",
        Request::Stop { .. } => "It is being stopped",
        Request::Replace { .. } | Request::Restart { .. } => "It is being restarted",
        Request::Adopt { .. } => "It is being adopted",
        _ => return being_deleted(),
    };
    Verdict::no("operation_running", format!("{what}; wait for {} or cancel it.", open.id))
}

fn start(facts: &JobFacts) -> Verdict {
    if let Some(open) = &facts.lifecycle {
        return busy(open);
    }
    let Some(run) = facts.run.as_ref().filter(|run| run.live() || run.ghost_since.is_some()) else {
        return released(&facts.job);
    };
    if !run.live() {
        return Verdict::no("ghost", "Its last run was seen alive after its end; cancel that Flink job first.");
    }
    let unreachable = facts.cluster.as_ref().is_none_or(|cluster| !cluster.look.reachable());
    if unreachable {
        return Verdict::no(
            "old_run_unproven",
            "Nobody can prove that the last run is gone: its cluster does not answer. Detach it if you know better.",
        );
    }
    Verdict::no(
        "already_running",
        "It is running already; restart it to start another release or from another state.",
    )
}

fn released(job: &Job) -> Verdict {
    if job.release_number == 0 {
        Verdict::no("not_released", "Nothing has been released yet: release the draft first.")
    } else {
        Verdict::yes()
    }
}

fn stop(facts: &JobFacts) -> Verdict {
    match &facts.lifecycle {
        Some(open) if matches!(open.request, Request::Stop { .. } | Request::Delete) => return busy(open),
        _ => {}
    }
    if !live(facts) && crate::restart::due_at(facts).is_some() {
        return Verdict::no(
            "restart_pending",
            "It does not run while it waits for its restart; cancel it to have it stay stopped.",
        );
    }
    if !live(facts) {
        return not_running(facts);
    }
    if all_tasks_run(facts) {
        Verdict::yes()
    } else {
        Verdict::no(
            "not_all_tasks_running",
            "Flink takes a savepoint only while all tasks run; cancel it instead (the state it started from is kept).",
        )
    }
}

fn cancel(facts: &JobFacts) -> Verdict {
    match &facts.lifecycle {
        Some(open) if matches!(open.request, Request::Stop { mode: StopMode::Cancel }) => return busy(open),
        Some(open) if matches!(open.request, Request::Delete) => return busy(open),
        Some(_) => return Verdict::yes(),
        None => {}
    }
    // While a restart is pending a stop is the word that there shall be none.
    let pending = crate::restart::due_at(facts).is_some();
    if live(facts) || pending || facts.run.as_ref().is_some_and(|run| run.ghost_since.is_some()) {
        Verdict::yes()
    } else {
        not_running(facts)
    }
}

fn not_running(facts: &JobFacts) -> Verdict {
    if facts.run.is_none() && facts.lifecycle.is_none() {
        Verdict::no("never_started", "It has not been started yet.")
    } else {
        Verdict::no("already_stopped", "It is not running.")
    }
}

fn savepoint(facts: &JobFacts) -> Verdict {
    if let Some(open) = &facts.savepoint {
        return Verdict::no("operation_running", format!("A savepoint is being taken already: {}.", open.id));
    }
    if let Some(open) = &facts.lifecycle {
        return busy(open);
    }
    if !live(facts) {
        return not_running(facts);
    }
    if all_tasks_run(facts) {
        Verdict::yes()
    } else {
        Verdict::no("not_all_tasks_running", "Flink takes a savepoint only while all tasks run.")
    }
}

fn replace(facts: &JobFacts) -> Verdict {
    if let Some(open) = &facts.lifecycle {
        return busy(open);
    }
    if live(facts) { Verdict::yes() } else { not_running(facts) }
}

fn delete(facts: &JobFacts) -> Verdict {
    if let Some(open) = &facts.lifecycle {
        return busy(open);
    }
    if live(facts) {
        Verdict::no("still_running", "It may still be running: stop or cancel it first.")
    } else {
        Verdict::yes()
    }
}

fn release(facts: &JobFacts) -> Verdict {
    if deleting(facts) {
        being_deleted()
    } else if facts.job.draft_revision == 0 {
        Verdict::no("no_draft", "There is nothing to release: write and save the SQL first.")
    } else {
        Verdict::yes()
    }
}

fn detach(facts: &JobFacts) -> Verdict {
    if !live(facts) {
        return not_running(facts);
    }
    if facts.cluster.as_ref().is_some_and(|cluster| cluster.look.reachable()) {
        return Verdict::no("cluster_answers", "Its cluster answers, so its state is known: stop or cancel it.");
    }
    Verdict::yes()
}
