//! Faults of the disk, with what to do about them.

use std::io;
use std::path::Path;

use domain::ports::PortError;

/// What an installation needs at its peak: the download, and what is unpacked from it.
pub const NEEDED: &str = "about 1 GB";

/// A fault of reading or writing a path.
pub fn fault(path: &Path, error: &io::Error) -> PortError {
    let place = path.display();
    PortError::GiveUp(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!(
                "the disk of {place} is full: an installation of Flink needs {NEEDED}; free some room and install again (nothing half-done was kept)"
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!("{place} may not be written by this user: choose another data folder or give it rights there")
        }
        io::ErrorKind::ReadOnlyFilesystem => format!("{place} is on a file system that cannot be written: choose another data folder"),
        _ => format!("{place}: {error}"),
    })
}
