//! Evidence of a run's end: what would be lost with its cluster. The end of the logs of its JobManager and TaskManagers
//! and its exceptions, kept in the database, so that every instance and every backup has them.

use serde::{Deserialize, Serialize};

use crate::id::{JobId, RunId, TeamId};
use crate::time::{HOUR, Millis};

/// Most that is kept of one log, in bytes: its end.
pub const MAX_LOG_BYTES: usize = 1 << 20;
/// Logs of at most so many TaskManagers are kept of one run: those that its exceptions name, then the first ones.
pub const MAX_TASK_MANAGERS: usize = 8;

/// What a kept file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The end of a log.
    Log,
    /// In the place of a log that could not be read: why, as a sentence.
    Lost,
    /// The exceptions as JSON, newest first.
    Exceptions,
}

/// One file to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFile {
    /// What it is.
    pub kind: EvidenceKind,
    /// `jobmanager` or Flink's id of a TaskManager; empty for exceptions.
    pub process: String,
    /// Name of the file.
    pub name: String,
    /// Its text, secrets masked.
    pub text: String,
}

/// What is kept of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvidence {
    /// The run.
    pub run_id: RunId,
    /// Its job.
    pub job_id: JobId,
    /// Its team.
    pub team_id: TeamId,
    /// When it was read.
    pub collected_at: Millis,
    /// What could not be read, as a sentence.
    pub missing: Option<String>,
    /// The run that the logs were kept with, where several ended on one cluster at once.
    pub logs_of: Option<RunId>,
}

/// How long and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Milliseconds.
    pub age: i64,
    /// Compressed bytes for each team; the oldest go first.
    pub bytes: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            age: 30 * 24 * HOUR,
            bytes: 256 << 20,
        }
    }
}

/// The first cause of the last exception in a log: its last `Caused by:`, else its first line.
#[must_use]
pub fn last_cause(log: &str) -> Option<String> {
    let thrown = |line: &&str| {
        let class = line.split(':').next().unwrap_or_default();
        let named = class.ends_with("Exception") || class.ends_with("Error");
        named && class.contains('.') && !class.contains(char::is_whitespace)
    };
    let mut cause = None;
    for line in log.lines() {
        if let Some(found) = line.strip_prefix("Caused by: ") {
            cause = Some(found);
        } else if thrown(&line) {
            cause = Some(line);
        }
    }
    cause.map(|line| line.trim().to_owned())
}

/// Words in a key that make its value a secret: Flink's own list (`GlobalConfiguration`, 1.13 to 2.3) and the usual ones
/// of connectors and clouds.
const SECRET_WORDS: [&str; 15] = [
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "api-key",
    "api_key",
    "account.key",
    "auth-params",
    "service-key",
    "basic-auth",
    "access-key",
    "access_key",
    "private-key",
    "credential",
];
/// What stands in the place of a secret.
const MASK: &str = "******";

/// The text without values that look like secrets: what stands behind a `:` or `=` after a key with a word such as
/// `password` in it, the password of an address, and what follows `Bearer` or `Basic`. Flink masks some of its own
/// configuration in its log; this is for connectors and user code.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        mask_line(line, &mut masked);
    }
    masked
}

fn mask_line(line: &str, out: &mut String) {
    let lower = line.to_ascii_lowercase();
    let mut at = 0;
    while at < line.len() {
        let next = [secret_value(&lower, at), header_value(&lower, at), address_password(&lower, at)]
            .into_iter()
            .flatten()
            .min();
        let Some((begin, end)) = next else { break };
        out.push_str(&line[at..begin]);
        out.push_str(MASK);
        at = end;
    }
    out.push_str(&line[at..]);
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// Where a value ends: at a blank, quote, or what separates values.
fn value_end(line: &str, begin: usize) -> usize {
    let quote = begin
        .checked_sub(1)
        .map(|at| line.as_bytes()[at])
        .filter(|byte| matches!(byte, b'"' | b'\''));
    let ends = |byte: u8| match quote {
        Some(quote) => byte == quote || byte == b'\n',
        None => byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'"' | b'\'' | b'}' | b')' | b']' | b'&'),
    };
    line.as_bytes()[begin..]
        .iter()
        .position(|byte| ends(*byte))
        .map_or(line.len(), |length| begin + length)
}

/// `key: value`, `key=value`, `'key' = 'value'`, `"key":"value"`.
fn secret_value(line: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    SECRET_WORDS
        .iter()
        .flat_map(|word| line[from..].match_indices(word).map(move |(at, _)| from + at + word.len()))
        .filter_map(|word_end| {
            let mut at = word_end;
            let skip = |at: &mut usize, fits: &dyn Fn(u8) -> bool| {
                while bytes.get(*at).is_some_and(|byte| fits(*byte)) {
                    *at += 1;
                }
            };
            skip(&mut at, &is_key);
            skip(&mut at, &|byte| matches!(byte, b'"' | b'\'' | b' '));
            if !matches!(bytes.get(at), Some(b':' | b'=')) {
                return None;
            }
            at += 1;
            skip(&mut at, &|byte| byte == b' ');
            if matches!(bytes.get(at), Some(b'"' | b'\'')) {
                at += 1;
            }
            let end = value_end(line, at);
            (end > at && !line[at..end].starts_with(MASK)).then_some((at, end))
        })
        .min()
}

/// `Bearer …`, `Basic …`.
fn header_value(line: &str, from: usize) -> Option<(usize, usize)> {
    ["bearer ", "basic "]
        .iter()
        .filter_map(|word| {
            let begin = from + line[from..].find(word)? + word.len();
            let end = value_end(line, begin);
            (end >= begin + 12 && !line[begin..end].starts_with(MASK)).then_some((begin, end))
        })
        .min()
}

/// `scheme://user:password@host`.
fn address_password(line: &str, from: usize) -> Option<(usize, usize)> {
    let begin = from + line[from..].find("://")? + 3;
    let rest = &line[begin..];
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\''))
        .unwrap_or(rest.len());
    let at = rest[..end].rfind('@')?;
    let colon = rest[..at].find(':')?;
    let found = (begin + colon + 1, begin + at);
    (found.1 > found.0 && !line[found.0..].starts_with(MASK)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cause_of_a_log() {
        let first = "10:00 ERROR failed\njava.lang.RuntimeException: first\n\tat a.B.c(B.java:1)\n";
        let second =
            "org.apache.flink.util.FlinkException: outer\n\tat x\nCaused by: java.lang.IllegalStateException: boom: 1\n\t... 3 more\n";
        assert_eq!(last_cause(first).as_deref(), Some("java.lang.RuntimeException: first"));
        assert_eq!(
            last_cause(&format!("{first}{second}")).as_deref(),
            Some("java.lang.IllegalStateException: boom: 1")
        );
        for none in ["", "no Exception here: really", "Exception", "2026 INFO x.MyException: told of"] {
            assert_eq!(last_cause(none), None, "{none}");
        }
    }

    #[test]
    fn values_that_look_like_secrets_are_masked_and_the_rest_stays() {
        let rows = [
            ("fs.s3a.secret.key: abc123, x", "fs.s3a.secret.key: ******, x"),
            (
                "'properties.sasl.password' = 'p w', 'topic'='t'",
                "'properties.sasl.password' = '******', 'topic'='t'",
            ),
            (
                r#"sasl.jaas.config = M required username="u" password="p;q" x;"#,
                r#"sasl.jaas.config = M required username="u" password="******" x;"#,
            ),
            (r#"{"accessToken":"abc","n":1}"#, r#"{"accessToken":"******","n":1}"#),
            ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer ******"),
            ("jdbc:mysql://root:geheim@db:3306/x", "jdbc:mysql://root:******@db:3306/x"),
            ("http://host/path user@host", "http://host/path user@host"),
            ("PASSWORD=Straße ok", "PASSWORD=****** ok"),
            ("the secret of success", "the secret of success"),
            ("a password is needed: no", "a password is needed: no"),
            ("token=a&token=b", "token=******&token=******"),
            ("password: ******", "password: ******"),
            ("字password=字\nnext", "字password=******\nnext"),
        ];
        for (text, expected) in rows {
            assert_eq!(mask(text), expected, "{text}");
        }
    }
}
