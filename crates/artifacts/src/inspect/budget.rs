//! How much an archive may unpack to.

use domain::ports::PortError;

use super::refused;

/// Most entries, nested ones included: the largest jars of cloud vendors have 300,000.
const MOST_ENTRIES: u64 = 500_000;
/// However small the file, so much it may unpack to (64 MiB).
const ALWAYS: u64 = 64 << 20;
/// However large the file, more it may not unpack to (16 GiB).
const NEVER: u64 = 16 << 30;
/// Jars unpack to three times their size; text to twenty times.
const RATIO: u64 = 200;
/// Archives within archives: a job's jar with libraries inside, and one more.
const DEEPEST: u32 = 2;

/// What is left of what an archive may unpack to.
#[derive(Debug)]
pub struct Budget {
    entries: u64,
    bytes: u64,
    whole: u64,
    depth: u32,
}

impl Budget {
    /// For a file of a length.
    pub fn of(length: u64) -> Self {
        let bytes = length.saturating_mul(RATIO).clamp(ALWAYS, NEVER);
        Self {
            entries: MOST_ENTRIES,
            bytes,
            whole: bytes,
            depth: 0,
        }
    }

    /// Takes entries.
    pub fn entries(&mut self, count: u64) -> Result<(), PortError> {
        match self.entries.checked_sub(count) {
            Some(left) => self.entries = left,
            None => return Err(refused(format!("it has more than {MOST_ENTRIES} entries"))),
        }
        Ok(())
    }

    /// Whether so many bytes are left.
    pub fn has(&self, name: &str, bytes: u64) -> Result<(), PortError> {
        if bytes > self.bytes {
            return Err(refused(format!(
                "with its entry '{name}' it unpacks to more than {} MiB: archives that grow so much are bombs",
                self.whole >> 20
            )));
        }
        Ok(())
    }

    /// Takes bytes that were unpacked.
    pub fn bytes(&mut self, name: &str, bytes: u64) -> Result<(), PortError> {
        self.has(name, bytes)?;
        self.bytes -= bytes;
        Ok(())
    }

    /// Goes into an archive inside.
    pub fn enter(&mut self, name: &str) -> Result<(), PortError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(refused(format!(
                "its entry '{name}' is an archive in an archive in an archive: {DEEPEST} levels are the most"
            )));
        }
        Ok(())
    }

    /// Comes out of it.
    pub fn leave(&mut self) {
        self.depth -= 1;
    }
}
