//! A fault for tests, in debug builds only: `STREAMWRIGHT_CRASH=before:N` or `after:N`, read when the
//! store is opened, ends this process at once (as `kill -9` would) right before or right after the N-th
//! committed engine write. Engine writes are those of `commit`, `request_operation` and
//! `request_cluster` that changed something; sessions, drafts and commits of nothing but looks do not count.
//! `step:N` ends it when the N-th step of the schema was made, right before its commit.

use std::sync::atomic::{AtomicU64, Ordering};

/// Where to crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing of the N-th write is in the database.
    Before(u64),
    /// All of it is, and nobody was told.
    After(u64),
    /// The N-th step of the schema was made and not yet committed.
    Step(u64),
}

/// Counts engine writes and ends the process at the wanted one.
#[derive(Debug, Default)]
pub(crate) struct Crash {
    moment: Option<Moment>,
    writes: AtomicU64,
}

impl Crash {
    /// The hook as the environment asks for it; none in release builds.
    #[allow(clippy::disallowed_methods, reason = "a fault for tests, which only they set")]
    pub(crate) fn from_environment() -> Self {
        let wanted = if cfg!(debug_assertions) {
            std::env::var("STREAMWRIGHT_CRASH").ok()
        } else {
            None
        };
        Self {
            moment: wanted.as_deref().and_then(read),
            writes: AtomicU64::new(0),
        }
    }

    /// Called right before a commit; the number of this write is given to [`Self::after`].
    pub(crate) fn before(&self) -> u64 {
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if self.moment == Some(Moment::Before(number)) {
            std::process::abort();
        }
        number
    }

    /// Called when a step of the schema has been made, before its commit.
    pub(crate) fn in_step(&self, number: u64) {
        if self.moment == Some(Moment::Step(number)) {
            std::process::abort();
        }
    }

    /// Called right after a commit.
    pub(crate) fn after(&self, number: u64) {
        if self.moment == Some(Moment::After(number)) {
            std::process::abort();
        }
    }
}

/// Reads `before:N` or `after:N`.
fn read(text: &str) -> Option<Moment> {
    let (when, number) = text.split_once(':')?;
    let number = number.parse().ok()?;
    match when {
        "before" => Some(Moment::Before(number)),
        "after" => Some(Moment::After(number)),
        "step" => Some(Moment::Step(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_moment() {
        assert_eq!(read("before:3"), Some(Moment::Before(3)));
        assert_eq!(read("after:1"), Some(Moment::After(1)));
        assert_eq!(read("during:1"), None);
        assert_eq!(read("after:x"), None);
    }
}
