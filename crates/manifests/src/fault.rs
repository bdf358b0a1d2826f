//! What is wrong with a description, and what is merely worth knowing.

use std::fmt;

use files::place::Point;

/// A Flink role that has pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The JobManager.
    JobManager,
    /// The TaskManagers.
    TaskManager,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JobManager => "JobManager",
            Self::TaskManager => "TaskManager",
        })
    }
}

/// What a fault or finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A field of the description.
    Field(&'static str),
    /// A key of the Flink configuration.
    Key(String),
    /// A place in a pod template of the target.
    Template(Role, Point),
    /// A place in a pod template of the job.
    JobTemplate(Role, Point),
    /// A field of the finished pod, such as `spec.volumes[0].hostPath`.
    Pod(Role, String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field),
            Self::Key(key) => f.write_str(key),
            Self::Template(role, at) | Self::JobTemplate(role, at) => {
                if matches!(self, Self::JobTemplate(..)) {
                    f.write_str("the job's ")?;
                }
                write!(f, "pod template of the {role}")?;
                if *at == Point::WHOLE {
                    return Ok(());
                }
                write!(f, ", line {}, column {}", at.line, at.column)
            }
            Self::Pod(role, path) => write!(f, "pod of the {role}, {path}"),
        }
    }
}

/// Why there can be no such cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// What it is about.
    pub subject: Subject,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

/// Something that people should know of a cluster that can be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Stable word, e.g. `unknown_key`.
    pub code: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// What is odd.
    pub message: String,
    /// How to mend it.
    pub suggestion: Option<String>,
}

/// All that was noticed on the way.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub faults: Vec<Fault>,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn fault(&mut self, subject: Subject, message: impl Into<String>) {
        let message = message.into();
        self.faults.push(Fault { subject, message });
    }

    pub fn key(&mut self, key: &str, message: impl Into<String>) {
        self.fault(Subject::Key(key.to_owned()), message);
    }

    pub fn finding(&mut self, code: &'static str, key: &str, message: impl Into<String>, suggestion: Option<String>) {
        self.findings.push(Finding {
            code,
            subject: Subject::Key(key.to_owned()),
            message: message.into(),
            suggestion,
        });
    }
}

/// A text from outside as it is shown in a message.
pub(crate) fn short(text: &str) -> String {
    files::yaml::short(text)
}
