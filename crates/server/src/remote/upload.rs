//! `streamwright artifact upload`: sends a file in pieces, goes on after lost connections and restarts of the server,
//! and finds what an earlier, broken-off command had sent.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::artifact::{one, path};
use super::client::{Client, refusal};
use super::print::{self, at};
use crate::cli::ArtifactUpload;
use crate::failure::Failure;

/// One request carries so much (8 MiB): little is sent twice, and a slow line comes forward within a request's time.
const PIECE: usize = 8 << 20;
/// How often it is tried without any byte of progress, pauses growing to [`LONGEST_PAUSE`]: five minutes.
const TRIES: u32 = 24;
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The file that is sent.
struct Sent {
    file: File,
    name: String,
    file_name: String,
    size: u64,
    sha256: String,
    /// What it is for; empty where its content says so.
    kind: &'static str,
}

/// Runs `artifact upload`.
///
/// # Errors
/// When the file cannot be read, or as the server says.
pub async fn run(options: ArtifactUpload) -> Result<(), Failure> {
    let client = Client::of(&options.server)?;
    let kind = options.kind.map_or("", |kind| kind.word());
    let (artifact, made) = put(&client, &options.file, (options.name.as_deref(), kind)).await?;
    told(&client, &artifact, made);
    Ok(())
}

/// Uploads a file under a name, the file's own where none is given; answers the version, and whether it was made now.
///
/// # Errors
/// When the file cannot be read, or as the server says.
pub async fn put(client: &Client, file: &Path, (name, kind): (Option<&str>, &'static str)) -> Result<(Value, bool), Failure> {
    let mut sent = read(file, name, kind)?;
    if let Some(same) = unchanged(client, &sent).await? {
        return Ok((same, false));
    }
    let id = open(client, &sent).await?;
    send(client, &mut sent, &id).await?;
    complete(client, &sent, &id).await
}

/// SHA-256 of a file, as the server has it of an artifact.
///
/// # Errors
/// When the file cannot be read.
pub fn digest(file: &Path) -> Result<String, Failure> {
    Ok(read(file, None, "")?.sha256)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {error}", path.display()))
}

fn read(path: &Path, name: Option<&str>, kind: &'static str) -> Result<Sent, Failure> {
    let fails = |error: std::io::Error| unreadable(path, &error);
    let file_name = path.file_name().and_then(|name| name.to_str());
    let file_name = file_name.ok_or_else(|| Failure::usage(format!("{} is not the name of a file", path.display())))?;
    let mut file = File::open(path).map_err(fails)?;
    if !file.metadata().map_err(fails)?.is_file() {
        return Err(Failure::usage(format!("{} is not a file", path.display())));
    }
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut buffer).map_err(fails)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        size += count as u64;
    }
    Ok(Sent {
        file,
        name: name.unwrap_or(file_name).to_owned(),
        file_name: file_name.to_owned(),
        size,
        sha256: hex::encode(hash.finalize()),
        kind,
    })
}

/// The newest version, where it has these bytes.
async fn unchanged(client: &Client, sent: &Sent) -> Result<Option<Value>, Failure> {
    if sent.name.contains(['/', '\\']) {
        return Ok(None);
    }
    let newest = client.find(&path(&sent.name, None, "")).await?;
    Ok(newest.filter(|newest| at(newest, "digest") == sent.sha256))
}

/// The upload of an earlier command for this file, or a new one.
async fn open(client: &Client, sent: &Sent) -> Result<String, Failure> {
    let open = client.get("/uploads").await?;
    let kind = sent.kind;
    let earlier = print::items(&open).into_iter().find(|upload| {
        at(upload, "name") == sent.name
            && at(upload, "fileName") == sent.file_name
            && at(upload, "sha256") == sent.sha256
            && at(upload, "kind") == kind
    });
    if let Some(upload) = earlier {
        return Ok(at(&upload, "id").to_owned());
    }
    let mut body = json!({
        "fileName": sent.file_name,
        "name": sent.name,
        "sizeBytes": sent.size,
        "sha256": sent.sha256,
    });
    if !kind.is_empty() {
        body["kind"] = json!(kind);
    }
    let made = client.post("/uploads", &body).await?;
    Ok(at(&made, "id").to_owned())
}

/// What is worth another try: no answer, or one that says "not now".
fn passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || (status.is_server_error() && status != StatusCode::INSUFFICIENT_STORAGE)
}

fn pause(tries: u32) -> Duration {
    Duration::from_millis(500 << tries.min(8)).min(LONGEST_PAUSE)
}

fn bar(size: u64) -> ProgressBar {
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg}") {
        bar.set_style(style);
    }
    bar
}

async fn send(client: &Client, sent: &mut Sent, id: &str) -> Result<(), Failure> {
    let path = client.team_path(&format!("/uploads/{id}"))?;
    let bar = bar(sent.size);
    let (mut offset, mut tries) = (None, 0);
    loop {
        let at = match offset {
            Some(at) => at,
            None => asked(client, &path, &bar, &mut tries).await?,
        };
        bar.set_position(at);
        if at >= sent.size {
            bar.finish_and_clear();
            return Ok(());
        }
        let headers = [("upload-offset", at.to_string())];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = client.send_bytes(Method::PATCH, &path, &headers, piece(sent, at)?).await;
        offset = match answer {
            Ok(answer) if answer.status.is_success() => {
                tries = 0;
                bar.set_message("");
                answer.body.get("offset").and_then(Value::as_u64)
            }
            // It goes on elsewhere than we thought, or not now: asked again.
            Ok(answer) if answer.status == StatusCode::CONFLICT || answer.status == StatusCode::BAD_REQUEST || passing(answer.status) => {
                again(&bar, &mut tries, refusal(&answer)).await?;
                None
            }
            Ok(answer) => return Err(refusal(&answer)),
            Err(failure) => {
                again(&bar, &mut tries, failure).await?;
                None
            }
        };
    }
}

/// Where the upload goes on.
async fn asked(client: &Client, path: &str, bar: &ProgressBar, tries: &mut u32) -> Result<u64, Failure> {
    loop {
        match client.exchange(Method::GET, path, None, &[]).await {
            Ok(answer) if answer.status.is_success() => {
                let offset = answer.body.get("offset").and_then(Value::as_u64);
                return offset.ok_or_else(|| Failure::unavailable("the server did not say where the upload goes on"));
            }
            Ok(answer) if passing(answer.status) => again(bar, tries, refusal(&answer)).await?,
            Ok(answer) => return Err(refusal(&answer)),
            Err(failure) => again(bar, tries, failure).await?,
        }
    }
}

/// Waits for another try, or gives up.
async fn again(bar: &ProgressBar, tries: &mut u32, failure: Failure) -> Result<(), Failure> {
    *tries += 1;
    if *tries > TRIES {
        return Err(Failure::unavailable(format!(
            "{failure}\nThe upload is kept for a while: the same command goes on where it ended."
        )));
    }
    bar.set_message("waiting for the server");
    tokio::time::sleep(pause(*tries)).await;
    Ok(())
}

fn piece(sent: &mut Sent, at: u64) -> Result<Vec<u8>, Failure> {
    let fails = |error: std::io::Error| Failure::usage(format!("{} cannot be read any more: {error}", sent.file_name));
    sent.file.seek(SeekFrom::Start(at)).map_err(fails)?;
    let left = usize::try_from(sent.size - at).unwrap_or(PIECE).min(PIECE);
    let mut bytes = vec![0; left];
    sent.file.read_exact(&mut bytes).map_err(fails)?;
    Ok(bytes)
}

async fn complete(client: &Client, sent: &Sent, id: &str) -> Result<(Value, bool), Failure> {
    let path = client.team_path(&format!("/uploads/{id}/complete"))?;
    let bar = bar(sent.size);
    let mut tries = 0;
    loop {
        match client.exchange(Method::POST, &path, Some(&json!({})), &[]).await {
            Ok(answer) if answer.status.is_success() => {
                let made = answer.body.get("created") == Some(&Value::Bool(true));
                return Ok((answer.body.get("artifact").cloned().unwrap_or_default(), made));
            }
            Ok(answer) if passing(answer.status) => again(&bar, &mut tries, refusal(&answer)).await?,
            // The answer to an earlier try was lost, and it was done.
            Ok(answer) if answer.status == StatusCode::NOT_FOUND && tries > 0 => {
                let newest = unchanged(client, sent).await?.ok_or_else(|| refusal(&answer))?;
                return Ok((newest, true));
            }
            Ok(answer) => return Err(refusal(&answer)),
            Err(failure) => again(&bar, &mut tries, failure).await?,
        }
    }
}

fn told(client: &Client, artifact: &Value, made: bool) {
    if !made {
        eprintln!(
            "Nothing new: version {} of {} has the same bytes.",
            print::show(artifact, "version"),
            at(artifact, "name")
        );
    }
    print::body(client.format, artifact, one);
}
