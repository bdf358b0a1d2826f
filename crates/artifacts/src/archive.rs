//! The Apache archive's binary tarball, verified by the SHA-512 that lies beside it.

use std::path::Path;
use std::time::Duration;

use domain::flink_version::VersionNumber;
use domain::ports::{PortError, Progress};
use futures::StreamExt;
use sha2::{Digest, Sha512};
use tokio::io::AsyncWriteExt;

use crate::{room, unpack};

/// Where Apache keeps every release.
const APACHE: &str = "https://archive.apache.org/dist";
/// No tarball is larger (2.3.0's has 0.6 GB).
const LARGEST: u64 = 2 << 30;
/// A line that says nothing for so long is dead.
const SILENCE: Duration = Duration::from_secs(60);

/// Downloads, verifies and unpacks; `place` is the folder to work in and the home to make.
pub async fn install(
    version: VersionNumber,
    place: (&Path, &Path),
    base_url: Option<&str>,
    progress: Progress<'_>,
) -> Result<(), PortError> {
    let (work, home) = place;
    let base = base_url.unwrap_or(APACHE).trim_end_matches('/');
    let url = format!("{base}/flink/flink-{version}/flink-{version}-bin-scala_2.12.tgz");
    let client = client()?;
    let expected = checksum(&client, &format!("{url}.sha512")).await?;
    let file = work.join("flink.tgz");
    let digest = download(&client, (&url, version), &file, progress).await?;
    if digest != expected {
        return Err(PortError::GiveUp(format!(
            "{url} is not what its checksum says: it was changed or damaged on the way. Nothing was installed; try again"
        )));
    }
    progress(&format!("Unpacking Flink {version}"), None);
    let home = home.to_path_buf();
    tokio::task::spawn_blocking(move || unpack::tar_gz(&file, &home, unpack::of_tarball).map(|_| ()))
        .await
        .map_err(|error| PortError::Retry(format!("unpacking was broken off: {error}")))?
}

#[allow(clippy::disallowed_methods, reason = "the installer's one client")]
fn client() -> Result<reqwest::Client, PortError> {
    let builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(SILENCE)
        .user_agent("streamwright");
    builder
        .build()
        .map_err(|error| PortError::GiveUp(format!("no HTTP client: {error}")))
}

async fn get(client: &reqwest::Client, url: &str) -> Result<reqwest::Response, PortError> {
    let response = client.get(url).send().await.map_err(|error| broken(url, &error))?;
    match response.status() {
        status if status.is_success() => Ok(response),
        reqwest::StatusCode::NOT_FOUND => {
            let message = format!("there is nothing at {url}: choose a version that was released, such as 2.2.1");
            Err(PortError::Refused {
                status: Some(404),
                message,
            })
        }
        status => Err(PortError::Retry(format!("{url} answered {status}; try again later"))),
    }
}

fn broken(url: &str, error: &reqwest::Error) -> PortError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    PortError::Retry(format!("{url} could not be read: {cause}; look at the network and try again"))
}

/// `<128 hex digits>  flink-….tgz`
async fn checksum(client: &reqwest::Client, url: &str) -> Result<String, PortError> {
    let mut text = Vec::new();
    let mut chunks = get(client, url).await?.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        text.extend_from_slice(&chunk.map_err(|error| broken(url, &error))?);
        if text.len() > 4_096 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let digest = text.split_whitespace().next().unwrap_or_default();
    if digest.len() == 128 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digest.to_owned())
    } else {
        Err(PortError::GiveUp(format!("{url} has no SHA-512 in it")))
    }
}

async fn download(client: &reqwest::Client, what: (&str, VersionNumber), file: &Path, progress: Progress<'_>) -> Result<String, PortError> {
    let (url, version) = what;
    let response = get(client, url).await?;
    let whole = response.content_length();
    let mut out = tokio::fs::File::create(file).await.map_err(|error| room::fault(file, &error))?;
    let (mut digest, mut bytes, mut said) = (Sha512::new(), 0_u64, 0_u64);
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| broken(url, &error))?;
        bytes += chunk.len() as u64;
        if bytes > LARGEST {
            return Err(PortError::GiveUp(format!("{url} is larger than any Flink distribution")));
        }
        digest.update(&chunk);
        out.write_all(&chunk).await.map_err(|error| room::fault(file, &error))?;
        if bytes - said > 20_000_000 {
            said = bytes;
            let share = whole.filter(|whole| *whole > 0).map(|whole| bytes as f64 / whole as f64);
            progress(&format!("Downloading Flink {version}: {} MB", bytes / 1_000_000), share);
        }
    }
    out.flush().await.map_err(|error| room::fault(file, &error))?;
    Ok(hex::encode(digest.finalize()))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use domain::ports::{FlinkInstaller, InstallSource};

    use super::*;
    use crate::Installer;
    use crate::unpack::tests::tarball;

    /// Serves a tarball with a checksum of what it should be.
    async fn serve(served: Vec<u8>, named: &[u8]) -> String {
        let checksum = format!("{}  flink.tgz\n", hex::encode(Sha512::digest(named)));
        let path = "/flink/flink-2.2.1/flink-2.2.1-bin-scala_2.12.tgz";
        let router = Router::new()
            .route(path, get(move || async move { served }))
            .route(&format!("{path}.sha512"), get(move || async move { checksum }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    async fn install(data: &Path, base_url: String) -> Result<String, PortError> {
        let source = InstallSource::Archive { base_url: Some(base_url) };
        Installer::new(data).install(VersionNumber::new(2, 2, 1), &source, &|_, _| {}).await
    }

    fn left_behind(data: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(data.join("flink")).unwrap().flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with(".lock"))
            .collect()
    }

    #[tokio::test]
    async fn a_verified_tarball_becomes_a_home() {
        let data = tempfile::tempdir().unwrap();
        let whole = tarball(&[("flink-2.2.1/lib/flink-dist-2.2.1.jar", b"jar"), ("flink-2.2.1/bin/flink", b"#!")]);
        let url = serve(whole.clone(), &whole).await;
        let home = install(data.path(), url.clone()).await.unwrap();
        assert!(Path::new(&home).join("bin/flink").exists());
        assert_eq!(
            install(data.path(), "http://127.0.0.1:1".to_owned()).await,
            Ok(home),
            "an installed version is found, not downloaded"
        );
        assert_eq!(left_behind(data.path()), ["2.2.1"]);
    }

    #[tokio::test]
    async fn two_installations_at_once_are_one() {
        let data = tempfile::tempdir().unwrap();
        let whole = tarball(&[("flink-2.2.1/lib/flink-dist-2.2.1.jar", b"jar")]);
        let url = serve(whole.clone(), &whole).await;
        let (one, two) = tokio::join!(install(data.path(), url.clone()), install(data.path(), url));
        assert_eq!(one.unwrap(), two.unwrap());
        assert_eq!(left_behind(data.path()), ["2.2.1"]);
    }

    #[tokio::test]
    async fn what_is_not_what_it_says_leaves_nothing() {
        let data = tempfile::tempdir().unwrap();
        let whole = tarball(&[("flink-2.2.1/lib/flink-dist-2.2.1.jar", b"jar")]);
        let evil = tarball(&[("flink-2.2.1/../../evil", b"x")]);
        let other = tarball(&[("flink-2.2.1/lib/flink-dist-1.20.5.jar", b"jar")]);
        for (served, named, why) in [
            (whole[..whole.len() / 2].to_vec(), &whole, "not what its checksum says"),
            (evil.clone(), &evil, "leads out of the folder"),
            (other.clone(), &other, "is Flink 1.20.5"),
        ] {
            let error = install(data.path(), serve(served, named).await).await.unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(left_behind(data.path()).is_empty(), "{:?}", left_behind(data.path()));
        }
        let nowhere = install(data.path(), format!("{}/nowhere", serve(Vec::new(), b"").await))
            .await
            .unwrap_err();
        assert!(nowhere.not_found(), "{nowhere}");
    }

    #[tokio::test]
    async fn a_cut_line_is_worth_another_try_and_leaves_nothing() {
        let data = tempfile::tempdir().unwrap();
        let path = "/flink/flink-2.2.1/flink-2.2.1-bin-scala_2.12.tgz";
        let cut = || async {
            let chunks = vec![Ok(vec![7_u8; 1_000]), Err(std::io::Error::other("the line is cut"))];
            axum::body::Body::from_stream(futures::stream::iter(chunks))
        };
        let checksum = format!("{} flink.tgz", hex::encode(Sha512::digest(b"x")));
        let router = Router::new()
            .route(path, get(cut))
            .route(&format!("{path}.sha512"), get(move || async move { checksum }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let error = install(data.path(), url).await.unwrap_err();
        assert!(
            matches!(&error, PortError::Retry(message) if message.contains("could not be read")),
            "{error:?}"
        );
        assert_eq!(left_behind(data.path()), Vec::<String>::new());
    }
}
