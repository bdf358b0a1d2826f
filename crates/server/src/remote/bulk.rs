//! One request for one job, or the same for all that have labels, with a table of what became of each.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::job::{path, released, usual_state};
use super::operation;
use super::print::{self, at, show, table};
use crate::cli::{Format, Jobs, Server, Wait};
use crate::failure::Failure;

/// What is asked of each job.
pub struct Ask {
    /// Its word among the actions of a job.
    pub verb: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path below the job.
    pub rest: &'static str,
    /// What is sent.
    pub body: Value,
    /// Whether to wait.
    pub wait: Wait,
}

impl Ask {
    /// A request that is posted.
    #[must_use]
    pub const fn of(verb: &'static str, rest: &'static str, body: Value) -> Self {
        Self {
            verb,
            method: Method::POST,
            rest,
            body,
            wait: Wait { wait: false },
        }
    }

    /// The same, with waiting.
    #[must_use]
    pub fn wait(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }
}

/// The query of jobs with labels.
#[must_use]
pub fn query(labels: &[(String, String)]) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let chosen = if pairs.is_empty() {
        String::new()
    } else {
        format!("&labels={}", escape(&pairs.join(",")))
    };
    format!("?limit=1000{chosen}")
}

/// Asks one job or many.
///
/// # Errors
/// As the server says for one job; exit code 1 when one of many was refused or failed.
pub async fn ask(server: &Server, jobs: &Jobs, ask: Ask) -> Result<(), Failure> {
    let client = Client::of(server)?;
    let Some(job) = &jobs.job else {
        return many(&client, jobs, &ask).await;
    };
    if jobs.dry_run {
        let found = client.get(&path(job, "")).await?;
        return shown(&client, vec![verdict(&found, ask.verb)]);
    }
    let answer = send(&client, job, &ask).await?;
    if ask.verb == "release" {
        print::body(client.format, &answer, |release| released(job, release));
        return Ok(());
    }
    operation::accepted(&client, answer, ask.wait).await
}

async fn send(client: &Client, job: &str, ask: &Ask) -> Result<Value, Failure> {
    let mut body = ask.body.clone();
    if ask.verb == "start" && body["state"].is_null() {
        body["state"] = usual_state(client, job).await?;
    }
    let body = Some(&body).filter(|body| !body.is_null());
    Ok(client
        .send(ask.method.clone(), &client.team_path(&path(job, ask.rest))?, body)
        .await?
        .body)
}

/// What became of one job.
struct Outcome {
    name: String,
    done: bool,
    result: String,
    body: Value,
}

async fn many(client: &Client, jobs: &Jobs, ask: &Ask) -> Result<(), Failure> {
    let found = client.all("/jobs", &query(&jobs.labels)).await?;
    if found.is_empty() {
        return Err(Failure::answer_no("no job has these labels"));
    }
    if jobs.dry_run {
        return shown(client, found.iter().map(|job| verdict(job, ask.verb)).collect());
    }
    let mut outcomes = Vec::new();
    for job in &found {
        let sent = send(client, at(job, "id"), ask).await;
        outcomes.push(outcome(at(job, "name"), ask.verb, sent)?);
    }
    if ask.wait.wait && ask.verb != "release" {
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.done) {
            finish(client, outcome).await?;
        }
    }
    shown(client, outcomes)
}

/// The answer for one job; only a server that is away ends the whole.
fn outcome(name: &str, verb: &str, sent: Result<Value, Failure>) -> Result<Outcome, Failure> {
    let (done, result, body) = match sent {
        Ok(body) if verb == "release" => (true, format!("release {}", show(&body, "number")), body),
        Ok(body) => (true, format!("{} accepted", at(&body, "id")), body),
        Err(failure) if failure.code == Failure::UNAVAILABLE => return Err(failure),
        Err(failure) => (false, failure.message.replace('\n', " "), Value::Null),
    };
    Ok(Outcome {
        name: name.to_owned(),
        done,
        result,
        body,
    })
}

async fn finish(client: &Client, outcome: &mut Outcome) -> Result<(), Failure> {
    match operation::follow(client, outcome.body.take()).await {
        Ok(operation) => {
            outcome.result = at(&operation, "state").to_owned();
            outcome.body = operation;
        }
        Err(failure) if failure.code == Failure::UNAVAILABLE => return Err(failure),
        Err(failure) => {
            outcome.done = false;
            outcome.result = failure.message.replace('\n', " ");
        }
    }
    Ok(())
}

/// Whether a job would be asked, by the server's own verdict.
fn verdict(job: &Value, verb: &str) -> Outcome {
    let allowed = job.pointer(&format!("/actions/{verb}/allowed")).and_then(Value::as_bool) == Some(true);
    let reason = at(job, &format!("actions/{verb}/reason"));
    Outcome {
        name: at(job, "name").to_owned(),
        done: allowed,
        result: if allowed {
            format!("would {verb}")
        } else {
            format!("not possible: {reason}")
        },
        body: Value::Null,
    }
}

fn shown(client: &Client, outcomes: Vec<Outcome>) -> Result<(), Failure> {
    let failed = outcomes.iter().filter(|outcome| !outcome.done).count();
    if client.format == Format::Json {
        let item =
            |outcome: &Outcome| json!({ "job": outcome.name, "done": outcome.done, "result": outcome.result, "answer": outcome.body });
        println!("{:#}", json!({ "items": outcomes.iter().map(item).collect::<Vec<_>>() }));
    } else {
        let word = |done| if done { "ok" } else { "failed" };
        let row = |outcome: &Outcome| vec![outcome.name.clone(), word(outcome.done).to_owned(), outcome.result.clone()];
        print!("{}", table(&["JOB", "", "RESULT"], &outcomes.iter().map(row).collect::<Vec<_>>()));
    }
    match failed {
        0 => Ok(()),
        n => Err(Failure::answer_no(format!("{n} of {} jobs: not done", outcomes.len()))),
    }
}
