//! Submission of a job: its jar is brought to the JobManager once, then run under our job id.
//!
//! A JobManager that has lost the jar gets it again, once per submission. Fields are exactly those that the
//! version takes: up to 1.19 an unknown one is refused, from 1.20 on it is silently ignored. A script takes its
//! configuration with it; the main class of a jar gets it from Flink, from 1.17 on.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{Endpoint, PortError, Program, Submission};
use domain::run::ClaimMode;
use domain::sql::Statement;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::client::{Client, Patience, resource};
use super::fault::Fault;
use super::jars::{Jar, Jars, no_jars};
use super::{field, program};

/// The runner's main class.
const ENTRY_CLASS: &str = "io.streamwright.runner.SqlRunner";

/// The runner, and where jars are.
#[derive(Debug)]
pub struct Submitter {
    runner: Jar,
    jars: Jars,
}

impl Submitter {
    /// One that runs scripts with this runner.
    pub fn new(runner: Jar) -> Self {
        Self {
            runner,
            jars: Jars::default(),
        }
    }

    /// Submits. See [`domain::ports::JobControl::submit`].
    pub async fn submit(&self, client: &Client, endpoint: &Endpoint, submission: &Submission) -> Result<(), PortError> {
        let body = body(endpoint, submission)?;
        let rest_url = endpoint.rest_url.as_str();
        let jar = self.jar(submission)?;
        for attempt in 1..=2 {
            let id = self.jars.id(client, rest_url, &jar).await?;
            let url = resource(rest_url, &["jars", &id, "run"])?;
            match client.post(url, &body, Patience::Submit).await {
                Ok(answer) => return check_id(&answer, &submission.flink_job_id),
                // The job with this id is there already: this submission was sent before.
                Err(Fault::Refused { text, .. }) if duplicate(&text) => return Ok(()),
                Err(Fault::Refused { status, text }) if attempt == 1 && lost_jar(status, &text) => self.jars.forget(rest_url, &jar).await,
                Err(Fault::Refused { status, text }) => return Err(refused(status, &text, submission)),
                Err(fault) => return Err(no_jars(fault, rest_url)),
            }
        }
        Err(PortError::Retry(format!(
            "the JobManager at {rest_url} lost the job's jar twice in a row"
        )))
    }

    fn jar(&self, submission: &Submission) -> Result<Jar, PortError> {
        match (&submission.jar, &submission.program) {
            (Some(jar), _) => Ok(Jar::session(jar)),
            (None, Program::Sql { .. }) => Ok(self.runner.clone()),
            (None, Program::Jar { .. }) => Err(PortError::GiveUp("the job's jar is missing in its submission".to_owned())),
        }
    }
}

/// What Flink refused, in words about the script or about the program.
fn refused(status: u16, text: &str, submission: &Submission) -> PortError {
    match &submission.program {
        Program::Sql { .. } => Fault::Refused {
            status,
            text: text.to_owned(),
        }
        .into(),
        Program::Jar { .. } => PortError::Refused {
            status: Some(status),
            message: program::refusal(text),
        },
    }
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
    let mut body = json!({
        "jobId": submission.flink_job_id,
        "allowNonRestoredState": submission.allow_non_restored_state,
    });
    match &submission.program {
        Program::Sql { statements } => {
            body["entryClass"] = json!(ENTRY_CLASS);
            body["programArgsList"] = json!(["--script", script(submission, statements)?]);
        }
        Program::Jar { entry_class, args } => {
            if let Some(class) = entry_class {
                body["entryClass"] = json!(class);
            }
            body["programArgsList"] = json!(args);
            if endpoint.version.capabilities().run_flink_configuration {
                body["flinkConfiguration"] = configuration(submission);
            }
        }
    }
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

/// The configuration of a program, with the job's name for one that does not name itself.
fn configuration(submission: &Submission) -> Value {
    let mut configuration = json!(submission.configuration);
    if !submission.configuration.contains_key("pipeline.name") {
        configuration["pipeline.name"] = json!(submission.job_name);
    }
    configuration
}

/// The runner's argument: base64 of gzip of JSON.
fn script(submission: &Submission, statements: &[Statement]) -> Result<String, PortError> {
    let content = submission.script(statements);
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
            secrets: Vec::new(),
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
    fn arguments_of_a_program_are_sent_one_by_one_and_its_configuration_where_flink_takes_it() {
        let args: Vec<String> = ["", " a  b ", "\"q\" 'r'", "line\nbreak", "订单 🚀", "--x=$(y)", "\\"]
            .map(str::to_owned)
            .to_vec();
        let program = |entry_class: Option<&str>| Submission {
            program: Program::Jar {
                entry_class: entry_class.map(str::to_owned),
                args: args.clone(),
            },
            ..submission()
        };
        let sent = |version: &str, submission: &Submission| {
            let endpoint = Endpoint {
                rest_url: "http://h".to_owned(),
                version: version.parse().unwrap(),
                connection: None,
            };
            body(&endpoint, submission).unwrap()
        };
        let new = sent("2.2.1", &program(Some("com.acme.Main")));
        assert_eq!(
            (&new["entryClass"], &new["programArgsList"]),
            (&json!("com.acme.Main"), &json!(args))
        );
        assert_eq!(new["flinkConfiguration"], json!({"a.b": "c", "pipeline.name": "orders \"x\""}));
        assert_eq!(
            fields("1.16.3", &program(None)),
            ["allowNonRestoredState", "jobId", "programArgsList", "restoreMode", "savepointPath"]
        );
        assert!(fields("1.17.2", &program(None)).contains(&"flinkConfiguration".to_owned()));
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
