//! Ports that are played: each answers what a test has told it to.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::artifact::{JarConflict, PinnedArtifact};
use domain::cluster::ProcessLook;
use domain::connection::{Connection, Unusable};
use domain::flink_version::VersionNumber;
use domain::ports::{
    Check, Checkpoints, ClusterHost, ClusterObserver, ClusterSight, Endpoint, FlinkInstaller, InstallSource, JarMerger, JobDetail,
    JobException, JobReader, Launch, LogFile, PortError, Progress, SessionJar, SqlChecker, Vault, Vertex,
};
use domain::secret::{Sealed, Secret};
use domain::sql::{Finding, NEVER_RUNS, Reading, Report, Severity, Statement, StatementKind, Tables};

use crate::app::Ports;

/// What the played outside does.
#[derive(Default)]
pub struct Script {
    /// What every question to Flink is answered with, instead of an answer.
    pub flink: Option<PortError>,
    /// What every check is answered with, instead of a report.
    pub planner: Option<PortError>,
    /// Scripts that were checked.
    pub checked: Vec<Check>,
    /// What Flink says in all its texts.
    pub said: String,
    /// What Kubernetes says of permissions, instead of yes.
    pub kubernetes: Option<PortError>,
    /// Whether installations fail.
    pub no_network: bool,
}

#[derive(Clone, Default)]
pub struct Fake(pub Arc<Mutex<Script>>);

impl Fake {
    pub fn ports(&self) -> Ports {
        let shared = Arc::new(self.clone());
        Ports {
            artifacts: Arc::new(super::fake_artifacts::FakeArtifacts::default()),
            checker: shared.clone(),
            reader: shared.clone(),
            observer: shared.clone(),
            web_ui: shared.clone(),
            host: shared.clone(),
            installer: shared.clone(),
            kubernetes: Arc::new(super::fake_kubernetes::FakeKubernetes(self.clone())),
            merger: shared.clone(),
            messenger: shared.clone(),
            vault: shared,
        }
    }

    pub fn flink_answers(&self, error: Option<PortError>) {
        self.0.lock().unwrap().flink = error;
    }

    fn flink<T>(&self, answer: T) -> Result<T, PortError> {
        self.0.lock().unwrap().flink.clone().map_or(Ok(answer), Err)
    }
}

#[async_trait]
impl domain::ports::WebUi for Fake {
    async fn ask(&self, _: &domain::ports::Endpoint, request: domain::ports::WebRequest) -> Result<domain::ports::WebAnswer, PortError> {
        self.flink(domain::ports::WebAnswer {
            status: 200,
            media_type: Some("text/html".to_owned()),
            body: format!("{:?} {}", request.method, request.path.segments.join("/")).into_bytes(),
        })
    }
}

#[async_trait]
impl domain::ports::Messenger for Fake {
    async fn send(&self, _: &domain::message::Address, _: Option<&Secret>, _: &domain::message::Message) -> Result<(), PortError> {
        self.flink(())
    }
}

fn kind(text: &str) -> StatementKind {
    match text.split_whitespace().next().unwrap_or_default().to_uppercase().as_str() {
        "INSERT" => StatementKind::Insert,
        "SELECT" => StatementKind::Query,
        "SET" => StatementKind::Set,
        _ => StatementKind::Ddl,
    }
}

fn fault(code: &str, message: &str) -> Finding {
    Finding {
        code: code.to_owned(),
        severity: Severity::Error,
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 6,
        message: message.to_owned(),
        suggestion: None,
        detail: None,
        field: None,
    }
}

/// The word `echo` on one line is a warning at its place that repeats the whole script.
fn echo(script: &str) -> Option<Finding> {
    let before = script.get(..script.find("echo")?)?;
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.rsplit('\n').next()?.encode_utf16().count() as u32 + 1;
    Some(Finding {
        severity: Severity::Warning,
        line,
        column,
        end_line: line,
        end_column: column + 4,
        detail: Some(format!("at {script}")),
        suggestion: Some(script.to_owned()),
        ..fault("echo", script)
    })
}

#[async_trait]
impl SqlChecker for Fake {
    /// Every script with the word `wrong` has an error.
    async fn check(&self, check: &Check) -> Result<Report, PortError> {
        if let Some(error) = self.0.lock().unwrap().planner.clone() {
            return Err(error);
        }
        self.0.lock().unwrap().checked.push(check.clone());
        let wrong = check
            .script
            .contains("wrong")
            .then(|| fault("unknown_column", "There is no column 'wrong'."));
        Ok(Report {
            findings: wrong.into_iter().chain(echo(&check.script)).collect(),
            tables: Tables::default(),
        })
    }

    /// A script that names a code of [`NEVER_RUNS`] has that fault.
    fn read(&self, script: &str, _: VersionNumber, _: &BTreeMap<String, String>) -> Reading {
        let texts = script.split(';').map(str::trim).filter(|text| !text.is_empty());
        let statement = |text: &str| Statement {
            kind: kind(text),
            line: 1,
            column: 1,
            text: text.to_owned(),
        };
        let faults = NEVER_RUNS.iter().filter(|code| script.contains(**code));
        Reading {
            statements: texts.map(statement).collect(),
            findings: faults.map(|code| fault(code, "It never runs.")).collect(),
        }
    }
}

#[async_trait]
impl JarMerger for Fake {
    async fn merge(&self, _: &[PinnedArtifact], _: bool) -> Result<SessionJar, PortError> {
        Err(PortError::GiveUp("nobody merges here".to_owned()))
    }

    /// The first two jars of a job always differ in a class.
    async fn conflicts(&self, artifacts: &[PinnedArtifact]) -> Result<Vec<JarConflict>, PortError> {
        Ok(match artifacts {
            [first, second, ..] => vec![JarConflict {
                kept: format!("'{}' version {}", first.name, first.version),
                left_out: format!("'{}' version {}", second.name, second.version),
                classes: 2,
                resources: 1,
                example: "com/acme/Same.class".to_owned(),
            }],
            _ => Vec::new(),
        })
    }
}

#[async_trait]
impl JobReader for Fake {
    async fn detail(&self, _: &Endpoint, _: &str) -> Result<JobDetail, PortError> {
        let vertex = Vertex {
            id: "v".to_owned(),
            name: format!("Source{}", self.0.lock().unwrap().said),
            ..Vertex::default()
        };
        self.flink(JobDetail {
            state: "RUNNING".to_owned(),
            started_at: None,
            vertices: vec![vertex],
        })
    }

    async fn checkpoints(&self, _: &Endpoint, _: &str) -> Result<Checkpoints, PortError> {
        self.flink(Checkpoints::default())
    }

    async fn exceptions(&self, _: &Endpoint, _: &str) -> Result<Vec<JobException>, PortError> {
        let said = self.0.lock().unwrap().said.clone();
        let exception = JobException {
            cause: said.clone(),
            trace: said.clone(),
            ..JobException::default()
        };
        self.flink(if said.is_empty() { Vec::new() } else { vec![exception] })
    }

    async fn configuration(&self, _: &Endpoint, _: Option<&str>) -> Result<BTreeMap<String, String>, PortError> {
        let said = self.0.lock().unwrap().said.clone();
        let said = (!said.is_empty()).then(|| ("said".to_owned(), said));
        let configuration = BTreeMap::from([("parallelism.default".to_owned(), "1".to_owned())]);
        self.flink(configuration.into_iter().chain(said).collect())
    }

    async fn log_files(&self, _: &Endpoint) -> Result<Vec<LogFile>, PortError> {
        let file = |name: &str, size_bytes| LogFile {
            process: "jobmanager".to_owned(),
            name: name.to_owned(),
            size_bytes,
        };
        self.flink(vec![file("flink.out", 9), file("flink.log", 5)])
    }

    async fn log_tail(&self, _: &Endpoint, _: &str, name: &str, _: usize) -> Result<String, PortError> {
        let said = self.0.lock().unwrap().said.clone();
        self.flink(format!("from {name} over REST{said}"))
    }
}

#[async_trait]
impl ClusterObserver for Fake {
    async fn look(&self, _: &Endpoint) -> Result<ClusterSight, PortError> {
        self.flink(ClusterSight::default())
    }

    /// A text with the word `torn` is no certificate.
    fn check_connection(&self, connection: &Connection) -> Result<(), Unusable> {
        let torn = connection.ca_certificate.as_deref().is_some_and(|pem| pem.contains("torn"));
        let message = "the CA certificate is torn".to_owned();
        if torn {
            Err(Unusable {
                field: "caCertificate",
                message,
            })
        } else {
            Ok(())
        }
    }

    async fn detect_version(&self, _: &str, _: Option<&Sealed>) -> Result<VersionNumber, PortError> {
        self.flink(VersionNumber::new(2, 2, 1))
    }
}

/// Seals by turning the text round, so that a secret that is sent out as it came in is seen.
impl Vault for Fake {
    fn seal(&self, purpose: &str, secret: &Secret) -> Result<Sealed, PortError> {
        let turned: String = secret.expose().chars().rev().collect();
        Ok(Sealed::new(format!("{purpose}|{turned}")))
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Secret, PortError> {
        let turned = sealed.as_str().strip_prefix(purpose).and_then(|rest| rest.strip_prefix('|'));
        let turned = turned.ok_or_else(|| PortError::GiveUp("the sealed secret is damaged".to_owned()))?;
        Ok(Secret::new(turned.chars().rev().collect()))
    }
}

#[async_trait]
impl ClusterHost for Fake {
    async fn launch(&self, _: &Launch) -> Result<String, PortError> {
        Ok("http://127.0.0.1:1".to_owned())
    }

    async fn processes(&self, _: &str) -> Result<Vec<ProcessLook>, PortError> {
        Ok(vec![ProcessLook {
            role: "jobmanager".to_owned(),
            pid: None,
            exit_code: Some(143),
            ended_at: None,
        }])
    }

    async fn terminate(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }

    async fn remove(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }

    async fn log_tail(&self, _: &str, role: &str, _: usize) -> Result<String, PortError> {
        Ok(format!("{role} from the disk"))
    }
}

#[async_trait]
impl FlinkInstaller for Fake {
    async fn install(&self, version: VersionNumber, _: &InstallSource, progress: Progress<'_>) -> Result<String, PortError> {
        progress("Downloading.", Some(0.5));
        if self.0.lock().unwrap().no_network {
            return Err(PortError::Retry("the package index does not answer".to_owned()));
        }
        Ok(format!("/opt/flink-{version}"))
    }

    async fn probe(&self, home: &Path) -> Result<VersionNumber, PortError> {
        if home.ends_with("nothing") {
            return Err(PortError::GiveUp("there is no flink-dist jar in this folder".to_owned()));
        }
        Ok(VersionNumber::new(1, 20, 5))
    }

    async fn find_java(&self) -> Result<String, PortError> {
        Ok("/opt/java".to_owned())
    }
}
