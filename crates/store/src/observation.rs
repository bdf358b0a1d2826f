//! What a source said of a run: one current row per run and source.

use domain::Millis;
use domain::id::{JobId, RunId, TeamId};
use domain::observation::Observation;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::column::{FromRow, from_json, from_word, json, word};
use crate::entity::{observation, run};
use crate::fault::{Fault, StoreError};
use crate::transaction::Tx;

impl FromRow<observation::Model> for Observation {
    fn from_row(row: observation::Model) -> Result<Self, StoreError> {
        Ok(Self {
            run_id: RunId(row.run_id),
            source: from_word("observations.source", &row.source)?,
            presence: from_json("observations.presence", &row.presence)?,
            incarnation: row.incarnation,
            seen_at: Millis(row.seen_at),
        })
    }
}

/// Inserts an observation, or writes over what the same source said before.
pub(crate) async fn save(tx: &Tx, of: &Observation) -> Result<(), Fault> {
    let row = observation::Model {
        run_id: of.run_id.0,
        source: word(&of.source)?,
        presence: json(&of.presence)?,
        incarnation: of.incarnation.clone(),
        seen_at: of.seen_at.0,
    };
    let other = OnConflict::columns([observation::Column::RunId, observation::Column::Source])
        .update_columns([
            observation::Column::Presence,
            observation::Column::Incarnation,
            observation::Column::SeenAt,
        ])
        .to_owned();
    observation::Entity::insert(row.into_active_model())
        .on_conflict(other)
        .exec_without_returning(&tx.conn)
        .await?;
    let run = run::Entity::find_by_id(of.run_id.0).one(&tx.conn).await?;
    let run = run.ok_or_else(|| Fault::conflict(format!("the run {} is gone", of.run_id)))?;
    let job = JobId(run.job_id);
    tx.changed(Some(TeamId(run.team_id)), "run", of.run_id, Some(job));
    tx.changed(Some(TeamId(run.team_id)), "job", job, Some(job));
    Ok(())
}
