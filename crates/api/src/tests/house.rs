//! A house to test in: a store on a fresh SQLite file, played ports, the team `main` with a member of each
//! role, an outsider, a platform admin, Flink 2.2.1, the cluster `local` and the job `orders`.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use domain::access::Access;
use domain::cluster::{Cluster, ClusterDesired, TargetKind};
use domain::flink_version::{FlinkVersion, VersionNumber};
use domain::id::{FlinkVersionId, TeamId};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use store::{Store, new_id, now};
use tower::ServiceExt;

use super::fakes::Fake;
use crate::access::secret;
use crate::{App, Settings, router};

/// The members of the team and those outside it, lowest first.
pub const PEOPLE: [(&str, Option<Access>); 6] = [
    ("outsider", None),
    ("viewer", Some(Access::Viewer)),
    ("operator", Some(Access::Operator)),
    ("developer", Some(Access::Developer)),
    ("admin", Some(Access::TeamAdmin)),
    ("platform", Some(Access::PlatformAdmin)),
];

/// A script that can be released.
pub const GOOD_SQL: &str = "CREATE TABLE t (a INT) WITH ('connector' = 'datagen'); INSERT INTO s SELECT * FROM t";

pub struct House {
    pub app: App,
    pub router: Router,
    pub fake: Fake,
    pub team: TeamId,
    tokens: BTreeMap<String, String>,
    pub folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub json: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.json);
        self.json
    }

    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.json);
        assert_eq!(self.headers[http::header::CONTENT_TYPE], "application/problem+json");
        self.json
    }
}

impl House {
    pub async fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Store::sqlite_url(&folder.path().join("test.db"))).await.unwrap();
        let fake = Fake::default();
        let app = App::new(store, fake.ports(), Settings::default());
        let team = app.store.create_team("main").await.unwrap().id;
        let elsewhere = app.store.create_team("elsewhere").await.unwrap().id;
        let mut house = Self {
            router: router(&app),
            app,
            fake,
            team,
            tokens: BTreeMap::new(),
            folder,
        };
        for (name, role) in PEOPLE {
            house.add_person(name, role, elsewhere).await;
        }
        house.furnish().await;
        house
    }

    async fn add_person(&mut self, name: &str, role: Option<Access>, elsewhere: TeamId) {
        let store = &self.app.store;
        let platform = role == Some(Access::PlatformAdmin);
        let user = store.create_user(name, None, platform).await.unwrap();
        match role {
            Some(role) if !platform => store.set_member(self.team, user.id, role).await.unwrap(),
            Some(_) => {}
            None => store.set_member(elsewhere, user.id, Access::TeamAdmin).await.unwrap(),
        }
        let secret = format!("{}{}", secret::TOKEN_PREFIX, secret::new().unwrap());
        let token = store::NewToken {
            user_id: user.id,
            name: "test".to_owned(),
            secret_sha256: secret::sha256(&secret),
            expires_at: None,
            scope: None,
        };
        store.create_token(token).await.unwrap();
        self.tokens.insert(name.to_owned(), secret);
    }

    async fn furnish(&self) {
        let version = FlinkVersion {
            id: FlinkVersionId(new_id()),
            version: VersionNumber::new(2, 2, 1),
            home: "/opt/flink-2.2.1".to_owned(),
            java_home: "/opt/java".to_owned(),
            source: "added".to_owned(),
            created_at: now(),
        };
        self.app.store.insert_flink_version(&version).await.unwrap();
        self.post(
            "developer",
            "/teams/main/clusters",
            json!({"name": "local", "target": "local", "flinkVersion": "2.2.1"}),
        )
        .await
        .is(201);
        self.post(
            "developer",
            "/teams/main/jobs",
            json!({"name": "orders", "spec": {"sql": GOOD_SQL, "clusterId": "local"}}),
        )
        .await
        .is(201);
    }

    pub fn token(&self, who: &str) -> &str {
        &self.tokens[who]
    }

    pub async fn cluster(&self) -> Cluster {
        self.app.store.cluster_by_name(self.team, "local").await.unwrap().unwrap()
    }

    /// A standalone cluster that is not looked at.
    pub async fn other_cluster(&self, name: &str) -> Cluster {
        let new = store::NewCluster {
            team_id: self.team,
            name: name.to_owned(),
            target: TargetKind::Standalone,
            flink_version_id: None,
            version: None,
            rest_url: Some("http://flink.example:8081".to_owned()),
            connection: None,
            task_managers: 0,
            slots: 0,
            configuration: BTreeMap::new(),
            target_id: None,
            deployment: None,
            jars: Vec::new(),
            desired: ClusterDesired::Running,
            created_by: None,
        };
        self.app.store.create_cluster(new).await.unwrap()
    }

    /// Releases the newest draft of `orders`.
    pub async fn release(&self) -> Value {
        self.post("developer", "/teams/main/jobs/orders/releases", json!({})).await.is(201)
    }

    pub async fn raw(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.raw(request).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status: parts.status,
            headers: parts.headers,
            json,
        }
    }

    pub fn request(&self, who: &str, method: Method, path: &str) -> http::request::Builder {
        let path = if path.starts_with("/api/") {
            path.to_owned()
        } else {
            format!("/api/v1{path}")
        };
        let builder = Request::builder().method(method).uri(path);
        match self.tokens.get(who) {
            Some(token) => builder.header("authorization", format!("Bearer {token}")),
            None => builder,
        }
    }

    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(self.request(who, Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub async fn delete(&self, who: &str, path: &str) -> Answer {
        self.send(self.request(who, Method::DELETE, path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.bytes(who, Method::POST, path, &[], body.to_string()).await
    }

    pub async fn bytes(&self, who: &str, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut builder = self.request(who, method, path).header("content-type", "application/json");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        self.send(builder.body(body.into()).unwrap()).await
    }
}
