//! The change feed as server-sent events: what changed, never what it is now. A browser reads the thing
//! again when it shows it.
//!
//! A stream begins with an event `hello` that carries the newest sequence, goes on with `change`, and says
//! `reset` when the feed does not reach back to where the client was. It closes when the caller's session or
//! token no longer holds; so does everything they may see, which is looked up again all the time, and at once when
//! something about the caller changes.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use async_stream::stream;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::id::{JobId, TeamId};
use futures::Stream;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::Query;
use crate::gate::Caller;
use crate::problem::Problem;

/// Most changes read at once.
const BATCH: u64 = 500;
/// How often the feed is read without being told: other instances write to it too.
const READ_EVERY: Duration = Duration::from_secs(2);
/// How often it is looked up whether the caller may still listen, and to which teams.
const ALLOWED_EVERY: Duration = Duration::from_secs(5);
/// How often a comment keeps proxies from closing a quiet stream.
const PING: Duration = Duration::from_secs(15);
/// How far back the feed is read again where several instances write: a smaller sequence may become
/// visible after a greater one.
const OVERLAP: i64 = 100;

/// Something changed: the data of an event `change`. An event `reset` says that the feed does not reach back
/// to `Last-Event-ID`, and that everything should be read again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Grows; also the id of the event.
    pub sequence: i64,
    /// `job`, `run`, `operation`, `cluster`, `release`, `draft`, `snapshot`, `event`, `flink_version`, ….
    pub noun: String,
    /// Prefixed id of the thing that changed.
    pub id: String,
    /// The job whose page shows it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub job_id: Option<JobId>,
}

/// Where to go on.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeQuery {
    /// As the header `Last-Event-ID`, for clients that cannot set it.
    pub last_event_id: Option<i64>,
}

/// Follows what changes in the caller's teams, as server-sent events.
///
/// # Errors
/// 400 for a `Last-Event-ID` that is no number.
#[utoipa::path(
    get,
    path = "/changes",
    tag = "changes",
    params(ChangeQuery, ("last-event-id" = Option<i64>, Header, description = "The sequence after which to go on")),
    responses((status = 200, description = "Events `hello`, `change` and `reset`", body = Change, content_type = "text/event-stream"))
)]
pub async fn follow_changes(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<ChangeQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let last = last_event_id(&headers)?.or(query.last_event_id);
    let feed = Feed::open(app, caller, last).await?;
    Ok(Sse::new(follow(feed)).keep_alive(KeepAlive::new().interval(PING).text("ping")))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| {
        Problem::bad_request("bad_last_event_id", "Last-Event-ID is the number of an event of this stream.").field("Last-Event-ID")
    })
}

/// One client's place in the feed.
struct Feed {
    app: App,
    caller: Caller,
    teams: Vec<TeamId>,
    /// Everything up to here has been sent.
    at: i64,
    /// Sequences near `at` that were sent, where the feed is read with an overlap.
    sent: BTreeSet<i64>,
    /// Whether the client must read everything again.
    reset: bool,
    /// When it was last looked whether the caller may listen; none to look at once.
    looked: Option<Instant>,
}

impl Feed {
    async fn open(app: App, caller: Caller, last: Option<i64>) -> Result<Self, Problem> {
        let teams = teams(&app, &caller).await?;
        let newest = app.store.newest_change().await?;
        // Pruned past the client's place, or another database than the one the number is from.
        let lost = match last {
            Some(last) => last > newest || (last < newest && last + 1 < app.store.oldest_change().await?),
            None => false,
        };
        let at = last.filter(|_| !lost).unwrap_or(newest);
        let mut feed = Self {
            app,
            caller,
            teams,
            at,
            sent: BTreeSet::new(),
            reset: lost,
            looked: Some(Instant::now()),
        };
        let overlap = feed.overlap();
        if overlap > 0 {
            let before = feed.app.store.changes_after((at - overlap).max(0), overlap.unsigned_abs()).await?;
            feed.sent = before
                .into_iter()
                .map(|change| change.sequence)
                .filter(|sequence| *sequence <= at)
                .collect();
        }
        Ok(feed)
    }

    /// The next changes for this client, in order, and whether there may be more at once.
    async fn read(&mut self) -> Result<(Vec<Change>, bool), Problem> {
        let overlap = self.overlap();
        let most = BATCH + overlap.unsigned_abs();
        let rows = self.app.store.changes_after((self.at - overlap).max(0), most).await?;
        let mut more = rows.len() as u64 >= most;
        let own = self.caller.user.id.to_string();
        let mut news = Vec::new();
        for row in rows {
            let late = overlap > 0 && self.sent.insert(row.sequence);
            if row.sequence <= self.at && !late {
                continue;
            }
            self.at = self.at.max(row.sequence);
            // Who signs in where is nobody else's business.
            let mine = row.noun != "user" || row.id == own || self.caller.is_platform_admin();
            let about_them = row.noun == "team" || (row.noun == "user" && row.id == own);
            if mine && row.team_id.is_none_or(|team| self.teams.contains(&team)) {
                news.push(Change {
                    sequence: row.sequence,
                    noun: row.noun,
                    id: row.id,
                    job_id: row.job_id,
                });
            }
            if about_them {
                // What follows may be for other eyes: it is read again once it is known what they may see now.
                self.looked = None;
                more = true;
                break;
            }
        }
        self.sent = self.sent.split_off(&(self.at - 2 * OVERLAP));
        Ok((news, more))
    }

    /// SQLite has one writer: what is visible later has a greater sequence.
    fn overlap(&self) -> i64 {
        if self.app.store.engine_name() == "sqlite" { 0 } else { OVERLAP }
    }

    /// Whether the caller may still listen; looks up their teams again.
    async fn allowed(&mut self) -> bool {
        let Some(caller) = self.app.again(&self.caller).await else {
            return false;
        };
        self.caller = caller;
        self.looked = Some(Instant::now());
        match teams(&self.app, &self.caller).await {
            Ok(teams) => {
                self.teams = teams;
                true
            }
            Err(_) => false,
        }
    }
}

async fn teams(app: &App, caller: &Caller) -> Result<Vec<TeamId>, Problem> {
    let memberships = app.teams_of(caller).await?;
    Ok(memberships.into_iter().map(|membership| membership.team_id).collect())
}

/// An event without a change: it still moves the client's `Last-Event-ID`.
fn marker(name: &str, at: i64) -> Event {
    Event::default()
        .event(name)
        .id(at.to_string())
        .data(format!("{{\"sequence\":{at}}}"))
}

fn follow(mut feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> {
    stream! {
        let mut news = feed.app.store.changes_watch();
        yield Ok(marker(if feed.reset { "reset" } else { "hello" }, feed.at));
        loop {
            news.mark_unchanged();
            // A database that does not answer ends the stream: the browser comes again by itself.
            let Ok((changes, more)) = feed.read().await else { break };
            // What was read is sent only to somebody who may still have it.
            if feed.looked.is_none_or(|at| at.elapsed() >= ALLOWED_EVERY) && !feed.allowed().await {
                break;
            }
            for change in changes {
                let id = change.sequence.to_string();
                let data = serde_json::to_string(&change).unwrap_or_default();
                yield Ok(Event::default().event("change").id(id).data(data));
            }
            if !more {
                let _ = tokio::time::timeout(READ_EVERY, news.changed()).await;
            }
        }
    }
}
