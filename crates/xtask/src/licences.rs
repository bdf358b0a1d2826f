//! The licences of everything that the binary holds: the crates it is linked with, as cargo resolves them for Linux,
//! and the packages that the console is bundled of, as npm's lock file lists them. Their own licence files are
//! copied; files with the same text stand once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

use crate::files::run;

/// Beginnings of the names of licence files, in lower case.
const FILES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
/// Where the binary runs.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// One dependency.
pub(crate) struct Dependency {
    /// Name and version.
    pub(crate) name: String,
    /// What its manifest says, as an SPDX expression.
    pub(crate) licence: String,
    /// Where it comes from.
    pub(crate) from: String,
    folder: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    license_file: Option<String>,
    repository: Option<String>,
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

/// All dependencies of the binary, sorted.
///
/// # Errors
/// When cargo or npm's lock file cannot be read, or one of them says nothing of its licence.
pub(crate) fn dependencies(root: &Path) -> anyhow::Result<Vec<Dependency>> {
    let mut found = crates(root)?;
    found.extend(packages(root)?);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.dedup_by(|one, other| one.name == other.name);
    let silent: Vec<&str> = found
        .iter()
        .filter(|one| one.licence.is_empty())
        .map(|one| one.name.as_str())
        .collect();
    anyhow::ensure!(silent.is_empty(), "nothing is said of the licence of {}", silent.join(", "));
    Ok(found)
}

fn crates(root: &Path) -> anyhow::Result<Vec<Dependency>> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET];
    let metadata: Metadata = serde_json::from_str(&run(root, "cargo", &arguments)?)?;
    let server = metadata
        .packages
        .iter()
        .find(|package| package.name == "server" && package.source.is_none());
    let mut waiting = vec![server.context("there is no crate server")?.id.clone()];
    let mut linked: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(id) = waiting.pop() {
        let edges = metadata
            .resolve
            .nodes
            .iter()
            .filter(|node| node.id == id)
            .flat_map(|node| &node.deps);
        // What is used by tests and while building only is not in the binary.
        for edge in edges.filter(|edge| edge.dep_kinds.iter().any(|of| of.kind.is_none())) {
            if linked.insert(edge.pkg.clone()) {
                waiting.push(edge.pkg.clone());
            }
        }
    }
    let foreign = metadata
        .packages
        .into_iter()
        .filter(|package| linked.contains(&package.id) && package.source.is_some());
    let dependency = |package: Package| Dependency {
        name: format!("{} {}", package.name, package.version),
        licence: package.license.or(package.license_file).unwrap_or_default(),
        from: package.repository.unwrap_or_else(|| format!("the crate {}", package.name)),
        folder: package.manifest_path.parent().map(Path::to_owned).unwrap_or_default(),
    };
    Ok(foreign.map(dependency).collect())
}

fn packages(root: &Path) -> anyhow::Result<Vec<Dependency>> {
    let lock: Value = serde_json::from_str(&std::fs::read_to_string(root.join("web/package-lock.json"))?)?;
    let listed = lock["packages"].as_object().context("web/package-lock.json lists no packages")?;
    let bundled = listed.iter().filter(|(path, package)| {
        !path.is_empty() && package["dev"] != true && package["optional"] != true && package["devOptional"] != true
    });
    let dependency = |(path, package): (&String, &Value)| {
        let name = path.rsplit("node_modules/").next().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Dependency {
            name: format!("{name} {}", text(&package["version"])),
            licence: text(&package["license"]),
            from: format!("https://www.npmjs.com/package/{name}"),
            folder: root.join("web").join(path),
        }
    };
    Ok(bundled.map(dependency).collect())
}

/// The texts of a dependency's licence files.
fn texts(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().to_lowercase();
            FILES.iter().any(|begin| name.starts_with(begin)) && entry.path().is_file()
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

/// The document: first the list, then the texts with who has them.
///
/// # Errors
/// As [`dependencies`].
pub(crate) fn document(root: &Path) -> anyhow::Result<String> {
    let dependencies = dependencies(root)?;
    let mut document =
        String::from("What this program holds beside its own code, each under its own licence. The texts follow the list.\n\n");
    let mut same: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for dependency in &dependencies {
        document.push_str(&format!("{}  {}  {}\n", dependency.name, dependency.licence, dependency.from));
        for text in texts(&dependency.folder) {
            same.entry(text.trim().replace("\r\n", "\n")).or_default().push(&dependency.name);
        }
    }
    for (text, names) in same {
        document.push_str(&format!("\n{}\n{}\n\n{text}\n", "=".repeat(80), names.join(", ")));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_linked_or_bundled_is_listed_with_its_licence() {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let found = dependencies(&root).unwrap();
        let has = |name: &str| {
            found
                .iter()
                .any(|one| one.name.rsplit_once(' ').is_some_and(|(own, _)| own == name))
        };
        for name in [
            "tokio",
            "sqlx-core",
            "axum",
            "rustls",
            "aws-lc-rs",
            "libsqlite3-sys",
            "react",
            "antd",
            "@codemirror/view",
        ] {
            assert!(has(name), "{name} is not listed");
        }
        // Only used by tests and tools, or our own.
        for name in ["proptest", "insta", "typescript", "playwright-core", "server", "domain"] {
            assert!(!has(name), "{name} is listed");
        }
        let text = document(&root).unwrap();
        assert!(text.contains("Permission is hereby granted") && text.contains("Apache License"));
    }
}
