//! What a job does, as it is sent: a script, or a program with its main class and arguments.

use domain::draft::{Code, Mode, ProgramJar, check_jar_uri};

use crate::problem::{Problem, sentence};
use crate::spec::{ArtifactRef, reference};
use crate::text;

/// Most arguments of a program.
const MOST_ARGS: usize = 1_000;
/// Most bytes of all arguments of a program.
const MOST_ARG_BYTES: usize = 256 * 1024;
/// Longest name of a class in characters.
const LONGEST_NAME: usize = 500;

/// The fields of a specification that say what it does.
pub(crate) struct Sent {
    pub sql: Option<String>,
    pub jar: Option<ArtifactRef>,
    pub jar_uri: Option<String>,
    pub entry_class: Option<String>,
    pub args: Vec<String>,
}

impl Sent {
    /// What the job does.
    ///
    /// # Errors
    /// A problem naming the field, with `prefix` before it.
    pub(crate) fn checked(self, mode: Mode, prefix: &str) -> Result<Code, Problem> {
        let refused = |code: &str, field: &str, detail: &str| Err(Problem::unprocessable(code, detail).field(format!("{prefix}{field}")));
        let jar = match (self.sql, self.jar, self.jar_uri) {
            (Some(sql), None, None) => {
                if self.entry_class.is_some() || !self.args.is_empty() {
                    let field = if self.entry_class.is_some() { "entryClass" } else { "args" };
                    let detail = "A SQL script has no main class and no arguments; they belong to a jar.";
                    return refused("not_for_sql", field, detail);
                }
                text::script(&format!("{prefix}sql"), &sql)?;
                return Ok(Code::Sql { sql });
            }
            (None, Some(jar), None) => ProgramJar::Artifact(reference(&format!("{prefix}jar"), jar)?),
            (None, None, Some(uri)) => ProgramJar::Local(local(&format!("{prefix}jarUri"), uri, mode)?),
            (None, None, None) => {
                let detail = "A job needs a SQL script (sql), a jar with a main class (jar), or where such a jar is in the image (jarUri).";
                return refused("no_program", "sql", detail);
            }
            (_, jar, uri) => {
                let field = if jar.is_some() && uri.is_none() { "jar" } else { "jarUri" };
                let detail = "A job is either a SQL script or the main class of one jar: give one of sql, jar and jarUri.";
                return refused("two_programs", field, detail);
            }
        };
        checked_args(&format!("{prefix}args"), &self.args)?;
        if let Some(class) = &self.entry_class {
            checked_class(&format!("{prefix}entryClass"), class)?;
        }
        Ok(Code::Jar {
            jar,
            entry_class: self.entry_class,
            args: self.args,
        })
    }
}

fn local(field: &str, uri: String, mode: Mode) -> Result<String, Problem> {
    text::no_nul(field, &uri)?;
    let refused = |code: &str, detail: String| Problem::unprocessable(code, detail).field(field);
    check_jar_uri(&uri).map_err(|why| refused("bad_jar_uri", sentence(&why.to_string())))?;
    if mode == Mode::Session {
        let detail = "The jar of a job in a session cluster is sent to it: only the pods of an application have files of their own.";
        return Err(refused("not_for_session", detail.to_owned())
            .hint("Upload it as an artifact, or let the job run as an application (mode, targetId)."));
    }
    Ok(uri)
}

fn checked_args(field: &str, args: &[String]) -> Result<(), Problem> {
    for (at, arg) in args.iter().enumerate() {
        text::no_nul(&format!("{field}[{at}]"), arg)?;
    }
    if args.len() > MOST_ARGS || args.iter().map(String::len).sum::<usize>() > MOST_ARG_BYTES {
        let detail = format!(
            "A program takes at most {MOST_ARGS} arguments of {} KiB together.",
            MOST_ARG_BYTES / 1024
        );
        return Err(Problem::unprocessable("too_long", detail).field(field));
    }
    Ok(())
}

fn checked_class(field: &str, class: &str) -> Result<(), Problem> {
    let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    if class.chars().count() <= LONGEST_NAME && class.split('.').all(part) {
        return Ok(());
    }
    let detail = "That is no name of a Java class: expected something like com.acme.Orders.";
    Err(Problem::unprocessable("bad_class", detail).field(field))
}
