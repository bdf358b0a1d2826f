//! Doing the steps of a plan, one document after the other.

use files::document::{Job, Mode};
use files::plan::Step;
use files::read::{Jar, jar};
use files::restart::Restart;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::now::Team;
use crate::failure::Failure;
use crate::remote::client::refusal;
use crate::remote::job::path;
use crate::remote::print::{at, show};

/// What one document was brought to.
#[derive(Debug, Default)]
pub struct Done {
    /// What was done, in words.
    pub words: Vec<String>,
    /// Operations that go on.
    pub operations: Vec<Value>,
}

/// What a job's specification is for the API.
#[must_use]
pub fn spec(job: &Job) -> Value {
    let mut body = json!({ "clusterId": job.cluster, "targetId": job.target, "mode": job.mode, "parallelism": job.parallelism, "configuration": job.config });
    // On a session cluster the version is the cluster's, and only compared with.
    if job.mode == Mode::Application {
        body["flinkVersion"] = json!(job.flink);
    }
    body["jobManagerTemplate"] = json!(job.job_manager_template);
    body["taskManagerTemplate"] = json!(job.task_manager_template);
    if job.jar.is_none() && job.jar_uri.is_none() {
        body["sql"] = json!(job.sql.as_deref().unwrap_or_default());
    } else {
        body["jar"] = json!(job.jar.as_deref().map(artifact));
        body["jarUri"] = json!(job.jar_uri);
        body["entryClass"] = json!(job.entry_class);
        body["args"] = json!(job.args);
    }
    if !job.jars.is_empty() {
        body["jars"] = job.jars.iter().map(|jar| artifact(jar)).collect();
    }
    if let Some(keys) = body.as_object_mut() {
        keys.retain(|_, value| !value.is_null());
    }
    body
}

/// An artifact as a document names it, for the API.
pub fn artifact(text: &str) -> Value {
    match jar(text) {
        Jar::Known(known) => match known.version {
            Some(version) => json!({ "name": known.name, "version": version }),
            None => json!({ "name": known.name }),
        },
        Jar::File(file) => json!({ "name": file }),
    }
}

/// Brings a job to its document.
pub struct JobSteps<'a> {
    /// The team.
    pub team: &'a Team,
    /// The document.
    pub job: &'a Job,
    /// The job as it was read; none before it is made.
    pub now: Option<Value>,
    /// The draft revision that was read, and after a save the new one.
    pub revision: i64,
    /// The line that a release gets.
    pub note: String,
    /// Release in spite of errors.
    pub override_errors: bool,
}

impl JobSteps<'_> {
    fn path(&self, rest: &str) -> String {
        let id = self.now.as_ref().map_or(self.job.name.as_str(), |job| at(job, "id"));
        path(id, rest)
    }

    /// Does one step.
    ///
    /// # Errors
    /// As the server says.
    pub async fn step(&mut self, step: &Step, done: &mut Done) -> Result<(), Failure> {
        let client = &self.team.client;
        match step {
            Step::Create => {
                let job = self.job;
                let body = json!({ "name": job.name, "description": job.description, "labels": job.labels, "spec": spec(job) });
                self.now = Some(client.post("/jobs", &body).await?);
                self.revision = 1;
                done.words.push("created".to_owned());
            }
            Step::Describe => {
                let body = json!({ "description": self.job.description, "labels": self.job.labels });
                client.send(Method::PATCH, &client.team_path(&self.path(""))?, Some(&body)).await?;
                done.words.push("described".to_owned());
            }
            Step::KeepRunning => {
                if let Some(restart) = &self.job.restart {
                    let route = client.team_path(&self.path("/restart-policy"))?;
                    let policy = json!(Restart::full(&restart.policy()));
                    client.send(Method::PUT, &route, Some(&policy)).await?;
                    done.words.push("restart policy set".to_owned());
                }
            }
            Step::Save => self.save(done).await?,
            Step::Release => {
                let body = json!({ "draftRevision": self.revision, "note": self.note, "overrideErrors": self.override_errors });
                let made = client.post(&self.path("/releases"), &body).await?;
                done.words.push(format!("release {}", show(&made, "number")));
            }
            Step::Start { latest } => {
                let from = if *latest { "latest" } else { "none" };
                self.ask("start", &json!({ "state": { "from": from } }), done).await?;
            }
            Step::Replace => {
                let newest = client.get(&self.path("")).await?["releaseNumber"].clone();
                let body = json!({ "release": newest, "stop": "savepoint", "state": { "from": "latest" } });
                self.ask("replace", &body, done).await?;
            }
            Step::Stop => self.ask("stop", &json!({ "mode": "savepoint" }), done).await?,
            // Of clusters and targets only.
            Step::Connect | Step::Jars | Step::Change | Step::Grant => {}
        }
        Ok(())
    }

    async fn save(&mut self, done: &mut Done) -> Result<(), Failure> {
        let client = &self.team.client;
        let tag = format!("\"{}\"", self.revision);
        let route = client.team_path(&self.path("/draft"))?;
        let saved = client
            .exchange(Method::PUT, &route, Some(&spec(self.job)), &[("if-match", &tag)])
            .await?;
        if saved.status == StatusCode::PRECONDITION_FAILED {
            return Err(Failure::refused(
                "somebody has saved its draft meanwhile; nothing was overwritten: look at the difference and apply again",
            ));
        }
        if !saved.status.is_success() {
            return Err(refusal(&saved));
        }
        self.revision = saved.body["revision"].as_i64().unwrap_or_default();
        done.words.push(format!("draft {}", self.revision));
        Ok(())
    }

    /// Asks for an operation, once: the key is made of what the job was when it was looked at.
    async fn ask(&self, verb: &str, body: &Value, done: &mut Done) -> Result<(), Failure> {
        let client = &self.team.client;
        let now = client.get(&self.path("")).await?;
        let key = format!("apply-{verb}-{}-{}", at(&now, "id"), show(&now, "revision"));
        let route = client.team_path(&self.path(&format!("/{verb}")))?;
        let answer = client
            .exchange(Method::POST, &route, Some(body), &[("idempotency-key", &key)])
            .await?;
        if !answer.status.is_success() {
            return Err(refusal(&answer));
        }
        done.words.push(format!("{verb} accepted ({})", at(&answer.body, "id")));
        done.operations.push(answer.body);
        Ok(())
    }
}
