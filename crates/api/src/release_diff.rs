//! What differs between two releases: the script by lines, the configuration by keys, the rest by fields.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use domain::artifact::PinnedArtifact;
use domain::draft::{Code, Mode, ProgramJar};
use domain::release::ReleaseContent;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, ChangeTag, TextDiff};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::artifact_pin::Pinned;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::release::{ReleasePath, by_number};
use crate::scope::JobScope;

/// How long the search for the shortest difference may take; after it a longer one is answered.
const SEARCHED_FOR: Duration = Duration::from_millis(500);

/// With which release to compare.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// Number of the older release; the one before unless told. 0 means: with nothing.
    pub against: Option<i64>,
}

/// Whether a line is in both, only in the newer or only in the older text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineTag {
    /// In both.
    Equal,
    /// Only in the newer.
    Insert,
    /// Only in the older.
    Delete,
}

/// One line of a difference.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffLine {
    /// Where the line is.
    pub tag: LineTag,
    /// Its 1-based number in the older text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_line: Option<u32>,
    /// Its 1-based number in the newer text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_line: Option<u32>,
    /// The line without its end.
    pub text: String,
}

/// A configuration key with another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyChange {
    /// The key.
    pub key: String,
    /// Its value before; absent when it was not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its value now; absent when it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// Another field with another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// `name`, `clusterId`, `targetId`, `flinkVersion`, `mode`, `parallelism`, `jarUri`, `entryClass`, `args` (as JSON),
    /// `jobManagerTemplate` or `taskManagerTemplate`.
    pub field: String,
    /// Its value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its value now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// What differs between two releases.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseDiff {
    /// Number of the older one; 0 for nothing.
    pub old: i64,
    /// Number of the newer one.
    pub new: i64,
    /// All lines of both scripts.
    pub sql: Vec<DiffLine>,
    /// Configuration keys that differ.
    pub configuration: Vec<KeyChange>,
    /// Jars that differ.
    pub artifacts: Vec<ArtifactChange>,
    /// Other fields that differ.
    pub other: Vec<FieldChange>,
}

/// A jar with other bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactChange {
    /// Its name.
    pub name: String,
    /// What it was before; absent when the job did not use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Pinned>,
    /// What it is now; absent when the job does not use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Pinned>,
}

/// What differs between this release and another.
///
/// # Errors
/// 404 when the job has none of a number.
#[utoipa::path(
    get,
    path = "/jobs/{job}/releases/{release}/diff",
    tag = "releases",
    params(DiffQuery),
    responses((status = 200, description = "Done", body = ReleaseDiff)),
)]
pub async fn diff_release(
    State(app): State<App>,
    of: JobScope,
    Path(path): Path<ReleasePath>,
    Query(query): Query<DiffQuery>,
) -> Result<Json<ReleaseDiff>, Problem> {
    let newer = by_number(&app, &of, path.number()).await?;
    let against = query.against.unwrap_or(newer.number - 1);
    let older = if against == 0 {
        None
    } else {
        Some(by_number(&app, &of, against).await?)
    };
    let (older_content, number) = (older.map(|release| release.content), newer.number);
    // Long scripts take a while to compare; other requests must not wait behind it.
    let work = tokio::task::spawn_blocking(move || compare(older_content.as_ref(), &newer.content));
    let (sql, configuration, artifacts, other) = work.await.map_err(|_| Problem::internal())?;
    Ok(Json(ReleaseDiff {
        old: against,
        new: number,
        sql,
        configuration,
        artifacts,
        other,
    }))
}

type Parts = (Vec<DiffLine>, Vec<KeyChange>, Vec<ArtifactChange>, Vec<FieldChange>);

fn compare(older: Option<&ReleaseContent>, newer: &ReleaseContent) -> Parts {
    let nothing = BTreeMap::new();
    let old_sql = older.and_then(|content| content.spec.code.sql()).unwrap_or_default();
    let old_keys = older.map_or(&nothing, |content| &content.spec.configuration);
    (
        lines(old_sql, newer.spec.code.sql().unwrap_or_default()),
        keys(old_keys, &newer.spec.configuration),
        artifacts(older.map_or(&[], |content| &content.artifacts), &newer.artifacts),
        fields(older, newer),
    )
}

/// Jars whose bytes or version differ, by their names.
fn artifacts(old: &[PinnedArtifact], new: &[PinnedArtifact]) -> Vec<ArtifactChange> {
    let all: BTreeSet<&String> = old.iter().chain(new).map(|pinned| &pinned.name).collect();
    let of = |list: &[PinnedArtifact], name: &str| list.iter().find(|pinned| pinned.name == name).cloned().map(Pinned::from);
    let change = |name: &String| ArtifactChange {
        name: name.clone(),
        old: of(old, name),
        new: of(new, name),
    };
    all.into_iter().map(change).filter(|change| change.old != change.new).collect()
}

fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    // Lines without their ends: a line that only stopped being the last one is the same line.
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .deadline(Instant::now() + SEARCHED_FOR)
        .diff_slices(&old, &new);
    let number = |index: Option<usize>| index.and_then(|index| u32::try_from(index + 1).ok());
    let line = |change: similar::Change<&str>| DiffLine {
        tag: match change.tag() {
            ChangeTag::Equal => LineTag::Equal,
            ChangeTag::Insert => LineTag::Insert,
            ChangeTag::Delete => LineTag::Delete,
        },
        old_line: number(change.old_index()),
        new_line: number(change.new_index()),
        text: change.value().to_owned(),
    };
    diff.iter_all_changes().map(line).collect()
}

fn keys(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<KeyChange> {
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |key: &String| KeyChange {
        key: key.clone(),
        old: old.get(key).cloned(),
        new: new.get(key).cloned(),
    };
    all.into_iter().map(change).filter(|change| change.old != change.new).collect()
}

fn fields(old: Option<&ReleaseContent>, new: &ReleaseContent) -> Vec<FieldChange> {
    let shown = |content: &ReleaseContent| {
        let mode = match content.spec.mode {
            Mode::Session => "session",
            Mode::Application => "application",
        };
        let (jar_uri, entry_class, args) = match &content.spec.code {
            Code::Jar { jar, entry_class, args } => {
                let uri = match jar {
                    ProgramJar::Local(uri) => Some(uri.clone()),
                    ProgramJar::Artifact(_) => None,
                };
                (uri, entry_class.clone(), serde_json::to_string(args).ok())
            }
            Code::Sql { .. } => (None, None, None),
        };
        [
            ("name", Some(content.name.clone())),
            ("clusterId", content.spec.cluster_id.map(|id| id.to_string())),
            ("targetId", content.spec.target_id.map(|id| id.to_string())),
            ("flinkVersion", Some(content.version.to_string())),
            ("mode", Some(mode.to_owned())),
            ("parallelism", content.spec.parallelism.map(|number| number.to_string())),
            ("jarUri", jar_uri),
            ("entryClass", entry_class),
            ("args", args),
            ("jobManagerTemplate", content.spec.job_manager_template.clone()),
            ("taskManagerTemplate", content.spec.task_manager_template.clone()),
        ]
    };
    let before = old.map(shown);
    let was = |place: usize| {
        before
            .as_ref()
            .and_then(|fields| fields.get(place))
            .and_then(|(_, value)| value.clone())
    };
    let change = |(place, (field, new)): (usize, (&str, Option<String>))| FieldChange {
        field: field.to_owned(),
        old: was(place),
        new,
    };
    shown(new)
        .into_iter()
        .enumerate()
        .map(change)
        .filter(|change| change.old != change.new)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_on_both_sides() {
        let got: Vec<_> = lines("a\nb\nc", "a\nB\nc\n")
            .into_iter()
            .map(|line| (line.tag, line.old_line, line.new_line, line.text))
            .collect();
        use LineTag::{Delete, Equal, Insert};
        let text = |text: &str| text.to_owned();
        assert_eq!(got[0], (Equal, Some(1), Some(1), text("a")));
        assert!(got.contains(&(Delete, Some(2), None, text("b"))));
        assert!(got.contains(&(Insert, None, Some(2), text("B"))));
    }

    #[test]
    fn keys_that_are_equal_are_left_out() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let got = keys(&map(&[("a", "1"), ("b", "1")]), &map(&[("a", "1"), ("b", "2"), ("c", "3")]));
        let expected = [("b", Some("1"), Some("2")), ("c", None, Some("3"))];
        let expected = expected.map(|(key, old, new)| KeyChange {
            key: key.into(),
            old: old.map(Into::into),
            new: new.map(Into::into),
        });
        assert_eq!(got, expected);
    }
}
