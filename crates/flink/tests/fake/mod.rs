//! A JobManager that answers what a test tells it to, odd answers included.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use domain::flink_version::VersionNumber;
use domain::ports::{Endpoint, PortError, Vault};
use domain::secret::{Sealed, Secret};
use futures::stream;
use serde_json::{Value, json};

/// What is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// JSON with a status.
    Json(u16, Value),
    /// Any text with a status.
    Text(u16, &'static str),
    /// A redirect.
    Redirect(String),
    /// So many bytes of spaces, without a length.
    Endless(usize),
    /// The beginning of a JSON answer, then the connection breaks.
    Broken(&'static str),
    /// Nothing, ever.
    Silence,
}

/// One request that came.
#[derive(Debug, Clone)]
pub struct Came {
    /// `GET /overview`
    pub call: String,
    /// Query, if any.
    pub query: String,
    /// Header names in small letters.
    pub headers: Vec<String>,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// Body.
    pub body: Bytes,
}

#[derive(Debug, Default)]
struct Inner {
    answers: BTreeMap<String, Vec<Answer>>,
    came: Vec<Came>,
}

/// The JobManager. It goes with the test's runtime.
#[derive(Debug, Clone)]
pub struct Fake {
    inner: Arc<Mutex<Inner>>,
    /// Its address.
    pub url: String,
}

impl Fake {
    /// One that answers as a healthy 2.2.1 without jobs does.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            inner: Arc::default(),
            url: format!("http://{}", listener.local_addr().unwrap()),
        };
        fake.say(
            "GET /overview",
            json!({"taskmanagers": 1, "slots-total": 4, "slots-available": 3, "flink-version": "2.2.1"}),
        );
        fake.say("GET /jobs/overview", json!({"jobs": []}));
        fake.say(
            "GET /jobmanager/config",
            json!([{"key": "web.tmpdir", "value": "/tmp/flink-web-aaaa"}]),
        );
        fake.say("GET /config", json!({"flink-version": "2.2.1"}));
        let router = Router::new().fallback(answer).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// Answers a call with JSON from now on.
    pub fn say(&self, call: &str, json: Value) {
        self.set(call, vec![Answer::Json(200, json)]);
    }

    /// Answers a call with each of these in turn, the last one for ever.
    pub fn set(&self, call: &str, answers: Vec<Answer>) {
        self.inner.lock().unwrap().answers.insert(call.to_owned(), answers);
    }

    /// The calls that came, in order.
    pub fn calls(&self) -> Vec<String> {
        self.inner.lock().unwrap().came.iter().map(|came| came.call.clone()).collect()
    }

    /// The newest request of a call.
    pub fn last(&self, call: &str) -> Came {
        let inner = self.inner.lock().unwrap();
        inner.came.iter().rev().find(|came| came.call == call).cloned().unwrap()
    }

    /// Its address with a version.
    pub fn endpoint(&self, version: &str) -> Endpoint {
        Endpoint {
            rest_url: self.url.clone(),
            version: version.parse::<VersionNumber>().unwrap(),
            connection: None,
        }
    }

    fn next(&self, came: Came) -> Answer {
        let mut inner = self.inner.lock().unwrap();
        let call = came.call.clone();
        inner.came.push(came);
        match inner.answers.get_mut(&call) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => Answer::Json(
                404,
                json!({"errors": [format!("Not found: {call}").replace("GET ", "").replace("POST ", "")]}),
            ),
        }
    }
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response<Body> {
    let call = format!("{} {}", request.method(), request.uri().path());
    let query = request.uri().query().unwrap_or_default().to_owned();
    let headers = request.headers().keys().map(|name| name.as_str().to_owned()).collect();
    let authorization = request
        .headers()
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let answer = fake.next(Came {
        call,
        query,
        headers,
        authorization,
        body,
    });
    let builder = |status: u16| Response::builder().status(StatusCode::from_u16(status).unwrap());
    match answer {
        Answer::Json(status, json) => builder(status)
            .header("content-type", "application/json")
            .body(Body::from(json.to_string()))
            .unwrap(),
        Answer::Text(status, text) => builder(status).body(Body::from(text)).unwrap(),
        Answer::Redirect(to) => builder(307).header("location", to).body(Body::empty()).unwrap(),
        Answer::Endless(bytes) => {
            let chunk = Bytes::from(vec![b' '; 1 << 20]);
            let chunks = std::iter::repeat_n(chunk, bytes >> 20).map(Ok::<_, std::io::Error>);
            builder(200).body(Body::from_stream(stream::iter(chunks))).unwrap()
        }
        Answer::Broken(text) => {
            let chunks = vec![Ok(Bytes::from(text)), Err(std::io::Error::other("the line is cut"))];
            builder(200).body(Body::from_stream(stream::iter(chunks))).unwrap()
        }
        Answer::Silence => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            builder(200).body(Body::empty()).unwrap()
        }
    }
}

/// A vault that hides nothing.
pub struct NoVault;

impl Vault for NoVault {
    fn seal(&self, _: &str, secret: &Secret) -> Result<Sealed, PortError> {
        Ok(Sealed::new(secret.expose().to_owned()))
    }

    fn open(&self, _: &str, sealed: &Sealed) -> Result<Secret, PortError> {
        Ok(Secret::new(sealed.as_str().to_owned()))
    }
}
