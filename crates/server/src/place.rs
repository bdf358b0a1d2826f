//! Where a server's database and data folder are, for the commands that work on them while no server does.

use std::path::PathBuf;

use domain::id::InstanceId;
use store::Store;

use crate::failure::Failure;
use crate::serve;
use crate::settings::{self, PlaceFlags};

/// A server that shows signs of life within this time is taken to be alive, in milliseconds.
const ALIVE: i64 = 30_000;

/// See the module.
pub struct Place {
    /// The data folder.
    pub data: PathBuf,
    /// The database's address.
    pub url: String,
}

impl Place {
    /// As the settings say.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn of(flags: &PlaceFlags) -> Result<Self, Failure> {
        let settings = settings::read(&flags.0)?;
        let data = serve::folder(&settings.data)?;
        Ok(Self {
            url: settings.database_url(),
            data,
        })
    }

    /// The database, which has to be there; its schema stays as it is.
    ///
    /// # Errors
    /// When there is none, or it does not answer.
    pub async fn existing(&self) -> Result<Store, Failure> {
        let file = self.data.join("streamwright.db");
        if self.url == Store::sqlite_url(&file) && !file.exists() {
            return Err(Failure::usage(format!(
                "there is no database in {}: name the server's data folder with --data, or its database with --database",
                self.data.display()
            )));
        }
        Ok(Store::connect(&self.url, false).await?)
    }

    /// Refuses when a server of another data folder works on a database.
    ///
    /// # Errors
    /// Which one, and what to do.
    pub async fn nobody_works_on(&self, store: &Store) -> Result<(), Failure> {
        if store.schema().await?.applied.is_empty() || store.engine_name() == "sqlite" {
            return Ok(());
        }
        let own: Option<InstanceId> = std::fs::read_to_string(self.data.join("instance"))
            .ok()
            .and_then(|text| text.trim().parse().ok());
        let alive = store.instances_alive(ALIVE).await?;
        match alive.iter().find(|(id, _)| Some(*id) != own) {
            None => Ok(()),
            Some((id, age)) => Err(Failure::unavailable(format!(
                "another server ({id}) worked on this database {} s ago: end it, wait half a minute, and try again",
                age / 1000
            ))),
        }
    }
}
