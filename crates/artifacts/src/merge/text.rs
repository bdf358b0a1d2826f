//! Texts of the same name in several jars, joined.

/// Lists of services, as one: each provider once, in the order of the jars; comments are left out.
pub(super) fn lines(lists: &[Vec<u8>]) -> Vec<u8> {
    let mut seen: Vec<String> = Vec::new();
    for list in lists {
        let text = String::from_utf8_lossy(list).replace('\r', "\n");
        // Some editors put a byte order mark before the first name.
        for line in text.trim_start_matches('\u{feff}').lines() {
            let provider = line.split('#').next().unwrap_or_default().trim();
            if !provider.is_empty() && !seen.iter().any(|known| known == provider) {
                seen.push(provider.to_owned());
            }
        }
    }
    let mut joined = seen.join("\n");
    if !joined.is_empty() {
        joined.push('\n');
    }
    joined.into_bytes()
}

/// Texts one after the other, each once and each on lines of its own.
pub(super) fn texts(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut joined: Vec<u8> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        if texts.iter().take(at).any(|earlier| earlier == text) {
            continue;
        }
        if !joined.is_empty() && !joined.ends_with(b"\n") {
            joined.push(b'\n');
        }
        joined.extend_from_slice(text);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_stand_once_on_lines_of_their_own() {
        let lists = [
            b"# licence\na.A\r\nb.B # why".to_vec(),
            b"\xef\xbb\xbfc.C\n\n  a.A  \n".to_vec(),
            b"".to_vec(),
        ];
        assert_eq!(lines(&lists), b"a.A\nb.B\nc.C\n");
        assert_eq!(lines(&[b"# nothing\n".to_vec()]), b"");
    }

    #[test]
    fn texts_are_told_apart_by_a_line_end() {
        let all = [
            b"akka { a = 1 }".to_vec(),
            b"pekko { b = 2 }\n".to_vec(),
            b"akka { a = 1 }".to_vec(),
            b"x".to_vec(),
        ];
        assert_eq!(texts(&all), b"akka { a = 1 }\npekko { b = 2 }\nx");
    }
}
