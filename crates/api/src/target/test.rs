//! Tests of targets: whether Flink clusters can run there, asked of the API server. What was tested of a kept target is
//! kept with it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;

use domain::target::{KubernetesPlace, TargetReport as Report, TargetTest};
use serde::{Deserialize, Serialize};
use store::now;
use utoipa::ToSchema;

use super::checked::{NewTargetAccess, access, place};
use super::{TargetPath, TargetProbe, find, probe};
use crate::app::App;
use crate::audit::Note;
use crate::extract::{Body, Path};
use crate::problem::{Problem, sentence};
use crate::time::Time;

/// How long a test may take.
const WITHIN: Duration = Duration::from_secs(45);

/// A place to test before it is saved.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTargetTest {
    /// Name or id of the target that is being changed: its kubeconfig counts where none is sent.
    pub target: Option<String>,
    /// How the API server is reached.
    #[serde(deserialize_with = "access")]
    pub access: NewTargetAccess,
    /// The context of the kubeconfig; its current one unless told.
    pub context: Option<String>,
    /// The namespace.
    pub namespace: String,
    /// Service account of the pods.
    pub service_account: Option<String>,
}

/// How much is tested.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestChoices {
    /// Whether a pod is created for a moment: it shows whether the image can be pulled, whether quota and admission let it in, and
    /// whether pods reach this server. It goes on after the answer, for two minutes at most.
    #[serde(default)]
    pub probe: bool,
    /// The Flink version whose image it has; the newest unless told.
    pub flink_version: Option<String>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// Well.
    Ok,
    /// Flink clusters will not run, or not be seen.
    Failed,
    /// We may not ask.
    NotTested,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetCheck {
    /// What, such as `create deployments`.
    pub what: String,
    /// How it went.
    pub outcome: CheckOutcome,
    /// Why, and how to mend it; empty where it is well.
    pub message: String,
}

/// What a test of a target found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetReport {
    /// Whether nothing failed.
    pub ok: bool,
    /// When it was tested.
    pub tested_at: Time,
    /// Whether the target was changed since.
    pub outdated: bool,
    /// Version of the API server; absent where it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What was looked at.
    pub checks: Vec<TargetCheck>,
    /// The probe pod that was asked for with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<TargetProbe>,
}

impl TargetReport {
    /// A test of a target that is at a revision now.
    pub(super) fn of(test: TargetTest, revision: i64) -> Self {
        Self {
            ok: test.report.ok(),
            tested_at: test.at.into(),
            outdated: test.revision != revision,
            version: Some(test.report.version).filter(|version| !version.is_empty()),
            checks: test.report.checks.into_iter().map(TargetCheck::from).collect(),
            probe: test.probe.map(TargetProbe::of),
        }
    }
}

impl From<domain::target::TargetCheck> for TargetCheck {
    fn from(of: domain::target::TargetCheck) -> Self {
        Self {
            what: of.what,
            outcome: match of.outcome {
                domain::target::CheckOutcome::Ok => CheckOutcome::Ok,
                domain::target::CheckOutcome::Failed => CheckOutcome::Failed,
                domain::target::CheckOutcome::NotTested => CheckOutcome::NotTested,
            },
            message: of.message,
        }
    }
}

/// Tests a place. What keeps the test from beginning is its one failed check.
async fn tested(app: &App, place: &KubernetesPlace, service_account: Option<&str>) -> Result<Report, Problem> {
    let control = &app.ports.kubernetes;
    if let Err(error) = control.check(place).await {
        return Ok(Report::failed("read the kubeconfig", sentence(&error.to_string())));
    }
    let answer = tokio::time::timeout(WITHIN, control.test(place, service_account)).await;
    Ok(match answer {
        Ok(Ok(report)) => report,
        Ok(Err(error)) => Report::failed("reach the API server", sentence(&error.to_string())),
        Err(_) => {
            let why = format!(
                "It did not answer everything within {} s: look whether this server reaches it.",
                WITHIN.as_secs()
            );
            Report::failed("reach the API server", why)
        }
    })
}

/// Tests a target: whether the API server answers, our permissions in the namespace, and those of the pods' service account.
///
/// # Errors
/// 404, 409 `probe_running`, 422 naming the field; what fails is in the report.
#[utoipa::path(
    post,
    path = "/targets/{target}/test",
    tag = "targets",
    request_body = TestChoices,
    responses((status = 200, description = "Tested", body = TargetReport)),
)]
pub async fn test_target(
    State(app): State<App>,
    note: Note,
    Path(path): Path<TargetPath>,
    Body(choices): Body<TestChoices>,
) -> Result<Json<TargetReport>, Problem> {
    let of = find(&app, &path.target).await?;
    note.of(of.id, &of.name);
    let running = app.store.target_test(of.id).await?.and_then(|test| test.probe);
    let running = running.filter(|probe| probe.running(now()));
    let order = match (choices.probe, &running) {
        (false, _) => None,
        (true, None) => Some(probe::order(&app, &of, choices.flink_version.as_deref())?),
        (true, Some(_)) => return Err(probe::running()),
    };
    let report = tested(&app, &of.place, of.defaults.service_account.as_deref()).await?;
    let test = TargetTest {
        at: now(),
        revision: of.revision,
        probe: order.as_ref().map(|order| order.begun(now())).or(running),
        report,
    };
    note.after(serde_json::json!({ "ok": test.report.ok(), "probe": choices.probe }));
    app.store.keep_target_test(of.id, test.clone()).await?;
    if let (Some(order), Some(begun)) = (order, &test.probe) {
        tokio::spawn(probe::work(app, of.clone(), order, begun.clone()));
    }
    Ok(Json(TargetReport::of(test, of.revision)))
}

/// Tests a place as it is typed, before it is saved; changes nothing.
///
/// # Errors
/// 422 naming the field; what fails is in the report.
#[utoipa::path(
    post,
    path = "/target-tests",
    tag = "targets",
    request_body = NewTargetTest,
    responses((status = 200, description = "Tested", body = TargetReport)),
)]
pub async fn test_place(State(app): State<App>, note: Note, Body(asked): Body<NewTargetTest>) -> Result<Json<TargetReport>, Problem> {
    let before = match &asked.target {
        Some(named) => Some(find(&app, named).await?),
        None => None,
    };
    if let Some(of) = &before {
        note.of(of.id, &of.name);
    }
    let before = before.map(|of| of.place);
    let place = place(&app, (asked.access, asked.context, asked.namespace), before.as_ref()).await?;
    let test = TargetTest {
        at: now(),
        revision: 0,
        probe: None,
        report: tested(&app, &place, asked.service_account.as_deref()).await?,
    };
    note.after(serde_json::json!({ "namespace": place.namespace, "ok": test.report.ok() }));
    Ok(Json(TargetReport::of(test, 0)))
}
