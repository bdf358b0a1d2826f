//! Names that Kubernetes takes, and why it refuses others.

use crate::fault::short;

/// Longest cluster id: Flink puts suffixes behind it and refuses longer ones.
const CLUSTER_ID: usize = 45;

/// A cluster id: the name of a Deployment and of Services.
pub(crate) fn cluster_id(text: &str) -> Result<(), String> {
    if text.len() > CLUSTER_ID {
        return Err(format!(
            "'{}' has {} characters: a cluster id has at most {CLUSTER_ID}",
            short(text),
            text.len()
        ));
    }
    if !is_label(text) || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(format!(
            "'{}' is not a cluster id: expected lower-case letters, digits and '-', with a letter first and no '-' at the end",
            short(text)
        ));
    }
    Ok(())
}

/// A namespace.
///
/// # Errors
/// A sentence that says what was expected.
pub fn namespace(text: &str) -> Result<(), String> {
    if is_label(text) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not a namespace: expected at most 63 lower-case letters, digits and '-', with no '-' first or last",
        short(text)
    ))
}

/// The name of an object such as a secret or a service account.
///
/// # Errors
/// A sentence that says what was expected.
pub fn object(text: &str) -> Result<(), String> {
    if is_subdomain(text) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not a name of an object: expected lower-case letters, digits, '-' and '.', with a letter or digit first and last",
        short(text)
    ))
}

/// The key of a label, annotation or node selector: a name, with or without a domain before it.
pub(crate) fn key(text: &str) -> Result<(), String> {
    let (domain, name) = match text.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    if is_name(name) && domain.is_none_or(is_subdomain) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not a key of a label: expected at most 63 letters, digits, '-', '_' and '.', with a letter or digit first and last, \
         and before it a domain and '/' if wanted",
        short(text)
    ))
}

/// The value of a label or node selector.
pub(crate) fn label(text: &str) -> Result<(), String> {
    if text.is_empty() || is_name(text) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not a value of a label: expected at most 63 letters, digits, '-', '_' and '.', with a letter or digit first and last",
        short(text)
    ))
}

/// The name of an environment variable.
pub(crate) fn variable(text: &str) -> Result<(), String> {
    let first = text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if first && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not a name of an environment variable: expected letters, digits, '_', '-' and '.', with no digit first",
        short(text)
    ))
}

/// The key of a ConfigMap or Secret: a file name.
pub(crate) fn file(text: &str) -> Result<(), String> {
    let fits = !text.is_empty() && text.len() <= 253 && text != "." && text != "..";
    if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not a file name here: expected letters, digits, '-', '_' and '.'",
        short(text)
    ))
}

/// An absolute path in a container or on its node.
///
/// # Errors
/// A sentence that says what was expected.
pub fn path(text: &str) -> Result<(), String> {
    if text.starts_with('/') && !text.contains(':') && !text.contains('\0') && !text.split('/').any(|part| part == "..") {
        return Ok(());
    }
    Err(format!("'{}' is not an absolute path without '..' and ':'", short(text)))
}

/// An image's name.
///
/// # Errors
/// A sentence that says what was expected.
pub fn image(text: &str) -> Result<(), String> {
    if text.len() <= 1_024 && is_image(text) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not the name of an image: expected [registry/]name[:tag][@digest], the name in lower case",
        short(text)
    ))
}

/// The grammar of image references as registries read it.
fn is_image(text: &str) -> bool {
    let (text, digest) = text.split_once('@').map_or((text, None), |(text, digest)| (text, Some(digest)));
    let hex = |hex: &str| hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digest.is_some_and(|digest| !digest.split_once(':').is_some_and(|(kind, rest)| is_path_part(kind) && hex(rest))) {
        return false;
    }
    let (path, tag) = match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (text, None),
    };
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_tag =
        |tag: &str| tag.len() <= 128 && tag.bytes().next().is_some_and(word) && tag.bytes().all(|byte| word(byte) || b".-".contains(&byte));
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return false;
    }
    // The first part is a registry where it looks like a host.
    let rest = match path.split_once('/') {
        Some((host, rest)) if host == "localhost" || host.contains(['.', ':']) => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
            if host.is_empty() || !host.bytes().all(plain) {
                return false;
            }
            rest
        }
        _ => path,
    };
    rest.split('/').all(is_path_part)
}

fn is_path_part(part: &str) -> bool {
    let plain = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    plain(part.bytes().next()) && plain(part.bytes().next_back()) && part.bytes().all(|byte| plain(Some(byte)) || b"._-".contains(&byte))
}

fn is_label(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let mut bytes = text.bytes();
    text.len() <= 63
        && edge(bytes.next())
        && edge(text.bytes().next_back())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_name(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.bytes().next())
        && edge(text.bytes().next_back())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kubernetes_own() {
        type Check = fn(&str) -> Result<(), String>;
        let digest = format!("flink@sha256:{}", "0a".repeat(32));
        let table: [(Check, &[&str], &[&str]); 9] = [
            (
                cluster_id,
                &["a", "my-app", &"a".repeat(45)],
                &["", "1a", "-a", "a-", "A", "a_b", "a.b", "键", &"a".repeat(46)],
            ),
            (
                namespace,
                &["default", "1a", &"a".repeat(63)],
                &["", "Default", "a.b", "a-", "a/b", &"a".repeat(64)],
            ),
            (object, &["a.b", "a-1"], &["", "a..b", "A", "a_b", ".a", &"a".repeat(254)]),
            (
                key,
                &["a", "A.b_c-d", "example.com/a"],
                &["", "/a", "a/", "a/b/c", "-a", "Example/a", &"a".repeat(64)],
            ),
            (label, &["", "a", "1.2_3"], &["a b", "-a", "a:b", "值", &"a".repeat(64)]),
            (variable, &["A", "_a.b-c"], &["", "1A", "A=B", "A B", "A$"]),
            (path, &["/", "/a/b"], &["", "a", "/a:b", "/a/../b"]),
            (file, &["a.b", "..a"], &["", "..", "a/b", "a b"]),
            (
                image,
                &[
                    "flink",
                    "flink:2.2.1-java17",
                    "a/b_c/d-e.f:_1",
                    "localhost/a",
                    "127.0.0.1:5000/flink:2",
                    "R.Example:5000/a",
                    "[::1]:5000/a",
                    &digest,
                ],
                &[
                    "",
                    "Flink",
                    "a b",
                    "a:",
                    ":a",
                    "a/",
                    "/a",
                    "a//b",
                    "a:b c",
                    "a:.b",
                    "a@sha256:12",
                    "http://a/b",
                    "a/B",
                    &format!("a:{}", "t".repeat(129)),
                ],
            ),
        ];
        for (check, good, bad) in table {
            for text in good {
                assert_eq!(check(text), Ok(()), "{text}");
            }
            for text in bad {
                let message = check(text).unwrap_err();
                assert!(message.len() > 20, "{text}: {message}");
            }
        }
    }
}
