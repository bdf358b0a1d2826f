//! Where a browser finds Flink's web UI, as it is shown.

use domain::cluster::{Cluster, Look};
use domain::web_address::{forward_command, web_address};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a browser finds Flink's web UI, or why nowhere and the command that makes a way.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebAddress {
    /// The address; absent where none is known to work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the address is, or why there is none.
    pub sentence: String,
    /// The command that makes an address on the machine where it runs, while the cluster answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl WebAddress {
    /// That of a cluster; the command names the job where there is one.
    pub(crate) fn of(cluster: &Cluster, look: &Look, job: Option<&str>) -> Self {
        let found = web_address(cluster, look);
        Self {
            url: found.url,
            sentence: found.sentence,
            command: found.forward.then(|| forward_command(job, &cluster.name)),
        }
    }
}
