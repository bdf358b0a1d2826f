//! What is to be done so that a job or a cluster becomes what its document says. Pure: facts in, steps out.
//!
//! The laws: what is as the document says gets no step. Nothing that runs is interrupted unless the caller allows it
//! (`--roll-out`, `--stop`). An intent is spent by its first run: what was asked to run and has ended is not started again,
//! only a newer release is. Nothing is ever deleted.

use crate::change::{Change, NOT_OF_CLUSTER, NOT_OF_JOB, changes};
use crate::document::{Cluster, ClusterTarget, Connection, Job};
use crate::restart::{Restart, When};

/// What the caller allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Choices {
    /// Drafts are saved and not released.
    pub no_release: bool,
    /// Running jobs are replaced by a newer release.
    pub roll_out: bool,
    /// Jobs with `running: false` are stopped.
    pub stop: bool,
}

/// A job as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct JobNow {
    /// As a document: its description, labels and restart policy, and the content of its newest draft.
    pub draft: Job,
    /// The newest draft's revision; 0 before the first.
    pub revision: i64,
    /// The newest release: its number, and its content as a document.
    pub release: Option<(i64, Job)>,
    /// What its jars without a version mean now, where the newest release has pinned something else.
    pub newer: Vec<Newer>,
    /// Whether it was last asked to run, and with which release.
    pub asked: Option<i64>,
    /// Whether a run may be alive.
    pub live: bool,
    /// The word on the screen.
    pub label: String,
    /// Whether there is a complete snapshot to start from.
    pub snapshot: bool,
}

/// A jar without a version whose newest version is not the one that the newest release has pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newer {
    /// The artifact's name.
    pub name: String,
    /// The version that is pinned.
    pub pinned: i64,
    /// The version that it means now.
    pub newest: i64,
}

/// One thing to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make it.
    Create,
    /// Change description and labels.
    Describe,
    /// Set the restart policy.
    KeepRunning,
    /// Save the content as the next draft.
    Save,
    /// Release the draft.
    Release,
    /// Start the newest release, from the newest snapshot or without state.
    Start {
        /// From the newest snapshot.
        latest: bool,
    },
    /// Stop with a savepoint, start the newest release from it.
    Replace,
    /// Stop with a savepoint.
    Stop,
    /// Change how a cluster's address is spoken to.
    Connect,
    /// Change the jars of a cluster's next start.
    Jars,
    /// Change a target.
    Change,
    /// Say which teams may use a target.
    Grant,
}

/// What is to be done for one document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// What differs.
    pub changes: Vec<Change>,
    /// What to do.
    pub steps: Vec<Step>,
    /// What people should know.
    pub notes: Vec<String>,
    /// Why nothing can be done.
    pub refused: Option<String>,
}

/// The plan for a job.
#[must_use]
pub fn job(wanted: &Job, now: Option<&JobNow>, choices: Choices) -> Plan {
    let mut plan = Plan::default();
    let Some(now) = now else {
        plan.changes = changes(&Job::named(wanted.name.clone()), &plain(wanted), NOT_OF_JOB);
        plan.steps.push(Step::Create);
        if wanted.restart.as_ref().is_some_and(|restart| restart.plain() != NO_RESTART) {
            plan.steps.push(Step::KeepRunning);
        }
        if !choices.no_release {
            plan.steps.push(Step::Release);
        }
        start_new(wanted, &mut plan, choices);
        return plan;
    };
    plan.changes = changes(&as_asked(&now.draft, wanted), &plain(wanted), NOT_OF_JOB);
    let has = |which: Part| plan.changes.iter().any(|change| part(change) == which);
    let (head, restart, content) = (has(Part::Head), has(Part::Restart), has(Part::Content));
    for (is, step) in [
        (head, Step::Describe),
        (restart, Step::KeepRunning),
        (now.revision == 0 || content, Step::Save),
    ] {
        if is {
            plan.steps.push(step);
        }
    }
    let newest = release(wanted, now, choices, &mut plan);
    match wanted.running {
        Some(false) => stop(now, choices, &mut plan),
        running => run(now, newest, (running == Some(true), choices), &mut plan),
    }
    plan
}

/// A policy that restarts nothing and has every other key as usual: what a job has in the beginning.
pub const NO_RESTART: Restart = Restart {
    when: When::Never,
    limit: None,
    window_seconds: None,
    initial_delay_seconds: None,
    factor: None,
    maximum_delay_seconds: None,
    jitter_percent: None,
    state: None,
};

/// A document without what has its usual value anyway.
fn plain(job: &Job) -> Job {
    let template = |given: &Option<String>| given.clone().filter(|text| !text.trim().is_empty());
    Job {
        restart: job.restart.as_ref().map(Restart::plain),
        job_manager_template: template(&job.job_manager_template),
        task_manager_template: template(&job.task_manager_template),
        ..job.clone()
    }
}

/// What there is, without the restart policy where nothing is asked about it.
fn as_asked(now: &Job, wanted: &Job) -> Job {
    let asked = wanted.restart.is_some();
    let restart = asked.then(|| now.restart.as_ref().map_or(NO_RESTART, Restart::plain));
    Job { restart, ..now.clone() }
}

/// What of a job a difference is about.
#[derive(PartialEq, Eq)]
enum Part {
    /// Description and labels.
    Head,
    /// The restart policy.
    Restart,
    /// The draft, and what is released of it.
    Content,
}

fn part(change: &Change) -> Part {
    match change.field.split('.').next() {
        Some("description" | "labels") => Part::Head,
        Some("restart") => Part::Restart,
        _ => Part::Content,
    }
}

fn start_new(wanted: &Job, plan: &mut Plan, choices: Choices) {
    match (wanted.running, choices.no_release) {
        (Some(true), false) => plan.steps.push(Step::Start { latest: false }),
        (Some(true), true) => plan.notes.push("nothing is released, so nothing is started".to_owned()),
        _ => {}
    }
}

/// Whether a release is made; answers the number of the newest one then, 0 for none.
fn release(wanted: &Job, now: &JobNow, choices: Choices, plan: &mut Plan) -> i64 {
    let newest = now.release.as_ref().map_or(0, |(number, _)| *number);
    let differs = match &now.release {
        Some((_, released)) => {
            let all = changes(released, &plain(wanted), NOT_OF_JOB);
            let found: Vec<Change> = all.into_iter().filter(|change| part(change) == Part::Content).collect();
            let newer: Vec<Change> = now.newer.iter().map(Newer::change).collect();
            let differs = !found.is_empty() || !newer.is_empty();
            // What was saved and not released yet is shown against what is released.
            if !choices.no_release {
                let shown = plan.changes.iter().any(|change| part(change) == Part::Content);
                plan.changes.extend(found.into_iter().filter(|_| !shown).chain(newer));
            }
            differs
        }
        None => true,
    };
    if !differs {
        return newest;
    }
    if choices.no_release {
        plan.notes
            .push("the draft, or a jar that it names, differs from what is released".to_owned());
        return newest;
    }
    plan.steps.push(Step::Release);
    newest + 1
}

impl Newer {
    fn change(&self) -> Change {
        let version = |number: i64| Some(format!("{}@{number}", self.name));
        Change {
            field: "jars".to_owned(),
            before: version(self.pinned),
            after: version(self.newest),
            diff: None,
        }
    }
}

fn stop(now: &JobNow, choices: Choices, plan: &mut Plan) {
    if !now.live || now.asked.is_none() {
        return;
    }
    if choices.stop {
        plan.steps.push(Step::Stop);
    } else {
        let note = "it runs, and `running: false` alone stops nothing: apply with --stop stops it with a savepoint";
        plan.notes.push(note.to_owned());
    }
}

fn run(now: &JobNow, newest: i64, (wanted, choices): (bool, Choices), plan: &mut Plan) {
    match now.asked {
        Some(asked) if now.live && asked < newest => {
            if choices.roll_out {
                plan.steps.push(Step::Replace);
            } else {
                plan.notes.push(format!(
                    "release {newest} is newer than the running {asked}: apply with --roll-out replaces it, with a savepoint in between"
                ));
            }
        }
        Some(asked) if wanted && !now.live && asked < newest => plan.steps.push(Step::Start {
            // A job that has come to its end has read all of its input: the next one begins anew.
            latest: now.snapshot && now.label != "finished",
        }),
        Some(asked) if wanted && !now.live => {
            let label = &now.label;
            plan.notes.push(format!(
                "release {asked} was asked to run and is {label}; apply does not start a release twice: `streamwright job start` does"
            ));
        }
        None if wanted && newest == 0 => plan.notes.push("nothing is released, so nothing is started".to_owned()),
        None if wanted => plan.steps.push(Step::Start { latest: now.snapshot }),
        _ => {}
    }
}

/// A cluster as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNow {
    /// As a document.
    pub cluster: Cluster,
    /// Whether it was last asked to run.
    pub asked: bool,
    /// Secrets of the document's connection that are not those of the server.
    pub other_secrets: Vec<String>,
}

/// The plan for a cluster.
#[must_use]
pub fn cluster(wanted: &Cluster, now: Option<&ClusterNow>) -> Plan {
    let mut plan = Plan::default();
    let runs = wanted.running == Some(true) && wanted.target == ClusterTarget::Local;
    let Some(now) = now else {
        let nothing = Cluster {
            flink: None,
            rest_url: None,
            task_managers: None,
            slots: None,
            config: [].into(),
            ..fixed(wanted)
        };
        plan.changes = changes(&nothing, &fixed(wanted), NOT_OF_CLUSTER);
        plan.changes.extend(connected(&nothing, wanted, &[]));
        plan.changes.extend(jars(&nothing, wanted));
        plan.steps.push(Step::Create);
        if runs {
            plan.steps.push(Step::Start { latest: false });
        }
        return plan;
    };
    plan.changes = changes(&fixed(&now.cluster), &fixed(&filled(wanted, &now.cluster)), NOT_OF_CLUSTER);
    if !plan.changes.is_empty() {
        let advice = "a cluster cannot be changed: give the new one another name, or delete this one first";
        plan.refused = Some(advice.to_owned());
        return plan;
    }
    changeable(wanted, now, &mut plan);
    match wanted.running {
        Some(true) if runs && !now.asked => plan.steps.push(Step::Start { latest: false }),
        Some(false) if now.asked => {
            let note = "it runs, and apply stops no cluster: `streamwright cluster stop` does, and its jobs end with it";
            plan.notes.push(note.to_owned());
        }
        _ => {}
    }
    plan
}

/// What of a cluster cannot be changed.
fn fixed(cluster: &Cluster) -> Cluster {
    Cluster {
        jars: None,
        connection: None,
        ..cluster.clone()
    }
}

/// What of a cluster can be changed while it is there: its connection, and the jars of its next start.
fn changeable(wanted: &Cluster, now: &ClusterNow, plan: &mut Plan) {
    let (connection, jars) = (connected(&now.cluster, wanted, &now.other_secrets), jars(&now.cluster, wanted));
    if !connection.is_empty() {
        plan.steps.push(Step::Connect);
    }
    if jars.is_some() {
        plan.steps.push(Step::Jars);
        if now.asked {
            let note =
                "it runs with the jars that it was started with: the others take effect at its next start, and apply stops no cluster";
            plan.notes.push(note.to_owned());
        }
    }
    plan.changes.extend(connection.into_iter().chain(jars));
}

/// In what the connection differs, without its secrets' words.
fn connected(now: &Cluster, wanted: &Cluster, other_secrets: &[String]) -> Vec<Change> {
    let Some(connection) = &wanted.connection else { return Vec::new() };
    let before = now.connection.as_ref().map(Connection::shown).unwrap_or_default();
    let mut found = changes(&before, &connection.shown(), &[]);
    for change in &mut found {
        change.field = format!("connection.{}", change.field);
    }
    let secret = |field: &String| Change {
        field: format!("connection.{field}"),
        before: Some("the server's".to_owned()),
        after: Some("another one".to_owned()),
        diff: None,
    };
    found.extend(other_secrets.iter().map(secret));
    found
}

/// In what the jars differ; their order means nothing.
fn jars(now: &Cluster, wanted: &Cluster) -> Option<Change> {
    let sorted = |cluster: &Cluster| {
        let mut jars = cluster.jars.clone().unwrap_or_default();
        jars.sort();
        jars
    };
    let (before, after) = (sorted(now), sorted(wanted));
    let shown = |jars: &[String]| (!jars.is_empty()).then(|| jars.join(", "));
    (wanted.jars.is_some() && before != after).then(|| Change {
        field: "jars".to_owned(),
        before: shown(&before),
        after: shown(&after),
        diff: None,
    })
}

/// What the document leaves to the server is as the server chose it.
fn filled(wanted: &Cluster, now: &Cluster) -> Cluster {
    Cluster {
        task_managers: wanted.task_managers.or(now.task_managers),
        slots: wanted.slots.or(now.slots),
        rest_url: wanted.rest_url.as_deref().map(|url| url.trim().trim_end_matches('/').to_owned()),
        ..wanted.clone()
    }
}

impl Plan {
    /// Whether anything is to be done.
    #[must_use]
    pub const fn idle(&self) -> bool {
        self.steps.is_empty() && self.refused.is_none()
    }
}
