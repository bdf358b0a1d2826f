//! Where a request comes from. A proxy says for whom it speaks with `X-Forwarded-For` and `X-Forwarded-Proto`;
//! that is believed of the proxies that the operator lists, and of nobody else.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::network::Network;
use http::{HeaderMap, HeaderValue, header};

use crate::app::App;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, where it is known.
    pub address: Option<IpAddr>,
    /// Whether the client spoke TLS to a proxy.
    pub secure: bool,
}

/// Where a request that came from `peer` comes from.
#[must_use]
pub fn origin_of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[Network]) -> Origin {
    let believed = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let Some(peer) = peer.filter(|peer| believed(*peer)) else {
        return Origin {
            address: peer.map(|peer| peer.to_canonical()),
            secure: false,
        };
    };
    let mut address = peer;
    // Each proxy adds whom it heard at the end, so the last one that is no proxy of ours is the client.
    for heard in parts(headers, "x-forwarded-for").rev() {
        let Some(heard) = address_of(heard) else { break };
        address = heard;
        if !believed(heard) {
            break;
        }
    }
    Origin {
        address: Some(address.to_canonical()),
        secure: parts(headers, "x-forwarded-proto").next_back() == Some("https"),
    }
}

/// The parts of a header that may come more than once.
fn parts<'a>(headers: &'a HeaderMap, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
    let values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>();
    values
        .into_iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect::<Vec<_>>()
        .into_iter()
}

/// An address, which may have a port.
fn address_of(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Says of each request where it comes from, for everybody who asks for its connection; cookies that go to somebody who speaks TLS are for TLS only.
pub async fn origin(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| *address);
    let port = peer.map_or(0, |peer| peer.port());
    let origin = origin_of(peer.map(|peer| peer.ip()), request.headers(), &app.settings.trusted_proxies);
    // From here on the connection is the client's.
    if let Some(address) = origin.address {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, port)));
    }
    let mut response = next.run(request).await;
    if origin.secure {
        let headers = response.headers_mut().iter_mut();
        headers
            .filter(|(name, _)| **name == header::SET_COOKIE)
            .for_each(|(_, cookie)| secured(cookie));
    }
    response
}

fn secured(cookie: &mut HeaderValue) {
    let with = cookie
        .to_str()
        .ok()
        .filter(|text| !text.contains("; Secure"))
        .map(|text| format!("{text}; Secure"));
    if let Some(value) = with.and_then(|text| HeaderValue::from_str(&text).ok()) {
        *cookie = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_proxies_are_believed() {
        let trusted: Vec<Network> = ["127.0.0.1", "10.0.0.0/8"].iter().map(|text| text.parse().unwrap()).collect();
        let cases: [(&str, &[&str], &str, &str, bool); 10] = [
            // Who is not listed speaks for himself, whatever he says.
            ("203.0.113.9", &["1.2.3.4"], "https", "203.0.113.9", false),
            ("127.0.0.1", &["1.2.3.4"], "https", "1.2.3.4", true),
            ("127.0.0.1", &["1.2.3.4"], "http", "1.2.3.4", false),
            // What the client itself put there comes first and is not reached.
            ("127.0.0.1", &["6.6.6.6, 1.2.3.4, 10.9.9.9"], "https", "1.2.3.4", true),
            ("127.0.0.1", &["6.6.6.6", "1.2.3.4"], "http,https", "1.2.3.4", true),
            ("127.0.0.1", &["10.1.1.1, 10.2.2.2"], "https, http", "10.1.1.1", false),
            ("127.0.0.1", &["1.2.3.4, nonsense"], "", "127.0.0.1", false),
            ("127.0.0.1", &[], "", "127.0.0.1", false),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "", "2001:db8::1", false),
            ("::ffff:127.0.0.1", &["1.2.3.4:99"], "https", "1.2.3.4", true),
        ];
        for (peer, forwarded, proto, wanted, secure) in cases {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            headers.insert("x-forwarded-proto", proto.parse().unwrap());
            let found = origin_of(peer.parse().ok(), &headers, &trusted);
            let wanted = Origin {
                address: wanted.parse().ok(),
                secure,
            };
            assert_eq!(found, wanted, "{peer} {forwarded:?}");
        }
        assert_eq!(origin_of(None, &HeaderMap::new(), &trusted).address, None);
    }
}
