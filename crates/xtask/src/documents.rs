//! Documents: they name only paths and commands that exist, and stay short enough to be read.

use crate::Complaints;
use crate::files::{File, Repository};

/// Longest documents, in lines.
const LIMITS: [(&str, usize); 2] = [("ARCHITECTURE.md", 200), ("docs/adr/", 60)];

/// What their blocks say is run by web/e2e/guide.mjs, all guides of the folder, and by crates/server/tests/guides.rs.
const GUIDES: &str = "docs/guides/";
/// How commands begin.
const COMMANDS: [&str; 5] = ["streamwright ", "$ ", "make ", "curl ", "sudo "];

/// Extensions that make a word with a slash a path.
const EXTENSIONS: [&str; 16] = [
    ".rs", ".java", ".ts", ".tsx", ".mjs", ".js", ".md", ".toml", ".json", ".sql", ".sh", ".py", ".yaml", ".yml", ".png", ".xml",
];

/// Every document's complaints.
pub(crate) fn check(repository: &Repository) -> Complaints {
    let mut complaints = Complaints::new();
    let runs_all = |file: &File| file.path == "scripts/test" && file.text.contains("/guide.mjs") && file.text.contains(" docs/guides/*.md");
    if !repository.files.iter().any(runs_all) {
        complaints.push("scripts/test: web/e2e/guide.mjs is to run all of docs/guides/*.md".to_owned());
    }
    for document in repository.files.iter().filter(|file| file.is(&[".md"]) && !file.foreign()) {
        for (prefix, limit) in LIMITS.iter().filter(|(prefix, _)| document.path.starts_with(prefix)) {
            let lines = document.text.lines().count();
            if lines > *limit {
                complaints.push(format!("{}: {lines} lines; at most {limit} in {prefix}", document.path));
            }
        }
        if document.path.starts_with(GUIDES) {
            let never = not_run(&document.text).into_iter();
            complaints.extend(never.map(|line| format!("{}:{line}: no test runs this command: fence it as sh or console", document.path)));
        }
        for (line, word) in words(&document.text) {
            if let Some(why) = judge(repository, document, &word) {
                complaints.push(format!("{}:{line}: {why}", document.path));
            }
        }
    }
    complaints
}

/// Lines of a guide that are commands and stand in a block that is not run: neither as `sh` nor as `console`.
fn not_run(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut language = None;
    let mut written = false;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), language) {
            (Some(of), None) => language = Some(of),
            (Some(_), Some(_)) => (language, written) = (None, false),
            (None, None) if !line.is_empty() => written = line.starts_with('`') && line.ends_with("`:"),
            (None, Some(of)) => {
                let command = COMMANDS.iter().any(|first| line.trim_start().starts_with(first));
                if command && !written && !matches!(of, "sh" | "console") {
                    found.push(index + 1);
                }
            }
            (None, None) => {}
        }
    }
    found
}

/// A thing that a document names: code in backticks, or the target of a link.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Code(String),
    Link(String),
}

fn words(text: &str) -> Vec<(usize, Word)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        // A name alone before its content: a file that the reader is to write.
        let to_be_written = line.starts_with('`') && line.ends_with("`:") && line.matches('`').count() == 2;
        if fenced || to_be_written {
            continue;
        }
        found.extend(
            line.split('`')
                .skip(1)
                .step_by(2)
                .map(|code| (index + 1, Word::Code(code.to_owned()))),
        );
        let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        found.extend(links.map(|link| (index + 1, Word::Link(link.to_owned()))));
    }
    found
}

fn judge(repository: &Repository, document: &File, word: &Word) -> Option<String> {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match word {
        Word::Link(link) => {
            let path = link.split(['#', ' ']).next().unwrap_or_default();
            let elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            let exists = elsewhere || repository.root.join(folder).join(path).exists();
            (!exists).then(|| format!("links to {path}, which does not exist"))
        }
        Word::Code(code) => {
            if let Some(target) = code.strip_prefix("make ") {
                return (!has_target(repository, target)).then(|| format!("names `{code}`, which the Makefile does not have"));
            }
            let path = code.trim_end_matches('/');
            let exists = !looks_like_a_path(repository, path)
                || ["", "crates/", folder]
                    .iter()
                    .any(|from| repository.root.join(from).join(path).exists());
            (!exists).then(|| format!("names `{code}`, which does not exist"))
        }
    }
}

fn looks_like_a_path(repository: &Repository, word: &str) -> bool {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let Some((first, _)) = word.split_once('/') else { return false };
    plain && !first.is_empty() && first != "~" && (repository.has(first) || EXTENSIONS.iter().any(|extension| word.ends_with(extension)))
}

fn has_target(repository: &Repository, words: &str) -> bool {
    let target = words.split_whitespace().find(|word| !word.contains('=')).unwrap_or_default();
    let has = |file: &File| file.path == "Makefile" && file.text.lines().any(|line| line.starts_with(&format!("{target}:")));
    repository.files.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_links_are_found_outside_of_fences() {
        let text = "see `a/b.rs` and [c](d/e.md)\n```\n`not/this.rs`\n```\n`last`";
        let code = |text: &str| Word::Code(text.into());
        assert_eq!(
            words(text),
            [(1, code("a/b.rs")), (1, Word::Link("d/e.md".into())), (5, code("last"))]
        );
    }

    #[test]
    fn commands_in_blocks_that_nobody_runs_are_found() {
        let text = "```sh\nstreamwright a\n```\n```\nstreamwright: an answer\nstreamwright b\n```\n```bash\n$ c\n```\n\n`run.txt`:\n\n```\nmake d\n```";
        assert_eq!(not_run(text), [6, 9]);
    }

    #[test]
    fn paths_that_do_not_exist_are_named() {
        let text = String::from("run: ## x\n");
        let makefile = File {
            path: "Makefile".into(),
            text,
        };
        let document = File {
            path: "docs/x.md".into(),
            text: String::new(),
        };
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let repository = Repository {
            root,
            files: vec![makefile],
        };
        let code = |word: &str| judge(&repository, &document, &Word::Code(word.into())).is_none();
        assert!(code("crates/xtask/src/main.rs") && code("xtask/src/main.rs") && code("application/json") && code("make run"));
        assert!(!code("crates/nothing") && !code("engine/nothing.rs") && !code("make nothing"));
    }
}
