//! `streamwright artifact download`: streamed to a file beside the target, which takes its name once its digest is
//! right; what an earlier try left there is gone on with.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::artifact::path;
use super::client::Client;
use super::print::at;
use crate::cli::ArtifactName;
use crate::failure::Failure;

/// How often it is tried without any byte of progress.
const TRIES: u32 = 5;

/// Runs `artifact download`.
///
/// # Errors
/// When the file cannot be written, or as the server says.
pub async fn run(client: &Client, which: &ArtifactName, to: Option<PathBuf>) -> Result<(), Failure> {
    let found = client.get(&path(&which.artifact, which.version, "")).await?;
    let (id, digest, name) = (at(&found, "id"), at(&found, "digest"), at(&found, "fileName"));
    let target = match to {
        Some(folder) if folder.is_dir() => folder.join(plain(name)?),
        Some(file) => file,
        None => PathBuf::from(plain(name)?),
    };
    let part = target.with_file_name(format!(".{}.part", digest.get(..16).unwrap_or_default()));
    let content = client.team_path(&path(id, None, "/content"))?;
    let (mut tries, mut had) = (0, 0);
    loop {
        match fetch(client, &content, digest, &part).await {
            Ok(()) => break,
            Err(failure) if failure.code != 3 => return Err(failure),
            Err(failure) => {
                let has = part.metadata().map_or(0, |known| known.len());
                tries = if has > had { 0 } else { tries + 1 };
                had = has;
                if tries >= TRIES {
                    return Err(Failure::unavailable(format!("{failure}\nThe same command goes on where it ended.")));
                }
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
    }
    std::fs::rename(&part, &target).map_err(|error| unwritable(&target, &error))?;
    eprintln!("Wrote {}.", target.display());
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be written: {error}", path.display()))
}

/// The server's word for a file is not trusted to be one.
fn plain(name: &str) -> Result<&str, Failure> {
    let odd = name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']);
    if odd {
        return Err(Failure::usage(format!(
            "'{name}' is no name for a file here: choose one with --to FILE"
        )));
    }
    Ok(name)
}

/// Fetches what is missing of a file, and checks it.
async fn fetch(client: &Client, content: &str, digest: &str, part: &Path) -> Result<(), Failure> {
    let fails = |error: std::io::Error| unwritable(part, &error);
    let options = std::fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(part);
    let mut file = options.map_err(fails)?;
    let mut hash = Sha256::new();
    let (mut buffer, mut have) = (vec![0; 1 << 20], 0_u64);
    loop {
        let count = file.read(&mut buffer).map_err(fails)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        have += count as u64;
    }
    if hex::encode(hash.clone().finalize()) == digest {
        return Ok(());
    }
    let (range, tag) = (format!("bytes={have}-"), format!("\"{digest}\""));
    let headers = [
        ("range", range.as_str()),
        ("if-range", tag.as_str()),
        ("accept-encoding", "identity"),
    ];
    let mut response = client.open(content, if have == 0 { &headers[2..] } else { &headers }).await?;
    if response.status() != reqwest::StatusCode::PARTIAL_CONTENT {
        hash = Sha256::new();
        file.set_len(0).map_err(fails)?;
        file.seek(SeekFrom::Start(0)).map_err(fails)?;
    }
    loop {
        let chunk = response.chunk().await;
        let chunk = chunk.map_err(|error| Failure::unavailable(format!("the download was cut: {}", crate::outbound::cause(&error))))?;
        let Some(chunk) = chunk else { break };
        hash.update(&chunk);
        file.write_all(&chunk).map_err(fails)?;
    }
    if hex::encode(hash.finalize()) == digest {
        return file.sync_all().map_err(fails);
    }
    // What is there is not its beginning: from the start again.
    file.set_len(0).map_err(fails)?;
    Err(Failure::unavailable(
        "what arrived is not what the server has: its SHA-256 is another one",
    ))
}
