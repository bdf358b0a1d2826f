//! `flink-sim`: the simulated Flink session cluster as a program, for scale runs and for looking at the
//! console without a Flink. Prints its address on one line, then serves until it is ended. With `--kubernetes` it is an API
//! server, whose kubeconfig it prints.

use std::net::SocketAddr;

use clap::Parser;
use sim::{Flink, Kubernetes, KubernetesOptions, SimOptions};

/// A simulated Flink session cluster.
#[derive(Parser)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Flink version that it claims.
    #[arg(long, default_value = "2.2.1")]
    flink: String,
    /// Registered TaskManagers.
    #[arg(long, default_value_t = 1)]
    task_managers: u32,
    /// Slots of each TaskManager.
    #[arg(long, default_value_t = 100)]
    slots: u32,
    /// Running jobs that are there from the start.
    #[arg(long, default_value_t = 0)]
    jobs: u32,
    /// A simulated API server of Kubernetes instead, whose Deployments run such clusters.
    #[arg(long)]
    kubernetes: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.kubernetes {
        let options = KubernetesOptions {
            listen: arguments.listen,
            ..KubernetesOptions::default()
        };
        let kubernetes = Kubernetes::start(options).await?;
        print!("{}", kubernetes.kubeconfig("simulated"));
        kubernetes.serve().await;
        return Ok(());
    }
    let flink = Flink::start(SimOptions {
        listen: arguments.listen,
        task_managers: arguments.task_managers,
        slots: arguments.slots,
        ..SimOptions::of(&arguments.flink)
    })
    .await?;
    flink.add_running(arguments.jobs, "stranger");
    println!("{}", flink.url());
    flink.serve().await;
    Ok(())
}
