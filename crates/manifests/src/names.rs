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
pub(crate) fn namespace(text: &str) -> Result<(), String> {
    if is_label(text) {
        return Ok(());
    }
    Err(format!(
        "'{}' is not a namespace: expected at most 63 lower-case letters, digits and '-', with no '-' first or last",
        short(text)
    ))
}

/// The name of an object such as a secret or a service account.
pub(crate) fn object(text: &str) -> Result<(), String> {
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

/// An absolute path in a container.
pub(crate) fn path(text: &str) -> Result<(), String> {
    if text.starts_with('/') && !text.contains(':') && !text.contains('\0') && !text.split('/').any(|part| part == "..") {
        return Ok(());
    }
    Err(format!("'{}' is not an absolute path without '..' and ':'", short(text)))
}

/// An image's name.
pub(crate) fn image(text: &str) -> Result<(), String> {
    if !text.is_empty() && text.len() <= 1_024 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(format!("'{}' is not the name of an image", short(text)))
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
        let table: [(Check, &[&str], &[&str]); 8] = [
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
