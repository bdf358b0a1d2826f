//! The objects of an application in Kubernetes: what a release would be made of, how that differs from the last run, and what
//! a run was made of. No secret is in them.

use axum::Json;
use axum::extract::State;
use domain::cluster::{checkpoints, state_root};
use domain::draft::Mode;
use domain::id::{ClusterId, RunId};
use domain::release::Release;
use domain::run::{Run, StartOptions};
use domain::submission::Start;
use domain::target::Target;
use http::StatusCode;
use manifests::application::Place;
use manifests::compare::{self, Change};
use manifests::shown::{self, of_any_run, shown};
use manifests::{Description, Fault, Role, Subject};
use serde::{Deserialize, Serialize};
use store::RunManifests as Kept;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::evidence::{RunPath, run_of};
use crate::extract::{Path, Query};
use crate::lifecycle;
use crate::problem::{FieldError, Problem, sentence};
use crate::scope::JobScope;
use crate::sql::{Finding, Severity};
use crate::time::Time;

/// Most faults in a problem.
const MOST: usize = 100;

/// Of which release, and whether to compare.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ManifestsQuery {
    /// Number of the release; the newest unless told.
    pub release: Option<i64>,
    /// Compare with what the last run was made of.
    #[serde(default)]
    pub compare: bool,
}

/// One object of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// `Deployment`, `Service`, `ConfigMap`, `Secret`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The object. Secrets are `******`; bytes and very long texts are shown as their size and SHA-256.
    pub yaml: String,
}

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ManifestChange {
    /// It is as it was.
    Unchanged,
    /// It says something else.
    Changed,
    /// The last run had none.
    Added,
    /// Only the last run had it.
    Removed,
}

/// One object beside that of the last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestComparison {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What becomes of it.
    pub change: ManifestChange,
    /// What differs as a unified diff of the YAML, JSON in it on lines of its own; absent where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// All objects beside those of the last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ManifestsComparison {
    /// The run: the newest of which it is kept.
    #[schema(value_type = String)]
    pub run_id: RunId,
    /// Number of its release.
    pub release: i64,
    /// Whether nothing differs.
    pub same: bool,
    /// The objects as if that run were started again with this release, from the same state.
    pub objects: Vec<ManifestComparison>,
}

/// The objects that a start would create.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Manifests {
    /// Number of the release.
    pub release: i64,
    /// The namespace that they are created in.
    pub namespace: String,
    /// What stands for the name of the cluster, which each run has for itself.
    pub any_cluster: String,
    /// What stands for the id of the run.
    pub any_id: String,
    /// The objects in the order of creation.
    pub objects: Vec<Manifest>,
    /// What should be known of them.
    pub findings: Vec<Finding>,
    /// The comparison, where it was asked for and there was a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ManifestsComparison>,
}

/// The objects that a run was made of.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunManifests {
    /// The run.
    #[schema(value_type = String)]
    pub run_id: RunId,
    /// Number of its release.
    pub release: i64,
    /// When they were sent.
    pub created_at: Time,
    /// The objects in the order of creation.
    pub objects: Vec<Manifest>,
}

/// The objects in Kubernetes that a start of a release would create.
///
/// # Errors
/// 422 `not_released`, `not_an_application`, `target_missing`, or `no_manifests` naming each field at fault.
#[utoipa::path(
    get,
    path = "/jobs/{job}/manifests",
    tag = "jobs",
    params(ManifestsQuery),
    responses((status = 200, description = "Done", body = Manifests)),
)]
pub async fn get_manifests(State(app): State<App>, of: JobScope, Query(query): Query<ManifestsQuery>) -> Result<Json<Manifests>, Problem> {
    let release = lifecycle::release(&app, &of, query.release).await?;
    if release.content.spec.mode != Mode::Application {
        return Err(no_application(&release));
    }
    let target = lifecycle::target_of(&app, &of, &release).await?;
    let last = if query.compare { last(&app, &of).await? } else { None };
    let thought = Thought { app, release, target };
    // Long texts take a while to compare; other requests must not wait behind it.
    let work = tokio::task::spawn_blocking(move || thought.answer(last));
    Ok(Json(work.await.map_err(|_| Problem::internal())??))
}

/// The objects in Kubernetes that a run was made of.
///
/// # Errors
/// 404, or 404 `no_manifests` where none were kept.
#[utoipa::path(
    get,
    path = "/jobs/{job}/runs/{run}/manifests",
    tag = "jobs",
    responses((status = 200, description = "Done", body = RunManifests)),
)]
pub async fn get_run_manifests(State(app): State<App>, of: JobScope, Path(path): Path<RunPath>) -> Result<Json<RunManifests>, Problem> {
    let run = run_of(&app, &of, path.run).await?;
    let kept = app.store.run_manifests(of.scope.team_id, run.id).await?.ok_or_else(|| {
        let detail = "Nothing was kept of this run: it did not run in a cluster of its own in Kubernetes, its objects could not be made, or \
                      it is older than such things are kept.";
        Problem::new(StatusCode::NOT_FOUND, "no_manifests", detail)
    })?;
    Ok(Json(RunManifests {
        run_id: run.id,
        release: run.release_number,
        created_at: kept.created_at.into(),
        objects: kept.objects.iter().map(manifest).collect(),
    }))
}

fn no_application(release: &Release) -> Problem {
    let detail = format!(
        "Release {} runs on a session cluster: nothing of its own is created for it in Kubernetes.",
        release.number
    );
    Problem::unprocessable("not_an_application", detail)
        .field("release")
        .hint("Only a job on a target in Kubernetes has objects of its own: choose a target in the draft and release it.")
}

/// The newest run of which the objects are kept.
async fn last(app: &App, of: &JobScope) -> Result<Option<(Run, Kept)>, Problem> {
    let Some(kept) = app.store.newest_manifests(of.scope.team_id, of.job.id).await? else {
        return Ok(None);
    };
    Ok(Some((app.store.run(of.scope.team_id, kept.run_id).await?, kept)))
}

/// A release that is only thought to be started.
struct Thought {
    app: App,
    release: Release,
    target: Target,
}

impl Thought {
    fn answer(&self, last: Option<(Run, Kept)>) -> Result<Manifests, Problem> {
        let description = self.description(RunId::NIL, (&StartOptions::default(), None), self.release.number)?;
        let made = manifests::manifests(&description).map_err(|faults| refused(&self.release, &faults))?;
        let objects = self.shown(&description)?;
        let comparison = last.map(|(run, kept)| self.compared(&run, &kept)).transpose()?;
        Ok(Manifests {
            release: self.release.number,
            namespace: description.namespace,
            any_cluster: shown::ANY_CLUSTER.to_owned(),
            any_id: shown::ANY_ID.to_owned(),
            objects: of_any_run(&objects, ClusterId(RunId::NIL.0)).iter().map(manifest).collect(),
            findings: made.findings.into_iter().map(finding).collect(),
            comparison,
        })
    }

    /// The cluster of a run of the release.
    fn description(&self, run_id: RunId, (options, from): (&StartOptions, Option<&str>), number: i64) -> Result<Description, Problem> {
        let release = Release {
            number,
            ..self.release.clone()
        };
        let configuration = self.target.defaults.resolved();
        let version = release.content.version;
        let start = Start {
            run_id,
            options,
            restore_path: from,
            version,
            checkpoints: state_root(&configuration).map(|root| checkpoints(root, release.job_id)),
        };
        let place = Place {
            cluster_id: ClusterId(run_id.0),
            version,
            slots: 0,
            configuration: &configuration,
            target: &self.target,
            runner: &self.app.settings.runner,
            name: "",
            public_url: self.app.settings.public_url.as_deref(),
        };
        place
            .application(&release, &start.submission(&release.content))
            .map_err(|fault| refused(&release, &[fault]))
    }

    fn shown(&self, description: &Description) -> Result<Vec<serde_json::Value>, Problem> {
        shown(description).map_err(|faults| refused(&self.release, &faults))
    }

    /// The release as if the run were started again with it: the choices of its start, its names and its number are no
    /// difference.
    fn compared(&self, run: &Run, kept: &Kept) -> Result<ManifestsComparison, Problem> {
        let start = (&run.options, run.restore_path.as_deref());
        let now = self.shown(&self.description(run.id, start, run.release_number)?)?;
        let cluster = ClusterId(run.id.0);
        let objects = compare::compare(&of_any_run(&kept.objects, cluster), &of_any_run(&now, cluster));
        Ok(ManifestsComparison {
            run_id: run.id,
            release: run.release_number,
            same: objects.iter().all(|object| object.change == Change::Unchanged),
            objects: objects.into_iter().map(comparison).collect(),
        })
    }
}

fn manifest(object: &serde_json::Value) -> Manifest {
    let (kind, name) = compare::identity(object);
    Manifest {
        kind: kind.to_owned(),
        name: name.to_owned(),
        yaml: shown::yaml(object),
    }
}

fn comparison(compared: compare::Compared) -> ManifestComparison {
    ManifestComparison {
        kind: compared.kind,
        name: compared.name,
        change: match compared.change {
            Change::Unchanged => ManifestChange::Unchanged,
            Change::Changed => ManifestChange::Changed,
            Change::Added => ManifestChange::Added,
            Change::Removed => ManifestChange::Removed,
        },
        diff: Some(compared.diff).filter(|diff| !diff.is_empty()),
    }
}

/// 422 with all faults.
fn refused(release: &Release, faults: &[Fault]) -> Problem {
    let detail = match faults.first() {
        Some(first) => format!(
            "Release {} cannot run in its target. {}",
            release.number,
            sentence(&first.to_string())
        ),
        None => format!("Release {} cannot run in its target.", release.number),
    };
    let mut errors: Vec<FieldError> = faults.iter().take(MOST).map(error).collect();
    let problem =
        Problem::unprocessable("no_manifests", detail).hint("Mend the draft and release it, or ask an administrator to mend the target.");
    let mut problem = match errors.first() {
        Some(first) => problem.field(first.field.clone()),
        None => problem,
    };
    if errors.len() > 1 {
        problem.errors.append(&mut errors);
    }
    problem
}

fn error(fault: &Fault) -> FieldError {
    let (field, _) = place(&fault.subject);
    let message = match &fault.subject {
        Subject::Template(_, at) | Subject::JobTemplate(_, at) if at.line > 0 => {
            format!("line {}, column {}: {}", at.line, at.column, fault.message)
        }
        _ => fault.message.clone(),
    };
    FieldError { field, message }
}

/// `configuration.<key>`, a template, a field of a pod; with line and column where there are any.
fn place(subject: &Subject) -> (String, (u32, u32)) {
    let role = |role: &Role| match role {
        Role::JobManager => "jobManager",
        Role::TaskManager => "taskManager",
    };
    let number = |place: usize| u32::try_from(place.max(1)).unwrap_or(u32::MAX);
    match subject {
        Subject::Field(field) => ((*field).to_owned(), (1, 1)),
        Subject::Key(key) => (format!("configuration.{key}"), (1, 1)),
        Subject::Template(of, at) | Subject::JobTemplate(of, at) => (format!("{}Template", role(of)), (number(at.line), number(at.column))),
        Subject::Pod(of, path) => (format!("{}.{path}", role(of)), (1, 1)),
    }
}

fn finding(finding: manifests::Finding) -> Finding {
    let (field, (line, column)) = place(&finding.subject);
    Finding {
        code: finding.code.to_owned(),
        severity: Severity::Warning,
        line,
        column,
        end_line: line,
        end_column: column,
        message: sentence(&finding.message),
        suggestion: finding.suggestion,
        detail: None,
        field: Some(field),
    }
}
