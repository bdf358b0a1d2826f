//! Kubernetes as it is played: it lets us do everything but what a test has told it.

use async_trait::async_trait;
use domain::draft::Mode;
use domain::log::{ContainerLog, LogFrom};
use domain::ports::{
    ClusterObjects, FoundCluster, KubernetesControl, KubernetesSight, LogStream, PodProbe, PortError, ProbeWatcher, Vault,
};
use domain::target::{CheckOutcome, KUBECONFIG_PURPOSE, KubernetesAccess, KubernetesPlace, SERVER_PERMISSIONS, TargetCheck, TargetReport};

use super::fakes::Fake;

pub struct FakeKubernetes(pub Fake);

const NEVER: PortError = PortError::GiveUp(String::new());

#[async_trait]
impl KubernetesControl for FakeKubernetes {
    async fn check(&self, place: &KubernetesPlace) -> Result<(), PortError> {
        let KubernetesAccess::Kubeconfig { sealed } = &place.access else {
            return Ok(());
        };
        let text = self.0.open(KUBECONFIG_PURPOSE, sealed)?;
        if text.expose().contains("exec:") {
            let message = "the user runs a program: give a token or a certificate instead".to_owned();
            return Err(PortError::Refused { status: None, message });
        }
        Ok(())
    }

    async fn test(&self, place: &KubernetesPlace, account: Option<&str>) -> Result<TargetReport, PortError> {
        if let Some(error) = self.0.0.lock().unwrap().kubernetes.clone() {
            return Err(error);
        }
        let checks = SERVER_PERMISSIONS.iter().map(|asked| {
            let ok = place.namespace != "forbidden" || asked.resource != "secrets";
            TargetCheck {
                what: format!("{} as {}", asked.resource, account.unwrap_or("default")),
                outcome: if ok { CheckOutcome::Ok } else { CheckOutcome::Failed },
                message: if ok { String::new() } else { "apply the role".to_owned() },
            }
        });
        Ok(TargetReport {
            version: "v1.34.4".to_owned(),
            system_uid: None,
            checks: checks.collect(),
        })
    }

    async fn clusters(&self, _: &KubernetesPlace) -> Result<Vec<FoundCluster>, PortError> {
        if let Some(error) = self.0.0.lock().unwrap().kubernetes.clone() {
            return Err(error);
        }
        let found = |name: &str, mode, ours| FoundCluster {
            name: name.to_owned(),
            uid: format!("uid-{name}"),
            ours,
            mode,
            image: Some("flink:1.20.5".to_owned()),
            owner: None,
            created_at: None,
        };
        Ok(vec![
            found("orders", Some(Mode::Application), false),
            found("shared", Some(Mode::Session), false),
            found("strange", None, false),
            found("sw-a", Some(Mode::Session), true),
        ])
    }

    async fn probe(&self, place: &KubernetesPlace, probe: &PodProbe, watcher: &dyn ProbeWatcher) -> Result<Vec<TargetCheck>, PortError> {
        while place.namespace == "slow" && watcher.told("The image is being pulled").await {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let spec = &probe.pod["spec"];
        Ok(vec![TargetCheck {
            what: format!("{} {}", spec["containers"][0]["image"], spec["containers"][0]["command"]),
            outcome: CheckOutcome::Ok,
            message: String::new(),
        }])
    }

    async fn look(&self, _: &KubernetesPlace, _: &str) -> Result<KubernetesSight, PortError> {
        Err(NEVER)
    }

    async fn create(&self, _: &KubernetesPlace, _: &ClusterObjects) -> Result<String, PortError> {
        Err(NEVER)
    }

    async fn delete(&self, _: &KubernetesPlace, _: &str, _: &str) -> Result<(), PortError> {
        Err(NEVER)
    }

    async fn forget(&self, _: &KubernetesPlace, _: &str) -> Result<(), PortError> {
        Err(NEVER)
    }

    async fn log_tail(&self, _: &KubernetesPlace, _: &ContainerLog, _: usize) -> Result<String, PortError> {
        Err(NEVER)
    }

    async fn log_follow(&self, _: &KubernetesPlace, _: &ContainerLog, _: LogFrom) -> Result<Box<dyn LogStream>, PortError> {
        Err(NEVER)
    }
}
