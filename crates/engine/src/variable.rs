//! The secrets of a team: those that a submission takes along, sealed, and all of them to be struck out of what Flink
//! says.

use domain::id::TeamId;
use domain::ports::{PortError, SealedVariable};
use domain::release::Release;
use domain::variable::{Hider, PinnedVariable, Variable, VariableValue, purpose};

use crate::Engine;

/// The secrets that a release names, and their revisions now.
///
/// # Errors
/// `Retry` when the database does not answer; `GiveUp` naming a secret that is gone.
pub(crate) async fn secrets(engine: &Engine, release: &Release) -> Result<(Vec<SealedVariable>, Vec<PinnedVariable>), PortError> {
    if release.content.secrets().next().is_none() {
        return Ok(Default::default());
    }
    let known = engine.store.secrets(release.team_id).await;
    let known = known.map_err(|error| PortError::Retry(error.to_string()))?;
    let (mut sealed, mut pinned) = (Vec::new(), Vec::new());
    for name in release.content.secrets() {
        let found = known.iter().find(|one| one.name == name);
        let Some((variable, VariableValue::Secret(value))) = found.map(|one| (one, &one.value)) else {
            return Err(PortError::GiveUp(format!(
                "the secret '{name}' of release {} is gone: make it again under Variables & secrets, then start the job",
                release.number
            )));
        };
        sealed.push(SealedVariable {
            name: name.to_owned(),
            purpose: purpose(release.team_id, name),
            sealed: value.clone(),
        });
        pinned.push(variable.pin());
    }
    Ok((sealed, pinned))
}

/// Strikes out a team's secrets. One that does not open cannot be known.
pub(crate) async fn hider(engine: &Engine, team: TeamId) -> Hider {
    let secrets: Vec<Variable> = match engine.store.secrets(team).await {
        Ok(secrets) => secrets,
        Err(error) => {
            tracing::warn!(%team, %error, "the secrets of a team cannot be read, and not be struck out of logs");
            Vec::new()
        }
    };
    let vault = &engine.ports.vault;
    let opened: Vec<_> = secrets
        .iter()
        .flat_map(|one| one.sealed().map(|sealed| vault.open(&purpose(team, &one.name), sealed)))
        .flatten()
        .collect();
    Hider::new(&opened)
}
