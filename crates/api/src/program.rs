//! What can be said of a job's jars before Flink has them: its main class, its configuration, and classes that two
//! of them have.

use domain::artifact::{Artifact, JarConflict, PinnedArtifact};
use domain::draft::{Code, JobSpec};
use domain::flink_version::VersionNumber;
use domain::ports::PortError;
use domain::sql::{Finding, Severity};
use http::StatusCode;

use crate::app::App;
use crate::problem::{Problem, sentence};

/// What is wrong with a job that is the main class of a jar; nothing for a script.
pub(crate) fn findings(spec: &JobSpec, artifacts: &[Artifact], version: VersionNumber) -> Vec<Finding> {
    let (Code::Jar { entry_class, .. }, Some(jar)) = (&spec.code, artifacts.first()) else {
        return Vec::new();
    };
    let mut found: Vec<Finding> = main_class(entry_class.as_deref(), jar).into_iter().collect();
    if !version.capabilities().run_flink_configuration {
        found.extend(spec.configuration.keys().map(|key| unheard(key, version)));
    }
    found
}

fn main_class(class: Option<&str>, jar: &Artifact) -> Option<Finding> {
    let known = || format!("Those of the jar are: {}.", jar.entry_classes.join(", "));
    match class {
        None if jar.entry_classes.is_empty() => Some(finding(
            ("no_main_class", Severity::Error),
            "entryClass",
            format!("'{}' version {} has no class with a main method.", jar.name, jar.version),
            "Choose the jar that has the program, or name its class.".to_owned(),
        )),
        Some(class) if !jar.entry_classes.iter().any(|known| known == class) => Some(finding(
            ("main_class_not_found", Severity::Warning),
            "entryClass",
            format!(
                "'{}' version {} has no class {class} with a main method of its own.",
                jar.name, jar.version
            ),
            if jar.entry_classes.is_empty() {
                "It must come from another jar of the job.".to_owned()
            } else {
                known()
            },
        )),
        _ => None,
    }
}

/// Up to 1.16 Flink takes no configuration with a program: the cluster's holds.
fn unheard(key: &str, version: VersionNumber) -> Finding {
    finding(
        ("configuration_not_applied", Severity::Warning),
        &format!("configuration.{key}"),
        format!("Flink {version} takes no configuration with a program, so '{key}' has no effect."),
        "Set it in the main method or in the cluster's configuration, or use Flink 1.17 or newer.".to_owned(),
    )
}

/// Warnings for what merging the job's jars leaves out although it differs.
///
/// # Errors
/// 422 naming the jar that is none, 503 where one cannot be read.
pub(crate) async fn conflicts(app: &App, pinned: &[PinnedArtifact]) -> Result<Vec<Finding>, Problem> {
    if pinned.len() < 2 {
        return Ok(Vec::new());
    }
    let told = app.ports.merger.conflicts(pinned).await.map_err(|error| match error {
        PortError::Refused { message, .. } => Problem::unprocessable("bad_jar", format!("The jar {}", sentence(&message))).field("jars"),
        other => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "artifact_unavailable",
            sentence(&other.to_string()),
        )
        .hint("Try again."),
    })?;
    Ok(told.iter().map(conflict).collect())
}

fn conflict(conflict: &JarConflict) -> Finding {
    let count = |number: u32, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("a {one}")),
        more => Some(format!("{more} {many}")),
    };
    let parts = [
        count(conflict.classes, "class", "classes"),
        count(conflict.resources, "resource", "resources"),
    ];
    let what = parts.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let example = conflict.example.trim_end_matches(".class").replace('/', ".");
    let example = if conflict.example.ends_with(".class") {
        &example
    } else {
        &conflict.example
    };
    finding(
        ("jar_conflict", Severity::Warning),
        "jars",
        format!(
            "{} and {} differ in {what} of the same name, such as {example}; those of {} are used.",
            conflict.kept, conflict.left_out, conflict.kept
        ),
        "Put the jar first whose are to be used, or use jars that fit each other.".to_owned(),
    )
}

/// Warnings for jars that a job brings although its cluster has them: each would be loaded twice, and a class of the
/// one is not a class of the other.
pub(crate) fn in_cluster(pinned: &[PinnedArtifact], cluster: &[PinnedArtifact]) -> Vec<Finding> {
    let twice = pinned.iter().filter_map(|jar| {
        let same = |known: &&PinnedArtifact| known.digest == jar.digest || known.name == jar.name;
        Some((jar, cluster.iter().find(same)?))
    });
    let warning = |(jar, known): (&PinnedArtifact, &PinnedArtifact)| {
        finding(
            ("jar_in_cluster", Severity::Warning),
            "jars",
            format!(
                "'{}' version {} is in the cluster's own jars as '{}' version {}.",
                jar.name, jar.version, known.name, known.version
            ),
            "Take it out of the job, or use a cluster without it.".to_owned(),
        )
    };
    twice.map(warning).collect()
}

fn finding((code, severity): (&str, Severity), field: &str, message: String, suggestion: String) -> Finding {
    Finding {
        code: code.to_owned(),
        severity,
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        message,
        suggestion: Some(suggestion),
        detail: None,
        field: Some(field.to_owned()),
    }
}
