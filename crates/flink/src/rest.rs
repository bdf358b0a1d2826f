//! Flink's REST API: the adapter behind the observer, control and reader ports.
//!
//! One file per thing that is asked: [`overview`] looks, [`submit`] and [`savepoint`] act, the others read
//! for people. [`client`] has the limits, [`clients`] speak to addresses that ask for more than plain HTTP, [`fault`] decides
//! what a failed call means, [`tls`] why there was no connection to trust, [`trace`] finds the cause in a Java stack trace, [`field`] reads foreign JSON tolerantly. Nothing is kept between calls but
//! connections and a hint where our jars are.

mod checkpoints;
mod client;
mod clients;
mod configuration;
mod connection;
mod exceptions;
mod fault;
mod field;
mod jars;
mod job;
mod logs;
mod overview;
mod program;
mod savepoint;
mod secret;
mod submit;
mod tls;
mod trace;
mod web_ui;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::connection::{Connection, Unusable};
use domain::flink_version::VersionNumber;
use domain::ports::{
    Checkpoints, ClusterObserver, ClusterSight, Endpoint, JobControl, JobDetail, JobException, JobReader, LogFile, PortError,
    SavepointProgress, SavepointRequest, Submission, Vault, WebAnswer, WebRequest, WebUi,
};
use domain::secret::Sealed;
use sha2::{Digest, Sha256};

use clients::Clients;
use jars::Jar;
use submit::Submitter;

/// All JobManagers, over REST.
pub struct Rest {
    vault: Arc<dyn Vault>,
    clients: Clients,
    submitter: Submitter,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rest").finish_non_exhaustive()
    }
}

impl Rest {
    /// A client that submits jobs with the runner whose jar is given, and opens sealed connections and secrets with the vault.
    ///
    /// # Errors
    /// `GiveUp` where TLS cannot be set up on this machine.
    pub fn new(runner_jar: Vec<u8>, vault: Arc<dyn Vault>) -> Result<Self, PortError> {
        let digest = hex::encode(Sha256::digest(&runner_jar));
        Ok(Self {
            clients: Clients::new(Arc::clone(&vault))?,
            vault,
            submitter: Submitter::new(Jar::runner(runner_jar, &digest)),
        })
    }
}

#[async_trait]
impl ClusterObserver for Rest {
    async fn look(&self, endpoint: &Endpoint) -> Result<ClusterSight, PortError> {
        overview::look(&self.clients.of(endpoint.connection.as_ref())?, endpoint).await
    }

    fn check_connection(&self, connection: &Connection) -> Result<(), Unusable> {
        client::Client::new(connection).map(|_| ())
    }

    async fn detect_version(&self, rest_url: &str, connection: Option<&Sealed>) -> Result<VersionNumber, PortError> {
        overview::detect_version(&self.clients.of(connection)?, rest_url).await
    }
}

#[async_trait]
impl JobControl for Rest {
    async fn submit(&self, endpoint: &Endpoint, submission: &Submission) -> Result<(), PortError> {
        let client = self.clients.of(endpoint.connection.as_ref())?;
        if submission.secrets.is_empty() {
            return self.submitter.submit(&client, endpoint, submission).await;
        }
        let (opened, hider) = secret::opened(&*self.vault, submission)?;
        let sent = self.submitter.submit(&client, endpoint, &opened).await;
        sent.map_err(|error| secret::hidden(&hider, error))
    }

    async fn trigger_savepoint(&self, endpoint: &Endpoint, request: &SavepointRequest) -> Result<String, PortError> {
        savepoint::trigger(&self.clients.of(endpoint.connection.as_ref())?, endpoint, request).await
    }

    async fn stop_with_savepoint(&self, endpoint: &Endpoint, request: &SavepointRequest) -> Result<String, PortError> {
        savepoint::stop(&self.clients.of(endpoint.connection.as_ref())?, endpoint, request).await
    }

    async fn savepoint_progress(&self, endpoint: &Endpoint, flink_job_id: &str, trigger_id: &str) -> Result<SavepointProgress, PortError> {
        savepoint::progress(&self.clients.of(endpoint.connection.as_ref())?, endpoint, flink_job_id, trigger_id).await
    }

    async fn cancel(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<(), PortError> {
        savepoint::cancel(&self.clients.of(endpoint.connection.as_ref())?, endpoint, flink_job_id).await
    }
}

#[async_trait]
impl WebUi for Rest {
    async fn ask(&self, endpoint: &Endpoint, request: WebRequest) -> Result<WebAnswer, PortError> {
        web_ui::ask(&self.clients.of(endpoint.connection.as_ref())?, endpoint, request).await
    }
}

#[async_trait]
impl JobReader for Rest {
    async fn detail(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<JobDetail, PortError> {
        job::detail(&self.clients.of(endpoint.connection.as_ref())?, endpoint, flink_job_id).await
    }

    async fn checkpoints(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<Checkpoints, PortError> {
        checkpoints::checkpoints(&self.clients.of(endpoint.connection.as_ref())?, endpoint, flink_job_id).await
    }

    async fn exceptions(&self, endpoint: &Endpoint, flink_job_id: &str) -> Result<Vec<JobException>, PortError> {
        exceptions::exceptions(&self.clients.of(endpoint.connection.as_ref())?, endpoint, flink_job_id).await
    }

    async fn configuration(&self, endpoint: &Endpoint, flink_job_id: Option<&str>) -> Result<BTreeMap<String, String>, PortError> {
        configuration::configuration(&self.clients.of(endpoint.connection.as_ref())?, endpoint, flink_job_id).await
    }

    async fn log_files(&self, endpoint: &Endpoint) -> Result<Vec<LogFile>, PortError> {
        logs::files(&self.clients.of(endpoint.connection.as_ref())?, endpoint).await
    }

    async fn log_tail(&self, endpoint: &Endpoint, process: &str, name: &str, max_bytes: usize) -> Result<String, PortError> {
        logs::tail(
            &self.clients.of(endpoint.connection.as_ref())?,
            endpoint,
            logs::Which { process, name },
            max_bytes,
        )
        .await
    }
}
