//! Recognises a Flink distribution by its `flink-dist` jar.

use std::path::Path;

use domain::flink_version::VersionNumber;
use domain::ports::PortError;

/// The version of the distribution in a folder.
pub fn version(home: &Path) -> Result<VersionNumber, PortError> {
    let refuse = |why: String| PortError::Refused {
        status: None,
        message: format!("{} is no Flink distribution: {why}", home.display()),
    };
    let lib = home.join("lib");
    let entries = std::fs::read_dir(&lib).map_err(|error| refuse(format!("its folder lib cannot be read ({error})")))?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.retain(|name| name.starts_with("flink-dist") && name.ends_with(".jar"));
    match names.as_slice() {
        [] => Err(refuse("there is no flink-dist jar in lib".to_owned())),
        [name] => {
            let number = number(name).ok_or_else(|| refuse(format!("lib/{name} names no version")))?;
            number
                .parse()
                .map_err(|error: domain::flink_version::InvalidVersion| refuse(error.to_string()))
        }
        several => Err(refuse(format!("lib has several flink-dist jars: {}", several.join(", ")))),
    }
}

/// `flink-dist-2.2.1.jar`, and up to 1.14 `flink-dist_2.12-1.14.6.jar`; vendors append words.
fn number(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("flink-dist")?.strip_suffix(".jar")?;
    let version = rest.split_once('-')?.1;
    version.split('-').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_jars_name() {
        assert_eq!(number("flink-dist-2.2.1.jar"), Some("2.2.1"));
        assert_eq!(number("flink-dist_2.12-1.14.6.jar"), Some("1.14.6"));
        assert_eq!(number("flink-dist-1.18.1-vendor3.jar"), Some("1.18.1"));
        assert_eq!(number("flink-dist.jar"), None);
    }

    #[test]
    fn what_is_missing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let why = |home: &Path| version(home).unwrap_err().to_string();
        assert!(why(folder.path()).contains("its folder lib cannot be read"));
        std::fs::create_dir(folder.path().join("lib")).unwrap();
        assert!(why(folder.path()).contains("no flink-dist jar"));
        std::fs::write(folder.path().join("lib/flink-dist-2.2.1.jar"), "").unwrap();
        assert_eq!(version(folder.path()), Ok(VersionNumber::new(2, 2, 1)));
        std::fs::write(folder.path().join("lib/flink-dist-2.0.0.jar"), "").unwrap();
        assert!(why(folder.path()).contains("several"));
    }
}
