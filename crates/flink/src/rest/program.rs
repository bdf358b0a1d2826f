//! What Flink says of a main method that it ran, in words that its author can use.
//!
//! In a session cluster a main method runs inside the JobManager, which takes one job of it and does not let it
//! wait for the job's end. A job that was taken before main was refused goes on: that is found by its id.

use super::trace;

/// Parts of Flink's texts, and what they mean.
const MEANINGS: [(&str, &str); 7] = [
    (
        "more than one execute() or executeAsync() call",
        "the main method calls execute() more than once, and a session cluster takes one job of a program: the first one was started, \
         the others were not; put all into one job, or make a job of each",
    ),
    (
        "in Web Submission",
        "the main method waits for the result of its job, which it cannot do in a session cluster; the job itself was started; \
         leave the waiting out (getJobExecutionResult, collect, print of a table, await)",
    ),
    (
        "Job client must be a CoordinationRequestGateway",
        "the main method fetches results of its job, which it cannot do in a session cluster; the job itself was started; \
         write them to a table or a sink instead",
    ),
    (
        "contains no execute() calls",
        "the main method came to its end without starting a job: it must call execute() on its environment",
    ),
    (
        "No jobs included in application",
        "the main method came to its end without starting a job: it must call execute() on its environment",
    ),
    (
        "didn't contain a Flink job",
        "the main method came to its end without starting a job: it must call execute() on its environment",
    ),
    (
        "Neither a 'Main-Class', nor a 'program-class' entry was found",
        "the jar's manifest names no main class: choose the entry class in the job's draft",
    ),
];
/// Classes of Java and Flink, in which the fault of a program is not.
const FOREIGN: [&str; 7] = ["java.", "javax.", "jdk.", "sun.", "org.apache.flink.", "scala.", "akka."];

/// The sentence for a refused program.
pub fn refusal(text: &str) -> String {
    if let Some((_, meaning)) = MEANINGS
        .iter()
        .find(|(part, _)| text.to_ascii_lowercase().contains(&part.to_ascii_lowercase()))
    {
        return (*meaning).to_owned();
    }
    let cause = trace::cause(text);
    if let Some(class) = newer_java(text) {
        return format!("{class}: compile it for an older Java (javac --release), or run the cluster with a newer one");
    }
    match own_frame(text) {
        Some(frame) => format!("{cause} (at {frame})"),
        None => cause,
    }
}

fn newer_java(text: &str) -> Option<String> {
    let start = text.find("UnsupportedClassVersionError: ")? + "UnsupportedClassVersionError: ".len();
    text.get(start..)?.lines().next().map(str::to_owned)
}

/// The innermost frame of the innermost cause that is neither Java's nor Flink's.
fn own_frame(text: &str) -> Option<&str> {
    let (_, cause) = text.rsplit_once("Caused by: ").unwrap_or_default();
    cause
        .lines()
        .filter_map(|line| line.trim().strip_prefix("at "))
        .find(|frame| !FOREIGN.iter().any(|start| frame.starts_with(start)))
        .filter(|frame| frame.len() < 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authors_cause_comes_first_with_its_place() {
        let thrown = "org.apache.flink.util.FlinkRuntimeException: Could not execute application.\n\tat a.b\n\
                      Caused by: org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: --topic is missing\n\tat org.apache.flink.client.X.y(X.java:1)\n\
                      Caused by: java.lang.IllegalArgumentException: --topic is missing\n\tat java.base/java.util.Objects.x(Objects.java:1)\n\
                      \tat com.acme.Options.topic(Options.java:12)\n\tat com.acme.Main.main(Main.java:3)\n";
        assert_eq!(
            refusal(thrown),
            "IllegalArgumentException: --topic is missing (at com.acme.Options.topic(Options.java:12))"
        );
        assert_eq!(refusal("org.apache.flink.x.YException: text"), "YException: text");
    }

    #[test]
    fn what_a_session_cluster_cannot_do_is_said() {
        let twice = "org.apache.flink.util.FlinkRuntimeException: Cannot have more than one execute() or executeAsync() call in a single environment.";
        assert!(refusal(twice).contains("the first one was started"));
        assert!(refusal("x: The application contains no execute() calls.").contains("must call execute()"));
        let newer = "Caused by: java.lang.UnsupportedClassVersionError: com/acme/Main has been compiled by a more recent version of the Java Runtime (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 61.0\n\tat x";
        assert!(refusal(newer).starts_with("com/acme/Main has been compiled by a more recent version"));
        assert!(refusal(newer).contains("--release"));
    }
}
