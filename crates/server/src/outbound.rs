//! The clients for calls that leave this host: no proxies, no redirects, a bound on every request. Addresses that users
//! typed go through [`Gate`], which judges the address that a connection is really made to.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::network::{Network, allowed};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::failure::Failure;

/// A client whose requests end after `timeout`, for addresses that the caller owns.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client(timeout: Duration) -> Result<reqwest::Client, Failure> {
    built(builder(timeout))
}

#[allow(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("streamwright/", env!("CARGO_PKG_VERSION")))
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Failure> {
    builder
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

/// Lets connections to the open internet through, and those to what the platform allows.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Vec<Network>>);

impl Gate {
    /// A gate that also lets these networks through.
    #[must_use]
    pub fn new(allow: Vec<Network>) -> Self {
        Self(Arc::new(allow))
    }

    /// Whether this address may be connected to.
    #[must_use]
    pub fn lets(&self, address: IpAddr) -> bool {
        allowed(address, &self.0)
    }

    /// The addresses of a host that may be connected to. The connection is made to one of these and the name is not looked
    /// up again, so that a name server cannot change its mind in between.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let found = tokio::net::lookup_host((host, port))
            .await
            .map_err(|error| format!("the name {host} cannot be looked up: {error}"))?;
        let found: Vec<SocketAddr> = found.collect();
        let let_through: Vec<SocketAddr> = found.iter().copied().filter(|address| self.lets(address.ip())).collect();
        if let_through.is_empty() && !found.is_empty() {
            return Err(format!(
                "{host} leads inside this network, which messages may not: an administrator can allow its address with --allow-inside"
            ));
        }
        Ok(let_through)
    }

    /// A client whose every connection goes through this gate. Addresses without a name are to be asked with
    /// [`Self::lets`] before: nobody looks those up.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn client(&self, timeout: Duration) -> Result<reqwest::Client, Failure> {
        built(builder(timeout).no_proxy().dns_resolver(Arc::new(self.clone())))
    }
}

impl Resolve for Gate {
    fn resolve(&self, name: Name) -> Resolving {
        let (gate, host) = (self.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let found = Self::resolve(&gate, &host, 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
