//! The audit list: every request that was to change something, who sent it and what became of it.
//!
//! The gate writes a row for each route that is not a mere question, whatever the answer; a handler adds what it
//! changed to the [`Note`] of the request. Texts pass through [`domain::audit::clean`], which strikes secrets out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{FromRequestParts, State};
use domain::Millis;
use domain::audit::{Deed, clean, cut};
use domain::id::{AuditId, TeamId, TokenId, UserId};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{AuditFilter, now};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::Query;
use crate::gate::{Caller, Credential};
use crate::page::{Page, cursor, limit};
use crate::person::Person;
use crate::problem::Problem;
use crate::scope::Scope;
use crate::time::Time;

/// Rows of a page unless told.
const USUAL: u32 = 100;
/// Most rows of a page.
const MOST: u32 = 500;

/// What is to be said of a request in the audit list.
#[derive(Debug, Clone, Default)]
pub struct Note(Arc<Mutex<Deed>>);

impl FromRequestParts<App> for Note {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        // A route that is not audited has a note that nobody reads.
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

impl Note {
    fn with(&self, say: impl FnOnce(&mut Deed)) {
        say(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A note on a request to a route.
    pub(crate) fn begin(operation: &str, noun: &str, address: Option<IpAddr>) -> Self {
        let note = Self::default();
        note.with(|deed| {
            operation.clone_into(&mut deed.operation);
            noun.clone_into(&mut deed.noun);
            deed.address = address.map(|address| address.to_string());
        });
        note
    }

    /// Who it was.
    pub(crate) fn caller(&self, caller: &Caller) {
        self.with(|deed| {
            deed.user_id = Some(caller.user.id);
            if let Credential::Token(token) = &caller.credential {
                deed.token_id = Some(token.id);
                deed.token_name = Some(cut(&token.name));
            }
        });
    }

    /// Who it turned out to be, where the request itself let them in.
    pub fn by(&self, id: UserId) {
        self.with(|deed| deed.user_id = Some(id));
    }

    /// Which team it was about.
    pub fn team(&self, id: TeamId) {
        self.with(|deed| deed.team_id = Some(id));
    }

    /// What it was about.
    pub fn of(&self, id: impl ToString, name: &str) {
        self.with(|deed| {
            deed.noun_id = Some(id.to_string());
            deed.noun_name = Some(cut(name));
        });
    }

    /// What it was before.
    pub fn before(&self, was: impl Serialize) {
        let was = serde_json::to_value(was).ok().map(clean);
        self.with(|deed| deed.before = was);
    }

    /// What it is now, or what was made.
    pub fn after(&self, is: impl Serialize) {
        let is = serde_json::to_value(is).ok().map(clean);
        self.with(|deed| deed.after = is);
    }

    /// Writes the row. What nobody known was refused is only written so many times for each address, so that the
    /// list cannot be flooded from outside.
    pub(crate) async fn write(&self, app: &App, from: Option<IpAddr>, status: u16, code: Option<String>) {
        let mut deed = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        deed.status = status;
        deed.code = code;
        if deed.user_id.is_none() && status >= 400 && !app.limiter.notes_stranger(from, now()) {
            metrics::counter!("streamwright_audit_left_out_total").increment(1);
            return;
        }
        let (operation, user) = (deed.operation.clone(), deed.user_id);
        if let Err(error) = app.store.append_audit(deed).await {
            let user = user.map(|id| id.to_string()).unwrap_or_default();
            tracing::error!(%error, operation, user, status, "a row of the audit list could not be written");
        }
    }
}

/// One row of the audit list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its id; later rows have greater ones.
    #[schema(value_type = String)]
    pub id: AuditId,
    /// When.
    pub at: Time,
    /// Who; absent when nobody known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
    /// The API token they used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<AuditToken>,
    /// The team it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<AuditTeam>,
    /// The operation's id in the OpenAPI document, e.g. `startJob`.
    pub operation: String,
    /// What it was about, e.g. `job`.
    pub noun: String,
    /// Which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noun_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noun_name: Option<String>,
    /// The network address that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub before: Option<Value>,
    /// What it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub after: Option<Value>,
    /// HTTP status of the answer.
    pub status: u16,
    /// Code of the problem, where it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// An API token as the audit list names it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditToken {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// Its name.
    pub name: String,
}

/// A team as the audit list names it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditTeam {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// Which rows to list, newest first.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Name or id of the person.
    pub user: Option<String>,
    /// What it was about, e.g. `job`.
    pub noun: Option<String>,
    /// From this time on, RFC 3339.
    pub from: Option<String>,
    /// Before this time, RFC 3339.
    pub to: Option<String>,
    /// Only rows before this one: the `nextCursor` of the page before.
    pub before: Option<String>,
    /// Most to answer, 1 to 500; 100 unless told.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// Name or id of the team; only in the list of the whole platform.
    pub team: Option<String>,
}

fn time(field: &str, text: Option<&str>) -> Result<Option<Millis>, Problem> {
    let bad = || {
        Problem::unprocessable("bad_time", format!("'{field}' is not a time."))
            .field(field)
            .hint("Times look like 2026-11-22T14:03:03Z.")
    };
    text.map(|text| Millis::parse(text).ok_or_else(bad)).transpose()
}

/// The filter of a query; none when it names somebody or a team that is not there, which have done nothing.
async fn filter(app: &App, query: &AuditQuery, team: Option<TeamId>) -> Result<Option<AuditFilter>, Problem> {
    let user_id = match query.user.as_deref() {
        None => None,
        Some(named) => match app.find_user(named).await? {
            Some(user) => Some(user.id),
            None => return Ok(None),
        },
    };
    let team_id = match (team, query.team.as_deref()) {
        (None, Some(named)) => {
            let teams = app.store.teams().await?;
            let found = teams.into_iter().find(|team| team.id.to_string() == named || team.name == named);
            match found {
                Some(team) => Some(team.id),
                None => return Ok(None),
            }
        }
        (team, _) => team,
    };
    Ok(Some(AuditFilter {
        team_id,
        user_id,
        noun: query.noun.clone(),
        from: time("from", query.from.as_deref())?,
        to: time("to", query.to.as_deref())?,
        before: cursor("before", query.before.as_deref())?,
        limit: u64::from(limit(query.limit, USUAL, MOST)?) + 1,
    }))
}

async fn list(app: &App, query: AuditQuery, team: Option<TeamId>) -> Result<Json<Page<AuditEntry>>, Problem> {
    let most = limit(query.limit, USUAL, MOST)?;
    let Some(filter) = filter(app, &query, team).await? else {
        return Ok(Json(Page::whole(Vec::new())));
    };
    let rows = app.store.audit(&filter).await?;
    let page = Page::cut(rows, most, |row| row.id.to_string());
    let teams: BTreeMap<TeamId, String> = app.store.teams().await?.into_iter().map(|team| (team.id, team.name)).collect();
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(view(app, row, &teams).await?);
    }
    Ok(Json(Page {
        items,
        next_cursor: page.next_cursor,
    }))
}

async fn view(app: &App, row: domain::audit::AuditEntry, teams: &BTreeMap<TeamId, String>) -> Result<AuditEntry, Problem> {
    let deed = row.deed;
    let by = match deed.user_id {
        Some(id) => Some(app.person(id).await?),
        None => None,
    };
    let team = deed.team_id.map(|id| AuditTeam {
        id,
        name: teams.get(&id).cloned().unwrap_or_default(),
    });
    let token = deed.token_id.map(|id| AuditToken {
        id,
        name: deed.token_name.unwrap_or_default(),
    });
    Ok(AuditEntry {
        id: row.id,
        at: row.at.into(),
        by,
        token,
        team,
        operation: deed.operation,
        noun: deed.noun,
        noun_id: deed.noun_id,
        noun_name: deed.noun_name,
        address: deed.address,
        before: deed.before,
        after: deed.after,
        status: deed.status,
        code: deed.code,
    })
}

/// What was done in the team, newest first.
///
/// # Errors
/// 422 for a time that cannot be read, 400 for a cursor of another list.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    operation_id = "list_team_audit",
    params(AuditQuery),
    responses((status = 200, description = "Done", body = Page<AuditEntry>)),
)]
pub async fn list_team_audit(
    State(app): State<App>,
    scope: Scope,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    if query.team.is_some() {
        let detail = "This list is of one team; 'team' is for the list of the whole platform.";
        return Err(Problem::bad_request("bad_query", detail).field("team"));
    }
    list(&app, query, Some(scope.team_id)).await
}

/// What was done on the whole platform, newest first.
///
/// # Errors
/// 422 for a time that cannot be read, 400 for a cursor of another list.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, description = "Done", body = Page<AuditEntry>)),
)]
pub async fn list_audit(State(app): State<App>, Query(query): Query<AuditQuery>) -> Result<Json<Page<AuditEntry>>, Problem> {
    list(&app, query, None).await
}
