//! Memory of a JobManager.

use super::{Configuration, MemoryFault, Settings, VersionNumber, size};

const OFF_HEAP: u64 = 128 << 20;

/// Sizes of a JobManager, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobManagerMemory {
    /// The JVM's heap (`-Xmx`, `-Xms`).
    pub heap: u64,
    /// Off the heap.
    pub off_heap: u64,
    /// The JVM's metaspace (`-XX:MaxMetaspaceSize`).
    pub metaspace: u64,
    /// What the JVM needs besides.
    pub overhead: u64,
}

impl JobManagerMemory {
    /// Computes the sizes.
    ///
    /// # Errors
    /// Sizes that are none, that contradict each other, or that leave nothing for the heap.
    pub fn of(configuration: &Configuration, version: VersionNumber) -> Result<Self, MemoryFault> {
        let settings = Settings {
            configuration,
            prefix: "jobmanager.memory.",
            version,
        };
        let process = settings.process(["jobmanager.heap.size", "jobmanager.heap.mb"])?;
        let flink = settings.given("flink.size")?;
        let metaspace = settings.metaspace()?;
        let (heap, off_heap, overhead);
        if let Some(given) = settings.given("heap.size")? {
            heap = given;
            off_heap = settings.beside_heap(heap, flink)?;
            overhead = settings.on_top(heap.saturating_add(off_heap), metaspace, process)?;
        } else if let Some(flink) = flink {
            (heap, off_heap) = settings.heap_of(flink)?;
            overhead = settings.on_top(flink, metaspace, process)?;
        } else if let Some(process) = process {
            let (flink, rest) = settings.divide(process, metaspace)?;
            (heap, off_heap) = settings.heap_of(flink)?;
            overhead = rest;
        } else {
            return Err(settings.nothing_given("'jobmanager.memory.heap.size'"));
        }
        Ok(Self {
            heap,
            off_heap,
            metaspace,
            overhead,
        })
    }

    /// All of Flink's memory.
    #[must_use]
    pub const fn flink(&self) -> u64 {
        self.heap.saturating_add(self.off_heap)
    }

    /// The whole process: what its container must have.
    #[must_use]
    pub const fn process(&self) -> u64 {
        self.flink().saturating_add(self.metaspace).saturating_add(self.overhead)
    }
}

impl Settings<'_> {
    fn heap_of(&self, flink: u64) -> Result<(u64, u64), MemoryFault> {
        let off_heap = self.given("off-heap.size")?.unwrap_or(OFF_HEAP);
        match flink.checked_sub(off_heap).filter(|heap| *heap > 0) {
            Some(heap) => Ok((heap, off_heap)),
            None => Err(self.fault(
                "off-heap.size",
                format!(
                    "nothing is left for the heap: Flink's memory is {}, of which {} are off the heap; give the JobManager more memory",
                    size::show(flink),
                    size::show(off_heap)
                ),
            )),
        }
    }

    /// What is off the heap beside a given heap.
    fn beside_heap(&self, heap: u64, flink: Option<u64>) -> Result<u64, MemoryFault> {
        let given = self.given("off-heap.size")?;
        let Some(flink) = flink else {
            return Ok(given.unwrap_or(OFF_HEAP));
        };
        let rest = flink.checked_sub(heap).ok_or_else(|| {
            let (heap, flink) = (size::show(heap), size::show(flink));
            self.fault("heap.size", format!("the heap ({heap}) is above Flink's memory ({flink})"))
        })?;
        match given {
            Some(given) if given != rest => Err(self.fault(
                "off-heap.size",
                format!(
                    "{} of heap and {} off the heap are not the {} of 'jobmanager.memory.flink.size': leave one of the three out",
                    size::show(heap),
                    size::show(given),
                    size::show(flink)
                ),
            )),
            _ => Ok(rest),
        }
    }
}
