//! The audit list: appended to, read by page, and pruned by age. Nothing changes a row.

use domain::Millis;
use domain::audit::{AuditEntry, Deed};
use domain::id::{AuditId, TeamId, TokenId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::clock::new_id;
use crate::column::{FromRow, all, from_json, json, unknown};
use crate::connect::Store;
use crate::entity::audit;
use crate::fault::StoreError;
use crate::transaction::Scope;

/// Longest word that its columns take.
const WORD: usize = 64;

/// Which rows of the audit list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only about this team.
    pub team_id: Option<TeamId>,
    /// Only of this person.
    pub user_id: Option<UserId>,
    /// Only about this noun.
    pub noun: Option<String>,
    /// Only from this time on.
    pub from: Option<Millis>,
    /// Only before this time.
    pub to: Option<Millis>,
    /// Only older ones than this: the last one of the page before.
    pub before: Option<AuditId>,
    /// At most so many.
    pub limit: u64,
}

impl FromRow<audit::Model> for AuditEntry {
    fn from_row(row: audit::Model) -> Result<Self, StoreError> {
        let read = |column: &str, text: Option<String>| text.map(|text| from_json(column, &text)).transpose();
        Ok(Self {
            id: AuditId(row.id),
            at: Millis(row.at),
            deed: Deed {
                team_id: row.team_id.map(TeamId),
                user_id: row.user_id.map(UserId),
                token_id: row.token_id.map(TokenId),
                token_name: row.token_name,
                operation: row.operation,
                noun: row.noun,
                noun_id: row.noun_id,
                noun_name: row.noun_name,
                address: row.address,
                before: read("audit.state_before", row.state_before)?,
                after: read("audit.state_after", row.state_after)?,
                status: u16::try_from(row.status).map_err(|_| unknown("audit.status", &row.status.to_string()))?,
                code: row.code,
            },
        })
    }
}

fn row_of(deed: &Deed, at: Millis) -> Result<audit::Model, StoreError> {
    let word = |text: &str| text.chars().take(WORD).collect::<String>();
    Ok(audit::Model {
        id: new_id(),
        at: at.0,
        team_id: deed.team_id.map(|id| id.0),
        user_id: deed.user_id.map(|id| id.0),
        token_id: deed.token_id.map(|id| id.0),
        token_name: deed.token_name.clone(),
        operation: word(&deed.operation),
        noun: word(&deed.noun),
        noun_id: deed.noun_id.clone(),
        noun_name: deed.noun_name.clone(),
        address: deed.address.as_deref().map(word),
        state_before: deed.before.as_ref().map(json).transpose()?,
        state_after: deed.after.as_ref().map(json).transpose()?,
        status: i64::from(deed.status),
        code: deed.code.as_deref().map(word),
    })
}

impl Store {
    /// Appends a row.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn append_audit(&self, deed: Deed) -> Result<(), StoreError> {
        self.write(Scope::Plain, deed, |tx, deed| async move {
            audit::Entity::insert(row_of(&deed, tx.at)?.into_active_model())
                .exec_without_returning(&tx.conn)
                .await?;
            Ok(())
        })
        .await
    }

    /// Rows of the audit list, newest first.
    ///
    /// # Errors
    /// `Invalid` for a row that cannot be read.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, StoreError> {
        let mut query = audit::Entity::find();
        if let Some(team) = filter.team_id {
            query = query.filter(audit::Column::TeamId.eq(team.0));
        }
        if let Some(user) = filter.user_id {
            query = query.filter(audit::Column::UserId.eq(user.0));
        }
        if let Some(noun) = &filter.noun {
            query = query.filter(audit::Column::Noun.eq(noun.as_str()));
        }
        if let Some(from) = filter.from {
            query = query.filter(audit::Column::At.gte(from.0));
        }
        if let Some(to) = filter.to {
            query = query.filter(audit::Column::At.lt(to.0));
        }
        if let Some(before) = filter.before {
            query = query.filter(audit::Column::Id.lt(before.0));
        }
        let rows = query.order_by_desc(audit::Column::Id).limit(filter.limit).all(&self.reader).await?;
        Ok(all(rows)?)
    }

    /// Deletes rows from before a time; answers how many.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune_audit(&self, older_than: Millis) -> Result<u64, StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = audit::Entity::delete_many()
                .filter(audit::Column::At.lt(older_than.0))
                .exec(&tx.conn)
                .await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}
