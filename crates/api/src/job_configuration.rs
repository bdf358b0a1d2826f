//! The configuration of a job: declared in its release, and effective as the JobManager runs it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::live::{cluster_of, endpoint, newest};
use crate::problem::Problem;
use crate::scope::JobScope;

/// Declared and effective configuration.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobConfiguration {
    /// What the release of the newest run declares; before the first run, the draft.
    pub declared: BTreeMap<String, String>,
    /// What Flink runs with; absent while no run can be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<BTreeMap<String, String>>,
    /// Why there is no effective configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The declared and the effective configuration.
///
/// # Errors
/// When the database does not answer. A Flink that does not answer is a reason in the answer.
#[utoipa::path(get, path = "/jobs/{job}/configuration", tag = "live", responses((status = 200, description = "Done", body = JobConfiguration)))]
pub async fn get_configuration(State(app): State<App>, of: JobScope) -> Result<Json<JobConfiguration>, Problem> {
    let Some(run) = newest(&app, &of).await? else {
        let declared = match app.store.draft(of.scope.team_id, of.job.id, None).await {
            Err(StoreError::NotFound) => BTreeMap::new(),
            found => found?.spec.configuration,
        };
        let reason = Some("It has not been started yet.".to_owned());
        return Ok(Json(JobConfiguration {
            declared,
            effective: None,
            reason,
        }));
    };
    let declared = app
        .store
        .release(of.scope.team_id, run.release_id)
        .await?
        .content
        .spec
        .configuration;
    let answer = match effective(&app, &of, &run).await {
        Ok(effective) => JobConfiguration {
            declared,
            effective: Some(effective),
            reason: None,
        },
        Err(problem) => JobConfiguration {
            declared,
            effective: None,
            reason: Some(problem.to_string()),
        },
    };
    Ok(Json(answer))
}

async fn effective(app: &App, of: &JobScope, run: &domain::run::Run) -> Result<BTreeMap<String, String>, Problem> {
    let cluster = cluster_of(app, of, run).await?;
    let endpoint = endpoint(&cluster)?;
    let asked = app.ports.reader.configuration(&endpoint, Some(&run.id.flink_job_id())).await;
    let asked = asked.map_err(|error| Problem::from_port(error, "the configuration of the newest run"))?;
    let hider = app.hider(of.scope.team_id).await?;
    Ok(asked.into_iter().map(|(key, value)| (key, hider.hide(&value))).collect())
}
