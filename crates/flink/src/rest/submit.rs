//! Submission of a SQL job: the runner's jar is brought to the JobManager once, then run under our job id.
//!
//! Where the jar is, is asked of the JobManager (`GET /jars`); what is remembered in memory is a hint that
//! saves that call. A JobManager that has lost the jar gets it again, once per submission. Fields are exactly
//! those that the version takes: up to 1.19 an unknown one is refused, from 1.20 on it is silently ignored.

use std::collections::HashMap;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::ports::{Endpoint, PortError, Program, Submission};
use domain::run::ClaimMode;
use domain::sql::Statement;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::client::{Client, Patience, resource};
use super::fault::Fault;
use super::field;

/// The runner's main class.
const ENTRY_CLASS: &str = "io.streamwright.runner.SqlRunner";

/// The runner's jar and what is remembered of where it is.
#[derive(Debug)]
pub struct Runner {
    jar: Bytes,
    /// File name with a part of the digest: another build of the runner is another file.
    name: String,
    /// REST address → jar id. A hint: the JobManager may have forgotten.
    known: Mutex<HashMap<String, String>>,
}

impl Runner {
    /// A runner from the bytes of its jar and the digest of them in hex.
    pub fn new(jar: Vec<u8>, digest: &str) -> Self {
        let short: String = digest.chars().take(8).collect();
        Self {
            jar: Bytes::from(jar),
            name: format!("streamwright-runner-{short}.jar"),
            known: Mutex::new(HashMap::new()),
        }
    }

    /// The jar's id on this JobManager, uploaded if it is not there.
    async fn jar_id(&self, client: &Client, rest_url: &str) -> Result<String, PortError> {
        if let Some(id) = self.known.lock().await.get(rest_url) {
            return Ok(id.clone());
        }
        let listed = client
            .get(resource(rest_url, &["jars"])?, Patience::Act)
            .await
            .map_err(|fault| no_jars(fault, rest_url))?;
        let id = match self.listed(&listed) {
            Some(id) => id,
            None => self.upload(client, rest_url).await?,
        };
        self.known.lock().await.insert(rest_url.to_owned(), id.clone());
        Ok(id)
    }

    /// Our jar in the answer of `GET /jars`: Flink puts a UUID before the name to make the id.
    fn listed(&self, jars: &Value) -> Option<String> {
        let ours = field::items(jars, "files")
            .iter()
            .find(|file| field::text(file, "name") == Some(self.name.as_str()))?;
        field::text(ours, "id").map(str::to_owned)
    }

    async fn upload(&self, client: &Client, rest_url: &str) -> Result<String, PortError> {
        let url = resource(rest_url, &["jars", "upload"])?;
        let answer = client
            .upload(url, &self.name, self.jar.clone())
            .await
            .map_err(|fault| no_jars(fault, rest_url))?;
        field::text(&answer, "filename")
            .and_then(|path| path.rsplit('/').next())
            .filter(|id| id.ends_with(&self.name))
            .map(str::to_owned)
            .ok_or_else(|| PortError::Retry(format!("{rest_url} took the runner, but did not say under which id")))
    }

    async fn forget(&self, rest_url: &str) {
        self.known.lock().await.remove(rest_url);
    }
}

fn no_jars(fault: Fault, rest_url: &str) -> PortError {
    match fault {
        Fault::NoRoute(_) => PortError::GiveUp(format!(
            "the JobManager at {rest_url} takes no jars over REST: set 'web.submit.enable: true' in its configuration and restart it"
        )),
        other => other.into(),
    }
}

/// Submits. See [`domain::ports::JobControl::submit`].
pub async fn submit(client: &Client, runner: &Runner, endpoint: &Endpoint, submission: &Submission) -> Result<(), PortError> {
    let body = body(endpoint, submission)?;
    let rest_url = endpoint.rest_url.as_str();
    for attempt in 1..=2 {
        let jar = runner.jar_id(client, rest_url).await?;
        let url = resource(rest_url, &["jars", &jar, "run"])?;
        match client.post(url, &body, Patience::Submit).await {
            Ok(answer) => return check_id(&answer, &submission.flink_job_id),
            // The job with this id is there already: this submission was sent before.
            Err(Fault::Refused { text, .. }) if duplicate(&text) => return Ok(()),
            Err(Fault::Refused { status, text }) if attempt == 1 && lost_jar(status, &text) => runner.forget(rest_url).await,
            Err(fault) => return Err(no_jars(fault, rest_url)),
        }
    }
    Err(PortError::Retry(format!(
        "the JobManager at {rest_url} lost the runner's jar twice in a row"
    )))
}

/// Flink has a job of that id already; from 2.3 on it is the application around it that is refused.
fn duplicate(text: &str) -> bool {
    ["DuplicateJobSubmissionException", "DuplicateApplicationSubmissionException"]
        .iter()
        .any(|class| text.contains(class))
}

/// `Jar file … does not exist` comes with 400 or 404, depending on the version.
fn lost_jar(status: u16, text: &str) -> bool {
    matches!(status, 400 | 404) && text.contains("Jar file") && text.contains("does not exist")
}

fn check_id(answer: &Value, flink_job_id: &str) -> Result<(), PortError> {
    match field::text(answer, "jobid") {
        Some(id) if id.eq_ignore_ascii_case(flink_job_id) => Ok(()),
        Some(id) => Err(PortError::GiveUp(format!(
            "Flink started the job as {id} instead of {flink_job_id}: cancel that job by hand"
        ))),
        None => Err(PortError::Retry("Flink answered the submission without a job id".to_owned())),
    }
}

/// The body of `/jars/:id/run`.
fn body(endpoint: &Endpoint, submission: &Submission) -> Result<Value, PortError> {
    let (entry_class, arguments) = match &submission.program {
        Program::Sql { statements } => (Some(ENTRY_CLASS), vec!["--script".to_owned(), script(submission, statements)?]),
        Program::Jar { entry_class, args } => (entry_class.as_deref(), args.clone()),
    };
    let mut body = json!({
        "entryClass": entry_class,
        "programArgsList": arguments,
        "jobId": submission.flink_job_id,
        "allowNonRestoredState": submission.allow_non_restored_state,
    });
    if let Some(parallelism) = submission.parallelism {
        body["parallelism"] = json!(parallelism);
    }
    if let Some(path) = &submission.restore_path {
        body["savepointPath"] = json!(path);
        if let Some(name) = endpoint.version.capabilities().restore_mode_field {
            body[name] = json!(match submission.claim_mode {
                ClaimMode::NoClaim => "NO_CLAIM",
                ClaimMode::Claim => "CLAIM",
            });
        }
    }
    Ok(body)
}

/// The runner's argument: base64 of gzip of JSON.
fn script(submission: &Submission, statements: &[Statement]) -> Result<String, PortError> {
    let statements: Vec<Value> = statements
        .iter()
        .map(|statement| json!({"line": statement.line, "kind": statement.kind, "text": statement.text}))
        .collect();
    let content = json!({"name": submission.job_name, "configuration": submission.configuration, "statements": statements});
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed
        .write_all(content.to_string().as_bytes())
        .and_then(|()| packed.finish())
        .map(|bytes| STANDARD.encode(bytes))
        .map_err(|error| PortError::GiveUp(format!("the script cannot be packed: {error}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use domain::sql::StatementKind;

    use super::*;

    fn statements() -> Vec<Statement> {
        vec![Statement {
            kind: StatementKind::StatementSet,
            line: 3,
            column: 1,
            text: "INSERT ä".to_owned(),
        }]
    }

    fn submission() -> Submission {
        Submission {
            flink_job_id: "0123456789abcdef0123456789abcdef".to_owned(),
            job_name: "orders \"x\"".to_owned(),
            program: Program::Sql { statements: statements() },
            jar: None,
            configuration: BTreeMap::from([("a.b".to_owned(), "c".to_owned())]),
            parallelism: None,
            restore_path: Some("file:/s".to_owned()),
            allow_non_restored_state: true,
            claim_mode: ClaimMode::Claim,
        }
    }

    fn fields(version: &str, submission: &Submission) -> Vec<String> {
        let endpoint = Endpoint {
            rest_url: "http://h".to_owned(),
            version: version.parse().unwrap(),
            connection: None,
        };
        let body = body(&endpoint, submission).unwrap();
        let mut names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    #[test]
    fn only_the_fields_of_the_version_are_sent() {
        let common = ["allowNonRestoredState", "entryClass", "jobId", "programArgsList", "savepointPath"];
        let with = |field: &str| {
            let mut all: Vec<String> = common.iter().map(|name| (*name).to_owned()).collect();
            all.push(field.to_owned());
            all.sort();
            all
        };
        assert_eq!(fields("1.13.6", &submission()), common);
        assert_eq!(fields("1.15.4", &submission()), with("restoreMode"));
        assert_eq!(fields("1.19.3", &submission()), with("restoreMode"));
        assert_eq!(fields("1.20.5", &submission()), with("claimMode"));
        assert_eq!(fields("2.3.0", &submission()), with("claimMode"));
        let fresh = Submission {
            restore_path: None,
            parallelism: Some(2),
            ..submission()
        };
        assert_eq!(
            fields("2.2.1", &fresh),
            ["allowNonRestoredState", "entryClass", "jobId", "parallelism", "programArgsList"]
        );
    }

    #[test]
    fn the_script_arrives_whole() {
        let packed = STANDARD.decode(script(&submission(), &statements()).unwrap()).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["name"], "orders \"x\"");
        assert_eq!(value["configuration"], json!({"a.b": "c"}));
        assert_eq!(
            value["statements"],
            json!([{"line": 3, "kind": "statement_set", "text": "INSERT ä"}])
        );
    }
}
