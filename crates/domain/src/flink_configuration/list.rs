//! Flink's text form of lists and maps: `a;b`, `k:v,k:v`.
//!
//! An element that holds the delimiter or a quote stands in single quotes with `'` doubled; blanks around an
//! element and empty elements at the end are lost without quotes. Every version reads this form; from 1.19 on a
//! value may be YAML instead.

/// A text that is not a list or map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A quote is open at the end.
    #[error("a quote ({0}) is not closed")]
    OpenQuote(char),
    /// Something else than a delimiter follows a quoted element.
    #[error("after the quoted element '{0}' a '{1}' is expected")]
    AfterQuote(String, char),
    /// A part of a map without a colon, or with more than one.
    #[error("'{0}' is not a pair: expected key:value, with quotes around a value that holds a ':'")]
    NotAPair(String),
}

/// Joins elements so that [`split`] gives them back.
#[must_use]
pub fn join<S: AsRef<str>>(items: &[S], delimiter: char) -> String {
    let quoted: Vec<String> = items.iter().map(|item| quote(item.as_ref(), delimiter)).collect();
    quoted.join(&delimiter.to_string())
}

/// A map as text, so that [`pairs`] gives it back.
#[must_use]
pub fn join_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(key, value)| format!("{}:{}", quote(key, ':'), quote(value, ':')))
        .collect();
    join(&pairs, ',')
}

/// An element in quotes where it needs them.
fn quote(item: &str, delimiter: char) -> String {
    let bare = !item.is_empty() && item.trim() == item && !item.contains([delimiter, '\'', '"']);
    if bare {
        item.to_owned()
    } else {
        format!("'{}'", item.replace('\'', "''"))
    }
}

/// The elements of a list.
pub fn split(text: &str, delimiter: char) -> Result<Vec<String>, Malformed> {
    let mut items = Vec::new();
    let mut rest = text;
    let mut after_delimiter = false;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { break };
        if first == delimiter {
            if after_delimiter {
                items.push(String::new());
            }
            rest = &rest[first.len_utf8()..];
            after_delimiter = true;
            continue;
        }
        after_delimiter = false;
        if first == '\'' || first == '"' {
            let (item, after) = quoted(&rest[1..], first)?;
            let next = after.trim_start();
            if !next.is_empty() && !next.starts_with(delimiter) {
                return Err(Malformed::AfterQuote(item, delimiter));
            }
            items.push(item);
            rest = next;
        } else {
            let end = rest.find(delimiter).unwrap_or(rest.len());
            items.push(rest[..end].trim_end().to_owned());
            rest = &rest[end..];
        }
    }
    Ok(items)
}

/// A quoted element, and what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), Malformed> {
    let mut item = String::new();
    let mut rest = text;
    loop {
        let end = rest.find(quote).ok_or(Malformed::OpenQuote(quote))?;
        item.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if !rest.starts_with(quote) {
            return Ok((item, rest));
        }
        item.push(quote);
        rest = &rest[1..];
    }
}

/// The pairs of a map.
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, Malformed> {
    let mut pairs = Vec::new();
    for pair in split(text, ',')? {
        let parts = split(&pair, ':')?;
        match <[String; 2]>::try_from(parts) {
            Ok([key, value]) => pairs.push((key, value)),
            Err(_) => return Err(Malformed::NotAPair(pair)),
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_are_written_as_the_client_does() {
        let arguments = ["--in", "s3://a b/c", "--kv", "k=v;x", "--quote", "it's \"q\"", "--yaml", "a: b # c"];
        let text = join(&arguments, ';');
        assert_eq!(text, r#"--in;s3://a b/c;--kv;'k=v;x';--quote;'it''s "q"';--yaml;a: b # c"#);
        assert_eq!(split(&text, ';').unwrap(), arguments);
    }

    #[test]
    fn maps_are_read_as_flink_reads_them() {
        let table: [(&str, Result<&[(&str, &str)], ()>); 7] = [
            ("a:b,c:d", Ok(&[("a", "b"), ("c", "d")])),
            (" a : b , c:d ", Ok(&[("a", "b"), ("c", "d")])),
            ("a:'b:c'", Ok(&[("a", "b:c")])),
            ("'a:''b,c''',d:e", Ok(&[("a", "b,c"), ("d", "e")])),
            ("a", Err(())),
            ("a:b:c", Err(())),
            ("'a:b", Err(())),
        ];
        for (text, expected) in table {
            let read = pairs(text);
            let read = read.as_deref().map_err(|_| ());
            let expected = expected.map(|pairs| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>());
            assert_eq!(read.map(<[_]>::to_vec), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_is_split_again(items in prop::collection::vec("[ a:;,'\"#\n键]{0,6}", 0..5)) {
            prop_assert_eq!(split(&join(&items, ';'), ';').unwrap(), items.clone());
            let map: Vec<(&str, &str)> = items.iter().map(|item| (item.as_str(), item.as_str())).collect();
            let read = pairs(&join_pairs(map)).unwrap();
            prop_assert_eq!(read, items.iter().map(|item| (item.clone(), item.clone())).collect::<Vec<_>>());
        }
    }
}
