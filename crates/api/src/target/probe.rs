//! Probe pods of targets: ordered with a test, at work after its answer, followed and cancelled through the target's row, so by
//! any instance. A server that ends in between leaves a pod that Kubernetes ends, and that the next probe removes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use axum::extract::State;
use domain::Millis;
use domain::flink_version::{NEWEST, VersionNumber};
use domain::id::ClusterId;
use domain::ports::{PodProbe, ProbeWatcher};
use domain::target::{CheckOutcome as Outcome, Target as Known, TargetCheck as Check, TargetProbe as Kept};
use domain::time::SECOND;
use http::StatusCode;
use manifests::application::Place;
use manifests::{Description, PROBE, Wanted};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::now;
use utoipa::ToSchema;

use super::test::TargetCheck;
use super::{TargetPath, find};
use crate::app::App;
use crate::audit::Note;
use crate::extract::Path;
use crate::problem::{Problem, sentence};
use crate::time::Time;

/// How long a probe may take, in seconds.
const PATIENCE: u32 = 90;
/// When Kubernetes ends a pod that nobody has deleted, in seconds.
const DEADLINE: u32 = 110;
/// After how many seconds a probe of which nothing was heard is over.
const FORGOTTEN: i64 = 150;

/// A probe pod and what it found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetProbe {
    /// Whether it goes on.
    pub running: bool,
    /// Whether nothing failed; absent until it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// What is going on, or how it ended, as a sentence.
    pub sentence: String,
    /// The Flink version whose image it has.
    pub flink_version: String,
    /// When it began.
    pub started_at: Time,
    /// What it found, once it is over.
    pub checks: Vec<TargetCheck>,
}

impl TargetProbe {
    /// A probe as it is shown.
    pub(super) fn of(kept: Kept) -> Self {
        let running = kept.running(now());
        let lost = kept.checks.is_none() && !running;
        let failed = |checks: &Vec<Check>| checks.iter().any(|check| check.outcome == Outcome::Failed);
        Self {
            running,
            ok: kept.checks.as_ref().map(|checks| !failed(checks)).or(lost.then_some(false)),
            sentence: if lost {
                "The server that worked on it has ended; the next probe removes what it left.".to_owned()
            } else {
                kept.sentence
            },
            flink_version: kept.version,
            started_at: kept.at.into(),
            checks: kept.checks.into_iter().flatten().map(TargetCheck::from).collect(),
        }
    }
}

/// What is to be done.
pub(super) struct Order {
    version: VersionNumber,
    probe: PodProbe,
}

impl Order {
    /// The probe at its beginning.
    pub(super) fn begun(&self, at: Millis) -> Kept {
        Kept {
            at,
            until: Millis(at.0 + FORGOTTEN * SECOND),
            version: self.version.to_string(),
            sentence: "It begins.".to_owned(),
            cancelled: false,
            checks: None,
        }
    }
}

/// 409: one at a time.
pub(super) fn running() -> Problem {
    Problem::conflict("probe_running", "A probe of this target is running.").hint("Wait for it, or cancel it.")
}

/// The pod that a target's JobManagers would be, with another program.
///
/// # Errors
/// 422 naming the version, or with what is wrong with the target.
pub(super) fn order(app: &App, of: &Known, version: Option<&str>) -> Result<Order, Problem> {
    let newest = || of.defaults.images.keys().filter_map(|version| version.parse().ok()).max();
    let version = match version {
        Some(text) => text
            .parse::<VersionNumber>()
            .map_err(|error| Problem::unprocessable("unknown_flink_version", sentence(&error.to_string())).field("flinkVersion"))?,
        None => newest().unwrap_or(VersionNumber::new(NEWEST.0, NEWEST.1, 0)),
    };
    let base = of.defaults.artifact_url.as_ref().or(app.settings.public_url.as_ref());
    let healthy = hex::encode(Sha256::digest(br#"{"status":"ok"}"#));
    let file = base.map(|base| (format!("{}/healthz", base.trim_end_matches('/')), healthy));
    let id = of.id.0.simple().to_string();
    let asks = file.is_some();
    let wanted = Wanted {
        label: id.clone(),
        deadline_seconds: DEADLINE,
        file,
    };
    let made = manifests::probe(&description(app, of, (version, &id)), &wanted).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Problem::unprocessable("bad_target", sentence(&faults.join("; "))).hint("Change the target.")
    })?;
    Ok(Order {
        version,
        probe: PodProbe {
            pod: made.pod,
            map: made.map,
            label: format!("{PROBE}={id}"),
            asks,
            patience_seconds: PATIENCE,
        },
    })
}

/// A session cluster of the target under a name of the probe's own: its id's digits behind the time tell targets apart.
fn description(app: &App, of: &Known, (version, id): (VersionNumber, &str)) -> Description {
    let place = Place {
        cluster_id: ClusterId(of.id.0),
        version,
        slots: 0,
        configuration: &of.defaults.resolved(),
        target: of,
        runner: &app.settings.runner,
        name: &of.name,
        public_url: app.settings.public_url.as_deref(),
    };
    Description {
        cluster_id: format!("sw-probe-{}", &id[12..]),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        ingress: None,
        ..place.session()
    }
}

/// Writes what is going on into the target's row.
struct Watcher {
    app: App,
    of: Known,
    newest: Mutex<Kept>,
}

impl Watcher {
    fn newest(&self, change: impl FnOnce(&mut Kept)) -> Kept {
        let mut newest = self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut newest);
        newest.clone()
    }

    async fn keep(&self, kept: Kept) -> bool {
        let written = self.app.store.keep_target_probe(self.of.id, kept).await;
        // A database that is away for a moment ends no probe: it has its deadline.
        written
            .inspect_err(|error| tracing::warn!(target = %self.of.id, %error, "the state of a probe was not written"))
            .unwrap_or(true)
    }
}

#[async_trait]
impl ProbeWatcher for Watcher {
    async fn told(&self, said: &str) -> bool {
        let said = sentence(said);
        let before = self.newest(|_| ());
        if before.sentence != said {
            let kept = self.newest(|newest| newest.sentence = said);
            return self.keep(kept).await;
        }
        match self.app.store.target_test(self.of.id).await {
            Ok(test) => test
                .and_then(|test| test.probe)
                .is_some_and(|probe| probe.at == before.at && !probe.cancelled),
            Err(_) => true,
        }
    }
}

/// Does it, and writes what was found.
pub(super) async fn work(app: App, of: Known, order: Order, begun: Kept) {
    let watcher = Watcher {
        app,
        of,
        newest: Mutex::new(begun),
    };
    let control = watcher.app.ports.kubernetes.clone();
    let outcome = control.probe(&watcher.of.place, &order.probe, &watcher).await;
    let checks = outcome.unwrap_or_else(|error| {
        vec![Check {
            what: "probe pod".to_owned(),
            outcome: Outcome::Failed,
            message: sentence(&error.to_string()),
        }]
    });
    let failed = checks.iter().filter(|check| check.outcome == Outcome::Failed).count();
    let kept = watcher.newest(|newest| {
        newest.sentence = match failed {
            0 => "It is over; the pod is deleted.".to_owned(),
            _ => "It is over: something failed.".to_owned(),
        };
        newest.checks = Some(checks);
    });
    watcher.keep(kept).await;
}

/// Cancels the probe of a target: its pod is deleted at once.
///
/// # Errors
/// 404, 409 `no_probe` when none is running.
#[utoipa::path(delete, path = "/targets/{target}/probe", tag = "targets", responses((status = 202, description = "It ends")))]
pub async fn cancel_probe(State(app): State<App>, note: Note, Path(path): Path<TargetPath>) -> Result<StatusCode, Problem> {
    let of = find(&app, &path.target).await?;
    note.of(of.id, &of.name);
    if !app.store.cancel_target_probe(of.id).await? {
        return Err(Problem::conflict("no_probe", "No probe of this target is running."));
    }
    Ok(StatusCode::ACCEPTED)
}
