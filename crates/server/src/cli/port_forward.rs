//! `streamwright port-forward …`.

use std::net::IpAddr;

use clap::Args;

use super::Server;

/// Options of `port-forward`.
#[derive(Debug, Args)]
pub struct PortForward {
    /// The job whose newest run is looked at
    #[arg(required_unless_present = "cluster")]
    pub job: Option<String>,
    /// A cluster instead
    #[arg(long, value_name = "NAME", conflicts_with = "job")]
    pub cluster: Option<String>,
    /// Port of this machine [default: 8081, or another one where that is taken]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Address of this machine; whoever reaches it acts with your token
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}
