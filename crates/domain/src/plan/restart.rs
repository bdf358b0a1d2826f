//! The restart policy's part of the plan (law 8): due, on a cluster that was heard of since, from a state that is there.

use super::{Action, Sights, application, heard_after, reachable};
use crate::cluster::ClusterDesired;
use crate::restart::{Next, next, restart_from};
use crate::run::{ClaimMode, StartOptions};
use crate::status::JobFacts;
use crate::time::Millis;

/// Whether a restart is to be made now: its snapshots are worth reading.
#[must_use]
pub fn due(facts: &JobFacts, now: Millis) -> bool {
    let Some(Next::Restart { at, .. }) = next(facts) else {
        return false;
    };
    let wanted = facts
        .cluster
        .as_ref()
        .is_some_and(|cluster| cluster.cluster.desired == ClusterDesired::Running && cluster.cluster.version.is_some());
    // Never on an old look: the JobManager was heard after the restart fell due, or proven to be gone where each run has
    // its own.
    let heard = match application::cluster(facts) {
        Some(cluster) => application::gone(cluster, Some(at)),
        None => reachable(facts) && heard_after(facts, Some(at)),
    };
    now >= at && wanted && heard
}

/// Whether the policy is going to start the job again.
pub(super) fn pending(facts: &JobFacts) -> bool {
    matches!(next(facts), Some(Next::Restart { .. }))
}

pub(super) fn restart(facts: &JobFacts, sights: &Sights, now: Millis) -> Vec<Action> {
    match next(facts) {
        Some(Next::CrashLoop { reason }) => vec![Action::GiveUpRestarts { reason }],
        Some(Next::Restart { number, .. }) if due(facts, now) => again(facts, sights, number).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn again(facts: &JobFacts, sights: &Sights, number: u32) -> Option<Action> {
    let (run, restart) = (facts.run.as_ref()?, facts.restart.as_ref()?);
    let state = match restart_from(&restart.policy, run, &sights.snapshots) {
        Ok(state) => state,
        Err(reason) => return Some(Action::GiveUpRestarts { reason }),
    };
    Some(Action::Restart {
        number,
        options: StartOptions {
            state,
            claim_mode: ClaimMode::NoClaim,
            ..run.options.clone()
        },
    })
}
