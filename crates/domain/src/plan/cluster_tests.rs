//! A local cluster's processes.

use super::bed::*;

use crate::cluster::{Cluster, ClusterDesired, Look, TargetKind};
use crate::operation::Request;
use crate::status::ClusterFacts;

#[test]
fn a_local_clusters_processes_are_kept_as_desired() {
    use super::cluster::{ClusterAction, RELAUNCH_AFTER, plan_cluster};
    use crate::cluster::ProcessLook;
    let ClusterFacts { cluster, look } = facts().cluster.unwrap();
    let process = |role: &str, alive: bool| ProcessLook {
        role: role.to_owned(),
        pid: alive.then_some(42),
        exit_code: (!alive).then_some(137),
        ended_at: (!alive).then_some(T),
    };
    let both = |jobmanager, taskmanager| Look {
        processes: vec![process("jobmanager", jobmanager), process("taskmanager-1", taskmanager)],
        task_managers: u32::from(taskmanager),
        ..look.clone()
    };
    let words = |cluster: &Cluster, look: &Look, open: Option<Request>, now| -> Vec<String> {
        let open = open.map(|request| operation(300, request, 1));
        let named = |action: &ClusterAction| match action {
            ClusterAction::Launch { again } => format!("launch:{again}"),
            ClusterAction::Terminate => "terminate".to_owned(),
            ClusterAction::Retire => "retire".to_owned(),
            ClusterAction::Step { name, .. } => format!("step:{name}"),
            ClusterAction::Finish { state, error } => {
                format!("finish:{state:?}:{}", error.as_ref().map_or("", |error| error.code.as_str()))
            }
        };
        plan_cluster(cluster, look, open.as_ref(), &[], now).iter().map(named).collect()
    };
    let start = || Some(Request::ClusterStart);
    assert_eq!(words(&cluster, &Look::default(), start(), T), ["step:launch", "launch:false"]);
    assert_eq!(
        words(
            &cluster,
            &Look {
                task_managers: 0,
                ..both(true, true)
            },
            start(),
            T
        ),
        ["step:wait_until_ready"]
    );
    assert_eq!(words(&cluster, &both(true, true), start(), T), ["finish:Succeeded:"]);
    assert_eq!(
        words(&cluster, &both(false, true), start(), T),
        ["finish:Failed:process_ended"],
        "a Flink that dies while starting"
    );
    assert_eq!(
        words(&cluster, &both(true, true), start(), T.plus(700_000)),
        ["finish:Failed:deadline"]
    );
    assert_eq!(
        words(&cluster, &both(true, false), Some(Request::ClusterStop), T),
        ["step:terminate", "terminate"]
    );
    assert_eq!(
        words(&cluster, &both(false, false), Some(Request::ClusterStop), T),
        ["finish:Succeeded:"]
    );
    assert!(words(&cluster, &both(true, true), None, T).is_empty());
    assert!(
        words(&cluster, &both(false, true), None, T).is_empty(),
        "not faster than it could be of use"
    );
    assert_eq!(words(&cluster, &both(false, true), None, T.plus(RELAUNCH_AFTER)), ["launch:true"]);
    let stopped = Cluster {
        desired: ClusterDesired::Stopped,
        ..cluster.clone()
    };
    assert!(words(&stopped, &both(false, false), None, T.plus(RELAUNCH_AFTER)).is_empty());
    let standalone = Cluster {
        target: TargetKind::Standalone,
        ..cluster
    };
    assert!(words(&standalone, &Look::default(), start(), T).is_empty(), "somebody else runs it");
}
