//! Merges jars as a session cluster gets them, for `lab/bench.mjs`: `merge DATA-FOLDER RUNNER-JAR JAR…` prints the
//! file that it made. A whole process, so that it can stand beside Maven's.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use artifacts::{DiskStore, Merger};
use domain::artifact::{Digest, PinnedArtifact};
use domain::ports::JarMerger;
use sha2::Digest as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(data), Some(runner)) = (arguments.next(), arguments.next()) else {
        return Err("merge DATA-FOLDER RUNNER-JAR JAR…".into());
    };
    let jars = arguments.map(|jar| place(&data, &jar)).collect::<Result<Vec<_>, _>>()?;
    let merger = Merger::new(&data, Arc::new(DiskStore::new(&data)), &runner)?;
    println!("{}", merger.merge(&jars, true).await?.path.display());
    Ok(())
}

/// Puts a jar where the store of this folder has it, under the digest of its path: bringing and hashing the bytes
/// belongs to an upload, not to a merge.
fn place(data: &Path, jar: &Path) -> Result<PinnedArtifact, Box<dyn Error>> {
    let digest = Digest::of(sha2::Sha256::digest(jar.as_os_str().as_encoded_bytes()).into());
    let folder = data.join("artifacts").join(digest.as_str().get(..2).unwrap_or_default());
    std::fs::create_dir_all(&folder)?;
    std::os::unix::fs::symlink(jar, folder.join(digest.as_str()))?;
    let name = jar.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(PinnedArtifact {
        file_name: name.clone(),
        name,
        version: 1,
        digest,
    })
}
