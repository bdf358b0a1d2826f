//! `streamwright job …`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::target::MAX_TEMPLATE_BYTES;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::bulk::{self, Ask};
use super::client::{Client, escape};
use super::print::{self, at, items, show, table};
use super::target::file_text;
use super::{evidence, log, manifests, operation, restart};
use crate::cli::{JarName, JobCommand, JobCreate, JobEdit, JobOnly, JobStart, ProgramName, Spec, Stop};
use crate::failure::Failure;

/// Runs `job …`.
///
/// # Errors
/// As the server says.
pub async fn run(command: JobCommand) -> Result<(), Failure> {
    match command {
        JobCommand::Create(create) => self::create(create).await,
        JobCommand::Edit(edit) => self::edit(edit).await,
        JobCommand::List { search, labels, server } => {
            let client = Client::of(&server)?;
            let search = search.map_or_else(String::new, |text| format!("&search={}", escape(&text)));
            let page = client.get(&format!("/jobs{}{search}", bulk::query(&labels))).await?;
            print::body(client.format, &page, list);
            Ok(())
        }
        JobCommand::Show(only) => shown(&only, "", one).await,
        JobCommand::Label { job, labels, server } => self::label(&Client::of(&server)?, &job, &labels).await,
        JobCommand::Release {
            jobs,
            note,
            override_errors,
            server,
        } => {
            let body = json!({ "note": note.unwrap_or_default(), "overrideErrors": override_errors });
            bulk::ask(&server, &jobs, Ask::of("release", "/releases", body)).await
        }
        JobCommand::Start(start) => self::start(start, None).await,
        JobCommand::Restart { stop, start } => self::start(start, Some(stop)).await,
        JobCommand::Stop { jobs, mode, wait, server } => {
            let verb = if mode == Stop::Cancel { "cancel" } else { "stop" };
            let ask = Ask::of(verb, "/stop", json!({ "mode": mode.word() }));
            bulk::ask(&server, &jobs, ask.wait(wait)).await
        }
        JobCommand::Savepoint { jobs, wait, server } => {
            bulk::ask(&server, &jobs, Ask::of("savepoint", "/savepoint", json!({})).wait(wait)).await
        }
        JobCommand::Adopt {
            job,
            flink_job_id,
            release,
            wait,
            server,
        } => {
            let client = Client::of(&server)?;
            let mut body = json!({ "flinkJobId": flink_job_id });
            if let Some(release) = release {
                body["release"] = json!(release);
            }
            let adopted = client.post(&path(&job, "/adopt"), &body).await?;
            operation::accepted(&client, adopted, wait).await
        }
        JobCommand::RestartPolicy(policy) => restart::run(policy).await,
        JobCommand::Snapshots(only) => shown(&only, "/snapshots", snapshots).await,
        JobCommand::Runs(only) => shown(&only, "/runs", runs).await,
        JobCommand::Manifests {
            job,
            release,
            run,
            diff,
            server,
        } => manifests::run(&Client::of(&server)?, &job, (release, run), diff).await,
        JobCommand::Evidence { job, run, log, server } => evidence::run(&Client::of(&server)?, &job, run, log).await,
        JobCommand::Logs { job, log: choice } => log::run(&path(&job, ""), choice).await,
        JobCommand::Delete { jobs, wait, server } => {
            let ask = Ask {
                method: Method::DELETE,
                ..Ask::of("delete", "", Value::Null)
            };
            bulk::ask(&server, &jobs, ask.wait(wait)).await
        }
    }
}

/// Reads what is below a job, and prints it.
async fn shown(only: &JobOnly, rest: &str, text: fn(&Value) -> String) -> Result<(), Failure> {
    let client = Client::of(&only.server)?;
    let found = client.get(&path(&only.job, rest)).await?;
    print::body(client.format, &found, text);
    Ok(())
}

/// A path below a job.
#[must_use]
pub fn path(job: &str, rest: &str) -> String {
    format!("/jobs/{}{rest}", escape(job))
}

/// A script from a file or standard input; text that is not UTF-8 is refused with its place.
pub fn script(file: &Path) -> Result<String, Failure> {
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    let bytes = bytes.map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::usage(format!(
            "{} is not UTF-8: the first bad byte is in line {line} (offset {place}); save it as UTF-8",
            file.display()
        ))
    })
}

async fn create(create: JobCreate) -> Result<(), Failure> {
    let client = Client::of(&create.server)?;
    let mut spec = json!({ "sql": "" });
    change(&client, &mut spec, &create.spec).await?;
    let labels: BTreeMap<String, String> = create.labels.into_iter().collect();
    let body = json!({ "name": create.name, "description": create.description.unwrap_or_default(), "labels": labels, "spec": spec });
    let job = client.post("/jobs", &body).await?;
    print::body(client.format, &job, |job| {
        format!("Created job {}  {}\n", at(job, "name"), at(job, "id"))
    });
    Ok(())
}

/// Sets and removes labels; the others stay.
async fn label(client: &Client, job: &str, changes: &[String]) -> Result<(), Failure> {
    let now = client.get(&path(job, "")).await?;
    let mut labels: BTreeMap<String, String> = serde_json::from_value(now["labels"].clone()).unwrap_or_default();
    for change in changes {
        match (change.split_once('='), change.strip_suffix('-')) {
            (Some((key, value)), _) => drop(labels.insert(key.to_owned(), value.to_owned())),
            (None, Some(key)) => drop(labels.remove(key)),
            (None, None) => return Err(Failure::usage(format!("'{change}' is neither KEY=VALUE nor KEY-"))),
        }
    }
    let changed = client
        .send(
            Method::PATCH,
            &client.team_path(&path(job, ""))?,
            Some(&json!({ "labels": labels })),
        )
        .await?;
    print::body(client.format, &changed.body, one);
    Ok(())
}

async fn edit(edit: JobEdit) -> Result<(), Failure> {
    let client = Client::of(&edit.server)?;
    let draft_path = client.team_path(&path(&edit.job, "/draft"))?;
    let current = client.exchange(Method::GET, &draft_path, None, &[]).await?;
    let found = current.status == StatusCode::OK;
    let mut spec = if found {
        current.body["spec"].clone()
    } else {
        json!({ "sql": "" })
    };
    change(&client, &mut spec, &edit.spec).await?;
    let revision = edit
        .revision
        .or_else(|| current.body["revision"].as_i64().filter(|_| found))
        .unwrap_or(0);
    let tag = format!("\"{revision}\"");
    let saved = client
        .exchange(Method::PUT, &draft_path, Some(&spec), &[("if-match", &tag)])
        .await?;
    if saved.status == StatusCode::PRECONDITION_FAILED {
        let newest = saved.body["current"]["revision"].as_i64().unwrap_or_default();
        return Err(Failure::refused(format!(
            "somebody saved revision {newest} after the revision {revision} that you changed; read it, then edit again with --revision {newest}"
        )));
    }
    if !saved.status.is_success() {
        client.send(Method::PUT, &draft_path, Some(&spec)).await?;
    }
    print::body(client.format, &saved.body, |draft| {
        format!("Saved draft {} of {}\n", show(draft, "revision"), edit.job)
    });
    Ok(())
}

/// What the job does, and the jars beside it. A script takes the place of a program, and the other way round.
fn code(spec: &mut Value, with: &Spec) -> Result<(), Failure> {
    if let Some(file) = &with.sql {
        spec["sql"] = Value::String(script(file)?);
        forget(spec, &["jar", "jarUri", "entryClass", "args"]);
    }
    match &with.jar {
        Some(ProgramName::Artifact(jar)) => {
            spec["jar"] = jar.body();
            forget(spec, &["sql", "jarUri"]);
        }
        Some(ProgramName::Uri(uri)) => {
            spec["jarUri"] = json!(uri);
            forget(spec, &["sql", "jar"]);
        }
        None => {}
    }
    if let Some(class) = &with.entry_class {
        spec["entryClass"] = json!(class);
    }
    if !with.args.is_empty() {
        spec["args"] = json!(with.args);
    }
    if with.without_jars || !with.with.is_empty() {
        spec["jars"] = with.with.iter().map(JarName::body).collect();
    }
    Ok(())
}

/// Takes fields away that what was named leaves no place for.
fn forget(spec: &mut Value, fields: &[&str]) {
    if let Some(spec) = spec.as_object_mut() {
        fields.iter().for_each(|field| drop(spec.remove(*field)));
    }
}

async fn change(client: &Client, spec: &mut Value, with: &Spec) -> Result<(), Failure> {
    code(spec, with)?;
    if let Some(cluster) = &with.cluster {
        let found = client.get(&format!("/clusters/{}", escape(cluster))).await?;
        spec["clusterId"] = found["id"].clone();
        spec["mode"] = json!("session");
        forget(spec, &["targetId", "flinkVersion", "jobManagerTemplate", "taskManagerTemplate"]);
    }
    if let Some(target) = &with.target {
        spec["targetId"] = json!(target);
        spec["mode"] = json!("application");
        forget(spec, &["clusterId"]);
    }
    if let Some(version) = &with.flink {
        spec["flinkVersion"] = json!(version);
    }
    templates(spec, (&with.job_manager_template, &with.task_manager_template))?;
    if let Some(parallelism) = with.parallelism {
        spec["parallelism"] = json!(parallelism);
    }
    if !with.configuration.is_empty() {
        let mut configuration = Map::new();
        for (key, value) in &with.configuration {
            if configuration.insert(key.clone(), Value::String(value.clone())).is_some() {
                return Err(Failure::usage(format!("--config sets {key} twice")));
            }
        }
        spec["configuration"] = Value::Object(configuration);
    }
    Ok(())
}

/// Writes pod templates over those of a body: the texts of files, or nothing where no file is named.
///
/// # Errors
/// Exit code 2 when one cannot be read, is too long, empty or not text.
pub fn templates(body: &mut Value, (job_manager, task_manager): (&Option<PathBuf>, &Option<PathBuf>)) -> Result<(), Failure> {
    for (key, flag, file) in [
        ("jobManagerTemplate", "--job-manager-template", job_manager),
        ("taskManagerTemplate", "--task-manager-template", task_manager),
    ] {
        match file {
            Some(file) if file.as_os_str().is_empty() => body[key] = Value::Null,
            Some(file) => body[key] = json!(file_text(flag, file, MAX_TEMPLATE_BYTES)?),
            None => {}
        }
    }
    Ok(())
}

/// A new release with the jars that it pins.
#[must_use]
pub fn released(job: &str, release: &Value) -> String {
    let mut text = format!("Release {} of {job}, digest {}\n", show(release, "number"), at(release, "digest"));
    for jar in release["artifacts"].as_array().into_iter().flatten() {
        text.push_str(&format!("  {}@{}  {}\n", at(jar, "name"), show(jar, "version"), at(jar, "digest")));
    }
    text
}

async fn start(start: JobStart, stop: Option<Stop>) -> Result<(), Failure> {
    let mut body = json!({
        "allowNonRestoredState": start.allow_non_restored_state,
        "claimMode": if start.claim { "CLAIM" } else { "NO_CLAIM" },
    });
    if let Some(from) = &start.from {
        body["state"] = state(from);
    } else if stop == Some(Stop::Cancel) {
        body["state"] = state("none");
    }
    if let Some(release) = start.release {
        body["release"] = json!(release);
    }
    if let Some(parallelism) = start.parallelism {
        body["parallelism"] = json!(parallelism);
    }
    let ask = if let Some(stop) = stop {
        body["stop"] = json!(stop.word());
        Ask::of("replace", "/replace", body)
    } else {
        Ask::of("start", "/start", body)
    };
    bulk::ask(&start.server, &start.jobs, ask.wait(start.wait)).await
}

/// What a start goes on from unless told: the newest snapshot, where the job has one and had not come to its own end.
///
/// # Errors
/// As the server says.
pub async fn usual_state(client: &Client, job: &str) -> Result<Value, Failure> {
    let found = client.get(&path(job, "")).await?;
    let page = client.get(&path(job, "/snapshots")).await?;
    let usable = |snapshot: &&Value| matches!(at(snapshot, "state"), "complete" | "unverified");
    let known = items(&page);
    Ok(match known.iter().find(usable) {
        Some(newest) if at(&found, "status/label") != "finished" => {
            let (kind, time) = (at(newest, "kind"), show(newest, "createdAt"));
            eprintln!("  {job} goes on from its newest snapshot, the {kind} of {time}; `--from none` starts it without state");
            state("latest")
        }
        _ => state("none"),
    })
}

/// `--from` as the API takes it.
fn state(from: &str) -> Value {
    match from {
        "none" | "latest" => json!({ "from": from }),
        id if id.starts_with("snapshot_") => json!({ "from": "snapshot", "snapshotId": id }),
        path => json!({ "from": "path", "path": path }),
    }
}

fn list(page: &Value) -> String {
    let row = |job: &Value| {
        vec![
            show(job, "name"),
            show(job, "status/label"),
            show(job, "cluster/name"),
            show(job, "run/releaseNumber"),
            show(job, "status/sentence"),
        ]
    };
    table(
        &["NAME", "STATE", "CLUSTER", "RELEASE", "WHY"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}

fn one(job: &Value) -> String {
    let mut text = format!("{}  {}\n", at(job, "name"), at(job, "id"));
    text.push_str(&format!("state     {}: {}\n", at(job, "status/label"), at(job, "status/sentence")));
    text.push_str(&format!("evidence  {}\n", at(job, "status/evidence")));
    for condition in job.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten() {
        text.push_str(&format!("!         {}\n", at(condition, "sentence")));
    }
    let labels = job["labels"].as_object().into_iter().flatten();
    let labels: Vec<String> = labels
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    if !labels.is_empty() {
        text.push_str(&format!("labels    {}\n", labels.join(" ")));
    }
    text.push_str(&format!("cluster   {}\n", show(job, "cluster/name")));
    text.push_str(&print::web_address(job, "web UI    "));
    text.push_str(&format!(
        "run       {} (release {}), Flink job {}\n",
        show(job, "run/id"),
        show(job, "run/releaseNumber"),
        show(job, "run/flinkJobId")
    ));
    text.push_str(&format!(
        "newest    release {}, draft {}\n",
        show(job, "releaseNumber"),
        show(job, "draftRevision")
    ));
    text
}

fn runs(page: &Value) -> String {
    let row = |run: &Value| {
        let outcome = run["outcome"].as_str().unwrap_or("live");
        vec![
            show(run, "id"),
            show(run, "releaseNumber"),
            show(run, "attempt"),
            show(run, "startedAt"),
            show(run, "endedAt"),
            outcome.to_owned(),
            show(run, "reason"),
        ]
    };
    table(
        &["ID", "RELEASE", "ATTEMPT", "STARTED", "ENDED", "OUTCOME", "WHY"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}

fn snapshots(page: &Value) -> String {
    let row = |snapshot: &Value| {
        vec![
            show(snapshot, "id"),
            show(snapshot, "kind"),
            show(snapshot, "state"),
            show(snapshot, "createdAt"),
            show(snapshot, "path"),
        ]
    };
    table(
        &["ID", "KIND", "STATE", "TIME", "PATH"],
        &items(page).iter().map(row).collect::<Vec<_>>(),
    )
}
