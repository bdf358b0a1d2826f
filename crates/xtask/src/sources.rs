//! Sources: length, names, reasons, and texts that belong to no repository (a machine's paths, the hosts of
//! package registries).

use crate::Complaints;
use crate::files::{File, Repository};

const CODE: [&str; 7] = [".rs", ".java", ".ts", ".tsx", ".mjs", ".py", ".sh"];

/// Lines that a file should have at most, and those that it must not exceed.
const GOOD: usize = 400;
const MOST: usize = 600;

/// Names that say nothing.
const EMPTY_WORDS: [&str; 11] = [
    "manager", "helper", "helpers", "util", "utils", "impl", "base", "common", "info", "data", "misc",
];

/// Flink's and Hadoop's own names, which are no choice of ours.
const FOREIGN_NAMES: [&str; 5] = ["JobManager", "TaskManager", "ResourceManager", "job_manager", "task_manager"];

/// Words before the name of a type or module.
const KEYWORDS: [&str; 8] = ["struct ", "enum ", "trait ", "mod ", "class ", "interface ", "type ", "record "];

/// All complaints about sources.
pub(crate) fn check(repository: &Repository) -> Complaints {
    let mut complaints = Complaints::new();
    for file in &repository.files {
        complaints.extend(strange_texts(file));
        if !file.foreign() && file.is(&CODE) {
            complaints.extend(length(file, MOST).map(|lines| format!("{}: {lines} lines; at most {MOST}", file.path)));
            complaints.extend(names(file));
        }
        if file.is(&[".rs"]) {
            complaints.extend(reasons(file));
        }
    }
    complaints
}

/// Files that should become shorter.
pub(crate) fn notes(repository: &Repository) -> Vec<String> {
    let ours = repository.files.iter().filter(|file| !file.foreign() && file.is(&CODE));
    ours.filter_map(|file| length(file, GOOD).map(|lines| format!("{}: {lines} lines; {GOOD} are good", file.path)))
        .collect()
}

fn length(file: &File, limit: usize) -> Option<usize> {
    let lines = file.text.lines().count();
    (lines > limit).then_some(lines)
}

fn names(file: &File) -> Complaints {
    let mut complaints = Complaints::new();
    if says_nothing(file.stem()) {
        complaints.push(format!("{}: the file's name says nothing about what is in it", file.path));
    }
    for (index, line) in file.text.lines().enumerate() {
        let code = line
            .trim_start()
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub ")
            .trim_start_matches("export ");
        let code = code
            .trim_start_matches("public ")
            .trim_start_matches("final ")
            .trim_start_matches("abstract ");
        let Some(rest) = KEYWORDS.iter().find_map(|keyword| code.strip_prefix(keyword)) else {
            continue;
        };
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if says_nothing(&name) {
            complaints.push(format!("{}:{}: the name {name} says nothing", file.path, index + 1));
        }
    }
    complaints
}

fn says_nothing(name: &str) -> bool {
    let ours = FOREIGN_NAMES
        .iter()
        .fold(name.to_owned(), |name, foreign| name.replace(foreign, "_"));
    words(&ours).iter().any(|word| EMPTY_WORDS.contains(&word.as_str()))
}

/// The words of `snake_case`, `kebab-case` or `CamelCase`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c == '-' || c == '.' {
            words.push(String::new());
        } else {
            if c.is_uppercase() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A test that is not run, and a file, say why they are so.
fn reasons(file: &File) -> Complaints {
    let mut complaints = Complaints::new();
    let bare = concat!("#[", "ignore]");
    for (index, _) in file.text.lines().enumerate().filter(|(_, line)| line.trim() == bare) {
        complaints.push(format!("{}:{}: an ignored test says why: #[ignore = \"…\"]", file.path, index + 1));
    }
    let first = file.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!"));
    if file.path.contains("/src/") && !first.is_some_and(|line| line.starts_with("//!")) {
        complaints.push(format!("{}: the file begins with //! and what it is for", file.path));
    }
    complaints
}

/// Parts of texts that must not appear. Written in two halves, so that this file keeps its own rule.
const STRANGE: [(&str, &str, &str); 12] = [
    ("registry", ".npmjs.org", "the host of a package registry"),
    ("static", ".crates.io", "the host of a package registry"),
    ("index", ".crates.io", "the host of a package registry"),
    ("files", ".pythonhosted.org", "the host of a package registry"),
    ("pypi", ".org", "the host of a package registry"),
    ("repo1", ".maven.org", "the host of a package registry"),
    ("repo", ".maven.apache.org", "the host of a package registry"),
    ("proxy", ".golang.org", "the host of a package registry"),
    ("deb", ".debian.org", "the host of a package registry"),
    ("/work", "/", "a path of one machine"),
    ("/root", "/", "a path of one machine"),
    ("/Users", "/", "a path of one machine"),
];

fn strange_texts(file: &File) -> Complaints {
    let mut complaints = Complaints::new();
    for (index, line) in file.text.lines().enumerate() {
        for (first, second, what) in STRANGE {
            if mentions(line, &format!("{first}{second}")) {
                complaints.push(format!("{}:{}: {first}{second} is {what}", file.path, index + 1));
            }
        }
    }
    complaints
}

/// Whether a text is there that does not go on from a longer word or path.
fn mentions(line: &str, text: &str) -> bool {
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.}*)".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn empty_names_are_found_and_longer_words_are_not() {
        assert_eq!(names(&file("crates/x/src/job_utils.rs", "")).len(), 1);
        assert_eq!(
            names(&file("crates/x/src/database.rs", "pub struct Metadata;\nstruct MigrationBasement;")).len(),
            0
        );
        assert_eq!(
            names(&file(
                "a/JobManagerThing.java",
                "public final class JobHelper {\nclass TaskManagers {}"
            ))
            .len(),
            1
        );
    }

    #[test]
    fn reasons_are_asked_for() {
        let bare = concat!("//! Tests.\n#[", "ignore]\nfn x() {}");
        assert_eq!(reasons(&file("crates/x/src/a.rs", bare)).len(), 1);
        assert_eq!(
            reasons(&file("crates/x/src/a.rs", "//! Tests.\n#[ignore = \"needs a Flink\"]\nfn x() {}")).len(),
            0
        );
        assert_eq!(reasons(&file("crates/x/src/a.rs", "use std::fmt;")).len(), 1);
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        assert_eq!(strange_texts(&file("a.md", concat!("see /work", "/main"))).len(), 1);
        assert_eq!(strange_texts(&file("a.md", "see frame/work/main and $HOME/x")).len(), 0);
    }
}
