//! What is written is read again as the same, whatever the texts are; and what differs is found.

use proptest::prelude::*;

use crate::change::{Change, NOT_OF_JOB};
use crate::document::Job;
use crate::plan::NO_RESTART;
use crate::read::Body;
use crate::restart::{Restart, State, When};
use crate::write::document;

fn changes(after: &Job) -> Vec<Change> {
    crate::change::changes(&orders(), after, NOT_OF_JOB)
}

fn back(job: &Job) -> Job {
    let text = document(job);
    let (mut documents, faults) = super::read(&text);
    assert_eq!(faults, [], "{text}");
    match documents.pop().map(|one| one.body) {
        Some(Body::Job(job)) => *job,
        other => panic!("{text}: {other:?}"),
    }
}

fn orders() -> Job {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Job {
        description: "Orders: per minute".to_owned(),
        labels: [pair("stage", "prod"), pair("负责人", "张三")].into(),
        cluster: Some("local".to_owned()),
        parallelism: Some(4),
        config: [
            pair("execution.checkpointing.interval", "10 s"),
            pair("a", "true"),
            pair("b", "#no comment"),
        ]
        .into(),
        jars: vec!["kafka@3".to_owned()],
        restart: Some(Restart {
            when: When::FailedOrLost,
            limit: Some(3),
            state: Some(State::None),
            ..NO_RESTART
        }),
        sql: Some("SELECT 1;\n\n  SELECT 2;\n".to_owned()),
        ..Job::named("orders per minute".to_owned())
    }
}

#[test]
fn a_job_is_written_for_people() {
    let text = document(&orders());
    let expected = "kind: Job
name: orders per minute
description: \"Orders: per minute\"
labels:
  stage: prod
  负责人: 张三
cluster: local
parallelism: 4
config:
  a: \"true\"
  b: \"#no comment\"
  execution.checkpointing.interval: 10 s
jars:
  - kafka@3
restart:
  when: failed_or_lost
  limit: 3
  state: none
sql: |
  SELECT 1;

    SELECT 2;
";
    assert_eq!(text, expected);
    assert_eq!(back(&orders()), orders());
}

#[test]
fn what_differs_is_found_field_by_field() {
    let mut after = orders();
    assert_eq!(changes(&after), []);
    after.running = Some(true);
    after.team = Some("t".to_owned());
    assert_eq!(changes(&after), [], "what is to happen is no difference");
    after.parallelism = None;
    after.config.insert("a".to_owned(), "false".to_owned());
    after.config.remove("b");
    after.labels.insert("new".to_owned(), "1".to_owned());
    after.sql = Some("SELECT 1;\n\n  SELECT 3;\n".to_owned());
    let text: String = changes(&after).iter().map(Change::lines).collect();
    let expected = "  + labels.new: 1
  ~ config.a: true -> false
  - config.b: #no comment
  ~ sql
    @@ -1,3 +1,3 @@
     SELECT 1;
     
    -  SELECT 2;
    +  SELECT 3;
  - parallelism: 4
";
    assert_eq!(text, expected);
}

#[test]
fn a_jar_of_the_image_and_pod_templates_are_written_and_compared_by_lines() {
    let pod = "kind: Pod\nspec:\n  nodeName: a\n";
    let job = Job {
        mode: crate::document::Mode::Application,
        cluster: None,
        target: Some("t".to_owned()),
        flink: Some("2.2.1".to_owned()),
        sql: None,
        jar_uri: Some("local:///opt/flink/usrlib/a.jar".to_owned()),
        job_manager_template: Some(pod.to_owned()),
        ..orders()
    };
    let text = document(&job);
    assert!(text.contains("jarUri: local:///opt/flink/usrlib/a.jar\n"), "{text}");
    assert!(
        text.contains("jobManagerTemplate: |\n  kind: Pod\n  spec:\n    nodeName: a\n"),
        "{text}"
    );
    assert_eq!(back(&job), job);
    let mut after = Job {
        job_manager_template_from: Some("pod.yaml".to_owned()),
        ..job.clone()
    };
    assert_eq!(
        crate::change::changes(&job, &after, NOT_OF_JOB),
        [],
        "where a text stands is no difference"
    );
    after.job_manager_template = Some(pod.replace("a\n", "b\n"));
    after.task_manager_template = Some(pod.to_owned());
    after.jar_uri = None;
    let changes = crate::change::changes(&job, &after, NOT_OF_JOB);
    let text: String = changes.iter().map(Change::lines).collect();
    let expected = "  ~ jobManagerTemplate
    @@ -1,3 +1,3 @@
     kind: Pod
     spec:
    -  nodeName: a
    +  nodeName: b
  + taskManagerTemplate: 3 lines
  - jarUri: local:///opt/flink/usrlib/a.jar
";
    assert_eq!(text, expected);
}

proptest! {
    #[test]
    fn any_text_survives(sql in any::<String>(), value in any::<String>(), lines in "([ \t#:'\"a-]{0,4}\n?){0,5}", argument in any::<String>()) {
        let clean = |text: String| text.replace('\0', "");
        let mut job = orders();
        job.config = [("a".to_owned(), clean(value)), ("b".to_owned(), lines.clone())].into();
        // Line ends of other systems are read as they are everywhere in YAML.
        job.sql = Some(clean(sql) + &lines + "\nx");
        job.jar = None;
        prop_assert_eq!(&back(&job), &job);
        job.sql = None;
        job.jar = Some("j".to_owned());
        job.args = vec![clean(argument), lines, String::new()];
        prop_assert_eq!(&back(&job), &job);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(kind: Job\n)?[\\[\\]{}&*!|>%@`'\"#,?:\t a-c\n-]{0,80}") {
        let _ = super::read(&text);
    }
}
