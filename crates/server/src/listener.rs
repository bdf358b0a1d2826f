//! The door: connections as they come, or through TLS. The certificate is read again when its files change, so
//! that it can be renewed without a restart.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use crate::failure::Failure;
use crate::settings::Tls;

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at the same time.
const HANDSHAKES: usize = 256;
/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// See the module.
pub enum Door {
    /// As they come.
    Plain(TcpListener),
    /// Through TLS.
    Tls {
        /// Connections whose handshake is done.
        ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
        /// Where it listens.
        address: SocketAddr,
        /// What runs beside it.
        tasks: [AbortHandle; 2],
    },
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Self::Tls { tasks, .. } = self {
            tasks.iter().for_each(AbortHandle::abort);
        }
    }
}

impl Door {
    /// A door at a listener; through TLS where there are files for it.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn open(listener: TcpListener, tls: Option<&Tls>) -> Result<Self, Failure> {
        let Some(tls) = tls else {
            return Ok(Self::Plain(listener));
        };
        let address = listener.local_addr().map_err(|error| Failure::unavailable(error.to_string()))?;
        let seen = seen(tls);
        let current = Arc::new(Current(RwLock::new(Arc::new(certified(tls).map_err(Failure::usage)?))));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| Failure::unavailable(format!("TLS: {error}")))?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let (sender, ready) = mpsc::channel(16);
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), sender)).abort_handle();
        let watching = tokio::spawn(watch(tls.clone(), seen, current)).abort_handle();
        Ok(Self::Tls {
            ready,
            address,
            tasks: [accepting, watching],
        })
    }
}

impl Listener for Door {
    type Io = Either<TcpStream, TlsStream<TcpStream>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self {
            Self::Plain(listener) => {
                let (stream, address) = Listener::accept(listener).await;
                (Either::Left(stream), address)
            }
            Self::Tls { ready, .. } => match ready.recv().await {
                Some((stream, address)) => (Either::Right(stream), address),
                // The accepting task ends with this door only.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(listener) => listener.local_addr(),
            Self::Tls { address, .. } => Ok(*address),
        }
    }
}

async fn accept(mut listener: TcpListener, acceptor: TlsAcceptor, ready: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let (stream, address) = Listener::accept(&mut listener).await;
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let _ = ready.send((stream, address)).await;
                }
                Ok(Err(error)) => tracing::debug!(%address, %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!(%address, "a TLS handshake took too long"),
            }
            drop(place);
        });
    }
}

/// The certificate in use.
struct Current(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// When the files were changed, and their sizes.
type Seen = [Option<(SystemTime, u64)>; 2];

fn seen(tls: &Tls) -> Seen {
    [&tls.certificate, &tls.key].map(|file| {
        let found = std::fs::metadata(file).ok()?;
        Some((found.modified().ok()?, found.len()))
    })
}

async fn watch(tls: Tls, mut known: Seen, current: Arc<Current>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = seen(&tls);
        if now == known {
            continue;
        }
        known = now;
        match certified(&tls) {
            Ok(certified) => {
                *current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
                tracing::info!(file = %tls.certificate.display(), "the certificate was read again");
            }
            Err(error) => tracing::warn!(error, "the new certificate cannot be used; the old one stays in use"),
        }
    }
}

fn certified(tls: &Tls) -> Result<CertifiedKey, String> {
    let wrong = |file: &Path, error: &dyn fmt::Display| format!("{}: {error}", file.display());
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&tls.certificate)
        .map_err(|error| wrong(&tls.certificate, &error))?
        .collect();
    let certificates = certificates.map_err(|error| wrong(&tls.certificate, &error))?;
    if certificates.is_empty() {
        return Err(wrong(
            &tls.certificate,
            &"there is no certificate in it: expected PEM, as in -----BEGIN CERTIFICATE-----",
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| wrong(&tls.key, &error))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(certificates, key, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => format!("{} does not belong to {}", tls.key.display(), tls.certificate.display()),
        other => wrong(&tls.certificate, &other),
    })
}

#[cfg(test)]
mod tests;
