//! Installations of Flink distributions: done in the background, seen by everybody.

use domain::Millis;
use domain::flink_version::{Installation, InstallationState, VersionNumber};
use domain::id::InstallationId;
use domain::ports::InstallSource;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::clock::{new_id, now};
use crate::column::{FromRow, all, from_json, from_word, json, time, word};
use crate::connect::Store;
use crate::entity::installation;
use crate::fault::StoreError;
use crate::flink_version::version;
use crate::transaction::Scope;

impl FromRow<installation::Model> for Installation {
    fn from_row(row: installation::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: InstallationId(row.id),
            version: version("installations.version", &row.version)?,
            source: from_json("installations.source", &row.source)?,
            state: from_word("installations.state", &row.state)?,
            message: row.message,
            share: row.share,
            error: row.error,
            started_at: Millis(row.started_at),
            ended_at: time(row.ended_at),
        })
    }
}

fn row_of(of: &Installation) -> Result<installation::Model, StoreError> {
    Ok(installation::Model {
        id: of.id.0,
        version: of.version.to_string(),
        source: json(&of.source)?,
        state: word(&of.state)?,
        message: of.message.clone(),
        share: of.share,
        error: of.error.clone(),
        started_at: of.started_at.0,
        ended_at: of.ended_at.map(|at| at.0),
    })
}

impl Store {
    /// Writes down that an installation begins.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn create_installation(&self, version: VersionNumber, source: &InstallSource) -> Result<Installation, StoreError> {
        let new = Installation {
            id: InstallationId(new_id()),
            version,
            source: source.clone(),
            state: InstallationState::Running,
            message: String::new(),
            share: None,
            error: None,
            started_at: now(),
            ended_at: None,
        };
        self.write(Scope::Plain, new.clone(), |tx, made| async move {
            installation::Entity::insert(row_of(&made)?.into_active_model())
                .exec_without_returning(&tx.conn)
                .await?;
            tx.changed(None, "installation", made.id, None);
            Ok(())
        })
        .await?;
        Ok(new)
    }

    /// Writes how an installation goes.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn update_installation(&self, of: &Installation) -> Result<(), StoreError> {
        self.write(Scope::Plain, of.clone(), |tx, of| async move {
            let row = row_of(&of)?.into_active_model().reset_all();
            let done = installation::Entity::update_many()
                .set(row)
                .filter(installation::Column::Id.eq(of.id.0))
                .exec(&tx.conn)
                .await?;
            if done.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(None, "installation", of.id, None);
            Ok(())
        })
        .await
    }

    /// The newest fifty installations, newest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn installations(&self) -> Result<Vec<Installation>, StoreError> {
        let rows = installation::Entity::find()
            .order_by_desc(installation::Column::Id)
            .limit(50)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// One installation.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn installation(&self, id: InstallationId) -> Result<Installation, StoreError> {
        let row = installation::Entity::find_by_id(id.0).one(&self.reader).await?;
        Installation::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// Marks installations that are still open as failed: called when a server starts, since nobody works
    /// on them any more. Answers how many there were.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn end_open_installations(&self) -> Result<u64, StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let done = installation::Entity::update_many()
                .col_expr(installation::Column::State, Expr::value(word(&InstallationState::Failed)?))
                .col_expr(
                    installation::Column::Error,
                    Expr::value("the server ended while installing: install it again"),
                )
                .col_expr(installation::Column::EndedAt, Expr::value(tx.at.0))
                .filter(installation::Column::State.eq(word(&InstallationState::Running)?))
                .exec(&tx.conn)
                .await?;
            Ok(done.rows_affected)
        })
        .await
    }
}
