//! What the JVM needs beside Flink: metaspace, and an overhead that is a share of the whole process.

use super::range::Range;
use super::{MemoryFault, Settings, size};

const METASPACE: u64 = 256 << 20;
const LEAST: u64 = 192 << 20;
const MOST: u64 = 1 << 30;

impl Settings<'_> {
    pub(super) fn metaspace(&self) -> Result<u64, MemoryFault> {
        Ok(self.given("jvm-metaspace.size")?.unwrap_or(METASPACE))
    }

    fn overhead(&self) -> Result<Range, MemoryFault> {
        let least = self.given("jvm-overhead.min")?.unwrap_or(LEAST);
        let most = self.given("jvm-overhead.max")?.unwrap_or(MOST);
        let share = self.fraction(&self.key("jvm-overhead.fraction"))?;
        self.range("jvm-overhead", least, most, share)
    }

    /// Flink's memory and the overhead, of the whole process.
    pub(super) fn divide(&self, process: u64, metaspace: u64) -> Result<(u64, u64), MemoryFault> {
        let overhead = self.overhead()?.of(process);
        let flink = process.checked_sub(metaspace).and_then(|rest| rest.checked_sub(overhead));
        let flink = flink.ok_or_else(|| {
            self.fault(
                "process.size",
                format!(
                    "{} is less than the JVM needs beside Flink: metaspace {} and overhead {}",
                    size::show(process),
                    size::show(metaspace),
                    size::show(overhead)
                ),
            )
        })?;
        Ok((flink, overhead))
    }

    /// The overhead for Flink's memory; where the whole process is given as well, it is what is left.
    pub(super) fn on_top(&self, flink: u64, metaspace: u64, process: Option<u64>) -> Result<u64, MemoryFault> {
        let range = self.overhead()?;
        let needed = flink.saturating_add(metaspace);
        let Some(process) = process else {
            return Ok(range.on_top_of(needed));
        };
        let overhead = process.checked_sub(needed).ok_or_else(|| {
            self.fault(
                "process.size",
                format!(
                    "{} is less than Flink's memory ({}) and the metaspace ({}) that are set: make it at least {}",
                    size::show(process),
                    size::show(flink),
                    size::show(metaspace),
                    size::show(needed.saturating_add(range.least))
                ),
            )
        })?;
        if range.holds(overhead) {
            return Ok(overhead);
        }
        Err(self.fault(
            "process.size",
            format!(
                "{} leaves {} for the JVM's overhead, which must be from {} to {}: change it, or the parts, or the overhead's min and max",
                size::show(process),
                size::show(overhead),
                size::show(range.least),
                size::show(range.most)
            ),
        ))
    }
}
