//! `streamwright serve`: the server in the foreground, until Ctrl-C or SIGTERM.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::cli::Serve;
use crate::failure::Failure;
use crate::settings::{self, Settings};
use crate::{admin, console, wiring};

/// A server that has bound its address and opened its database.
pub struct Server {
    /// The database.
    pub store: Store,
    /// The data folder, absolute.
    pub data: PathBuf,
    /// Where browsers reach it.
    pub public_url: String,
    listener: TcpListener,
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
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,sea_orm=warn"));
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
        let public_url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let store = Store::open(&options.database_url()).await?;
        store.end_open_installations().await?;
        if let Some(file) = &options.admin_password_file {
            let admin = admin::ensure(&store).await?;
            admin::password_from(&store, &admin, file).await?;
        }
        let settings = api::Settings {
            public_url: options.public_url.clone(),
            secure_cookies: public_url.starts_with("https://"),
            figures: figures(),
            uploads: options.uploads.limits(),
        };
        let parts = wiring::parts(store.clone(), &data, settings)?;
        for version in store.flink_versions().await? {
            parts.planners.prepare(Path::new(&version.home), Path::new(&version.java_home));
        }
        Ok(Self {
            store,
            data,
            public_url,
            listener,
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
        let router = api::router_with(&self.parts.api, axum::Router::new().fallback(console::serve));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(self.listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
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

/// Requests under way get a moment; event streams would stay for ever.
async fn patience(shutdown: CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
}

/// Collects the process's figures for `/metrics`.
fn figures() -> Option<api::app::Figures> {
    let handle = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder();
    match handle {
        Ok(handle) => Some(std::sync::Arc::new(move || handle.render())),
        Err(error) => {
            tracing::warn!(%error, "figures are not collected");
            None
        }
    }
}
