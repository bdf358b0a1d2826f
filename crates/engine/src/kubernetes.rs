//! Clusters in Kubernetes: what is seen of them, how their objects come and go.

use domain::cluster::{Cluster, KubernetesLook, Look};
use domain::ports::{EPOCH, KubernetesSight, PortError, RestAddress};
use domain::target::{HIGH_AVAILABILITY, KubernetesPlace, Target};
use manifests::description::{Kerberos, Mode, RoleSettings, Settings};
use manifests::{Description, PodTemplate};
use serde_json::Value;
use store::{StoreError, Write};

use crate::Engine;

/// The target of a cluster.
///
/// # Errors
/// `Retry` when the database does not answer, `GiveUp` when the target is gone.
pub(crate) async fn target(engine: &Engine, cluster: &Cluster) -> Result<Target, PortError> {
    let gone = || PortError::GiveUp(format!("the target of cluster {} is gone", cluster.name));
    match engine.store.target(cluster.target_id.ok_or_else(gone)?).await {
        Err(StoreError::NotFound) => Err(gone()),
        found => found.map_err(|error| PortError::Retry(error.to_string())),
    }
}

async fn place(engine: &Engine, cluster: &Cluster) -> Result<KubernetesPlace, PortError> {
    Ok(target(engine, cluster).await?.place)
}

/// Asks the API server about a cluster; answers what is known now and, where it has changed, how Flink is reached.
pub(crate) async fn look(engine: &Engine, cluster: &Cluster, before: &Look) -> (KubernetesLook, Option<RestAddress>) {
    let known = before.kubernetes.clone().unwrap_or_default();
    let sight = match place(engine, cluster).await {
        Ok(place) => engine.ports.kubernetes.look(&place, &cluster.deployment_name()).await,
        Err(error) => Err(error),
    };
    match sight {
        Ok(sight) if another(&known, &sight) => {
            let error = "another Kubernetes cluster answers at the address of its target".to_owned();
            (
                KubernetesLook {
                    error: Some(error),
                    ..known
                },
                None,
            )
        }
        Ok(sight) => (
            KubernetesLook {
                system_uid: sight.system_uid.or(known.system_uid),
                deployment: sight.deployment,
                pods: sight.pods,
                cause: sight.cause,
                error: None,
            },
            sight.address,
        ),
        Err(error) => {
            let error = Some(error.to_string());
            (KubernetesLook { error, ..known }, None)
        }
    }
}

/// Absence is proven only by the API server that once had the thing.
fn another(known: &KubernetesLook, sight: &KubernetesSight) -> bool {
    matches!((&known.system_uid, &sight.system_uid), (Some(known), Some(seen)) if known != seen)
}

/// The write that changes how a cluster's Flink is reached, where it is another way than before.
fn address(engine: &Engine, cluster: &Cluster, address: &RestAddress) -> Result<Option<Write>, PortError> {
    let vault = engine.ports.vault.as_ref();
    let known = domain::connection::Connection::open(cluster.connection.as_ref(), vault)?;
    if cluster.rest_url.as_deref() == Some(address.url.as_str()) && known == address.connection {
        return Ok(None);
    }
    Ok(Some(Write::ClusterAddress {
        cluster_id: cluster.id,
        rest_url: address.url.clone(),
        connection: address.connection.seal(vault)?,
    }))
}

/// The same, and nothing where it cannot be sealed: the old way is tried again at the next look.
pub(crate) fn reached(engine: &Engine, cluster: &Cluster, by: &RestAddress) -> Option<Write> {
    let changed = address(engine, cluster, by);
    changed
        .inspect_err(|error| tracing::warn!(cluster = %cluster.id, %error, "the cluster's address could not be kept"))
        .ok()
        .flatten()
}

/// What the cluster of a target is before its program is known.
///
/// # Errors
/// `GiveUp` where its version is not known.
pub(crate) fn description(engine: &Engine, cluster: &Cluster, target: &Target) -> Result<Description, PortError> {
    let unknown = || PortError::GiveUp(format!("the Flink version of cluster {} is not known", cluster.name));
    let version = cluster.version.ok_or_else(unknown)?;
    let defaults = &target.defaults;
    let role = || RoleSettings {
        service_account: defaults.service_account.clone(),
        ..RoleSettings::default()
    };
    let mut resolved = cluster.configuration.clone();
    let high_availability = resolved.remove(HIGH_AVAILABILITY);
    Ok(Description {
        version,
        cluster_id: cluster.deployment_name(),
        namespace: target.place.namespace.clone(),
        image: defaults.image(version),
        mode: Mode::Session,
        settings: Settings {
            job_manager: role(),
            task_manager: role(),
            slots: (cluster.slots > 0).then_some(cluster.slots),
            high_availability,
            ..Settings::default()
        },
        configuration: resolved.into_iter().collect(),
        runner: Some(engine.runner.to_vec()),
        artifacts: Vec::new(),
        artifact_token: None,
        templates: PodTemplate::of_target(defaults),
        hadoop: None,
        kerberos: Kerberos::default(),
        labels: [("streamwright.io/cluster".to_owned(), cluster.id.hex())].into(),
        annotations: [(EPOCH.to_owned(), cluster.epoch())].into(),
        logging: std::collections::BTreeMap::new(),
        policy: defaults.policy.clone(),
    })
}

/// Creates what is missing of a cluster, with a Secret of its own where it needs one.
///
/// # Errors
/// `Refused` with all faults of the description; else as the API server.
pub(crate) async fn create(engine: &Engine, target: &Target, description: &Description, secret: Option<Value>) -> Result<(), PortError> {
    let made = manifests::manifests(description).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        PortError::Refused {
            status: None,
            message: faults.join("; "),
        }
    })?;
    let objects = domain::ports::ClusterObjects {
        deployment: made.deployment,
        dependents: made.dependents.into_iter().chain(secret).collect(),
        replicas: made.replicas,
    };
    engine.ports.kubernetes.create(&target.place, &objects).await.map(|_| ())
}

/// Deletes what is ours of a cluster, where it was seen.
///
/// # Errors
/// As the API server.
pub(crate) async fn delete(engine: &Engine, cluster: &Cluster, look: &Look) -> Result<(), PortError> {
    let Some(deployment) = look.deployment(cluster) else {
        return Ok(());
    };
    let place = place(engine, cluster).await?;
    let kubernetes = &engine.ports.kubernetes;
    kubernetes.delete(&place, &cluster.deployment_name(), &deployment.uid).await
}

/// Removes what high availability left of a cluster of which nothing else is left.
///
/// # Errors
/// As the API server.
pub(crate) async fn forget(engine: &Engine, cluster: &Cluster) -> Result<(), PortError> {
    let place = place(engine, cluster).await?;
    engine.ports.kubernetes.forget(&place, &cluster.deployment_name()).await
}

/// The end of a pod's log; of the life before where it does not run.
///
/// # Errors
/// As the API server.
pub(crate) async fn log_tail(engine: &Engine, cluster: &Cluster, pod: &domain::ports::PodSight, max: usize) -> Result<String, PortError> {
    let place = place(engine, cluster).await?;
    let previous = !pod.running && pod.restarts > 0;
    engine.ports.kubernetes.log_tail(&place, &pod.name, previous, max).await
}
