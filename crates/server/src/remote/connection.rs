//! `streamwright cluster connection`: how the address of a standalone cluster is spoken to. Secrets come from files or standard
//! input, and are never printed.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, escape};
use super::print::{self, at};
use crate::cli::{ClusterConnection, ConnectionFlags};
use crate::failure::Failure;

/// Longest file in bytes.
const LONGEST: u64 = 64 * 1024;

/// Runs `cluster connection`.
///
/// # Errors
/// Exit code 2 for a file that is not what it should be, 1 for a try that fails; else as the server says.
pub async fn run(asked: ClusterConnection) -> Result<(), Failure> {
    let client = Client::of(&asked.server)?;
    let path = format!("/clusters/{}", escape(&asked.cluster));
    let cluster = client.get(&path).await?;
    let given = body(&asked.connection)?;
    if given.is_none() && !asked.reset && !asked.test {
        print::body(client.format, &cluster["connection"], |_| text(&cluster));
        return Ok(());
    }
    let kept = if asked.reset { json!({}) } else { kept(&cluster["connection"]) };
    let whole = over(kept, given.unwrap_or_default());
    if asked.test {
        let seen = client.post(&format!("{path}/connection/test"), &whole).await?;
        print::body(client.format, &seen, |seen| format!("{}\n", at(seen, "sentence")));
        return if at(&seen, "outcome") == "answers" {
            Ok(())
        } else {
            Err(Failure::answer_no(""))
        };
    }
    let route = client.team_path(&format!("{path}/connection"))?;
    let changed = client.send(Method::PUT, &route, Some(&whole)).await?.body;
    print::body(client.format, &changed["connection"], |_| text(&changed));
    Ok(())
}

/// What flags say, as the API takes it; nothing where they say nothing.
///
/// # Errors
/// When a file cannot be read or does not hold what it should.
pub fn body(flags: &ConnectionFlags) -> Result<Option<Value>, Failure> {
    let secrets = [&flags.client_key, &flags.password_file, &flags.header_value_file];
    if secrets
        .iter()
        .filter(|file| file.as_deref().is_some_and(|file| file.as_os_str() == "-"))
        .count()
        > 1
    {
        return Err(Failure::usage("standard input is one text: only one of the files can be '-'"));
    }
    let mut body = json!({});
    for (key, flag, file) in [
        ("caCertificate", "--ca", &flags.ca),
        ("clientCertificate", "--client-cert", &flags.client_cert),
    ] {
        if let Some(file) = file {
            body[key] = json!(pem(flag, file, "CERTIFICATE-----")?);
        }
    }
    if let Some(file) = &flags.client_key {
        body["clientKey"] = json!(pem("--client-key", file, "PRIVATE KEY-----")?);
    }
    if let Some(user) = &flags.user {
        body["authentication"] = json!({ "kind": "basic", "user": user });
        if let Some(file) = &flags.password_file {
            body["authentication"]["password"] = json!(line("--password-file", file)?);
        }
    }
    if let Some(name) = &flags.header {
        body["authentication"] = json!({ "kind": "header", "name": name });
        if let Some(file) = &flags.header_value_file {
            body["authentication"]["value"] = json!(line("--header-value-file", file)?);
        }
    }
    Ok((body != json!({})).then_some(body))
}

/// What the server shows of a connection, as it takes it: secrets that are not named stay.
fn kept(shown: &Value) -> Value {
    let mut body = json!({});
    for key in ["caCertificate", "clientCertificate", "authentication"] {
        if let Some(value) = shown.get(key) {
            body[key] = value.clone();
        }
    }
    body
}

fn over(mut whole: Value, given: Value) -> Value {
    if let (Some(whole), Value::Object(given)) = (whole.as_object_mut(), given) {
        whole.extend(given);
    }
    whole
}

/// Reads a file with a limit; the message names the flag that named it.
///
/// # Errors
/// Exit code 2 when it cannot be read, is too long or is not text.
pub fn read(flag: &str, file: &Path) -> Result<String, Failure> {
    read_most(flag, file, LONGEST)
}

/// The same with another limit, in bytes.
///
/// # Errors
/// As [`read`].
pub fn read_most(flag: &str, file: &Path, most: u64) -> Result<String, Failure> {
    use std::io::Read;
    let shown = file.display();
    let mut bytes = Vec::new();
    let done = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    done.map_err(|error| Failure::usage(format!("{flag}: {shown} cannot be read: {error}")))?;
    if bytes.len() as u64 > most {
        return Err(Failure::usage(format!("{flag}: {shown} is larger than {} KiB", most / 1024)));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{flag}: {shown} is not text in UTF-8")))
}

fn pem(flag: &str, file: &Path, holds: &str) -> Result<String, Failure> {
    let text = read(flag, file)?;
    if text.contains("-----BEGIN ") && text.contains(holds) {
        return Ok(text);
    }
    let advice = if holds.starts_with("PRIVATE") {
        "openssl pkey"
    } else {
        "openssl x509"
    };
    Err(Failure::usage(format!(
        "{flag}: {} holds no 'BEGIN {}': expected PEM, as `{advice}` writes it",
        file.display(),
        holds.trim_end_matches('-')
    )))
}

/// A secret of one line, without the line's end.
///
/// # Errors
/// As [`read`], and where there is nothing in it.
pub fn line(flag: &str, file: &Path) -> Result<String, Failure> {
    let text = read(flag, file)?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Failure::usage(format!("{flag}: {} is empty", file.display()))),
        line => Ok(line.to_owned()),
    }
}

/// A cluster's connection for people.
#[must_use]
pub fn text(cluster: &Value) -> String {
    let connection = &cluster["connection"];
    if connection.is_null() {
        return "asks for nothing: no certificate of its own, no user, no header\n".to_owned();
    }
    let certificate = |key: &str, is: &str, no: &str| {
        let count = at(connection, key).matches("-----BEGIN CERTIFICATE-----").count();
        match count {
            0 => no.to_owned(),
            1 => format!("{is} (1 certificate)"),
            n => format!("{is} ({n} certificates)"),
        }
    };
    let authentication = match at(connection, "authentication/kind") {
        "basic" => format!("basic, user {} (password kept)", at(connection, "authentication/user")),
        "header" => format!("header {} (value kept)", at(connection, "authentication/name")),
        _ => "none".to_owned(),
    };
    let mut text = format!(
        "trusts   {}\nshows    {}\nsends    {authentication}\n",
        certificate("caCertificate", "its own authority", "the public authorities"),
        certificate("clientCertificate", "a client certificate (key kept)", "no certificate"),
    );
    if !at(connection, "problem").is_empty() {
        text.push_str(&format!("problem  {}\n", at(connection, "problem")));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn flags(folder: &Path) -> ConnectionFlags {
        let file = |name: &str, text: &str| {
            let file = folder.join(name);
            std::fs::write(&file, text).unwrap();
            Some(file)
        };
        ConnectionFlags {
            ca: file("ca.pem", "-----BEGIN CERTIFICATE-----\n"),
            client_cert: file("cert.pem", "-----BEGIN CERTIFICATE-----\n"),
            client_key: file("key.pem", "-----BEGIN EC PRIVATE KEY-----\n"),
            user: Some("ada".to_owned()),
            password_file: file("password", "päss word\r\n"),
            ..ConnectionFlags::default()
        }
    }

    #[test]
    fn flags_become_a_connection() {
        let folder = tempfile::tempdir().unwrap();
        let body = body(&flags(folder.path())).unwrap().unwrap();
        assert_eq!(
            body["authentication"],
            json!({ "kind": "basic", "user": "ada", "password": "päss word" })
        );
        assert!(
            ["caCertificate", "clientCertificate", "clientKey"]
                .iter()
                .all(|key| body[key].is_string())
        );
        assert_eq!(super::body(&ConnectionFlags::default()).unwrap(), None);
    }

    #[test]
    fn files_that_are_not_what_they_should_be_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let put = |name: &str, bytes: &[u8]| {
            std::fs::write(root.join(name), bytes).unwrap();
            Some(root.join(name))
        };
        let none = || ConnectionFlags::default();
        let key = put("k", b"-----BEGIN PRIVATE KEY-----");
        for (flags, expected) in [
            (
                ConnectionFlags {
                    ca: Some(root.join("x")),
                    ..none()
                },
                "--ca: ",
            ),
            (
                ConnectionFlags {
                    ca: put("a", b"text"),
                    ..none()
                },
                "holds no 'BEGIN CERTIFICATE'",
            ),
            (ConnectionFlags { ca: key.clone(), ..none() }, "holds no 'BEGIN CERTIFICATE'"),
            (
                ConnectionFlags {
                    ca: put("b", b"\x30\x82\xff"),
                    ..none()
                },
                "is not text",
            ),
            (
                ConnectionFlags {
                    ca: put("c", &[b'x'; 70_000]),
                    ..none()
                },
                "larger than 64 KiB",
            ),
            (
                ConnectionFlags {
                    client_key: put("d", b"hunter2"),
                    ..none()
                },
                "holds no 'BEGIN PRIVATE KEY'",
            ),
            (
                ConnectionFlags {
                    user: Some("u".to_owned()),
                    password_file: put("e", b"\n"),
                    ..none()
                },
                "is empty",
            ),
            (
                ConnectionFlags {
                    client_key: Some(PathBuf::from("-")),
                    password_file: Some(PathBuf::from("-")),
                    ..none()
                },
                "only one of the files",
            ),
        ] {
            let refused = body(&flags).unwrap_err();
            assert_eq!(refused.code, 2);
            assert!(
                refused.message.contains(expected) && !refused.message.contains("hunter2"),
                "{}",
                refused.message
            );
        }
    }

    #[test]
    fn what_is_not_named_stays() {
        let shown = json!({ "caCertificate": "ca", "authentication": { "kind": "basic", "user": "ada" }, "problem": "x" });
        let whole = over(kept(&shown), json!({ "caCertificate": "new" }));
        assert_eq!(
            whole,
            json!({ "caCertificate": "new", "authentication": { "kind": "basic", "user": "ada" } })
        );
        assert_eq!(over(kept(&Value::Null), Value::Null), json!({}));
    }
}
