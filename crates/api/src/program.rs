//! What can be said of a job's jars before Flink has them: its main class, its configuration, and classes that two
//! of them have.

use domain::artifact::{Artifact, JarConflict, PinnedArtifact};
use domain::draft::{Code, JobSpec, Mode, ProgramJar};
use domain::flink_version::VersionNumber;
use domain::ports::PortError;
use domain::sql::{Finding, Severity};
use http::StatusCode;

use crate::app::App;
use crate::problem::{Problem, sentence};

/// What is wrong with a job that is the main class of a jar; nothing for a script. Nobody can look into a jar of the image.
pub(crate) fn findings(spec: &JobSpec, artifacts: &[Artifact], version: VersionNumber) -> Vec<Finding> {
    let Code::Jar { jar, entry_class, .. } = &spec.code else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let (ProgramJar::Artifact(_), Some(jar)) = (jar, artifacts.first()) {
        found.extend(main_class(entry_class.as_deref(), jar));
    }
    // That of an application is in its cluster's own file.
    if spec.mode == Mode::Session && !version.capabilities().run_flink_configuration {
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

/// Warnings for what two of the job's jars have with different bytes: merging them for a session cluster leaves one out, and
/// on the class path of an application one hides the other.
///
/// # Errors
/// 422 naming the jar that is none, 503 where one cannot be read.
pub(crate) async fn conflicts(app: &App, spec: &JobSpec, pinned: &[PinnedArtifact]) -> Result<Vec<Finding>, Problem> {
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
    let first = first(spec, pinned);
    let told = told.iter().map(|found| {
        let sure = spec.mode == Mode::Session || first.as_deref() == Some(found.kept.as_str());
        conflict(found, sure)
    });
    Ok(told.collect())
}

/// What people call the jar of a program: whatever is beside it, its classes come first.
fn first(spec: &JobSpec, pinned: &[PinnedArtifact]) -> Option<String> {
    let program = spec.code.sql().is_none() && pinned.len() > spec.jars.len();
    let jar = pinned.first().filter(|_| program)?;
    Some(format!("'{}' version {}", jar.name, jar.version))
}

/// A warning; it is sure which jar's are used but for the folder of an application's jars, which Flink (1.13 to 2.2) lists as the
/// file system gives it.
fn conflict(conflict: &JarConflict, sure: bool) -> Finding {
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
    let (kept, left_out) = (&conflict.kept, &conflict.left_out);
    let (used, suggestion) = if sure {
        (
            format!("those of {kept} are used"),
            "Put the jar first whose are to be used, or use jars that fit each other.",
        )
    } else {
        (
            "in an application nobody can say which are used".to_owned(),
            "Use jars that fit each other, or take one of them out.",
        )
    };
    finding(
        ("jar_conflict", Severity::Warning),
        "jars",
        format!("{kept} and {left_out} differ in {what} of the same name, such as {example}; {used}."),
        suggestion.to_owned(),
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
