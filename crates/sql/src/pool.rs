//! The pool of planner workers: [`Planners`] checks scripts with the planners of installed Flink distributions.
//!
//! A check is a question with a digest (distribution as it is on disk, script, configuration, tier); equal questions
//! get one answer. A worker that dies while it is idle is replaced without a word; one that dies of a script is
//! replaced and asked once more, and the second death is a finding, as is a script that does not come to an end.
//! An error means that no worker could be had: Java or the distribution is missing or broken.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::flink_version::VersionNumber;
use domain::ports::{Check, PortError, SqlChecker};
use domain::sql::{Reading, Report, StatementKind, Tier};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use crate::catalogue::{Catalogue, CatalogueAnswer, Catalogues, ConfigurationKey};
use crate::check::{Judged, merge, prepare};
use crate::flights::{Flights, Outcome};
use crate::java::{Archive, Home, Jars, command, stamp};
use crate::lexical;
use crate::scratch::Scratch;
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
    /// Fingerprints of the distributions whose class archive was begun or is there.
    archived: Mutex<HashSet<String>>,
    /// Work that ends with the pool.
    background: Mutex<JoinSet<()>>,
}

impl Planners {
    /// A pool without workers; they start with the first check of their distribution.
    #[must_use]
    pub fn new(settings: PlannerSettings) -> Self {
        let settings = settings.absolute();
        crate::scratch::remove_left_over(&settings.cache_dir);
        Self(Arc::new(Pool {
            slots: Slots::new(settings.max_workers, settings.idle),
            catalogues: Catalogues::new(&settings.cache_dir),
            flights: Arc::default(),
            spawner: Spawner::new(),
            scratches: AtomicU64::new(0),
            archived: Mutex::default(),
            background: Mutex::default(),
            settings,
        }))
    }

    /// Prepares a distribution for quick starts (class archive), some time from now and in the background: for
    /// distributions that are likely to be used. Needs a Tokio runtime.
    pub fn prepare(&self, flink_home: &Path, java_home: &Path) {
        match Home::look(&self.0.settings, flink_home, java_home) {
            Ok(home) => self.0.archive_later(&home),
            Err(error) => tracing::warn!(%error, "a Flink version cannot be prepared for checking"),
        }
    }

    /// As [`Planners::prepare`], at once and awaited: for whoever installs a distribution.
    ///
    /// # Errors
    /// When the distribution or Java is missing or broken.
    pub async fn prepare_now(&self, flink_home: &Path, java_home: &Path) -> Result<(), PortError> {
        let home = Home::look(&self.0.settings, flink_home, java_home)?;
        self.0
            .archived
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(home.fingerprint.clone());
        if crate::archive::archive(&self.0.settings.cache_dir, &home).is_file() {
            return Ok(());
        }
        self.0
            .write_archive(&home)
            .await
            .map_err(|error| PortError::GiveUp(format!("no class archive for the planner: {error}")))
    }

    /// Ends all workers and waits until they are gone. Checks that run are awaited.
    pub async fn close(&self) {
        let background = std::mem::take(&mut *self.0.background.lock().unwrap_or_else(PoisonError::into_inner));
        { background }.shutdown().await;
        self.0.slots.close_all().await;
    }
}

#[async_trait::async_trait]
impl SqlChecker for Planners {
    async fn check(&self, check: &Check) -> Result<Report, PortError> {
        if let Some(found) = lexical::too_long(&check.script) {
            return Ok(Report {
                findings: vec![found],
                ..Report::default()
            });
        }
        let home = Home::look(&self.0.settings, Path::new(&check.flink_home), Path::new(&check.java_home))?;
        let (pool, check) = (Arc::clone(&self.0), check.clone());
        let question = question(&pool.settings, &home, &check);
        self.0
            .flights
            .answer(question, async move { pool.check(&home, &check).await })
            .await
    }

    fn read(&self, script: &str, version: VersionNumber, configuration: &BTreeMap<String, String>) -> Reading {
        crate::check::read(script, version, configuration)
    }
}

/// The digest of everything that the answer depends on.
fn question(settings: &PlannerSettings, home: &Home, check: &Check) -> String {
    let mut digest = Sha256::new();
    let jars: Vec<String> = settings.jars.iter().chain(&check.jars).map(|jar| stamp(jar)).collect();
    let tier = if check.tier == Tier::Deep { "deep" } else { "parse" };
    let configuration = check.configuration.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]);
    let parts: Vec<&str> = [home.fingerprint.as_str(), &check.script, tier]
        .into_iter()
        .chain(configuration)
        .chain(jars.iter().map(String::as_str))
        .collect();
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

impl Pool {
    async fn check(self: &Arc<Self>, home: &Home, check: &Check) -> Outcome {
        let mut script = Script::read(&check.script);
        let prepared = prepare(&mut script, check.version, &check.configuration);
        let asked = async {
            match prepared.sent.is_empty() {
                true => Ok(Judged::NotAsked),
                false => self.judge(home, check, &prepared.sent).await,
            }
        };
        let sets = prepared.sent.iter().any(|sent| sent.kind == StatementKind::Set);
        let keys = (sets || !check.configuration.is_empty()) && check.tier == Tier::Deep;
        let (judged, catalogue) = tokio::join!(asked, self.catalogue(home, keys));
        let judged = judged?;
        if matches!(judged, Judged::Answered(_)) {
            self.archive_later(home);
        }
        let lasting = matches!(judged, Judged::Answered(_) | Judged::NotAsked);
        Ok((Arc::new(merge(&script, prepared, judged, catalogue.as_deref())), lasting))
    }

    async fn judge(&self, home: &Home, check: &Check, sent: &[Sent]) -> Result<Judged, PortError> {
        let beside = Jars::new(&check.jars);
        let jars: Vec<String> = self
            .settings
            .jars
            .iter()
            .chain(&beside.paths)
            .map(|jar| jar.display().to_string())
            .collect();
        let op = Op::Check {
            tier: check.tier,
            statements: sent,
            configuration: &check.configuration,
            jars: &jars,
        };
        let answer = match self.ask::<Answer>(home, &beside, &op).await {
            Ok(answer) => answer,
            Err(WorkerError::Start(cause)) => {
                return Err(PortError::GiveUp(format!(
                    "the planner of Flink {} cannot be started: {cause}",
                    check.version
                )));
            }
            Err(WorkerError::Late(limit)) => return Ok(Judged::Late(limit)),
            Err(error @ (WorkerError::Died(_) | WorkerError::Garbage(_))) => return Ok(Judged::Crashed(error.to_string())),
        };
        match answer.error {
            None => Ok(Judged::Answered(answer)),
            Some(refusal) if refusal.code == "internal" => Ok(Judged::Crashed(refusal.message)),
            Some(refusal) => Err(PortError::GiveUp(format!(
                "the planner refused the check: {}: {}",
                refusal.code, refusal.message
            ))),
        }
    }

    /// Asks the worker of a distribution and set of jars, starting it where needed. A worker that was in use before and died is
    /// replaced once: it may have died of something else.
    async fn ask<T: serde::de::DeserializeOwned>(&self, home: &Home, jars: &Jars, op: &Op<'_>) -> Result<T, WorkerError> {
        let held = self.slots.hold(&jars.key(home)).await;
        let slot = held.slot().ok_or_else(|| WorkerError::Start("its place is gone".to_owned()))?;
        let mut place = slot.worker.lock().await;
        loop {
            let kept = alive(place.take()).await;
            let fresh = kept.is_none();
            let mut worker = match kept {
                Some(worker) => worker,
                None => self.start(home, jars).await?,
            };
            // A fresh worker still loads its classes, which on a busy machine takes as long as a check may.
            let deadline = self.settings.check_deadline * if fresh { 2 } else { 1 };
            match worker.ask(op, deadline).await {
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
        let mut worker = self.start(home, &Jars::default()).await?;
        let answer = worker
            .ask::<CatalogueAnswer>(&Op::Catalogue { jars: &[] }, self.settings.check_deadline)
            .await;
        worker.kill().await;
        answer.map(|answer| answer.catalogue.configuration)
    }

    /// Starts a worker. Its class path is the distribution's whatever the user's jars are, so that one class archive
    /// serves all: the jars come to a class loader of their own with each check.
    async fn start(&self, home: &Home, jars: &Jars) -> Result<Worker, WorkerError> {
        let archive = crate::archive::archive(&self.settings.cache_dir, home);
        let archive = if archive.is_file() { Archive::Use(archive) } else { Archive::None };
        self.start_with(home, jars, |_| archive).await
    }

    async fn start_with(&self, home: &Home, jars: &Jars, archive: impl FnOnce(&Path) -> Archive) -> Result<Worker, WorkerError> {
        let number = self.scratches.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch::make(&self.settings.cache_dir, number).map_err(|error| {
            let folder = self.settings.cache_dir.display();
            WorkerError::Start(format!("cannot write to {folder}: {error}; give the server another cache folder"))
        })?;
        let home = self.unpacked(home).await;
        let command = command(&self.settings, &home, (&archive(scratch.path()), &jars.paths), scratch.path());
        Worker::start(&self.spawner, command, scratch, self.settings.start_deadline).await
    }

    async fn unpacked(&self, home: &Home) -> Home {
        let (cache, packed) = (self.settings.cache_dir.clone(), home.clone());
        let unpacked = tokio::task::spawn_blocking(move || crate::archive::unpacked(&cache, &packed)).await;
        unpacked.unwrap_or_else(|_| home.clone())
    }

    /// Writes the class archive of a distribution once, some time after its first check.
    fn archive_later(self: &Arc<Self>, home: &Home) {
        let known = !self
            .archived
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(home.fingerprint.clone());
        if known || !self.settings.class_archive || crate::archive::archive(&self.settings.cache_dir, home).is_file() {
            return;
        }
        let (pool, home, delay) = (Arc::downgrade(self), home.clone(), self.settings.archive_delay);
        let mut background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        background.spawn(async move {
            tokio::time::sleep(delay).await;
            let Some(pool) = pool.upgrade() else { return };
            match pool.write_archive(&home).await {
                Ok(()) => {
                    tracing::info!(home = %home.flink_home.display(), "wrote a class archive; the next planner process starts quicker")
                }
                Err(error) => tracing::warn!(%error, home = %home.flink_home.display(), "no class archive; planner processes start slower"),
            }
        });
    }

    async fn write_archive(&self, home: &Home) -> Result<(), WorkerError> {
        const NAME: &str = "classes.jsa";
        if crate::archive::loader(&self.unpacked(home).await).is_some() {
            return Err(WorkerError::Start(
                "the planner could not be unpacked, and Java may hang when it archives its loader".to_owned(),
            ));
        }
        let mut worker = self
            .start_with(home, &Jars::default(), |scratch| Archive::Write(scratch.join(NAME)))
            .await?;
        let (sent, none) = (crate::archive::training(), BTreeMap::new());
        let op = Op::Check {
            tier: Tier::Deep,
            statements: &sent,
            configuration: &none,
            jars: &[],
        };
        worker.ask::<Answer>(&op, crate::archive::DEADLINE).await?;
        let scratch = worker.finish(crate::archive::DEADLINE).await?;
        let kept = crate::archive::keep(&scratch.path().join(NAME), &self.settings.cache_dir, home);
        kept.map_err(|error| WorkerError::Garbage(format!("the archive cannot be kept: {error}")))
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
