//! Installed Flink distributions. They belong to the platform: everybody sees them.

use std::collections::BTreeSet;

use domain::Millis;
use domain::flink_version::{FlinkVersion, VersionNumber};
use domain::id::FlinkVersionId;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::column::{FromRow, all, unknown};
use crate::connect::Store;
use crate::entity::flink_version;
use crate::fault::{Fault, StoreError};
use crate::grant;
use crate::transaction::Scope;

impl FromRow<flink_version::Model> for FlinkVersion {
    fn from_row(row: flink_version::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: FlinkVersionId(row.id),
            version: version("flink_versions.version", &row.version)?,
            home: row.home,
            java_home: row.java_home,
            source: row.source,
            created_at: Millis(row.created_at),
        })
    }
}

/// A stored version number.
pub(crate) fn version(column: &str, text: &str) -> Result<VersionNumber, StoreError> {
    text.parse().map_err(|_| unknown(column, text))
}

impl Store {
    /// Registers a distribution.
    ///
    /// # Errors
    /// `Conflict` when the version is registered already.
    pub async fn insert_flink_version(&self, new: &FlinkVersion) -> Result<(), StoreError> {
        self.write(Scope::Plain, new.clone(), |tx, new| async move {
            let row = flink_version::Model {
                id: new.id.0,
                version: new.version.to_string(),
                home: new.home.clone(),
                java_home: new.java_home.clone(),
                source: new.source.clone(),
                created_at: new.created_at.0,
            };
            let made = flink_version::Entity::insert(row.into_active_model())
                .exec_without_returning(&tx.conn)
                .await;
            made.map_err(|error| Fault::from(error).taken(|| format!("Flink {} is installed already", new.version)))?;
            tx.changed(None, "flink_version", new.id, None);
            Ok(())
        })
        .await
    }

    /// All registered distributions, newest version first.
    ///
    /// # Errors
    /// `Invalid` for a stored version that cannot be read.
    pub async fn flink_versions(&self) -> Result<Vec<FlinkVersion>, StoreError> {
        let mut versions: Vec<FlinkVersion> = all(flink_version::Entity::find().all(&self.reader).await?)?;
        versions.sort_by_key(|known| std::cmp::Reverse(known.version));
        Ok(versions)
    }

    /// One distribution.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn flink_version(&self, id: FlinkVersionId) -> Result<FlinkVersion, StoreError> {
        let row = flink_version::Entity::find_by_id(id.0).one(&self.reader).await?;
        FlinkVersion::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The distribution of a version number, if it is registered.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn flink_version_by_number(&self, number: VersionNumber) -> Result<Option<FlinkVersion>, StoreError> {
        let row = flink_version::Entity::find()
            .filter(flink_version::Column::Version.eq(number.to_string()))
            .one(&self.reader)
            .await?;
        row.map(FlinkVersion::from_row).transpose()
    }

    /// Forgets a distribution; its files stay.
    ///
    /// # Errors
    /// `Conflict` when a cluster uses it; `NotFound` when there is none.
    pub async fn delete_flink_version(&self, id: FlinkVersionId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = flink_version::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
            if gone.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            grant::in_use(&tx, id, &BTreeSet::new()).await?;
            grant::forget(&tx, id).await?;
            tx.changed(None, "flink_version", id, None);
            Ok(())
        })
        .await
    }
}
