//! Puts the adapters into the ports of engine and API.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::id::InstanceId;
use domain::ports::Vault;
use sql::{PlannerSettings, Planners};
use store::Store;
use vault::{Key, Sealer};

use crate::failure::Failure;
use crate::messenger::Outbox;
use crate::outbound::Gate;
use crate::{embedded, environment};

/// The planner pool of a data folder.
///
/// # Errors
/// When the planner's jar cannot be written there.
pub fn planners(data: &Path) -> Result<Planners, Failure> {
    let jar = embedded::planner_jar(data)?;
    let settings = PlannerSettings {
        program: Some(own_program()?),
        ..PlannerSettings::new(jar, data.join("cache").join("planner"))
    };
    Ok(Planners::new(settings))
}

/// This executable, for its hidden subcommands.
///
/// # Errors
/// When the system does not tell.
pub fn own_program() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure::unavailable(format!("the path of this program is not known: {error}")))
}

/// This server's name as an owner of leases, kept in its data folder: only one server runs on a folder, so one that
/// was killed takes its clusters up again at once instead of waiting for its own leases to expire.
fn instance(data: &Path) -> Result<InstanceId, Failure> {
    let file = data.join("instance");
    if let Some(known) = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()) {
        return Ok(known);
    }
    let made = InstanceId(store::new_id());
    std::fs::write(&file, made.to_string())
        .map_err(|error| Failure::unavailable(format!("{} cannot be written: {error}", file.display())))?;
    Ok(made)
}

/// Seals and opens this installation's secrets: with the key of the environment, else with the one of the data folder,
/// which is made at the first start.
fn vault(data: &Path) -> Result<Arc<dyn Vault>, Failure> {
    let key = match environment::secret_key() {
        Some(text) => Key::parse(text.expose(), environment::SECRET_KEY),
        None => Key::of_file(&data.join("secret.key")),
    };
    let key = key.map_err(|error| Failure::unavailable(format!("secrets cannot be kept: {error}")))?;
    Ok(Arc::new(Sealer::new(&key)?))
}

/// Everything that engine and API work with.
pub struct Parts {
    /// The engine.
    pub engine: engine::Engine,
    /// The API.
    pub api: api::App,
    /// The checker's workers.
    pub planners: Arc<Planners>,
    /// The bytes of artifacts.
    pub artifacts: Arc<artifacts::DiskStore>,
}

/// Builds the parts of a server on a data folder.
///
/// # Errors
/// When an adapter cannot be made.
pub fn parts(store: Store, data: &Path, settings: api::Settings, gate: Gate) -> Result<Parts, Failure> {
    let vault = vault(data)?;
    let messenger = Arc::new(Outbox::new(gate)?);
    let rest = Arc::new(flink::rest::Rest::new(embedded::RUNNER_JAR.to_vec(), vault.clone())?);
    let host = Arc::new(flink::local::LocalHost::new(data, own_program()?));
    let kubernetes = Arc::new(kubernetes::Kubernetes::new(vault.clone()));
    let storage = Arc::new(flink::storage::LocalStorage);
    let artifacts = Arc::new(::artifacts::DiskStore::new(data));
    let merger = Arc::new(::artifacts::Merger::new(data, artifacts.clone(), &embedded::runner_jar(data)?)?);
    let ports = engine::Ports {
        observer: rest.clone(),
        control: rest.clone(),
        reader: rest.clone(),
        host: host.clone(),
        kubernetes: kubernetes.clone(),
        storage,
        messenger: messenger.clone(),
        artifacts: artifacts.clone(),
        merger: merger.clone(),
        vault: vault.clone(),
    };
    let engine = engine::Engine {
        store: store.clone(),
        ports,
        instance: instance(data)?,
        state_root: format!("file://{}/state", data.display()),
        retention: domain::evidence::Retention::default(),
        runner: settings.runner.clone(),
        readings: engine::LogReadings::default(),
        public_url: settings.public_url.clone(),
    };
    let planners = Arc::new(planners(data)?);
    let ports = api::Ports {
        artifacts: artifacts.clone(),
        merger,
        checker: planners.clone(),
        reader: rest.clone(),
        observer: rest.clone(),
        web_ui: rest,
        host,
        vault,
        installer: Arc::new(::artifacts::Installer::new(data)),
        messenger,
        kubernetes,
    };
    let api = api::App::new(store, ports, settings);
    Ok(Parts {
        engine,
        api,
        planners,
        artifacts,
    })
}
