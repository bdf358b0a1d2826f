//! One installation of a version at a time, over all processes.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use domain::ports::{PortError, Progress};
use nix::fcntl::{Flock, FlockArg};

use crate::room;

/// How often a waiting installation tries again.
const PAUSE: Duration = Duration::from_millis(500);

/// Takes the lock of a file, waiting for whoever has it; given back when it is dropped, also by a crash.
pub async fn take(path: &Path, what: &str, progress: Progress<'_>) -> Result<Flock<File>, PortError> {
    let mut said = false;
    loop {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|error| room::fault(path, &error))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(lock),
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => {
                if !said {
                    progress(&format!("Waiting: {what} is being installed by another process"), None);
                    said = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err((_, error)) => return Err(PortError::GiveUp(format!("{} cannot be locked: {error}", path.display()))),
        }
    }
}
