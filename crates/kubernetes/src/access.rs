//! Clients by the way in which API servers are reached. Each has its connections, so that there is one for each way; it is made anew
//! when a file that it was made of has changed, and after the API server said that it does not know us.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::connection::{Authentication, ClientCertificate, Connection};
use domain::ports::Vault;
use domain::secret::Secret;
use domain::target::{KUBECONFIG_PURPOSE, KubernetesAccess, KubernetesPlace, MAX_KUBECONFIG_BYTES};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Semaphore;

use crate::api::{AT_ONCE, Api, Line};
use crate::fault::{Fault, innermost};
use crate::kubeconfig::{self, Identity, Origin, Part, Proof};

/// Where a pod finds what its service account is given.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Clients that are kept; more ways than that are made anew each time.
const KEPT: usize = 1_000;

/// A way: all places with the same share a client.
pub type Way = (KubernetesAccess, Option<String>);

/// See the module.
pub struct Clients {
    vault: Arc<dyn Vault>,
    patience: Duration,
    made: Mutex<HashMap<Way, Arc<Made>>>,
}

/// A client, and what it was made of.
struct Made {
    line: Line,
    identity: Identity,
    files: Vec<(PathBuf, Option<(SystemTime, u64)>)>,
}

impl Clients {
    /// No client yet; calls may take this long.
    pub fn new(vault: Arc<dyn Vault>, patience: Duration) -> Self {
        Self {
            vault,
            patience,
            made: Mutex::default(),
        }
    }

    /// The API of a place.
    ///
    /// # Errors
    /// `Unusable` where the place cannot be used as it is written.
    pub fn of(&self, place: &KubernetesPlace) -> Result<Api, Fault> {
        let made = self.made(place)?;
        Ok(Api::new(made.line.clone(), &made.identity.server, &place.namespace, self.patience))
    }

    /// How the API server of a place is spoken to by another client than ours.
    ///
    /// # Errors
    /// `Unusable` where a file of it cannot be read any more.
    pub fn connection(&self, place: &KubernetesPlace) -> Result<(String, Connection), Fault> {
        let made = self.made(place)?;
        let connection = connection(&made.identity).map_err(Fault::Unusable)?;
        Ok((made.identity.server.clone(), connection))
    }

    /// Forgets a client that the API server does not know any more.
    pub fn forget(&self, place: &KubernetesPlace) {
        self.lock().remove(&way(place));
    }

    fn made(&self, place: &KubernetesPlace) -> Result<Arc<Made>, Fault> {
        let way = way(place);
        if let Some(known) = self.lock().get(&way)
            && known.files.iter().all(|(path, stamp)| stamp_of(path) == *stamp)
        {
            return Ok(known.clone());
        }
        let made = Arc::new(self.make(place).map_err(Fault::Unusable)?);
        let mut all = self.lock();
        if all.len() < KEPT || all.contains_key(&way) {
            all.insert(way, made.clone());
        }
        Ok(made)
    }

    fn make(&self, place: &KubernetesPlace) -> Result<Made, String> {
        let (identity, mut files) = self.identity(place)?;
        files.extend(identity.files());
        let files = files.into_iter().map(|path| (path.clone(), stamp_of(&path))).collect();
        let line = Line {
            client: client(&identity, &place.namespace)?,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        };
        Ok(Made { line, identity, files })
    }

    fn identity(&self, place: &KubernetesPlace) -> Result<(Identity, Vec<PathBuf>), String> {
        let context = place.context.as_deref();
        match &place.access {
            KubernetesAccess::Kubeconfig { sealed } => {
                let text = self.vault.open(KUBECONFIG_PURPOSE, sealed);
                let text = text.map_err(|error| format!("the kubeconfig cannot be opened: {error}"))?;
                Ok((kubeconfig::read(text.expose(), context, Origin::Outside)?, Vec::new()))
            }
            KubernetesAccess::File { path } => {
                let path = Path::new(path);
                let text = read_file(path)?;
                let folder = path.parent().unwrap_or_else(|| Path::new("/"));
                Ok((kubeconfig::read(&text, context, Origin::Host(folder))?, vec![path.to_owned()]))
            }
            KubernetesAccess::InCluster => Ok((in_cluster()?, Vec::new())),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Way, Arc<Made>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way of a place.
pub fn way(place: &KubernetesPlace) -> Way {
    (place.access.clone(), place.context.clone())
}

impl Identity {
    /// The files that it names: another client is made when one of them changes.
    fn files(&self) -> Vec<PathBuf> {
        let client = self.client.iter().flat_map(|(certificate, key)| [certificate, key]);
        let parts = self.authority.iter().chain(client).filter_map(|part| match part {
            Part::File(path) => Some(path),
            Part::Here(_) => None,
        });
        let token = match &self.proof {
            Proof::TokenFile(path) => Some(path),
            _ => None,
        };
        parts.chain(token).cloned().collect()
    }
}

fn stamp_of(path: &Path) -> Option<(SystemTime, u64)> {
    let seen = std::fs::metadata(path).ok()?;
    Some((seen.modified().ok()?, seen.len()))
}

fn in_cluster() -> Result<Identity, String> {
    let folder = Path::new(ACCOUNT);
    if !folder.join("token").is_file() {
        return Err(format!(
            "this server does not run in a pod with a service account: there is no {ACCOUNT}/token. Use a kubeconfig"
        ));
    }
    let known = kube::Config::incluster_env().map_err(|error| format!("the API server of this pod is not known: {}", innermost(&error)))?;
    Ok(Identity {
        server: known.cluster_url.to_string().trim_end_matches('/').to_owned(),
        authority: Some(Part::File(folder.join("ca.crt"))),
        proof: Proof::TokenFile(folder.join("token")),
        ..Identity::default()
    })
}

fn client(identity: &Identity, namespace: &str) -> Result<kube::Client, String> {
    let server = identity
        .server
        .parse()
        .map_err(|_| "the address of the API server is none".to_owned())?;
    let mut config = kube::Config::new(server);
    namespace.clone_into(&mut config.default_namespace);
    config.connect_timeout = Some(CONNECT);
    // Who asks decides whether to ask again.
    config.default_retry = false;
    config.accept_invalid_certs = identity.insecure;
    config.tls_server_name.clone_from(&identity.tls_name);
    if let Some(part) = &identity.authority {
        config.root_cert = Some(authorities(&text(part)?)?);
    }
    if let Some((certificate, key)) = &identity.client {
        config.auth_info.client_certificate_data = Some(STANDARD.encode(text(certificate)?));
        config.auth_info.client_key_data = Some(STANDARD.encode(text(key)?).into());
    }
    match &identity.proof {
        Proof::None => {}
        Proof::Token(token) => config.auth_info.token = Some(token.expose().to_owned().into()),
        Proof::TokenFile(path) => config.auth_info.token = Some(read_token(path)?.expose().to_owned().into()),
        Proof::Basic(user, password) => {
            config.auth_info.username = Some(user.clone());
            config.auth_info.password = Some(password.expose().to_owned().into());
        }
    }
    // The library's own words could quote what they were given.
    kube::Client::try_from(config)
        .map_err(|_| "the client certificate and its key are not a pair in PEM, or the certificate of the authority is none".to_owned())
}

fn authorities(pem: &str) -> Result<Vec<Vec<u8>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(|one| one.map(|one| one.to_vec()))
        .collect();
    all.ok()
        .filter(|all| !all.is_empty())
        .ok_or_else(|| "the 'certificate-authority' holds no certificate in PEM".to_owned())
}

fn text(part: &Part) -> Result<String, String> {
    match part {
        Part::Here(text) => Ok(text.expose().to_owned()),
        Part::File(path) => read_file(path),
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    use std::io::Read;
    let fails = |why: String| format!("{} cannot be read by this server: {why}", path.display());
    let file = std::fs::File::open(path).map_err(|error| fails(error.to_string()))?;
    let mut text = String::new();
    let limit = MAX_KUBECONFIG_BYTES as u64 + 1;
    file.take(limit)
        .read_to_string(&mut text)
        .map_err(|error| fails(error.to_string()))?;
    Ok(text)
}

fn read_token(path: &Path) -> Result<Secret, String> {
    kubeconfig::sendable(&path.display().to_string(), &read_file(path)?)
}

/// How the same API server is spoken to by the client of Flink's REST.
fn connection(identity: &Identity) -> Result<Connection, String> {
    let bearer = |token: &Secret| Authentication::Header {
        name: "Authorization".to_owned(),
        value: Secret::new(format!("Bearer {}", token.expose())),
    };
    Ok(Connection {
        insecure: identity.insecure,
        ca_certificate: identity.authority.as_ref().map(text).transpose()?,
        client: match &identity.client {
            Some((certificate, key)) => Some(ClientCertificate {
                certificate: text(certificate)?,
                key: Secret::new(text(key)?),
            }),
            None => None,
        },
        authentication: match &identity.proof {
            Proof::None => Authentication::None,
            Proof::Token(token) => bearer(token),
            Proof::TokenFile(path) => bearer(&read_token(path)?),
            Proof::Basic(user, password) => Authentication::Basic {
                user: user.clone(),
                password: password.clone(),
            },
        },
    })
}
