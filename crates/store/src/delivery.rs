//! Deliveries: the outbox of messages. Notices of a destination are gathered into one message; an instance claims a
//! message for a while, tries it, and writes what came of it. Each message goes out at least once, under the same id.

use std::collections::BTreeMap;

use domain::Millis;
use domain::id::{DeliveryId, DestinationId, IncidentId, InstanceId, TeamId};
use domain::incident::Incident;
use domain::message::{Delivery, DeliveryState, Destination, GATHER, Message};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::clock::now;
use crate::column::{FromRow, all, from_json, from_word, json, time, word};
use crate::connect::Store;
use crate::entity::{delivery, destination, incident, notice};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// How long a claim lasts, in milliseconds: longer than any try.
const CLAIM: i64 = 90_000;
/// Messages that are claimed at once.
const AT_ONCE: u64 = 20;
/// Notices in one message.
const MOST_NOTICES: u64 = 5_000;

impl FromRow<delivery::Model> for Delivery {
    fn from_row(row: delivery::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: DeliveryId(row.id),
            team_id: TeamId(row.team_id),
            destination_id: DestinationId(row.destination_id),
            message: from_json("deliveries.message", &row.message)?,
            state: from_word("deliveries.state", &row.state)?,
            tries: row.tries,
            next_at: Millis(row.next_at),
            error: row.error,
            created_at: Millis(row.created_at),
            sent_at: time(row.sent_at),
        })
    }
}

/// A notice that waits, with its incident.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// A kind of incident, or [`RECOVERED`](crate::RECOVERED).
    pub what: String,
    /// The incident.
    pub incident: Incident,
    id: sea_orm::prelude::Uuid,
}

async fn insert(tx: &Tx, of: (TeamId, DestinationId), message: &Message) -> Result<(), Fault> {
    let row = delivery::Model {
        id: message.id.0,
        team_id: of.0.0,
        destination_id: of.1.0,
        message: json(message)?,
        state: word(&DeliveryState::Waiting)?,
        tries: 0,
        next_at: tx.at.0,
        claimed_by: None,
        claimed_until: None,
        error: None,
        created_at: tx.at.0,
        sent_at: None,
    };
    delivery::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    tx.changed(Some(of.0), "delivery", message.id, None);
    Ok(())
}

impl Store {
    /// What a destination is to be told now; nothing while its last message is younger than the time in which notices are
    /// gathered.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn waiting_notices(&self, of: DestinationId) -> Result<Vec<Waiting>, StoreError> {
        let rows = notice::Entity::find()
            .filter(notice::Column::DestinationId.eq(of.0))
            .filter(notice::Column::DeliveryId.is_null())
            .order_by_asc(notice::Column::Id)
            .limit(MOST_NOTICES)
            .all(&self.reader)
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let last = delivery::Entity::find()
            .filter(delivery::Column::DestinationId.eq(of.0))
            .order_by_desc(delivery::Column::Id)
            .one(&self.reader)
            .await?;
        if last.is_some_and(|last| now().since(Millis(last.created_at)) < GATHER) {
            return Ok(Vec::new());
        }
        let ids = rows.iter().map(|row| row.incident_id);
        let incidents: Vec<Incident> = all(incident::Entity::find()
            .filter(incident::Column::Id.is_in(ids))
            .all(&self.reader)
            .await?)?;
        let incidents: BTreeMap<IncidentId, Incident> = incidents.into_iter().map(|incident| (incident.id, incident)).collect();
        let waiting = rows.into_iter().filter_map(|row| {
            Some(Waiting {
                what: row.what,
                incident: incidents.get(&IncidentId(row.incident_id))?.clone(),
                id: row.id,
            })
        });
        Ok(waiting.collect())
    }

    /// Puts a message made of notices into the outbox.
    ///
    /// # Errors
    /// `Conflict` when another instance has taken one of them.
    pub async fn queue_message(&self, to: &Destination, message: Message, of: &[Waiting]) -> Result<(), StoreError> {
        let (team, destination) = (to.team_id, to.id);
        let notices: Vec<_> = of.iter().map(|waiting| waiting.id).collect();
        self.write(Scope::Plain, (message, notices), move |tx, given| async move {
            let (message, notices) = &*given;
            let taken = notice::Entity::update_many()
                .col_expr(notice::Column::DeliveryId, Expr::value(message.id.0))
                .filter(notice::Column::Id.is_in(notices.iter().copied()))
                .filter(notice::Column::DeliveryId.is_null())
                .exec(&tx.conn)
                .await?;
            if taken.rows_affected != notices.len() as u64 {
                return Err(Fault::conflict("another instance has taken a notice"));
            }
            insert(&tx, (team, destination), message).await
        })
        .await
    }

    /// Claims messages that are due; nobody else tries them for a while.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn claim_deliveries(&self, by: InstanceId) -> Result<Vec<(Delivery, Destination)>, StoreError> {
        let claimed: Vec<delivery::Model> = self
            .write(Scope::Plain, (), move |tx, _| async move {
                let free = Condition::any()
                    .add(delivery::Column::ClaimedUntil.is_null())
                    .add(delivery::Column::ClaimedUntil.lt(tx.at.0));
                let due = delivery::Entity::find()
                    .filter(delivery::Column::State.eq(word(&DeliveryState::Waiting)?))
                    .filter(delivery::Column::NextAt.lte(tx.at.0))
                    .filter(free.clone())
                    .order_by_asc(delivery::Column::NextAt)
                    .limit(AT_ONCE)
                    .all(&tx.conn)
                    .await?;
                let mut claimed = Vec::new();
                for row in due {
                    let done = delivery::Entity::update_many()
                        .col_expr(delivery::Column::ClaimedBy, Expr::value(by.0))
                        .col_expr(delivery::Column::ClaimedUntil, Expr::value(tx.at.0 + CLAIM))
                        .filter(delivery::Column::Id.eq(row.id))
                        .filter(delivery::Column::Tries.eq(row.tries))
                        .filter(free.clone())
                        .exec(&tx.conn)
                        .await?;
                    if done.rows_affected > 0 {
                        claimed.push(row);
                    }
                }
                Ok(claimed)
            })
            .await?;
        let ids = claimed.iter().map(|row| row.destination_id);
        let rows = destination::Entity::find()
            .filter(destination::Column::Id.is_in(ids))
            .all(&self.reader)
            .await?;
        let destinations: Vec<Destination> = all(rows)?;
        let mut found = Vec::new();
        for row in claimed {
            let to = destinations.iter().find(|to| to.id.0 == row.destination_id).cloned();
            if let Some(to) = to {
                found.push((Delivery::from_row(row)?, to));
            }
        }
        Ok(found)
    }

    /// Writes what came of a try, and gives the claim back.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn delivery_tried(&self, of: Delivery) -> Result<(), StoreError> {
        self.write(Scope::Plain, of, |tx, of| async move {
            delivery::Entity::update_many()
                .col_expr(delivery::Column::State, Expr::value(word(&of.state)?))
                .col_expr(delivery::Column::Tries, Expr::value(of.tries))
                .col_expr(delivery::Column::NextAt, Expr::value(of.next_at.0))
                .col_expr(delivery::Column::Error, Expr::value(of.error.clone()))
                .col_expr(delivery::Column::SentAt, Expr::value(of.sent_at.map(|at| at.0)))
                .col_expr(delivery::Column::ClaimedUntil, Expr::value(Option::<i64>::None))
                .filter(delivery::Column::Id.eq(of.id.0))
                .exec(&tx.conn)
                .await?;
            tx.changed(Some(of.team_id), "delivery", of.id, None);
            Ok(())
        })
        .await
    }

    /// The newest messages of a team.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn deliveries(&self, team_id: TeamId, limit: u64) -> Result<Vec<Delivery>, StoreError> {
        let query = delivery::Entity::find().filter(delivery::Column::TeamId.eq(team_id.0));
        Ok(all(query
            .order_by_desc(delivery::Column::Id)
            .limit(limit)
            .all(&self.reader)
            .await?)?)
    }

    /// Removes messages, notices and closed incidents from before a time.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune_messages(&self, before: Millis) -> Result<u64, StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let removed = delivery::Entity::delete_many()
                .filter(delivery::Column::CreatedAt.lt(before.0))
                .exec(&tx.conn)
                .await?;
            notice::Entity::delete_many()
                .filter(notice::Column::CreatedAt.lt(before.0))
                .filter(notice::Column::DeliveryId.is_not_null())
                .exec(&tx.conn)
                .await?;
            incident::Entity::delete_many()
                .filter(incident::Column::ClosedAt.lt(before.0))
                .exec(&tx.conn)
                .await?;
            Ok(removed.rows_affected)
        })
        .await
    }
}
