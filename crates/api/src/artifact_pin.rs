//! What a job's jars are: its references to artifacts resolved to versions and digests.

use domain::artifact::{Artifact, ArtifactRef, PinnedArtifact};
use domain::draft::{Code, JobSpec, ProgramJar};
use domain::id::TeamId;
use domain::ports::PortError;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{Problem, sentence};

/// An artifact as a release holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PinnedArtifact)]
pub struct Pinned {
    /// The name that the draft used.
    pub name: String,
    /// The version that it meant.
    pub version: i64,
    /// The file's name.
    pub file_name: String,
    /// SHA-256 of the bytes, 64 hexadecimal digits: what really runs.
    pub digest: String,
}

impl From<PinnedArtifact> for Pinned {
    fn from(pinned: PinnedArtifact) -> Self {
        Self {
            name: pinned.name,
            version: pinned.version,
            file_name: pinned.file_name,
            digest: pinned.digest.to_string(),
        }
    }
}

/// The artifacts that a specification means now, in the order of [`JobSpec::artifacts`].
///
/// # Errors
/// 422 naming the reference that means nothing, or no jar.
pub(crate) async fn resolve(app: &App, team_id: TeamId, spec: &JobSpec) -> Result<Vec<Artifact>, Problem> {
    let mut found = Vec::new();
    if let Code::Jar {
        jar: ProgramJar::Artifact(jar),
        ..
    } = &spec.code
    {
        found.push(one(app, team_id, jar, "jar").await?);
    }
    found.extend(jars(app, team_id, &spec.jars, "jars").await?);
    Ok(found)
}

/// The artifacts that a list of jars means now.
///
/// # Errors
/// 422 naming the reference that means nothing, or no jar.
pub(crate) async fn jars(app: &App, team_id: TeamId, named: &[ArtifactRef], field: &str) -> Result<Vec<Artifact>, Problem> {
    let mut found = Vec::with_capacity(named.len());
    for (at, jar) in named.iter().enumerate() {
        found.push(one(app, team_id, jar, &format!("{field}[{at}]")).await?);
    }
    Ok(found)
}

async fn one(app: &App, team_id: TeamId, named: &ArtifactRef, field: &str) -> Result<Artifact, Problem> {
    let artifact = match app.store.artifact_by_ref(team_id, named).await {
        Err(StoreError::NotFound) => return Err(unknown(named, field)),
        found => found?,
    };
    if artifact.kind.is_jar() {
        return Ok(artifact);
    }
    let detail = format!(
        "'{}' version {} ({}) is no jar.",
        artifact.name, artifact.version, artifact.file_name
    );
    Err(Problem::unprocessable("no_jar", detail).field(format!("{field}.name")))
}

fn unknown(named: &ArtifactRef, field: &str) -> Problem {
    let detail = match named.version {
        Some(version) => format!("The team has no version {version} of an artifact '{}'.", named.name),
        None => format!("The team has no artifact '{}'.", named.name),
    };
    let part = if named.version.is_some() { "version" } else { "name" };
    Problem::unprocessable("unknown_artifact", detail)
        .field(format!("{field}.{part}"))
        .hint("Upload it (streamwright artifact upload FILE), or name another one.")
}

/// The files of artifacts on this host, for the planner's class path.
///
/// # Errors
/// 503 where the bytes are not there.
pub(crate) async fn files(app: &App, artifacts: &[PinnedArtifact]) -> Result<Vec<std::path::PathBuf>, Problem> {
    let mut files = Vec::with_capacity(artifacts.len());
    for artifact in artifacts {
        let file = app.ports.artifacts.file(&artifact.digest).await;
        files.push(file.map_err(|error| lost(artifact, &error))?);
    }
    Ok(files)
}

fn lost(artifact: &PinnedArtifact, error: &PortError) -> Problem {
    let detail = format!(
        "The bytes of '{}' version {} cannot be read: {}",
        artifact.name,
        artifact.version,
        sentence(&error.to_string())
    );
    Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, "artifact_unavailable", detail).hint("Upload the file again.")
}
