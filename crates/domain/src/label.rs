//! Labels: words that people put on jobs to find them again and to act on many at once, `team-of=checkout`.

use std::collections::BTreeMap;

/// Labels of one job: values by key.
pub type Labels = BTreeMap<String, String>;

/// Most labels of one job.
pub const MAX_LABELS: usize = 32;
/// Longest key or value in characters.
pub const MAX_LABEL_CHARS: usize = 63;

/// Why a label is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// A key that cannot be one.
    #[error("a key has 1 to {MAX_LABEL_CHARS} letters, digits or . _ - / and begins and ends with a letter or digit")]
    Key,
    /// A value that cannot be one.
    #[error("a value has at most {MAX_LABEL_CHARS} letters, digits or . _ - / and begins and ends with a letter or digit")]
    Value,
}

/// Checks one label. Letters and digits of any script are fine; what separates or quotes elsewhere is not.
///
/// # Errors
/// Which half is refused.
pub fn check_label(key: &str, value: &str) -> Result<(), InvalidLabel> {
    if key.is_empty() || !word(key) {
        Err(InvalidLabel::Key)
    } else if !word(value) {
        Err(InvalidLabel::Value)
    } else {
        Ok(())
    }
}

fn word(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let outer = |c: Option<char>| c.is_none_or(char::is_alphanumeric);
    text.chars().count() <= MAX_LABEL_CHARS && text.chars().all(inner) && outer(text.chars().next()) && outer(text.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stand_on_a_job() {
        for (key, value) in [
            ("team-of", "checkout"),
            ("a", ""),
            ("owner/mail", "x.y"),
            ("负责人", "张三"),
            ("stage", "2"),
        ] {
            assert_eq!(check_label(key, value), Ok(()), "{key}={value}");
        }
        let long = "x".repeat(MAX_LABEL_CHARS + 1);
        for key in ["", "-a", "a-", "a b", "a=b", "a,b", "a\"", "a\\b", "a%", &long] {
            assert_eq!(check_label(key, "v"), Err(InvalidLabel::Key), "{key}");
        }
        for value in ["-v", "v ", "a,b", "'", "a\nb", &long] {
            assert_eq!(check_label("k", value), Err(InvalidLabel::Value), "{value}");
        }
    }
}
