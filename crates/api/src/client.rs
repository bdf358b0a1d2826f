//! Where a request comes from. [`address`] is the only place that decides it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::Extensions;
use http::request::Parts;

use crate::app::App;
use crate::problem::Problem;

/// The network address of whoever sent a request, when the server knows it: the other end of the connection.
#[must_use]
pub fn address(extensions: &Extensions) -> Option<IpAddr> {
    let known: Option<&ConnectInfo<SocketAddr>> = extensions.get();
    known.map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// Where a request comes from, when the server knows it.
pub struct Client(Option<IpAddr>);

impl FromRequestParts<App> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Ok(Self(address(&parts.extensions)))
    }
}

impl Client {
    /// Whether it is this host.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.is_some_and(|address| address.is_loopback())
    }

    /// The address.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.0
    }
}
