//! Jars: upload, list, delete, run. Bodies are judged as the version judges them.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequest, Multipart, Path, Request, State};
use axum::http::{StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::flink_version::VersionNumber;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Refusal};
use crate::clock;
use crate::cluster::{Cluster, Jar};
use crate::flink::Shared;
use crate::job::Job;
use crate::listen::Breaker;

/// Where the simulated JobManager pretends to keep its jars.
const UPLOADS: &str = "/tmp/flink-web-upload";

pub(crate) async fn list(State(shared): State<Shared>) -> Json<Value> {
    let cluster = shared.lock();
    let files = cluster.jars.iter().map(|(id, jar)| {
        json!({"id": id, "name": jar.name, "uploaded": jar.uploaded, "entry": [{"name": "io.streamwright.runner.SqlRunner", "description": null}]})
    });
    Json(json!({"address": "http://127.0.0.1", "files": files.collect::<Vec<_>>()}))
}

pub(crate) async fn upload(State(shared): State<Shared>, request: Request) -> Answer {
    if request.headers().contains_key(header::EXPECT) {
        return Err(Refusal(StatusCode::EXPECTATION_FAILED, vec!["Expectation Failed".to_owned()]));
    }
    let unreadable = || Refusal::bad_request("File upload failed.");
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
    let mut names = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.file_name().unwrap_or_default().to_owned();
        field.bytes().await.map_err(|_| unreadable())?;
        names.push(name);
    }
    let [name] = names.as_slice() else {
        return Err(Refusal::bad_request(format!(
            "Exactly 1 file must be sent, received {}.",
            names.len()
        )));
    };
    if std::path::Path::new(name).extension().is_none_or(|extension| extension != "jar") {
        return Err(Refusal::bad_request("Only Jar files are allowed."));
    }
    let id = format!("{}_{name}", uuid::Uuid::now_v7());
    shared.lock().jars.insert(
        id.clone(),
        Jar {
            name: name.clone(),
            uploaded: clock::now(),
        },
    );
    Ok(Json(json!({"filename": format!("{UPLOADS}/{id}"), "status": "success"})))
}

pub(crate) async fn remove(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    match shared.lock().jars.remove(&id) {
        Some(_) => Ok(Json(json!({}))),
        None => Err(no_jar(&id, StatusCode::BAD_REQUEST)),
    }
}

fn no_jar(id: &str, status: StatusCode) -> Refusal {
    Refusal(
        status,
        vec![format!(
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Jar file {UPLOADS}/{id} does not exist"
        )],
    )
}

/// Body of `/jars/:id/run`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RunBody {
    program_args_list: Option<Vec<String>>,
    parallelism: Option<u32>,
    job_id: Option<String>,
    savepoint_path: Option<String>,
    flink_configuration: BTreeMap<String, String>,
}

/// Reads the body as the version does: a field that it does not know is refused up to 1.19, ignored later.
fn read(bytes: &[u8], version: VersionNumber) -> Result<RunBody, Refusal> {
    let format = || Refusal::bad_request("Request did not match expected format JarRunRequestBody.");
    if bytes.is_empty() {
        return Ok(RunBody::default());
    }
    let mut body: serde_json::Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| format())?;
    let known = |field: &str| match field {
        "entryClass" | "programArgsList" | "parallelism" | "jobId" | "allowNonRestoredState" | "savepointPath" => true,
        "programArgs" => !version.at_least(2, 0),
        "restoreMode" => version.at_least(1, 15),
        "flinkConfiguration" => version.at_least(1, 17),
        "claimMode" => version.at_least(1, 20),
        _ => false,
    };
    if !version.at_least(1, 20) && body.keys().any(|field| !known(field)) {
        return Err(format());
    }
    body.retain(|field, value| known(field) && !value.is_null());
    serde_json::from_value(Value::Object(body)).map_err(|_| format())
}

pub(crate) async fn run(
    State(shared): State<Shared>,
    ConnectInfo(breaker): ConnectInfo<Breaker>,
    Path(jar): Path<String>,
    bytes: axum::body::Bytes,
) -> Answer {
    let (job, incarnation) = {
        let mut cluster = shared.lock();
        let job = prepare(&cluster, &jar, &bytes)?;
        *cluster.main_executions.entry(job.id.clone()).or_default() += 1;
        (job, cluster.incarnation.clone())
    };
    tokio::time::sleep(Duration::from_millis(job.plan.main_ms)).await;
    let mut cluster = shared.lock();
    if cluster.incarnation != incarnation {
        // That JobManager died while main ran.
        breaker.trip();
        return Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, Vec::new()));
    }
    submit(&mut cluster, job)
}

fn prepare(cluster: &Cluster, jar: &str, bytes: &[u8]) -> Result<Job, Refusal> {
    let body = read(bytes, cluster.version)?;
    if !cluster.jars.contains_key(jar) {
        return Err(no_jar(jar, StatusCode::NOT_FOUND));
    }
    let id = body.job_id.unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string());
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::bad_request("Request did not match expected format JarRunRequestBody."));
    }
    let (script_name, mut configuration) = script(body.program_args_list.as_deref().unwrap_or_default());
    configuration.extend(body.flink_configuration);
    let name = configuration
        .get("pipeline.name")
        .cloned()
        .or(script_name)
        .unwrap_or_else(|| "Flink Streaming Job".to_owned());
    let parallelism = body
        .parallelism
        .or_else(|| configuration.get("parallelism.default")?.parse().ok())
        .unwrap_or(1);
    let plan = cluster.plan_for(&name);
    let mut job = Job::new(id, name, plan, parallelism, clock::now());
    job.configuration = configuration;
    job.restored_from = body.savepoint_path;
    Ok(job)
}

fn submit(cluster: &mut Cluster, mut job: Job) -> Answer {
    let now = cluster.settle();
    if let Some(thrown) = &job.plan.main_error {
        let invoked = "org.apache.flink.client.program.ProgramInvocationException: The main method caused an error";
        return Err(Refusal::bad_request(format!(
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application.\nCaused by: {invoked}: {thrown}\nCaused by: {thrown}"
        )));
    }
    let refuses_ended = cluster.version.capabilities().refuses_used_job_id;
    if cluster.jobs.get(&job.id).is_some_and(|known| !known.state.ended() || refuses_ended) {
        return Err(Refusal::bad_request(
            "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application.\nCaused by: org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: Failed to execute job\nCaused by: org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job has already been submitted.",
        ));
    }
    job.since = now;
    job.started_at = now;
    job.times = BTreeMap::from([(job.state, now)]);
    let id = job.id.clone();
    cluster.add(job);
    Ok(Json(json!({"jobid": id})))
}

/// Name and configuration in the arguments of the SQL runner: `--script <base64 of gzip of JSON>`.
fn script(arguments: &[String]) -> (Option<String>, BTreeMap<String, String>) {
    let read = || -> Option<Value> {
        let packed = arguments.iter().skip_while(|argument| *argument != "--script").nth(1)?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(STANDARD.decode(packed).ok()?.as_slice())
            .read_to_string(&mut text)
            .ok()?;
        serde_json::from_str(&text).ok()
    };
    let Some(script) = read() else { return (None, BTreeMap::new()) };
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let configuration = script["configuration"]
        .as_object()
        .map(|fields| fields.iter().filter_map(pair).collect());
    (script["name"].as_str().map(ToOwned::to_owned), configuration.unwrap_or_default())
}
