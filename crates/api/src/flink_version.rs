//! Flink versions: the distributions that this platform has, and adding one that is already on the disk.

use std::path::Path as FilePath;

use axum::Json;
use axum::extract::State;
use domain::flink_version::VersionNumber;
use domain::id::FlinkVersionId;
use domain::ports::PortError;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{StoreError, new_id, now};
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::Note;
use crate::extract::{Body, Path};
use crate::gate::Caller;
use crate::page::Page;
use crate::problem::{Problem, sentence};
use crate::text;
use crate::time::Time;

/// An installed Flink distribution.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlinkVersion {
    /// Its id.
    #[schema(value_type = String)]
    pub id: FlinkVersionId,
    /// Version number, unique among the installed ones.
    #[schema(example = "2.2.1")]
    pub version: String,
    /// Folder of the distribution (FLINK_HOME).
    pub home: String,
    /// Java home that runs it.
    pub java_home: String,
    /// `pypi`, `archive` or `added`.
    pub source: String,
    /// When it was registered.
    pub created_at: Time,
}

/// A distribution that is already on the server's disk.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFlinkVersion {
    /// Absolute path of its folder.
    pub home: String,
    /// The version that is expected there; refused when another one is found.
    pub version: Option<String>,
}

/// Which version.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct VersionPath {
    version: FlinkVersionId,
}

impl VersionPath {
    /// Its id.
    pub(crate) const fn id(self) -> FlinkVersionId {
        self.version
    }
}

impl From<domain::flink_version::FlinkVersion> for FlinkVersion {
    fn from(version: domain::flink_version::FlinkVersion) -> Self {
        Self {
            id: version.id,
            version: version.version.to_string(),
            home: version.home,
            java_home: version.java_home,
            source: version.source,
            created_at: version.created_at.into(),
        }
    }
}

/// A version number from a request.
///
/// # Errors
/// 422 `unknown_flink_version` naming the field.
pub fn number(field: &str, text: &str) -> Result<VersionNumber, Problem> {
    text.parse().map_err(|why: domain::flink_version::InvalidVersion| {
        Problem::unprocessable("unknown_flink_version", sentence(&why.to_string())).field(field)
    })
}

/// A problem from something on this host that could not be used.
pub(crate) fn unusable(error: &PortError, code: &str, field: &str) -> Problem {
    Problem::unprocessable(code, sentence(&error.to_string())).field(field)
}

/// The installed Flink versions that the caller's teams may use, newest first; for platform admins all.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/flink-versions", tag = "flink-versions", responses((status = 200, description = "Done", body = Page<FlinkVersion>)))]
pub async fn list_flink_versions(State(app): State<App>, caller: Caller) -> Result<Json<Page<FlinkVersion>>, Problem> {
    let versions = app.flink_versions_of(&caller).await?;
    Ok(Json(Page::whole(versions.into_iter().map(FlinkVersion::from).collect())))
}

/// Adds a distribution that is already on the server's disk.
///
/// # Errors
/// 422 when there is no distribution, or another one than expected; 409 when the version is there already.
#[utoipa::path(
    post,
    path = "/flink-versions",
    tag = "flink-versions",
    request_body = NewFlinkVersion,
    responses((status = 201, description = "Made", body = FlinkVersion)),
)]
pub async fn add_flink_version(
    State(app): State<App>,
    note: Note,
    Body(asked): Body<NewFlinkVersion>,
) -> Result<(StatusCode, Json<FlinkVersion>), Problem> {
    text::line("home", &asked.home)?;
    let expected = asked.version.as_deref().map(|text| number("version", text)).transpose()?;
    let home = FilePath::new(&asked.home);
    if !home.is_absolute() {
        return Err(Problem::unprocessable("bad_home", "The folder must be an absolute path on the server's disk.").field("home"));
    }
    let found = app
        .ports
        .installer
        .probe(home)
        .await
        .map_err(|error| unusable(&error, "no_flink_there", "home"))?;
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        let detail = format!("There is Flink {found} in {}, not {expected}.", asked.home);
        return Err(Problem::unprocessable("other_version", detail).field("version"));
    }
    let version = register(&app, found, asked.home, "added").await?;
    note.of(version.id, &version.version.to_string());
    Ok((StatusCode::CREATED, Json(version.into())))
}

/// Registers a distribution with the Java that can run it.
///
/// # Errors
/// 422 without Java, 409 when the version is there already.
pub(crate) async fn register(
    app: &App,
    version: VersionNumber,
    home: String,
    source: &str,
) -> Result<domain::flink_version::FlinkVersion, Problem> {
    let java_home = app.ports.installer.find_java().await.map_err(|error| {
        unusable(&error, "no_java", "home").hint("Install a JDK (17 runs every supported version) or set JAVA_HOME, then repeat it.")
    })?;
    let registered = domain::flink_version::FlinkVersion {
        id: FlinkVersionId(new_id()),
        version,
        home,
        java_home,
        source: source.to_owned(),
        created_at: now(),
    };
    match app.store.insert_flink_version(&registered).await {
        Err(StoreError::Conflict(_)) => Err(already_there(version)),
        done => Ok(done.map(|()| registered)?),
    }
}

/// 409: the version is there already.
pub(crate) fn already_there(version: VersionNumber) -> Problem {
    Problem::conflict("already_installed", format!("Flink {version} is installed already.")).field("version")
}

/// Forgets a Flink version that no cluster uses; its files stay.
///
/// # Errors
/// 404, or 409 `version_in_use`.
#[utoipa::path(delete, path = "/flink-versions/{version}", tag = "flink-versions", responses((status = 204, description = "Done")))]
pub async fn delete_flink_version(State(app): State<App>, note: Note, Path(path): Path<VersionPath>) -> Result<StatusCode, Problem> {
    note.of(path.version, "");
    match app.store.delete_flink_version(path.version).await {
        Err(StoreError::NotFound) => Err(Problem::not_found("Flink version", &path.version.to_string())),
        Err(StoreError::Conflict(why)) => {
            Err(Problem::conflict("version_in_use", sentence(&why)).hint("Delete the clusters that use it first."))
        }
        done => Ok(done.map(|_| StatusCode::NO_CONTENT)?),
    }
}
