//! Asking Flink about the newest run of a job: which cluster, which Flink job, and what a silence means.

use domain::cluster::Cluster;
use domain::ports::Endpoint;
use domain::run::Run;
use http::StatusCode;
use store::StoreError;

use crate::app::App;
use crate::problem::Problem;
use crate::scope::JobScope;

/// The newest run of a job and where it can be asked for.
pub(crate) struct Live {
    /// The run.
    pub run: Run,
    /// Its cluster's REST address and version.
    pub endpoint: Endpoint,
}

/// The address of a cluster.
///
/// # Errors
/// 409 `cluster_not_started` while it has none.
pub(crate) fn endpoint(cluster: &Cluster) -> Result<Endpoint, Problem> {
    match (&cluster.rest_url, cluster.version) {
        (Some(rest_url), Some(version)) => Ok(Endpoint {
            rest_url: rest_url.clone(),
            version,
            connection: cluster.connection.clone(),
        }),
        (None, _) => Err(Problem::conflict(
            "cluster_not_started",
            format!("Cluster '{}' has not been started yet.", cluster.name),
        )
        .hint("Start the cluster.")),
        (_, None) => Err(Problem::conflict(
            "cluster_not_started",
            format!("Cluster '{}' has not answered yet: its version is not known.", cluster.name),
        )),
    }
}

/// The newest run of a job.
///
/// # Errors
/// 404 `no_run` before the first start, 409 while its cluster has no address.
pub(crate) async fn live(app: &App, of: &JobScope) -> Result<Live, Problem> {
    let run = newest(app, of).await?.ok_or_else(no_run)?;
    let cluster = cluster_of(app, of, &run).await?;
    Ok(Live {
        endpoint: endpoint(&cluster)?,
        run,
    })
}

/// The problem of a job that was never started.
pub(crate) fn no_run() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_run",
        "This job has not been started yet, so Flink knows nothing of it.",
    )
    .hint("Start it.")
}

/// The newest run, live or ended.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn newest(app: &App, of: &JobScope) -> Result<Option<Run>, Problem> {
    match of.job.run_id {
        Some(id) => Ok(Some(app.store.run(of.scope.team_id, id).await?)),
        None => Ok(None),
    }
}

/// The cluster of a run.
///
/// # Errors
/// 404 `cluster_gone` when it was deleted.
pub(crate) async fn cluster_of(app: &App, of: &JobScope, run: &Run) -> Result<Cluster, Problem> {
    match app.store.cluster(of.scope.team_id, run.cluster_id).await {
        Err(StoreError::NotFound) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "cluster_gone",
            "The cluster of the newest run was deleted; what it knew is gone.",
        )),
        found => Ok(found?),
    }
}
