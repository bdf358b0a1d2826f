//! Memory of a TaskManager.

use super::range::Range;
use super::{Configuration, MemoryFault, Settings, VersionNumber, size};

const FRAMEWORK: u64 = 128 << 20;
const LEAST_NETWORK: u64 = 64 << 20;
const BUFFERS: &str = "taskmanager.network.numberOfBuffers";

/// Sizes of a TaskManager, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskManagerMemory {
    /// Heap of Flink itself.
    pub framework_heap: u64,
    /// Off the heap, of Flink itself.
    pub framework_off_heap: u64,
    /// Heap of the tasks.
    pub task_heap: u64,
    /// Off the heap, of the tasks.
    pub task_off_heap: u64,
    /// Buffers between tasks.
    pub network: u64,
    /// State backends, sorting, Python.
    pub managed: u64,
    /// The JVM's metaspace (`-XX:MaxMetaspaceSize`).
    pub metaspace: u64,
    /// What the JVM needs besides.
    pub overhead: u64,
}

impl TaskManagerMemory {
    /// Computes the sizes.
    ///
    /// # Errors
    /// Sizes that are none, that contradict each other, or that leave nothing for the tasks.
    pub fn of(configuration: &Configuration, version: VersionNumber) -> Result<Self, MemoryFault> {
        let settings = Settings {
            configuration,
            prefix: "taskmanager.memory.",
            version,
        };
        let process = settings.process(["taskmanager.heap.size", "taskmanager.heap.mb"])?;
        let flink = settings.given("flink.size")?;
        let mut memory = settings.fixed_parts()?;
        let task_heap = settings.given("task.heap.size")?;
        if let (Some(task_heap), Some(managed)) = (task_heap, settings.managed_size()?) {
            (memory.task_heap, memory.managed) = (task_heap, managed);
            memory.network = match flink {
                Some(flink) => settings.network_left(&memory, flink)?,
                None => settings.network()?.on_top_of(memory.flink()),
            };
            memory.overhead = settings.on_top(memory.flink(), memory.metaspace, process)?;
        } else if let Some(flink) = flink {
            settings.divide_flink(&mut memory, flink, task_heap)?;
            memory.overhead = settings.on_top(flink, memory.metaspace, process)?;
        } else if let Some(process) = process {
            let (flink, overhead) = settings.divide(process, memory.metaspace)?;
            memory.overhead = overhead;
            settings.divide_flink(&mut memory, flink, task_heap)?;
        } else {
            return Err(settings.nothing_given("'taskmanager.memory.task.heap.size' with 'taskmanager.memory.managed.size'"));
        }
        Ok(memory)
    }

    /// The JVM's heap (`-Xmx`, `-Xms`).
    #[must_use]
    pub const fn heap(&self) -> u64 {
        self.framework_heap.saturating_add(self.task_heap)
    }

    /// The JVM's direct memory (`-XX:MaxDirectMemorySize`).
    #[must_use]
    pub const fn direct(&self) -> u64 {
        self.framework_off_heap
            .saturating_add(self.task_off_heap)
            .saturating_add(self.network)
    }

    /// All of Flink's memory.
    #[must_use]
    pub const fn flink(&self) -> u64 {
        self.heap().saturating_add(self.direct()).saturating_add(self.managed)
    }

    /// The whole process: what its container must have.
    #[must_use]
    pub const fn process(&self) -> u64 {
        self.flink().saturating_add(self.metaspace).saturating_add(self.overhead)
    }
}

/// How large the network's memory may be, or must be.
#[derive(Clone, Copy)]
enum Network {
    Range(Range),
    /// A number of buffers (up to 1.20).
    Exactly(u64),
}

impl Network {
    fn of(self, flink: u64) -> u64 {
        match self {
            Self::Range(range) => range.of(flink),
            Self::Exactly(bytes) => bytes,
        }
    }

    fn on_top_of(self, rest: u64) -> u64 {
        match self {
            Self::Range(range) => range.on_top_of(rest),
            Self::Exactly(bytes) => bytes,
        }
    }
}

impl Settings<'_> {
    fn fixed_parts(&self) -> Result<TaskManagerMemory, MemoryFault> {
        Ok(TaskManagerMemory {
            framework_heap: self.given("framework.heap.size")?.unwrap_or(FRAMEWORK),
            framework_off_heap: self.given("framework.off-heap.size")?.unwrap_or(FRAMEWORK),
            task_heap: 0,
            task_off_heap: self.given("task.off-heap.size")?.unwrap_or(0),
            network: 0,
            managed: 0,
            metaspace: self.metaspace()?,
            overhead: 0,
        })
    }

    /// The managed memory if it is given as a size; its old key is read by every version.
    fn managed_size(&self) -> Result<Option<u64>, MemoryFault> {
        Ok(self.given("managed.size")?.or(self.given("size")?))
    }

    fn divide_flink(&self, memory: &mut TaskManagerMemory, flink: u64, task_heap: Option<u64>) -> Result<(), MemoryFault> {
        memory.managed = match self.managed_size()? {
            Some(size) => size,
            None => {
                let fraction = self.fraction(&self.key("managed.fraction"))?;
                size::share(flink, fraction.unwrap_or_else(|| f64::from(0.4_f32)))
            }
        };
        if let Some(task_heap) = task_heap {
            memory.task_heap = task_heap;
            memory.network = self.network_left(memory, flink)?;
        } else {
            memory.network = self.network()?.of(flink);
            memory.task_heap = self.left("task.heap.size", memory, flink)?;
        }
        Ok(())
    }

    /// What the other parts leave of Flink's memory.
    fn left(&self, part: &str, memory: &TaskManagerMemory, flink: u64) -> Result<u64, MemoryFault> {
        flink.checked_sub(memory.flink()).ok_or_else(|| {
            self.fault(
                part,
                format!(
                    "the parts of the TaskManager's memory ({}: framework {} + {}, tasks {} + {}, network {}, managed {}) are more than Flink's \
                     memory ({}): give at least {} more, or make a part smaller",
                    size::show(memory.flink()),
                    size::show(memory.framework_heap),
                    size::show(memory.framework_off_heap),
                    size::show(memory.task_heap),
                    size::show(memory.task_off_heap),
                    size::show(memory.network),
                    size::show(memory.managed),
                    size::show(flink),
                    size::show((memory.flink() - flink).div_ceil(1 << 20).saturating_mul(1 << 20))
                ),
            )
        })
    }

    /// The network's memory as what is left, which must be what its own keys allow.
    fn network_left(&self, memory: &TaskManagerMemory, flink: u64) -> Result<u64, MemoryFault> {
        let left = self.left("flink.size", memory, flink)?;
        let fault = |wanted: String| {
            self.fault(
                "flink.size",
                format!(
                    "{} are left for the network's memory, which must be {wanted}: change the heap of the tasks, the managed memory or Flink's memory",
                    size::show(left)
                ),
            )
        };
        match self.network()? {
            Network::Range(range) if !range.holds(left) => {
                Err(fault(format!("from {} to {}", size::show(range.least), size::show(range.most))))
            }
            Network::Exactly(bytes) if bytes != left => Err(fault(size::show(bytes))),
            _ => Ok(left),
        }
    }

    fn network(&self) -> Result<Network, MemoryFault> {
        let either = |name: &str| (self.key(&format!("network.{name}")), format!("taskmanager.network.memory.{name}"));
        let size = |name: &str| {
            let (key, old) = either(name);
            Ok::<_, MemoryFault>(self.size_of(&key)?.or(self.size_of(&old)?))
        };
        let (fraction, old) = either("fraction");
        let share = self.fraction(&fraction)?.or(self.fraction(&old)?);
        let (least, most) = (size("min")?, size("max")?);
        let buffers = self.configuration.text(BUFFERS).filter(|_| !self.version.at_least(2, 0));
        if let (Some(buffers), None, None, None) = (buffers, least, most, share) {
            let page = self.given("segment-size")?.unwrap_or(32 << 10);
            let bytes = buffers.trim().parse::<u64>().ok().and_then(|buffers| buffers.checked_mul(page));
            return bytes.map(Network::Exactly).ok_or_else(|| MemoryFault {
                key: BUFFERS.to_owned(),
                message: format!("'{buffers}' is not a number of buffers"),
            });
        }
        // Without a limit since 1.17.
        let unlimited = if self.version.at_least(1, 17) {
            i64::MAX.unsigned_abs()
        } else {
            1 << 30
        };
        let range = self.range("network", least.unwrap_or(LEAST_NETWORK), most.unwrap_or(unlimited), share)?;
        Ok(Network::Range(range))
    }
}
