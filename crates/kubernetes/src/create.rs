//! Creates the objects of a cluster: the Deployment first, with nobody to run, then what belongs to it, then the JobManager. Each step
//! looks at what is there when its object is: killed between any two of them, the next call goes on where this one stopped.

use domain::ports::{ClusterObjects, EPOCH, PortError};
use serde_json::{Value, json};

use crate::api::Api;
use crate::fault::{Fault, refused};
use crate::{delete, sight};

/// What `create` has written.
pub struct Created {
    /// The Deployment's uid.
    pub uid: String,
    /// The version of the Deployment as we wrote it last.
    pub version: String,
}

/// A Deployment of ours, on the way.
struct Ours<'a> {
    api: &'a Api,
    name: &'a str,
    epoch: &'a str,
    uid: String,
}

/// See [`domain::ports::KubernetesControl::create`].
pub async fn create(api: &Api, objects: &ClusterObjects) -> Result<Created, PortError> {
    let name = text(&objects.deployment, "/metadata/name").ok_or_else(|| strange("the Deployment has no name"))?;
    let epoch = objects.deployment["metadata"]["annotations"][EPOCH].as_str();
    let epoch = epoch.ok_or_else(|| strange("the Deployment has no epoch"))?;
    let deployment = deployment(api, &objects.deployment, name, epoch).await?;
    let ours = Ours {
        api,
        name,
        epoch,
        uid: text(&deployment, "/metadata/uid").unwrap_or_default().to_owned(),
    };
    if sight::deployment(&deployment).is_some_and(|seen| seen.replicas > 0) {
        // It was let run after everything was there.
        return Ok(ours.created(&deployment));
    }
    match ours.complete(objects).await {
        Ok(deployment) => Ok(ours.created(&deployment)),
        Err(why) => Err(ours.give_back(why).await),
    }
}

fn strange(what: &str) -> PortError {
    PortError::GiveUp(what.to_owned())
}

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// The Deployment of ours, made now or before.
async fn deployment(api: &Api, object: &Value, name: &str, epoch: &str) -> Result<Value, PortError> {
    let fault = match api.post(&api.path("deployments"), object).await {
        Ok(made) => return Ok(made),
        Err(fault) if fault.exists() => fault,
        Err(fault) => return Err(fault.into()),
    };
    let there = match api.get(&api.object("deployments", name)?).await {
        Err(gone) if gone.absent() => {
            return Err(PortError::Retry(format!(
                "the Deployment '{name}' was there and is gone: {}",
                PortError::from(fault)
            )));
        }
        there => there?,
    };
    if there["metadata"]["annotations"][EPOCH] != epoch {
        return Err(somebody_elses(api, "Deployment", name, &there));
    }
    if !there["metadata"]["deletionTimestamp"].is_null() {
        return Err(PortError::Retry(format!("the Deployment '{name}' is still being deleted")));
    }
    Ok(there)
}

/// Whose an object is, as far as it says so itself.
fn somebody_elses(api: &Api, kind: &str, name: &str, there: &Value) -> PortError {
    let labels = there["metadata"]["labels"].as_object().into_iter().flatten();
    let labels = labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).take(6);
    let labels = labels.collect::<Vec<_>>().join(", ");
    let labels = if labels.is_empty() {
        "it has no labels".to_owned()
    } else {
        format!("its labels: {labels}")
    };
    let epoch = there["metadata"]["annotations"][EPOCH].as_str();
    let epoch = epoch.map_or_else(String::new, |epoch| format!(", of epoch {epoch}"));
    refused(
        409,
        format!(
            "the {kind} '{name}' in namespace '{}' is somebody else's{epoch} ({labels}): it is left alone",
            api.namespace()
        ),
    )
}

impl Ours<'_> {
    fn created(&self, deployment: &Value) -> Created {
        Created {
            uid: self.uid.clone(),
            version: text(deployment, "/metadata/resourceVersion").unwrap_or_default().to_owned(),
        }
    }

    /// Everything that belongs to it, then the JobManager.
    async fn complete(&self, objects: &ClusterObjects) -> Result<Value, PortError> {
        let all = objects.dependents.iter().map(|object| self.dependent(object));
        let mut later = None;
        for outcome in futures::future::join_all(all).await {
            match outcome {
                Ok(()) => {}
                Err(PortError::Retry(why)) => later = later.or(Some(why)),
                Err(why) => return Err(why),
            }
        }
        match later {
            Some(why) => Err(PortError::Retry(why)),
            None => self.release(objects.replicas).await,
        }
    }

    async fn dependent(&self, object: &Value) -> Result<(), PortError> {
        let kind = object["kind"].as_str().unwrap_or_default();
        let plural = plural(kind).ok_or_else(|| strange(&format!("no objects of kind '{kind}' are made here")))?;
        let name = text(object, "/metadata/name").ok_or_else(|| strange(&format!("a {kind} has no name")))?;
        let mut owned = object.clone();
        owned["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": self.name,
            "uid": self.uid,
            "controller": true,
            "blockOwnerDeletion": true,
        }]);
        match self.api.post(&self.api.path(plural), &owned).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.exists() => self.already(kind, plural, name).await,
            Err(fault) => Err(fault.into()),
        }
    }

    /// Whose an object is that is there already.
    async fn already(&self, kind: &str, plural: &str, name: &str) -> Result<(), PortError> {
        let there = match self.api.get(&self.api.object(plural, name)?).await {
            Err(gone) if gone.absent() => return Err(PortError::Retry(format!("the {kind} '{name}' was there and is gone"))),
            there => there?,
        };
        let owners = there["metadata"]["ownerReferences"].as_array().into_iter().flatten();
        let owners: Vec<&Value> = owners
            .filter(|owner| owner["kind"] == "Deployment" && owner["name"] == self.name)
            .collect();
        if owners.iter().any(|owner| owner["uid"] == self.uid.as_str()) {
            return Ok(());
        }
        if owners.is_empty() {
            return Err(somebody_elses(self.api, kind, name, &there));
        }
        // There is one Deployment of a name, and it is ours: this owner is gone.
        Err(PortError::Retry(format!(
            "the {kind} '{name}' of an earlier Deployment of this name is still being deleted"
        )))
    }

    async fn release(&self, replicas: u32) -> Result<Value, PortError> {
        let epoch = EPOCH.replace('~', "~0").replace('/', "~1");
        let patch = json!([
            {"op": "test", "path": "/metadata/uid", "value": self.uid},
            {"op": "test", "path": format!("/metadata/annotations/{epoch}"), "value": self.epoch},
            {"op": "replace", "path": "/spec/replicas", "value": replicas},
        ]);
        let path = self.api.object("deployments", self.name)?;
        match self.api.patch(&path, &patch).await {
            Err(fault)
                if fault
                    .refusal()
                    .is_some_and(|refusal| refusal.status == 422 || refusal.status == 404) =>
            {
                Err(self.what_happened(&path, fault).await)
            }
            patched => Ok(patched?),
        }
    }

    /// Why the patch was refused: somebody acted on the Deployment.
    async fn what_happened(&self, path: &str, fault: Fault) -> PortError {
        let there = match self.api.get(path).await {
            Err(gone) if gone.absent() => {
                return refused(
                    404,
                    format!("the Deployment '{}' was deleted by somebody else before it was let run", self.name),
                );
            }
            Err(unknown) => return unknown.into(),
            Ok(there) => there,
        };
        if there["metadata"]["uid"] == self.uid.as_str() && there["metadata"]["annotations"][EPOCH] == self.epoch {
            return fault.into();
        }
        somebody_elses(self.api, "Deployment", self.name, &there)
    }

    /// After an outcome that another call cannot mend nothing of ours stays; after any other all of it does, for the next call.
    async fn give_back(&self, why: PortError) -> PortError {
        if matches!(why, PortError::Retry(_)) {
            return why;
        }
        match delete::delete(self.api, self.name, &self.uid).await {
            Ok(()) => why,
            Err(error) => PortError::Retry(format!("{why}; and what was created could not be deleted again: {error}")),
        }
    }
}

/// The word for a kind in paths.
fn plural(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ConfigMap" => "configmaps",
        "Service" => "services",
        "Secret" => "secrets",
        "Ingress" => "ingresses",
        _ => return None,
    })
}
