//! Artifacts of documents: those that are described, and the files that jobs name as jars.

use std::path::{Path, PathBuf};

use files::change::Change;
use files::document::{Artifact, ArtifactType, Job};
use files::plan::{Plan, Step};
use files::read::Document;

use super::now::Team;
use crate::failure::Failure;
use crate::remote::artifact::path;
use crate::remote::client::escape;
use crate::remote::print::at;
use crate::remote::upload;

/// A file that is not on the server yet, under the name and version that it is expected to get.
pub struct Missing {
    /// The reference that stands in the job: `name@version`.
    reference: String,
    name: String,
    file: PathBuf,
}

/// The server's word of a type.
const fn word(kind: ArtifactType) -> &'static str {
    match kind {
        ArtifactType::JobJar => "job_jar",
        ArtifactType::UdfJar => "udf_jar",
        ArtifactType::Connector => "connector",
        ArtifactType::PythonFile => "python_file",
        ArtifactType::Archive => "archive",
    }
}

/// The plan for an artifact: its newest version is to have the content of the file.
///
/// # Errors
/// As the server says, or when the file cannot be read.
pub async fn plan(team: &Team, artifact: &Artifact, file: &Path) -> Result<Plan, Failure> {
    let newest = team.client.find(&path(&artifact.name, None, "")).await?.unwrap_or_default();
    let digest = upload::digest(file)?;
    if at(&newest, "digest") != digest {
        let change = Change {
            field: "sha256".to_owned(),
            before: newest["digest"].as_str().map(str::to_owned),
            after: Some(digest),
            diff: None,
        };
        return Ok(Plan {
            changes: vec![change],
            steps: vec![Step::Create],
            ..Plan::default()
        });
    }
    let other = artifact.r#type.filter(|kind| word(*kind) != at(&newest, "kind"));
    let refused = other.map(|_| format!("its type is {}, and what is uploaded never changes", at(&newest, "kind")));
    Ok(Plan {
        refused,
        ..Plan::default()
    })
}

/// Uploads an artifact; answers what was done, in words.
///
/// # Errors
/// As the server says.
pub async fn put(team: &Team, artifact: &Artifact, file: &Path) -> Result<String, Failure> {
    let kind = artifact.r#type.map_or("", word);
    let (made, _) = upload::put(&team.client, file, (Some(&artifact.name), kind)).await?;
    Ok(format!("version {}", made["version"]))
}

/// A job whose files are names and versions, and which of the files the server does not have.
///
/// # Errors
/// As the server says, or when a file cannot be read.
pub async fn located(team: &Team, document: &Document, job: &Job) -> Result<(Job, Vec<Missing>), Failure> {
    let mut job = job.clone();
    let mut missing = Vec::new();
    for (place, file) in &document.files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let digest = upload::digest(file)?;
        let versions = team.client.all("/artifacts", &format!("?limit=500&name={}", escape(&name))).await?;
        let number = |version: &serde_json::Value| version["version"].as_i64().unwrap_or(0);
        let known = versions.iter().find(|version| at(version, "digest") == digest);
        let next = versions.iter().map(number).max().unwrap_or(0) + 1;
        let reference = format!("{name}@{}", known.map_or(next, number));
        if known.is_none() {
            missing.push(Missing {
                reference: reference.clone(),
                name,
                file: file.clone(),
            });
        }
        match place.strip_prefix("jars.").and_then(|index| index.parse::<usize>().ok()) {
            Some(index) => job.jars[index] = reference,
            None => job.jar = Some(reference),
        }
    }
    Ok((job, missing))
}

/// Uploads what is missing and puts the versions that it got into the job.
///
/// # Errors
/// As the server says.
pub async fn bring(team: &Team, job: &mut Job, missing: &[Missing]) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    for one in missing {
        let (made, _) = upload::put(&team.client, &one.file, (Some(&one.name), "")).await?;
        let reference = format!("{}@{}", one.name, made["version"]);
        for jar in job.jars.iter_mut().chain(&mut job.jar).filter(|jar| **jar == one.reference) {
            jar.clone_from(&reference);
        }
        words.push(format!("{reference} uploaded"));
    }
    Ok(words)
}
