//! The pool of planner workers: [`Planners`] checks scripts with the planners of installed Flink distributions.
//!
//! A check is a question with a digest (distribution as it is on disk, script, configuration, tier); equal questions
//! get one answer. A worker that dies while it is idle is replaced without a word; one that dies of a script is
//! replaced and asked once more, and the second death is a finding, as is a script that does not come to an end.
//! An error means that no worker could be had: Java or the distribution is missing or broken.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::ports::{Check, PortError, SqlChecker};
use domain::sql::{Report, Statement, StatementKind, Tier};
use sha2::{Digest, Sha256};

use crate::catalogue::{Catalogue, CatalogueAnswer, Catalogues, ConfigurationKey};
use crate::check::{Judged, merge, prepare};
use crate::flights::{Flights, Outcome};
use crate::java::{Home, command, stamp};
use crate::lexical;
use crate::script::Script;
use crate::settings::PlannerSettings;
use crate::slots::Slots;
use crate::wire::{Answer, Op, Sent};
use crate::worker::{Spawner, Worker, WorkerError};

/// Checks scripts with the planners of installed Flink distributions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Planners(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    settings: PlannerSettings,
    slots: Arc<Slots>,
    flights: Arc<Flights>,
    spawner: Spawner,
    scratches: AtomicU64,
    catalogues: Catalogues,
}

impl Planners {
    /// A pool without workers; they start with the first check of their distribution.
    #[must_use]
    pub fn new(settings: PlannerSettings) -> Self {
        let slots = Slots::new(settings.max_workers, settings.idle);
        crate::scratch::remove_left_over(&settings.cache_dir);
        let catalogues = Catalogues::new(&settings.cache_dir);
        Self(Arc::new(Pool { settings, slots, catalogues, flights: Arc::default(), spawner: Spawner::new(), scratches: AtomicU64::new(0) }))
    }

    /// Ends all workers and waits until they are gone. Checks that run are awaited.
    pub async fn close(&self) {
        self.0.slots.close_all().await;
    }
}

#[async_trait::async_trait]
impl SqlChecker for Planners {
    async fn check(&self, check: &Check) -> Result<Report, PortError> {
        if let Some(found) = lexical::too_long(&check.script) {
            return Ok(Report { findings: vec![found], ..Report::default() });
        }
        let home = Home::look(&self.0.settings, Path::new(&check.flink_home), Path::new(&check.java_home))?;
        let (pool, check) = (Arc::clone(&self.0), check.clone());
        let question = question(&pool.settings, &home, &check);
        self.0.flights.answer(question, async move { pool.check(&home, &check).await }).await
    }

    fn split(&self, script: &str) -> Vec<Statement> {
        crate::split(script)
    }
}

/// The digest of everything that the answer depends on.
fn question(settings: &PlannerSettings, home: &Home, check: &Check) -> String {
    let mut digest = Sha256::new();
    let jars: Vec<String> = settings.jars.iter().map(|jar| stamp(jar)).collect();
    let tier = if check.tier == Tier::Deep { "deep" } else { "parse" };
    let configuration = check.configuration.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
    let parts: Vec<&str> = [home.fingerprint.as_str(), &check.script, tier].into_iter().chain(configuration).chain(jars.iter().map(String::as_str)).collect();
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

impl Pool {
    async fn check(&self, home: &Home, check: &Check) -> Outcome {
        let script = Script::read(&check.script);
        let prepared = prepare(&script, check);
        let asked = async {
            match prepared.sent.is_empty() {
                true => Ok(Judged::NotAsked),
                false => self.judge(home, check, &prepared.sent).await,
            }
        };
        let sets = prepared.sent.iter().any(|sent| sent.kind == StatementKind::Set);
        let (judged, catalogue) = tokio::join!(asked, self.catalogue(home, sets && check.tier == Tier::Deep));
        let judged = judged?;
        let lasting = matches!(judged, Judged::Answered(_) | Judged::NotAsked);
        Ok((Arc::new(merge(&script, check, prepared, judged, catalogue.as_deref())), lasting))
    }

    async fn judge(&self, home: &Home, check: &Check, sent: &[Sent]) -> Result<Judged, PortError> {
        let jars: Vec<String> = self.settings.jars.iter().map(|jar| jar.display().to_string()).collect();
        let op = Op::Check { tier: check.tier, statements: sent, configuration: &check.configuration, jars: &jars };
        let answer = match self.ask::<Answer>(home, &op).await {
            Ok(answer) => answer,
            Err(WorkerError::Start(cause)) => {
                return Err(PortError::GiveUp(format!("the planner of Flink {} cannot be started: {cause}", check.version)));
            }
            Err(WorkerError::Late(limit)) => return Ok(Judged::Late(limit)),
            Err(error @ (WorkerError::Died(_) | WorkerError::Garbage(_))) => return Ok(Judged::Crashed(error.to_string())),
        };
        match answer.error {
            None => Ok(Judged::Answered(answer)),
            Some(refusal) if refusal.code == "internal" => Ok(Judged::Crashed(refusal.message)),
            Some(refusal) => Err(PortError::GiveUp(format!("the planner refused the check: {}: {}", refusal.code, refusal.message))),
        }
    }

    /// Asks the worker of a distribution, starting it where needed. A worker that was in use before and died is
    /// replaced once: it may have died of something else.
    async fn ask<T: serde::de::DeserializeOwned>(&self, home: &Home, op: &Op<'_>) -> Result<T, WorkerError> {
        let held = self.slots.hold(&home.fingerprint).await;
        let slot = held.slot().ok_or_else(|| WorkerError::Start("its place is gone".to_owned()))?;
        let mut place = slot.worker.lock().await;
        loop {
            let kept = alive(place.take()).await;
            let fresh = kept.is_none();
            let mut worker = match kept {
                Some(worker) => worker,
                None => self.start(home).await?,
            };
            match worker.ask(op, self.settings.check_deadline).await {
                Ok(answer) => {
                    *place = Some(worker);
                    return Ok(answer);
                }
                Err(error) => {
                    let stderr = worker.kill().await;
                    tracing::warn!(%error, fresh, stderr, "a planner process is given up");
                    if fresh || matches!(error, WorkerError::Late(_)) {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// The keys of a distribution: known, or asked of a worker of their own where they are wanted.
    async fn catalogue(&self, home: &Home, wanted: bool) -> Option<Arc<Catalogue>> {
        let shelf = self.catalogues.shelf(&home.fingerprint);
        if !wanted {
            return shelf.get().cloned().flatten();
        }
        shelf.get_or_init(|| self.list(home)).await.clone()
    }

    async fn list(&self, home: &Home) -> Option<Arc<Catalogue>> {
        if let Some(keys) = self.catalogues.read(&home.fingerprint) {
            return Some(Arc::new(Catalogue::of(keys)));
        }
        match self.list_keys(home).await {
            Ok(keys) if !keys.is_empty() => {
                self.catalogues.write(&home.fingerprint, &keys);
                Some(Arc::new(Catalogue::of(keys)))
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, home = %home.flink_home.display(), "the configuration keys of a Flink version cannot be listed");
                None
            }
        }
    }

    async fn list_keys(&self, home: &Home) -> Result<Vec<ConfigurationKey>, WorkerError> {
        let mut worker = self.start(home).await?;
        let answer = worker.ask::<CatalogueAnswer>(&Op::Catalogue { jars: &[] }, self.settings.check_deadline).await;
        worker.kill().await;
        answer.map(|answer| answer.catalogue.configuration)
    }

    async fn start(&self, home: &Home) -> Result<Worker, WorkerError> {
        let number = self.scratches.fetch_add(1, Ordering::Relaxed);
        let scratch = crate::scratch::Scratch::make(&self.settings.cache_dir, number).map_err(|error| {
            let folder = self.settings.cache_dir.display();
            WorkerError::Start(format!("cannot write to {folder}: {error}; give the server another cache folder"))
        })?;
        let command = command(&self.settings, home, None, scratch.path());
        Worker::start(&self.spawner, command, scratch, self.settings.start_deadline).await
    }
}

/// The worker if it still runs; one that died in the meantime is reaped.
async fn alive(kept: Option<Worker>) -> Option<Worker> {
    let mut worker = kept?;
    if worker.is_alive() {
        return Some(worker);
    }
    let stderr = worker.stop().await;
    tracing::info!(stderr, "a planner process had ended between checks");
    None
}
