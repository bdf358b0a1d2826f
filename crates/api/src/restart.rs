//! Restart policies of jobs: how a job is kept running. Not part of a draft or release, because it does not change what
//! runs; it holds from the next failure on.

use axum::Json;
use axum::extract::State;
use domain::restart::InvalidPolicy;
use domain::time::SECOND;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::Body;
use crate::problem::Problem;
use crate::scope::JobScope;

/// After which ends a job is restarted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestartWhen {
    /// After none.
    #[default]
    Never,
    /// After a failure.
    Failed,
    /// After a failure, and where a run is gone and nobody knows how it ended.
    FailedOrLost,
}

/// From which state a restart goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestartState {
    /// From the newest checkpoint or savepoint of the run that failed; where it made none, from what it started from.
    #[default]
    Latest,
    /// With empty state.
    None,
}

/// How a job is kept running.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RestartPolicy {
    /// After which ends; `never` unless told.
    pub when: RestartWhen,
    /// Restarts within the window; one more failure is a crash loop and ends them.
    #[schema(minimum = 1, maximum = 100)]
    pub limit: u32,
    /// How long failures are counted.
    #[schema(minimum = 60, maximum = 86400)]
    pub window_seconds: u32,
    /// Before the first restart.
    #[schema(minimum = 1, maximum = 3600)]
    pub initial_delay_seconds: u32,
    /// Each delay is so many times the one before.
    #[schema(minimum = 1, maximum = 10)]
    pub factor: u32,
    /// The longest delay.
    #[schema(minimum = 1, maximum = 3600)]
    pub maximum_delay_seconds: u32,
    /// Each delay is up to so many percent longer or shorter.
    #[schema(maximum = 50)]
    pub jitter_percent: u32,
    /// From which state; `latest` unless told.
    pub state: RestartState,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        domain::restart::RestartPolicy::default().into()
    }
}

/// Whole seconds of a time in milliseconds.
fn seconds(millis: i64) -> u32 {
    u32::try_from(millis / SECOND).unwrap_or(u32::MAX)
}

impl From<domain::restart::RestartPolicy> for RestartPolicy {
    fn from(policy: domain::restart::RestartPolicy) -> Self {
        use domain::restart::{RestartState as From, RestartWhen as When};
        Self {
            when: match policy.when {
                When::Never => RestartWhen::Never,
                When::Failed => RestartWhen::Failed,
                When::FailedOrLost => RestartWhen::FailedOrLost,
            },
            limit: policy.limit,
            window_seconds: seconds(policy.window),
            initial_delay_seconds: seconds(policy.initial_delay),
            factor: policy.factor,
            maximum_delay_seconds: seconds(policy.maximum_delay),
            jitter_percent: policy.jitter,
            state: match policy.state {
                From::Latest => RestartState::Latest,
                From::None => RestartState::None,
            },
        }
    }
}

impl From<RestartPolicy> for domain::restart::RestartPolicy {
    fn from(policy: RestartPolicy) -> Self {
        Self {
            when: match policy.when {
                RestartWhen::Never => domain::restart::RestartWhen::Never,
                RestartWhen::Failed => domain::restart::RestartWhen::Failed,
                RestartWhen::FailedOrLost => domain::restart::RestartWhen::FailedOrLost,
            },
            limit: policy.limit,
            window: i64::from(policy.window_seconds) * SECOND,
            initial_delay: i64::from(policy.initial_delay_seconds) * SECOND,
            factor: policy.factor,
            maximum_delay: i64::from(policy.maximum_delay_seconds) * SECOND,
            jitter: policy.jitter_percent,
            state: match policy.state {
                RestartState::Latest => domain::restart::RestartState::Latest,
                RestartState::None => domain::restart::RestartState::None,
            },
        }
    }
}

/// The restart policy of a job.
///
/// # Errors
/// 404 when the team has no such job.
#[utoipa::path(get, path = "/jobs/{job}/restart-policy", tag = "jobs", responses((status = 200, description = "Done", body = RestartPolicy)))]
pub async fn get_restart_policy(State(app): State<App>, of: JobScope) -> Result<Json<RestartPolicy>, Problem> {
    let policy = app.store.restart_policy(of.scope.team_id, of.job.id).await?;
    Ok(Json(policy.into()))
}

/// Sets the restart policy of a job; what is left out has its usual value. It needs no release and no restart.
///
/// # Errors
/// 422 `bad_policy` naming the field.
#[utoipa::path(
    put,
    path = "/jobs/{job}/restart-policy",
    tag = "jobs",
    request_body = RestartPolicy,
    responses((status = 200, description = "Done", body = RestartPolicy)),
)]
pub async fn set_restart_policy(
    State(app): State<App>,
    of: JobScope,
    Body(asked): Body<RestartPolicy>,
) -> Result<Json<RestartPolicy>, Problem> {
    let policy = domain::restart::RestartPolicy::from(asked);
    policy
        .check()
        .map_err(|InvalidPolicy { field, why }| Problem::unprocessable("bad_policy", why).field(field))?;
    let before = app.store.restart_policy(of.scope.team_id, of.job.id).await?;
    of.scope.note.before(RestartPolicy::from(before));
    app.store
        .set_restart_policy(of.scope.team_id, of.job.id, policy.clone(), of.scope.user_id())
        .await?;
    let after = RestartPolicy::from(policy);
    of.scope.note.after(&after);
    Ok(Json(after))
}
