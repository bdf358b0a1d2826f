//! Messages: where a team is told of incidents, and what it is told.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, DestinationId, IncidentId, JobId, TeamId};
use crate::incident::IncidentKind;
use crate::ports::{PortError, Vault};
use crate::secret::{Sealed, Secret};
use crate::time::{HOUR, Millis, SECOND};

/// Destinations of a team.
pub const MAX_DESTINATIONS: usize = 50;
/// Incidents that one message lists; the rest is counted.
const MAX_LISTED: usize = 30;
/// Between two messages to one destination: what comes in between is one message.
pub const GATHER: i64 = 60 * SECOND;
/// A message is given up after so many tries.
pub const MAX_TRIES: i64 = 12;

/// The body that a webhook takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// All that is known, as JSON.
    #[default]
    Json,
    /// Slack, Mattermost, Rocket.Chat: `{"text": …}`.
    Slack,
    /// Feishu and Lark.
    Feishu,
    /// DingTalk.
    Dingtalk,
    /// WeCom.
    Wecom,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    /// STARTTLS, required.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: for a relay on the same host.
    None,
}

/// Where messages go; what is secret of it is kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Address {
    /// A POST to an address; the address is the secret, because it often carries a token.
    Webhook {
        /// The host of the address, which may be shown.
        host: String,
        /// The body that it takes.
        preset: Preset,
    },
    /// A mail; the password is the secret.
    Email {
        /// Mail server.
        server: String,
        /// Its port.
        port: u16,
        /// How the connection is protected.
        security: MailSecurity,
        /// User name, where it asks for one.
        username: Option<String>,
        /// Sender.
        from: String,
        /// Recipients.
        to: Vec<String>,
    },
}

/// Of what a destination is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Which incidents.
    pub kinds: Vec<IncidentKind>,
    /// Also when a job is well again.
    pub recovered: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            kinds: IncidentKind::ALL.to_vec(),
            recovered: true,
        }
    }
}

/// A destination of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its id.
    pub id: DestinationId,
    /// The team.
    pub team_id: TeamId,
    /// Name, unique in the team.
    pub name: String,
    /// Where.
    pub address: Address,
    /// What is secret of it, sealed.
    pub sealed: Option<Sealed>,
    /// Of what it is told.
    pub rules: Rules,
    /// Whether it is told at all.
    pub enabled: bool,
    /// When it was made: older trouble is not told.
    pub created_at: Millis,
}

impl Destination {
    /// What a vault is told that a destination's secret is for: it does not open for another one.
    #[must_use]
    pub fn purpose(id: DestinationId) -> String {
        format!("destinations.secret {id}")
    }

    /// What is secret of it, opened.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn secret(&self, vault: &dyn Vault) -> Result<Option<Secret>, PortError> {
        let sealed = self.sealed.as_ref();
        sealed.map(|sealed| vault.open(&Self::purpose(self.id), sealed)).transpose()
    }
}

/// One line of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// `failed`, `ended_unknown`, …, or `recovered`.
    pub what: String,
    /// The incident.
    pub incident_id: IncidentId,
    /// The job.
    pub job_id: JobId,
    /// Its name.
    pub job: String,
    /// Since when, as RFC 3339.
    pub since: String,
    /// The cause as a line.
    pub cause: String,
    /// What happened to it, in words.
    pub words: String,
    /// The job's page, where the server knows its own address.
    pub link: Option<String>,
}

/// A message as it is sent; its bytes are kept, so that each try sends the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The same for every try: receivers tell repetitions by it.
    pub id: DeliveryId,
    /// The team's name.
    pub team: String,
    /// One line.
    pub subject: String,
    /// The whole text.
    pub text: String,
    /// The incidents, the first thirty.
    pub incidents: Vec<Line>,
    /// How many there are.
    pub count: usize,
}

/// A text on one line without control characters: nothing in it can begin another header or line.
#[must_use]
pub fn one_line(text: &str, longest: usize) -> String {
    let flat: String = text
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let short: String = flat.trim().chars().take(longest).collect();
    if flat.trim().chars().count() > longest {
        format!("{short}…")
    } else {
        short
    }
}

/// One message of several lines, the worst first.
#[must_use]
pub fn message(id: DeliveryId, team: &str, lines: Vec<Line>) -> Message {
    let count = lines.len();
    let recovered = lines.iter().filter(|line| line.what == "recovered").count();
    let subject = match (lines.first(), count) {
        (Some(only), 1) => format!("[{team}] {} {}", only.job, only.words),
        _ if recovered == count => format!("[{team}] {count} jobs are well again"),
        _ if recovered == 0 => format!("[{team}] {count} jobs are in trouble"),
        _ => format!("[{team}] {} jobs are in trouble, {recovered} are well again", count - recovered),
    };
    let mut text = String::new();
    for line in lines.iter().take(MAX_LISTED) {
        // Writing to text does not fail.
        let _ = writeln!(text, "{} {} (team {team}, since {})", line.job, line.words, line.since);
        if !line.cause.is_empty() {
            let _ = writeln!(text, "  {}", line.cause);
        }
        if let Some(link) = &line.link {
            let _ = writeln!(text, "  {link}");
        }
    }
    if count > MAX_LISTED {
        let _ = writeln!(text, "… and {} more.", count - MAX_LISTED);
    }
    Message {
        id,
        team: team.to_owned(),
        subject: one_line(&subject, 200),
        text,
        incidents: lines.into_iter().take(MAX_LISTED).collect(),
        count,
    }
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent, or to be tried again.
    Waiting,
    /// Taken by the receiver.
    Sent,
    /// Given up.
    Failed,
}

/// One message on its way to one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, which is the message's.
    pub id: DeliveryId,
    /// The team.
    pub team_id: TeamId,
    /// Where to.
    pub destination_id: DestinationId,
    /// What.
    pub message: Message,
    /// How far.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: i64,
    /// Not tried before.
    pub next_at: Millis,
    /// What the last try met.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When the receiver took it.
    pub sent_at: Option<Millis>,
}

/// When a delivery is tried again after this many tries; nothing when it is given up.
#[must_use]
pub fn next_try(tries: i64, now: Millis) -> Option<Millis> {
    let doubled = u32::try_from(tries)
        .ok()
        .map(|tries| 5 * SECOND.saturating_mul(2_i64.saturating_pow(tries)));
    (tries < MAX_TRIES).then(|| now.plus(doubled.unwrap_or(HOUR).min(HOUR)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn line(job: &str, what: &str) -> Line {
        Line {
            what: what.to_owned(),
            incident_id: IncidentId(Uuid::nil()),
            job_id: JobId(Uuid::nil()),
            job: job.to_owned(),
            since: "2026-01-01T00:00:00Z".to_owned(),
            cause: "boom".to_owned(),
            words: "failed".to_owned(),
            link: None,
        }
    }

    #[test]
    fn many_lines_are_one_short_message() {
        let of = |lines: Vec<Line>| message(DeliveryId(Uuid::nil()), "shop", lines);
        assert_eq!(of(vec![line("orders", "failed")]).subject, "[shop] orders failed");
        let many = of((0..1_000).map(|n| line(&format!("job {n}"), "failed")).collect());
        assert_eq!(
            (many.subject.as_str(), many.count, many.incidents.len()),
            ("[shop] 1000 jobs are in trouble", 1_000, 30)
        );
        assert!(many.text.ends_with("… and 970 more.\n"));
        let mixed = of(vec![line("a", "failed"), line("b", "recovered")]);
        assert_eq!(mixed.subject, "[shop] 1 jobs are in trouble, 1 are well again");
    }

    #[test]
    fn nothing_in_a_name_begins_another_header() {
        let evil = message(DeliveryId(Uuid::nil()), "shop", vec![line("x\r\nBcc: a@b\u{2028}c", "failed")]);
        assert!(
            !evil.subject.chars().any(char::is_control) && !evil.subject.contains('\u{2028}'),
            "{}",
            evil.subject
        );
        assert_eq!(one_line(&"字".repeat(300), 200).chars().count(), 201);
    }

    #[test]
    fn tries_are_further_and_further_apart_until_it_is_given_up() {
        let waits: Vec<Option<i64>> = (1..=MAX_TRIES).map(|tries| next_try(tries, Millis(0)).map(|at| at.0)).collect();
        assert_eq!(&waits[..3], [Some(10_000), Some(20_000), Some(40_000)]);
        assert_eq!(waits[10], Some(HOUR));
        assert_eq!(waits[11], None);
    }
}
