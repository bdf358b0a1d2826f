//! Deliveries: what was sent to a team's destinations, and what became of it.

use axum::Json;
use axum::extract::State;
use domain::id::{DeliveryId, DestinationId};
use domain::message::DeliveryState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::destination::word;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::Scope;
use crate::time::{Time, some};

/// Messages that are listed.
const NEWEST: u64 = 50;

/// One message on its way.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id; receivers get it with every try.
    #[schema(value_type = String)]
    pub id: DeliveryId,
    /// Where to.
    #[schema(value_type = String)]
    pub destination_id: DestinationId,
    /// One line of it.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Time>,
    /// What the last try met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When the receiver took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Time>,
}

/// The newest messages of the team, and what became of them.
///
/// # Errors
/// When the database does not answer.
#[utoipa::path(get, path = "/deliveries", tag = "messages", responses((status = 200, description = "Done", body = Page<Delivery>)))]
pub async fn list_deliveries(State(app): State<App>, scope: Scope) -> Result<Json<Page<Delivery>>, Problem> {
    let newest = app.store.deliveries(scope.team_id, NEWEST).await?;
    let items = newest.into_iter().map(|delivery| Delivery {
        id: delivery.id,
        destination_id: delivery.destination_id,
        subject: delivery.message.subject,
        text: delivery.message.text,
        state: word(&delivery.state),
        tries: delivery.tries,
        next_at: some(Some(delivery.next_at).filter(|_| delivery.state == DeliveryState::Waiting)),
        error: delivery.error,
        created_at: delivery.created_at.into(),
        sent_at: some(delivery.sent_at),
    });
    Ok(Json(Page::whole(items.collect())))
}
