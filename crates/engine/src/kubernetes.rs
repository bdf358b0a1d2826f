//! Clusters in Kubernetes: what is seen of them, how their objects come and go.

use domain::cluster::{Cluster, KubernetesLook, Look};
use domain::ports::{ClusterObjects, KubernetesSight, PodSight, PortError, RestAddress};
use domain::target::{KubernetesPlace, Target};
use manifests::Description;
use manifests::application::Place;
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

/// The place of a cluster.
///
/// # Errors
/// As [`target`].
pub(crate) async fn place(engine: &Engine, cluster: &Cluster) -> Result<KubernetesPlace, PortError> {
    Ok(target(engine, cluster).await?.place)
}

/// What one look at a cluster in Kubernetes brought.
pub(crate) struct Seen {
    /// What is known now.
    pub look: KubernetesLook,
    /// How Flink is reached.
    pub address: Option<RestAddress>,
    /// Pods that went lately.
    pub gone: Vec<PodSight>,
}

/// Asks the API server about a cluster.
pub(crate) async fn look(engine: &Engine, cluster: &Cluster, before: &Look) -> Seen {
    let known = before.kubernetes.clone().unwrap_or_default();
    let sight = match place(engine, cluster).await {
        Ok(place) => engine.ports.kubernetes.look(&place, &cluster.deployment_name()).await,
        Err(error) => Err(error),
    };
    let silent = |error: String| Seen {
        look: KubernetesLook {
            error: Some(error),
            ..known.clone()
        },
        address: None,
        gone: Vec::new(),
    };
    match sight {
        Ok(sight) if another(&known, &sight) => silent("another Kubernetes cluster answers at the address of its target".to_owned()),
        Ok(sight) => Seen {
            look: KubernetesLook {
                system_uid: sight.system_uid.or(known.system_uid),
                deployment: sight.deployment,
                pods: sight.pods,
                cause: sight.cause,
                web: sight.web,
                error: None,
                last_words: known.last_words,
            },
            address: sight.address,
            gone: sight.gone,
        },
        Err(error) => silent(error.to_string()),
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

/// Where a cluster is made.
///
/// # Errors
/// `GiveUp` where its version is not known.
pub(crate) fn place_of<'a>(engine: &'a Engine, cluster: &'a Cluster, target: &'a Target) -> Result<Place<'a>, PortError> {
    let unknown = || PortError::GiveUp(format!("the Flink version of cluster {} is not known", cluster.name));
    Ok(Place {
        cluster_id: cluster.id,
        version: cluster.version.ok_or_else(unknown)?,
        slots: cluster.slots,
        configuration: &cluster.configuration,
        target,
        runner: &engine.runner,
        name: &cluster.name,
        public_url: engine.public_url.as_deref(),
    })
}

/// The objects of a cluster.
///
/// # Errors
/// `Refused` with all faults of the description.
pub(crate) fn objects(description: &Description) -> Result<ClusterObjects, PortError> {
    let made = manifests::manifests(description).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        PortError::Refused {
            status: None,
            message: faults.join("; "),
        }
    })?;
    Ok(ClusterObjects {
        deployment: made.deployment,
        dependents: made.dependents,
        replicas: made.replicas,
    })
}

/// Creates what is missing of a session cluster.
///
/// # Errors
/// As [`objects`]; else as the API server.
pub(crate) async fn create(engine: &Engine, cluster: &Cluster) -> Result<(), PortError> {
    let target = target(engine, cluster).await?;
    let objects = objects(&place_of(engine, cluster, &target)?.session())?;
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
