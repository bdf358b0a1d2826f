//! Finds a Java that can run Flink: `JAVA_HOME`, else the `java` on the path.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use domain::ports::PortError;
use tokio::process::Command;

/// The oldest Java that all supported versions run on: Flink 2.x needs 11.
const OLDEST: u32 = 11;
/// `java -version` takes a fraction of a second; a hung one must not hold anybody.
const PATIENCE: Duration = Duration::from_secs(20);
const MEND: &str = "install a JDK or JRE 17 (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME to one";

/// The Java home.
#[allow(clippy::disallowed_methods, reason = "java -version is asked here")]
pub async fn find() -> Result<String, PortError> {
    let home = home()?;
    let program = home.join("bin").join("java");
    let run = Command::new(&program)
        .arg("-version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let broken = |why: String| PortError::GiveUp(format!("the Java in {} cannot be used: {why}; {MEND}", home.display()));
    let output = match tokio::time::timeout(PATIENCE, run).await {
        Ok(output) => output.map_err(|error| broken(error.to_string()))?,
        Err(_) => return Err(broken("it does not answer".to_owned())),
    };
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    match major(&text) {
        Some(major) if major >= OLDEST => Ok(home.display().to_string()),
        Some(major) => Err(broken(format!("it is Java {major}, Flink needs {OLDEST} or later"))),
        None => Err(broken(format!(
            "it names no version: {}",
            text.lines().next().unwrap_or("it says nothing")
        ))),
    }
}

#[allow(clippy::disallowed_methods, reason = "JAVA_HOME and PATH are how a Java is found on every system")]
fn home() -> Result<PathBuf, PortError> {
    if let Some(home) = std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty()) {
        return Ok(PathBuf::from(home));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let java = std::env::split_paths(&path)
        .map(|folder| folder.join("java"))
        .find(|program| program.is_file());
    java.as_deref()
        .and_then(|program| program.canonicalize().ok())
        .and_then(|program| program.parent().and_then(Path::parent).map(Path::to_path_buf))
        .ok_or_else(|| PortError::GiveUp(format!("no Java was found: {MEND}")))
}

/// `openjdk version "17.0.15" 2025-04-15` is 17, `java version "1.8.0_402"` is 8.
fn major(text: &str) -> Option<u32> {
    let version = text.split_once("version \"")?.1;
    let mut numbers = version.split(['.', '"', '-', '_', '+']);
    match numbers.next()?.parse().ok()? {
        1 => numbers.next()?.parse().ok(),
        major => Some(major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_is_read_in_both_schemes() {
        assert_eq!(major("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK"), Some(17));
        assert_eq!(major("java version \"1.8.0_402\""), Some(8));
        assert_eq!(major("openjdk version \"21-ea\" 2023"), Some(21));
        assert_eq!(major("bash: java"), None);
    }
}
