//! `streamwright migrate`: brings the database's schema up to date, or says what there is to do.

use store::Store;

use crate::cli::Migrate;
use crate::failure::Failure;
use crate::place::Place;

/// Runs `migrate`.
///
/// # Errors
/// When the database cannot be used. What is done stays, and the next call goes on from there.
pub async fn run(migrate: Migrate) -> Result<(), Failure> {
    let place = Place::of(&migrate.place)?;
    let store = if migrate.dry_run {
        place.existing().await?
    } else {
        Store::connect(&place.url, true).await?
    };
    let schema = store.schema().await?;
    println!(
        "The database ({}) has {} steps of the schema.",
        store.engine_name(),
        schema.applied.len()
    );
    if let Some(newest) = schema.newer.last() {
        println!("A newer server has added steps up to {newest}; this one can work with it.");
    } else if schema.pending.is_empty() {
        println!("It is up to date: {}", schema.applied.last().map_or("", String::as_str));
    } else if migrate.dry_run {
        for step in &schema.pending {
            println!("pending  {step}");
        }
        println!("Nothing was changed. Make a backup, then run this without --dry-run, or start the server.");
    } else {
        store.migrate(&mut |step| println!("done     {step}")).await?;
        println!("It is up to date.");
    }
    store.close().await;
    Ok(())
}
