//! Which workers there are: at most so many at a time, one for each key (a distribution and its jars).
//!
//! Who wants to check holds the key's slot; the worker in it serves one request at a time. When all slots are taken
//! by other keys, the one that was not used for longest gives way, or the asker waits until one is free. Slots
//! without work are closed after a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::worker::Worker;

/// The slots of a pool.
#[derive(Debug)]
pub(crate) struct Slots {
    most: usize,
    idle: Duration,
    /// Least recently used first.
    table: Mutex<Vec<(String, Arc<Slot>)>>,
    freed: Notify,
}

/// A place for one worker.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The worker, when one runs.
    pub worker: tokio::sync::Mutex<Option<Worker>>,
    used: Mutex<Instant>,
}

/// The right to use a slot; it is neither given to another key nor closed meanwhile.
#[derive(Debug)]
pub(crate) struct Held {
    slot: Option<Arc<Slot>>,
    slots: Arc<Slots>,
}

impl Slots {
    /// Slots for at most so many workers, closed after so long without work. Needs a Tokio runtime.
    pub fn new(most: usize, idle: Duration) -> Arc<Self> {
        Arc::new(Self {
            most: most.max(1),
            idle,
            table: Mutex::new(Vec::new()),
            freed: Notify::new(),
        })
    }

    fn table(&self) -> MutexGuard<'_, Vec<(String, Arc<Slot>)>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the slot of a key, waiting while all slots are held by other keys.
    pub async fn hold(self: &Arc<Self>, key: &str) -> Held {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Listening before looking: a slot that is freed in between still wakes us.
            freed.as_mut().enable();
            if let Some(held) = self.try_hold(key) {
                return held;
            }
            freed.await;
        }
    }

    fn try_hold(self: &Arc<Self>, key: &str) -> Option<Held> {
        let mut table = self.table();
        let known = table.iter().position(|(other, _)| other == key);
        if known.is_none() && table.len() >= self.most {
            let free = table.iter().position(|(_, slot)| Arc::strong_count(slot) == 1)?;
            close(table.remove(free).1);
        }
        let slot = match known {
            Some(at) => table.remove(at).1,
            None => Arc::new(Slot {
                worker: tokio::sync::Mutex::new(None),
                used: Mutex::new(Instant::now()),
            }),
        };
        table.push((key.to_owned(), Arc::clone(&slot)));
        if known.is_none() && table.len() == 1 {
            tokio::spawn(close_idle(Arc::downgrade(self), self.idle));
        }
        Some(Held {
            slot: Some(slot),
            slots: Arc::clone(self),
        })
    }

    /// Closes what nobody holds and was not used for the given time; answers how many slots are left.
    fn sweep(&self, unused: Duration) -> usize {
        let mut table = self.table();
        let mut at = 0;
        while let Some((_, slot)) = table.get(at) {
            if Arc::strong_count(slot) == 1 && slot.unused() >= unused {
                close(table.remove(at).1);
            } else {
                at += 1;
            }
        }
        table.len()
    }

    /// Closes all slots that nobody holds.
    pub async fn close_all(&self) {
        let slots: Vec<Arc<Slot>> = self.table().drain(..).map(|(_, slot)| slot).collect();
        for slot in slots {
            let worker = slot.worker.lock().await.take();
            if let Some(worker) = worker {
                worker.stop().await;
            }
        }
    }
}

impl Slot {
    fn unused(&self) -> Duration {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

impl Held {
    /// The slot.
    pub fn slot(&self) -> Option<&Slot> {
        self.slot.as_deref()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            *slot.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        self.slots.freed.notify_waiters();
    }
}

/// Ends the worker of a slot in the background.
fn close(slot: Arc<Slot>) {
    tokio::spawn(async move {
        let worker = slot.worker.lock().await.take();
        if let Some(worker) = worker {
            worker.stop().await;
        }
    });
}

/// Closes slots without work from time to time; ends when none is left (the next one starts it again).
async fn close_idle(slots: Weak<Slots>, idle: Duration) {
    let pause = (idle / 4).clamp(Duration::from_millis(20), Duration::from_secs(30));
    loop {
        tokio::time::sleep(pause).await;
        match slots.upgrade() {
            Some(slots) if slots.sweep(idle) > 0 => {}
            _ => return,
        }
    }
}
