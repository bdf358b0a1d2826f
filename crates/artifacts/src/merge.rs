//! Merging: a session cluster takes one jar for each submission, so several become one.
//!
//! As on a class path, the first jar that has a class wins. Services, licences and `reference.conf` are joined;
//! signatures are left out, because they were of another file. The bytes depend on the jars and their order only,
//! so the same job has the same session jar on every server, and a jar that was made before is found again.

mod cache;
mod manifest;
mod plan;
mod rule;
#[cfg(test)]
mod tests;
mod text;
mod write;

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::artifact::{Digest, JarConflict, PinnedArtifact};
use domain::ports::{ArtifactStore, JarMerger, PortError, SessionJar};
use sha2::Digest as _;

use cache::Cache;
use plan::Contents;
use write::{Jar, Source};

/// Counts up whenever the same jars would merge to other bytes than before.
const RULES: &str = "merge 1";
/// How the runner is called in messages.
const RUNNER: &str = "the platform's SQL runner";

/// Merges jars below a data folder.
#[derive(Clone)]
pub struct Merger {
    cache: Cache,
    store: Arc<dyn ArtifactStore>,
    runner: Runner,
}

#[derive(Clone)]
struct Runner {
    path: PathBuf,
    digest: Digest,
}

impl Merger {
    /// A merger whose jars are below `<data>/cache/session-jars`, with the runner's jar as a file.
    ///
    /// # Errors
    /// When the runner's jar cannot be read.
    pub fn new(data: &Path, store: Arc<dyn ArtifactStore>, runner: &Path) -> Result<Self, PortError> {
        let mut file = std::fs::File::open(runner).map_err(|error| crate::room::fault(runner, &error))?;
        let digest = digest_of(&mut file)?;
        Ok(Self {
            cache: Cache(data.join("cache").join("session-jars")),
            store,
            runner: Runner {
                path: runner.to_path_buf(),
                digest,
            },
        })
    }

    async fn sources(&self, artifacts: &[PinnedArtifact]) -> Result<Vec<Source>, PortError> {
        let mut sources = Vec::with_capacity(artifacts.len());
        for artifact in artifacts {
            let path = self.store.file(&artifact.digest).await.map_err(|error| missing(artifact, error))?;
            let name = format!("'{}' version {}", artifact.name, artifact.version);
            sources.push(Source { name, path });
        }
        Ok(sources)
    }

    /// The merged jar's name in the cache: what it is made of, and by which rules.
    fn key(&self, artifacts: &[PinnedArtifact], with_runner: bool) -> String {
        let mut key = sha2::Sha256::new();
        let runner = with_runner.then_some(&self.runner.digest);
        key.update(RULES);
        for digest in runner.into_iter().chain(artifacts.iter().map(|artifact| &artifact.digest)) {
            key.update(digest.as_str());
        }
        hex::encode(key.finalize()).chars().take(32).collect()
    }
}

/// Whether a file can be read as a jar.
///
/// # Errors
/// `Refused` with the reason.
pub fn check_jar(path: &Path) -> Result<(), PortError> {
    let name = "the file".to_owned();
    let path = path.to_path_buf();
    Jar::open(&Source { name, path }).map(drop)
}

/// Bytes that are gone are no fault of the moment.
fn missing(artifact: &PinnedArtifact, error: PortError) -> PortError {
    match error {
        error if error.not_found() => PortError::Refused {
            status: None,
            message: format!(
                "the bytes of '{}' version {} ({}) are no longer in the artifact store (digest {}): upload that file again",
                artifact.name, artifact.version, artifact.file_name, artifact.digest
            ),
        },
        other => other,
    }
}

#[async_trait]
impl JarMerger for Merger {
    async fn merge(&self, artifacts: &[PinnedArtifact], with_runner: bool) -> Result<SessionJar, PortError> {
        let mut sources = self.sources(artifacts).await?;
        if let ([only], [source], false) = (artifacts, sources.as_slice(), with_runner) {
            // Nothing to merge: the very file, signatures and all.
            return Ok(SessionJar {
                path: source.path.clone(),
                digest: only.digest.clone(),
            });
        }
        if with_runner {
            let (name, path) = (RUNNER.to_owned(), self.runner.path.clone());
            sources.insert(0, Source { name, path });
        }
        let (cache, key) = (self.cache.clone(), self.key(artifacts, with_runner));
        blocking(move || match cache.find(&key) {
            Some(found) => Ok(found),
            None => make(&cache, &key, &sources),
        })
        .await
    }

    async fn conflicts(&self, artifacts: &[PinnedArtifact]) -> Result<Vec<JarConflict>, PortError> {
        let sources = self.sources(artifacts).await?;
        blocking(move || {
            let jars = open(&sources)?;
            let contents: Vec<Contents> = jars.into_iter().map(|jar| jar.contents).collect();
            Ok(plan::plan(&contents).conflicts)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, PortError> + Send + 'static) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(PortError::Retry(format!("merging jars was broken off: {error}"))))
}

fn open(sources: &[Source]) -> Result<Vec<Jar>, PortError> {
    sources.iter().map(Jar::open).collect()
}

fn make(cache: &Cache, key: &str, sources: &[Source]) -> Result<SessionJar, PortError> {
    let mut jars = open(sources)?;
    let contents: Vec<Contents> = jars.iter().map(|jar| jar.contents.clone()).collect();
    let fails = |error: std::io::Error| unwritten(&error);
    let mut part = cache.part().map_err(fails)?;
    write::write(&mut jars, &plan::plan(&contents), part.as_file_mut())?;
    let digest = digest_of(part.as_file_mut())?;
    cache.keep(part, key, digest).map_err(fails)
}

fn digest_of(file: &mut std::fs::File) -> Result<Digest, PortError> {
    let fails = |error: std::io::Error| PortError::Retry(format!("a jar cannot be read: {error}"));
    let mut digest = sha2::Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    file.seek(SeekFrom::Start(0)).map_err(fails)?;
    loop {
        match file.read(&mut buffer).map_err(fails)? {
            0 => return Ok(Digest::of(digest.finalize().into())),
            read => digest.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// A full disk will not mend itself; anything else may.
fn unwritten(error: &std::io::Error) -> PortError {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded => PortError::GiveUp(
            "the disk of the data folder is full, so the job's jars cannot be merged: free some room and try again".to_owned(),
        ),
        _ => PortError::Retry(format!("the merged jar cannot be written: {error}")),
    }
}
