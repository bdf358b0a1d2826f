//! The choices of a start as they are sent: from which state, with which parallelism. What can be known
//! to be wrong is refused here; whether a snapshot fits is for Flink to say.

use domain::run::{StartFrom as Known, StartOptions};
use store::StoreError;

use crate::app::App;
use crate::problem::Problem;
use crate::run::{ClaimMode, ReplaceRequest, StartFrom, StartRequest, StartState};
use crate::scope::JobScope;
use crate::text;

/// The choices of a start or of the start step of a replace.
pub(crate) struct Choices {
    /// From which state.
    pub state: StartState,
    /// Start even where state has no operator any more.
    pub allow_non_restored_state: bool,
    /// What becomes of the snapshot.
    pub claim_mode: ClaimMode,
    /// Parallelism of this run.
    pub parallelism: Option<u32>,
}

impl From<StartRequest> for Choices {
    fn from(asked: StartRequest) -> Self {
        Self {
            state: asked.state,
            allow_non_restored_state: asked.allow_non_restored_state,
            claim_mode: asked.claim_mode,
            parallelism: asked.parallelism,
        }
    }
}

impl From<ReplaceRequest> for Choices {
    fn from(asked: ReplaceRequest) -> Self {
        let latest = StartState {
            from: StartFrom::Latest,
            ..StartState::default()
        };
        Self {
            state: asked.state.unwrap_or(latest),
            allow_non_restored_state: asked.allow_non_restored_state,
            claim_mode: asked.claim_mode,
            parallelism: asked.parallelism,
        }
    }
}

/// Checks the choices of a start; the snapshot is looked for among those of the job.
///
/// # Errors
/// 422 naming the field.
pub(crate) async fn options(app: &App, of: &JobScope, choices: Choices) -> Result<StartOptions, Problem> {
    let Choices {
        state,
        allow_non_restored_state,
        claim_mode,
        parallelism,
    } = choices;
    text::parallelism("parallelism", parallelism)?;
    let state = match (state.from, state.snapshot_id, state.path) {
        (StartFrom::None, None, None) => Known::None,
        (StartFrom::Latest, None, None) => Known::Latest,
        (StartFrom::Snapshot, Some(id), None) => own_snapshot(app, of, &id).await?,
        (StartFrom::Path, None, Some(path)) => Known::Path { path: plausible(path)? },
        (StartFrom::Snapshot, ..) => return Err(misfit("snapshotId", "'snapshot' needs snapshotId and no path.")),
        (StartFrom::Path, ..) => return Err(misfit("path", "'path' needs path and no snapshotId.")),
        (StartFrom::None | StartFrom::Latest, ..) => return Err(misfit("from", "'none' and 'latest' take neither snapshotId nor path.")),
    };
    Ok(StartOptions {
        state,
        allow_non_restored_state,
        claim_mode: claim_mode.into(),
        parallelism,
    })
}

fn misfit(field: &str, why: &str) -> Problem {
    Problem::unprocessable("bad_state", format!("The state to start from is not clear: {why}")).field(format!("state.{field}"))
}

async fn own_snapshot(app: &App, of: &JobScope, named: &str) -> Result<Known, Problem> {
    use domain::snapshot::SnapshotState as State;
    let unknown = || {
        let shown: String = named.chars().take(60).collect();
        Problem::unprocessable("unknown_snapshot", format!("This job has no snapshot '{shown}'.")).field("state.snapshotId")
    };
    let id = named.parse().map_err(|_| unknown())?;
    let found = match app.store.snapshot(of.scope.team_id, id).await {
        Err(StoreError::NotFound) => return Err(unknown()),
        found => found?,
    };
    if found.job_id != of.job.id {
        return Err(unknown());
    }
    if matches!(found.state, State::Triggering | State::Failed) {
        return Err(
            Problem::unprocessable("snapshot_incomplete", "This snapshot is not complete: nothing can start from it.")
                .field("state.snapshotId"),
        );
    }
    Ok(Known::Snapshot { snapshot_id: id })
}

/// A path that Flink could understand: `scheme:/…` or an absolute path. Whether a snapshot is there is for
/// Flink to say.
fn plausible(path: String) -> Result<String, Problem> {
    const LONGEST: usize = 4_096;
    let bad = |why: &str| Problem::unprocessable("bad_path", format!("The path cannot be a snapshot's: {why}.")).field("state.path");
    if path.len() > LONGEST {
        return Err(bad("it is longer than 4096 bytes"));
    }
    if path.chars().any(|c| c.is_control()) || path.trim() != path || path.is_empty() {
        return Err(bad("it is empty, has blanks at an end, or control characters"));
    }
    let rest = match path.split_once(":/") {
        Some((scheme, rest)) => {
            let word = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
            if !word {
                return Err(bad("what stands before ':/' is not a file system's name"));
            }
            rest
        }
        None => path
            .strip_prefix('/')
            .ok_or_else(|| bad("it is neither absolute nor a URI such as s3://bucket/dir or file:///dir"))?,
    };
    if rest.trim_matches('/').is_empty() {
        return Err(bad("it names no directory"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::plausible;

    #[test]
    fn paths() {
        for good in [
            "/data/savepoints/savepoint-1",
            "file:///data/x",
            "file:/data/x",
            "s3://bucket/a b/c",
            "hdfs://nn:8020/x",
            "oss://b/x",
        ] {
            assert!(plausible(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", " /x", "x", "./x", "s3://", "/", "1s3://x/y", "s 3://x/y", "/a\nb"] {
            assert!(plausible(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
