//! Flink's memory model: from the configuration to the sizes of a JobManager's and a TaskManager's parts.
//!
//! As Flink computes it itself, to the byte: whoever creates a container without Flink's client must know the
//! total. The three ways in are, in this order: the parts that the role requires (`heap.size`, or `task.heap.size`
//! with `managed.size`), `flink.size`, `process.size`. Shares are multiplied in decimals, from a 32-bit fraction, and
//! cut down to whole bytes. Held against the classes of eight versions (crates/domain/tests/golden/memory).

use crate::flink_configuration::Configuration;
use crate::flink_version::VersionNumber;

mod job_manager;
mod overhead;
mod range;
mod size;
mod task_manager;

pub use job_manager::JobManagerMemory;
pub use size::{parse as parse_size, show as show_size};
pub use task_manager::TaskManagerMemory;

/// What is wrong with the memory settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MemoryFault {
    /// The key to change.
    pub key: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Reads one role's settings.
#[derive(Clone, Copy)]
struct Settings<'a> {
    configuration: &'a Configuration,
    /// `jobmanager.memory.` or `taskmanager.memory.`
    prefix: &'static str,
    version: VersionNumber,
}

impl Settings<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn fault(&self, name: &str, message: String) -> MemoryFault {
        MemoryFault {
            key: self.key(name),
            message,
        }
    }

    /// A size that is given, in bytes.
    fn given(&self, name: &str) -> Result<Option<u64>, MemoryFault> {
        self.size_of(&self.key(name))
    }

    fn size_of(&self, key: &str) -> Result<Option<u64>, MemoryFault> {
        let Some(text) = self.configuration.text(key) else {
            return Ok(None);
        };
        size::parse(&text).map(Some).ok_or_else(|| MemoryFault {
            key: key.to_owned(),
            message: format!("'{text}' is not a memory size: expected a whole number and a unit, such as 512m or 2g"),
        })
    }

    /// The total of the process; up to 1.20 an old key for the heap stands for it.
    fn process(&self, old: [&str; 2]) -> Result<Option<u64>, MemoryFault> {
        let [size, mebibytes] = old;
        if let Some(given) = self.given("process.size")? {
            return Ok(Some(given));
        }
        if self.version.at_least(2, 0) {
            return Ok(None);
        }
        if let Some(given) = self.size_of(size)? {
            return Ok(Some(given));
        }
        let Some(text) = self.configuration.text(mebibytes) else {
            return Ok(None);
        };
        let number = text.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(1 << 20));
        number.map(Some).ok_or_else(|| MemoryFault {
            key: mebibytes.to_owned(),
            message: format!("'{text}' is not a number of MiB"),
        })
    }

    fn nothing_given(&self, parts: &str) -> MemoryFault {
        self.fault(
            "process.size",
            format!(
                "the memory is not set: give '{0}process.size', '{0}flink.size' or {parts}",
                self.prefix
            ),
        )
    }
}
