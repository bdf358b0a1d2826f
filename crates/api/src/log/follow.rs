//! A log that is followed, as server-sent events: `lines` with text and where to go on, at last `end` with why there is no more. Ends
//! when the reader goes away, or may not read it any more.

use std::convert::Infallible;
use std::time::Duration;

use async_stream::stream;
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::cluster::{Cluster, TargetKind};
use domain::log::LogFrom;
use domain::ports::{LogPiece, LogStream};
use domain::variable::Hider;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

use super::pods::{Chosen, Shelf, lost};
use super::{LogQuery, LogTail, MOST, plain};
use crate::app::App;
use crate::evidence;
use crate::problem::Problem;
use crate::scope::{JobScope, Scope};

/// Logs that are followed through one server at once.
pub const MOST_STREAMS: usize = 64;
/// Lines before the end unless told.
const USUAL_LINES: u32 = 1_000;
/// Most lines before the end.
const MOST_LINES: u32 = 10_000;
/// How often it is looked up whether the reader may still read.
const ALLOWED_EVERY: Duration = Duration::from_secs(5);
/// How often a comment keeps proxies from closing a quiet stream.
const PING: Duration = Duration::from_secs(15);

/// Which log to follow, and from where.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FollowQuery {
    /// Whose log: `jobmanager` unless told, or a pod's name.
    pub process: Option<String>,
    /// Which file; the present life of Flink's container unless told.
    pub file: Option<String>,
    /// The life before the present one.
    #[serde(default)]
    #[param(required = false)]
    pub previous: bool,
    /// How many lines before its end to begin, 0 to 10000; 1000 unless told.
    #[param(minimum = 0, maximum = 10000)]
    pub lines: Option<u32>,
    /// The `after` of an event `lines`: go on behind it, in the same log.
    pub after: Option<String>,
}

/// The data of an event `lines`; of an event `end` it is a [`LogEnd`].
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogLines {
    /// Whole lines, each with its end.
    pub text: String,
    /// Given back as `after`, goes on behind them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The file that they are of.
    pub file: String,
}

/// The data of an event `end`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEnd {
    /// Why there is no more, as a sentence.
    pub why: String,
}

type Events = Sse<axum::response::sse::KeepAliveStream<BoxStream<'static, Result<Event, Infallible>>>>;

/// Follows a log of a cluster in Kubernetes.
pub(super) async fn of_cluster(app: App, scope: &Scope, cluster: &Cluster, query: FollowQuery) -> Result<Events, Problem> {
    if cluster.target != TargetKind::Kubernetes {
        let detail = "Only logs of clusters in Kubernetes can be followed.";
        return Err(Problem::conflict("cannot_follow", detail).hint("Read its end, and read it again."));
    }
    let (wanted, from) = checked(query)?;
    let busy = |_| {
        let detail = format!("{MOST_STREAMS} logs are being followed already; no more at once.");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail).hint("Close one, or read the end of the log.")
    };
    let permit = app.log_streams.clone().try_acquire_owned().map_err(busy)?;
    let shelf = Shelf::of(&app, cluster).await?;
    let hider = app.hider(cluster.team_id).await?;
    let chosen = shelf.choose(&wanted)?;
    let Chosen::Live(log) = chosen else {
        let mut kept = shelf.tail(&app, &chosen, MOST as usize).await?;
        kept.text = hider.hide(&kept.text);
        return Ok(whole(kept));
    };
    let opened = app.ports.kubernetes.log_follow(shelf.place(), log, from).await;
    let reader = Reader {
        following: opened.map_err(|error| lost(error, log))?,
        hider,
        file: log.file(),
        scope: scope.clone(),
        app,
        permit,
    };
    Ok(sse(follow(reader)))
}

/// A log that was kept: it is complete.
fn whole(kept: LogTail) -> Events {
    let lines = Event::default().event("lines").data(json(&LogLines {
        text: kept.text,
        after: None,
        file: kept.file,
    }));
    let why = "It was kept; what it is of is gone.".to_owned();
    sse(futures::stream::iter([Ok(lines), Ok(end(why))]))
}

/// The log that was kept of a run whose cluster is gone.
pub(super) async fn of_run(app: &App, of: &JobScope, query: FollowQuery) -> Result<Option<Events>, Problem> {
    let kept = evidence::kept_tail(app, of, &checked(query)?.0).await?;
    Ok(kept.map(whole))
}

fn sse(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Events {
    Sse::new(events.boxed()).keep_alive(KeepAlive::new().interval(PING).text("ping"))
}

fn checked(query: FollowQuery) -> Result<(LogQuery, LogFrom), Problem> {
    let lines = query.lines.unwrap_or(USUAL_LINES);
    if lines > MOST_LINES {
        let detail = format!("At most {MOST_LINES} lines before the end.");
        return Err(Problem::unprocessable("bad_lines", detail).field("lines"));
    }
    let from = match &query.after {
        None => LogFrom::Lines(lines),
        Some(after) => {
            let odd = |()| Problem::unprocessable("bad_after", "This is not the 'after' of an event of this stream.").field("after");
            LogFrom::After(after.parse().map_err(odd)?)
        }
    };
    for (field, text) in [("process", &query.process), ("file", &query.file)] {
        text.as_deref().map_or(Ok(()), |text| plain(field, text))?;
    }
    let wanted = LogQuery {
        process: query.process,
        file: query.file,
        previous: query.previous,
        bytes: None,
    };
    Ok((wanted, from))
}

struct Reader {
    app: App,
    scope: Scope,
    following: Box<dyn LogStream>,
    hider: Hider,
    file: String,
    permit: OwnedSemaphorePermit,
}

/// Whether the reader may still read logs of this team.
async fn allowed(app: &App, scope: &Scope) -> bool {
    let Some(caller) = app.again(&scope.caller).await else {
        return false;
    };
    let teams = app.teams_of(&caller).await.unwrap_or_default();
    teams.iter().any(|membership| membership.team_id == scope.team_id)
}

fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

fn end(why: String) -> Event {
    Event::default().event("end").data(json(&LogEnd { why }))
}

fn follow(mut reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    stream! {
        // Held as long as the stream is.
        let _permit = reader.permit;
        let mut look = tokio::time::interval(ALLOWED_EVERY);
        look.tick().await;
        loop {
            let piece = tokio::select! {
                piece = reader.following.next() => piece,
                _ = look.tick() => {
                    if allowed(&reader.app, &reader.scope).await {
                        continue;
                    }
                    break;
                }
            };
            match piece {
                Some(Ok(LogPiece::Lines { text, place })) => {
                    let lines = LogLines {
                        text: reader.hider.hide(&text),
                        after: place.map(|place| place.to_string()),
                        file: reader.file.clone(),
                    };
                    yield Ok(Event::default().event("lines").data(json(&lines)));
                }
                Some(Ok(LogPiece::End(why))) => {
                    yield Ok(end(why));
                    break;
                }
                Some(Err(error)) => {
                    yield Ok(end(format!("It cannot be followed any more: {error}.")));
                    break;
                }
                None => break,
            }
        }
    }
}
