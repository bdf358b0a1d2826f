//! The command line's HTTP client: no proxies, no redirects, a bound on every request.

use std::error::Error;
use std::time::Duration;

use crate::failure::Failure;

/// A client whose requests end after `timeout`.
///
/// # Errors
/// When TLS cannot be set up.
#[allow(clippy::disallowed_methods, reason = "the command line's one client")]
pub fn client(timeout: Duration) -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("streamwright/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Failure::unavailable(format!("no HTTP client: {}", cause(&error))))
}

/// The innermost cause of an error: "connection refused" and not "error sending request".
#[must_use]
pub fn cause(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
