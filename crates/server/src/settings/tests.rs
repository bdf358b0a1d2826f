//! Files, environments and flags, and what is said of wrong ones.

use std::path::Path;

use clap::{Args, Command};

use super::table::{Kind, SETTINGS, default_file};
use super::*;

fn file(text: &str) -> (Option<Settings>, Vec<String>) {
    combine(Some((Path::new("/etc/streamwright.toml"), text)), &[], &Values::new())
}

fn env(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn every_setting_is_in_the_default_file_the_environment_and_the_flags() {
    let text = default_file();
    let command = ServeFlags::augment_args(Command::new("serve"));
    for setting in SETTINGS {
        assert!(text.contains(&format!("\n#{} = ", setting.key)), "{}", setting.key);
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(setting.flag));
        let help = argument.unwrap().get_help().unwrap().to_string();
        assert!(help.contains(&setting.variable()), "{help}");
        assert!(!setting.doc.is_empty());
        assert_eq!(setting.flag, setting.key.replace('_', "-"));
    }
    // As it is, it says nothing: everything is a comment.
    assert_eq!(file(&text).1.len(), 1, "only the data folder is missing: {:?}", file(&text).1);
    // And with the comments taken away, each line can be read.
    let lines = text
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line));
    let uncommented: String = lines.map(|line| format!("{line}\n")).collect();
    assert!(
        SETTINGS
            .iter()
            .filter(|setting| setting.kind == Kind::Number)
            .all(|setting| text.contains(&format!("#{} = {}\n", setting.key, setting.default)))
    );
    let files = ["tls_certificate", "tls_key", "admin_password_file"];
    for problem in file(&uncommented).1 {
        assert!(
            files.iter().any(|key| problem.contains(key)) && problem.contains("No such file"),
            "{problem}"
        );
    }
}

#[test]
fn a_flag_counts_more_than_the_environment_and_that_more_than_the_file() {
    let text = "data = \"/file\"\nlisten = \"127.0.0.1:1\"\nlog_json = true\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n";
    let environment = [
        env("STREAMWRIGHT_LISTEN", "127.0.0.1:2"),
        env("STREAMWRIGHT_PUBLIC_URL", "https://a.example/b/"),
    ];
    let given = Given {
        text: "/flag".to_owned(),
        place: "--data".to_owned(),
    };
    let mut flags = Values::from([("data", given)]);
    let base = Given {
        text: "/b/".to_owned(),
        place: "--base-path".to_owned(),
    };
    flags.insert("base_path", base);
    let (settings, problems) = combine(Some((Path::new("x.toml"), text)), &environment, &flags);
    assert_eq!(problems, Vec::<String>::new());
    let settings = settings.unwrap();
    assert_eq!(settings.data, Path::new("/flag"));
    assert_eq!(settings.listen, "127.0.0.1:2".parse().unwrap());
    assert_eq!(settings.base_path, "/b");
    assert_eq!(settings.public_url.as_deref(), Some("https://a.example/b"));
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert!(settings.log_json);
    // The defaults that the table names are those that count.
    assert_eq!(settings.uploads, domain::upload::UploadLimits::default());
}

#[test]
fn all_problems_are_told_together_with_their_lines() {
    let text = "data = \"/d\"\nlistn = \"x\"\nlisten = 8088\n\nlog_json = \"yes\"\ntrusted_proxies = [\"10.0.0.0/99\"]\n\
                base_path = \"no slash\"\npublic_url = \"ftp://x\"\ndatabase = \"oracle://scott:tiger@x\"\ntls_key = \"/none\"\nupload_hours = 721\nmax_uploads = \"5\"\n[server]\nx = 1\n";
    let (settings, problems) = file(text);
    assert!(settings.is_none());
    let wanted = [
        "streamwright.toml:2: there is no setting listn; did you mean listen?",
        "streamwright.toml:3: listen takes a text in quotation marks",
        "streamwright.toml:5: log_json takes true or false",
        "streamwright.toml:13: there is no setting server",
        "streamwright.toml:11: upload_hours: 721 is not a whole number from 1 to 720",
        "streamwright.toml:12: max_uploads takes a whole number",
        "streamwright.toml:6: trusted_proxies: 10.0.0.0/99",
        "streamwright.toml:7: base_path: no slash",
        "streamwright.toml:8: public_url: ftp://x",
        "streamwright.toml:9: database: there is no database of the kind oracle",
        "streamwright.toml:10: tls_key needs tls_certificate as well",
        "streamwright.toml:10: tls_key: /none cannot be read",
    ];
    for wanted in wanted {
        assert!(
            problems.iter().any(|problem| problem.starts_with(wanted)),
            "{wanted}\n{problems:#?}"
        );
    }
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    assert!(!problems.iter().any(|problem| problem.contains("tiger")));
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    for (text, line) in [
        ("data = \"/d\"\nlisten = \n", 2),
        ("data = \"/d\"\n\ndata = \"/e\"\n", 3),
        ("\u{0}", 1),
    ] {
        let (settings, problems) = file(text);
        assert!(settings.is_none());
        assert!(
            problems[0].starts_with(&format!("streamwright.toml:{line}: this is no TOML")),
            "{problems:?}"
        );
    }
}

#[test]
fn kinds_have_values_of_their_kind() {
    for setting in SETTINGS {
        for value in [setting.default, setting.example].iter().filter(|value| !value.is_empty()) {
            let quoted = value.starts_with('"');
            match setting.kind {
                Kind::Text => assert!(quoted, "{}", setting.key),
                Kind::Number => assert!(value.parse::<i64>().is_ok()),
                Kind::YesNo => assert!(["true", "false"].contains(value)),
                Kind::List => assert!(value.starts_with('[')),
            }
        }
    }
}
