//! Applications whose jar is in the image and whose job has pod templates: by the command line and by files, from the real
//! server to the objects on a simulated API server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;
mod namespace;

use std::path::Path;
use std::process::Output;

use namespace::{NAMESPACE, Namespace};
use serde_json::{Value, json};

const URI: &str = "local:///opt/flink/usrlib/orders.jar";
const POD: &str = "apiVersion: v1\nkind: Pod\nspec:\n  volumes: [{name: jars, persistentVolumeClaim: {claimName: jars}}]
  containers: [{name: flink-main-container, volumeMounts: [{name: jars, mountPath: /mnt/jars}]}]\n";
const FORBIDDEN: &str = "apiVersion: v1\nkind: Pod\nspec:\n  volumes: [{name: root, hostPath: {path: /}}]\n";

async fn run(made: &Namespace, args: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = made.bed.command(args).output().await.unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code().unwrap(), text)
}

async fn done(made: &Namespace, args: &[&str]) -> String {
    let (code, text) = run(made, args).await;
    assert_eq!(code, 0, "{args:?}: {text}");
    text
}

fn put(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

async fn draft(made: &Namespace, job: &str) -> Value {
    made.bed.get(&format!("/jobs/{job}/draft")).await.unwrap().1["spec"].clone()
}

fn flink_conf(made: &Namespace, deployment: &str) -> String {
    let map = made
        .sim
        .object(NAMESPACE, "configmaps", &format!("flink-config-{deployment}"))
        .unwrap();
    map["data"]["config.yaml"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jar_of_the_image_runs_in_pods_that_the_job_says_more_of() {
    let mut made = Namespace::bare().await;
    made.bed.start(None).await;
    let folder = tempfile::tempdir().unwrap();
    let (pod, forbidden) = (put(folder.path(), "pod.yaml", POD), put(folder.path(), "root.yaml", FORBIDDEN));
    let functions = concat!(env!("CARGO_MANIFEST_DIR"), "/../../java/runner/target/runner.jar");
    done(&made, &["artifact", "upload", functions, "--name", "functions.jar"]).await;
    let create = ["job", "create", "orders", "--target", namespace::TARGET, "--flink", "2.2.1"];
    let (code, said) = run(&made, &[&create[..], &["--jar", "s3://bucket/orders.jar"]].concat()).await;
    assert!(code == 4 && said.contains("spec.jarUri: 's3' names no file of the image"), "{said}");
    let (code, said) = run(
        &made,
        &[&create[..], &["--jar", URI, "--task-manager-template", &forbidden]].concat(),
    )
    .await;
    assert!(
        code == 4 && said.contains("spec.taskManagerTemplate: Spec.volumes[0].hostPath") && said.contains("the folder '/'"),
        "{said}"
    );
    let more = ["--entry-class", "com.acme.Orders", "--arg", "a b", "--with", "functions.jar"];
    let templates = ["--jar", URI, "--job-manager-template", &pod, "--task-manager-template", &pod];
    done(&made, &[&create[..], &more, &templates].concat()).await;
    assert!(done(&made, &["job", "release", "orders"]).await.contains("functions.jar@1"));
    done(&made, &["job", "start", "orders", "--wait"]).await;

    let name = made.deployment();
    let conf = flink_conf(&made, &name);
    assert!(
        conf.contains(URI) && conf.contains("com.acme.Orders") && conf.contains("a b"),
        "{conf}"
    );
    let deployment = made.sim.object(NAMESPACE, "deployments", &name).unwrap();
    let map = made.sim.object(NAMESPACE, "configmaps", &format!("pod-template-{name}")).unwrap();
    let text = map["data"]["taskmanager-pod-template.yaml"].as_str().unwrap();
    let of_task_managers: Value = serde_json::from_str(text).unwrap();
    for pod in [&deployment["spec"]["template"], &of_task_managers] {
        let spec = &pod["spec"];
        let claim = json!({"name": "jars", "persistentVolumeClaim": {"claimName": "jars"}});
        assert!(spec["volumes"].as_array().unwrap().contains(&claim), "{spec:#}");
        let main = spec["containers"].as_array().unwrap().last().unwrap();
        let mounts = main["volumeMounts"].as_array().unwrap();
        assert!(mounts.contains(&json!({"name": "jars", "mountPath": "/mnt/jars"})), "{main:#}");
        let fetched = spec["initContainers"][0]["command"].to_string();
        assert!(fetched.contains("/opt/flink/usrlib/streamwright/00-runner.jar"), "{fetched}");
        assert!(
            !mounts.iter().any(|mount| mount["mountPath"] == "/opt/flink/usrlib"),
            "the image's jars can be seen"
        );
    }

    done(&made, &["job", "stop", "orders", "--mode", "cancel", "--wait"]).await;
    made.until("something is left", |_| made.objects().is_empty()).await;
    // A script takes the place of the program; the templates go where they are taken away, or with the target.
    let sql = put(folder.path(), "a.sql", "INSERT INTO a SELECT 1");
    done(&made, &["job", "edit", "orders", "--sql", &sql, "--job-manager-template", ""]).await;
    let spec = draft(&made, "orders").await;
    assert_eq!((&spec["jarUri"], &spec["jobManagerTemplate"]), (&Value::Null, &Value::Null));
    assert_eq!(spec["taskManagerTemplate"], POD);
    done(&made, &["target", "change", namespace::TARGET, "--task-manager-template", &pod]).await;
    assert!(
        done(&made, &["target", "show", namespace::TARGET])
            .await
            .contains("template of 5 lines")
    );
    done(&made, &["target", "change", namespace::TARGET, "--task-manager-template", ""]).await;
    assert!(!done(&made, &["target", "show", namespace::TARGET]).await.contains("template of"));
    done(&made, &["job", "edit", "orders", "--jar", "functions.jar", "--cluster", "sim"]).await;
    let spec = draft(&made, "orders").await;
    assert_eq!((&spec["mode"], &spec["taskManagerTemplate"]), (&json!("session"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_says_the_same_and_then_nothing_is_to_be_done() {
    let mut made = Namespace::bare().await;
    made.bed.start(None).await;
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "pod.txt", POD);
    let text = format!(
        "kind: Job\nname: orders\nmode: application\ntarget: {}\nflink: 2.2.1\njarUri: {URI}\nentryClass: a.B\njobManagerTemplateFrom: pod.txt\n",
        namespace::TARGET
    );
    let file = put(folder.path(), "orders.yaml", &text);
    let apply = async |more: &[&str]| run(&made, &[&["apply", "-f", &file], more].concat()).await;
    let (code, said) = apply(&[]).await;
    assert!(
        code == 0 && said.contains("created, release 1") && said.contains("+ jobManagerTemplate: 5 lines"),
        "{said}"
    );
    assert_eq!(draft(&made, "orders").await["jobManagerTemplate"], POD);
    let (code, said) = apply(&["--diff"]).await;
    assert!(code == 0 && said.contains("Job orders: unchanged"), "{said}");

    // A fault of its own is told before anything is asked, at its place; one of the target's policy by the server.
    put(folder.path(), "pod.txt", "apiVersion: v1\nkind: Secret\n");
    let (code, said) = apply(&[]).await;
    let place = "orders.yaml:8:25: jobManagerTemplateFrom: line 2, column 7: the kind is 'Secret'";
    assert!(code == 2 && said.contains(place) && said.contains("nothing was changed"), "{said}");
    put(folder.path(), "pod.txt", FORBIDDEN);
    let (code, said) = apply(&[]).await;
    assert!(code == 1 && said.contains("jobManagerTemplate: Spec.volumes[0].hostPath"), "{said}");
    put(folder.path(), "pod.txt", &POD.replace("/mnt/jars", "/mnt/more"));
    let (code, said) = apply(&[]).await;
    assert!(
        code == 0 && said.contains("release 2") && said.contains("mountPath: /mnt/more"),
        "{said}"
    );

    let out = folder.path().join("out");
    done(&made, &["export", "orders", "--dir", out.to_str().unwrap()]).await;
    let exported = out.join("orders.yaml").to_str().unwrap().to_owned();
    let (code, said) = run(&made, &["apply", "--diff", "-f", &exported]).await;
    assert!(code == 0 && said.contains("unchanged"), "{said}");
}
