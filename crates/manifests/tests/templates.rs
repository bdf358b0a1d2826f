//! Pod templates: what a target's policy refuses, and how they are merged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with the comparison of objects")]
mod recording;

use domain::target::PodPolicy;
use manifests::description::Artifact;
use manifests::{Description, Role, manifests};
use recording::{application, empty, faults, main_container, of_target, with};
use serde_json::{Value, json};

const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n";

fn templates(job_manager: &str, task_manager: &str, policy: PodPolicy) -> Description {
    let given = [(Role::JobManager, job_manager), (Role::TaskManager, task_manager)];
    let given = given.into_iter().filter(|(_, spec)| !spec.is_empty());
    Description {
        templates: given.map(|(role, spec)| of_target(role, format!("{POD}{spec}"))).collect(),
        policy,
        ..application("2.2.1")
    }
}

#[test]
fn a_policy_refuses_what_reaches_beyond_the_pod() {
    let strict = || PodPolicy {
        service_accounts: vec!["flink".to_owned(), "default".to_owned()],
        host_paths: vec!["/data/".to_owned()],
        ..PodPolicy::default()
    };
    let table = [
        (
            "  hostNetwork: true\n",
            "spec.hostNetwork: this target does not let pods share the network",
        ),
        ("  hostPID: true\n", "spec.hostPID"),
        ("  hostIPC: true\n", "spec.hostIPC"),
        ("  hostIPC: \"true\"\n", "spec.hostIPC"),
        (
            "  serviceAccountName: admin\n",
            "does not allow the service account 'admin': expected flink or default",
        ),
        ("  serviceAccount: admin\n", "the service account 'admin'"),
        (
            "  volumes: [{name: a, hostPath: {path: /etc}}]\n",
            "spec.volumes[0].hostPath: this target does not let pods mount the folder '/etc'",
        ),
        (
            "  volumes: [{name: a, hostPath: {path: /data/../etc}}]\n",
            "the folder '/data/../etc'",
        ),
        ("  volumes: [{name: a, hostPath: {path: /database}}]\n", "the folder '/database'"),
        (
            "  containers: [{name: a, securityContext: {privileged: true}}]\n",
            "spec.containers[0].securityContext.privileged",
        ),
        (
            "  initContainers: [{name: a, securityContext: {privileged: true}}]\n",
            "spec.initContainers[0].securityContext.privileged",
        ),
        (
            "  containers: [{name: a, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]\n",
            "the capability 'SYS_ADMIN'",
        ),
        (
            "  containers: [{name: a, securityContext: {procMount: Unmasked}}]\n",
            "unmasked /proc",
        ),
        (
            "  containers: [{name: a, ports: [{containerPort: 80, hostPort: 80}]}]\n",
            "hostPort",
        ),
        ("  securityContext: {windowsOptions: {hostProcess: true}}\n", "hostProcess"),
    ];
    for (spec, expected) in table {
        for (role, description) in [
            ("JobManager", templates(spec, "", strict())),
            ("TaskManager", templates("", spec, strict())),
        ] {
            // Flink decides itself whether the JobManager is on the node's network.
            if spec.contains("hostNetwork") && role == "JobManager" {
                continue;
            }
            let faults = faults(&description);
            let told = faults.iter().any(|fault| fault.contains(expected) && fault.contains(role));
            assert!(told, "{role} {expected}: {faults:?}");
        }
        // Not even Kubernetes takes such a path.
        if spec.contains("..") {
            continue;
        }
        let open = empty("2.2.1").policy;
        assert_eq!(faults(&templates(spec, spec, open)), Vec::<String>::new());
    }
    let fine = "  serviceAccountName: flink\n  securityContext: {runAsUser: 1}\n  volumes: [{name: a, hostPath: {path: /data/x}}]\n";
    assert_eq!(faults(&templates(fine, fine, strict())), Vec::<String>::new());
    for pair in [
        ("kubernetes.hostnetwork.enabled", "true"),
        ("kubernetes.taskmanager.service-account", "admin"),
    ] {
        let mut description = with("2.2.1", &[pair]);
        description.policy = strict();
        assert!(!faults(&description).is_empty(), "{pair:?}");
    }
}

#[test]
fn templates_are_merged_by_name() {
    let spec = "  volumes: [{name: flink-config-volume, emptyDir: {}}, {name: mine, emptyDir: {}}]\n  containers:\n  - name: flink-main-container\n    \
                ports: [{name: rest, containerPort: 1}]\n    volumeMounts: [{name: mine, mountPath: /opt/flink/conf/}, {name: mine, mountPath: /m}]\n";
    let made = manifests(&templates(spec, "", empty("2.2.1").policy)).unwrap();
    let volumes = made.deployment["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    let named = |name: &str| volumes.iter().filter(|volume| volume["name"] == name).count();
    assert_eq!((named("flink-config-volume"), named("mine")), (1, 1));
    assert!(volumes.iter().any(|volume| volume["configMap"]["name"] == "flink-config-my-app"));
    let main = main_container(&made);
    let ports = main["ports"].as_array().unwrap();
    assert_eq!((ports.len(), ports.iter().any(|port| port["containerPort"] == 1)), (3, false));
    let mounts = main["volumeMounts"].as_array().unwrap();
    let paths: Vec<&str> = mounts.iter().map(|mount| mount["mountPath"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/m", "/opt/flink/artifacts", "/opt/flink/conf"]);
}

#[test]
fn a_task_managers_template_must_leave_room_for_what_flink_adds() {
    let volume = "  volumes: [{name: flink-config-volume, emptyDir: {}}]\n";
    let mount = "  volumes: [{name: a, emptyDir: {}}]\n  containers:\n  - name: flink-main-container\n    volumeMounts: [{name: a, mountPath: /opt/flink/conf/}]\n";
    for (spec, expected) in [
        (volume, "Flink adds a volume with the name"),
        (mount, "Flink mounts '/opt/flink/conf' itself"),
    ] {
        let faults = faults(&templates("", spec, empty("2.2.1").policy));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{faults:?}");
    }
    let description = templates("", "", empty("2.2.1").policy);
    assert!(
        !manifests(&description)
            .unwrap()
            .dependents
            .iter()
            .any(|object| object["metadata"]["name"] == "pod-template-my-app")
    );
}

#[test]
fn jars_come_by_an_init_container_in_every_pod() {
    let template = "  initContainers: [{name: own, image: a}]\n  containers: [{name: flink-main-container, env: [{name: A, value: b}]}]\n";
    for spec in ["", template] {
        let mut description = templates(spec, spec, PodPolicy::default());
        description.runner = Some(b"jar".to_vec());
        description.artifacts = vec![Artifact {
            url: "https://store.example.test/a".to_owned(),
            sha256: "ab".repeat(32),
            name: "udf.jar".to_owned(),
        }];
        description.artifact_token = Some(("token".to_owned(), "token".to_owned()));
        let made = manifests(&description).unwrap();
        let object = |name: &str| made.dependents.iter().find(|object| object["metadata"]["name"] == name).unwrap();
        let text = object("pod-template-my-app")["data"]["taskmanager-pod-template.yaml"]
            .as_str()
            .unwrap();
        let of_task_managers: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            (&of_task_managers["kind"], &of_task_managers["apiVersion"]),
            (&json!("Pod"), &json!("v1"))
        );
        for pod in [&made.deployment["spec"]["template"], &of_task_managers] {
            let containers = pod["spec"]["initContainers"].as_array().unwrap();
            assert_eq!(containers.len(), if spec.is_empty() { 1 } else { 2 });
            let fetch = &containers[0];
            assert_eq!(fetch["image"], description.image);
            let command: Vec<&str> = fetch["command"]
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap())
                .collect();
            let digest = "ab".repeat(32);
            let url = "https://store.example.test/a";
            assert_eq!(command[5..], [url, digest.as_str(), "/opt/flink/usrlib/streamwright/udf.jar"]);
            assert_eq!(fetch["env"][0]["valueFrom"]["secretKeyRef"]["name"], "token");
            let main = pod["spec"]["containers"].as_array().unwrap().last().unwrap();
            let mounts = main["volumeMounts"].as_array().unwrap();
            assert!(mounts.iter().any(|mount| mount["mountPath"] == "/opt/flink/usrlib/streamwright"));
            let volumes = pod["spec"]["volumes"].as_array().unwrap();
            for mount in fetch["volumeMounts"].as_array().unwrap().iter().chain(mounts) {
                assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
            }
        }
        assert_eq!(object("streamwright-code-my-app")["binaryData"]["runner.jar"], "amFy");
        description.artifacts[0].sha256 = "x".to_owned();
        description.artifacts[0].name = "../a".to_owned();
        assert_eq!(faults(&description).len(), 2);
    }
}

#[test]
fn what_flink_replaces_is_told() {
    let spec = "  restartPolicy: Never\n  containers:\n  - name: flink-main-container\n    image: mine\n    args: [a]\n  - {name: side, image: b}\n";
    let made = manifests(&templates(spec, "", PodPolicy::default())).unwrap();
    let findings: Vec<String> = made.findings.iter().map(|finding| finding.subject.to_string()).collect();
    let at = |line, column| format!("pod template of the JobManager, line {line}, column {column}");
    assert_eq!(findings, [at(7, 12), at(8, 11), at(4, 18)]);
}
