//! Mail over a real SMTP conversation: STARTTLS, TLS from the first byte, a login; and what is said when it does not work.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod bed;

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use bed::{Bed, nothing};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const PASSWORD: &str = "kein Geheimnis mehr";

/// What a mail server heard, each line with whether it came through TLS.
type Heard = Arc<Mutex<Vec<(bool, String)>>>;

fn acceptor() -> TlsAcceptor {
    let file = |name: &str| format!("{}/tests/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let chain = CertificateDer::pem_file_iter(file("one.crt"))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let key = PrivateKeyDer::from_pem_file(file("one.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// How a mail server takes connections.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// In the clear, and goes on so.
    Clear,
    /// In the clear, and offers STARTTLS.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

/// A mail server that wants a login.
async fn mail_server(takes: Takes) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                match takes {
                    Takes::Tls => {
                        let Ok(stream) = acceptor().accept(stream).await else { return };
                        talk(BufReader::new(stream), (takes, true, true), &kept).await;
                    }
                    _ => {
                        let Some(stream) = talk(BufReader::new(stream), (takes, false, true), &kept).await else {
                            return;
                        };
                        let Ok(stream) = acceptor().accept(stream).await else { return };
                        talk(BufReader::new(stream), (takes, true, false), &kept).await;
                    }
                }
            });
        }
    });
    (port, heard)
}

/// Converses until the end; answers the connection where it is to go on under TLS.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    (takes, secret, greets): (Takes, bool, bool),
    heard: &Heard,
) -> Option<S> {
    if greets {
        stream.write_all(b"220 mail.example.com\r\n").await.ok()?;
    }
    let (mut inside, mut line) = (false, String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let text = line.trim_end().to_owned();
        heard.lock().unwrap().push((secret, text.clone()));
        let answer = match (inside, text.split(' ').next().unwrap_or_default()) {
            (true, ".") => {
                inside = false;
                "250 taken"
            }
            (true, _) => continue,
            (false, "EHLO") if takes == Takes::Starttls && !secret => "250-mail.example.com\r\n250 STARTTLS",
            (false, "EHLO") => "250-mail.example.com\r\n250 AUTH PLAIN LOGIN",
            (false, "STARTTLS") => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                return Some(stream.into_inner());
            }
            (false, "AUTH") if right(&text) => "235 welcome",
            (false, "AUTH") => "535 5.7.8 Error: authentication failed: wrong name or password",
            (false, "DATA") => {
                inside = true;
                "354 go on"
            }
            (false, "QUIT") => "221 bye",
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

/// Whether `AUTH PLAIN …` has the right name and password.
fn right(line: &str) -> bool {
    let token = line.rsplit(' ').next().unwrap_or_default();
    let decoded = base64::engine::general_purpose::STANDARD.decode(token).unwrap_or_default();
    decoded == format!("\0flink\0{PASSWORD}").into_bytes()
}

/// Makes a destination and sends a test; what the server says of it.
async fn test(bed: &Bed, name: &str, address: &Value) -> (u16, String) {
    let (status, made) = bed
        .post("/destinations", &json!({"name": name, "address": address}), name)
        .await
        .unwrap();
    assert_eq!(status, 201, "{made:#}");
    let id = made["id"].as_str().unwrap();
    let (status, problem) = bed.post(&format!("/destinations/{id}/test"), &nothing(), id).await.unwrap();
    (status, problem["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_through_tls_with_a_login_and_what_is_wrong_is_said() {
    let mut bed = Bed::new("2.2.1").await;
    bed.start(None).await;
    // Takes, security, host, password, status, what is said.
    let rows = [
        (Takes::Tls, "tls", "127.0.0.1", PASSWORD, 204, ""),
        (Takes::Starttls, "starttls", "127.0.0.1", PASSWORD, 204, ""),
        (Takes::Starttls, "starttls", "localhost", PASSWORD, 204, ""),
        (Takes::Tls, "tls", "127.0.0.1", "mistyped 0815", 422, "wrong name or password"),
        // Nothing goes out in the clear where TLS was asked for.
        (Takes::Clear, "starttls", "127.0.0.1", PASSWORD, 422, "STARTTLS"),
        (Takes::Clear, "tls", "127.0.0.1", PASSWORD, 422, "127.0.0.1"),
    ];
    for (number, (takes, security, server, password, status, says)) in rows.into_iter().enumerate() {
        let (port, heard) = mail_server(takes).await;
        let address = json!({
            "kind": "email", "server": server, "port": port, "security": security, "username": "flink", "password": password,
            "from": "flink@example.com", "to": ["ada@example.com", "zoe@example.com"],
        });
        let (got, detail) = test(&bed, &format!("mail {number}"), &address).await;
        let heard = heard.lock().unwrap();
        assert_eq!((got, detail.contains(says)), (status, true), "{number}: {detail} {heard:?}");
        assert!(!detail.contains(password), "{number}: {detail}");
        for (secret, line) in heard.iter() {
            let harmless = ["EHLO", "STARTTLS", "QUIT"].iter().any(|word| line.starts_with(word));
            assert!(*secret || harmless || takes == Takes::Clear, "{number}: in the clear: {line}");
            assert!(*secret || !line.starts_with("AUTH"), "{number}: a password in the clear");
        }
        let all: String = heard.iter().map(|(_, line)| format!("{line}\n")).collect();
        for part in [
            "RCPT TO:<ada@example.com>",
            "RCPT TO:<zoe@example.com>",
            "Auto-Submitted: auto-generated",
        ] {
            assert_eq!(all.contains(part), status == 204, "{number}: {part} in {all}");
        }
    }
    // A server whose certificate is another's is not told anything.
    let (port, heard) = mail_server(Takes::Tls).await;
    bed.trust(false);
    bed.kill().await;
    bed.start(None).await;
    let address =
        json!({"kind": "email", "server": "127.0.0.1", "port": port, "security": "tls", "from": "a@b.example", "to": ["c@d.example"]});
    let (status, detail) = test(&bed, "stranger", &address).await;
    assert_eq!((status, detail.contains("certificate")), (422, true), "{detail}");
    assert!(heard.lock().unwrap().is_empty());
}
