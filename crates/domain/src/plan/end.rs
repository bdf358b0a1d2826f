//! The end of a run: sticky and evidenced (law 4), and what is seen alive after it.

use super::{
    Action, Evidence, Plan, RESEND_AFTER, SUBMIT_TIMEOUT, Sent, Sights, alive_in_flink, application, effect, heard_after, incarnation,
    presence, sent,
};
use crate::effect::{EffectKind, EffectState};
use crate::observation::{FlinkState, Presence};
use crate::operation::Request;
use crate::run::{Outcome, Run, RunEnd, Source, StopMode};
use crate::status::JobFacts;
use crate::time::Millis;

/// Ends the live run where a source proves that it has ended; reads the evidence first where there is some.
pub(super) fn of_run(facts: &JobFacts, sights: &Sights, now: Millis) -> Option<Plan> {
    let run = facts.run.as_ref().filter(|run| run.live())?;
    let application = application::cluster(facts);
    match presence(facts) {
        Some(Presence::Present { state, ended_at, .. }) if state.ended() => Some(match &sights.evidence {
            None => Plan::of(
                Action::CollectEvidence,
                "the run has ended; its exceptions and checkpoints are read before that is written",
            ),
            Some(evidence) => Plan::of(
                Action::EndRun(seen_end(run, state, ended_at.unwrap_or(now), evidence)),
                "Flink reports its end",
            ),
        }),
        _ if application.is_some() => application.and_then(|cluster| application::end(facts, cluster, sights, run, now)),
        Some(Presence::Absent) => absent(facts, sights, run, now),
        _ => None,
    }
    .or_else(|| never_sent(facts, run, now))
}

fn seen_end(run: &Run, state: &FlinkState, at: Millis, evidence: &Evidence) -> RunEnd {
    let (outcome, reason) = match state {
        FlinkState::Finished => match run.stop_intent {
            Some(StopMode::Drain) => (Outcome::Stopped, "Drained and stopped with a savepoint, as asked.".to_owned()),
            Some(_) => (Outcome::Stopped, "Stopped with a savepoint, as asked.".to_owned()),
            None => (Outcome::Finished, "All its sources came to their end.".to_owned()),
        },
        FlinkState::Canceled => match run.stop_intent {
            Some(_) => (Outcome::Canceled, "Cancelled, as asked.".to_owned()),
            None => (Outcome::Canceled, "Cancelled by somebody outside of Streamwright.".to_owned()),
        },
        _ => (
            Outcome::Failed,
            evidence
                .cause
                .clone()
                .unwrap_or_else(|| "Flink gave up on it and names no cause.".to_owned()),
        ),
    };
    RunEnd {
        at,
        outcome,
        reason,
        source: Source::JobManagerRest,
    }
}

/// Flink itself, or the end of its process, says that the run is not there.
fn absent(facts: &JobFacts, sights: &Sights, run: &Run, now: Millis) -> Option<Plan> {
    let by_exit = facts.observation.as_ref().is_some_and(|seen| seen.source == Source::ProcessExit);
    let end = |outcome, source, reason: String| RunEnd {
        at: now,
        outcome,
        reason,
        source,
    };
    let found = match sent(facts) {
        Sent::Not => return None,
        _ if by_exit => {
            let stopped = facts
                .cluster
                .as_ref()
                .is_some_and(|c| c.cluster.desired == crate::cluster::ClusterDesired::Stopped);
            if stopped {
                end(
                    Outcome::Canceled,
                    Source::ProcessExit,
                    "It ended with its cluster, which was stopped.".to_owned(),
                )
            } else {
                end(Outcome::Unknown, Source::ProcessExit, process_end(facts))
            }
        }
        Sent::Accepted(effect) if heard_after(facts, effect.answered_at) => {
            let reason = if effect.incarnation.as_deref() == incarnation(facts) {
                "Flink does not list it any more, and nobody knows how it ended."
            } else {
                "Its cluster's JobManager was restarted and has forgotten it."
            };
            end(Outcome::Unknown, Source::JobManagerRest, reason.to_owned())
        }
        Sent::Refused(effect) if heard_after(facts, effect.answered_at) => end(
            Outcome::Failed,
            Source::Submission,
            effect.answer.clone().unwrap_or_else(|| "Flink refused the submission.".to_owned()),
        ),
        Sent::InFlight(effect) if heard_after(facts, effect.sent_at) && effect.incarnation.as_deref() != incarnation(facts) => end(
            Outcome::Unknown,
            Source::JobManagerRest,
            "The cluster was restarted while the job was being submitted.".to_owned(),
        ),
        Sent::InFlight(effect)
            if !being_started(facts, run) && effect.sent_at.is_some_and(|at| heard_after(facts, Some(at.plus(SUBMIT_TIMEOUT)))) =>
        {
            end(Outcome::NeverRan, Source::JobManagerRest, "Flink never got to run it.".to_owned())
        }
        _ => return None,
    };
    // What was refused or never ran has left nothing behind.
    let ran = matches!(found.outcome, Outcome::Unknown | Outcome::Canceled);
    if ran && sights.evidence.is_none() {
        return Some(Plan::of(
            Action::CollectEvidence,
            "the run is gone; what its cluster still has is read before that is written",
        ));
    }
    Some(Plan::of(Action::EndRun(found), "the source that must have it does not"))
}

/// How the JobManager's process ended, as far as its holder saw it.
fn process_end(facts: &JobFacts) -> String {
    let processes = facts.cluster.iter().flat_map(|cluster| &cluster.look.processes);
    let code = processes
        .filter(|process| process.role == "jobmanager")
        .find_map(|process| process.exit_code);
    let how = match code {
        Some(137) => "was killed (signal 9: by somebody, or by the kernel for want of memory)".to_owned(),
        Some(code) if code > 128 => format!("was ended by signal {}", code - 128),
        Some(code) => format!("ended by itself with exit code {code}"),
        None => "process ended".to_owned(),
    };
    format!("Its cluster's JobManager {how}, and the job with it.")
}

/// A run that nothing was sent for, and whose start is not open any more, never ran.
fn never_sent(facts: &JobFacts, run: &Run, now: Millis) -> Option<Plan> {
    (sent(facts) == Sent::Not && !being_started(facts, run)).then(|| {
        let reason = "It was never sent to Flink: its start was given up first.".to_owned();
        Plan::of(
            Action::EndRun(RunEnd {
                at: now,
                outcome: Outcome::NeverRan,
                reason,
                source: Source::Submission,
            }),
            "nothing went out",
        )
    })
}

pub(super) fn being_started(facts: &JobFacts, run: &Run) -> bool {
    facts.lifecycle.as_ref().is_some_and(|open| {
        matches!(
            open.request,
            Request::Start { .. } | Request::Restart { .. } | Request::Replace { .. }
        ) && open.generation == run.generation
    })
}

/// A run that ended and is seen alive: shown; cancelled only where a stop was asked of it (law 4).
pub(super) fn ghost(facts: &JobFacts, now: Millis) -> Vec<Action> {
    let Some(run) = facts.run.as_ref() else { return Vec::new() };
    let Some(end) = &run.end else { return Vec::new() };
    let alive = alive_in_flink(facts) && heard_after(facts, Some(end.at));
    match (alive, run.ghost_since) {
        (true, None) => vec![Action::MarkGhost(true)],
        (false, Some(_)) if heard_after(facts, Some(end.at)) => vec![Action::MarkGhost(false)],
        (true, Some(_)) if run.stop_intent.is_some() => cancel_again(facts, run.operation_id, now),
        _ => Vec::new(),
    }
}

/// A cancel is harmless when repeated; it is sent again where it seems to have been lost.
pub(super) fn cancel_again(facts: &JobFacts, operation_id: crate::id::OperationId, now: Millis) -> Vec<Action> {
    let due = match effect(facts, EffectKind::Cancel, operation_id) {
        None => true,
        Some(effect) if effect.state == EffectState::Intended => true,
        Some(effect) => effect.sent_at.is_none_or(|at| now.since(at) >= RESEND_AFTER),
    };
    if due { vec![Action::Cancel { operation_id }] } else { Vec::new() }
}
