//! Deletes what is ours, and nothing else: by uid.

use domain::ports::PortError;
use serde_json::{Value, json};

use crate::api::{Api, encode};
use crate::fault::Refusal;

/// `ConfigMaps` of one cluster that Flink up to 1.14 makes before it labels them.
const BARE: [&str; 3] = ["restserver-leader", "dispatcher-leader", "resourcemanager-leader"];

/// See [`domain::ports::KubernetesControl::delete`].
pub async fn delete(api: &Api, name: &str, uid: &str) -> Result<(), PortError> {
    remove(api, &api.object("deployments", name)?, uid).await
}

/// Deletes an object where it has this uid, with what belongs to it. Absent, or somebody else's by now: in both cases ours is gone.
pub async fn remove(api: &Api, path: &str, uid: &str) -> Result<(), PortError> {
    let options = json!({
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": uid},
    });
    let conflict = match api.delete(path, &options).await {
        Err(fault) if fault.absent() => return Ok(()),
        Err(fault) if fault.refusal().is_some_and(Refusal::conflict) => fault,
        answer => return Ok(answer.map(|_| ())?),
    };
    // API servers say in different words that it is another uid.
    match api.get(path).await {
        Err(fault) if fault.absent() => Ok(()),
        Ok(there) if there["metadata"]["uid"] != uid => Ok(()),
        there => Err(there.err().unwrap_or(conflict).into()),
    }
}

/// See [`domain::ports::KubernetesControl::forget`].
pub async fn forget(api: &Api, name: &str) -> Result<(), PortError> {
    let labels = encode(&format!("app={name},type=flink-native-kubernetes"));
    let labelled = api.list("configmaps", &format!("labelSelector={labels}")).await?.items;
    for map in labelled {
        let found = map["metadata"]["name"].as_str().unwrap_or_default();
        if of_high_availability(name, found) {
            remove(api, &api.object("configmaps", found)?, uid(&map)).await?;
        }
    }
    for suffix in BARE {
        let bare = format!("{name}-{suffix}");
        let path = api.object("configmaps", &bare)?;
        match api.get(&path).await {
            Ok(map) => remove(api, &path, uid(&map)).await?,
            Err(fault) if fault.absent() => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(())
}

fn uid(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
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
