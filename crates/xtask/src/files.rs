//! The repository's own files: what git tracks or would track, without generated ones.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

/// Written by programs, or somebody else's words: no rule about style applies.
const FOREIGN: [&str; 6] = ["web/app/api/", "corpus/", "golden/", "snapshots/", "LICENSE", "docs/pictures/"];

/// One text file.
pub(crate) struct File {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl File {
    /// Whether it ends in one of these.
    pub(crate) fn is(&self, extensions: &[&str]) -> bool {
        extensions.iter().any(|extension| self.path.ends_with(extension))
    }

    /// Whether our rules about style are not for it.
    pub(crate) fn foreign(&self) -> bool {
        FOREIGN.iter().any(|part| self.path.contains(part)) || self.is(&[".lock", "package-lock.json", "openapi.json"])
    }

    /// Its name without folder and extension.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }
}

/// The clone.
pub(crate) struct Repository {
    /// Its root.
    pub(crate) root: PathBuf,
    /// Its text files.
    pub(crate) files: Vec<File>,
}

impl Repository {
    /// Reads it.
    pub(crate) fn open() -> anyhow::Result<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let listed = run(&root, "git", &["ls-files", "--cached", "--others", "--exclude-standard", "-z"])?;
        let mut files = Vec::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // A file that was deleted but is still in the index, or that is no text, has no rules to keep.
            if let Ok(text) = std::fs::read_to_string(root.join(path)) {
                files.push(File {
                    path: path.to_owned(),
                    text,
                });
            }
        }
        Ok(Self { root, files })
    }

    /// Whether a path from the root exists.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

/// What a program prints.
#[allow(clippy::disallowed_methods, reason = "a development tool asks git and cargo")]
pub(crate) fn run(root: &std::path::Path, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).current_dir(root).output();
    let output = output.with_context(|| format!("cannot start {program}"))?;
    anyhow::ensure!(
        output.status.success(),
        "{program} {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
