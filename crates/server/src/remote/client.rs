//! The API client of the command line: a base address, a token, and problem details turned into sentences.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::{Format, Server};
use crate::failure::Failure;

/// Where the last sign-in is kept, readable by its owner only.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Credentials {
    /// Address of the server.
    pub server: String,
    /// API token.
    pub token: String,
    /// Team by name.
    pub team: Option<String>,
}

impl Credentials {
    /// `$XDG_CONFIG_HOME/streamwright/credentials.json`.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn file() -> Result<PathBuf, Failure> {
        let config = crate::environment::variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let home = || crate::environment::variable("HOME").map(|home| PathBuf::from(home).join(".config"));
        config
            .or_else(home)
            .map(|folder| folder.join("streamwright").join("credentials.json"))
            .ok_or_else(|| Failure::usage("neither HOME nor XDG_CONFIG_HOME is set: there is no place to keep the sign-in"))
    }

    fn read() -> Self {
        let text = Self::file().ok().and_then(|file| std::fs::read(file).ok());
        text.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

/// Talks to one server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    team: Option<String>,
    /// How to print.
    pub format: Format,
}

/// What the server said.
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// The body as JSON; null where it has none.
    pub body: Value,
}

impl Client {
    /// The client for a command: its flags and environment first, then the last sign-in.
    ///
    /// # Errors
    /// When nobody has signed in.
    pub fn of(server: &Server) -> Result<Self, Failure> {
        let kept = Credentials::read();
        let base = server.server.clone().unwrap_or_else(|| kept.server.clone());
        if base.is_empty() {
            return Err(Failure::usage(
                "no server is known: sign in first with `streamwright login --server URL`",
            ));
        }
        let same_server = base.trim_end_matches('/') == kept.server.trim_end_matches('/');
        let token = crate::environment::variable("STREAMWRIGHT_TOKEN").or_else(|| same_server.then_some(kept.token));
        Self::new(&base, token, server.team.clone().or(kept.team), server.output)
    }

    /// A client for an address.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str, token: Option<String>, team: Option<String>, format: Format) -> Result<Self, Failure> {
        let http = crate::outbound::client(Duration::from_secs(180))?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token,
            team,
            format,
        })
    }

    /// The team that is meant where nobody names another.
    #[must_use]
    pub fn team(&self) -> Option<&str> {
        self.team.as_deref()
    }

    /// The same for another team.
    #[must_use]
    pub fn of_team(&self, team: &str) -> Self {
        Self {
            team: Some(team.to_owned()),
            ..self.clone()
        }
    }

    /// All items of a list below the team, page by page; `query` begins with `?` and has a limit.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn all(&self, rest: &str, query: &str) -> Result<Vec<Value>, Failure> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{rest}{query}{cursor}")).await?;
            found.extend(super::print::items(&page));
            match super::print::at(&page, "nextCursor") {
                "" => return Ok(found),
                next => cursor = format!("&cursor={}", escape(next)),
            }
        }
    }

    /// The team that commands are about.
    ///
    /// # Errors
    /// When no team is known.
    pub fn named_team(&self) -> Result<&str, Failure> {
        self.team
            .as_deref()
            .ok_or_else(|| Failure::usage("no team is known: name one with --team"))
    }

    /// A page of the console.
    #[must_use]
    pub fn page(&self, rest: &str) -> String {
        format!("{}/{rest}", self.base)
    }

    /// A path below the team.
    ///
    /// # Errors
    /// When no team is known.
    pub fn team_path(&self, rest: &str) -> Result<String, Failure> {
        Ok(format!("/api/v1/teams/{}{rest}", escape(self.named_team()?)))
    }

    /// Sends a request; a refusal of the server becomes a sentence and exit code 4.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let answer = self.exchange(method, path, body, &[]).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(refusal(&answer))
        }
    }

    /// Sends a request with headers and answers whatever comes.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn exchange(&self, method: Method, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Result<Answer, Failure> {
        let mut request = self.request(method, path, headers);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request).await
    }

    /// Sends bytes and answers whatever comes.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn send_bytes(&self, method: Method, path: &str, headers: &[(&str, &str)], bytes: Vec<u8>) -> Result<Answer, Failure> {
        self.answer(self.request(method, path, headers).body(bytes)).await
    }

    /// Asks for something that is not JSON; a refusal of the server becomes a sentence and exit code 4.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Result<reqwest::Response, Failure> {
        let response = self.request(Method::GET, path, headers).send().await;
        let response = response.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.json().await.unwrap_or_default();
        Err(refusal(&Answer { status, body }))
    }

    /// Sends a request and answers whatever comes, not yet read.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn forward(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<reqwest::Response, Failure> {
        let mut request = self.request(method, path, &[]);
        if let Some(body) = body {
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        }
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        Failure::unavailable(format!("{} does not answer: {}", self.base, crate::outbound::cause(error)))
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let unreachable = |error: reqwest::Error| self.unreachable(&error);
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(unreachable)?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .map_err(|_| Failure::unavailable(format!("{} answered {status}, but not as a Streamwright server does", self.base)))?
        };
        Ok(Answer { status, body })
    }

    /// Signs in; answers who that is and the session's cookie.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn sign_in(&self, path: &str, body: &Value) -> Result<(Value, String), Failure> {
        let unreachable = |error: reqwest::Error| self.unreachable(&error);
        let response = self
            .http
            .post(format!("{}{path}", self.base))
            .json(body)
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        let cookie = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok());
        let cookie = cookie.filter_map(|value| value.split(';').next()).collect::<Vec<_>>().join("; ");
        let body = response.json().await.map_err(unreachable)?;
        if status.is_success() {
            Ok((body, cookie))
        } else {
            Err(refusal(&Answer { status, body }))
        }
    }

    /// GET below the team.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn get(&self, rest: &str) -> Result<Value, Failure> {
        Ok(self.send(Method::GET, &self.team_path(rest)?, None).await?.body)
    }

    /// GET below the team; nothing where the server has no such thing.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn find(&self, rest: &str) -> Result<Option<Value>, Failure> {
        let answer = self.exchange(Method::GET, &self.team_path(rest)?, None, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(answer.body)),
            _ => Err(refusal(&answer)),
        }
    }

    /// A job that is not on its way to somewhere any more, for at most half a minute.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn settled(&self, rest: &str) -> Result<Value, Failure> {
        for _ in 0..60 {
            let job = self.get(rest).await?;
            let label = super::print::at(&job, "status/label");
            if !matches!(label, "starting" | "restarting" | "stopping") {
                return Ok(job);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        self.get(rest).await
    }

    /// POST below the team.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn post(&self, rest: &str, body: &Value) -> Result<Value, Failure> {
        Ok(self.send(Method::POST, &self.team_path(rest)?, Some(body)).await?.body)
    }
}

/// A refusal as a sentence: the problem's detail, its field, its hint, and each single error.
pub fn refusal(answer: &Answer) -> Failure {
    let text = |key: &str| answer.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut message = text("detail").to_owned();
    if message.is_empty() {
        text("title").clone_into(&mut message);
    }
    if message.is_empty() {
        message = format!("the server answered {}", answer.status);
    }
    if !text("field").is_empty() {
        message = format!("{}: {message}", text("field"));
    }
    for error in answer.body.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let of = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
        message.push_str(&format!("\n  {}: {}", of("field"), of("message")));
    }
    for finding in answer.body.get("findings").and_then(Value::as_array).into_iter().flatten() {
        message.push_str(&format!("\n  {}", super::print::finding(finding)));
    }
    if !text("hint").is_empty() {
        message.push_str(&format!("\n{}", text("hint")));
    }
    if answer.status == StatusCode::UNAUTHORIZED {
        message.push_str("\nSign in with `streamwright login`.");
    }
    Failure::refused(message)
}

/// A path segment.
#[must_use]
pub fn escape(segment: &str) -> String {
    let mut escaped = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
