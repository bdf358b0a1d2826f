//! `streamwright artifact …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Server;

/// `artifact …`
#[derive(Debug, Subcommand)]
pub enum ArtifactCommand {
    /// Upload a file; under a name that is there it becomes the next version
    Upload(ArtifactUpload),
    /// List the newest version of each name, or all versions of one
    List {
        /// All versions of this name
        name: Option<String>,
        /// Only names with this text
        #[arg(long)]
        search: Option<String>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Show one version and who uses it
    Show {
        /// Which.
        #[command(flatten)]
        which: ArtifactName,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Download one version, going on where an earlier try ended
    Download {
        /// Which.
        #[command(flatten)]
        which: ArtifactName,
        /// File or folder to write to; default: the file's own name, here
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Delete a version that nothing uses
    Delete {
        /// Name or id
        artifact: String,
        /// The version, where a name is given
        version: Option<i64>,
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}

/// One version of an artifact.
#[derive(Debug, Args)]
pub struct ArtifactName {
    /// Name or id
    pub artifact: String,
    /// The version of the name; default: the newest
    pub version: Option<i64>,
}

/// What an artifact is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A program with a main class
    JobJar,
    /// Classes that a script calls
    UdfJar,
    /// Tables, formats, catalogs
    Connector,
    /// A Python program or module
    PythonFile,
    /// Any other archive
    Archive,
}

impl Kind {
    /// The API's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::JobJar => "job_jar",
            Self::UdfJar => "udf_jar",
            Self::Connector => "connector",
            Self::PythonFile => "python_file",
            Self::Archive => "archive",
        }
    }
}

/// Options of `artifact upload`.
#[derive(Debug, Args)]
pub struct ArtifactUpload {
    /// The file: .jar, .py, .zip, .whl, .egg, .tar, .tar.gz or .tgz
    pub file: PathBuf,
    /// Name of the artifact; default: the file's name
    #[arg(long)]
    pub name: Option<String>,
    /// What it is for; default: what its content says
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}
