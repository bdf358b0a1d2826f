//! Java stack traces as text: the chain of causes, and the one sentence that a person wants to read.
//!
//! Flink wraps what went wrong five times and puts the wrapping first. Here the innermost cause comes first.
//! One exception to that: our own runner's exception already carries the line of the script and the root
//! cause in its message, and says more than what it wraps.

/// How much of a message is kept, in characters.
const LONGEST: usize = 4_000;
/// The runner's exception, whose message is written for people.
const SCRIPT_EXCEPTION: &str = "io.streamwright.runner.ScriptException";
/// Classes whose name adds nothing to their message.
const PLAIN: [&str; 9] = [
    "RuntimeException",
    "Exception",
    "Throwable",
    "FlinkException",
    "FlinkRuntimeException",
    "RestHandlerException",
    "NotFoundException",
    "CompletionException",
    "ProgramInvocationException",
];

/// One exception of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Full class name; empty where the text has none.
    pub class: String,
    /// Its message; may be empty.
    pub message: String,
}

impl Link {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        match text.split_once(':') {
            Some((class, message)) if is_class(class) => Self {
                class: class.to_owned(),
                message: message.trim().to_owned(),
            },
            None if is_class(text) => Self {
                class: text.to_owned(),
                message: String::new(),
            },
            _ => Self {
                class: String::new(),
                message: text.to_owned(),
            },
        }
    }

    /// `a.A: b.B: text` in one message is a chain, too: an exception made of another's text.
    fn peel(self) -> Vec<Self> {
        let inner = Self::parse(&self.message);
        if inner.class.is_empty() || inner.message.is_empty() {
            return vec![self];
        }
        let mut links = vec![Self {
            class: self.class,
            message: String::new(),
        }];
        links.extend(inner.peel());
        links
    }

    fn simple_class(&self) -> &str {
        self.class.rsplit(['.', '$']).next().unwrap_or_default()
    }

    fn sentence(&self) -> String {
        let class = self.simple_class();
        if self.message.is_empty() {
            class.to_owned()
        } else if class.is_empty() || PLAIN.contains(&class) {
            self.message.clone()
        } else {
            format!("{class}: {}", self.message)
        }
    }
}

fn is_class(text: &str) -> bool {
    let ends = ["Exception", "Error", "Throwable", "Failure"];
    text.len() < 200
        && text.contains('.')
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$'))
        && ends.iter().any(|end| text.ends_with(end))
        || text == SCRIPT_EXCEPTION
}

fn is_frame(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("at ") || line.starts_with("... ") || line.starts_with("Suppressed: ")
}

/// The chain of causes in a trace, outermost first. Never empty unless the text is blank.
pub fn chain(text: &str) -> Vec<Link> {
    let mut links: Vec<String> = Vec::new();
    let mut in_message = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.starts_with("<Exception on server side") || line.starts_with("End of exception on server side") {
            in_message = true;
        } else if let Some(cause) = line.strip_prefix("Caused by: ") {
            links.push(cause.to_owned());
            in_message = true;
        } else if is_frame(line) {
            in_message = false;
        } else if in_message && !line.trim().is_empty() {
            match links.last_mut() {
                Some(last) => {
                    last.push('\n');
                    last.push_str(line);
                }
                None => links.push(line.to_owned()),
            }
        }
    }
    links.into_iter().flat_map(|link| Link::parse(&link).peel()).collect()
}

/// The sentence of a trace: what is at the bottom of it.
pub fn cause(text: &str) -> String {
    let links = chain(text);
    let script = links
        .iter()
        .rev()
        .find(|link| link.class == SCRIPT_EXCEPTION && !link.message.is_empty());
    let sentence = match (script, links.last()) {
        (Some(link), _) => link.message.clone(),
        (None, Some(last)) if last.message.is_empty() => bare(&links, last),
        (None, Some(last)) => last.sentence(),
        (None, None) => "no reason given".to_owned(),
    };
    shorten(&sentence)
}

/// A cause without a message says little alone: the nearest one with a message goes before it.
fn bare(links: &[Link], last: &Link) -> String {
    match links.iter().rev().find(|link| !link.message.is_empty()) {
        Some(link) => format!("{} (caused by {})", link.sentence(), last.simple_class()),
        None => last.sentence(),
    }
}

/// A text of at most [`LONGEST`] characters.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} …", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_is_the_sentence() {
        let trace = "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application.\n\
                     \tat org.apache.flink.x.Y.z(Y.java:1)\n\
                     Caused by: java.util.concurrent.CompletionException: org.apache.flink.util.FlinkRuntimeException: outer\n\
                     \t... 2 more\n\
                     Caused by: org.apache.flink.table.api.ValidationException: Table 'x'\nis not there.\n\
                     \tat a.B.c(B.java:2)\n\
                     \tSuppressed: java.io.IOException: closing\n\
                     \t\tat a.B.c(B.java:3)\n\
                     \tCaused by: java.io.IOException: inside the suppressed one\n";
        assert_eq!(cause(trace), "ValidationException: Table 'x'\nis not there.");
        assert_eq!(
            chain(trace).first().map(|link| link.message.as_str()),
            Some("Could not execute application.")
        );
    }

    #[test]
    fn the_runner_knows_better_than_what_it_wraps() {
        let trace = "a.b.CException: x\n\tat q\nCaused by: io.streamwright.runner.ScriptException: line 4: no such column 'k' [INSERT INTO s …]\n\tat q\n\
                     Caused by: org.apache.calcite.runtime.CalciteContextException: From line 1, column 8\n";
        assert_eq!(cause(trace), "line 4: no such column 'k' [INSERT INTO s …]");
    }

    #[test]
    fn short_texts_are_understood_too() {
        assert_eq!(
            cause("org.apache.flink.runtime.rest.NotFoundException: Job 12 not found"),
            "Job 12 not found"
        );
        assert_eq!(cause("a.AException: b.BException: text"), "BException: text");
        assert_eq!(cause("Job could not be found."), "Job could not be found.");
        assert_eq!(
            cause("a.AException: it took long\nCaused by: java.util.concurrent.TimeoutException"),
            "AException: it took long (caused by TimeoutException)"
        );
        assert_eq!(cause("Note: this is no class"), "Note: this is no class");
        assert_eq!(cause("  \n"), "no reason given");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = shorten(&"ä".repeat(LONGEST + 1));
        assert_eq!(cut.chars().count(), LONGEST + 2);
    }
}
