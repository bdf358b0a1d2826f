//! Carries messages out: webhooks in the bodies that chat tools take, and mail. Everything goes through the
//! [gate](crate::outbound::Gate), is bounded in time and size, and follows no redirect.

use std::time::Duration;

use async_trait::async_trait;
use domain::message::{Address, MailSecurity, Message, Preset};
use domain::ports::{Messenger, PortError};
use domain::secret::Secret;
use futures::StreamExt;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde_json::{Value, json};
use url::Host;

use crate::failure::Failure;
use crate::outbound::{Gate, cause};

/// Longest time for one message.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most that is read of an answer, in bytes.
const MOST_READ: usize = 64 * 1024;
/// Longest text in a chat, in characters: the least that one of them takes is 2,048 bytes (WeCom).
const LONGEST_CHAT: usize = 1_500;

/// Says that nobody wrote this, so that no machine answers it (RFC 3834).
#[derive(Clone)]
struct Automatic;

impl Header for Automatic {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// See the module.
pub struct Outbox {
    gate: Gate,
    http: reqwest::Client,
}

impl Outbox {
    /// An outbox behind a gate.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(gate: Gate) -> Result<Self, Failure> {
        let http = gate.client(PATIENCE)?;
        Ok(Self { gate, http })
    }

    async fn webhook(&self, preset: Preset, url: &str, message: &Message) -> Result<(), PortError> {
        let url = self.checked(url)?;
        let sent = self
            .http
            .post(url)
            .header("idempotency-key", message.id.to_string())
            .json(&body(preset, message))
            .send()
            .await;
        // The address holds a token: it is in no error.
        let answer = sent.map_err(|error| unreachable(&error))?;
        let status = answer.status();
        let text = read(answer).await;
        answered(preset, status, &text)
    }

    /// The address, unless it names an address inside the network without a name that could be looked up.
    fn checked(&self, url: &str) -> Result<url::Url, PortError> {
        let url = url::Url::parse(url).map_err(|_| PortError::GiveUp("the webhook's address is none".to_owned()))?;
        let ip = match url.host() {
            Some(Host::Ipv4(four)) => Some(four.into()),
            Some(Host::Ipv6(six)) => Some(six.into()),
            _ => None,
        };
        if ip.is_some_and(|ip| !self.gate.lets(ip)) {
            return Err(PortError::GiveUp(
                "the webhook's address lies inside this network, which messages may not reach: an administrator can allow it with --allow-inside"
                    .to_owned(),
            ));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PortError::GiveUp("a webhook's address begins with https:// or http://".to_owned()));
        }
        Ok(url)
    }

    async fn mail(&self, to: &Address, password: Option<&str>, message: &Message) -> Result<(), PortError> {
        let Address::Email {
            server,
            port,
            security,
            username,
            ..
        } = to
        else {
            return Err(PortError::GiveUp("this is no mail address".to_owned()));
        };
        let mail = mail(to, message)?;
        let found = self.gate.resolve(server, *port).await.map_err(PortError::Retry)?;
        let address = found
            .first()
            .ok_or_else(|| PortError::Retry(format!("the name {server} has no address")))?;
        let tls = || TlsParameters::new(server.clone()).map_err(|error| PortError::GiveUp(format!("TLS cannot be set up: {error}")));
        // Connected to the address that was judged; the certificate is still the server's.
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
            .port(*port)
            .timeout(Some(PATIENCE))
            .tls(match security {
                MailSecurity::Starttls => Tls::Required(tls()?),
                MailSecurity::Tls => Tls::Wrapper(tls()?),
                MailSecurity::None => Tls::None,
            });
        if let (Some(username), Some(password)) = (username, password) {
            transport = transport.credentials(Credentials::new(username.clone(), password.to_owned()));
        }
        let sent = tokio::time::timeout(PATIENCE * 2, transport.build().send(mail)).await;
        match sent {
            Err(_) => Err(PortError::Retry(format!("the mail server {server} did not answer in time"))),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(PortError::GiveUp(format!("the mail server refused it: {}", cause(&error)))),
            Ok(Err(error)) => Err(PortError::Retry(format!("the mail server {server}: {}", cause(&error)))),
        }
    }
}

#[async_trait]
impl Messenger for Outbox {
    async fn send(&self, address: &Address, secret: Option<&Secret>, message: &Message) -> Result<(), PortError> {
        match (address, secret) {
            (Address::Webhook { preset, .. }, Some(url)) => self.webhook(*preset, url.expose(), message).await,
            (Address::Webhook { .. }, None) => Err(PortError::GiveUp("the webhook has no address".to_owned())),
            (Address::Email { .. }, password) => self.mail(address, password.map(Secret::expose), message).await,
        }
    }
}

fn unreachable(error: &reqwest::Error) -> PortError {
    if error.is_timeout() {
        return PortError::Retry("the receiver did not answer in time".to_owned());
    }
    PortError::Retry(format!("the receiver cannot be reached: {}", cause(error)))
}

/// The beginning of an answer.
async fn read(answer: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    let mut chunks = answer.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        let room = MOST_READ - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if bytes.len() >= MOST_READ {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What an answer means: taken, to be tried again, or never to be taken.
fn answered(preset: Preset, status: reqwest::StatusCode, text: &str) -> Result<(), PortError> {
    if status.is_success() {
        return accepted(preset, text);
    }
    if status.is_redirection() {
        return Err(PortError::GiveUp(
            "the receiver answered with a redirect, which is not followed: give the address that it leads to".to_owned(),
        ));
    }
    let why = format!("the receiver answered {status}: {}", domain::message::one_line(text, 200));
    let later = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
    Err(if later { PortError::Retry(why) } else { PortError::GiveUp(why) })
}

/// Some chat tools answer 200 and say in the body that they did not take it.
fn accepted(preset: Preset, text: &str) -> Result<(), PortError> {
    let answer: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let code = match preset {
        Preset::Dingtalk | Preset::Wecom => &answer["errcode"],
        Preset::Feishu => &answer["code"],
        Preset::Json | Preset::Slack => return Ok(()),
    };
    match code.as_i64() {
        None | Some(0) => Ok(()),
        Some(_) => Err(PortError::GiveUp(format!(
            "the receiver did not take it: {}",
            domain::message::one_line(text, 200)
        ))),
    }
}

/// The body that a webhook takes.
fn body(preset: Preset, message: &Message) -> Value {
    let text = format!("{}\n{}", message.subject, message.text);
    let text: String = text.chars().take(LONGEST_CHAT).collect();
    match preset {
        Preset::Json => serde_json::to_value(message).unwrap_or(Value::Null),
        Preset::Slack => json!({ "text": text }),
        Preset::Feishu => json!({ "msg_type": "text", "content": { "text": text } }),
        Preset::Dingtalk | Preset::Wecom => json!({ "msgtype": "text", "text": { "content": text } }),
    }
}

fn mail(to: &Address, message: &Message) -> Result<lettre::Message, PortError> {
    let Address::Email { from, to, .. } = to else {
        return Err(PortError::GiveUp("this is no mail address".to_owned()));
    };
    let mailbox = |text: &str| {
        text.parse::<Mailbox>()
            .map_err(|error| PortError::GiveUp(format!("'{}' is no mail address: {error}", domain::message::one_line(text, 80))))
    };
    let host = from.rsplit('@').next().unwrap_or("localhost").trim_end_matches('>');
    let mut mail = lettre::Message::builder()
        .from(mailbox(from)?)
        .message_id(Some(format!("<{}@{host}>", message.id)))
        .subject(domain::message::one_line(&message.subject, 200))
        .header(ContentType::TEXT_PLAIN)
        .header(Automatic);
    for one in to {
        mail = mail.to(mailbox(one)?);
    }
    mail.body(message.text.clone())
        .map_err(|error| PortError::GiveUp(format!("the mail cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use domain::id::DeliveryId;

    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_is_given_up() {
        let said = |status, preset, text| match answered(preset, reqwest::StatusCode::from_u16(status).unwrap(), text) {
            Ok(()) => "taken",
            Err(PortError::Retry(_)) => "again",
            Err(_) => "given up",
        };
        for (status, expected) in [
            (200, "taken"),
            (204, "taken"),
            (301, "given up"),
            (307, "given up"),
            (400, "given up"),
            (404, "given up"),
            (408, "again"),
            (410, "given up"),
            (425, "again"),
            (429, "again"),
            (500, "again"),
            (503, "again"),
        ] {
            assert_eq!(said(status, Preset::Json, "<html>"), expected, "{status}");
        }
        assert_eq!(said(200, Preset::Wecom, r#"{"errcode": 93000}"#), "given up");
        assert_eq!(said(200, Preset::Wecom, r#"{"errcode": 0}"#), "taken");
        assert_eq!(said(200, Preset::Feishu, r#"{"code": 19001}"#), "given up");
    }

    #[test]
    fn nothing_in_a_name_or_an_address_begins_another_header() {
        let message = domain::message::message(DeliveryId(uuid::Uuid::nil()), "shop\r\nBcc: x@y", Vec::new());
        let to = |from: &str, to: &str| Address::Email {
            server: "h".to_owned(),
            port: 25,
            security: MailSecurity::None,
            username: None,
            from: from.to_owned(),
            to: vec![to.to_owned()],
        };
        let written = mail(&to("a@b", "Zoë <c@d>"), &message).unwrap().formatted();
        let written = String::from_utf8(written).unwrap();
        let (head, _) = written.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        for evil in ["a@b\r\nBcc: c@d", "a@b\nX: y", "\"a\r\nBcc: x@y\" <a@b>"] {
            assert!(mail(&to(evil, "a@b"), &message).is_err(), "{evil}");
            assert!(mail(&to("a@b", evil), &message).is_err(), "{evil}");
        }
    }
}
