//! The content-addressed store on this host's disk: `<data>/artifacts/<two digits>/<digest>`, uploads in
//! `<data>/artifacts/uploads/<id>`. Bytes are renamed to their digest only once they are whole, judged and on the
//! disk, so that a digest's file is either right or not there.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::Millis;
use domain::artifact::Digest;
use domain::id::UploadId;
use domain::ports::{ArtifactStore, Inventory, PortError};
use domain::upload::{Content, Upload};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::stat::futimens;
use nix::sys::time::TimeSpec;
use tokio::sync::Semaphore;

use crate::inspect;

/// What stays free beside an upload, for the database and for Flink (64 MiB).
const KEPT_FREE: u64 = 64 << 20;

/// Keeps artifacts below a data folder. Clones share their lock.
#[derive(Debug, Clone)]
pub struct DiskStore {
    folder: PathBuf,
    /// Held while bytes are kept or removed: what is kept again must not be removed as old.
    keeping: Arc<Mutex<()>>,
    /// Few uploads are read through at a time: each takes a core.
    inspecting: Arc<Semaphore>,
}

/// How many uploads are read through at a time.
const INSPECTIONS: usize = 2;

impl DiskStore {
    /// The store of a data folder; nothing is made before something is uploaded.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        let data = std::path::absolute(data).unwrap_or_else(|_| data.to_path_buf());
        Self {
            folder: data.join("artifacts"),
            keeping: Arc::default(),
            inspecting: Arc::new(Semaphore::new(INSPECTIONS)),
        }
    }

    fn place(&self, digest: &Digest) -> PathBuf {
        let (first, _) = digest.as_str().split_at(2);
        self.folder.join(first).join(digest.as_str())
    }

    fn uploads(&self) -> PathBuf {
        self.folder.join("uploads")
    }

    fn upload(&self, id: UploadId) -> PathBuf {
        self.uploads().join(id.hex())
    }

    /// Runs work that waits for the disk where it holds nobody up.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> Result<T, PortError> + Send + 'static) -> Result<T, PortError> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .map_err(|error| PortError::GiveUp(format!("work on the disk was broken off: {error}")))?
    }

    /// The file of an upload, held until it is dropped.
    fn hold(&self, id: UploadId) -> Result<Flock<File>, PortError> {
        let path = self.upload(id);
        let file = File::options()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| fault(&path, &error))?;
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| fault(&path, &error.into()))
    }

    fn begin_now(&self, id: UploadId, size_bytes: i64) -> Result<(), PortError> {
        make_folder(&self.uploads())?;
        let free = nix::sys::statvfs::statvfs(&self.uploads()).map_err(|error| fault(&self.uploads(), &error.into()))?;
        let free = free.blocks_available().saturating_mul(free.fragment_size());
        if free < u64::try_from(size_bytes).unwrap_or(0).saturating_add(KEPT_FREE) {
            return Err(full(&self.folder));
        }
        let path = self.upload(id);
        let made = File::options().write(true).create_new(true).mode(0o600).open(&path);
        made.map(|_| ()).map_err(|error| fault(&path, &error))
    }

    fn append_now(&self, id: UploadId, offset: i64, bytes: &[u8]) -> Result<i64, PortError> {
        let path = self.upload(id);
        let mut file = self.hold(id)?;
        let fails = |error: io::Error| fault(&path, &error);
        let end = length(&file).map_err(fails)?;
        if end != offset {
            return Err(PortError::Refused {
                status: Some(409),
                message: format!("the upload goes on at byte {end}, not {offset}"),
            });
        }
        file.seek(SeekFrom::End(0)).map_err(fails)?;
        file.write_all(bytes).map_err(fails)?;
        length(&file).map_err(fails)
    }

    fn inspect_now(&self, upload: &Upload) -> Result<Content, PortError> {
        let path = self.upload(upload.id);
        let mut file = self.hold(upload.id)?;
        let have = length(&file).map_err(|error| fault(&path, &error))?;
        if have != upload.size_bytes {
            return Err(PortError::Refused {
                status: Some(409),
                message: format!("{have} of {} bytes have arrived: send the rest first", upload.size_bytes),
            });
        }
        inspect::content(&mut file, upload, &self.uploads())
    }

    fn keep_now(&self, id: UploadId, digest: &Digest) -> Result<(), PortError> {
        let (from, to) = (self.upload(id), self.place(digest));
        let _keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.hold(id)?;
        let fails = |error: io::Error| fault(&to, &error);
        futimens(&*file, &TimeSpec::UTIME_NOW, &TimeSpec::UTIME_NOW).map_err(|error| fails(error.into()))?;
        file.sync_all().map_err(fails)?;
        let folder = to.parent().unwrap_or(&self.folder);
        make_folder(folder)?;
        fs::rename(&from, &to).map_err(fails)?;
        for folder in [folder, &self.folder] {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(fails)?;
        }
        Ok(())
    }

    fn inventory_now(&self, before: Millis) -> Result<Inventory, PortError> {
        let mut inventory = Inventory::default();
        for folder in names(&self.folder)? {
            for name in names(&self.folder.join(&folder))? {
                let path = self.folder.join(&folder).join(&name);
                if !written_before(&path, before) {
                    continue;
                }
                if folder == "uploads" {
                    inventory
                        .uploads
                        .extend(format!("{}_{name}", UploadId::PREFIX).parse::<UploadId>().ok());
                } else {
                    inventory.digests.extend(name.parse::<Digest>().ok());
                }
            }
        }
        Ok(inventory)
    }

    fn remove_now(&self, digest: &Digest, before: Millis) -> Result<(), PortError> {
        let _keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.place(digest);
        if written_before(&path, before) { remove(&path) } else { Ok(()) }
    }
}

#[async_trait]
impl ArtifactStore for DiskStore {
    async fn file(&self, digest: &Digest) -> Result<PathBuf, PortError> {
        let path = self.place(digest);
        self.run(move |_| match path.metadata() {
            Ok(_) => Ok(path),
            Err(error) => Err(fault(&path, &error)),
        })
        .await
    }

    async fn begin(&self, upload: UploadId, size_bytes: i64) -> Result<(), PortError> {
        self.run(move |store| store.begin_now(upload, size_bytes)).await
    }

    async fn offset(&self, upload: UploadId) -> Result<i64, PortError> {
        self.run(move |store| {
            let path = store.upload(upload);
            let file = File::open(&path).map_err(|error| fault(&path, &error))?;
            length(&file).map_err(|error| fault(&path, &error))
        })
        .await
    }

    async fn append(&self, upload: UploadId, offset: i64, bytes: Vec<u8>) -> Result<i64, PortError> {
        self.run(move |store| store.append_now(upload, offset, &bytes)).await
    }

    async fn inspect(&self, upload: &Upload) -> Result<Content, PortError> {
        let upload = upload.clone();
        let turn = Arc::clone(&self.inspecting).acquire_owned().await;
        self.run(move |store| {
            let _turn = turn;
            store.inspect_now(&upload)
        })
        .await
    }

    async fn keep(&self, upload: UploadId, digest: &Digest) -> Result<(), PortError> {
        let digest = digest.clone();
        self.run(move |store| store.keep_now(upload, &digest)).await
    }

    async fn discard(&self, upload: UploadId) -> Result<(), PortError> {
        self.run(move |store| remove(&store.upload(upload))).await
    }

    async fn inventory(&self, before: Millis) -> Result<Inventory, PortError> {
        self.run(move |store| store.inventory_now(before)).await
    }

    async fn remove(&self, digest: &Digest, before: Millis) -> Result<(), PortError> {
        let digest = digest.clone();
        self.run(move |store| store.remove_now(&digest, before)).await
    }
}

fn length(file: &File) -> io::Result<i64> {
    Ok(i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX))
}

fn make_folder(folder: &Path) -> Result<(), PortError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| fault(folder, &error))
}

/// Names in a folder; none where it is not there, or is a file.
fn names(folder: &Path) -> Result<Vec<String>, PortError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(fault(folder, &error)),
    }
}

fn written_before(path: &Path, moment: Millis) -> bool {
    let written = path.metadata().map(|known| known.mtime() * 1000 + known.mtime_nsec() / 1_000_000);
    written.is_ok_and(|written| written < moment.0)
}

fn remove(path: &Path) -> Result<(), PortError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(fault(path, &error)),
        _ => Ok(()),
    }
}

fn full(folder: &Path) -> PortError {
    PortError::Refused {
        status: Some(507),
        message: format!("the disk of {} is full: free some room there, then upload again", folder.display()),
    }
}

/// A fault of the disk, as the port words it.
pub(crate) fn fault(path: &Path, error: &io::Error) -> PortError {
    match error.kind() {
        io::ErrorKind::NotFound => PortError::Refused {
            status: Some(404),
            message: "these bytes are not here (any more)".to_owned(),
        },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(path.parent().unwrap_or(path)),
        _ => PortError::GiveUp(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use domain::artifact::ArtifactKind;

    use super::*;

    const FAR: Millis = Millis(i64::MAX / 2);
    const SCRIPT: &[u8] = b"print('hello')";

    fn upload(number: u32) -> Upload {
        let id = |prefix: &str, number: u32| format!("{prefix}_{number:032}");
        Upload {
            id: id("upload", number).parse().unwrap(),
            team_id: id("team", 0).parse().unwrap(),
            name: "a.py".to_owned(),
            file_name: "a.py".to_owned(),
            kind: None,
            size_bytes: i64::try_from(SCRIPT.len()).unwrap(),
            sha256: None,
            created_by: id("user", 0).parse().unwrap(),
            created_at: Millis(0),
            expires_at: Millis(0),
        }
    }

    fn status(error: PortError) -> Option<u16> {
        match error {
            PortError::Refused { status, .. } => status,
            other => panic!("{other}"),
        }
    }

    async fn sent(store: &DiskStore, number: u32) -> Upload {
        let upload = upload(number);
        store.begin(upload.id, upload.size_bytes).await.unwrap();
        store.append(upload.id, 0, SCRIPT.to_vec()).await.unwrap();
        upload
    }

    async fn kept(store: &DiskStore, number: u32) -> Digest {
        let upload = sent(store, number).await;
        let content = store.inspect(&upload).await.unwrap();
        assert_eq!(content.kind, ArtifactKind::PythonFile);
        store.keep(upload.id, &content.digest).await.unwrap();
        content.digest
    }

    #[tokio::test]
    async fn pieces_go_where_the_last_one_ended() {
        let data = tempfile::tempdir().unwrap();
        let store = DiskStore::new(data.path());
        let upload = upload(1);
        assert_eq!(status(store.offset(upload.id).await.unwrap_err()), Some(404));
        store.begin(upload.id, upload.size_bytes).await.unwrap();
        assert_eq!(store.append(upload.id, 0, SCRIPT[..5].to_vec()).await, Ok(5));
        assert_eq!(status(store.append(upload.id, 0, SCRIPT.to_vec()).await.unwrap_err()), Some(409));
        assert_eq!(status(store.inspect(&upload).await.unwrap_err()), Some(409));
        // Another server, after this one was killed.
        let store = DiskStore::new(data.path());
        assert_eq!(store.offset(upload.id).await, Ok(5));
        store.append(upload.id, 5, SCRIPT[5..].to_vec()).await.unwrap();
        let content = store.inspect(&upload).await.unwrap();
        store.keep(upload.id, &content.digest).await.unwrap();
        assert_eq!(std::fs::read(store.file(&content.digest).await.unwrap()).unwrap(), SCRIPT);
        assert_eq!(status(store.offset(upload.id).await.unwrap_err()), Some(404));
        assert_eq!(status(store.keep(upload.id, &content.digest).await.unwrap_err()), Some(404));
    }

    #[tokio::test]
    async fn equal_bytes_are_stored_once_and_the_young_stay() {
        let data = tempfile::tempdir().unwrap();
        let store = DiskStore::new(data.path());
        let digest = kept(&store, 1).await;
        assert_eq!(kept(&store, 2).await, digest);
        let left = sent(&store, 3).await;
        let all = store.inventory(FAR).await.unwrap();
        assert_eq!((all.digests, all.uploads), (vec![digest.clone()], vec![left.id]));
        assert_eq!(store.inventory(Millis(0)).await.unwrap(), Inventory::default());
        store.remove(&digest, Millis(0)).await.unwrap();
        assert!(store.file(&digest).await.is_ok(), "bytes that were kept since then stay");
        store.remove(&digest, FAR).await.unwrap();
        assert!(store.file(&digest).await.unwrap_err().not_found());
        store.remove(&digest, FAR).await.unwrap();
        store.discard(left.id).await.unwrap();
        store.discard(left.id).await.unwrap();
        assert_eq!(store.inventory(FAR).await.unwrap(), Inventory::default());
    }

    #[tokio::test]
    async fn what_has_no_room_is_refused_before_it_is_sent() {
        let data = tempfile::tempdir().unwrap();
        let store = DiskStore::new(data.path());
        let error = store.begin(upload(1).id, i64::MAX).await.unwrap_err();
        assert!(error.to_string().contains("is full"), "{error}");
        assert_eq!(store.inventory(FAR).await.unwrap(), Inventory::default());
    }
}
