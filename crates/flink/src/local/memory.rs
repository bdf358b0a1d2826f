//! Memory of local JVMs: from the configuration to the JVM's flags.
//!
//! Flink's start scripts compute this in an extra JVM. Without them every part must be set by hand
//! (`cpu.cores`, `framework.heap`, `task.heap`, `task.off-heap`, `network.min` = `network.max`, `managed`), or
//! the TaskManager refuses to start. Defaults are modest and grow with the slots; a user's part is kept, and a
//! user's total (`process.size`, `flink.size`) is divided into parts here. All sizes in bytes.

use std::collections::BTreeMap;

use domain::flink_memory::parse_size;
use domain::ports::PortError;

/// One mebibyte.
const MIB: u64 = 1 << 20;
/// A task heap below this runs nothing useful.
const LEAST_TASK_HEAP: u64 = 32 * MIB;

/// Sizes for the flags of a JVM, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JvmSizes {
    /// `-Xmx`
    pub heap: u64,
    /// `-XX:MaxDirectMemorySize`
    pub direct: Option<u64>,
    /// `-XX:MaxMetaspaceSize`
    pub metaspace: u64,
}

/// Completes the JobManager's memory in the configuration.
pub fn job_manager(configuration: &mut BTreeMap<String, String>) -> Result<JvmSizes, PortError> {
    let mut memory = Memory {
        configuration,
        prefix: "jobmanager.memory.",
    };
    // A session cluster loads the classes of many jobs and plans their SQL.
    let metaspace = memory.part("jvm-metaspace.size", 256 * MIB)?;
    let off_heap = memory.part("off-heap.size", 128 * MIB)?;
    let total = memory.flink_size(metaspace)?;
    let rest = memory.rest(total, &[off_heap], 384 * MIB)?;
    let heap = memory.part("heap.size", rest)?;
    Ok(JvmSizes {
        heap,
        direct: None,
        metaspace,
    })
}

/// Completes a TaskManager's memory in the configuration.
pub fn task_manager(configuration: &mut BTreeMap<String, String>, slots: u32) -> Result<JvmSizes, PortError> {
    configuration
        .entry("taskmanager.cpu.cores".to_owned())
        .or_insert_with(|| format!("{slots}.0"));
    let slots = u64::from(slots);
    let mut memory = Memory {
        configuration,
        prefix: "taskmanager.memory.",
    };
    let metaspace = memory.part("jvm-metaspace.size", 256 * MIB)?;
    let total = memory.flink_size(metaspace)?;
    let framework = memory.part("framework.heap.size", 64 * MIB)?;
    let framework_off_heap = memory.part("framework.off-heap.size", 64 * MIB)?;
    let task_off_heap = memory.part("task.off-heap.size", 0)?;
    let network = memory.network(total.map_or((32 + 8 * slots) * MIB, |total| (total / 10).clamp(64 * MIB, 1024 * MIB)))?;
    let managed = memory.part("managed.size", total.map_or(32 * slots * MIB, |total| total / 10 * 4))?;
    let rest = memory.rest(
        total,
        &[framework, framework_off_heap, task_off_heap, network, managed],
        (128 + 64 * slots) * MIB,
    )?;
    let task = memory.part("task.heap.size", rest)?;
    // Only shown, but without it the TaskManager does not start.
    let overhead = memory.overhead(64 * MIB)?;
    let parts = [
        framework,
        framework_off_heap,
        task_off_heap,
        network,
        managed,
        task,
        metaspace,
        overhead,
    ];
    memory.set("process.size", parts.iter().sum());
    Ok(JvmSizes {
        heap: framework + task,
        direct: Some(framework_off_heap + task_off_heap + network),
        metaspace,
    })
}

struct Memory<'a> {
    configuration: &'a mut BTreeMap<String, String>,
    prefix: &'static str,
}

impl Memory<'_> {
    fn given(&self, name: &str) -> Result<Option<u64>, PortError> {
        let key = format!("{}{name}", self.prefix);
        let Some(text) = self.configuration.get(&key) else {
            return Ok(None);
        };
        parse_size(text).map(Some).ok_or_else(|| PortError::Refused {
            status: None,
            message: format!("'{text}' is not a memory size for '{key}': expected something like 512m or 1g"),
        })
    }

    /// A part: the user's, else ours, which then stands in the configuration.
    fn part(&mut self, name: &str, ours: u64) -> Result<u64, PortError> {
        if let Some(given) = self.given(name)? {
            return Ok(given);
        }
        self.set(name, ours);
        Ok(ours / MIB * MIB)
    }

    fn set(&mut self, name: &str, bytes: u64) {
        self.configuration
            .insert(format!("{}{name}", self.prefix), format!("{}m", bytes / MIB));
    }

    /// Network memory must have one size.
    fn network(&mut self, ours: u64) -> Result<u64, PortError> {
        let size = self.given("network.max")?.or(self.given("network.min")?).unwrap_or(ours);
        self.set("network.min", size);
        self.set("network.max", size);
        Ok(size / MIB * MIB)
    }

    /// What the JVM needs besides, in one size.
    fn overhead(&mut self, ours: u64) -> Result<u64, PortError> {
        let size = self.given("jvm-overhead.max")?.or(self.given("jvm-overhead.min")?).unwrap_or(ours) / MIB * MIB;
        self.set("jvm-overhead.min", size);
        self.set("jvm-overhead.max", size);
        Ok(size)
    }

    /// The user's total without what the JVM itself needs. The total is taken out of the configuration: its
    /// parts say the same.
    fn flink_size(&mut self, metaspace: u64) -> Result<Option<u64>, PortError> {
        let flink = self.given("flink.size")?;
        let process = self.given("process.size")?;
        let total = match (flink, process) {
            (Some(flink), _) => Some(flink),
            (None, Some(process)) => {
                let overhead = self.overhead((process / 10).clamp(64 * MIB, 1024 * MIB))?;
                Some(process.saturating_sub(metaspace).saturating_sub(overhead))
            }
            (None, None) => None,
        };
        for name in ["flink.size", "process.size"] {
            self.configuration.remove(&format!("{}{name}", self.prefix));
        }
        Ok(total)
    }

    fn rest(&self, total: Option<u64>, parts: &[u64], ours: u64) -> Result<u64, PortError> {
        let Some(total) = total else { return Ok(ours) };
        let taken: u64 = parts.iter().fold(0, |sum, part| sum.saturating_add(*part));
        let rest = total.saturating_sub(taken);
        if rest >= LEAST_TASK_HEAP {
            return Ok(rest);
        }
        Err(PortError::Refused {
            status: None,
            message: format!(
                "the memory that '{}process.size' or '{0}flink.size' gives leaves {} MiB for the heap: give at least {} MiB more, or make its parts smaller",
                self.prefix,
                rest / MIB,
                (LEAST_TASK_HEAP + taken).saturating_sub(total).div_ceil(MIB)
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn all_parts_are_set() {
        let mut configuration = BTreeMap::new();
        let sizes = task_manager(&mut configuration, 4).unwrap();
        assert_eq!(
            sizes,
            JvmSizes {
                heap: 448 * MIB,
                direct: Some(128 * MIB),
                metaspace: 256 * MIB
            }
        );
        assert_eq!(configuration["taskmanager.cpu.cores"], "4.0");
        assert_eq!(
            configuration["taskmanager.memory.network.min"],
            configuration["taskmanager.memory.network.max"]
        );
        for part in [
            "framework.heap.size",
            "framework.off-heap.size",
            "task.heap.size",
            "task.off-heap.size",
            "managed.size",
        ] {
            assert!(configuration.contains_key(&format!("taskmanager.memory.{part}")), "{part}");
        }
    }

    #[test]
    fn a_total_is_divided_and_a_part_is_kept() {
        let mut configuration = given(&[
            ("taskmanager.memory.process.size", "1728m"),
            ("taskmanager.memory.managed.size", "100m"),
        ]);
        let sizes = task_manager(&mut configuration, 2).unwrap();
        assert_eq!(configuration["taskmanager.memory.managed.size"], "100m");
        let direct = sizes.direct.unwrap();
        let overhead = 172 * MIB;
        assert_eq!(sizes.heap + direct + 100 * MIB + sizes.metaspace + overhead, 1728 * MIB);
        let mut small = given(&[("taskmanager.memory.process.size", "400m")]);
        assert!(matches!(task_manager(&mut small, 2), Err(PortError::Refused { message, .. }) if message.contains("at least")));
        let mut odd = given(&[("jobmanager.memory.heap.size", "lots")]);
        assert!(matches!(job_manager(&mut odd), Err(PortError::Refused { .. })));
    }

    #[test]
    fn a_job_managers_heap_follows_its_total() {
        let mut configuration = given(&[("jobmanager.memory.process.size", "1600m")]);
        let sizes = job_manager(&mut configuration).unwrap();
        assert_eq!(sizes.heap, 1600 * MIB - 256 * MIB - 128 * MIB - 160 * MIB);
    }
}
