//! `streamwright apply`: files in, plans out, and then the plans are done.
//!
//! Three stages, so that nothing is half-done because of a mistake in a file: all files are read and judged, then all
//! that the server has is compared and all scripts that change are checked, and only then is anything changed:
//! targets, artifacts, clusters, jobs. What was cut off goes on with the next call, because each plan begins with what there is.

mod act;
mod cluster;
mod jar;
pub mod now;
mod report;
pub mod target;

use std::collections::BTreeMap;

use files::document::{Job, Template};
use files::place::Fault;
use files::plan::{Choices, Plan, Step};
use files::read::{Body, Document};
use files::source::{Search, load, twice};
use manifests::{PodTemplate, Role, Subject};
use reqwest::Method;
use serde_json::{Value, json};

use self::act::{Done, JobSteps, spec};
use self::jar::{Coming, Missing};
use self::now::Team;
use self::report::{Report, Row};
use super::client::Client;
use super::operation;
use super::print::at;
use crate::cli::Apply;
use crate::failure::Failure;

/// So many faults are shown: nobody mends more at once.
const MOST_TOLD: usize = 100;

/// A document with its team.
struct Item {
    document: Document,
    /// Empty for what belongs to the platform.
    team: String,
}

/// The same with what the server has and what is to be done.
struct Planned {
    item: Item,
    plan: Plan,
    /// The job as the API shows it.
    now: Option<Value>,
    revision: i64,
    /// The job with its files as names and versions, and those that are to be uploaded.
    job: Option<Job>,
    missing: Vec<Missing>,
}

/// Runs `apply`.
///
/// # Errors
/// Exit code 2 for faults in files, 1 when something was refused or failed, or `--diff` found a difference.
pub async fn run(apply: Apply) -> Result<(), Failure> {
    let client = Client::of(&apply.server)?;
    let items = read(&apply, client.team())?;
    let teams = teams(&client, &items).await?;
    let planned = plan(&apply, items, &teams).await?;
    let mut report = Report::new(client.format, apply.dry_run || apply.diff);
    for planned in planned {
        let team = &teams[&planned.item.team];
        let mut done = Done::default();
        let result = if report.dry || planned.plan.refused.is_some() {
            Ok(())
        } else {
            carry_out(&apply, team, &planned, &mut done).await
        };
        let gone = matches!(&result, Err(failure) if failure.code == Failure::UNAVAILABLE);
        report.add(Row {
            document: &planned.item.document,
            team: &planned.item.team,
            plan: &planned.plan,
            done: &done,
            failure: result.as_ref().err().map(|failure| failure.message.as_str()),
        });
        if let (true, Err(failure)) = (gone, result) {
            report.end();
            return Err(Failure::unavailable(format!(
                "{}\nApply again when it answers: it goes on from there.",
                failure.message
            )));
        }
    }
    report.finish(apply.diff)
}

/// Reads all files; all that is wrong with them is told at once.
fn read(apply: &Apply, usual_team: Option<&str>) -> Result<Vec<Item>, Failure> {
    let search = Search {
        recursive: apply.recursive,
        outside: apply.allow_outside,
    };
    let loaded = load(&apply.files, search, std::io::stdin());
    let mut faults = loaded.faults;
    let documents = loaded.documents;
    faults.extend(documents.iter().flat_map(template_faults));
    faults.extend(twice(&documents, usual_team));
    if usual_team.is_none() {
        let missing = documents.iter().filter(|document| document.of_team() && document.team().is_none());
        faults.extend(missing.map(|document| document.place.fault("no team is known: name one here with `team`, or with --team")));
    }
    told(faults)?;
    if documents.is_empty() {
        return Err(Failure::usage("the files have no documents"));
    }
    let item = |document: Document| Item {
        team: document
            .team()
            .or(usual_team.filter(|_| document.of_team()))
            .unwrap_or_default()
            .to_owned(),
        document,
    };
    let mut items: Vec<Item> = documents.into_iter().map(item).collect();
    items.sort_by_key(|item| item.document.kind());
    Ok(items)
}

/// What is wrong with a job's pod templates by themselves; what their target refuses, the server says.
fn template_faults(document: &Document) -> Vec<Fault> {
    let Body::Job(job) = &document.body else { return Vec::new() };
    let of = |(role, template): (Role, Template<'_>)| {
        let text = template.text.unwrap_or_default().to_owned();
        let checked = if text.trim().is_empty() {
            Ok(Vec::new())
        } else {
            manifests::check_job_template(&PodTemplate { role, of_job: true, text }, None)
        };
        let field = if template.from.is_some() {
            template.from_field
        } else {
            template.field
        };
        let told = checked.err().unwrap_or_default().into_iter().map(move |fault| match fault.subject {
            Subject::JobTemplate(_, at) if at.line > 0 => format!("{field}: line {}, column {}: {}", at.line, at.column, fault.message),
            _ => format!("{field}: {}", fault.message),
        });
        told.map(|told| document.at(field).fault(told)).collect::<Vec<_>>()
    };
    let roles = [Role::JobManager, Role::TaskManager];
    roles.into_iter().zip(job.templates()).flat_map(of).collect()
}

/// Ends with all faults, in the order of files and lines, if there are any.
fn told(mut faults: Vec<Fault>) -> Result<(), Failure> {
    faults.sort();
    faults.dedup();
    for fault in faults.iter().take(MOST_TOLD) {
        eprintln!("{fault}");
    }
    if faults.len() > MOST_TOLD {
        eprintln!("… and {} more", faults.len() - MOST_TOLD);
    }
    match faults.len() {
        0 => Ok(()),
        1 => Err(Failure::usage("1 fault; nothing was changed")),
        n => Err(Failure::usage(format!("{n} faults; nothing was changed"))),
    }
}

async fn teams(client: &Client, items: &[Item]) -> Result<BTreeMap<String, Team>, Failure> {
    let mut teams = BTreeMap::new();
    for name in items.iter().map(|item| &item.team) {
        if teams.contains_key(name) {
            continue;
        }
        let team = if name.is_empty() {
            Team::none(client.clone())
        } else {
            Team::read(client.of_team(name)).await?
        };
        teams.insert(name.clone(), team);
    }
    Ok(teams)
}

/// Compares every document with what the server has.
async fn plan(apply: &Apply, items: Vec<Item>, teams: &BTreeMap<String, Team>) -> Result<Vec<Planned>, Failure> {
    told(
        items
            .iter()
            .filter_map(|item| misplaced(item, &items, &teams[&item.team]))
            .collect(),
    )?;
    let mut all = Vec::new();
    let mut findings = Vec::new();
    let mut coming = Coming::default();
    for item in items {
        let planned = compare(apply, item, teams, &mut coming).await?;
        let released = planned.plan.steps.contains(&Step::Release) && planned.missing.is_empty();
        if let Some(job) = planned.job.as_ref().filter(|_| released) {
            findings.extend(check(&teams[&planned.item.team], job, &planned.item.document).await?);
        }
        all.push(planned);
    }
    judged(apply, &findings)?;
    Ok(all)
}

/// Compares one document with what the server has.
async fn compare(apply: &Apply, item: Item, teams: &BTreeMap<String, Team>, coming: &mut Coming) -> Result<Planned, Failure> {
    let team = &teams[&item.team];
    let mut planned = Planned {
        plan: Plan::default(),
        now: None,
        revision: 0,
        job: None,
        missing: Vec::new(),
        item,
    };
    let document = &planned.item.document;
    match &document.body {
        Body::Artifact(artifact) => planned.plan = jar::plan(team, artifact, &document.files["file"], coming).await?,
        Body::Cluster(cluster) => planned.plan = cluster::plan(team, document, cluster, coming).await?,
        Body::Target(target) => planned.plan = target::plan(&team.client, document, target).await?,
        Body::Job(job) => {
            let choices = Choices {
                no_release: apply.no_release,
                roll_out: apply.roll_out,
                stop: apply.stop,
            };
            let mut found = team.job(&job.name).await?;
            let (job, missing) = jar::located(team, document, job, found.as_ref().map(|found| &found.now.draft)).await?;
            if let Some(found) = &mut found {
                found.now.newer = jar::newer(team, &job, &found.pinned, coming).await?;
            }
            planned.plan = files::plan::job(&job, found.as_ref().map(|found| &found.now), choices);
            planned.revision = found.as_ref().map_or(0, |found| found.now.revision);
            planned.now = found.map(|found| found.job);
            planned.job = Some(job);
            planned.missing = missing;
        }
    }
    Ok(planned)
}

/// What is wrong with the cluster that a job names.
fn misplaced(item: &Item, all: &[Item], team: &Team) -> Option<Fault> {
    let Body::Job(job) = &item.document.body else { return None };
    let name = job.cluster.as_ref()?;
    let same_team = all.iter().filter(|other| other.team == item.team);
    let mut described = same_team.filter_map(|other| match &other.document.body {
        Body::Cluster(cluster) if cluster.name == *name => Some(cluster),
        _ => None,
    });
    let (described, there) = (described.next_back(), team.clusters.get(name));
    if described.is_none() && there.is_none() {
        let known: Vec<&str> = team.clusters.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = format!(
            "cluster: team '{}' has no '{name}', and no file describes it (there are: {known})",
            item.team
        );
        return Some(item.document.at("cluster").fault(message));
    }
    let version = there.and_then(|cluster| cluster["flinkVersion"].as_str());
    let version = version.or_else(|| described.and_then(|cluster| cluster.flink.as_deref()))?;
    let wanted = job.flink.as_ref()?;
    let fits = version == wanted || version.starts_with(&format!("{wanted}."));
    let message = format!("flink: expected Flink {wanted}, and cluster '{name}' has {version}");
    (!fits).then(|| item.document.at("flink").fault(message))
}

/// What Flink's planner says of a script that is to be released, where its cluster is there already.
async fn check(team: &Team, job: &Job, document: &Document) -> Result<Vec<(bool, String)>, Failure> {
    let (Some(sql), Some(cluster)) = (&job.sql, &job.cluster) else {
        return Ok(Vec::new());
    };
    if !team.clusters.contains_key(cluster) {
        return Ok(Vec::new());
    }
    let mut body = json!({ "sql": sql, "cluster": cluster, "configuration": job.config });
    if !job.jars.is_empty() {
        body["jars"] = spec(job)["jars"].take();
    }
    let answer = team
        .client
        .exchange(Method::POST, &team.client.team_path("/check")?, Some(&body), &[])
        .await?;
    // Where nothing can judge, the release itself says so.
    let findings = answer.body["findings"].as_array().cloned().unwrap_or_default();
    let worth = findings.iter().filter(|finding| at(finding, "severity") != "info");
    Ok(worth.map(|finding| placed(document, finding)).collect())
}

fn placed(document: &Document, finding: &Value) -> (bool, String) {
    let number = |key: &str| {
        finding[key]
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(1)
            .max(1)
    };
    let key = at(finding, "field").strip_prefix("configuration.");
    let place = match key {
        Some(key) => document.at(&format!("config.{key}")).to_string(),
        None => document.in_script(number("line"), number("column")),
    };
    let suggestion = at(finding, "suggestion");
    let mut text = format!(
        "{place}: {}[{}]: {}",
        at(finding, "severity"),
        at(finding, "code"),
        at(finding, "message")
    );
    if !suggestion.is_empty() {
        text.push_str(&format!(". {suggestion}"));
    }
    (at(finding, "severity") == "error", text)
}

/// Shows what the planner found; errors end it before anything is changed.
fn judged(apply: &Apply, findings: &[(bool, String)]) -> Result<(), Failure> {
    for (_, text) in findings {
        eprintln!("{text}");
    }
    let errors = findings.iter().filter(|(error, _)| *error).count();
    if errors > 0 && !apply.override_errors && !apply.no_release {
        let word = if errors == 1 { "error" } else { "errors" };
        return Err(Failure::answer_no(format!(
            "{errors} {word} in scripts; nothing was changed. Mend them, or apply with --override-errors"
        )));
    }
    Ok(())
}

async fn carry_out(apply: &Apply, team: &Team, planned: &Planned, done: &mut Done) -> Result<(), Failure> {
    let document = &planned.item.document;
    match &document.body {
        Body::Artifact(artifact) if planned.plan.steps.contains(&Step::Create) => {
            done.words.push(jar::put(team, artifact, &document.files["file"]).await?);
        }
        Body::Artifact(_) => {}
        Body::Cluster(cluster) => {
            for step in &planned.plan.steps {
                cluster::step(team, (document, cluster.as_ref()), step, done).await?;
            }
        }
        Body::Target(target) => {
            for step in &planned.plan.steps {
                target::step(&team.client, (document, target.as_ref()), step, done).await?;
            }
        }
        Body::Job(named) => {
            let mut job = planned.job.clone().unwrap_or_else(|| named.as_ref().clone());
            done.words.extend(jar::bring(team, &mut job, &planned.missing).await?);
            let mut steps = JobSteps {
                team,
                job: &job,
                now: planned.now.clone(),
                revision: planned.revision,
                note: format!("Applied from {}", document.place.file),
                override_errors: apply.override_errors,
            };
            for step in &planned.plan.steps {
                steps.step(step, done).await?;
            }
        }
    }
    if apply.wait {
        for operation in done.operations.drain(..).collect::<Vec<_>>() {
            let ended = operation::follow(&team.client, operation).await?;
            done.words.push(format!("{} done", at(&ended, "kind")));
        }
    }
    Ok(())
}
