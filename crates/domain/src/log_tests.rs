//! When which log is kept, and what it is called.

use super::*;
use crate::ports::{ContainerEnd, InitSight};

fn pod(name: &str, running: bool, restarts: u32, ended: Option<i32>) -> PodSight {
    PodSight {
        name: name.to_owned(),
        uid: format!("uid-{name}"),
        role: if name.starts_with('j') {
            PodRole::JobManager
        } else {
            PodRole::TaskManager
        },
        phase: "Running".to_owned(),
        running,
        restarts,
        ended: ended.map(end),
        cause: None,
        deleting: false,
        init: None,
    }
}

fn end(exit_code: i32) -> ContainerEnd {
    ContainerEnd {
        exit_code,
        reason: "Error".to_owned(),
        at: None,
    }
}

fn stuck(name: &str, restarts: u32) -> PodSight {
    PodSight {
        init: Some(InitSight {
            name: "fetch".to_owned(),
            restarts,
            running: false,
            ended: Some(end(3)),
        }),
        ..pod(name, false, 0, None)
    }
}

fn files(logs: &[ContainerLog]) -> Vec<String> {
    logs.iter()
        .map(|log| format!("{}:{}{}", log.process(), log.file(), if log.previous { " before" } else { "" }))
        .collect()
}

#[test]
fn a_pod_has_the_logs_that_kubernetes_still_has() {
    let rows = [
        (pod("j1", true, 0, None), vec!["jobmanager:j1.log"]),
        (
            pod("j1", true, 2, Some(1)),
            vec!["jobmanager:j1.2.log", "jobmanager:j1.1.log before"],
        ),
        // It waits to be started again: the present life is the one that ended.
        (pod("j1", false, 2, Some(1)), vec!["jobmanager:j1.2.log"]),
        (pod("t1", false, 0, Some(137)), vec!["t1:t1.log"]),
        (pod("t1", false, 0, None), vec![]),
        (stuck("t1", 0), vec!["t1:t1.init-fetch.log"]),
        (stuck("j1", 4), vec!["jobmanager:j1.init-fetch.4.log"]),
    ];
    for (pod, expected) in rows {
        assert_eq!(files(&logs_of(&pod)), expected, "{pod:?}");
    }
}

#[test]
fn what_is_over_is_kept_once_and_what_runs_when_its_cluster_goes() {
    let (running, again) = (pod("j1", true, 0, None), pod("j1", true, 1, Some(1)));
    let (task, killed) = (pod("t1", true, 0, None), pod("t1", false, 0, Some(137)));
    let never = pod("t2", false, 0, None);
    let none: &[PodSight] = &[];
    type Row<'a> = (&'a str, [&'a [PodSight]; 3], bool, &'a [&'a str], &'a [&'a str]);
    let [running, again, task, killed, never] = [running, again, task, killed, never].map(|pod| [pod]);
    let both = [running[0].clone(), task[0].clone()];
    let stuck = [stuck("j1", 1)];
    let rows: [Row<'_>; 12] = [
        ("nothing has happened", [&both, &both, none], false, &[], &[]),
        ("a restart", [&running, &again, none], false, &[], &["jobmanager:j1.log before"]),
        ("kept already", [&running, &again, none], false, &["j1.log"], &[]),
        ("killed for want of memory", [&task, &killed, none], false, &[], &["t1:t1.log"]),
        ("gone between two looks", [&both, &running, none], false, &[], &["t1:t1.log"]),
        ("gone, and seen going", [&both, &running, &killed], false, &[], &["t1:t1.log"]),
        (
            "came and went between two looks",
            [&running, &running, &killed],
            false,
            &[],
            &["t1:t1.log"],
        ),
        ("gone, and kept", [&both, &running, &killed], false, &["t1.log"], &[]),
        ("it had never begun", [&never, none, none], false, &[], &[]),
        (
            "an init container that fails",
            [none, &stuck, none],
            false,
            &[],
            &["jobmanager:j1.init-fetch.1.log"],
        ),
        (
            "its cluster is deleted",
            [&both, &both, none],
            true,
            &[],
            &["jobmanager:j1.log", "t1:t1.log"],
        ),
        (
            "its cluster is deleted, one is kept",
            [&both, &both, none],
            true,
            &["t1.log"],
            &["jobmanager:j1.log"],
        ),
    ];
    for (what, [before, now, gone], leaving, kept, expected) in rows {
        let pods = Pods { before, now, gone };
        let logs = to_keep(pods, leaving, |log| kept.contains(&log.file().as_str()));
        assert_eq!(files(&logs), expected, "{what}");
    }
}

#[test]
fn many_logs_are_bounded_and_the_jobmanagers_come_first() {
    let mut gone: Vec<PodSight> = (0..40).map(|n| pod(&format!("t{n}"), false, 0, Some(1))).collect();
    gone.push(pod("j1", false, 0, Some(1)));
    let pods = Pods {
        gone: &gone,
        ..Pods::default()
    };
    let logs = to_keep(pods, false, |_| false);
    assert_eq!((logs.len(), logs[0].pod.as_str()), (MAX_AT_ONCE, "j1"));
}

#[test]
fn places_in_a_log_are_written_and_read() {
    let (at, text) = timed("2026-11-23T01:00:00.120000000Z the line").unwrap();
    assert_eq!((at, text), (1_795_395_600_120_000_000, "the line"));
    assert_eq!(timed("2026-11-23T03:00:00.12+02:00 x").unwrap().0, at);
    assert_eq!(timed("2026-11-23T01:00:00Z").unwrap().1, "");
    assert_eq!(timed("no time at all"), None);
    let place = LogPlace { at, lines: 1 }.after(at);
    assert_eq!(place.lines, 2);
    assert_eq!((place.after(at + 1).lines, place.since().as_str()), (1, "2026-11-23T01:00:00Z"));
    assert_eq!(place.to_string().parse(), Ok(place));
    for odd in ["", "7", "a-1", "1-b", "1-99999999999"] {
        assert_eq!(odd.parse::<LogPlace>(), Err(()), "{odd}");
    }
}
