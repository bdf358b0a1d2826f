//! The Flink clusters of a namespace, whoever made them: by the labels that Flink's client, and operators, give to Deployments.

use domain::draft::Mode;
use domain::ports::{EPOCH, FoundCluster, PortError};
use domain::time::Millis;
use serde_json::Value;

use crate::api::{Api, encode};
use crate::sight::MAIN;

/// See [`domain::ports::KubernetesControl::clusters`].
pub async fn clusters(api: &Api) -> Result<Vec<FoundCluster>, PortError> {
    let labels = encode("type=flink-native-kubernetes");
    let list = api.list("deployments", &format!("labelSelector={labels}")).await?;
    let mut found: Vec<FoundCluster> = list.items.iter().filter_map(cluster).collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn cluster(deployment: &Value) -> Option<FoundCluster> {
    let meta = &deployment["metadata"];
    let container = main_container(deployment);
    let owner = meta["ownerReferences"].as_array().and_then(|owners| owners.first());
    Some(FoundCluster {
        name: meta["name"].as_str()?.to_owned(),
        uid: meta["uid"].as_str()?.to_owned(),
        ours: meta["annotations"][EPOCH].is_string(),
        mode: container.and_then(mode),
        image: container.and_then(|one| one["image"].as_str()).map(str::to_owned),
        owner: owner.and_then(|owner| Some(format!("{}/{}", owner["kind"].as_str()?, owner["name"].as_str()?))),
        created_at: meta["creationTimestamp"].as_str().and_then(Millis::parse),
    })
}

fn main_container(deployment: &Value) -> Option<&Value> {
    let all = deployment["spec"]["template"]["spec"]["containers"].as_array()?;
    let named = all.iter().find(|one| MAIN.iter().any(|name| one["name"] == *name));
    named.or_else(|| all.first().filter(|_| all.len() == 1))
}

/// What its JobManager is started as: `kubernetes-session`, in 1.12 the class `KubernetesSessionClusterEntrypoint`.
fn mode(container: &Value) -> Option<Mode> {
    let words = ["command", "args"].map(|key| container[key].as_array());
    let mut words = words.into_iter().flatten().flatten().filter_map(Value::as_str);
    words.find_map(|word| {
        if word.contains("kubernetes-session") || word.contains("KubernetesSessionClusterEntrypoint") {
            Some(Mode::Session)
        } else if word.contains("kubernetes-application") || word.contains("KubernetesApplicationClusterEntrypoint") {
            Some(Mode::Application)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_deployment_is_stands_in_its_container() {
        let table = [
            (json!(["kubernetes-jobmanager.sh kubernetes-session -Dx=y"]), Some(Mode::Session)),
            (
                json!(["bash", "-c", "kubernetes-jobmanager.sh kubernetes-application"]),
                Some(Mode::Application),
            ),
            (
                json!(["$JAVA_HOME/bin/java org.apache.flink.kubernetes.entrypoint.KubernetesSessionClusterEntrypoint"]),
                Some(Mode::Session),
            ),
            (json!(["something", 7]), None),
            (json!(null), None),
        ];
        for (args, expected) in table {
            let deployment = json!({
                "metadata": {"name": "a", "uid": "u", "creationTimestamp": "2026-11-22T10:00:00Z",
                    "ownerReferences": [{"kind": "FlinkDeployment", "name": "orders"}]},
                "spec": {"template": {"spec": {"containers": [{"name": "sidecar"}, {"name": "flink-main-container", "image": "flink:1.20", "args": args}]}}},
            });
            let found = cluster(&deployment).unwrap();
            assert_eq!(found.mode, expected, "{args}");
            assert_eq!(
                (found.image.as_deref(), found.owner.as_deref(), found.ours),
                (Some("flink:1.20"), Some("FlinkDeployment/orders"), false)
            );
        }
        assert_eq!(cluster(&json!({"metadata": {"name": "a"}})), None, "without a uid");
    }

    #[test]
    fn ours_are_told_by_their_epoch() {
        let deployment = json!({"metadata": {"name": "a", "uid": "u", "annotations": {EPOCH: "7"}}});
        assert!(cluster(&deployment).unwrap().ours);
    }
}
