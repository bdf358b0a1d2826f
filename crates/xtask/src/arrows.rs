//! The arrows: which crate of ours may use which, and what the pure heart must never use.

use serde::Deserialize;

use crate::Complaints;
use crate::files::{Repository, run};

/// Crate, and all of ours that it may use.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("flink", &["domain"]),
    ("sql", &["domain"]),
    ("artifacts", &["domain"]),
    ("vault", &["domain"]),
    ("files", &["domain"]),
    ("manifests", &["files", "domain"]),
    ("kubernetes", &["domain"]),
    ("engine", &["manifests", "store", "domain"]),
    ("api", &["files", "manifests", "store", "domain"]),
    (
        "server",
        &[
            "api",
            "engine",
            "files",
            "manifests",
            "store",
            "flink",
            "kubernetes",
            "sql",
            "artifacts",
            "vault",
            "domain",
        ],
    ),
    ("sim", &["domain"]),
    ("xtask", &[]),
];

/// Used by tests of any crate as well.
const FOR_TESTS: [&str; 1] = ["sim"];

/// What `domain` must not use: runtime, SQL, HTTP, randomness.
const NOT_IN_DOMAIN: [&str; 9] = [
    "tokio",
    "sea-orm",
    "sea-orm-migration",
    "reqwest",
    "axum",
    "tower",
    "getrandom",
    "rand",
    "futures",
];

/// What `domain` must not name: clocks.
const CLOCKS: [&str; 4] = ["SystemTime::", "Instant::", "Timestamp::now", "Zoned::now"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Every use of a crate that the table does not allow.
pub(crate) fn check(repository: &Repository) -> anyhow::Result<Complaints> {
    let metadata: Metadata = serde_json::from_str(&run(
        &repository.root,
        env!("CARGO"),
        &["metadata", "--no-deps", "--offline", "--format-version", "1"],
    )?)?;
    let mut complaints = judge(&metadata);
    for file in repository.files.iter().filter(|file| file.path.starts_with("crates/domain/src/")) {
        for clock in CLOCKS.iter().filter(|clock| file.text.contains(**clock)) {
            complaints.push(format!("{}: {clock} reads a clock; time is an argument in domain", file.path));
        }
    }
    Ok(complaints)
}

fn judge(metadata: &Metadata) -> Complaints {
    let ours: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut complaints = Complaints::new();
    for package in &metadata.packages {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == package.name) else {
            complaints.push(format!(
                "crate {} is not in the table of crates/xtask/src/arrows.rs: say there what it may use",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let in_tests = dependency.kind.as_deref() == Some("dev") && FOR_TESTS.contains(&name);
            if ours.contains(&name) && !allowed.contains(&name) && !in_tests {
                complaints.push(format!(
                    "{} must not use {name}: arrows go from server to adapters to domain",
                    package.name
                ));
            }
            if package.name == "domain" && dependency.kind.is_none() && NOT_IN_DOMAIN.contains(&name) {
                complaints.push(format!("domain must not use {name}: it is pure"));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(name: &str, dependency: &str, kind: Option<&str>) -> Metadata {
        let package = |name: &str, dependencies| Package {
            name: name.into(),
            dependencies,
        };
        let dependency = Dependency {
            name: dependency.into(),
            kind: kind.map(Into::into),
        };
        Metadata {
            packages: vec![package(name, vec![dependency]), package("flink", vec![]), package("sim", vec![])],
        }
    }

    #[test]
    fn arrows_point_one_way() {
        assert_eq!(judge(&metadata("server", "flink", None)).len(), 0);
        assert_eq!(judge(&metadata("api", "flink", None)).len(), 1);
        assert_eq!(judge(&metadata("engine", "sim", Some("dev"))).len(), 0);
        assert_eq!(judge(&metadata("engine", "sim", None)).len(), 1);
        assert_eq!(judge(&metadata("domain", "tokio", None)).len(), 1);
        assert_eq!(judge(&metadata("unheard", "serde", None)).len(), 1);
    }
}
