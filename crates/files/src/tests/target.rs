//! Targets: good and bad documents, what differs, and what is written is read again.

use super::{faults, read};
use crate::plan::Step;
use crate::read::Body;
use crate::target::{Target, TargetNow, plan};
use crate::write::document;

const LAB: &str = "kind: Target
name: lab
kubeconfigFile: /etc/streamwright/lab.yaml
context: prod
namespace: flink
images:
  2.2.1: registry.example:5000/flink:2.2.1
serviceAccount: flink
stateRoot: s3://bucket/flink/
config:
  taskmanager.numberOfTaskSlots: 2
jobManagerTemplate: |
  apiVersion: v1
  kind: Pod
  # 字
policy:
  hostPaths:
    - /mnt/jars
teams:
  - orders
";

fn target(text: &str) -> Target {
    let (documents, faults) = read(text);
    assert_eq!(faults, []);
    match documents.into_iter().next().map(|document| document.body) {
        Some(Body::Target(target)) => *target,
        other => panic!("{other:?}"),
    }
}

fn now(text: &str) -> TargetNow {
    TargetNow {
        target: target(text),
        other_kubeconfig: false,
    }
}

#[test]
fn what_is_written_is_read_again() {
    let lab = target(LAB);
    assert_eq!(lab.config["taskmanager.numberOfTaskSlots"], "2");
    assert_eq!(target(&document(&lab)), lab);
}

#[test]
fn each_fault_has_its_place() {
    let base = "kind: Target\nname: a\nnamespace: b\n";
    for (lines, expected) in [
        (
            "inCluster: true\ncontext: x",
            "f.yaml:5:10: context: only a kubeconfig has contexts",
        ),
        (
            "kubeconfigFrom: a\ninCluster: true",
            "f.yaml:5:12: inCluster: the API server is reached either by this or by kubeconfigFrom, not both",
        ),
        (
            "kubeconfigFile: a",
            "f.yaml:4:17: kubeconfigFile: expected an absolute path on the server's host; a file beside this one is 'kubeconfigFrom'",
        ),
        (
            "stateRoot: bucket",
            "f.yaml:4:12: stateRoot: expected a URI with a scheme, such as s3://bucket/flink",
        ),
        (
            "allTeams: true\nteams: [a]",
            "f.yaml:5:8: teams: either all teams may use it, or the teams that are named",
        ),
        (
            "config:\n  pipeline.name: x",
            "f.yaml:5:18: config: the key 'pipeline.name' is set by the platform: the job's name is used",
        ),
        (
            "policy:\n  privilged: true",
            "f.yaml:5:3: unknown key 'privilged'; did you mean 'privileged'?",
        ),
        (
            "policy:\n  hostPaths: /mnt",
            "f.yaml:5:14: policy.hostPaths: expected a list, found '/mnt'",
        ),
        ("team: orders", "f.yaml:4:1: unknown key 'team'; did you mean 'teams'?"),
        (
            "kubeconfig: secret",
            "f.yaml:4:1: unknown key 'kubeconfig'; did you mean 'kubeconfigFile'?",
        ),
    ] {
        assert_eq!(faults(&format!("{base}{lines}\n")), [expected]);
    }
    assert_eq!(faults("kind: Target\nname: a\n"), ["f.yaml:1:1: the key 'namespace' is missing"]);
    assert_eq!(
        faults("kind: Targt\n"),
        ["f.yaml:1:7: kind: expected one of Job, Cluster, Artifact, Target, found 'Targt'; did you mean 'Target'?"]
    );
}

#[test]
fn what_is_as_the_document_says_gets_no_step() {
    let wanted = target(LAB);
    let steps = |now: &TargetNow| plan(&wanted, Some(now)).steps;
    assert_eq!(plan(&wanted, None).steps, [Step::Create, Step::Grant]);
    assert_eq!(steps(&now(LAB)), []);
    assert_eq!(steps(&now(&LAB.replace("flink/\n", "flink\n"))), [], "the server trims it");
    assert_eq!(steps(&now(&LAB.replace("namespace: flink", "namespace: other"))), [Step::Change]);
    assert_eq!(steps(&now(&LAB.replace("- orders", "- others"))), [Step::Grant]);
    assert_eq!(
        steps(&now(&LAB.replace("kubeconfigFile: /etc/streamwright/lab.yaml\n", ""))),
        [Step::Change]
    );

    let text = LAB
        .replace("kubeconfigFile: /etc/streamwright/lab.yaml\n", "")
        .replace("teams:\n  - orders\n", "");
    let silent = target(&text);
    assert_eq!(plan(&silent, Some(&now(LAB))).steps, [], "kubeconfig and teams stay as they are");
    let refused = plan(&silent, None);
    assert!(refused.refused.is_some_and(|why| why.contains("kubeconfigFrom")) && refused.steps.is_empty());

    let sent = target(&text.replace("context: prod", "context: prod\nkubeconfigFrom: k"));
    let mut kept = now(&text);
    assert_eq!(plan(&sent, Some(&kept)).steps, []);
    kept.other_kubeconfig = true;
    let changed = plan(&sent, Some(&kept));
    assert_eq!(
        (changed.steps, changed.changes[0].field.as_str()),
        (vec![Step::Change], "kubeconfig")
    );
}
