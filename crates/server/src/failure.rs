//! How a command ends: the exit code and what is said on standard error.

use std::fmt;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    /// Exit code, as `--help` documents them.
    pub code: i32,
    /// What happened, to what, and what to do next. Empty when everything has been said already.
    pub message: String,
}

impl Failure {
    /// The exit code where something needed could not be reached or used.
    pub const UNAVAILABLE: i32 = 3;

    /// It was done and the answer is no.
    pub fn answer_no(message: impl Into<String>) -> Self {
        Self {
            code: 1,
            message: message.into(),
        }
    }

    /// The command line or a file is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
        }
    }

    /// Something needed could not be reached or used.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self {
            code: Self::UNAVAILABLE,
            message: message.into(),
        }
    }

    /// The server refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self {
            code: 4,
            message: message.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl From<domain::ports::PortError> for Failure {
    fn from(error: domain::ports::PortError) -> Self {
        Self::unavailable(error.to_string())
    }
}
