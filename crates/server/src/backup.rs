//! `streamwright backup` and `streamwright restore`: database and artifacts in one file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use store::{Store, StoreError};
use tokio::sync::mpsc;

use crate::archive::{self, Staging};
use crate::cli::{Backup, Restore};
use crate::failure::Failure;
use crate::place::Place;
use crate::serve;

/// Pieces on their way at a time.
const PIECES: usize = 2;

/// Runs `backup`, also beside a server that is running.
///
/// # Errors
/// When something cannot be read or written; exit code 1 when damaged artifacts were left out.
pub async fn run(backup: Backup) -> Result<(), Failure> {
    let place = Place::of(&backup.place)?;
    let store = place.existing().await?;
    let (sender, receiver) = mpsc::channel(PIECES);
    let (file, data, engine) = (backup.file.clone(), place.data.clone(), store.engine_name());
    let writing = tokio::task::spawn_blocking(move || archive::write(&file, &data, engine, receiver));
    let read = store.copy_out(sender).await;
    let written = writing.await.map_err(|error| Failure::unavailable(error.to_string()))?;
    store.close().await;
    let left = match (read, written) {
        // Who writes hears only that the database came to no end.
        (Err(error), Err(written)) if written.kind() == io::ErrorKind::UnexpectedEof => return Err(error.into()),
        (_, written) => written.map_err(|error| Failure::unavailable(format!("{}: {error}", backup.file.display())))?,
    };
    println!("{}: {}", backup.file.display(), left.end);
    if left.end.key {
        println!("The key that opens sealed secrets is in it: keep the file where only you can read it.");
    }
    println!("Not in it: state of jobs (savepoints, checkpoints), Flink distributions, logs.");
    if left.damaged.is_empty() {
        return Ok(());
    }
    Err(Failure::answer_no(format!(
        "left out, because they are damaged:\n  {}",
        left.damaged.join("\n  ")
    )))
}

/// Runs `restore`, while no server is running.
///
/// # Errors
/// When the file or the place cannot be used; then the place is as it was.
pub async fn restore(restore: Restore) -> Result<(), Failure> {
    if restore.check {
        let file = restore.file.clone();
        let read = tokio::task::spawn_blocking(move || archive::check(&file)).await;
        let (begin, end) = read
            .map_err(|error| Failure::unavailable(error.to_string()))?
            .map_err(|error| bad(&restore.file, &error))?;
        println!(
            "{} is whole: {end}; of version {}, schema {}",
            restore.file.display(),
            begin.version,
            begin.steps.len()
        );
        return Ok(());
    }
    let place = Place::of(&restore.place)?;
    let _lock = serve::lock(&place.data)?;
    let store = Store::connect(&place.url, true).await?;
    place.nobody_works_on(&store).await?;
    let staging = Staging::new(&place.data).map_err(|error| bad(&place.data, &error))?;
    let outcome = read_into(&store, &restore.file, Arc::new(staging), restore.replace).await;
    store.close().await;
    let end = outcome?;
    println!("Restored from {}: {end}", restore.file.display());
    println!("Start the server. It looks for the clusters and jobs as they are now, and changes none of them by itself.");
    Ok(())
}

async fn read_into(store: &Store, file: &Path, staging: Arc<Staging>, replace: bool) -> Result<archive::End, Failure> {
    let (sender, receiver) = mpsc::channel(PIECES);
    let (path, into) = (file.to_owned(), Arc::clone(&staging));
    let reading = tokio::task::spawn_blocking(move || archive::read(&path, &into, &sender));
    let mut settle = || {
        staging
            .settle()
            .map_err(|error| StoreError::Unavailable(format!("the artifacts cannot be put in place: {error}")))
    };
    let taken = store.copy_in(receiver, replace, &mut settle).await;
    let read = reading.await.map_err(|error| Failure::unavailable(error.to_string()))?;
    match (taken, read) {
        (Ok(_), Ok((_, end))) => Ok(end),
        (Err(StoreError::Conflict(why)), _) => Err(Failure::usage(format!(
            "{why}: with --replace what is there is removed; make a backup of it first"
        ))),
        // When the file breaks off, the database hears only that there is no more.
        (Err(StoreError::Invalid(_)), Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(bad(file, &error)),
        (Err(error), _) => Err(error.into()),
        (Ok(_), Err(error)) => Err(bad(file, &error)),
    }
}

fn bad(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}
