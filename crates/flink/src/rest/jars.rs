//! Jars on a JobManager: ours are brought there once, found again by their names, and removed when newer ones
//! have taken their places.
//!
//! Where a jar is, is asked of the JobManager (`GET /jars`); what is remembered in memory is a hint that saves
//! that call. A running job does not need its uploaded jar, so removing one costs at most another upload.

use std::collections::HashMap;
use std::path::PathBuf;

use bytes::Bytes;
use domain::ports::{PortError, SessionJar};
use serde_json::Value;
use tokio::sync::Mutex;

use super::client::{Client, Content, Patience, resource};
use super::fault::Fault;
use super::field;

/// How many of our jars stay on a JobManager.
const KEPT: usize = 10;
/// What names of ours begin with, and how many digits of the digest follow.
const OURS: [(&str, usize); 2] = [("streamwright-runner-", 8), ("streamwright-session-", 24)];

/// A jar that a submission needs.
#[derive(Debug, Clone)]
pub struct Jar {
    /// File name with a part of the digest: other bytes are another file.
    name: String,
    bytes: Bytes,
    path: Option<PathBuf>,
}

impl Jar {
    /// The runner, from its bytes and the digest of them in hex.
    pub fn runner(bytes: Vec<u8>, digest: &str) -> Self {
        Self {
            name: name(OURS[0], digest),
            bytes: bytes.into(),
            path: None,
        }
    }

    /// A merged jar of this host.
    pub fn session(jar: &SessionJar) -> Self {
        Self {
            name: name(OURS[1], jar.digest.as_str()),
            bytes: Bytes::new(),
            path: Some(jar.path.clone()),
        }
    }

    /// Its id in the answer of `GET /jars`: Flink puts a UUID before the name to make the id.
    fn listed(&self, jars: &Value) -> Option<String> {
        let ours = field::items(jars, "files")
            .iter()
            .find(|file| field::text(file, "name") == Some(self.name.as_str()))?;
        field::text(ours, "id").map(str::to_owned)
    }

    async fn content(&self) -> Result<Content, PortError> {
        let Some(path) = &self.path else {
            return Ok(Content::Bytes(self.bytes.clone()));
        };
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|error| PortError::Retry(format!("the job's merged jar {} cannot be read: {error}", path.display())))?;
        Ok(Content::File(file))
    }
}

fn name((start, digits): (&str, usize), digest: &str) -> String {
    format!("{start}{}.jar", digest.chars().take(digits).collect::<String>())
}

/// Whether a jar is one that we brought: by the whole name, because others may begin theirs alike.
fn is_ours(name: &str) -> bool {
    OURS.iter().any(|(start, digits)| {
        name.strip_prefix(start)
            .and_then(|rest| rest.strip_suffix(".jar"))
            .is_some_and(|digest| digest.len() == *digits && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

/// What is remembered of where our jars are.
#[derive(Debug, Default)]
pub struct Jars {
    /// (REST address, name) → jar id. A hint: the JobManager may have forgotten.
    known: Mutex<HashMap<(String, String), String>>,
}

impl Jars {
    /// The jar's id on this JobManager, uploaded if it is not there.
    pub async fn id(&self, client: &Client, rest_url: &str, jar: &Jar) -> Result<String, PortError> {
        let key = (rest_url.to_owned(), jar.name.clone());
        if let Some(id) = self.known.lock().await.get(&key) {
            return Ok(id.clone());
        }
        let listed = client
            .get(resource(rest_url, &["jars"])?, Patience::Act)
            .await
            .map_err(|fault| no_jars(fault, rest_url))?;
        let id = match jar.listed(&listed) {
            Some(id) => id,
            None => {
                let id = upload(client, rest_url, jar).await?;
                self.make_room(client, rest_url, &listed).await;
                id
            }
        };
        self.known.lock().await.insert(key, id.clone());
        Ok(id)
    }

    /// Forgets where a jar was: the JobManager has lost it.
    pub async fn forget(&self, rest_url: &str, jar: &Jar) {
        self.known.lock().await.remove(&(rest_url.to_owned(), jar.name.clone()));
    }

    /// Removes our oldest jars where there are many. Another server may be about to run one: it brings it again.
    async fn make_room(&self, client: &Client, rest_url: &str, listed: &Value) {
        for id in surplus(listed) {
            self.known.lock().await.retain(|_, known| *known != id);
            let removed = match resource(rest_url, &["jars", &id]) {
                Ok(url) => client.delete(url, Patience::Act).await.map_err(PortError::from),
                Err(error) => Err(error),
            };
            if let Err(error) = removed {
                tracing::info!(%error, jar = id, "an old jar of ours stays on its JobManager");
            }
        }
    }
}

/// Our jars in the answer of `GET /jars` that are to go when one more has come: the oldest ones.
fn surplus(listed: &Value) -> Vec<String> {
    let mut ours: Vec<(i64, String)> = field::items(listed, "files")
        .iter()
        .filter(|file| field::text(file, "name").is_some_and(is_ours))
        .filter_map(|file| {
            let uploaded = file.get("uploaded").and_then(Value::as_i64).unwrap_or_default();
            Some((uploaded, field::text(file, "id")?.to_owned()))
        })
        .collect();
    ours.sort();
    let surplus = (ours.len() + 1).saturating_sub(KEPT);
    ours.into_iter().take(surplus).map(|(_, id)| id).collect()
}

async fn upload(client: &Client, rest_url: &str, jar: &Jar) -> Result<String, PortError> {
    let url = resource(rest_url, &["jars", "upload"])?;
    let answer = client
        .upload(url, &jar.name, jar.content().await?)
        .await
        .map_err(|fault| no_jars(fault, rest_url))?;
    field::text(&answer, "filename")
        .and_then(|path| path.rsplit('/').next())
        .filter(|id| id.ends_with(&jar.name))
        .map(str::to_owned)
        .ok_or_else(|| PortError::Retry(format!("{rest_url} took the jar, but did not say under which id")))
}

/// A fault of a call about jars.
pub fn no_jars(fault: Fault, rest_url: &str) -> PortError {
    match fault {
        Fault::NoRoute(_) => PortError::GiveUp(format!(
            "the JobManager at {rest_url} takes no jars over REST: set 'web.submit.enable: true' in its configuration and restart it"
        )),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_jars_of_ours_go_and_the_oldest_first() {
        let name = |n: usize| format!("streamwright-session-{n:024x}.jar");
        let mut files: Vec<Value> = (0..KEPT + 1)
            .map(|n| json!({"id": format!("id{n}"), "name": name(n), "uploaded": 100 - n}))
            .collect();
        files.extend([
            json!({"id": "theirs", "name": "orders.jar", "uploaded": 1}),
            json!({"id": "alike", "name": "streamwright-session-of-mine.jar", "uploaded": 1}),
            json!({"id": "odd", "name": "streamwright-runner-0123456g.jar", "uploaded": 1}),
            json!(null),
        ]);
        assert_eq!(surplus(&json!({"files": files})), ["id10", "id9"]);
        assert_eq!(surplus(&json!({"files": &files[..KEPT - 1]})), Vec::<String>::new());
        assert_eq!(surplus(&json!({})), Vec::<String>::new());
    }
}
