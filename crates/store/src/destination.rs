//! Destinations of messages. What is secret of one is given and kept sealed.

use domain::Millis;
use domain::id::{DestinationId, TeamId, UserId};
use domain::message::{Destination, MAX_DESTINATIONS, Rules};
use domain::secret::Sealed;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};

use crate::column::{FromRow, all, from_json, json, key};
use crate::connect::Store;
use crate::entity::{delivery, destination, notice};
use crate::fault::{Fault, StoreError};
use crate::transaction::Scope;

impl FromRow<destination::Model> for Destination {
    fn from_row(row: destination::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: DestinationId(row.id),
            team_id: TeamId(row.team_id),
            name: row.name,
            address: from_json("destinations.address", &row.address)?,
            sealed: row.sealed.map(Sealed::new),
            rules: from_json("destinations.rules", &row.rules)?,
            enabled: row.enabled,
            created_at: Millis(row.created_at),
        })
    }
}

impl Store {
    /// Adds a destination; its id was made by the caller, because the secret is sealed for it.
    ///
    /// # Errors
    /// `Conflict` when the name is taken in the team or it has too many.
    pub async fn create_destination(&self, new: Destination, by: UserId) -> Result<Destination, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move {
            let mine = destination::Entity::find().filter(destination::Column::TeamId.eq(new.team_id.0));
            if mine.count(&tx.conn).await? >= MAX_DESTINATIONS as u64 {
                return Err(Fault::conflict(format!(
                    "a team has at most {MAX_DESTINATIONS} destinations: delete one first"
                )));
            }
            let row = destination::Model {
                id: new.id.0,
                team_id: new.team_id.0,
                name: new.name.clone(),
                name_key: key(&new.name),
                address: json(&new.address)?,
                sealed: new.sealed.as_ref().map(|sealed| sealed.as_str().to_owned()),
                rules: json(&new.rules)?,
                enabled: new.enabled,
                created_by: by.0,
                created_at: tx.at.0,
            };
            let made = destination::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await;
            let taken = || {
                format!(
                    "a destination named '{}' exists already in this team: choose another name",
                    new.name
                )
            };
            made.map_err(|error| Fault::from(error).taken(taken))?;
            tx.changed(Some(new.team_id), "destination", new.id, None);
            Ok(Destination::from_row(row)?)
        })
        .await
    }

    /// The destinations of a team, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn destinations(&self, team_id: TeamId) -> Result<Vec<Destination>, StoreError> {
        let query = destination::Entity::find().filter(destination::Column::TeamId.eq(team_id.0));
        Ok(all(query.order_by_asc(destination::Column::Name).all(&self.reader).await?)?)
    }

    /// All destinations that are told anything: for the engine.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn enabled_destinations(&self) -> Result<Vec<Destination>, StoreError> {
        let query = destination::Entity::find().filter(destination::Column::Enabled.eq(true));
        Ok(all(query.order_by_asc(destination::Column::Id).all(&self.reader).await?)?)
    }

    /// Changes of what a destination is told, and whether at all.
    ///
    /// # Errors
    /// `NotFound` when the team has no such destination.
    pub async fn change_destination(&self, team_id: TeamId, id: DestinationId, rules: Rules, enabled: bool) -> Result<(), StoreError> {
        self.write(Scope::Plain, rules, move |tx, rules| async move {
            let done = destination::Entity::update_many()
                .set(destination::ActiveModel {
                    rules: ActiveValue::Set(json(&*rules)?),
                    enabled: ActiveValue::Set(enabled),
                    ..Default::default()
                })
                .filter(destination::Column::Id.eq(id.0))
                .filter(destination::Column::TeamId.eq(team_id.0))
                .exec(&tx.conn)
                .await?;
            if done.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(Some(team_id), "destination", id, None);
            Ok(())
        })
        .await
    }

    /// Deletes a destination with what was to be sent there.
    ///
    /// # Errors
    /// `NotFound` when the team has no such destination.
    pub async fn delete_destination(&self, team_id: TeamId, id: DestinationId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let done = destination::Entity::delete_many()
                .filter(destination::Column::Id.eq(id.0))
                .filter(destination::Column::TeamId.eq(team_id.0))
                .exec(&tx.conn)
                .await?;
            if done.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            notice::Entity::delete_many()
                .filter(notice::Column::DestinationId.eq(id.0))
                .exec(&tx.conn)
                .await?;
            delivery::Entity::delete_many()
                .filter(delivery::Column::DestinationId.eq(id.0))
                .exec(&tx.conn)
                .await?;
            tx.changed(Some(team_id), "destination", id, None);
            Ok(())
        })
        .await
    }
}
