//! What people see of the objects of a run: no secret, nothing that only this run has, and what differs from another's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use domain::artifact::PinnedArtifact;
use domain::draft::{Code, JobSpec, Mode};
use domain::id::{ClusterId, JobId, ReleaseId, RunId, TargetId, TeamId, UserId};
use domain::release::{Release, ReleaseContent};
use domain::run::{StartFrom, StartOptions};
use domain::sql::{Statement, StatementKind};
use domain::submission::Start;
use domain::target::{KubernetesAccess, KubernetesDefaults, KubernetesPlace, Target};
use domain::time::Millis;
use manifests::application::Place;
use manifests::compare::{Change, compare};
use manifests::shown::{ANY_CLUSTER, MASK, of_any_run, shown, yaml};
use manifests::{Description, manifests};
use serde_json::{Value, json};
use sha2::Digest as _;

/// A start that is only thought of.
struct Thought {
    run: RunId,
    version: &'static str,
    target: Target,
    release: Release,
    runner: Vec<u8>,
}

fn id(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number << 64 | 0x5a5a_0f0f)
}

fn thought() -> Thought {
    let spec = JobSpec {
        code: Code::Sql { sql: String::new() },
        cluster_id: None,
        target_id: None,
        flink_version: None,
        mode: Mode::Application,
        parallelism: Some(2),
        configuration: BTreeMap::new(),
        jars: Vec::new(),
        job_manager_template: None,
        task_manager_template: None,
    };
    let statement = Statement {
        kind: StatementKind::Insert,
        line: 1,
        column: 1,
        text: "INSERT INTO s SELECT 1".to_owned(),
    };
    let content = ReleaseContent {
        name: "orders".to_owned(),
        spec,
        version: "2.2.1".parse().unwrap(),
        statements: vec![statement],
        artifacts: Vec::new(),
        variables: Vec::new(),
    };
    let release = Release {
        id: ReleaseId(id(1)),
        job_id: JobId(id(2)),
        team_id: TeamId(id(3)),
        number: 1,
        draft_revision: 1,
        content,
        digest: String::new(),
        findings: Vec::new(),
        overridden: false,
        note: String::new(),
        created_by: UserId(id(4)),
        created_at: Millis(0),
    };
    let target = Target {
        id: TargetId(id(5)),
        name: "lab".to_owned(),
        place: KubernetesPlace {
            access: KubernetesAccess::InCluster,
            context: None,
            namespace: "flink".to_owned(),
        },
        defaults: KubernetesDefaults::default(),
        created_at: Millis(0),
        revision: 1,
    };
    Thought {
        run: RunId(id(6)),
        version: "2.2.1",
        target,
        release,
        runner: vec![0xca, 0xfe],
    }
}

impl Thought {
    fn description(&self) -> Description {
        let version = self.version.parse().unwrap();
        let options = StartOptions {
            state: StartFrom::None,
            allow_non_restored_state: false,
            claim_mode: domain::run::ClaimMode::NoClaim,
            parallelism: None,
        };
        let start = Start {
            run_id: self.run,
            options: &options,
            restore_path: None,
            version,
            checkpoints: None,
        };
        let configuration = self.target.defaults.resolved();
        let place = Place {
            cluster_id: ClusterId(self.run.0),
            version,
            slots: 0,
            configuration: &configuration,
            target: &self.target,
            runner: &self.runner,
            name: "orders",
            public_url: Some("https://flink.example.com/"),
        };
        place.application(&self.release, &start.submission(&self.release.content)).unwrap()
    }

    fn shown(&self) -> Vec<Value> {
        shown(&self.description()).unwrap()
    }

    fn of_any_run(&self) -> Vec<Value> {
        of_any_run(&self.shown(), ClusterId(self.run.0))
    }

    fn key(&mut self, key: &str, value: &str) {
        self.release.content.spec.configuration.insert(key.to_owned(), value.to_owned());
    }

    fn jar(&mut self) {
        self.release.content.artifacts.push(PinnedArtifact {
            name: "functions".to_owned(),
            version: 1,
            file_name: "functions.jar".to_owned(),
            digest: "ab".repeat(32).parse().unwrap(),
        });
    }
}

fn all(objects: &[Value]) -> String {
    objects.iter().map(|object| yaml(object) + &object.to_string()).collect()
}

#[test]
fn no_secret_is_shown_wherever_it_stands() {
    const SECRET: &str = "hunter2 '\"#$(X)";
    let template = |role: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: flink-main-container\n    env:\n    - name: {role}_API_KEY\n      value: \
             'hunter2 ''\"#$(X)'\n    - {{name: PLAIN, value: seen}}\n"
        )
    };
    for version in ["1.13.6", "1.18.1", "2.2.1"] {
        let mut thought = thought();
        thought.version = version;
        thought.jar();
        thought.key("my.store.password", SECRET);
        thought.key("pipeline.object-reuse", "true");
        let defaults = &mut thought.target.defaults;
        for key in [
            "s3.secret-key",
            "containerized.master.env.AWS_SECRET_ACCESS_KEY",
            "metrics.reporter.x.apikey",
        ] {
            defaults.configuration.insert(key.to_owned(), SECRET.to_owned());
        }
        // This one names a Secret and is none.
        let names = "env:A,secret:store,key:a";
        defaults
            .configuration
            .insert("kubernetes.env.secretKeyRef".to_owned(), names.to_owned());
        defaults.job_manager_template = Some(template("JM"));
        defaults.task_manager_template = Some(template("TM"));

        let true_ones = manifests(&thought.description()).unwrap();
        assert!(all(&true_ones.dependents).contains("hunter2") && true_ones.deployment.to_string().contains("hunter2"));
        let objects = thought.shown();
        let text = all(&objects);
        assert!(!text.contains("hunter2"), "{version}: {text}");
        for word in [MASK, "my.store.password", "JM_API_KEY", "TM_API_KEY", "seen", names] {
            assert!(text.contains(word), "{version}: {word}: {text}");
        }
        let token = objects.last().unwrap();
        assert_eq!((&token["kind"], &token["stringData"]), (&json!("Secret"), &json!({"token": MASK})));
    }
}

#[test]
fn the_objects_are_those_that_are_created_in_what_matters() {
    let mut thought = thought();
    thought.jar();
    let (made, objects) = (manifests(&thought.description()).unwrap(), thought.shown());
    let names = |objects: &[Value]| objects.iter().map(|one| one["metadata"]["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&objects)[0], made.deployment["metadata"]["name"]);
    assert_eq!(names(&objects)[1..objects.len() - 1], names(&made.dependents));
    // It is scaled once all is there.
    assert_eq!(
        (&made.deployment["spec"]["replicas"], &objects[0]["spec"]["replicas"]),
        (&json!(0), &json!(1))
    );
    let (real, seen) = (&made.deployment["spec"]["template"], &objects[0]["spec"]["template"]);
    assert_eq!(real, seen);
    let code = objects
        .iter()
        .find(|one| one["binaryData"] != Value::Null || one["data"]["runner.jar"] != Value::Null);
    let digest = hex::encode(sha2::Sha256::digest(&thought.runner));
    assert_eq!(code.unwrap()["data"]["runner.jar"], format!("(2 bytes, SHA-256 {digest})"));
}

#[test]
fn long_texts_are_a_size_and_a_digest_and_what_is_kept_is_small() {
    let mut thought = thought();
    thought.release.content.statements[0].text = "x".repeat(700 << 10);
    thought.runner = vec![1; 200 << 10];
    let text = all(&thought.shown());
    assert!(text.len() < 64 << 10 && text.contains("bytes of text, SHA-256 "), "{}", text.len());
    let mut other = thought;
    let before = other.of_any_run();
    other.release.content.statements[0].text.push('y');
    let found = compare(&before, &other.of_any_run());
    assert_eq!(found.iter().filter(|one| one.change == Change::Changed).count(), 1);
}

#[test]
fn two_runs_of_one_release_are_the_same_and_one_key_is_one_difference() {
    let first = {
        let mut first = thought();
        first.jar();
        first
    };
    let mut second = thought();
    second.jar();
    second.run = RunId(id(77));
    assert_ne!(first.shown(), second.shown());
    let same = compare(&first.of_any_run(), &second.of_any_run());
    assert!(
        same.iter().all(|one| one.change == Change::Unchanged && one.diff.is_empty()),
        "{same:#?}"
    );
    let text = all(&first.of_any_run());
    assert!(text.contains(ANY_CLUSTER) && !text.contains(&first.run.hex()) && !text.contains(&ClusterId(first.run.0).base32()));

    second.key("taskmanager.numberOfTaskSlots", "7");
    second.key("table.exec.source.idle-timeout", "3 s");
    let found = compare(&first.of_any_run(), &second.of_any_run());
    let changed: Vec<&str> = found
        .iter()
        .filter(|one| one.change != Change::Unchanged)
        .map(|one| one.name.as_str())
        .collect();
    // The file of the configuration, and the script, which takes the job's configuration along.
    assert_eq!(
        changed,
        [format!("streamwright-code-{ANY_CLUSTER}"), format!("flink-config-{ANY_CLUSTER}")]
    );
    let lines = |sign: char| {
        let of = |diff: &str| {
            diff.lines()
                .filter(|line| line.starts_with(sign))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        found.iter().flat_map(|one| of(&one.diff)).collect::<Vec<_>>()
    };
    assert_eq!(lines('-'), [r#"-    "taskmanager.numberOfTaskSlots": "1""#], "{found:#?}");
    let added = [
        "+      table.exec.source.idle-timeout: 3 s",
        r#"+      taskmanager.numberOfTaskSlots: "7""#,
        r#"+    "taskmanager.numberOfTaskSlots": "7""#,
        r#"+    "table.exec.source.idle-timeout": "3 s""#,
    ];
    assert_eq!(lines('+'), added, "{found:#?}");

    // A line of the script is a line.
    second.release.content.statements[0].text = "INSERT INTO s\nSELECT 1".to_owned();
    let before = second.of_any_run();
    second.release.content.statements[0].text = "INSERT INTO s\nSELECT 2".to_owned();
    let found = compare(&before, &second.of_any_run());
    let diffs: String = found.iter().map(|one| one.diff.as_str()).collect();
    assert!(
        diffs.contains("         INSERT INTO s\n-          SELECT 1\n+          SELECT 2\n"),
        "{diffs}"
    );
}

#[test]
fn objects_come_and_go() {
    let object = |kind: &str, name: &str, data: &str| json!({"kind": kind, "metadata": {"name": name}, "data": {"file": data}});
    let before = [
        object("ConfigMap", "a", "1\n2\n"),
        object("ConfigMap", "b", "1"),
        object("Service", "c", "1"),
    ];
    let after = [
        object("Service", "a", "1"),
        object("ConfigMap", "a", "1\n3\n"),
        object("Service", "c", "1"),
    ];
    let found = compare(&before, &after);
    let short: Vec<_> = found.iter().map(|one| (one.kind.as_str(), one.name.as_str(), one.change)).collect();
    let expected = [
        ("Service", "a", Change::Added),
        ("ConfigMap", "a", Change::Changed),
        ("Service", "c", Change::Unchanged),
        ("ConfigMap", "b", Change::Removed),
    ];
    assert_eq!(short, expected);
    assert!(found[0].diff.lines().skip(1).all(|line| line.starts_with('+')), "{}", found[0].diff);
    assert!(found[1].diff.contains("-    2\n+    3\n"), "{}", found[1].diff);
    assert!(found[3].diff.lines().skip(1).all(|line| line.starts_with('-')), "{}", found[3].diff);
}

#[test]
fn what_cannot_be_is_said_with_its_subject() {
    let mut without = thought();
    without.jar();
    let version = "2.2.1".parse().unwrap();
    let configuration = BTreeMap::new();
    let place = Place {
        cluster_id: ClusterId(without.run.0),
        version,
        slots: 0,
        configuration: &configuration,
        target: &without.target,
        runner: &without.runner,
        name: "orders",
        public_url: None,
    };
    let options = StartOptions::default();
    let start = Start {
        run_id: without.run,
        options: &options,
        restore_path: None,
        version,
        checkpoints: None,
    };
    let fault = place
        .application(&without.release, &start.submission(&without.release.content))
        .unwrap_err();
    assert!(
        fault.to_string().starts_with("artifacts: the release has jars, and nobody said"),
        "{fault}"
    );

    let mut bad = thought();
    bad.key("kubernetes.jobmanager.labels", "nonsense");
    let faults = shown(&bad.description()).unwrap_err();
    assert!(faults[0].to_string().starts_with("kubernetes.jobmanager.labels: "), "{faults:?}");
}
