//! What is done for which facts, as tables.

use crate::change::Change;
use crate::document::{Cluster, ClusterTarget, Connection, Job, Kind};
use crate::plan::{Choices, ClusterNow, JobNow, NO_RESTART, Newer, Plan, Step, cluster, job};
use crate::restart::{Restart, When};

fn orders() -> Job {
    Job {
        cluster: Some("c".to_owned()),
        sql: Some("SELECT 1;".to_owned()),
        ..Job::named("orders".to_owned())
    }
}

/// A job that is as the document says, released and never asked to run.
fn same() -> JobNow {
    JobNow {
        draft: orders(),
        revision: 3,
        release: Some((2, orders())),
        newer: Vec::new(),
        asked: None,
        live: false,
        label: "draft".to_owned(),
        snapshot: false,
    }
}

fn other() -> Job {
    Job {
        parallelism: Some(9),
        ..orders()
    }
}

fn steps(plan: &Plan) -> String {
    let word = |step: &Step| match step {
        Step::Create => "create",
        Step::Describe => "describe",
        Step::KeepRunning => "restart",
        Step::Save => "save",
        Step::Release => "release",
        Step::Start { latest: true } => "start:latest",
        Step::Start { latest: false } => "start",
        Step::Replace => "replace",
        Step::Stop => "stop",
        Step::Connect => "connect",
        Step::Jars => "jars",
        Step::Change => "change",
        Step::Grant => "grant",
    };
    plan.steps.iter().map(word).collect::<Vec<_>>().join(" ")
}

const NONE: Choices = Choices {
    no_release: false,
    roll_out: false,
    stop: false,
};

#[test]
fn what_is_as_the_document_says_gets_no_step() {
    let plan = job(&orders(), Some(&same()), NONE);
    assert_eq!(plan, Plan::default());
    let running = JobNow {
        asked: Some(2),
        live: true,
        ..same()
    };
    let wanted = Job {
        running: Some(true),
        ..orders()
    };
    assert_eq!(job(&wanted, Some(&running), NONE), Plan::default());
    let all = Choices {
        roll_out: true,
        stop: true,
        ..NONE
    };
    assert_eq!(job(&wanted, Some(&running), all), Plan::default());
}

#[test]
fn content_makes_a_draft_and_a_release_and_labels_make_neither() {
    let drafted = JobNow { draft: other(), ..same() };
    let labelled = Job {
        labels: [("a".to_owned(), "b".to_owned())].into(),
        ..orders()
    };
    let unreleased = JobNow { release: None, ..same() };
    let empty = JobNow {
        draft: Job::named("orders".to_owned()),
        revision: 0,
        release: None,
        ..same()
    };
    let draft_only = Choices { no_release: true, ..NONE };
    for (wanted, now, choices, expected) in [
        (other(), None, NONE, "create release"),
        (other(), None, draft_only, "create"),
        (other(), Some(same()), NONE, "save release"),
        (other(), Some(same()), draft_only, "save"),
        // Cut off between the save and the release: it goes on there.
        (other(), Some(drafted.clone()), NONE, "release"),
        // A draft somebody made in the console goes back to what is released: saved, not released again.
        (orders(), Some(drafted), NONE, "save"),
        (orders(), Some(unreleased), NONE, "release"),
        (orders(), Some(empty), NONE, "save release"),
        (labelled, Some(same()), NONE, "describe"),
    ] {
        let plan = job(&wanted, now.as_ref(), choices);
        assert_eq!(steps(&plan), expected, "{now:?}");
        assert!(!plan.changes.is_empty() || expected == "release", "{plan:?}");
    }
}

#[test]
fn a_newer_jar_makes_a_release_and_no_draft() {
    let newer = JobNow {
        newer: vec![Newer {
            name: "kafka".to_owned(),
            pinned: 1,
            newest: 3,
        }],
        ..same()
    };
    let plan = job(&orders(), Some(&newer), NONE);
    assert_eq!(steps(&plan), "release");
    let lines: String = plan.changes.iter().map(Change::lines).collect();
    assert_eq!(lines, "  ~ jars: kafka@1 -> kafka@3\n");
    assert_eq!(steps(&job(&other(), Some(&newer), NONE)), "save release");
    let draft_only = Choices { no_release: true, ..NONE };
    let kept = job(&orders(), Some(&newer), draft_only);
    assert_eq!((steps(&kept), kept.notes.len()), (String::new(), 1), "{kept:?}");
    let running = JobNow {
        asked: Some(2),
        live: true,
        ..newer
    };
    let roll_out = Choices { roll_out: true, ..NONE };
    assert_eq!(steps(&job(&orders(), Some(&running), roll_out)), "release replace");
}

#[test]
fn a_restart_policy_is_set_without_a_release_and_left_alone_where_none_is_asked() {
    let failed = Restart {
        when: When::Failed,
        limit: Some(3),
        ..NO_RESTART
    };
    let usual = Restart {
        limit: Some(5),
        window_seconds: Some(600),
        ..NO_RESTART
    };
    let with = |restart: &Restart| Job {
        restart: Some(restart.clone()),
        ..orders()
    };
    let full = Restart::full(&failed.policy());
    for (wanted, before, expected) in [
        (with(&failed), Some(NO_RESTART), "restart"),
        (with(&failed), Some(full.clone()), ""),
        (with(&failed), None, "restart"),
        // Left as it is, and what is usual anyway.
        (orders(), Some(full.clone()), ""),
        (with(&usual), Some(Restart::full(&NO_RESTART.policy())), ""),
        (with(&NO_RESTART), Some(full), "restart"),
        (
            Job {
                parallelism: Some(9),
                ..with(&failed)
            },
            Some(NO_RESTART),
            "restart save release",
        ),
    ] {
        let mut now = same();
        now.draft.restart.clone_from(&before);
        let plan = job(&wanted, Some(&now), NONE);
        assert_eq!(steps(&plan), expected, "{wanted:?} {before:?}");
        assert_eq!(plan.changes.is_empty(), expected.is_empty(), "{plan:?}");
    }
    let new = job(&with(&failed), None, NONE);
    assert_eq!(steps(&new), "create restart release");
    let lines: String = new.changes.iter().map(Change::lines).collect();
    assert!(lines.contains("+ restart.when: failed\n  + restart.limit: 3\n"), "{lines}");
    assert_eq!(steps(&job(&with(&usual), None, NONE)), "create release");
}

#[test]
fn nothing_is_interrupted_without_leave_and_no_intent_is_spent_twice() {
    let now = |asked, live, label: &str| JobNow {
        asked,
        live,
        label: label.to_owned(),
        snapshot: true,
        ..same()
    };
    let roll_out = Choices { roll_out: true, ..NONE };
    let stop = Choices { stop: true, ..NONE };
    let draft_only = Choices { no_release: true, ..NONE };
    let (yes, no) = (Some(true), Some(false));
    for (content, running, now, choices, expected, note) in [
        (orders(), yes, now(None, false, "stopped"), NONE, "start:latest", ""),
        (orders(), yes, same(), NONE, "start", ""),
        (orders(), None, now(None, false, "stopped"), NONE, "", ""),
        // Running, and a newer release.
        (other(), yes, now(Some(2), true, "running"), NONE, "save release", "--roll-out"),
        (other(), None, now(Some(2), true, "running"), NONE, "save release", "--roll-out"),
        (other(), yes, now(Some(2), true, "running"), roll_out, "save release replace", ""),
        (orders(), yes, now(Some(1), true, "running"), roll_out, "replace", ""),
        (
            orders(),
            yes,
            now(Some(1), true, "running"),
            NONE,
            "",
            "release 2 is newer than the running 1",
        ),
        (
            other(),
            yes,
            now(Some(2), true, "running"),
            draft_only,
            "save",
            "differs from what is released",
        ),
        // Asked to run, and ended.
        (
            orders(),
            yes,
            now(Some(2), false, "failed"),
            NONE,
            "",
            "is failed; apply does not start a release twice",
        ),
        (
            orders(),
            yes,
            now(Some(2), false, "finished"),
            NONE,
            "",
            "is finished; apply does not start a release twice",
        ),
        (other(), yes, now(Some(2), false, "failed"), NONE, "save release start:latest", ""),
        (other(), yes, now(Some(2), false, "finished"), NONE, "save release start", ""),
        (orders(), None, now(Some(2), false, "failed"), NONE, "", ""),
        // Not to run.
        (orders(), no, now(Some(2), true, "running"), NONE, "", "--stop"),
        (orders(), no, now(Some(2), true, "running"), stop, "stop", ""),
        (orders(), no, now(Some(2), false, "failed"), stop, "", ""),
        (orders(), no, now(None, false, "stopped"), stop, "", ""),
        (orders(), yes, now(Some(2), true, "running"), stop, "", ""),
    ] {
        let wanted = Job { running, ..content };
        let plan = job(&wanted, Some(&now), choices);
        assert_eq!(steps(&plan), expected, "{wanted:?} {now:?}");
        assert!(plan.notes.concat().contains(note), "{plan:?}");
        assert_eq!(plan.notes.is_empty(), note.is_empty(), "{plan:?}");
    }
    let new = Job { running: yes, ..orders() };
    assert_eq!(steps(&job(&new, None, NONE)), "create release start");
    assert_eq!(job(&new, None, draft_only).notes, ["nothing is released, so nothing is started"]);
}

#[test]
fn clusters_are_made_and_started_and_never_changed_or_stopped() {
    let wanted = |running, slots| Cluster {
        kind: Kind::Cluster,
        name: "c".to_owned(),
        team: None,
        target: ClusterTarget::Local,
        flink: Some("2.2.1".to_owned()),
        rest_url: None,
        task_managers: None,
        slots,
        config: [].into(),
        jars: None,
        connection: None,
        running,
    };
    let now = |asked| ClusterNow {
        cluster: Cluster {
            task_managers: Some(1),
            ..wanted(None, Some(4))
        },
        asked,
        other_secrets: Vec::new(),
    };
    for (document, there, expected, note, refused) in [
        (wanted(None, None), None, "create", "", false),
        (wanted(Some(true), None), None, "create start", "", false),
        (wanted(Some(true), None), Some(now(false)), "start", "", false),
        (wanted(Some(true), Some(4)), Some(now(true)), "", "", false),
        (wanted(None, None), Some(now(false)), "", "", false),
        (wanted(Some(false), None), Some(now(true)), "", "cluster stop", false),
        (wanted(None, Some(8)), Some(now(true)), "", "", true),
    ] {
        let plan = cluster(&document, there.as_ref());
        assert_eq!(steps(&plan), expected, "{plan:?}");
        assert_eq!(plan.refused.is_some(), refused, "{plan:?}");
        assert!(
            plan.notes.concat().contains(note) && plan.notes.is_empty() == note.is_empty(),
            "{plan:?}"
        );
    }
    let newer = Cluster {
        flink: Some("2.3.0".to_owned()),
        ..wanted(None, None)
    };
    assert!(cluster(&newer, Some(&now(true))).refused.is_some());
}

#[test]
fn the_jars_and_the_connection_of_a_cluster_are_changed_where_it_is() {
    let local = |jars: Option<&[&str]>| Cluster {
        kind: Kind::Cluster,
        name: "c".to_owned(),
        team: None,
        target: ClusterTarget::Local,
        flink: Some("2.2.1".to_owned()),
        rest_url: None,
        task_managers: None,
        slots: None,
        config: [].into(),
        jars: jars.map(|jars| jars.iter().map(|jar| (*jar).to_owned()).collect()),
        connection: None,
        running: None,
    };
    let there = |cluster: Cluster, asked, other_secrets: &[&str]| ClusterNow {
        cluster,
        asked,
        other_secrets: other_secrets.iter().map(|one| (*one).to_owned()).collect(),
    };
    let two: &[&str] = &["a@1", "b@2"];
    for (wanted, running, expected, notes) in [
        (None, true, "", 0),
        (Some(two), true, "", 0),
        (Some(&["b@2", "a@1"][..]), true, "", 0),
        (Some(&["a@1", "b@3"][..]), true, "jars", 1),
        (Some(&["a@1", "b@3"][..]), false, "jars", 0),
        (Some(&[][..]), false, "jars", 0),
    ] {
        let plan = cluster(&local(wanted), Some(&there(local(Some(two)), running, &[])));
        assert_eq!((steps(&plan), plan.notes.len()), (expected.to_owned(), notes), "{plan:?}");
        assert_eq!(plan.refused, None);
    }
    let made = cluster(&local(Some(two)), None);
    assert_eq!(made.changes.last().unwrap().lines(), "  + jars: a@1, b@2\n");

    let far = |connection: Option<Connection>| Cluster {
        target: ClusterTarget::Standalone,
        flink: None,
        rest_url: Some("https://x".to_owned()),
        connection,
        ..local(None)
    };
    let basic = |user: &str| Connection {
        ca: Some("ca\n\n".to_owned()),
        user: Some(user.to_owned()),
        password_env: Some("STREAMWRIGHT_SECRET_X".to_owned()),
        ..Connection::default()
    };
    let shown = Connection {
        ca: Some("ca".to_owned()),
        ca_file: Some("ca.pem".to_owned()),
        password_env: None,
        ..basic("ada")
    };
    for (wanted, secrets, expected, lines) in [
        (None, &[][..], "", ""),
        (Some(basic("ada")), &[], "", ""),
        (Some(basic("bob")), &[], "connect", "  ~ connection.user: ada -> bob\n"),
        (
            Some(basic("ada")),
            &["password"],
            "connect",
            "  ~ connection.password: the server's -> another one\n",
        ),
        (
            Some(Connection::default()),
            &[],
            "connect",
            "  - connection.ca: ca\n  - connection.user: ada\n",
        ),
    ] {
        let plan = cluster(&far(wanted), Some(&there(far(Some(shown.clone())), true, secrets)));
        let found: String = plan.changes.iter().map(crate::change::Change::lines).collect();
        assert_eq!((steps(&plan).as_str(), found.as_str()), (expected, lines), "{plan:?}");
    }
}
