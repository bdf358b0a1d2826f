//! Targets by the command line and by files, against the real server: a kubeconfig goes in and is nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::path::Path;
use std::process::Output;

use bed::Bed;

const SECRET: &str = "geheim-4711-token";

/// A kubeconfig of an API server that nobody is.
fn kubeconfig(user: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: prod
clusters:
  - name: prod
    cluster: {{server: 'http://127.0.0.1:1'}}
users:
  - name: me
    user: {user}
contexts:
  - name: prod
    context: {{cluster: prod, user: me}}
"
    )
}

async fn run(bed: &Bed, args: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = bed.command(args).output().await.unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    assert!(!text.contains("4711"), "{args:?}: {text}");
    (status.code().unwrap(), text)
}

async fn done(bed: &Bed, args: &[&str]) -> String {
    let (code, text) = run(bed, args).await;
    assert_eq!(code, 0, "{args:?}: {text}");
    text
}

/// Whether any file below a folder has these bytes.
fn lies_in(folder: &Path, secret: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        if entry.file_type().unwrap().is_dir() {
            return lies_in(&entry.path(), secret);
        }
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        bytes.windows(secret.len()).any(|some| some == secret.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_added_tested_changed_granted_and_removed() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    let outside = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let file = outside.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let good = put("good", &kubeconfig(&format!("{{token: {SECRET}}}")));
    let program = put("program", &kubeconfig(&format!("{{exec: {{command: '{SECRET}'}}}}")));
    let template = put("template.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true\n");
    assert!(done(&bed, &["target", "list"]).await.contains("streamwright target rbac"));
    let (code, why) = run(&bed, &["target", "add", "lab", "--kubeconfig", &program, "--namespace", "flink"]).await;
    assert!(code == 4 && why.contains("access.kubeconfig"), "{why}");
    let (code, why) = run(&bed, &["target", "add", "lab", "--namespace", "flink"]).await;
    assert!(code == 2 && why.contains("--in-cluster"), "{why}");
    let add = [
        "target",
        "add",
        "lab",
        "--kubeconfig",
        &good,
        "--namespace",
        "flink",
        "--state-root",
        "s3://bucket/a",
    ];
    let added = done(
        &bed,
        &[&add[..], &["--image", "2.2=registry:5000/flink:2.2", "--allow-host-path", "/mnt"]].concat(),
    )
    .await;
    assert!(
        added.contains("streamwright target test lab") && added.lines().all(|line| line.chars().count() <= 80),
        "{added}"
    );
    let (code, why) = run(&bed, &["target", "change", "lab", "--job-manager-template", &template]).await;
    assert!(code == 4 && why.contains("jobManagerTemplate: Spec.hostNetwork"), "{why}");
    let (code, report) = run(&bed, &["target", "test", "lab"]).await;
    assert!(
        code == 1 && report.contains("FAILED") && report.contains("1 check failed."),
        "{report}"
    );

    let changed = done(
        &bed,
        &[
            "target",
            "change",
            "lab",
            "--state-root",
            "",
            "--config",
            "a.b=c=d",
            "--rename",
            "lab 2",
        ],
    )
    .await;
    assert!(
        changed.contains("a.b=c=d") && !changed.contains("s3://") && changed.contains("changed since"),
        "{changed}"
    );
    assert!(
        done(&bed, &["target", "grant", "lab 2", "--team", "bed"])
            .await
            .contains("may be used by: bed")
    );
    let shown = done(&bed, &["target", "show", "lab 2", "-o", "json"]).await;
    assert!(shown.contains("\"bed\"") && shown.contains("registry:5000"), "{shown}");
    assert!(
        done(&bed, &["target", "revoke", "lab 2", "--team", "bed"])
            .await
            .contains("No team may use the target lab 2")
    );
    assert!(!lies_in(bed.folder(), SECRET), "the kubeconfig is sealed, and in no log");
    done(&bed, &["target", "remove", "lab 2"]).await;
    let (code, _) = run(&bed, &["target", "show", "lab 2"]).await;
    assert_eq!(code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_becomes_what_its_file_says_and_then_nothing_is_to_be_done() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("lab.kubeconfig", &kubeconfig(&format!("{{token: {SECRET}}}")));
    let text = "kind: Target\nname: lab\nkubeconfigFrom: lab.kubeconfig\nnamespace: flink\nstateRoot: s3://bucket/a/\nteams: [bed]\n";
    put("lab.yaml", text);
    let file = folder.path().join("lab.yaml").to_str().unwrap().to_owned();
    let apply = async |more: &[&str]| run(&bed, &[&["apply", "-f", &file], more].concat()).await;
    assert_eq!(apply(&["--diff"]).await.0, 1);
    let (code, said) = apply(&[]).await;
    assert!(code == 0 && said.contains("created, granted"), "{said}");
    let (code, said) = apply(&["--diff"]).await;
    assert!(code == 0 && said.contains("Target lab: unchanged"), "{said}");

    put("lab.kubeconfig", &kubeconfig("{token: another-4711}"));
    let (_, said) = apply(&["--dry-run"]).await;
    assert!(said.contains("kubeconfig: the server's -> another one"), "{said}");
    let (code, said) = apply(&[]).await;
    assert!(code == 0 && said.contains("changed"), "{said}");
    put(
        "lab.yaml",
        &format!("{text}jobManagerTemplate: |\n  apiVersion: v1\n  kind: Secret\n"),
    );
    let (code, said) = apply(&[]).await;
    assert!(
        code == 1 && said.contains("lab.yaml:8:3: jobManagerTemplate: Line 2, column 7: "),
        "{said}"
    );
    let out = folder.path().join("out");
    done(&bed, &["export", "--targets", "--dir", out.to_str().unwrap()]).await;
    let exported = out.join("target-lab.yaml").to_str().unwrap().to_owned();
    let (code, said) = run(&bed, &["apply", "--diff", "-f", &exported]).await;
    assert!(code == 0 && said.contains("unchanged"), "{said}");
    assert!(!lies_in(&out, "4711") && !lies_in(bed.folder(), SECRET));
}
