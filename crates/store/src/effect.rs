//! Calls outside that change something: written before the call and after it, found again after a crash.

use domain::Millis;
use domain::effect::Effect;
use domain::id::{EffectId, OperationId, RunId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::column::{FromRow, all, from_word, time, word};
use crate::connect::Store;
use crate::entity::effect;
use crate::fault::{Fault, StoreError};
use crate::transaction::Tx;

impl FromRow<effect::Model> for Effect {
    fn from_row(row: effect::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: EffectId(row.id),
            operation_id: OperationId(row.operation_id),
            run_id: RunId(row.run_id),
            kind: from_word("effects.kind", &row.kind)?,
            name: row.name,
            incarnation: row.incarnation,
            state: from_word("effects.state", &row.state)?,
            answer: row.answer,
            tries: row.tries,
            intended_at: Millis(row.intended_at),
            sent_at: time(row.sent_at),
            answered_at: time(row.answered_at),
        })
    }
}

/// Inserts an effect, or writes how far it got.
pub(crate) async fn save(tx: &Tx, of: &Effect) -> Result<(), Fault> {
    let row = effect::Model {
        id: of.id.0,
        operation_id: of.operation_id.0,
        run_id: of.run_id.0,
        kind: word(&of.kind)?,
        name: of.name.clone(),
        incarnation: of.incarnation.clone(),
        state: word(&of.state)?,
        answer: of.answer.clone(),
        tries: of.tries,
        intended_at: of.intended_at.0,
        sent_at: of.sent_at.map(|at| at.0),
        answered_at: of.answered_at.map(|at| at.0),
    };
    let other = OnConflict::column(effect::Column::Id)
        .update_columns([
            effect::Column::Name,
            effect::Column::Incarnation,
            effect::Column::State,
            effect::Column::Answer,
            effect::Column::Tries,
            effect::Column::SentAt,
            effect::Column::AnsweredAt,
        ])
        .to_owned();
    effect::Entity::insert(row.into_active_model())
        .on_conflict(other)
        .exec_without_returning(&tx.conn)
        .await?;
    Ok(())
}

impl Store {
    /// The effects of an operation, oldest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn effects_of_operation(&self, id: OperationId) -> Result<Vec<Effect>, StoreError> {
        let rows = effect::Entity::find()
            .filter(effect::Column::OperationId.eq(id.0))
            .order_by_asc(effect::Column::Id)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// The effects on a run, oldest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn effects_of_run(&self, id: RunId) -> Result<Vec<Effect>, StoreError> {
        let rows = effect::Entity::find()
            .filter(effect::Column::RunId.eq(id.0))
            .order_by_asc(effect::Column::Id)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }
}
