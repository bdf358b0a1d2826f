//! The port towards Flink's web UI, as a browser sees it.

use async_trait::async_trait;
use serde_json::Value;

use super::{Endpoint, PortError};
use crate::web_request::{WebMethod, WebPath};

/// A request for Flink's web UI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebRequest {
    /// What it is to do.
    pub method: WebMethod,
    /// Where.
    pub path: WebPath,
    /// Its body, where it has one.
    pub body: Option<Value>,
}

/// What Flink answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAnswer {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub media_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks Flink's web UI. Failures of Flink itself are answers; an error means that it did not answer, or that somebody else did.
#[async_trait]
pub trait WebUi: Send + Sync {
    /// One request, answered whole.
    async fn ask(&self, endpoint: &Endpoint, request: WebRequest) -> Result<WebAnswer, PortError>;
}
