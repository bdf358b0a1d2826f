//! Rules that no recording shows: what is refused and in which words, what is ours, and what people choose in forms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with the comparison of objects")]
mod recording;

use domain::flink_version::VersionNumber;
use domain::run::ClaimMode;
use manifests::description::{Exposure, Mode, Program, Restore, SecretVariable, Toleration};
use manifests::{Description, Manifests, Role, manifests};
use proptest::prelude::*;
use recording::{application, configuration, faults, main_container, of_target, with};
use serde_json::{Value, json};

fn object<'m>(made: &'m Manifests, name: &str) -> &'m Value {
    made.dependents.iter().find(|object| object["metadata"]["name"] == name).unwrap()
}

#[test]
fn names_that_kubernetes_refuses_are_faults_in_words() {
    let table: [(&dyn Fn(&mut Description), &str); 8] = [
        (&|d| d.cluster_id = "My_App".to_owned(), "cluster_id: 'My_App' is not a cluster id"),
        (&|d| d.cluster_id = "a".repeat(46), "cluster_id: 'aaa"),
        (&|d| d.namespace = "team a".to_owned(), "namespace: 'team a' is not a namespace"),
        (&|d| d.image = "flink 2".to_owned(), "image: 'flink 2' is not the name of an image"),
        (
            &|d| drop(d.labels.insert("a b".to_owned(), "c".to_owned())),
            "labels: 'a b' is not a key of a label",
        ),
        (
            &|d| drop(d.labels.insert("a".to_owned(), "b c".to_owned())),
            "labels: 'b c' is not a value of a label",
        ),
        (
            &|d| drop(d.annotations.insert("-".to_owned(), "c".to_owned())),
            "annotations: '-' is not a key",
        ),
        (
            &|d| d.version = VersionNumber::new(1, 11, 0),
            "version: Flink 1.11.0 does not run on Kubernetes here",
        ),
    ];
    for (change, expected) in table {
        let mut description = application("2.2.1");
        change(&mut description);
        let faults = faults(&description);
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{expected}: {faults:?}");
    }
}

#[test]
fn keys_that_cannot_be_are_faults_at_the_key() {
    let table = [
        ("kubernetes.cluster-id", "mine", "is set by Streamwright"),
        ("$internal.application.main", "Mine", "is set by Streamwright"),
        (
            "kubernetes.pod-template-file.jobmanager",
            "/f",
            "names a file of the machine that submits",
        ),
        ("a: b\nc", "d", "is not a Flink configuration key"),
        ("kubernetes.jobmanager.labels", "a:b c", "'b c' is not a value of a label"),
        ("kubernetes.jobmanager.labels", "nonsense", "is not a pair"),
        ("kubernetes.jobmanager.labels", "a:'b", "a quote (') is not closed"),
        ("kubernetes.taskmanager.node-selector", "a b:c", "is not a key of a label"),
        ("kubernetes.jobmanager.tolerations", "operator:Equals", "expected Exists or Equal"),
        ("kubernetes.taskmanager.tolerations", "sort:a", "a toleration has key"),
        ("kubernetes.secrets", "A:/p", "is not a name of an object"),
        ("kubernetes.secrets", "a:p", "is not an absolute path"),
        (
            "kubernetes.env.secretKeyRef",
            "env:A,secret:b",
            "each entry is env:NAME,secret:NAME,key:NAME",
        ),
        ("kubernetes.service-account", "A", "is not a name of an object"),
        ("kubernetes.container.image.pull-policy", "Sometimes", "expected Always"),
        (
            "kubernetes.rest-service.exposed.type",
            "Ingress",
            "expected one of ClusterIP, Headless_ClusterIP",
        ),
        ("kubernetes.hostnetwork.enabled", "yes", "neither true nor false"),
        ("kubernetes.jobmanager.replicas", "2", "need high availability"),
        ("kubernetes.jobmanager.cpu.amount", "0", "out of range"),
        ("kubernetes.jobmanager.cpu.amount", "NaN", "out of range"),
        ("kubernetes.taskmanager.cpu.limit-factor", "0.9", "out of range"),
        ("jobmanager.rpc.port", "0", "is not a port"),
        ("rest.bind-port", "8081-8090", "is not a port"),
        ("containerized.taskmanager.env.1A", "x", "is not a name of an environment variable"),
        ("jobmanager.memory.process.size", "300m", "less than the JVM needs"),
        ("taskmanager.memory.process.size", "lots", "is not a memory size"),
        ("taskmanager.memory.managed.fraction", "1.5", "is not a fraction"),
        ("kubernetes.flink.conf.dir", "conf", "is not an absolute path"),
    ];
    for (key, value, expected) in table {
        let faults = faults(&with("2.2.1", &[(key, value)]));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{key}={value}: {faults:?}");
    }
}

#[test]
fn values_arrive_unchanged_in_every_version() {
    let nasty = " it's \"a\" # b;c: d\n键值 $(X) $$ ";
    for version in ["2.2.1", "1.20.5", "1.19.3"] {
        let made = manifests(&with(version, &[("s3.secret-key", nasty)])).unwrap();
        let text = object(&made, "flink-config-my-app")["data"]["config.yaml"].as_str().unwrap();
        assert_eq!(configuration("config.yaml", text)["s3.secret-key"], nasty);
        assert!(!main_container(&made)["args"][2].as_str().unwrap().contains("-D"));
    }
    let line = |version: &str| {
        let made = manifests(&with(version, &[("s3.secret-key", nasty)])).unwrap();
        let text = object(&made, "flink-config-my-app")["data"]["flink-conf.yaml"].as_str().unwrap();
        assert!(!text.contains("s3.secret-key"));
        let findings = made.findings.iter().map(|finding| finding.code).collect::<Vec<_>>();
        (main_container(&made)["args"][2].as_str().unwrap().to_owned(), findings)
    };
    // Kubernetes makes `$` of `$$` and a variable of `$(X)` in arguments.
    let word = r#"'s3.secret-key= it'\''s "a" # b;c: d
键值 $$(X) $$$ '"#;
    let (old, findings) = line("1.15.4");
    assert_eq!(old, format!("kubernetes-jobmanager.sh kubernetes-application -D {word}"));
    assert_eq!(findings, ["not_for_task_managers"]);
    let (new, findings) = line("1.18.1");
    assert!(
        new.starts_with(&format!("kubernetes-jobmanager.sh kubernetes-application -D {word}")),
        "{new}"
    );
    assert!(new.contains("-D 'kubernetes.taskmanager.entrypoint.args=-D '"), "{new}");
    assert!(findings.is_empty());
    let (plain, findings) = {
        let made = manifests(&with("1.15.4", &[("s3.secret-key", "a#b")])).unwrap();
        (main_container(&made)["args"][2].as_str().unwrap().to_owned(), made.findings)
    };
    assert_eq!(plain, "kubernetes-jobmanager.sh kubernetes-application -D 's3.secret-key=a#b'");
    assert!(findings.is_empty(), "{findings:?}");
    let faults = faults(&with("1.18.1", &[("env.java.opts.all", "-Da=#")]));
    assert!(
        faults[0].contains("the start scripts of Flink 1.18.1 read this key from the file"),
        "{faults:?}"
    );
}

#[test]
fn a_word_in_arguments_is_what_a_shell_and_kubernetes_make_of_it() {
    for value in ["$(HOME) $$ $", "a'b\"c\\", "$$(X)$", "#;`id`\n$x"] {
        let made = manifests(&with("1.13.6", &[("user.key", &format!("{value}#"))])).unwrap();
        let line = main_container(&made)["args"][2].as_str().unwrap().to_owned();
        // As the kubelet: `$$` is `$`; `$(` would begin a variable.
        let mut expanded = String::new();
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            expanded.push(c);
            match (c, rest.peek()) {
                ('$', Some('$')) => drop(rest.next()),
                ('$', Some('(')) => panic!("{line}"),
                _ => {}
            }
        }
        // As a shell: quotes end, an escaped quote, quotes begin.
        let word = expanded.split_once(" -D '").unwrap().1.strip_suffix('\'').unwrap();
        assert_eq!(word.replace(r"'\''", "'"), format!("user.key={value}#"));
    }
}

/// Seen on 1.18.1 in an image without a locale: every character beyond ASCII became three others.
#[test]
fn the_locale_is_one_that_has_all_characters() {
    let table = [
        ("1.13.6", "键", true),
        ("1.18.1", "键", true),
        ("1.18.1", "a", false),
        ("1.19.3", "键", false),
    ];
    for (version, value, expected) in table {
        let made = manifests(&with(version, &[("user.key", value)])).unwrap();
        let variable = json!({"name": "LC_ALL", "value": "C.UTF-8"});
        let env = main_container(&made)["env"].as_array().unwrap();
        assert_eq!(env.contains(&variable), expected, "{version} {value}");
        assert_eq!(made.configuration.contains("containerized.taskmanager.env.LC_ALL"), expected);
    }
    let own = ("containerized.master.env.LC_ALL", "zh_CN.UTF-8");
    let made = manifests(&with("1.18.1", &[("user.key", "键"), own])).unwrap();
    assert_eq!(made.configuration.text(own.0).unwrap(), own.1);
}

#[test]
fn unknown_and_replaced_keys_are_findings() {
    let made = manifests(&with(
        "1.18.1",
        &[
            ("jobmanager.rpc.address", "here"),
            ("kubernetes.persistent-volume-claims", "a:/b"),
            ("taskmanger.slots", "1"),
        ],
    ))
    .unwrap();
    let findings: Vec<(&str, String)> = made.findings.iter().map(|f| (f.code, f.subject.to_string())).collect();
    let expected = [
        ("unknown_key", "kubernetes.persistent-volume-claims"),
        ("unknown_key", "taskmanger.slots"),
        ("replaced_key", "jobmanager.rpc.address"),
    ];
    assert_eq!(findings, expected.map(|(code, key)| (code, key.to_owned())));
    assert_eq!(made.configuration.text("jobmanager.rpc.address").unwrap(), "my-app.default");
}

#[test]
fn a_run_can_be_seen_to_its_end() {
    let run = |version: &str, high_availability: bool| {
        let mut description = application(version);
        let Mode::Application(application) = &mut description.mode else {
            panic!()
        };
        application.job_id = Some("0123456789abcdef0123456789abcdef".to_owned());
        application.restore = Some(Restore {
            path: Some("s3://b/sp".to_owned()),
            allow_non_restored_state: true,
            claim_mode: ClaimMode::Claim,
        });
        description.settings.high_availability = high_availability.then(|| "s3://b/ha/".to_owned());
        manifests(&description).unwrap()
    };
    let text = |made: &Manifests, key: &str| made.configuration.text(key).map(|text| text.into_owned());
    let old = run("1.14.6", true);
    assert_eq!(text(&old, "$internal.pipeline.job-id").unwrap(), "0123456789abcdef0123456789abcdef");
    assert_eq!(text(&old, "execution.shutdown-on-application-finish"), None);
    assert_eq!(text(&old, "execution.savepoint.path").unwrap(), "s3://b/sp");
    let class = "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory";
    assert_eq!(text(&old, "high-availability").unwrap(), class);
    let new = run("2.2.1", true);
    for (key, value) in [
        ("execution.shutdown-on-application-finish", "false"),
        ("execution.submit-failed-job-on-application-error", "true"),
        ("execution.state-recovery.claim-mode", "CLAIM"),
        ("execution.state-recovery.ignore-unclaimed-state", "true"),
        ("high-availability.type", "kubernetes"),
        ("job-result-store.delete-on-commit", "false"),
        ("job-result-store.storage-path", "s3://b/ha/job-result-store/my-app"),
    ] {
        assert_eq!(text(&new, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(text(&run("2.2.1", false), "job-result-store.storage-path"), None);
    let mut description = with("2.2.1", &[("$internal.pipeline.job-id", "x")]);
    let Mode::Application(application) = &mut description.mode else {
        panic!()
    };
    application.job_id = Some("xyz".to_owned());
    let faults = faults(&description).join("\n");
    assert!(
        faults.contains("32 hexadecimal digits") && faults.contains("the job id is the run's"),
        "{faults}"
    );
}

#[test]
fn what_people_choose_in_forms_becomes_keys_and_objects() {
    for version in ["1.15.4", "2.2.1"] {
        let mut description = application(version);
        let settings = &mut description.settings;
        settings.job_manager.cpu = Some(0.5);
        settings.job_manager.memory = Some("2g".to_owned());
        settings.job_manager.service_account = Some("sa".to_owned());
        settings.job_manager.labels = vec![("l".to_owned(), "v".to_owned())];
        settings.job_manager.annotations = vec![("a".to_owned(), "x:y, 'z'".to_owned())];
        settings.job_manager.node_selector = vec![("disk".to_owned(), "ssd".to_owned())];
        settings.job_manager.tolerations = vec![Toleration {
            key: Some("k".to_owned()),
            operator: Some("Exists".to_owned()),
            effect: Some("NoExecute".to_owned()),
            seconds: Some(5),
            value: None,
        }];
        settings.job_manager.environment = vec![("E".to_owned(), "a b".to_owned())];
        settings.secret_variables = vec![SecretVariable {
            name: "S".to_owned(),
            secret: "s".to_owned(),
            key: "k".to_owned(),
        }];
        settings.pull_secrets = vec!["p".to_owned()];
        settings.exposure = Some(Exposure::NodePort);
        settings.slots = Some(3);
        let made = manifests(&description).unwrap();
        assert!(made.findings.is_empty(), "{:?}", made.findings);
        let template = &made.deployment["spec"]["template"];
        assert_eq!(template["metadata"]["annotations"], json!({"a": "x:y, 'z'"}));
        assert_eq!(template["metadata"]["labels"]["l"], "v");
        let spec = &template["spec"];
        assert_eq!(
            (&spec["serviceAccount"], &spec["nodeSelector"]),
            (&json!("sa"), &json!({"disk": "ssd"}))
        );
        let toleration = json!([{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]);
        assert_eq!(
            (&spec["tolerations"], &spec["imagePullSecrets"]),
            (&toleration, &json!([{"name": "p"}]))
        );
        let main = main_container(&made);
        assert_eq!(main["resources"]["requests"], json!({"cpu": "0.5", "memory": "2048Mi"}));
        let env = main["env"].as_array().unwrap();
        assert!(env.contains(&json!({"name": "E", "value": "a b"})));
        assert!(env.contains(&json!({"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}})));
        assert_eq!(object(&made, "my-app-rest")["spec"]["type"], "NodePort");
        assert_eq!(made.configuration.text("taskmanager.numberOfTaskSlots").unwrap(), "3");
    }
}

#[test]
fn a_choice_that_the_version_does_not_know_is_a_finding() {
    for (version, findings) in [("1.14.6", 1), ("1.15.4", 0)] {
        let mut description = application(version);
        description.settings.host_network = true;
        let made = manifests(&description).unwrap();
        assert_eq!(made.findings.len(), findings, "{version}: {:?}", made.findings);
    }
}

#[test]
fn a_key_of_people_stands_above_a_form() {
    let mut description = with("2.2.1", &[("kubernetes.jobmanager.cpu", "2")]);
    description.settings.job_manager.cpu = Some(0.5);
    let made = manifests(&description).unwrap();
    assert_eq!(main_container(&made)["resources"]["limits"]["cpu"], "2.0");
    assert_eq!(made.configuration.text("kubernetes.jobmanager.cpu"), None);
}

#[test]
fn our_labels_are_on_everything_and_on_task_managers() {
    let mut description = with("2.2.1", &[("kubernetes.taskmanager.labels", "team:a")]);
    description.labels = [("streamwright.io/run".to_owned(), "run-1".to_owned())].into();
    description.annotations = [("streamwright.io/release".to_owned(), "7: x, y".to_owned())].into();
    let made = manifests(&description).unwrap();
    let template = &made.deployment["spec"]["template"];
    for object in made.dependents.iter().chain([&made.deployment, template]) {
        assert_eq!(object["metadata"]["labels"]["streamwright.io/run"], "run-1", "{object}");
        assert_eq!(object["metadata"]["annotations"]["streamwright.io/release"], "7: x, y");
    }
    let labels = made.configuration.text("kubernetes.taskmanager.labels").unwrap();
    assert_eq!(labels, "team:a,streamwright.io/run:run-1");
    let annotations = made.configuration.text("kubernetes.taskmanager.annotations").unwrap();
    assert_eq!(
        annotations,
        "'streamwright.io/release:''7: x, y'''"
            .replace("''7: x, y''", "7: x, y")
            .replace("release:7: x, y", "release:''7: x, y''")
    );
    let selector = made.deployment["spec"]["selector"]["matchLabels"].as_object().unwrap();
    assert_eq!(selector.len(), 3);
}

#[test]
fn a_script_comes_by_a_config_map() {
    let mut description = application("2.2.1");
    let Mode::Application(application) = &mut description.mode else {
        panic!()
    };
    application.program = Program::Script {
        entry_class: "io.streamwright.runner.SqlRunner".to_owned(),
        script: "{}".to_owned(),
    };
    assert_eq!(faults(&description), ["runner: a script and artifacts need the runner's jar"]);
    description.runner = Some(b"jar".to_vec());
    let made = manifests(&description).unwrap();
    let code = object(&made, "streamwright-code-my-app");
    assert_eq!(
        (&code["binaryData"]["runner.jar"], &code["data"]["script.json"]),
        (&json!("amFy"), &json!("{}"))
    );
    let mounts = main_container(&made)["volumeMounts"].as_array().unwrap();
    let runner = "/opt/flink/usrlib/streamwright-runner.jar";
    assert!(
        mounts
            .iter()
            .any(|mount| mount["mountPath"] == runner && mount["subPath"] == "runner.jar")
    );
    let text = |key: &str| made.configuration.text(key).unwrap().into_owned();
    assert_eq!(text("pipeline.jars"), format!("local://{runner}"));
    assert_eq!(
        text("$internal.application.program-args"),
        "--script-file;/opt/streamwright/script.json"
    );
    let Mode::Application(application) = &mut description.mode else {
        panic!()
    };
    application.program = Program::Script {
        entry_class: "A".to_owned(),
        script: "x".repeat(1 << 20),
    };
    assert!(faults(&description)[0].contains("Kubernetes takes at most"));
}

#[test]
fn flink_1_12_has_a_command_line_of_its_own() {
    let mut description = with(
        "1.13.6",
        &[
            ("env.java.opts", "-Da=1"),
            ("env.java.opts.jobmanager", "-Db=1"),
            ("kubernetes.jobmanager.labels", "a:b"),
        ],
    );
    description.version = VersionNumber::new(1, 12, 5);
    let made = manifests(&description).unwrap();
    let main = main_container(&made);
    assert_eq!(main["name"], "flink-job-manager");
    assert_eq!(main["args"][0], "native-k8s");
    assert_eq!(
        main["args"][1],
        "$JAVA_HOME/bin/java -classpath $FLINK_CLASSPATH -Xmx1073741824 -Xms1073741824 -XX:MaxMetaspaceSize=268435456 -Da=1 -Db=1 \
         -Dlog.file=/opt/flink/log/jobmanager.log -Dlogback.configurationFile=file:/opt/flink/conf/logback-console.xml \
         -Dlog4j.configuration=file:/opt/flink/conf/log4j-console.properties -Dlog4j.configurationFile=file:/opt/flink/conf/log4j-console.properties \
         org.apache.flink.kubernetes.entrypoint.KubernetesApplicationClusterEntrypoint \
         -D jobmanager.memory.off-heap.size=134217728b -D jobmanager.memory.jvm-overhead.min=201326592b \
         -D jobmanager.memory.jvm-metaspace.size=268435456b -D jobmanager.memory.heap.size=1073741824b \
         -D jobmanager.memory.jvm-overhead.max=201326592b"
    );
    let spec = &made.deployment["spec"]["template"]["spec"];
    assert_eq!(
        (spec["serviceAccountName"].as_str(), spec.get("serviceAccount")),
        (Some("default"), None)
    );
    assert_eq!(made.deployment["spec"]["selector"]["matchLabels"]["a"], "b");
    description.templates = vec![of_target(Role::JobManager, "apiVersion: v1\nkind: Pod\n".to_owned())];
    assert!(faults(&description)[0].contains("knows no pod templates"));
}

const KEYS: [&str; 14] = [
    "kubernetes.jobmanager.labels",
    "kubernetes.taskmanager.annotations",
    "kubernetes.jobmanager.tolerations",
    "kubernetes.env.secretKeyRef",
    "kubernetes.jobmanager.owner.reference",
    "kubernetes.secrets",
    "kubernetes.container.image.pull-secrets",
    "kubernetes.jobmanager.cpu",
    "kubernetes.jobmanager.memory.limit-factor",
    "jobmanager.memory.process.size",
    "rest.port",
    "high-availability",
    "containerized.master.env.A",
    "user.key",
];

proptest! {
    /// Whatever people write: objects in which nothing is lost, or faults with words.
    #[test]
    fn anything_is_taken_or_refused_in_words(
        values in prop::collection::vec((0..KEYS.len(), "[a-zA-Z0-9:;,'\"{}\\[\\] #$().键\n-]{0,24}"), 0..6),
        template in "(apiVersion: v1\nkind: Pod\n)?(spec:\n)?[ a-z:\\-\\[\\]{}&*!|>'\"#\n,]{0,60}",
        version in prop_oneof![Just("1.13.6"), Just("1.16.3"), Just("1.18.1"), Just("2.2.1")],
    ) {
        let pairs: Vec<(&str, &str)> = values.iter().map(|(key, value)| (KEYS[*key], value.as_str())).collect();
        let mut description = with(version, &pairs);
        if template.len() % 2 == 0 {
            description.templates = [Role::JobManager, Role::TaskManager].map(|role| of_target(role, template.clone())).into();
        }
        match manifests(&description) {
            Ok(made) => {
                let arguments = main_container(&made)["args"].to_string();
                for object in &made.dependents {
                    prop_assert!(object["metadata"]["name"].is_string());
                }
                let written = made.configuration.text("user.key").map(|text| text.into_owned());
                let given = description.configuration.text("user.key").map(|text| text.into_owned());
                prop_assert_eq!(&written, &given);
                prop_assert!(!arguments.is_empty());
            }
            Err(faults) => prop_assert!(faults.iter().all(|fault| fault.message.len() > 10), "{:?}", faults),
        }
    }
}
