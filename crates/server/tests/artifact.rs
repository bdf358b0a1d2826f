//! Artifacts through the real binary: the command line, a server that is killed in the middle, and what it sweeps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::path::Path;
use std::time::Instant;

use bed::{Bed, HANG};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Digest;

const VERSION: &str = "2.2.1";

/// What a command printed, and its exit code.
async fn run(bed: &Bed, args: &[&str]) -> (i32, String, String) {
    let output = bed.command(args).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

async fn json(bed: &Bed, args: &[&str]) -> Value {
    let (code, out, err) = run(bed, args).await;
    assert_eq!(code, 0, "{args:?}: {err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{args:?}: {error}: {out}"))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A Python file of a size, so that nothing has to be built.
fn script(folder: &Path, name: &str, size: usize) -> std::path::PathBuf {
    let file = folder.join(name);
    let line = b"# 0123456789 0123456789 0123456789 0123456789 0123456789 012345\n";
    std::fs::write(&file, line.repeat(size / line.len())).unwrap();
    file
}

#[tokio::test]
async fn the_command_line_uploads_lists_shows_downloads_and_deletes() {
    let mut bed = Bed::new(VERSION).await;
    bed.start(None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = script(folder.path(), "orders.py", 10 << 20);
    let made = json(&bed, &["artifact", "upload", path(&file), "-o", "json"]).await;
    assert_eq!(
        (&made["name"], &made["version"], &made["kind"]),
        (&json!("orders.py"), &json!(1), &json!("python_file"))
    );
    let (code, _, said) = run(&bed, &["artifact", "upload", path(&file)]).await;
    assert!(code == 0 && said.contains("Nothing new: version 1"), "{said}");
    std::fs::write(&file, "print('two')").unwrap();
    let two = json(&bed, &["artifact", "upload", path(&file), "-o", "json"]).await;
    assert_eq!(two["version"], 2);
    let (_, list, _) = run(&bed, &["artifact", "list", "orders.py"]).await;
    assert_eq!(list.lines().count(), 3, "{list}");
    let (_, shown, _) = run(&bed, &["artifact", "show", "orders.py", "1"]).await;
    assert!(
        shown.contains("sha256") && shown.contains(made["digest"].as_str().unwrap()),
        "{shown}"
    );

    let back = folder.path().join("back.py");
    // What an earlier try left is gone on with.
    let part = folder.path().join(format!(".{}.part", &made["digest"].as_str().unwrap()[..16]));
    std::fs::write(&part, "# 0123456789 0123").unwrap();
    let (code, _, said) = run(&bed, &["artifact", "download", "orders.py", "1", "--to", path(&back)]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(hex::encode(sha2::Sha256::digest(std::fs::read(&back).unwrap())), made["digest"]);
    assert!(!part.exists());
    std::fs::write(&part, "nonsense").unwrap();
    let (code, _, said) = run(&bed, &["artifact", "download", "orders.py", "1", "--to", path(&back)]).await;
    assert_eq!(code, 0, "{said}");

    let (code, _, said) = run(&bed, &["artifact", "delete", "orders.py"]).await;
    assert!(code == 4 && said.contains("which version"), "{said}");
    let (code, _, said) = run(&bed, &["artifact", "delete", "orders.py", "1"]).await;
    assert_eq!(code, 0, "{said}");
    let (code, _, _) = run(&bed, &["artifact", "show", "orders.py", "1"]).await;
    assert_eq!(code, 4);
}

#[tokio::test]
async fn the_command_line_says_what_is_wrong_with_a_file() {
    let mut bed = Bed::new(VERSION).await;
    bed.start(None).await;
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.jar");
    std::fs::write(&text, "I am a jar, believe me").unwrap();
    let (code, _, said) = run(&bed, &["artifact", "upload", path(&text)]).await;
    assert!(
        code == 4 && said.contains("'text.jar' cannot be used: It is no jar but a text"),
        "{said}"
    );
    let (code, _, said) = run(&bed, &["artifact", "upload", path(&folder.path().join("nowhere.jar"))]).await;
    assert!(code == 2 && said.contains("cannot be read"), "{said}");
    let (code, _, said) = run(&bed, &["artifact", "upload", path(folder.path())]).await;
    assert_eq!(code, 2, "{said}");
    let long = "x".repeat(10_000);
    let (code, _, said) = run(&bed, &["artifact", "upload", path(&text), "--name", &long]).await;
    assert!(code == 4 && said.contains("at most 200 characters"), "{said}");
    let (code, _, said) = run(&bed, &["artifact", "upload", path(&text), "--name", "../../evil"]).await;
    assert!(code == 4 && said.contains("no '/'"), "{said}");
    let open = bed.get("/uploads").await.unwrap().1;
    assert_eq!(open["items"], json!([]), "nothing half-done is left");
}

#[tokio::test]
async fn two_commands_at_once_make_two_versions() {
    let mut bed = Bed::new(VERSION).await;
    bed.start(None).await;
    let folder = tempfile::tempdir().unwrap();
    let files = [script(folder.path(), "a.py", 9 << 20), script(folder.path(), "b.py", 12 << 20)];
    let mut children = Vec::new();
    for file in &files {
        let mut command = bed.command(&["artifact", "upload", path(file), "--name", "both", "-o", "json"]);
        children.push(command.stdout(std::process::Stdio::piped()).spawn().unwrap());
    }
    let mut versions = Vec::new();
    for child in children {
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{}", bed.log());
        let made: Value = serde_json::from_slice(&output.stdout).unwrap();
        versions.push(made["version"].as_i64().unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, [1, 2]);
}

#[tokio::test]
async fn an_upload_outlives_a_server_that_is_killed() {
    let mut bed = Bed::new(VERSION).await;
    bed.start(None).await;
    let bytes = b"# a comment that is long enough to be cut\n".repeat(200_000);
    let digest = hex::encode(sha2::Sha256::digest(&bytes));
    let new = json!({"fileName": "big.py", "sizeBytes": bytes.len(), "sha256": digest});
    let upload = bed.post("/uploads", &new, "begin").await.unwrap().1;
    let place = format!("/uploads/{}", upload["id"].as_str().unwrap());
    // Half of it arrives, and then the line hangs; the server is killed while it waits for more.
    let half = bytes[..bytes.len() / 2].to_vec();
    let line = futures::stream::once(async { Ok::<_, std::io::Error>(half) });
    let endless = futures::StreamExt::chain(line, futures::stream::pending());
    let request = bed.bytes(Method::PATCH, &place).header("upload-offset", "0");
    let sending = tokio::spawn(request.body(reqwest::Body::wrap_stream(endless)).send());
    let began = Instant::now();
    let mut arrived = 0;
    while arrived < 1 << 20 {
        arrived = bed.get(&place).await.unwrap().1["offset"].as_u64().unwrap();
        assert!(began.elapsed() < HANG, "nothing arrives");
        tokio::task::yield_now().await;
    }
    bed.kill().await;
    assert!(sending.await.unwrap().is_err());

    bed.start(None).await;
    let known = bed.get(&place).await.unwrap().1;
    let offset = usize::try_from(known["offset"].as_u64().unwrap()).unwrap();
    assert!(offset as u64 >= arrived && offset < bytes.len(), "{known}");
    let rest = bed.bytes(Method::PATCH, &place).header("upload-offset", offset.to_string());
    let rest = rest.body(bytes[offset..].to_vec()).send().await.unwrap();
    assert_eq!(rest.status(), 200);
    let (status, made) = bed.post(&format!("{place}/complete"), &json!({}), "complete").await.unwrap();
    assert_eq!(
        (status, made["artifact"]["digest"].as_str()),
        (201, Some(digest.as_str())),
        "{made}"
    );
    let back = bed.bytes(Method::GET, "/artifacts/big.py/content").send().await.unwrap();
    assert_eq!(back.bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn what_a_killed_server_left_is_swept() {
    let mut bed = Bed::new(VERSION).await;
    let artifacts = bed.folder().join("artifacts");
    let digest = "ab".repeat(32);
    let orphans = [artifacts.join("ab").join(&digest), artifacts.join("uploads").join("0".repeat(32))];
    for orphan in &orphans {
        std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
        std::fs::write(orphan, "left behind").unwrap();
    }
    bed.start(None).await;
    let began = Instant::now();
    while orphans.iter().any(|orphan| orphan.exists()) {
        assert!(began.elapsed() < HANG, "nothing was swept\n{}", bed.log());
        tokio::task::yield_now().await;
    }
    // What belongs to a row stays.
    let file = script(bed.folder(), "kept.py", 4096);
    let made = json(&bed, &["artifact", "upload", path(&file), "-o", "json"]).await;
    bed.kill().await;
    std::fs::write(&orphans[1], "left behind").unwrap();
    bed.start(None).await;
    let began = Instant::now();
    while orphans[1].exists() {
        assert!(began.elapsed() < HANG, "nothing was swept\n{}", bed.log());
        tokio::task::yield_now().await;
    }
    let digest = made["digest"].as_str().unwrap();
    assert!(artifacts.join(&digest[..2]).join(digest).exists());
}
