//! What a backup must not be.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use store::Store;
use tokio::sync::mpsc;

use super::writer::Left;
use super::*;

/// A data folder with a database, an artifact and a key.
async fn folder() -> (tempfile::TempDir, Store) {
    let data = tempfile::TempDir::new().unwrap();
    let store = Store::open(&Store::sqlite_url(&data.path().join("streamwright.db"))).await.unwrap();
    store.create_team("a team").await.unwrap();
    let digest = hex::encode(sha2::Sha256::digest(b"a jar"));
    let folder = data.path().join("artifacts").join(&digest[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(&digest), b"a jar").unwrap();
    std::fs::write(folder.join("upload.part"), b"half").unwrap();
    std::fs::write(data.path().join(KEYS[0]), b"a key").unwrap();
    (data, store)
}

async fn back_up(data: &Path, store: &Store, file: &Path) -> std::io::Result<Left> {
    let (sender, receiver) = mpsc::channel(2);
    let reader = store.clone();
    let reading = tokio::spawn(async move { reader.copy_out(sender).await });
    let (data, file) = (data.to_owned(), file.to_owned());
    let left = tokio::task::spawn_blocking(move || write(&file, &data, "sqlite", receiver))
        .await
        .unwrap();
    let _ = reading.await.unwrap();
    left
}

async fn restore(data: &Path, store: &Store, file: &Path, replace: bool) -> Result<End, String> {
    let staging = Arc::new(Staging::new(data).unwrap());
    let (sender, receiver) = mpsc::channel(2);
    let (file, into) = (file.to_owned(), Arc::clone(&staging));
    let reading = tokio::task::spawn_blocking(move || read(&file, &into, &sender));
    let mut settle = || staging.settle().map_err(|error| store::StoreError::Unavailable(error.to_string()));
    let taken = store.copy_in(receiver, replace, &mut settle).await;
    let end = reading.await.unwrap().map_err(|error| error.to_string());
    taken.map_err(|error| error.to_string()).and(end.map(|(_, end)| end))
}

#[tokio::test]
async fn a_backup_brings_back_database_artifacts_and_key() {
    let (data, store) = folder().await;
    let file = data.path().join("backup");
    let left = back_up(data.path(), &store, &file).await.unwrap();
    assert_eq!((left.end.artifacts, left.end.artifact_bytes, left.end.key), (1, 5, true));
    assert_eq!(left.damaged, Vec::<String>::new());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(check(&file).unwrap().1, left.end);
    // It does not write over another one.
    assert!(back_up(data.path(), &store, &file).await.is_err());

    let other = tempfile::TempDir::new().unwrap();
    let restored = Store::connect(&Store::sqlite_url(&other.path().join("streamwright.db")), true)
        .await
        .unwrap();
    assert_eq!(restore(other.path(), &restored, &file, false).await.unwrap(), left.end);
    assert_eq!(restored.teams().await.unwrap(), store.teams().await.unwrap());
    let digest = hex::encode(sha2::Sha256::digest(b"a jar"));
    let artifact = other.path().join("artifacts").join(&digest[..2]).join(&digest);
    assert_eq!(std::fs::read(artifact).unwrap(), b"a jar");
    let key = other.path().join(KEYS[0]);
    assert_eq!(std::fs::read(&key).unwrap(), b"a key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!other.path().join("restore.part").exists() && !other.path().join("artifacts").join(&digest[..2]).join("upload.part").exists());
    // Not over what is there, unless it is told so; another key is kept.
    std::fs::write(&key, b"another").unwrap();
    restored.create_team("later").await.unwrap();
    assert!(
        restore(other.path(), &restored, &file, false)
            .await
            .unwrap_err()
            .contains("not empty")
    );
    assert_eq!(restored.teams().await.unwrap().len(), 2);
    assert_eq!(std::fs::read(&key).unwrap(), b"another");
    restore(other.path(), &restored, &file, true).await.unwrap();
    assert_eq!(restored.teams().await.unwrap().len(), 1);
    assert_eq!(
        std::fs::read(other.path().join(format!("{}.replaced", KEYS[0]))).unwrap(),
        b"another"
    );
}

#[tokio::test]
async fn what_is_cut_off_damaged_or_foreign_is_refused_and_changes_nothing() {
    let (data, store) = folder().await;
    let file = data.path().join("backup");
    back_up(data.path(), &store, &file).await.unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let other = tempfile::TempDir::new().unwrap();
    let target = Store::open(&Store::sqlite_url(&other.path().join("streamwright.db")))
        .await
        .unwrap();
    target.create_team("kept").await.unwrap();
    let spoilt = other.path().join("spoilt");
    let lengths = [0, 1, 11, 200, bytes.len() / 2, bytes.len() - 600, bytes.len() - 9, bytes.len() - 1];
    let mut files: Vec<Vec<u8>> = lengths.iter().map(|length| bytes[..*length].to_vec()).collect();
    for place in [30, bytes.len() / 3, bytes.len() - 5] {
        let mut turned = bytes.clone();
        turned[place] ^= 0x10;
        files.push(turned);
    }
    files.push(b"no archive at all".to_vec());
    files.push(packed(&[("etc/passwd", b"x")]));
    let begin = |format: u32, steps: &[&str]| {
        let steps: Vec<String> = steps.iter().map(|step| (*step).to_owned()).collect();
        let begin = Begin {
            format,
            version: "9.9".to_owned(),
            created_at: 0,
            engine: "sqlite".to_owned(),
            steps,
        };
        serde_json::to_vec(&begin).unwrap()
    };
    files.push(packed(&[(BEGIN, &begin(2, &["m0001_begin"]))]));
    files.push(packed(&[(BEGIN, &begin(1, &["m0001_begin", "m9999_later"]))]));
    files.push(packed(&[(BEGIN, &begin(1, &["m0001_begin"])), ("artifacts/../../outside", b"x")]));
    files.push(packed(&[
        (BEGIN, &begin(1, &["m0001_begin"])),
        (&format!("artifacts/{}", "0".repeat(64)), b"x"),
    ]));
    for bytes in files {
        std::fs::write(&spoilt, &bytes).unwrap();
        let error = restore(other.path(), &target, &spoilt, true).await.unwrap_err();
        assert!(!error.is_empty());
        assert_eq!(target.teams().await.unwrap()[0].name, "kept", "{error}");
        assert!(
            !other.path().join("artifacts").exists() && !other.path().join("restore.part").exists(),
            "{error}"
        );
    }
    assert!(check(&spoilt).is_err());
}

#[tokio::test]
async fn a_damaged_artifact_is_left_out_and_named() {
    let (data, store) = folder().await;
    let wrong = "f".repeat(64);
    std::fs::write(data.path().join("artifacts").join(&wrong), b"rotten").unwrap();
    let file = data.path().join("backup");
    let left = back_up(data.path(), &store, &file).await.unwrap();
    assert_eq!((left.end.artifacts, left.damaged.len()), (1, 1));
    assert!(left.damaged[0].contains(&wrong));
    check(&file).unwrap();
}

fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_entry_type(tar::EntryType::Regular);
        // A name with `..` in it cannot be set the usual way.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    let mut packed = tar.into_inner().unwrap();
    packed.flush().unwrap();
    packed.finish().unwrap()
}
