//! The sandbox that a planner worker runs in.

use std::ffi::OsString;

/// Why a sandboxed program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The arguments are not `SCRATCH [--read PATH]… -- PROGRAM [ARGUMENT]…`.
    #[error("expected: sandbox SCRATCH [--read PATH]... -- PROGRAM [ARGUMENT]...")]
    Arguments,
    /// The program could not be started.
    #[error("cannot start {program}: {cause}")]
    Start {
        /// Which program.
        program: String,
        /// Why.
        cause: String,
    },
}

/// Gives up what the calling process does not need, then becomes the program named behind `--`. Returns only when
/// that fails. Must be called before the process has a second thread.
pub fn run(args: &[OsString]) -> SandboxError {
    let _ = args;
    SandboxError::Arguments
}
