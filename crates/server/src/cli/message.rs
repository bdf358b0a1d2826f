//! `streamwright message …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Server;

/// `message …`
#[derive(Debug, Subcommand)]
pub enum MessageCommand {
    /// Where messages of the team go
    #[command(subcommand)]
    Destination(DestinationCommand),
    /// List the newest messages and what became of them
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
}

/// `message destination …`
#[derive(Debug, Subcommand)]
pub enum DestinationCommand {
    /// Add one: a webhook or a mail
    Add(Box<DestinationAdd>),
    /// List those of the team
    List {
        /// Where to.
        #[command(flatten)]
        server: Server,
    },
    /// Send a test
    Test(DestinationOnly),
    /// Delete one with what was to be sent there
    Delete(DestinationOnly),
}

/// A destination and nothing else.
#[derive(Debug, Args)]
pub struct DestinationOnly {
    /// Name or id
    pub destination: String,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// Options of `message destination add`.
#[derive(Debug, Args)]
pub struct DestinationAdd {
    /// Name, unique in the team
    pub name: String,
    /// File with the address of a webhook, which is a secret; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "mail_server")]
    pub webhook_file: Option<PathBuf>,
    /// The body that the webhook takes
    #[arg(long, value_enum, default_value_t = Preset::Json)]
    pub preset: Preset,
    /// Mail server
    #[arg(long, value_name = "HOST", requires = "from", requires = "to")]
    pub mail_server: Option<String>,
    /// Its port
    #[arg(long, default_value_t = 587)]
    pub port: u16,
    /// How the connection is protected: `starttls`, `tls` or `none`
    #[arg(long, default_value = "starttls", value_parser = ["starttls", "tls", "none"])]
    pub security: String,
    /// User name at the mail server
    #[arg(long, requires = "password_file")]
    pub username: Option<String>,
    /// File with its password
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Sender
    #[arg(long)]
    pub from: Option<String>,
    /// Recipient; may be given several times
    #[arg(long)]
    pub to: Vec<String>,
    /// Only of this trouble; may be given several times
    #[arg(long, value_parser = ["no_checkpoint", "unreachable", "failed", "ended_unknown", "crash_loop"])]
    pub trouble: Vec<String>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
}

/// The body that a webhook takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// All that is known
    Json,
    /// Slack, Mattermost, Rocket.Chat
    Slack,
    /// Feishu and Lark
    Feishu,
    /// DingTalk
    Dingtalk,
    /// WeCom
    Wecom,
}

impl Preset {
    /// The API's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::Feishu => "feishu",
            Self::Dingtalk => "dingtalk",
            Self::Wecom => "wecom",
        }
    }
}
