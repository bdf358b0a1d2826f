//! The end of a log file on this host.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::role::Role;

/// Share of what is asked that standard output may take where the log has something to say, too.
const OUTPUT_SHARE: usize = 4;

/// The last bytes of a role's log, then of its standard output where that has anything: a JVM that cannot
/// start writes its reason there and no log at all.
pub fn of(role: &Role, max_bytes: usize) -> io::Result<String> {
    let output = last(&role.output_file(), max_bytes)?;
    let short = &output[output.len().saturating_sub(max_bytes / OUTPUT_SHARE)..];
    let log = last(&role.log_file(), max_bytes.saturating_sub(short.len()))?;
    if log.is_empty() {
        return Ok(text(&output));
    }
    if short.trim_ascii().is_empty() {
        return Ok(text(&log));
    }
    Ok(format!("{}\n--- standard output ---\n{}", text(&log).trim_end(), text(short)))
}

fn last(file: &Path, max_bytes: usize) -> io::Result<Vec<u8>> {
    let mut file = match File::open(file) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(max_bytes as u64)))?;
    let mut content = Vec::new();
    file.take(max_bytes as u64).read_to_end(&mut content)?;
    Ok(content)
}

/// Bytes as text: a character that the beginning cuts in two is left out.
pub fn text(bytes: &[u8]) -> String {
    let cut = bytes.iter().take(3).take_while(|byte| (**byte & 0xC0) == 0x80).count();
    String::from_utf8_lossy(&bytes[cut..]).into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn log_and_output_share_the_place() {
        let dir = tempfile::tempdir().unwrap();
        let role = Role::of(dir.path(), "jobmanager");
        fs::create_dir_all(role.dir.join("log")).unwrap();
        assert_eq!(of(&role, 100).unwrap(), "");
        fs::write(role.output_file(), "x".repeat(50)).unwrap();
        assert_eq!(of(&role, 40).unwrap().len(), 40);
        fs::write(role.log_file(), "0123456789".repeat(10)).unwrap();
        let both = of(&role, 40).unwrap();
        assert!(
            both.starts_with("0123456789") && both.ends_with(&format!("--- standard output ---\n{}", "x".repeat(10))),
            "{both}"
        );
    }

    #[test]
    fn a_cut_character_is_left_out() {
        assert_eq!(text(&"äb".as_bytes()[1..]), "b");
        assert_eq!(text("äb".as_bytes()), "äb");
        assert_eq!(text(b"\xff"), "\u{fffd}");
    }
}
