//! The table of all settings.

/// What kind of value a setting has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number that is not negative.
    Number,
    /// `true` or `false`.
    YesNo,
    /// A list of texts; in the environment and on the command line joined by commas.
    List,
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the file.
    pub key: &'static str,
    /// Its flag, without the dashes: the same with hyphens.
    pub flag: &'static str,
    /// What kind of value it has.
    pub kind: Kind,
    /// The value without which it is as if nobody had set it, as TOML; empty where there is none.
    pub default: &'static str,
    /// An example for the default file, as TOML, where there is no default.
    pub example: &'static str,
    /// What stands for the value in the help.
    pub value_name: &'static str,
    /// What it is; the first line is the help of the flag.
    pub doc: &'static str,
}

impl Setting {
    /// Its name in the environment.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("STREAMWRIGHT_{}", self.key.to_uppercase())
    }
}

/// All settings, in the order of the default file.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "data",
        flag: "data",
        kind: Kind::Text,
        default: "",
        example: "\"/var/lib/streamwright\"",
        value_name: "DIR",
        doc: "Folder of the database, artifacts, Flink versions, local clusters and their state\n\
              One server for each folder. It is made if it is missing, for its owner only.",
    },
    Setting {
        key: "database",
        flag: "database",
        kind: Kind::Text,
        default: "",
        example: "\"postgres://streamwright:password@db.example.org/streamwright\"",
        value_name: "URL",
        doc: "Database instead of SQLite in the data folder: postgres://… or mysql://…\n\
              `streamwright move-database` takes everything along. Keep the password out of process lists: set it\n\
              here or in the environment, and let only the server read this file (mode 0600).",
    },
    Setting {
        key: "listen",
        flag: "listen",
        kind: Kind::Text,
        default: "\"127.0.0.1:8088\"",
        example: "",
        value_name: "ADDR",
        doc: "Address to listen on\n0.0.0.0:8088 for all addresses of this host; then set TLS, or let a proxy speak TLS.",
    },
    Setting {
        key: "public_url",
        flag: "public-url",
        kind: Kind::Text,
        default: "",
        example: "\"https://flink.example.org/streamwright\"",
        value_name: "URL",
        doc: "Address under which browsers reach the server, for links; default: the listening address\n\
              It ends with the base path. Where it begins with https://, cookies are sent over TLS only.",
    },
    Setting {
        key: "base_path",
        flag: "base-path",
        kind: Kind::Text,
        default: "\"\"",
        example: "\"/streamwright\"",
        value_name: "PATH",
        doc: "Path below which console and API are, where a proxy serves other things beside it\n\
              The proxy may pass the path on or take it away: both are understood.",
    },
    Setting {
        key: "trusted_proxies",
        flag: "trusted-proxies",
        kind: Kind::List,
        default: "[]",
        example: "[\"127.0.0.1\", \"10.0.0.0/8\"]",
        value_name: "NETWORKS",
        doc: "Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed\n\
              Of everybody else these headers are ignored, so that nobody can pretend to be another address.",
    },
    Setting {
        key: "allow_inside",
        flag: "allow-inside",
        kind: Kind::List,
        default: "[]",
        example: "[\"10.1.0.0/16\"]",
        value_name: "NETWORKS",
        doc: "Networks inside that messages may go to: receivers of webhooks and mail servers\n\
              Everything outside the open internet is refused unless it is here, so that nobody reaches inner services.",
    },
    Setting {
        key: "tls_certificate",
        flag: "tls-certificate",
        kind: Kind::Text,
        default: "",
        example: "\"/etc/streamwright/tls.crt\"",
        value_name: "FILE",
        doc: "File with the certificate and those up to the root, as PEM: the server then speaks HTTPS itself\n\
              Read again within seconds when it changes; what cannot be used leaves the old one in use.",
    },
    Setting {
        key: "tls_key",
        flag: "tls-key",
        kind: Kind::Text,
        default: "",
        example: "\"/etc/streamwright/tls.key\"",
        value_name: "FILE",
        doc: "File with the certificate's private key, as PEM",
    },
    Setting {
        key: "admin_password_file",
        flag: "admin-password-file",
        kind: Kind::Text,
        default: "",
        example: "\"/etc/streamwright/admin-password\"",
        value_name: "FILE",
        doc: "File with the password of the platform admin `admin`, set at every start\n\
              Without it the first start prints a link with which the admin signs in once.",
    },
    Setting {
        key: "log_json",
        flag: "log-json",
        kind: Kind::YesNo,
        default: "false",
        example: "",
        value_name: "",
        doc: "Log as JSON lines\nRUST_LOG narrows or widens what is logged, for example RUST_LOG=info,engine=debug.",
    },
    Setting {
        key: "max_artifact_bytes",
        flag: "max-artifact-bytes",
        kind: Kind::Number,
        default: "2147483648",
        example: "",
        value_name: "BYTES",
        doc: "Largest file that may be uploaded, in bytes",
    },
    Setting {
        key: "max_team_artifact_bytes",
        flag: "max-team-artifact-bytes",
        kind: Kind::Number,
        default: "107374182400",
        example: "",
        value_name: "BYTES",
        doc: "All artifacts of a team together, in bytes",
    },
    Setting {
        key: "max_uploads",
        flag: "max-uploads",
        kind: Kind::Number,
        default: "20",
        example: "",
        value_name: "COUNT",
        doc: "Open uploads of a team",
    },
    Setting {
        key: "upload_hours",
        flag: "upload-hours",
        kind: Kind::Number,
        default: "24",
        example: "",
        value_name: "HOURS",
        doc: "Hours after which an upload that nobody continues is forgotten, at most 720",
    },
];

/// The commented default file.
#[must_use]
pub fn default_file() -> String {
    let mut text = String::from(
        "# Settings of a Streamwright server. Each is commented with its default, or an example where there is none.\n\
         # The environment counts more than this file (STREAMWRIGHT_LISTEN for listen), and a flag more than both.\n\
         # `streamwright settings --check --config FILE` says whether a file can be used. A change takes a restart;\n\
         # clusters and jobs go on meanwhile.\n\
         # The key that secrets are sealed with is in the environment only (STREAMWRIGHT_SECRET_KEY), or made in the data folder.\n",
    );
    for setting in SETTINGS {
        text.push('\n');
        for line in setting.doc.lines() {
            text.push_str(&format!("# {}\n", line.trim()));
        }
        let value = if setting.default.is_empty() || !setting.example.is_empty() {
            setting.example
        } else {
            setting.default
        };
        text.push_str(&format!("#{} = {value}\n", setting.key));
    }
    text
}
