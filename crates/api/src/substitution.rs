//! Variables in what is checked and released: plain ones resolved, secrets opened for the planner only, and what it says
//! brought back to the text that was typed, without the secrets.

use std::collections::BTreeMap;

use domain::access::Access;
use domain::draft::JobSpec;
use domain::flink_version::FlinkVersion;
use domain::id::TeamId;
use domain::ports::PortError;
use domain::release::Release;
use domain::secret::Secret;
use domain::sql::{Finding, Report, Severity};
use domain::variable::{Hider, Language, Prepared, VariableValue, insert, prepare, purpose};

use crate::app::App;
use crate::check::{Subject, check};
use crate::problem::{Problem, sentence};
use crate::scope::{JobScope, Scope};

/// What the planner gets in the place of a secret from callers who may not use it.
const STAND_IN: &str = "a-secret-that-is-not-shown";

/// A specification as it was typed, and what becomes of it.
pub(crate) struct Substitution<'a> {
    /// As it was typed.
    pub typed: &'a JobSpec,
    /// With plain variables resolved.
    pub prepared: Prepared,
    /// The secrets that it names.
    secrets: BTreeMap<String, Secret>,
}

/// Resolves the variables of a specification. Who may not release gets no secret opened.
///
/// # Errors
/// When the database does not answer, or a secret does not open.
pub(crate) async fn substitute<'a>(app: &App, scope: &Scope, typed: &'a JobSpec) -> Result<Substitution<'a>, Problem> {
    let variables = match domain::variable::names(typed).is_empty() {
        true => Vec::new(),
        false => app.store.variables(scope.team_id).await?,
    };
    let prepared = prepare(typed, &variables);
    let mut secrets = BTreeMap::new();
    for pinned in prepared.variables.iter().filter(|one| one.secret) {
        let of = variables.iter().find(|one| one.name == pinned.name).map(|one| &one.value);
        let Some(VariableValue::Secret(sealed)) = of else { continue };
        let opened = if scope.role < Access::Developer {
            Secret::new(STAND_IN.to_owned())
        } else {
            let opened = app.ports.vault.open(&purpose(scope.team_id, &pinned.name), sealed);
            opened.map_err(|error| {
                let detail = format!("The secret '{}' cannot be opened: {}", pinned.name, sentence(&error.to_string()));
                Problem::unprocessable("secret_unusable", detail)
            })?
        };
        secrets.insert(pinned.name.clone(), opened);
    }
    Ok(Substitution { typed, prepared, secrets })
}

impl Substitution<'_> {
    /// Whether nothing of it can run.
    pub(crate) fn impossible(&self) -> bool {
        self.prepared.findings.iter().any(|one| one.severity == Severity::Error)
    }

    /// A finding in the released text, in the text that was typed.
    pub(crate) fn typed(&self, finding: Finding) -> Finding {
        match (&self.prepared.script, self.typed.code.sql()) {
            (Some(script), Some(typed)) => script.back(typed, finding),
            _ => finding,
        }
    }

    /// Asks the planner about the script with everything in its place.
    ///
    /// # Errors
    /// What the planner could not do, without the secrets.
    pub(crate) async fn check(&self, app: &App, judge: &FlinkVersion, (jars, tier): Against) -> Result<Report, PortError> {
        let hider = Hider::new(self.secrets.values());
        let released = self.prepared.spec.code.sql().unwrap_or_default();
        let whole = insert(released, Language::Sql, &self.secrets);
        let configuration = self.prepared.spec.configuration.iter();
        let subject = Subject {
            script: &whole.text,
            configuration: configuration
                .map(|(key, value)| (key.clone(), insert(value, Language::Configuration(key), &self.secrets).text))
                .collect(),
            jars,
            tier,
        };
        let report = check(app, judge, subject).await.map_err(|error| hidden(&hider, error))?;
        let said = report
            .findings
            .into_iter()
            .map(|finding| self.typed(whole.back(released, hider.finding(finding))))
            .filter(|finding| !self.unknown_there(finding));
        let mut findings: Vec<Finding> = self.prepared.findings.iter().cloned().chain(said).collect();
        findings.sort_by_key(|finding| (finding.field.is_some(), finding.line, finding.column));
        Ok(Report { findings, ..report })
    }

    /// The planner stumbles over a variable that is not known; that was said already.
    fn unknown_there(&self, finding: &Finding) -> bool {
        let place = (finding.line, finding.column);
        self.prepared.findings.iter().any(|one| {
            let unknown = one.severity == Severity::Error && one.field.is_none() && finding.field.is_none();
            unknown && (one.line, one.column) <= place && place < (one.end_line, one.end_column)
        })
    }
}

/// The class path, and how deep.
pub(crate) type Against = (Vec<std::path::PathBuf>, domain::sql::Tier);

fn hidden(hider: &Hider, error: PortError) -> PortError {
    match error {
        PortError::Retry(message) => PortError::Retry(hider.hide(&message)),
        PortError::GiveUp(message) => PortError::GiveUp(hider.hide(&message)),
        PortError::Refused { status, message } => PortError::Refused {
            status,
            message: hider.hide(&message),
        },
    }
}

/// The secrets of a release must still be there when it is started.
///
/// # Errors
/// 422 `secret_missing` naming it.
pub(crate) async fn present(app: &App, of: &JobScope, release: &Release) -> Result<(), Problem> {
    let mut named = release.content.secrets().peekable();
    if named.peek().is_none() {
        return Ok(());
    }
    let team: TeamId = of.scope.team_id;
    let known = app.store.secrets(team).await?;
    match named.find(|name| !known.iter().any(|one| one.name == *name)) {
        None => Ok(()),
        Some(gone) => Err(Problem::unprocessable(
            "secret_missing",
            format!("Release {} uses the secret '{gone}', which is gone.", release.number),
        )
        .field("release")
        .hint("Make the secret again under Variables & secrets, or make a release without it.")),
    }
}
