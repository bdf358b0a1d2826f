//! One life of a program on this host: process id, start time and boot, so that a recycled id is never taken
//! for ours, and signals that can only reach that very process.
//!
//! The start time is field 22 of `/proc/<pid>/stat`, in clock ticks since boot; the boot id tells two boots
//! apart. Signals go through a pidfd (Linux 5.3): it is opened first, the start time is compared after, and
//! from then on it means that process or none.

use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

/// One life of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Process id.
    pub pid: u32,
    /// Start, in clock ticks since boot.
    pub ticks: u64,
    /// The boot it belongs to.
    boot: String,
}

impl Life {
    /// This very process.
    pub fn own() -> io::Result<Self> {
        let pid = std::process::id();
        let (ticks, _) = stat(pid).ok_or_else(|| io::Error::other("/proc does not show this process"))?;
        Ok(Self { pid, ticks, boot: boot() })
    }

    /// The life that a pid file names; none where there is no such file or it is not readable as one.
    pub fn read(file: &Path) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        let mut words = text.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        let ticks = words.next()?.parse().ok()?;
        Some(Self {
            pid,
            ticks,
            boot: words.next().unwrap_or_default().to_owned(),
        })
    }

    /// The text of its pid file.
    pub fn line(&self) -> String {
        format!("{} {} {}\n", self.pid, self.ticks, self.boot)
    }

    /// Whether it goes on. A zombie has ended: it only waits to be collected.
    pub fn alive(&self) -> bool {
        stat(self.pid).is_some_and(|(ticks, state)| ticks == self.ticks && !matches!(state, 'Z' | 'X' | 'x')) && self.boot == boot()
    }

    /// Sends a signal to this process and to no other. No error when it has ended.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else {
            return Ok(());
        };
        let sent = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) if self.alive() => pidfd_send_signal(fd, signal),
            Ok(_) => Ok(()),
            // An old kernel or a sandbox: the gap between look and signal stays, a microsecond wide.
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) if self.alive() => kill_process(pid, signal),
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Start time and state letter of a process. The name in brackets may hold anything, so fields are counted
/// after its last bracket.
fn stat(pid: u32) -> Option<(u64, char)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields = text.rsplit_once(')')?.1;
    let mut words = fields.split_whitespace();
    let state = words.next()?.chars().next()?;
    // The state is field 3, the start time field 22.
    let ticks = words.nth(18)?.parse().ok()?;
    Some((ticks, state))
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_life_is_known_again_by_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        assert_eq!(Life::read(&file), None);
        let own = Life::own().unwrap();
        fs::write(&file, own.line()).unwrap();
        assert_eq!(Life::read(&file), Some(own.clone()));
        assert!(own.alive());
        fs::write(&file, "12").unwrap();
        assert_eq!(Life::read(&file), None);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a process to look at")]
    fn a_recycled_id_is_a_stranger_and_stays_unharmed() {
        let mut stranger = Command::new("sleep").arg("600").spawn().unwrap();
        let (ticks, _) = stat(stranger.id()).unwrap();
        for old in [
            Life {
                pid: stranger.id(),
                ticks: ticks - 1,
                boot: boot(),
            },
            Life {
                pid: stranger.id(),
                ticks,
                boot: "another boot".to_owned(),
            },
        ] {
            assert!(!old.alive());
            old.signal(Signal::KILL).unwrap();
        }
        assert_eq!(stranger.try_wait().unwrap(), None);
        let now = Life {
            pid: stranger.id(),
            ticks,
            boot: boot(),
        };
        assert!(now.alive());
        now.signal(Signal::KILL).unwrap();
        stranger.wait().unwrap();
        assert!(!now.alive());
        now.signal(Signal::KILL).unwrap();
    }
}
