//! Deletes what is ours, and nothing else: by uid.

use domain::ports::PortError;
use serde_json::{Value, json};

use crate::api::{Api, encode};
use crate::fault::Fault;

/// `ConfigMaps` of one cluster that Flink up to 1.14 makes before it labels them.
const BARE: [&str; 3] = ["restserver-leader", "dispatcher-leader", "resourcemanager-leader"];

/// See [`domain::ports::KubernetesControl::delete`].
pub async fn delete(api: &Api, name: &str, uid: &str) -> Result<(), PortError> {
    let path = api.object("deployments", name)?;
    gone(api.delete(&path, &options(uid)).await)
}

fn options(uid: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": uid},
    })
}

/// Absent, or somebody else's by now: in both cases ours is gone.
fn gone(answer: Result<Value, Fault>) -> Result<(), PortError> {
    match answer {
        Err(fault) if fault.absent() => Ok(()),
        Err(fault) if fault.refusal().is_some_and(|refusal| refusal.status == 409) => Ok(()),
        answer => Ok(answer.map(|_| ())?),
    }
}

/// See [`domain::ports::KubernetesControl::forget`].
pub async fn forget(api: &Api, name: &str) -> Result<(), PortError> {
    let labels = encode(&format!("app={name},type=flink-native-kubernetes"));
    let labelled = api.list("configmaps", &format!("labelSelector={labels}")).await?.items;
    for map in labelled {
        let found = map["metadata"]["name"].as_str().unwrap_or_default();
        if of_high_availability(name, found) {
            remove(api, found, &map).await?;
        }
    }
    for suffix in BARE {
        let bare = format!("{name}-{suffix}");
        match api.get(&api.object("configmaps", &bare)?).await {
            Ok(map) => remove(api, &bare, &map).await?,
            Err(fault) if fault.absent() => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(())
}

async fn remove(api: &Api, name: &str, map: &Value) -> Result<(), PortError> {
    let uid = map["metadata"]["uid"].as_str().unwrap_or_default();
    gone(api.delete(&api.object("configmaps", name)?, &options(uid)).await)
}

/// Whether a `ConfigMap` of these labels is of Flink's high availability, by its name: `ID-cluster-config-map`,
/// `ID-JOB-config-map`, and up to 1.14 `ID-…-leader`.
fn of_high_availability(cluster: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(cluster).and_then(|rest| rest.strip_prefix('-')) else {
        return false;
    };
    let job = |suffix: &str| {
        let id = rest.strip_suffix(suffix).unwrap_or_default();
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    rest == "cluster-config-map" || BARE.contains(&rest) || job("-config-map") || job("-jobmanager-leader")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_maps_of_high_availability_are_forgotten() {
        let job = "0123456789abcdef0123456789abcdef";
        for (name, expected) in [
            ("sw-a-cluster-config-map", true),
            (&*format!("sw-a-{job}-config-map"), true),
            (&*format!("sw-a-{job}-jobmanager-leader"), true),
            ("sw-a-dispatcher-leader", true),
            ("flink-config-sw-a", false),
            ("pod-template-sw-a", false),
            ("hadoop-config-sw-a", false),
            ("sw-ab-cluster-config-map", false),
            ("sw-a-my-config-map", false),
            ("sw-a", false),
        ] {
            assert_eq!(of_high_availability("sw-a", name), expected, "{name}");
        }
    }
}
