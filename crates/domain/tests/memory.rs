//! The memory model held against Flink's own classes: `golden/memory` holds what they answered, one setting a line.
//!
//! Order of the answers: process, Flink, heap, direct (off-heap), metaspace, overhead; for a TaskManager also the
//! framework's heap and off-heap, the tasks' heap and off-heap, network, managed. The first line names the versions
//! that gave the very same answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use domain::flink_configuration::Configuration;
use domain::flink_memory::{JobManagerMemory, MemoryFault, TaskManagerMemory};
use domain::flink_version::VersionNumber;
use proptest::prelude::*;

const GOLDEN: [&str; 3] = [
    include_str!("golden/memory/1.16.3.txt"),
    include_str!("golden/memory/1.20.5.txt"),
    include_str!("golden/memory/2.3.0.txt"),
];

fn answer(role: &str, configuration: &Configuration, version: VersionNumber) -> Result<Vec<u64>, MemoryFault> {
    if role == "jm" {
        let memory = JobManagerMemory::of(configuration, version)?;
        return Ok(vec![
            memory.process(),
            memory.flink(),
            memory.heap,
            memory.off_heap,
            memory.metaspace,
            memory.overhead,
        ]);
    }
    let memory = TaskManagerMemory::of(configuration, version)?;
    Ok(vec![
        memory.process(),
        memory.flink(),
        memory.heap(),
        memory.direct(),
        memory.metaspace,
        memory.overhead,
        memory.framework_heap,
        memory.framework_off_heap,
        memory.task_heap,
        memory.task_off_heap,
        memory.network,
        memory.managed,
    ])
}

#[test]
fn sizes_are_flinks_own_to_the_byte() {
    let mut differences = String::new();
    let mut compared = 0;
    for golden in GOLDEN {
        let (versions, lines) = golden.split_once('\n').unwrap();
        for version in versions.trim_start_matches("# ").split(' ') {
            for line in lines.lines() {
                let (setting, expected) = line.split_once(" => ").unwrap();
                let mut parts = setting.split('|');
                let role = parts.next().unwrap();
                let configuration: Configuration = parts.map(|part| part.split_once('=').unwrap()).collect();
                let ours = answer(role, &configuration, version.parse().unwrap());
                let shown = ours.as_ref().map_or("ERROR".to_owned(), |sizes| {
                    sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
                });
                if shown != expected {
                    let _ = writeln!(differences, "{version} {setting}\n  ours:  {ours:?}\n  Flink: {expected}");
                }
                if let Err(fault) = &ours {
                    assert!(!fault.key.is_empty() && fault.message.len() > 20, "{fault:?}");
                }
                compared += 1;
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert_eq!(compared, 8 * 102);
}

const PARTS: [&str; 16] = [
    "process.size",
    "flink.size",
    "heap.size",
    "off-heap.size",
    "task.heap.size",
    "managed.size",
    "managed.fraction",
    "network.min",
    "network.max",
    "network.fraction",
    "framework.heap.size",
    "task.off-heap.size",
    "jvm-metaspace.size",
    "jvm-overhead.min",
    "jvm-overhead.max",
    "jvm-overhead.fraction",
];

proptest! {
    /// Whatever is given: sizes that add up to the total that is given, or a fault.
    #[test]
    fn parts_add_up_or_are_refused(
        given in prop::collection::vec((0..PARTS.len(), prop_oneof!["[0-9]{1,20}[bkmgt]?", "0?\\.[0-9]{1,9}", "[1-9][0-9]{1,3}m"]), 0..6),
        minor in 13_u16..21,
    ) {
        for (prefix, role) in [("jobmanager.memory.", "jm"), ("taskmanager.memory.", "tm")] {
            let configuration: Configuration =
                given.iter().map(|(part, value)| (format!("{prefix}{}", PARTS[*part]), value.clone())).collect();
            if let Ok(sizes) = answer(role, &configuration, VersionNumber::new(1, minor, 0)) {
                let total = configuration.text(&format!("{prefix}process.size")).and_then(|text| domain::flink_memory::parse_size(&text));
                prop_assert!(total.is_none_or(|total| total == sizes[0]), "{:?} {:?}", given, sizes);
            }
        }
    }
}
