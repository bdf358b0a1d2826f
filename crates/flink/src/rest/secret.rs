//! The secrets of a submission: opened here, where it is sent, and struck out of what Flink answers.

use std::collections::BTreeMap;

use domain::ports::{PortError, Program, Submission, Vault};
use domain::secret::Secret;
use domain::sql::Statement;
use domain::variable::{Hider, Language, insert};

/// The submission with its secrets in place, and who strikes them out again.
///
/// # Errors
/// `GiveUp` where a secret does not open.
pub fn opened(vault: &dyn Vault, submission: &Submission) -> Result<(Submission, Hider), PortError> {
    let mut secrets = BTreeMap::new();
    for one in &submission.secrets {
        let opened = vault.open(&one.purpose, &one.sealed).map_err(|error| {
            let why = format!("the secret '{}' cannot be opened: {error}", one.name);
            match error {
                PortError::Retry(_) => PortError::Retry(why),
                _ => PortError::GiveUp(why),
            }
        })?;
        secrets.insert(one.name.clone(), opened);
    }
    let configuration = submission.configuration.iter();
    let opened = Submission {
        program: program(&submission.program, &secrets),
        configuration: configuration
            .map(|(key, value)| (key.clone(), insert(value, Language::Configuration(key), &secrets).text))
            .collect(),
        ..submission.clone()
    };
    Ok((opened, Hider::new(secrets.values())))
}

fn program(program: &Program, secrets: &BTreeMap<String, Secret>) -> Program {
    match program {
        Program::Sql { statements } => Program::Sql {
            statements: statements
                .iter()
                .map(|statement| Statement {
                    text: insert(&statement.text, Language::Sql, secrets).text,
                    ..statement.clone()
                })
                .collect(),
        },
        Program::Jar { entry_class, args } => Program::Jar {
            entry_class: entry_class.clone(),
            args: args.iter().map(|arg| insert(arg, Language::Argument, secrets).text).collect(),
        },
    }
}

/// The error without the secrets: Flink repeats parts of a script in its messages.
pub fn hidden(hider: &Hider, error: PortError) -> PortError {
    match error {
        PortError::Retry(message) => PortError::Retry(hider.hide(&message)),
        PortError::GiveUp(message) => PortError::GiveUp(hider.hide(&message)),
        PortError::Refused { status, message } => PortError::Refused {
            status,
            message: hider.hide(&message),
        },
    }
}
