//! What the handlers work with: the store, the ports that the server hands in, and a little memory that may
//! be lost at any time (names already looked up, tries to sign in).

use std::sync::Arc;

use domain::ports::{
    ArtifactStore, ClusterHost, ClusterObserver, FlinkInstaller, JarMerger, JobReader, KubernetesControl, Messenger, SqlChecker, Vault,
    WebUi,
};
use domain::upload::UploadLimits;
use store::Store;

use crate::access::limiter::Limiter;
use crate::access::password::Passwords;
use crate::names::Names;

/// Renders the server's own figures in Prometheus' text format.
pub type Figures = Arc<dyn Fn() -> String + Send + Sync>;

/// The ports through which the API reaches Flink, Java and disks.
#[derive(Clone)]
pub struct Ports {
    /// Flink's planner.
    pub checker: Arc<dyn SqlChecker>,
    /// What Flink says of a job.
    pub reader: Arc<dyn JobReader>,
    /// What a cluster says of itself.
    pub observer: Arc<dyn ClusterObserver>,
    /// Local clusters, for the logs of those that are gone.
    pub host: Arc<dyn ClusterHost>,
    /// Seals secrets before they are stored.
    pub vault: Arc<dyn Vault>,
    /// Installs and probes distributions.
    pub installer: Arc<dyn FlinkInstaller>,
    /// Carries messages out.
    pub messenger: Arc<dyn Messenger>,
    /// The bytes of artifacts.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Knows what merging a job's jars comes to.
    pub merger: Arc<dyn JarMerger>,
    /// Kubernetes, for targets.
    pub kubernetes: Arc<dyn KubernetesControl>,
    /// Flink's web UI.
    pub web_ui: Arc<dyn WebUi>,
}

/// What the operator of the server decides.
#[derive(Clone, Default)]
pub struct Settings {
    /// The address under which browsers reach the server, where a proxy stands before it.
    pub public_url: Option<String>,
    /// Whether cookies are sent over TLS only.
    pub secure_cookies: bool,
    /// Networks of proxies whose word on where a request comes from is believed.
    pub trusted_proxies: Vec<domain::network::Network>,
    /// The figures for `/metrics`, where they are collected.
    pub figures: Option<Figures>,
    /// What may be uploaded.
    pub uploads: UploadLimits,
    /// The runner's jar, which the objects of clusters in Kubernetes hold.
    pub runner: Arc<[u8]>,
}

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The ports.
    pub ports: Ports,
    /// The operator's decisions.
    pub settings: Arc<Settings>,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) log_streams: Arc<tokio::sync::Semaphore>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) names: Arc<Names>,
    pub(crate) counted: Arc<crate::figures::Counted>,
}

impl App {
    /// An application on a store and ports.
    #[must_use]
    pub fn new(store: Store, ports: Ports, settings: Settings) -> Self {
        Self {
            store,
            ports,
            settings: Arc::new(settings),
            limiter: Arc::default(),
            log_streams: Arc::new(tokio::sync::Semaphore::new(crate::log::MOST_STREAMS)),
            passwords: Arc::default(),
            names: Arc::default(),
            counted: Arc::default(),
        }
    }
}
