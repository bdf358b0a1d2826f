//! `streamwright check`: Flink's own planner on a script, for terminals and CI; needs no server.

use std::path::{Path, PathBuf};

use domain::flink_version::VersionNumber;
use domain::ports::{FlinkInstaller, SqlChecker};
use domain::sql::{Report, Tier};

use crate::cli::{Check, Format};
use crate::failure::Failure;
use crate::{remote, wiring};

/// Checks a script; exit code 1 when it has errors.
///
/// # Errors
/// When the script has errors, cannot be read, or cannot be checked.
pub async fn run(check: Check) -> Result<(), Failure> {
    let script = remote::job::script(&check.file)?;
    let data = check
        .data
        .clone()
        .or_else(crate::environment::data_folder)
        .ok_or_else(|| Failure::usage("no data folder: name one with --data"))?;
    let installer = artifacts::Installer::new(&data);
    let home = home(&check, &data, &installer).await?;
    let version = installer.probe(&home).await?;
    let java_home = installer.find_java().await?;
    let planners = wiring::planners(&data)?;
    let mut configuration = std::collections::BTreeMap::new();
    for (key, value) in &check.configuration {
        if configuration.insert(key.clone(), value.clone()).is_some() {
            return Err(Failure::usage(format!("--config sets {key} twice")));
        }
    }
    let request = domain::ports::Check {
        flink_home: home.display().to_string(),
        version,
        java_home,
        script: script.clone(),
        configuration,
        jars: check.jars.iter().map(|jar| jar_file(jar)).collect::<Result<_, _>>()?,
        tier: if check.parse_only { Tier::Parse } else { Tier::Deep },
    };
    let report = planners.check(&request).await?;
    print(&check, &script, &report)?;
    match report.errors() {
        0 => Ok(()),
        _ => Err(Failure::answer_no("")),
    }
}

/// A file that is a jar, by its directory: a text with that name would only hide its classes.
fn jar_file(path: &Path) -> Result<PathBuf, Failure> {
    let bad = |why: String| Failure::usage(format!("--jar {}: {why}", path.display()));
    artifacts::check_jar(path).map_err(|why| bad(why.to_string()))?;
    std::path::absolute(path).map_err(|error| bad(error.to_string()))
}

/// The distribution that judges: a folder that was named, or a version of the data folder's.
async fn home(check: &Check, data: &Path, installer: &artifacts::Installer) -> Result<PathBuf, Failure> {
    if let Some(home) = &check.flink_home {
        return Ok(home.clone());
    }
    let version: VersionNumber = check
        .flink
        .parse()
        .map_err(|error: domain::flink_version::InvalidVersion| Failure::usage(error.to_string()))?;
    if let Some(home) = crate::flink::registered(data, version).await? {
        return Ok(home);
    }
    let home = data.join("flink").join(version.to_string());
    if installer.probe(&home).await.is_ok() {
        return Ok(home);
    }
    Err(Failure::usage(format!(
        "Flink {version} is not installed in {0}: run `streamwright flink install {version} --data {0}`, or name a distribution with --flink-home",
        data.display()
    )))
}

fn print(check: &Check, script: &str, report: &Report) -> Result<(), Failure> {
    match check.output {
        Format::Json => {
            let text = serde_json::to_string(report).map_err(|error| Failure::unavailable(error.to_string()))?;
            println!("{text}");
        }
        Format::Text => {
            use std::io::IsTerminal;
            let name = if check.file.as_os_str() == "-" {
                "standard input".to_owned()
            } else {
                check.file.display().to_string()
            };
            let style = sql::text::Style {
                colour: std::io::stdout().is_terminal(),
                ..sql::text::Style::default()
            };
            print!("{}", sql::text::render(&name, script, report, style));
        }
    }
    Ok(())
}
