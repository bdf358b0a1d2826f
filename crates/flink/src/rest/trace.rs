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

/// What Flink adds for readers of its own console (1.20, 2.2).
const ADVICE: &str = ", view the Checkpoint History tab or the Job Manager log to find out why continuous checkpoints failed.";
/// Packages whose exceptions only wrap what somebody else threw.
const WRAPPERS: [&str; 4] = [
    "org.apache.flink.",
    "java.util.concurrent.",
    "java.lang.reflect.",
    "io.streamwright.",
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
        (None, Some(last)) if last.message.is_empty() => bare(&links, last, culprit(text)),
        (None, Some(last)) => behind(&links, last),
        (None, None) => "no reason given".to_owned(),
    };
    shorten(sentence.strip_suffix(ADVICE).unwrap_or(&sentence))
}

/// The innermost cause, and what the user's or a library's code made of it, where that says more.
fn behind(links: &[Link], last: &Link) -> String {
    let says_more = |link: &&Link| {
        let text = &link.message;
        !text.is_empty() && !text.contains(&last.message) && !last.message.contains(text.as_str())
    };
    let ours = |link: &&Link| !link.class.is_empty() && !WRAPPERS.iter().any(|package| link.class.starts_with(package));
    let outer = links.iter().rev().skip(1).take_while(ours).find(says_more);
    match outer {
        Some(outer) => format!("{} (behind {})", last.sentence(), outer.sentence()),
        None => last.sentence(),
    }
}

/// Packages whose frames say nothing about the user's code.
const PLATFORM: [&str; 9] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "scala.",
    "akka.",
    "org.apache.flink.",
    "org.apache.pekko.",
];

/// The first frame of the innermost cause that is no platform's: `a.b.C.method(C.java:12)`.
fn culprit(text: &str) -> Option<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|line| line.starts_with("Caused by: ")).unwrap_or(0);
    let frames = lines.iter().skip(last + 1).take_while(|line| !line.starts_with("Caused by: "));
    frames
        .filter_map(|line| line.trim_start().strip_prefix("at "))
        // A module or class loader stands before a slash: `java.base/java.lang.Thread.run(…)`, `app//a.B.c(…)`.
        .map(|frame| {
            frame
                .split('(')
                .next()
                .and_then(|name| name.rfind('/'))
                .map_or(frame, |at| &frame[at + 1..])
        })
        .find(|frame| !PLATFORM.iter().any(|package| frame.starts_with(package)))
}

/// A cause without a message says little alone: where it was thrown, else the nearest one with a message, goes with it.
fn bare(links: &[Link], last: &Link, culprit: Option<&str>) -> String {
    if let Some(frame) = culprit {
        return format!("{} at {frame}", last.simple_class());
    }
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

    /// As Flink 1.20 and 2.2 hand them out.
    #[test]
    fn the_reason_is_found_below_flinks_wrapping() {
        let wrapped = |rest: &str| {
            format!(
                "org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy\n\
                 \tat org.apache.flink.runtime.executiongraph.failover.ExecutionFailureHandler.handleFailure(ExecutionFailureHandler.java:219)\n\
                 \tat java.base/java.lang.Thread.run(Thread.java:840)\n{rest}"
            )
        };
        let rows = [
            (
                "Caused by: java.lang.NullPointerException\n\tat java.base/java.util.Objects.requireNonNull(Objects.java:209)\n\tat com.acme.Enrich.map(Enrich.java:42)\n\tat org.apache.flink.streaming.api.operators.StreamMap.processElement(StreamMap.java:38)\n",
                "NullPointerException at com.acme.Enrich.map(Enrich.java:42)",
            ),
            (
                "Caused by: org.apache.flink.util.FlinkException: Global failure triggered by OperatorCoordinator for 'Source: orders'\n\t... 3 more\nCaused by: org.apache.flink.util.FlinkRuntimeException: Failed to list subscribed topic partitions due to\n\tat q\nCaused by: java.util.concurrent.ExecutionException: org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics\n\tat q\nCaused by: org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics\n",
                "TimeoutException: Timed out waiting for a node assignment. Call: describeTopics",
            ),
            (
                "Caused by: java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id 10.0.0.7:41234-ab12 timed out.\n\tat org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyHeartbeatTimeout(JobMaster.java:1533)\n",
                "TimeoutException: Heartbeat of TaskManager with id 10.0.0.7:41234-ab12 timed out.",
            ),
            (
                "Caused by: java.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3745)\n",
                "OutOfMemoryError: Java heap space",
            ),
            (
                "Caused by: org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException: Connection unexpectedly closed by remote task manager 'h/10.0.0.8:6122'. This might indicate that the remote task manager was lost.\n\tat q\n",
                "RemoteTransportException: Connection unexpectedly closed by remote task manager 'h/10.0.0.8:6122'. This might indicate that the remote task manager was lost.",
            ),
        ];
        for (rest, expected) in rows {
            assert_eq!(cause(&wrapped(rest)), expected);
        }
        assert_eq!(
            cause(&wrapped("")),
            "JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy"
        );
    }

    /// What real ones say, kept in `tests/traces`: `lab/jars/Trouble.java` on a cluster of each version, its TaskManager killed
    /// for `killed`; for `kafka` a script that reads from a port where nobody listens.
    #[test]
    fn recorded_traces_are_told_by_their_cause() {
        let rows = [
            (
                "throws",
                "lookup of customer 7 failed (behind IllegalStateException: order 42 has no customer)",
            ),
            ("empty", "NullPointerException at lab.Trouble$Bad.go("),
            ("class", "ClassNotFoundException: com.acme.Missing"),
            ("memory", "OutOfMemoryError: Java heap space"),
            ("declined", "IOException: the state cannot be written: disk quota exceeded"),
            ("expired", "Exceeded checkpoint tolerable failure threshold."),
            ("killed", "TaskManager with id 127.0.0.1:"),
            (
                "main",
                "NumberFormatException: For input string: \"x\" (behind IllegalArgumentException: --topic is missing)",
            ),
            (
                "kafka",
                "TimeoutException: Timed out waiting for a node assignment. Call: listNodes",
            ),
        ];
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
        let mut read = 0;
        for version in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            for (name, expected) in rows {
                let Ok(trace) = std::fs::read_to_string(version.join(format!("{name}.txt"))) else {
                    continue;
                };
                let found = cause(&trace);
                assert!(found.contains(expected), "{name} of {}: {found}", version.display());
                assert!(!found.contains("view the Checkpoint History"), "{found}");
                read += 1;
            }
        }
        assert!(read >= 17, "only {read} recordings");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = shorten(&"ä".repeat(LONGEST + 1));
        assert_eq!(cut.chars().count(), LONGEST + 2);
    }
}
