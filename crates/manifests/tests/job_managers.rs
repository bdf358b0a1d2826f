//! What real JobManagers did with the configuration that they were given: the sizes of the TaskManagers that they
//! made, and the arguments that reached them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, reason = "shared with the comparison of objects")]
mod recording;

use std::collections::BTreeMap;

use domain::flink_memory::{JobManagerMemory, TaskManagerMemory};
use manifests::description::{Mode, Program};
use manifests::manifests;
use recording::{Recording, recordings};
use serde_json::Value;

/// The client's recording that a JobManager's one began with, and the keys that were put on it.
fn configured(of: &Recording, all: &[Recording]) -> manifests::Description {
    let source = of.json["source"].as_str().unwrap();
    let name = format!("{}-{source}", of.version);
    let found = all.iter().find(|recording| recording.file == name).unwrap();
    let mut description = found.description();
    for pair in of.json["set"].as_array().unwrap() {
        let (key, value) = pair.as_str().unwrap().split_once('=').unwrap();
        if value != "-" && !key.starts_with("$internal.application.") {
            description.configuration.set(key, value.replace("@W@", "/w"));
        }
    }
    description
}

/// `-Dkey='value'` and `-D key=value` of a command line.
fn dynamic(line: &str) -> BTreeMap<String, String> {
    let words = line.split("-D").skip(1).filter_map(|word| word.trim().split_once('='));
    words
        .map(|(key, value)| (key.trim().to_owned(), value.trim().trim_matches('\'').to_owned()))
        .collect()
}

#[test]
fn sizes_are_those_that_the_job_manager_computed() {
    let all = recordings();
    let mut pods = 0;
    for recording in all.iter().filter(|recording| !recording.of_a_client()) {
        let made = manifests(&configured(recording, &all)).unwrap();
        let version = recording.version.parse().unwrap();
        let memory = TaskManagerMemory::of(&made.configuration, version).unwrap();
        let job_manager = JobManagerMemory::of(&made.configuration, version).unwrap();
        for pod in recording.posted().iter().filter(|object| object["kind"] == "Pod") {
            let container = &pod["spec"]["containers"][0];
            let line = dynamic(container["args"][2].as_str().unwrap());
            let bytes = |key: &str| line[key].trim_end_matches('b').parse::<u64>().unwrap();
            assert_eq!(bytes("taskmanager.memory.task.heap.size"), memory.task_heap, "{}", recording.file);
            assert_eq!(bytes("taskmanager.memory.managed.size"), memory.managed);
            assert_eq!(bytes("taskmanager.memory.network.max"), memory.network);
            assert_eq!(bytes("taskmanager.memory.jvm-overhead.max"), memory.overhead);
            assert_eq!(bytes("jobmanager.memory.heap.size"), job_manager.heap);
            assert_eq!(bytes("jobmanager.memory.jvm-overhead.max"), job_manager.overhead);
            let env = container["env"].as_array().unwrap();
            let flags = env.iter().find(|item| item["name"] == "FLINK_TM_JVM_MEM_OPTS").unwrap();
            let (heap, direct, metaspace) = (memory.heap(), memory.direct(), memory.metaspace);
            assert_eq!(
                flags["value"],
                format!("-Xmx{heap} -Xms{heap} -XX:MaxDirectMemorySize={direct} -XX:MaxMetaspaceSize={metaspace}")
            );
            let mebibytes = format!("{}Mi", memory.process() >> 20);
            assert_eq!(container["resources"]["requests"]["memory"], Value::from(mebibytes));
            pods += 1;
        }
    }
    assert!(pods > 40, "{pods}");
}

/// The two recordings were started with `-D '$internal.application.program-args=…'` by hand, and the program saw
/// exactly these arguments: ours is the same line.
#[test]
fn arguments_that_the_file_cannot_carry_are_those_that_arrived() {
    let all = recordings();
    let mut seen = 0;
    for recording in all.iter().filter(|recording| recording.file.ends_with("-jm-dynargs")) {
        let mut description = configured(recording, &all);
        let Mode::Application(application) = &mut description.mode else {
            panic!("an application")
        };
        assert!(matches!(application.program, Program::Jar { .. }));
        application.arguments = ["finish", "a # b", "c;d"].map(str::to_owned).to_vec();
        let made = manifests(&description).unwrap();
        let line = &made.deployment["spec"]["template"]["spec"]["containers"][0]["args"][2];
        assert_eq!(
            line,
            r"kubernetes-jobmanager.sh kubernetes-application -D '$internal.application.program-args=finish;a # b;'\''c;d'\'''"
        );
        let pods = recording.posted();
        let pod = pods.iter().find(|object| object["kind"] == "Pod").unwrap();
        let arrived = pod["spec"]["containers"][0]["args"][2].as_str().unwrap();
        assert!(
            arrived.contains(r"-D$internal.application.program-args='finish;a # b;'\''c;d'\'''"),
            "{arrived}"
        );
        seen += 1;
    }
    assert_eq!(seen, 2);
}
