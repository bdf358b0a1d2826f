//! The manifest of a merged jar: the first jar's main section without what was only true of that file.

/// Longest line in bytes without its end (JAR file specification).
const LONGEST: usize = 72;

/// Attributes that are not taken over: ours, and those that point beside the file.
const OURS: &[&str] = &["manifest-version", "multi-release", "class-path", "signature-version"];

/// The attributes of a manifest's main section, in their order, continued lines joined.
pub(super) fn main_section(manifest: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(manifest).replace("\r\n", "\n").replace('\r', "\n");
    let mut attributes: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        match (line.strip_prefix(' '), line.split_once(':')) {
            (Some(more), _) => {
                if let Some((_, value)) = attributes.last_mut() {
                    value.push_str(more);
                }
            }
            (None, Some((name, value))) => {
                attributes.push((name.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned()));
            }
            (None, None) => {}
        }
    }
    attributes
}

/// Whether a manifest says that the jar has parts for newer Javas.
pub(super) fn is_multi_release(attributes: &[(String, String)]) -> bool {
    attributes
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("multi-release") && value.trim().eq_ignore_ascii_case("true"))
}

/// The manifest of the merged jar, from the first jar's attributes.
pub(super) fn merged(first: &[(String, String)], multi_release: bool) -> Vec<u8> {
    let mut manifest = b"Manifest-Version: 1.0\r\n".to_vec();
    let kept = first.iter().filter(|(name, _)| !OURS.contains(&name.to_ascii_lowercase().as_str()));
    for (name, value) in kept {
        fold(&mut manifest, &format!("{name}: {value}"));
    }
    if multi_release {
        fold(&mut manifest, "Multi-Release: true");
    }
    manifest.extend_from_slice(b"\r\n");
    manifest
}

/// Writes an attribute in lines that are not too long; characters stay whole.
fn fold(manifest: &mut Vec<u8>, attribute: &str) {
    let mut length = 0;
    for character in attribute.chars() {
        if length + character.len_utf8() > LONGEST {
            manifest.extend_from_slice(b"\r\n ");
            length = 1;
        }
        let mut bytes = [0; 4];
        manifest.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
        length += character.len_utf8();
    }
    manifest.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_section_survives_and_nothing_else() {
        let long = "com.acme.".repeat(20) + "主类";
        let mut source = b"Manifest-Version: 1.0\r\nClass-Path: a.jar b.jar\r\n".to_vec();
        fold(&mut source, &format!("Main-Class: {long}"));
        source.extend_from_slice(b"Multi-Release: TRUE\r\n\r\nName: a/B.class\r\nSHA-256-Digest: x\r\n\r\n");
        assert!(source.split(|byte| *byte == b'\n').all(|line| line.len() <= LONGEST + 1));
        let attributes = main_section(&source);
        assert!(is_multi_release(&attributes));
        let merged = merged(&attributes, false);
        assert_eq!(
            main_section(&merged),
            [("Manifest-Version".to_owned(), "1.0".to_owned()), ("Main-Class".to_owned(), long)]
        );
        assert!(merged.ends_with(b"\r\n\r\n"));
        assert!(!is_multi_release(&main_section(&merged)));
    }

    #[test]
    fn a_manifest_of_nothing_is_a_manifest() {
        assert_eq!(main_section(b"\n\nnonsense"), []);
        assert_eq!(
            main_section(b" starts with a continuation\nno colon\nA:b"),
            [("A".to_owned(), "b".to_owned())]
        );
        assert_eq!(merged(&[], true), b"Manifest-Version: 1.0\r\nMulti-Release: true\r\n\r\n");
    }
}
