//! `streamwright target …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{GrantedTeams, Platform, key_value};

/// `target …`
#[derive(Debug, Subcommand)]
pub enum TargetCommand {
    /// Add a namespace of a Kubernetes cluster; no team may use it yet
    Add(Box<TargetAdd>),
    /// List the targets
    List {
        /// Where to.
        #[command(flatten)]
        platform: Platform,
    },
    /// Show one target; its kubeconfig is never shown
    Show(OneTarget),
    /// Ask the API server whether Flink clusters can run there; exit code 1 when something fails
    Test(TargetTest),
    /// Change what is named, and leave the rest
    Change(Box<TargetChange>),
    /// Forget a target that no cluster uses; what is in its namespace stays
    Remove(OneTarget),
    /// Let teams use a target
    Grant(TargetGrant),
    /// Take a target from teams
    Revoke(TargetRevoke),
    /// Print the roles that a namespace needs, for `kubectl apply -f -`; needs no server
    Rbac(Rbac),
}

/// One target.
#[derive(Debug, Args)]
pub struct OneTarget {
    /// Name or id
    pub target: String,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// Options of `target test`.
#[derive(Debug, Args)]
pub struct TargetTest {
    /// Name or id
    pub target: String,
    /// Also create a pod for a moment: whether the image can be pulled, quota and admission let it in, and pods reach this server;
    /// takes two minutes at most, Ctrl-C cancels it
    #[arg(long)]
    pub probe: bool,
    /// Flink version whose image the pod has; the newest unless told
    #[arg(long, value_name = "VERSION", requires = "probe")]
    pub flink: Option<String>,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// Options of `target add`.
#[derive(Debug, Args)]
pub struct TargetAdd {
    /// Name, unique in the platform
    pub name: String,
    /// How the API server is reached.
    #[command(flatten, next_help_heading = "How the API server is reached")]
    pub access: AccessFlags,
    /// The namespace of all objects
    #[arg(long, value_name = "NAME")]
    pub namespace: String,
    /// The rest.
    #[command(flatten)]
    pub flags: TargetFlags,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// Options of `target change`.
#[derive(Debug, Args)]
pub struct TargetChange {
    /// Name or id
    pub target: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    pub rename: Option<String>,
    /// How the API server is reached.
    #[command(flatten, next_help_heading = "How the API server is reached")]
    pub access: AccessFlags,
    /// Another namespace
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Take an image away
    #[arg(long = "without-image", value_name = "VERSION")]
    pub without_images: Vec<String>,
    /// Take a configuration key away
    #[arg(long = "without-config", value_name = "KEY")]
    pub without_configuration: Vec<String>,
    /// The rest.
    #[command(flatten)]
    pub flags: TargetFlags,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// How an API server is reached. A kubeconfig comes from a file: arguments are seen by everybody on the machine.
#[derive(Debug, Args, Default)]
pub struct AccessFlags {
    /// File on this machine with the kubeconfig, which is sent and kept sealed; `-` reads standard input. It may name no other
    /// file and no program: `kubectl config view --raw --minify --flatten` writes such a one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kubeconfig_file", "in_cluster"])]
    pub kubeconfig: Option<PathBuf>,
    /// Path of a kubeconfig on the server's host, which is read again when it changes
    #[arg(long, value_name = "PATH", conflicts_with = "in_cluster")]
    pub kubeconfig_file: Option<String>,
    /// By the service account of the pod that the server runs in
    #[arg(long)]
    pub in_cluster: bool,
    /// Context of the kubeconfig; its current one unless told
    #[arg(long, value_name = "NAME", conflicts_with = "in_cluster")]
    pub context: Option<String>,
}

/// What holds for every cluster of a target. An empty value takes it away.
#[derive(Debug, Args, Default)]
pub struct TargetFlags {
    /// Image of a Flink version, such as 2.2.1, or of all patches of 2.2; once for each
    #[arg(long = "image", id = "images", value_name = "VERSION=IMAGE", value_parser = key_value)]
    pub images: Vec<(String, String)>,
    /// Service account of the pods
    #[arg(long, value_name = "NAME")]
    pub service_account: Option<String>,
    /// Where jobs keep their state, such as s3://bucket/flink; with it comes high availability
    #[arg(long, value_name = "URI")]
    pub state_root: Option<String>,
    /// No high availability although there is a state root
    #[arg(long, conflicts_with = "high_availability")]
    pub no_high_availability: bool,
    /// High availability after all
    #[arg(long)]
    pub high_availability: bool,
    /// Flink configuration of every cluster; once for each key
    #[arg(long = "config", id = "configuration", value_name = "KEY=VALUE", value_parser = key_value)]
    pub configuration: Vec<(String, String)>,
    /// File with the pod template of the JobManager, YAML
    #[arg(long, value_name = "FILE")]
    pub job_manager_template: Option<PathBuf>,
    /// File with the pod template of the TaskManagers, YAML
    #[arg(long, value_name = "FILE")]
    pub task_manager_template: Option<PathBuf>,
    /// What pods may have: these, and no others
    #[arg(long, value_enum, value_name = "WHAT")]
    pub allow: Vec<Allowed>,
    /// Folder of the node that pods may mount, with everything below: these, and no others
    #[arg(long = "allow-host-path", id = "host_paths", value_name = "PATH")]
    pub host_paths: Vec<String>,
    /// Service account that pods may have: these, and no others
    #[arg(long = "allow-service-account", id = "service_accounts", value_name = "NAME")]
    pub service_accounts: Vec<String>,
    /// Where pods reach the server for artifacts; its public address unless told
    #[arg(long, value_name = "URL")]
    pub artifact_url: Option<String>,
    /// Host of an Ingress for each cluster's web UI, such as '{{job}}.flink.example.org'; {{cluster}} and {{namespace}}
    /// can stand in it, too
    #[arg(long, value_name = "TEMPLATE")]
    pub ingress_host: Option<String>,
    /// Class of the Ingress controller; the cluster's usual one unless told
    #[arg(long, value_name = "NAME")]
    pub ingress_class: Option<String>,
    /// Secret with the certificate of the Ingress
    #[arg(long, value_name = "NAME")]
    pub ingress_tls_secret: Option<String>,
    /// Annotation of the Ingress; once for each
    #[arg(long = "ingress-annotation", id = "ingress_annotations", value_name = "KEY=VALUE", value_parser = key_value)]
    pub ingress_annotations: Vec<(String, String)>,
}

/// What a target may allow its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Allowed {
    /// Privileged containers
    Privileged,
    /// Network, processes, IPC and ports of the node
    HostNamespaces,
    /// Nothing that reaches beyond a pod
    Nothing,
}

/// Options of `target grant`.
#[derive(Debug, Args)]
pub struct TargetGrant {
    /// Name or id
    pub target: String,
    /// Who may use it.
    #[command(flatten)]
    pub to: GrantedTeams,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// Options of `target revoke`.
#[derive(Debug, Args)]
pub struct TargetRevoke {
    /// Name or id
    pub target: String,
    /// Name or id of a team; once for each
    #[arg(long = "team", id = "teams", value_name = "TEAM", required = true)]
    pub teams: Vec<String>,
    /// Where to.
    #[command(flatten)]
    pub platform: Platform,
}

/// Options of `target rbac`.
#[derive(Debug, Args)]
pub struct Rbac {
    /// The namespace of the target
    #[arg(long, value_name = "NAME")]
    pub namespace: String,
    /// Service account of the pods, which is made
    #[arg(long, value_name = "NAME", default_value = "flink")]
    pub service_account: String,
    /// Service account that the server is there: NAME, which is made, or one of another namespace as NAMESPACE/NAME
    #[arg(long, value_name = "ACCOUNT", default_value = "streamwright")]
    pub server_account: String,
    /// Also let the server see which cluster it is, so that it never takes another one behind the same address for it; needs
    /// rights on the whole cluster
    #[arg(long)]
    pub cluster_identity: bool,
}
