//! Pod templates of jobs over those of targets: volumes of all kinds with a program's jar from there, in every pod, and what
//! the target's policy refuses of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with the comparison of objects")]
mod recording;

use domain::flink_version::VersionNumber;
use domain::target::{KubernetesDefaults, PodPolicy};
use manifests::description::{Artifact, Mode, Program};
use manifests::{Description, Manifests, PodTemplate, Role, check_job_template, manifests};
use recording::{application, faults, main_container, of_target};
use serde_json::{Value, json};

const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n";
/// What the platform gives to every pod of the target.
const TARGETS: &str = "  nodeSelector: {disk: ssd}
  volumes: [{name: logs, emptyDir: {}}, {name: jars, emptyDir: {}}]
  containers:
  - name: flink-main-container
    env: [{name: TZ, value: UTC}, {name: STAGE, value: all}]
    volumeMounts: [{name: logs, mountPath: /logs}, {name: jars, mountPath: /mnt/jars}]
";
/// A program's jar on a volume of the job's, and a variable of its own.
const JOBS: &str = "  volumes: [{name: jars, SOURCE}]
  containers:
  - name: flink-main-container
    env: [{name: STAGE, value: orders}]
    volumeMounts: [{name: jars, mountPath: /mnt/jars, readOnly: true}]
";

fn of_job(role: Role, spec: &str) -> PodTemplate {
    let text = format!("{POD}{spec}");
    PodTemplate { role, of_job: true, text }
}

/// An application whose job has a template over the target's, and a jar from there.
fn over(under: &str, spec: &str, policy: PodPolicy) -> Description {
    let mut description = application("2.2.1");
    let Mode::Application(application) = &mut description.mode else {
        panic!()
    };
    application.program = Program::Jar {
        uri: "local:///mnt/jars/orders.jar".to_owned(),
        entry_class: Some("com.acme.Orders".to_owned()),
        classpaths: Vec::new(),
    };
    let roles = [Role::JobManager, Role::TaskManager];
    let targets = roles.map(|role| of_target(role, format!("{POD}{under}")));
    let jobs = roles.map(|role| of_job(role, spec));
    description.templates = targets.into_iter().chain(jobs).collect();
    description.policy = policy;
    description
}

fn task_managers(made: &Manifests) -> Value {
    let map = made
        .dependents
        .iter()
        .find(|object| object["metadata"]["name"] == "pod-template-my-app")
        .unwrap();
    serde_json::from_str(map["data"]["taskmanager-pod-template.yaml"].as_str().unwrap()).unwrap()
}

#[test]
fn a_jar_comes_from_a_claim_a_folder_of_the_node_or_a_driver_in_every_pod() {
    let sources = [
        (
            "persistentVolumeClaim: {claimName: jars, readOnly: true}",
            json!({"persistentVolumeClaim": {"claimName": "jars", "readOnly": true}}),
        ),
        (
            "hostPath: {path: /mnt/jars/orders, type: Directory}",
            json!({"hostPath": {"path": "/mnt/jars/orders", "type": "Directory"}}),
        ),
        (
            "csi: {driver: ru.yandex.s3.csi, readOnly: true, volumeAttributes: {capacity: 1, mounter: geesefs}}",
            json!({"csi": {"driver": "ru.yandex.s3.csi", "readOnly": true, "volumeAttributes": {"capacity": "1", "mounter": "geesefs"}}}),
        ),
    ];
    for (written, source) in sources {
        let policy = PodPolicy {
            host_paths: vec!["/mnt/jars".to_owned()],
            ..PodPolicy::default()
        };
        let mut volume = source;
        volume["name"] = json!("jars");
        let made = manifests(&over(TARGETS, &JOBS.replace("SOURCE", written), policy)).unwrap();
        let mine_last = json!([{"name": "TZ", "value": "UTC"}, {"name": "STAGE", "value": "orders"}]);
        let mounts = [
            json!({"name": "logs", "mountPath": "/logs"}),
            json!({"name": "jars", "mountPath": "/mnt/jars", "readOnly": true}),
        ];
        assert_eq!(
            task_managers(&made),
            json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "spec": {
                    "nodeSelector": {"disk": "ssd"},
                    "volumes": [{"name": "logs", "emptyDir": {}}, volume],
                    "containers": [{"name": "flink-main-container", "env": mine_last, "volumeMounts": mounts}],
                },
            })
        );
        let spec = &made.deployment["spec"]["template"]["spec"];
        assert_eq!(
            (&spec["nodeSelector"], &spec["volumes"]),
            (
                &json!({"disk": "ssd"}),
                &json!([
                    {"name": "logs", "emptyDir": {}},
                    volume,
                    {"name": "user-artifacts-volume", "emptyDir": {}},
                    {"name": "flink-config-volume", "configMap": {"name": "flink-config-my-app", "items": [
                        {"key": "config.yaml", "path": "config.yaml"},
                        {"key": "log4j-console.properties", "path": "log4j-console.properties"},
                        {"key": "logback-console.xml", "path": "logback-console.xml"},
                    ]}},
                    {"name": "pod-template-volume", "configMap": {"name": "pod-template-my-app", "items": [
                        {"key": "taskmanager-pod-template.yaml", "path": "taskmanager-pod-template.yaml"},
                    ]}},
                ])
            )
        );
        let main = main_container(&made);
        assert_eq!(
            main["volumeMounts"],
            json!([
                mounts[0],
                mounts[1],
                {"name": "user-artifacts-volume", "mountPath": "/opt/flink/artifacts"},
                {"name": "flink-config-volume", "mountPath": "/opt/flink/conf"},
                {"name": "pod-template-volume", "mountPath": "/opt/flink/pod-template"},
            ])
        );
        let variables = main["env"].as_array().unwrap();
        assert_eq!(variables[..2], mine_last.as_array().unwrap()[..]);
        assert_eq!(spec["initContainers"], Value::Null, "nothing is fetched");
        let text = |key: &str| made.configuration.text(key).unwrap().into_owned();
        assert_eq!(text("pipeline.jars"), "local:///mnt/jars/orders.jar");
        assert_eq!(text("$internal.application.main"), "com.acme.Orders");
    }
}

#[test]
fn the_targets_policy_judges_both_templates_together() {
    let table = [
        (
            "  volumes: [{name: jars, hostPath: {path: /etc}}]\n",
            "spec.volumes[1].hostPath: this target does not let pods mount the folder '/etc'",
        ),
        (
            "  volumes: [{name: new, hostPath: {path: /mnt/jarsandmore}}]\n",
            "spec.volumes[2].hostPath: this target does not let pods mount the folder '/mnt/jarsandmore'",
        ),
        (
            "  containers: [{name: flink-main-container, securityContext: {privileged: true}}]\n",
            "securityContext.privileged: this target does not allow privileged containers",
        ),
        (
            "  containers: [{name: fuse, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]\n",
            "the capability 'SYS_ADMIN'",
        ),
        (
            "  serviceAccountName: admin\n",
            "does not allow the service account 'admin': expected flink or default",
        ),
        ("  serviceAccount: admin\n", "does not allow the service account 'admin'"),
        (
            "  hostPID: true\n",
            "spec.hostPID: this target does not let pods share the processes",
        ),
        ("  hostIPC: true\n", "spec.hostIPC"),
    ];
    let strict = || PodPolicy {
        host_paths: vec!["/mnt/jars".to_owned()],
        service_accounts: vec!["flink".to_owned(), "default".to_owned()],
        ..PodPolicy::default()
    };
    let open = || PodPolicy {
        privileged: true,
        host_namespaces: true,
        host_paths: vec!["/".to_owned()],
        service_accounts: Vec::new(),
    };
    let target = |policy: PodPolicy| KubernetesDefaults {
        job_manager_template: Some(format!("{POD}{TARGETS}")),
        task_manager_template: Some(format!("{POD}{TARGETS}")),
        policy,
        ..KubernetesDefaults::default()
    };
    for (spec, expected) in table {
        let told = faults(&over(TARGETS, spec, strict()));
        for role in [Role::JobManager, Role::TaskManager] {
            let is_told = |told: &[String]| {
                told.iter()
                    .any(|fault| fault.contains(expected) && fault.contains(&role.to_string()))
            };
            assert!(is_told(&told), "{role} {expected}: {told:?}");
            // Before a release, and in the same words.
            let told = check_job_template(&of_job(role, spec), Some(&target(strict()))).unwrap_err();
            let told: Vec<String> = told.iter().map(ToString::to_string).collect();
            assert!(is_told(&told), "{role} {expected}: {told:?}");
            check_job_template(&of_job(role, spec), Some(&target(open()))).unwrap();
            check_job_template(&of_job(role, spec), None).unwrap();
        }
        assert_eq!(faults(&over(TARGETS, spec, open())), Vec::<String>::new(), "{spec}");
    }
    // What the job takes away, nobody has.
    let folder = "  volumes: [{name: jars, hostPath: {path: /etc}}]\n";
    let instead = "  volumes: [{name: jars, emptyDir: {}}]\n";
    assert_eq!(faults(&over(folder, instead, strict())), Vec::<String>::new());
    // The node's network is the target's to give, and the JobManager's Flink's own choice.
    let told = faults(&over(TARGETS, "  hostNetwork: true\n", strict()));
    assert!(told.iter().any(|fault| fault.contains("spec.hostNetwork")), "{told:?}");
}

#[test]
fn faults_and_findings_of_a_jobs_template_say_whose_it_is() {
    let broken = PodTemplate {
        text: "apiVersion: v1\nkind: Deployment\n".to_owned(),
        ..of_job(Role::TaskManager, "")
    };
    let mut description = over(TARGETS, "  nodeName: a\n", PodPolicy::default());
    let at = "the job's pod template of the TaskManager, line 2, column 7: the kind is 'Deployment'";
    description.templates[3] = broken.clone();
    assert!(faults(&description)[0].starts_with(at));
    assert!(check_job_template(&broken, None).unwrap_err()[0].to_string().starts_with(at));
    let image = of_job(Role::JobManager, "  containers: [{name: flink-main-container, image: mine}]\n");
    let found = check_job_template(&image, None).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].code, found[0].subject.to_string().as_str()),
        ("replaced_field", "the job's pod template of the JobManager, line 4, column 52")
    );
    let old = Description {
        templates: vec![image],
        version: VersionNumber::new(1, 12, 7),
        ..application("1.13.6")
    };
    assert!(faults(&old).contains(&"the job's pod template of the JobManager: Flink 1.12 knows no pod templates".to_owned()));
}

#[test]
fn artifacts_come_beside_what_is_in_the_image_or_mounted() {
    let mount = |path: &str, read_only: bool| {
        format!(
            "  volumes: [{{name: v, persistentVolumeClaim: {{claimName: c}}}}]\n  containers:\n  - name: flink-main-container\n    \
             volumeMounts: [{{name: v, mountPath: {path}, readOnly: {read_only}}}]\n"
        )
    };
    let with_jars = |spec: &str| {
        let mut description = over("  nodeName: a\n", spec, PodPolicy::default());
        description.runner = Some(b"jar".to_vec());
        description.artifacts = vec![Artifact {
            url: "https://store.example.test/a".to_owned(),
            sha256: "ab".repeat(32),
            name: "00-udf.jar".to_owned(),
        }];
        description
    };
    let made = manifests(&with_jars(&mount("/opt/flink/usrlib", false))).unwrap();
    for pod in [&made.deployment["spec"]["template"], &task_managers(&made)] {
        let main = pod["spec"]["containers"].as_array().unwrap().last().unwrap();
        let mounts = main["volumeMounts"].as_array().unwrap();
        let at = |path: &str| mounts.iter().find(|mount| mount["mountPath"] == path).map(|mount| &mount["name"]);
        assert_eq!(at("/opt/flink/usrlib"), Some(&json!("v")));
        assert_eq!(at(manifests::ARTIFACTS_FOLDER), Some(&json!("streamwright-jars-volume")));
        assert!(
            pod["spec"]["initContainers"][0]["command"]
                .to_string()
                .contains("/opt/flink/usrlib/streamwright/00-udf.jar")
        );
    }
    for (path, read_only, room) in [
        ("/opt/flink/usrlib/", true, false),
        ("/opt/flink", true, false),
        ("/opt/flink/usr", true, true),
        ("/mnt/jars", true, true),
        ("/opt/flink/usrlib/others", true, true),
    ] {
        let told = faults(&with_jars(&mount(path, read_only)));
        let refused = told.iter().filter(|fault| fault.contains("is mounted read-only")).count();
        assert_eq!(refused, if room { 0 } else { 2 }, "{path}: {told:?}");
        // Without artifacts nothing needs room.
        assert_eq!(
            faults(&over("  nodeName: a\n", &mount(path, read_only), PodPolicy::default())),
            Vec::<String>::new()
        );
    }
}
