//! Adoption as a table: what is listed, what is in the way, and how an adopted run goes on.

use super::bed::*;
use crate::cluster::UnmanagedJob;
use crate::effect::{EffectKind, EffectState};
use crate::id::{ReleaseId, RunId};
use crate::observation::FlinkState;
use crate::operation::Request;
use crate::run::{Outcome, Run, RunCause, RunEnd, Source};
use crate::status::JobFacts;

fn adopting() -> JobFacts {
    let request = Request::Adopt {
        release_id: ReleaseId(id(5)),
        run_id: RunId(id(7)),
    };
    let mut facts = facts();
    facts.lifecycle = Some(operation(100, request, 1));
    facts
}

fn with_unmanaged(mut facts: JobFacts) -> JobFacts {
    let job = UnmanagedJob {
        flink_job_id: RunId(id(7)).flink_job_id(),
        name: "theirs".to_owned(),
        state: "RUNNING".to_owned(),
    };
    facts.cluster.as_mut().unwrap().look.unmanaged.push(job);
    facts
}

#[test]
fn what_is_listed_is_adopted_and_nothing_is_sent() {
    check_now(&with_unmanaged(adopting()), &["adopt"]);
    check_now(&adopting(), &["finish:Failed:not_unmanaged"]);
    check_now(&unreachable(with_unmanaged(adopting())), &["step:wait_for_cluster"]);
}

#[test]
fn a_live_run_is_in_the_way_and_an_ended_one_is_not() {
    let mut facts = with_unmanaged(adopting());
    facts.run = Some(run(0));
    facts.effects = vec![effect(EffectKind::Submit, 99, EffectState::Accepted)];
    check_now(&facts, &["finish:Failed:old_run_alive"]);
    facts.run.as_mut().unwrap().end = Some(RunEnd {
        at: T,
        outcome: Outcome::Stopped,
        reason: String::new(),
        source: Source::JobManagerRest,
    });
    check_now(&facts, &["adopt"]);
}

#[test]
fn an_adopted_run_is_followed_like_any_other() {
    let mut facts = with_unmanaged(adopting());
    facts.run = Some(Run {
        cause: RunCause::Adopt,
        ..run(1)
    });
    facts.effects = vec![effect(EffectKind::Submit, 100, EffectState::Accepted)];
    check_now(&facts, &["step:wait_until_running"]);
    facts.observation = seen(present(FlinkState::Running, 2));
    check_now(&facts, &["running", "finish:Succeeded:"]);
}
