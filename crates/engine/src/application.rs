//! The submission of an application: the objects of a cluster that runs one release.

use domain::cluster::Cluster;
use domain::ports::{ClusterObjects, PortError, Submission};
use domain::release::Release;
use domain::run::ARTIFACTS_PURPOSE;
use domain::secret::Secret;
use domain::target::KubernetesPlace;
use manifests::application::token_secret;
use manifests::shown::shown;
use serde_json::Value;

use crate::{Engine, kubernetes};

/// The objects of one run's cluster on their way.
pub(crate) struct Made {
    /// Where they are created.
    place: KubernetesPlace,
    /// As they are created.
    objects: ClusterObjects,
    /// As they are kept with the run.
    pub shown: Vec<Value>,
}

/// Makes the objects of the cluster that runs a release; tells nobody.
///
/// # Errors
/// `Refused` and `GiveUp` for what can never be, `Retry` when the database does not answer.
pub(crate) async fn make(engine: &Engine, cluster: &Cluster, release: &Release, submission: &Submission) -> Result<Made, PortError> {
    let target = kubernetes::target(engine, cluster).await?;
    let description = kubernetes::place_of(engine, cluster, &target)?.application(release, submission);
    let description = description.map_err(|fault| PortError::GiveUp(fault.message))?;
    let mut objects = kubernetes::objects(&description)?;
    let run = domain::id::RunId(cluster.id.0).to_string();
    if description.artifact_token.is_some() {
        let token = engine.ports.vault.seal(ARTIFACTS_PURPOSE, &Secret::new(run))?;
        objects.dependents.extend(token_secret(&description, token.as_str()));
    }
    Ok(Made {
        place: target.place,
        objects,
        // What can be made can be shown, but for a mask that a later version does not take for a value.
        shown: shown(&description).unwrap_or_default(),
    })
}

/// Creates what is missing of them.
///
/// # Errors
/// `Refused` for what can never be, `Retry` for what may mend itself.
pub(crate) async fn create(engine: &Engine, made: &Made) -> Result<(), PortError> {
    engine.ports.kubernetes.create(&made.place, &made.objects).await.map(|_| ())
}
