//! `streamwright move-database`: everything from one database into another one, of any engine.

use store::{Store, StoreError};
use tokio::sync::mpsc;

use crate::cli::MoveDatabase;
use crate::failure::Failure;
use crate::place::Place;
use crate::serve;

/// Runs `move-database`, while no server is running.
///
/// # Errors
/// When one of the databases cannot be used; then both are as they were.
pub async fn run(options: MoveDatabase) -> Result<(), Failure> {
    let place = Place::of(&options.place)?;
    let _lock = serve::lock(&place.data)?;
    if options.to == place.url {
        return Err(Failure::usage("both addresses are of the same database"));
    }
    let from = place.existing().await?;
    place.nobody_works_on(&from).await?;
    let to = Store::connect(&options.to, true).await?;
    let (sender, receiver) = mpsc::channel(2);
    let reader = from.clone();
    let reading = tokio::spawn(async move { reader.copy_out(sender).await });
    let taken = to.copy_in(receiver, options.replace, &mut || Ok(())).await;
    let read = reading.await.map_err(|error| Failure::unavailable(error.to_string()))?;
    let (old, new) = (from.engine_name(), to.engine_name());
    for store in [from, to] {
        store.close().await;
    }
    let digests = match (taken, read) {
        (Ok(digests), Ok(_)) => digests,
        (Err(StoreError::Conflict(why)), _) => {
            return Err(Failure::usage(format!("{why}: with --replace what is in the new one is removed")));
        }
        (Err(StoreError::Invalid(_)), Err(error)) | (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    for (table, digest) in &digests {
        println!("{:>9} rows  {table}", digest.rows);
    }
    println!("Moved from {old} to {new}; every table was read back and is the same.");
    println!("Now set `database` in streamwright.toml (or STREAMWRIGHT_DATABASE) to the new address, and start the server.");
    println!("The old database is as it was: remove it when the new one has proven itself, and start no server on it.");
    Ok(())
}
