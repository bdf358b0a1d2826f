//! A server as an operator sets it up: from a settings file, with TLS, below a path, behind a proxy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

/// A server that ends with this value.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn command(folder: &Path, settings: &str) -> Command {
    let file = folder.join("streamwright.toml");
    std::fs::write(&file, settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_streamwright"));
    command
        .args(["serve", "--config"])
        .arg(file)
        .env_remove("STREAMWRIGHT_DATA")
        .env("RUST_LOG", "warn");
    command
}

/// Starts a server with a settings file; it says where it is.
fn start(folder: &Path, settings: &str) -> Server {
    std::fs::write(folder.join("password"), "a password for this test").unwrap();
    let own = format!(
        "data = {:?}\nlisten = \"127.0.0.1:0\"\nadmin_password_file = {:?}\n{settings}",
        folder.join("data"),
        folder.join("password")
    );
    let mut child = command(folder, &own).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line
        .trim()
        .strip_prefix("Streamwright is at ")
        .unwrap_or_else(|| panic!("{line}"))
        .to_owned();
    Server { child, url }
}

fn browser() -> reqwest::Client {
    let authority = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/ca.crt")).unwrap();
    let authority = reqwest::Certificate::from_pem(&authority).unwrap();
    reqwest::Client::builder().tls_certs_only([authority]).build().unwrap()
}

async fn sign_in(url: &str, headers: &[(&str, &str)], password: &str) -> reqwest::Response {
    let mut request = browser()
        .post(format!("{url}/api/v1/sign-in"))
        .json(&json!({"name": "admin", "password": password}));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn cookie(answer: &reqwest::Response) -> &str {
    answer.headers()["set-cookie"].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_and_a_base_path_with_and_without_the_proxy_taking_it_away() {
    let folder = tempfile::TempDir::new().unwrap();
    let tls = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/one");
    let settings = format!("tls_certificate = \"{tls}.crt\"\ntls_key = \"{tls}.key\"\nbase_path = \"/streamwright\"\n");
    let server = start(folder.path(), &settings);
    assert!(
        server.url.starts_with("https://127.0.0.1:") && server.url.ends_with("/streamwright"),
        "{}",
        server.url
    );
    let root = server.url.trim_end_matches("/streamwright").to_owned();
    for url in [&server.url, &root] {
        let page = browser().get(format!("{url}/teams/any")).send().await.unwrap();
        assert_eq!(page.version(), reqwest::Version::HTTP_2);
        let page = page.text().await.unwrap();
        assert!(page.contains("<base href=\"/streamwright/\" />"), "{page}");
        let icon = browser().get(format!("{url}/favicon.svg")).send().await.unwrap();
        assert!(icon.headers()["content-type"].to_str().unwrap().contains("svg"));
        let answer = sign_in(url, &[], "a password for this test").await;
        assert_eq!(answer.status(), 200);
        assert!(cookie(&answer).contains("; Secure"), "{}", cookie(&answer));
    }
    // The address of the client is known through TLS as well: figures are for this host.
    assert_eq!(browser().get(format!("{root}/metrics")).send().await.unwrap().status(), 200);
    // Who speaks no TLS gets no answer, and holds nobody up.
    let plain = root.replace("https", "http");
    assert!(browser().get(format!("{plain}/healthz")).send().await.is_err());
    assert_eq!(browser().get(format!("{root}/healthz")).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_proxy_says_where_a_request_comes_from_and_no_other_site_may_read() {
    for (settings, believed) in [("", false), ("trusted_proxies = [\"127.0.0.0/8\"]\n", true)] {
        let folder = tempfile::TempDir::new().unwrap();
        let server = start(folder.path(), settings);
        let from = |address: &str| [("x-forwarded-for", address.to_owned()), ("x-forwarded-proto", "https".to_owned())];
        // A stranger tries until he is locked out; whoever is behind the same proxy is not.
        let mut locked = false;
        for _ in 0..50 {
            let headers = from("203.0.113.1");
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            locked = sign_in(&server.url, &headers, "wrong").await.status() == 429;
            if locked {
                break;
            }
        }
        assert!(locked, "nobody is ever locked out");
        let headers = from("203.0.113.2");
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let other = sign_in(&server.url, &headers, "a password for this test").await;
        assert_eq!(other.status() == 200, believed, "{}", other.status());
        if believed {
            assert!(cookie(&other).contains("; Secure"));
        }
        // CORS is off: no other site is told that it may.
        let asked = browser()
            .request(reqwest::Method::OPTIONS, format!("{}/api/v1/me", server.url))
            .header("origin", "https://elsewhere.example")
            .header("access-control-request-method", "GET")
            .send()
            .await
            .unwrap();
        let read = browser()
            .get(format!("{}/api/v1/me", server.url))
            .header("origin", "https://elsewhere.example")
            .send()
            .await
            .unwrap();
        for answer in [asked, read] {
            assert!(
                !answer.headers().keys().any(|name| name.as_str().starts_with("access-control")),
                "{answer:?}"
            );
        }
    }
}

#[test]
fn wrong_settings_are_all_told_and_nothing_is_started() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("data");
    let settings = format!("data = {data:?}\nlisten = \"nowhere\"\nbase_pth = \"/x\"\n");
    let ended = command(folder.path(), &settings)
        .env("STREAMWRIGHT_LOG_JSON", "perhaps")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2));
    for wanted in [
        "streamwright.toml:2: listen",
        "streamwright.toml:3: there is no setting base_pth; did you mean base_path?",
        "STREAMWRIGHT_LOG_JSON: log_json",
    ] {
        assert!(said.contains(wanted), "{wanted} is not in {said}");
    }
    assert!(!data.exists());
    let shown = Command::new(env!("CARGO_BIN_EXE_streamwright")).arg("settings").output().unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains("#trusted_proxies") && toml_is_fine(&text));
}

fn toml_is_fine(text: &str) -> bool {
    text.lines().all(|line| line.is_empty() || line.starts_with('#'))
}
