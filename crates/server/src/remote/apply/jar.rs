//! Artifacts of documents: those that are described, and the files that jobs name as jars.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::artifact::ArtifactRef;
use files::change::Change;
use files::document::{Artifact, ArtifactType, Job};
use files::plan::{Newer, Plan, Step};
use files::read::{Document, Jar, jar};
use serde_json::Value;

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
    digest: String,
    file: PathBuf,
}

/// Artifacts that get a new version by this call, before any job is released: version and digest by team and name.
pub type Coming = BTreeMap<(String, String), (i64, String)>;

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
pub async fn plan(team: &Team, artifact: &Artifact, file: &Path, coming: &mut Coming) -> Result<Plan, Failure> {
    let newest = team.client.find(&path(&artifact.name, None, "")).await?.unwrap_or_default();
    let digest = upload::digest(file)?;
    if at(&newest, "digest") != digest {
        let next = newest["version"].as_i64().unwrap_or(0) + 1;
        coming.insert(key(team, &artifact.name), (next, digest.clone()));
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

fn key(team: &Team, name: &str) -> (String, String) {
    (team.client.team().unwrap_or_default().to_owned(), name.to_owned())
}

/// The version and digest that a name without a version means when all artifacts of this call are there.
///
/// # Errors
/// As the server says.
pub async fn newest(team: &Team, name: &str, coming: &Coming) -> Result<Option<(i64, String)>, Failure> {
    if let Some(now) = coming.get(&key(team, name)) {
        return Ok(Some(now.clone()));
    }
    let newest = team.client.find(&path(name, None, "")).await?;
    Ok(newest.map(|newest| (newest["version"].as_i64().unwrap_or(0), at(&newest, "digest").to_owned())))
}

/// The jars of a job without a version that mean other bytes now than its newest release has pinned.
///
/// # Errors
/// As the server says.
pub async fn newer(team: &Team, job: &Job, pinned: &[Value], coming: &Coming) -> Result<Vec<Newer>, Failure> {
    let mut found = Vec::new();
    for text in job.jars.iter().chain(&job.jar) {
        let Jar::Known(ArtifactRef { name, version: None }) = jar(text) else {
            continue;
        };
        let Some(before) = pinned.iter().find(|pinned| at(pinned, "name") == name) else {
            continue;
        };
        let now = self::newest(team, &name, coming).await?;
        if let Some((newest, _)) = now.filter(|(_, digest)| digest != at(before, "digest")) {
            let pinned = before["version"].as_i64().unwrap_or(0);
            found.push(Newer { name, pinned, newest });
        }
    }
    Ok(found)
}

/// A job whose files are names and versions, and which of the files the server does not have. Of several versions with
/// the same bytes it is the one that the draft names already.
///
/// # Errors
/// As the server says, or when a file cannot be read.
pub async fn located(team: &Team, document: &Document, job: &Job, draft: Option<&Job>) -> Result<(Job, Vec<Missing>), Failure> {
    let mut job = job.clone();
    let mut missing: Vec<Missing> = Vec::new();
    let named: Vec<&String> = draft.iter().flat_map(|draft| draft.jars.iter().chain(&draft.jar)).collect();
    for (place, file) in &document.files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let digest = upload::digest(file)?;
        let mut known = with_bytes(team, &name, &digest).await?;
        let here = missing.iter().filter(|one| one.name == name);
        known.extend(here.clone().filter(|one| one.digest == digest).map(|one| one.reference.clone()));
        let next = here.count();
        let reference = match known.iter().find(|known| named.contains(known)).or(known.first()) {
            Some(reference) => reference.clone(),
            None => {
                let newest = versions(team, &name)
                    .await?
                    .iter()
                    .filter_map(|version| version["version"].as_u64())
                    .max();
                let reference = format!("{name}@{}", newest.unwrap_or(0) + next as u64 + 1);
                missing.push(Missing {
                    reference: reference.clone(),
                    name,
                    digest,
                    file: file.clone(),
                });
                reference
            }
        };
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
    let mut got = BTreeMap::new();
    for one in missing {
        // A job before this one may have brought it.
        let reference = match with_bytes(team, &one.name, &one.digest).await?.into_iter().next() {
            Some(known) => known,
            None => {
                let (made, _) = upload::put(&team.client, &one.file, (Some(&one.name), "")).await?;
                let made = format!("{}@{}", one.name, made["version"]);
                words.push(format!("{made} uploaded"));
                made
            }
        };
        got.insert(&one.reference, reference);
    }
    for jar in job.jars.iter_mut().chain(&mut job.jar) {
        if let Some(reference) = got.get(jar) {
            jar.clone_from(reference);
        }
    }
    Ok(words)
}

/// The versions of an artifact by name, newest first.
async fn versions(team: &Team, name: &str) -> Result<Vec<Value>, Failure> {
    team.client.all("/artifacts", &format!("?limit=500&name={}", escape(name))).await
}

/// The versions of a name that have these bytes, as `name@version`.
async fn with_bytes(team: &Team, name: &str, digest: &str) -> Result<Vec<String>, Failure> {
    let found = versions(team, name).await?;
    let same = found.iter().filter(|version| at(version, "digest") == digest);
    Ok(same.map(|version| format!("{name}@{}", version["version"])).collect())
}
