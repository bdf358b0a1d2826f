//! The settings as the server uses them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use domain::network::Network;
use domain::time::HOUR;
use domain::upload::UploadLimits;
use store::Store;

use super::{Given, Values};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The data folder.
    pub data: PathBuf,
    /// The database's address, unless it is SQLite in the data folder.
    pub database: Option<String>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where browsers reach the server, without a slash at its end.
    pub public_url: Option<String>,
    /// Below which path everything is: empty, or with a slash at its beginning and none at its end.
    pub base_path: String,
    /// Whose `X-Forwarded-…` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Networks inside to which messages may go.
    pub allow_inside: Vec<Network>,
    /// Where the server speaks TLS itself.
    pub tls: Option<Tls>,
    /// The password of the platform admin.
    pub admin_password_file: Option<PathBuf>,
    /// Log as JSON lines.
    pub log_json: bool,
    /// What may be uploaded.
    pub uploads: UploadLimits,
}

/// The files for TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificates.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

impl Settings {
    /// The database's address.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database
            .clone()
            .unwrap_or_else(|| Store::sqlite_url(&absolute(&self.data).join("streamwright.db")))
    }
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// Makes settings of values; none where a value is missing without which nothing works.
pub(super) fn settings(values: &Values, problems: &mut Vec<String>) -> Option<Settings> {
    let data = text(values, "data").map(|given| PathBuf::from(&given.text));
    if data.is_none() {
        problems.push("data: no folder is given; set it with --data, STREAMWRIGHT_DATA, or in the file of --config".to_owned());
    }
    let listen = one(values, "listen", problems, |text| {
        SocketAddr::from_str(text).map_err(|_| format!("{text} is no address to listen on: expected ADDRESS:PORT such as 127.0.0.1:8088"))
    });
    let base_path = one(values, "base_path", problems, base_path).unwrap_or_default();
    let public_url = one(values, "public_url", problems, |text| public_url(text, &base_path));
    let database = one(values, "database", problems, database);
    let trusted_proxies = one(values, "trusted_proxies", problems, networks);
    let allow_inside = one(values, "allow_inside", problems, networks);
    let log_json = one(values, "log_json", problems, |text| match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(format!("{other} is neither true nor false")),
    });
    Some(Settings {
        data: data?,
        database,
        listen: listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8088))),
        public_url,
        base_path,
        trusted_proxies: trusted_proxies.unwrap_or_default(),
        allow_inside: allow_inside.unwrap_or_default(),
        tls: tls(values, problems),
        admin_password_file: file(values, "admin_password_file", problems),
        log_json: log_json.unwrap_or(false),
        uploads: uploads(values, problems),
    })
}

fn uploads(values: &Values, problems: &mut Vec<String>) -> UploadLimits {
    let own = UploadLimits::default();
    let file_bytes = number(values, "max_artifact_bytes", i64::MAX, problems);
    let team_bytes = number(values, "max_team_artifact_bytes", i64::MAX, problems);
    let open = number(values, "max_uploads", i64::from(u32::MAX), problems).and_then(|number| u32::try_from(number).ok());
    let hours = number(values, "upload_hours", 720, problems);
    UploadLimits {
        file_bytes: file_bytes.unwrap_or(own.file_bytes),
        team_bytes: team_bytes.unwrap_or(own.team_bytes),
        open: open.unwrap_or(own.open),
        life_ms: hours.map_or(own.life_ms, |hours| hours * HOUR),
    }
}

/// A number from one to `most`.
fn number(values: &Values, key: &str, most: i64, problems: &mut Vec<String>) -> Option<i64> {
    one(values, key, problems, |text| {
        let number = text.parse::<i64>().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| format!("{text} is not a whole number from 1 to {most}"))
    })
}

/// A value that is not empty.
fn text<'a>(values: &'a Values, key: &str) -> Option<&'a Given> {
    values.get(key).filter(|given| !given.text.is_empty())
}

fn one<T>(values: &Values, key: &str, problems: &mut Vec<String>, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
    let given = text(values, key)?;
    match parse(&given.text) {
        Ok(value) => Some(value),
        Err(what) => {
            problems.push(format!("{}: {key}: {what}", given.place));
            None
        }
    }
}

fn networks(text: &str) -> Result<Vec<Network>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(Network::from_str).collect()
}

fn base_path(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let fine = |part: &str| {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "-_.~".contains(letter);
        !part.is_empty() && part != "." && part != ".." && part.chars().all(letters)
    };
    if path.is_empty() || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(fine)) {
        Ok(path.to_owned())
    } else {
        Err(format!("{text} is no path: expected one such as /streamwright"))
    }
}

fn public_url(text: &str, base_path: &str) -> Result<String, String> {
    let expected = "expected one such as https://flink.example.org";
    let uri: http::Uri = text
        .parse()
        .map_err(|_| format!("{text} is no address of a web site: {expected}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
        return Err(format!("{text} is no address of a web site: {expected}"));
    }
    if uri.path().trim_end_matches('/') != base_path {
        return Err(format!(
            "{text} does not end with the base path, which is {base_path:?}: set both alike"
        ));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A password in the address stays out of the problem.
fn database(text: &str) -> Result<String, String> {
    match text.split_once("://").map(|(scheme, _)| scheme) {
        Some("sqlite" | "postgres" | "postgresql" | "mysql" | "mariadb") => Ok(text.to_owned()),
        Some(scheme) => Err(format!(
            "there is no database of the kind {scheme}: expected postgres://… or mysql://…"
        )),
        None => Err("this is no database's address: expected postgres://user:password@host/database or mysql://…".to_owned()),
    }
}

fn file(values: &Values, key: &str, problems: &mut Vec<String>) -> Option<PathBuf> {
    one(values, key, problems, |text| {
        std::fs::File::open(text)
            .map(|_| PathBuf::from(text))
            .map_err(|error| format!("{text} cannot be read: {error}"))
    })
}

fn tls(values: &Values, problems: &mut Vec<String>) -> Option<Tls> {
    let half = |there: &str, lacks: &str| text(values, there).filter(|_| text(values, lacks).is_none());
    for (there, lacks) in [("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")] {
        if let Some(given) = half(there, lacks) {
            problems.push(format!("{}: {there} needs {lacks} as well", given.place));
        }
    }
    let (certificate, key) = (file(values, "tls_certificate", problems), file(values, "tls_key", problems));
    Some(Tls {
        certificate: certificate?,
        key: key?,
    })
}
