//! `streamwright serve`: the server in the foreground, until Ctrl-C or SIGTERM.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use axum::ServiceExt;
use axum::extract::Request;
use axum::serve::ListenerExt;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use nix::fcntl::{Flock, FlockArg};
use store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower::util::MapRequestLayer;
use tracing_subscriber::EnvFilter;

use crate::cli::Serve;
use crate::failure::Failure;
use crate::listener::Door;
use crate::outbound::Gate;
use crate::settings::{self, Settings};
use crate::{admin, console, embedded, wiring};

/// A server that has bound its address and opened its database.
pub struct Server {
    /// The database.
    pub store: Store,
    /// The data folder, absolute.
    pub data: PathBuf,
    /// Where browsers reach it.
    pub public_url: String,
    door: Door,
    base_path: String,
    parts: wiring::Parts,
    _lock: Flock<File>,
}

/// Runs the server and prints how to sign in.
///
/// # Errors
/// When it cannot start.
pub async fn run(options: Serve) -> Result<(), Failure> {
    let settings = settings::read(&options.settings.0)?;
    log(settings.log_json);
    let server = Server::open(&settings).await?;
    let admin = admin::ensure(&server.store).await?;
    let has_password = admin.password_hash.is_some() || settings.admin_password_file.is_some();
    println!("Streamwright is at {}", server.public_url);
    if !has_password {
        println!(
            "Sign in once, within an hour, with {}",
            admin::link(&server.store, &admin, &server.public_url).await?
        );
    }
    let shutdown = CancellationToken::new();
    tokio::spawn(until_told(shutdown.clone()));
    server.run(shutdown).await
}

/// Sets up logging to standard error; `RUST_LOG` narrows or widens it.
pub fn log(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,sea_orm=warn,kube_client=off"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        builder.json().init()
    } else {
        builder.with_target(false).init()
    }
}

/// Ends with the first Ctrl-C or SIGTERM.
pub async fn until_told(shutdown: CancellationToken) {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be waited for; Ctrl-C ends the server");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
    shutdown.cancel();
}

impl Server {
    /// Takes the data folder, the address and the database, in this order: nothing is changed before it is clear
    /// that the server can run.
    ///
    /// # Errors
    /// Which of them cannot be had, and what to do.
    pub async fn open(options: &Settings) -> Result<Self, Failure> {
        let data = folder(&options.data)?;
        let lock = lock(&data)?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(|error| Failure::unavailable(error.to_string()))?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let own_url = format!("{scheme}://{address}{}", options.base_path);
        let public_url = options.public_url.clone().unwrap_or(own_url);
        let door = Door::open(listener, options.tls.as_ref())?;
        let store = Store::open(&options.database_url()).await?;
        store.end_open_installations().await?;
        if let Some(file) = &options.admin_password_file {
            let admin = admin::ensure(&store).await?;
            admin::password_from(&store, &admin, file).await?;
        }
        let settings = api::Settings {
            public_url: options.public_url.clone(),
            secure_cookies: public_url.starts_with("https://"),
            trusted_proxies: options.trusted_proxies.clone(),
            figures: figures(),
            uploads: options.uploads,
            runner: embedded::RUNNER_JAR.into(),
        };
        let gate = Gate::new(options.allow_inside.clone());
        let parts = wiring::parts(store.clone(), &data, settings, gate)?;
        for version in store.flink_versions().await? {
            parts.planners.prepare(Path::new(&version.home), Path::new(&version.java_home));
        }
        Ok(Self {
            store,
            data,
            public_url,
            door,
            base_path: options.base_path.clone(),
            parts,
            _lock: lock,
        })
    }

    /// Serves until `shutdown`; then lets the engine finish what it is writing. Local clusters go on.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), Failure> {
        let engine = tokio::spawn(engine::run(self.parts.engine.clone(), shutdown.clone()));
        tokio::spawn(engine::artifact::keep_swept(
            self.store.clone(),
            self.parts.artifacts.clone(),
            shutdown.clone(),
        ));
        let console = console::below(&self.base_path);
        let router = api::router_with(&self.parts.api, console);
        let router = MapRequestLayer::new(below(self.base_path)).layer(router);
        let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(router);
        // The layer is what makes the address of any listener known to the service.
        let serving = axum::serve(self.door.tap_io(|_| {}), service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let served = tokio::select! {
            served = async { serving.await } => served,
            () = patience(shutdown.clone()) => Ok(()),
        };
        shutdown.cancel();
        if let Err(error) = engine.await {
            tracing::error!(%error, "the engine ended by a fault");
        }
        self.parts.planners.close().await;
        self.store.close().await;
        served.map_err(|error| Failure::unavailable(format!("the server stopped serving: {error}")))
    }
}

/// The data folder, made for its owner only.
///
/// # Errors
/// When it cannot be made.
pub fn folder(data: &Path) -> Result<PathBuf, Failure> {
    let fails = |error: std::io::Error| {
        Failure::usage(format!(
            "the data folder {} cannot be used: {error}; choose another with --data",
            data.display()
        ))
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(fails)?;
    data.canonicalize().map_err(fails)
}

/// One server for each data folder.
///
/// # Errors
/// When another one has it.
pub fn lock(data: &Path) -> Result<Flock<File>, Failure> {
    let path = data.join("server.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| {
        Failure::unavailable(format!(
            "another server is running on the data folder {}; end it first, or choose another with --data",
            data.display()
        ))
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = if error.kind() == std::io::ErrorKind::AddrInUse {
            "another program uses it; end that, or choose another with --listen"
        } else {
            "choose another with --listen"
        };
        Failure::unavailable(format!("cannot listen on {address}: {error}; {hint}"))
    })
}

/// Takes the base path away from a request's path, where a proxy has left it there.
fn below(base_path: String) -> impl Fn(Request) -> Request + Clone {
    move |mut request| {
        let rest = request
            .uri()
            .path_and_query()
            .and_then(|path| path.as_str().strip_prefix(&base_path));
        let path = match rest {
            Some(rest) if base_path.is_empty() || rest.starts_with('/') => rest.to_owned(),
            Some(rest) if rest.is_empty() || rest.starts_with('?') => format!("/{rest}"),
            _ => return request,
        };
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = path.parse().ok();
        if let Ok(uri) = http::Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        request
    }
}

/// Requests under way get a moment; event streams would stay for ever.
async fn patience(shutdown: CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
}

/// Bounds of the times that are counted, in seconds: from a read of a small database to a check with a cold planner.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// Collects the process's figures for `/metrics`.
fn figures() -> Option<api::app::Figures> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS);
    match builder.and_then(PrometheusBuilder::install_recorder) {
        Ok(handle) => Some(std::sync::Arc::new(move || {
            if let Some(bytes) = resident() {
                metrics::gauge!("streamwright_process_resident_bytes").set(bytes as f64);
            }
            handle.run_upkeep();
            handle.render()
        })),
        Err(error) => {
            tracing::warn!(%error, "figures are not collected");
            None
        }
    }
}

/// Memory of this process that is in use, in bytes: the second number of `/proc/self/statm`, in pages.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten()?;
    Some(pages * u64::try_from(page).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_taken_away_where_it_is() {
        let cases = [
            ("/streamwright", "/streamwright/api/v1/me?x=1", "/api/v1/me?x=1"),
            ("/streamwright", "/streamwright", "/"),
            ("/streamwright", "/streamwright?x=1", "/?x=1"),
            ("/streamwright", "/streamwright/", "/"),
            ("/streamwright", "/streamwrightly/x", "/streamwrightly/x"),
            ("/streamwright", "/api/v1/me", "/api/v1/me"),
            ("", "/api/v1/me?x", "/api/v1/me?x"),
        ];
        for (base, path, wanted) in cases {
            let request = Request::builder().uri(path).body(axum::body::Body::empty()).unwrap();
            assert_eq!(below(base.to_owned())(request).uri(), wanted, "{path} below {base}");
        }
    }
}
