//! Watches the jobs of teams that want to be told, writes down what begins and ends, gathers it into messages, and sends
//! those. Every step is a row first: a server that dies goes on where it was, and two servers do not tell twice.

use std::collections::HashMap;
use std::time::Duration;

use domain::id::{DeliveryId, DestinationId, RunId, TeamId};
use domain::incident::{Incident, IncidentKind, Step, health, step};
use domain::message::{Delivery, DeliveryState, Destination, Line, Message, message, next_try, one_line};
use domain::ports::PortError;
use domain::status::{JobFacts, seconds};
use domain::time::Millis;
use store::{IncidentStep, JobFilter, RECOVERED, StoreError, Waiting};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Engine;

/// Between two looks at all jobs of teams that are told.
const EVERY: Duration = Duration::from_secs(10);
/// Jobs that are read at once.
const PAGE: u64 = 1_000;
/// Longest cause in a message, in characters.
const LONGEST_CAUSE: usize = 500;

/// Runs until `shutdown` is cancelled.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    // A receiver that hangs delays nobody else. What is cut off by the end of the server is tried again: its claim runs out.
    let mut tries = JoinSet::new();
    loop {
        while tries.try_join_next().is_some() {}
        if let Err(error) = round(&engine, &mut tries).await {
            tracing::warn!(%error, "messages could not be looked after; trying again");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn round(engine: &Engine, tries: &mut JoinSet<()>) -> Result<(), StoreError> {
    let mut teams = HashMap::<TeamId, Vec<Destination>>::new();
    for destination in engine.store.enabled_destinations().await? {
        teams.entry(destination.team_id).or_default().push(destination);
    }
    for (team, destinations) in &teams {
        match watch(engine, *team, destinations).await {
            // Another instance was first: it tells.
            Err(StoreError::Conflict(_)) => {}
            done => done?,
        }
        for destination in destinations {
            match gather(engine, destination).await {
                Err(StoreError::Conflict(_)) => {}
                done => done?,
            }
        }
    }
    send(engine, tries).await
}

/// Looks at all jobs of a team.
async fn watch(engine: &Engine, team: TeamId, destinations: &[Destination]) -> Result<(), StoreError> {
    let mut open = engine.store.open_incidents(team).await?;
    let mut cursor = None;
    loop {
        let filter = JobFilter {
            limit: PAGE,
            cursor,
            ..JobFilter::default()
        };
        let page = engine.store.job_views(team, &filter).await?;
        cursor = page.last().map(|facts| facts.job.id);
        let last = (page.len() as u64) < PAGE;
        let live: Vec<RunId> = page
            .iter()
            .filter_map(|facts| facts.run.as_ref().filter(|run| run.live()))
            .map(|run| run.id)
            .collect();
        let checkpoints = engine.store.newest_checkpoints(&live).await?;
        let mut steps = Vec::new();
        for facts in page {
            let known = open.remove(&facts.job.id);
            let checkpoint = facts.run.as_ref().and_then(|run| checkpoints.get(&run.id)).copied();
            steps.extend(step_of(destinations, facts, known, checkpoint));
        }
        if !steps.is_empty() {
            engine.store.incident_steps(steps).await?;
        }
        if last {
            break;
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    engine.store.close_incidents_of(open.into_keys().collect()).await
}

/// Writes down the trouble that a restart is about to end: between two looks at all jobs nobody would see it.
pub(crate) async fn before_restart(engine: &Engine, facts: &JobFacts) -> Result<(), StoreError> {
    let team = facts.job.team_id;
    let mut destinations = engine.store.enabled_destinations().await?;
    destinations.retain(|destination| destination.team_id == team);
    if destinations.is_empty() {
        return Ok(());
    }
    let known = engine.store.open_incidents(team).await?.remove(&facts.job.id);
    match step_of(&destinations, facts.clone(), known, None) {
        Some(step) => engine.store.incident_steps(vec![step]).await,
        None => Ok(()),
    }
}

/// What a look at a job changes in its incident, and who is told. `checkpoint`: as [`health`] takes it.
fn step_of(destinations: &[Destination], facts: JobFacts, known: Option<Incident>, checkpoint: Option<Millis>) -> Option<IncidentStep> {
    let now = store::now();
    let step = step(known.as_ref(), &health(&facts, checkpoint, now), now)?;
    Some(IncidentStep {
        tell: told(destinations, &facts, &step, known.as_ref().map(|known| known.kind)),
        facts: Box::new(facts),
        open: known,
        step,
    })
}

/// Who is told of a step: by their rules, and not of trouble that is older than the destination.
fn told(destinations: &[Destination], facts: &JobFacts, step: &Step, known: Option<IncidentKind>) -> Vec<DestinationId> {
    let wants = |to: &&Destination| match step {
        Step::Open(trouble) | Step::Worse(trouble) => to.rules.kinds.contains(&trouble.kind) && trouble.since >= to.created_at,
        // Whoever was not told of the trouble is not told of its end.
        Step::Close { recovered: true } => to.rules.recovered && known.is_some_and(|kind| to.rules.kinds.contains(&kind)),
        Step::Well(_) | Step::Close { recovered: false } => false,
    };
    debug_assert!(destinations.iter().all(|to| to.team_id == facts.job.team_id));
    destinations.iter().filter(wants).map(|to| to.id).collect()
}

/// Makes one message of what a destination is to be told.
async fn gather(engine: &Engine, to: &Destination) -> Result<(), StoreError> {
    let waiting = engine.store.waiting_notices(to.id).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let team = engine.store.team(to.team_id).await?;
    let lines = waiting.iter().map(|waiting| line(engine, &team.name, waiting)).collect();
    let message = message(DeliveryId(store::new_id()), &team.name, lines);
    engine.store.queue_message(to, message, &waiting).await
}

fn line(engine: &Engine, team: &str, of: &Waiting) -> Line {
    let incident = &of.incident;
    let recovered = of.what == RECOVERED;
    let words = if recovered { "is well again" } else { incident.kind.words() };
    let cause = if recovered {
        let lasted = incident.closed_at.map_or(0, |at| at.since(incident.since));
        format!("Over after {}. It was: {}", seconds(lasted), incident.cause)
    } else {
        incident.cause.clone()
    };
    let since = if recovered {
        incident.closed_at.unwrap_or(incident.since)
    } else {
        incident.since
    };
    Line {
        what: of.what.clone(),
        incident_id: incident.id,
        job_id: incident.job_id,
        job: one_line(&incident.job_name, 200),
        since: since.rfc3339(),
        cause: one_line(&cause, LONGEST_CAUSE),
        words: words.to_owned(),
        link: engine.public_url.as_ref().map(|url| {
            let team = percent(team);
            format!("{}/teams/{team}/jobs/{}", url.trim_end_matches('/'), incident.job_id)
        }),
    }
}

/// A path segment of an address.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Sends what is due, each message in a task of its own.
async fn send(engine: &Engine, tries: &mut JoinSet<()>) -> Result<(), StoreError> {
    for (delivery, to) in engine.store.claim_deliveries(engine.instance).await? {
        let engine = engine.clone();
        tries.spawn(async move {
            let tried = try_one(&engine, delivery, to).await;
            let id = tried.id;
            if let Err(error) = engine.store.delivery_tried(tried).await {
                tracing::warn!(delivery = %id, %error, "what came of a message could not be written; it is sent again");
            }
        });
    }
    Ok(())
}

async fn try_one(engine: &Engine, mut delivery: Delivery, to: Destination) -> Delivery {
    let outcome = deliver(engine, &to, &delivery.message).await;
    let now = store::now();
    delivery.tries += 1;
    let next = match &outcome {
        Err(PortError::Retry(_)) => next_try(delivery.tries, now),
        _ => None,
    };
    metrics::counter!("streamwright_messages_total", "result" => if outcome.is_ok() { "sent" } else { "failed" }).increment(1);
    match outcome {
        Ok(()) => {
            delivery.state = DeliveryState::Sent;
            delivery.sent_at = Some(now);
            delivery.error = None;
        }
        Err(error) => {
            tracing::warn!(delivery = %delivery.id, destination = %to.id, %error, "a message could not be delivered");
            delivery.state = if next.is_some() {
                DeliveryState::Waiting
            } else {
                DeliveryState::Failed
            };
            delivery.next_at = next.unwrap_or(now);
            delivery.error = Some(one_line(&error.to_string(), LONGEST_CAUSE));
        }
    }
    delivery
}

async fn deliver(engine: &Engine, to: &Destination, message: &Message) -> Result<(), PortError> {
    let secret = to.secret(&*engine.ports.vault)?;
    engine.ports.messenger.send(&to.address, secret.as_ref(), message).await
}
