//! Drafts: one row for each saved revision. A save names the revision that it was made on; where another
//! one was saved meanwhile, nothing is written and the caller is shown that one.

use domain::Millis;
use domain::artifact::Holder;
use domain::draft::{Draft, JobSpec};
use domain::id::{JobId, TeamId, UserId};
use domain::job::Job;
use domain::variable;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::artifact_reference as references;
use crate::column::{FromRow, from_json, json};
use crate::connect::Store;
use crate::entity::{draft, job};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::job as jobs;
use crate::transaction::{Scope, Tx};
use crate::variable_use as uses;

/// How many revisions of a job are kept.
const KEPT: i64 = 50;

/// A revision to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDraft {
    /// The team.
    pub team_id: TeamId,
    /// The job.
    pub job_id: JobId,
    /// The revision that it was made on; 0 for the first, none to save it whatever is there.
    pub base_revision: Option<i64>,
    /// The content.
    pub spec: JobSpec,
    /// Who saves it.
    pub saved_by: UserId,
}

/// A revision without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSummary {
    /// 1, 2, 3 …
    pub revision: i64,
    /// Who saved it.
    pub saved_by: UserId,
    /// When.
    pub saved_at: Millis,
}

/// Why a draft was not saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Somebody saved another revision meanwhile.
    #[error("the draft was changed meanwhile: look at the newest revision, then save again")]
    Changed {
        /// The newest revision; none when there is no draft yet.
        current: Option<Box<Draft>>,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FromRow<draft::Model> for Draft {
    fn from_row(row: draft::Model) -> Result<Self, StoreError> {
        Ok(Self {
            job_id: JobId(row.job_id),
            revision: row.revision,
            spec: from_json("drafts.spec", &row.spec)?,
            saved_by: UserId(row.saved_by),
            saved_at: Millis(row.saved_at),
        })
    }
}

async fn newest(conn: &impl ConnectionTrait, job_id: JobId) -> Result<Option<Draft>, Fault> {
    let row = draft::Entity::find()
        .filter(draft::Column::JobId.eq(job_id.0))
        .order_by_desc(draft::Column::Revision)
        .one(conn)
        .await?;
    Ok(row.map(Draft::from_row).transpose()?)
}

/// Takes the next revision's number; false when the base is not the newest.
async fn take_number(tx: &Tx, new: &NewDraft) -> Result<bool, Fault> {
    let mut update = job::Entity::update_many()
        .col_expr(job::Column::DraftRevision, Expr::col(job::Column::DraftRevision).add(1))
        .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
        .filter(job::Column::Id.eq(new.job_id.0))
        .filter(job::Column::TeamId.eq(new.team_id.0));
    if let Some(base) = new.base_revision {
        update = update.filter(job::Column::DraftRevision.eq(base));
    }
    Ok(update.exec(&tx.conn).await?.rows_affected > 0)
}

async fn save(tx: &Tx, new: &NewDraft) -> Result<Result<Draft, Option<Box<Draft>>>, Fault> {
    if !take_number(tx, new).await? {
        let row = jobs::row(&tx.conn, new.job_id).await?;
        if row.team_id != new.team_id.0 {
            return Err(StoreError::NotFound.into());
        }
        return Ok(Err(newest(&tx.conn, new.job_id).await?.map(Box::new)));
    }
    let job = Job::from_row(jobs::row(&tx.conn, new.job_id).await?)?;
    let row = draft::Model {
        job_id: new.job_id.0,
        revision: job.draft_revision,
        spec: json(&new.spec)?,
        saved_by: new.saved_by.0,
        saved_at: tx.at.0,
    };
    draft::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    draft::Entity::delete_many()
        .filter(draft::Column::JobId.eq(new.job_id.0))
        .filter(draft::Column::Revision.lte(job.draft_revision - KEPT))
        .exec(&tx.conn)
        .await?;
    let used = new.spec.artifacts().cloned().collect();
    references::replace(tx, new.team_id, (Holder::Draft(new.job_id), None), used).await?;
    uses::of_draft(tx, (new.team_id, new.job_id), variable::names(&new.spec)).await?;
    if job.generation == 0 {
        place(tx, new).await?;
    }
    let message = format!("Draft revision {} saved.", job.draft_revision);
    tx.event(
        NewEvent::new(new.team_id, "draft_saved", message)
            .job(new.job_id)
            .user(Some(new.saved_by)),
    );
    tx.changed(Some(new.team_id), "draft", new.job_id, Some(new.job_id));
    tx.changed(Some(new.team_id), "job", new.job_id, Some(new.job_id));
    Ok(Ok(Draft::from_row(row)?))
}

/// Before its first intent a job stands on the draft's cluster.
async fn place(tx: &Tx, new: &NewDraft) -> Result<(), Fault> {
    let cluster: Option<Uuid> = new.spec.cluster_id.map(|id| id.0);
    job::Entity::update_many()
        .col_expr(job::Column::ClusterId, Expr::value(cluster))
        .filter(job::Column::Id.eq(new.job_id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

impl Store {
    /// Saves a new revision on top of the one that it was made on. The newest fifty are kept.
    ///
    /// # Errors
    /// `Changed` when another revision was saved meanwhile; `NotFound` when the team has no such job.
    pub async fn save_draft(&self, new: NewDraft) -> Result<Draft, DraftError> {
        let outcome = self
            .write(Scope::Plain, new, move |tx, new| async move { save(&tx, &new).await })
            .await?;
        outcome.map_err(|current| DraftError::Changed { current })
    }

    /// A revision of a job's draft, the newest when none is named.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job, or the job no such revision (any more).
    pub async fn draft(&self, team_id: TeamId, job_id: JobId, revision: Option<i64>) -> Result<Draft, StoreError> {
        self.job(team_id, job_id).await?;
        let Some(revision) = revision else {
            return newest(&self.reader, job_id).await?.ok_or(StoreError::NotFound);
        };
        let row = draft::Entity::find_by_id((job_id.0, revision)).one(&self.reader).await?;
        Draft::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The revisions of a job's draft without their content, newest first.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job.
    pub async fn drafts(&self, team_id: TeamId, job_id: JobId) -> Result<Vec<DraftSummary>, StoreError> {
        self.job(team_id, job_id).await?;
        let rows: Vec<(i64, Uuid, i64)> = draft::Entity::find()
            .select_only()
            .columns([draft::Column::Revision, draft::Column::SavedBy, draft::Column::SavedAt])
            .filter(draft::Column::JobId.eq(job_id.0))
            .order_by_desc(draft::Column::Revision)
            .into_tuple()
            .all(&self.reader)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(revision, by, at)| DraftSummary {
                revision,
                saved_by: UserId(by),
                saved_at: Millis(at),
            })
            .collect())
    }
}
