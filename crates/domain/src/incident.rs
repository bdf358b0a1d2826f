//! Incidents: what somebody is woken for. One open incident for each job, from its first trouble until it is well again;
//! worse trouble of the same job is told once more, and a stop that was asked for is never trouble.

use serde::{Deserialize, Serialize};

use crate::id::{IncidentId, JobId, RunId, TeamId};
use crate::job::Desired;
use crate::run::{Outcome, Run, Source};
use crate::status::{JobFacts, seconds};
use crate::time::{MINUTE, Millis, SECOND};

/// A cluster that does not answer for this long is trouble.
pub const UNREACHABLE_AFTER: i64 = 5 * MINUTE;
/// A running job whose newest checkpoint is older than this is in trouble.
pub const NO_CHECKPOINT_AFTER: i64 = 30 * MINUTE;
/// A job is well again once it has been so for this long: what fails again at once is the same incident.
pub const WELL_FOR: i64 = 30 * SECOND;

/// What kind of trouble, the lesser first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// It runs and has made no checkpoint for long.
    NoCheckpoint,
    /// Its cluster has not answered for long.
    Unreachable,
    /// It failed.
    Failed,
    /// It is gone, and nobody knows how it ended.
    EndedUnknown,
    /// The restart policy gave up.
    CrashLoop,
}

impl IncidentKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::NoCheckpoint,
        Self::Unreachable,
        Self::Failed,
        Self::EndedUnknown,
        Self::CrashLoop,
    ];

    /// For people: what happened to the job.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoCheckpoint => "has made no checkpoint for long",
            Self::Unreachable => "cannot be reached",
            Self::Failed => "failed",
            Self::EndedUnknown => "is gone, and nobody knows how it ended",
            Self::CrashLoop => "fails again and again and is not restarted any more",
        }
    }
}

/// Trouble as it is seen now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub kind: IncidentKind,
    /// Since when.
    pub since: Millis,
    /// The cause as a line.
    pub cause: String,
}

/// How a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// In trouble.
    Trouble(Trouble),
    /// Running, or come to its end by itself.
    Well,
    /// Not supposed to run: nobody is to be told.
    Idle,
    /// Being worked on: what comes of it is waited for.
    Waiting,
}

/// An incident as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The team.
    pub team_id: TeamId,
    /// The job.
    pub job_id: JobId,
    /// The job's name when it began.
    pub job_name: String,
    /// The run in which it began.
    pub run_id: Option<RunId>,
    /// What kind, the worst so far.
    pub kind: IncidentKind,
    /// Since when there is trouble.
    pub since: Millis,
    /// The cause as a line.
    pub cause: String,
    /// When it was noticed.
    pub opened_at: Millis,
    /// Since when the job is well, while that is waited for.
    pub well_since: Option<Millis>,
    /// When it was closed.
    pub closed_at: Option<Millis>,
}

/// What to do about a job's incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// One begins.
    Open(Trouble),
    /// It has become worse.
    Worse(Trouble),
    /// The job seems well, or is not any more.
    Well(Option<Millis>),
    /// It is over; told where the job recovered.
    Close {
        /// Whether the job is well again.
        recovered: bool,
    },
}

/// How a job is now. `checkpoint_at`: when the newest checkpoint of the live run was complete, where it has made one.
#[must_use]
pub fn health(facts: &JobFacts, checkpoint_at: Option<Millis>, now: Millis) -> Health {
    if facts.lifecycle.is_some() {
        return Health::Waiting;
    }
    if facts.job.desired == Desired::Stopped {
        return Health::Idle;
    }
    let Some(run) = &facts.run else { return Health::Idle };
    if run.end.is_some() {
        return ended(facts, run);
    }
    let cluster = facts.cluster.as_ref();
    if let Some(since) = cluster.and_then(|cluster| cluster.look.unreachable_since) {
        let long = now.since(since) >= UNREACHABLE_AFTER;
        let why = cluster.and_then(|cluster| cluster.look.error.clone()).unwrap_or_default();
        return if long {
            trouble(IncidentKind::Unreachable, since, &why)
        } else {
            Health::Waiting
        };
    }
    let running = facts.observation.as_ref().is_some_and(|seen| seen.presence.all_tasks_running());
    match checkpoint_at {
        Some(at) if running && now.since(at.max(run.running_at.unwrap_or(at))) >= NO_CHECKPOINT_AFTER => {
            let cause = format!("Its newest checkpoint is {} old.", seconds(now.since(at)));
            trouble(IncidentKind::NoCheckpoint, at, &cause)
        }
        _ if running => Health::Well,
        _ => Health::Waiting,
    }
}

fn ended(facts: &JobFacts, run: &Run) -> Health {
    let Some(end) = run.end.as_ref().filter(|_| run.stop_intent.is_none()) else {
        return Health::Idle;
    };
    let given_up = facts.restart.as_ref().and_then(|restart| restart.given_up.as_ref());
    match end.outcome {
        Outcome::Finished => Health::Well,
        Outcome::Failed | Outcome::Unknown if given_up.is_some_and(|given_up| given_up.run_id == run.id) => {
            let reason = given_up.map_or("", |given_up| given_up.reason.as_str());
            trouble(IncidentKind::CrashLoop, end.at, reason)
        }
        // Whoever asked for the start has the answer already.
        Outcome::Failed if end.source == Source::Submission && run.attempt == 1 => Health::Idle,
        Outcome::Failed => trouble(IncidentKind::Failed, end.at, &with_outlook(facts, &end.reason)),
        Outcome::Unknown if end.source != Source::User => trouble(IncidentKind::EndedUnknown, end.at, &with_outlook(facts, &end.reason)),
        _ => Health::Idle,
    }
}

/// The reason, and whether anything is done about it.
fn with_outlook(facts: &JobFacts, reason: &str) -> String {
    let outlook = if crate::restart::due_at(facts).is_some() {
        "Its restart policy starts it again."
    } else {
        "It stays so until somebody starts it."
    };
    format!("{reason} – {outlook}")
}

fn trouble(kind: IncidentKind, since: Millis, cause: &str) -> Health {
    Health::Trouble(Trouble {
        kind,
        since,
        cause: cause.to_owned(),
    })
}

/// What to do about the open incident of a job, or the one that begins.
#[must_use]
pub fn step(open: Option<&Incident>, health: &Health, now: Millis) -> Option<Step> {
    match (open, health) {
        (None, Health::Trouble(trouble)) => Some(Step::Open(trouble.clone())),
        (None, _) => None,
        (Some(open), Health::Trouble(trouble)) if trouble.kind > open.kind => Some(Step::Worse(trouble.clone())),
        (Some(open), Health::Trouble(_) | Health::Waiting) => open.well_since.map(|_| Step::Well(None)),
        (Some(open), Health::Well) => match open.well_since {
            None => Some(Step::Well(Some(now))),
            Some(since) if now.since(since) >= WELL_FOR => Some(Step::Close { recovered: true }),
            Some(_) => None,
        },
        (Some(_), Health::Idle) => Some(Step::Close { recovered: false }),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn incident(kind: IncidentKind, well_since: Option<i64>) -> Incident {
        Incident {
            id: IncidentId(Uuid::nil()),
            team_id: TeamId(Uuid::nil()),
            job_id: JobId(Uuid::nil()),
            job_name: "orders".to_owned(),
            run_id: None,
            kind,
            since: Millis(0),
            cause: String::new(),
            opened_at: Millis(0),
            well_since: well_since.map(Millis),
            closed_at: None,
        }
    }

    #[test]
    fn an_incident_is_told_once_grows_worse_and_closes_when_well_for_a_while() {
        let now = Millis(1_000_000);
        let trouble = |kind| Trouble {
            kind,
            since: now,
            cause: "boom".to_owned(),
        };
        let in_trouble = |kind| Health::Trouble(trouble(kind));
        let (failed, looping) = (IncidentKind::Failed, IncidentKind::CrashLoop);
        let open = incident(failed, None);
        let well = incident(failed, Some(now.0 - WELL_FOR));
        let rows = [
            (None, Health::Well, None),
            (None, Health::Waiting, None),
            (None, in_trouble(failed), Some(Step::Open(trouble(failed)))),
            (Some(&open), in_trouble(failed), None),
            (Some(&open), in_trouble(IncidentKind::Unreachable), None),
            (Some(&open), in_trouble(looping), Some(Step::Worse(trouble(looping)))),
            (Some(&open), Health::Waiting, None),
            (Some(&open), Health::Well, Some(Step::Well(Some(now)))),
            (Some(&open), Health::Idle, Some(Step::Close { recovered: false })),
            (Some(&well), Health::Well, Some(Step::Close { recovered: true })),
            (Some(&well), in_trouble(failed), Some(Step::Well(None))),
        ];
        for (open, health, expected) in rows {
            assert_eq!(step(open, &health, now), expected, "{open:?} {health:?}");
        }
    }
}
