//! Releases: immutable and numbered 1, 2, 3 … in each job. The stored text is the canonical one that the
//! digest was made of. Lists leave the scripts out.

use std::collections::BTreeMap;

use domain::Millis;
use domain::artifact::{ArtifactRef, Holder};
use domain::flink_version::VersionNumber;
use domain::id::{ClusterId, JobId, ReleaseId, TeamId, UserId};
use domain::release::{Release, ReleaseContent};
use domain::sql::Finding;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DerivePartialModel, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::artifact_reference as references;
use crate::clock::new_id;
use crate::column::{FromRow, all, count, from_json, json};
use crate::connect::Store;
use crate::entity::{job, release};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::flink_version::version;
use crate::job as jobs;
use crate::transaction::{Scope, Tx};
use crate::variable_use as uses;

/// A release to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    /// The team.
    pub team_id: TeamId,
    /// The job.
    pub job_id: JobId,
    /// The draft revision that it is made from.
    pub draft_revision: i64,
    /// What it holds.
    pub content: ReleaseContent,
    /// What the check found.
    pub findings: Vec<Finding>,
    /// Whether it is released in spite of errors.
    pub overridden: bool,
    /// A line of its author.
    pub note: String,
    /// Who releases it.
    pub created_by: UserId,
}

/// A release without its script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseSummary {
    /// Its id.
    pub id: ReleaseId,
    /// Its number in the job.
    pub number: i64,
    /// The draft revision that it was made from.
    pub draft_revision: i64,
    /// SHA-256 of the canonical content, 64 hexadecimal digits.
    pub digest: String,
    /// The Flink version that runs it.
    pub version: VersionNumber,
    /// The cluster it is for.
    pub cluster_id: Option<ClusterId>,
    /// Default parallelism; unset means the cluster's.
    pub parallelism: Option<u32>,
    /// What the check found.
    pub findings: Vec<Finding>,
    /// Whether it was released in spite of errors.
    pub overridden: bool,
    /// A line of its author.
    pub note: String,
    /// Who released it.
    pub created_by: UserId,
    /// When.
    pub created_at: Millis,
}

/// The columns of a summary.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct SummaryRow {
    id: Uuid,
    number: i64,
    draft_revision: i64,
    digest: String,
    version: String,
    cluster_id: Option<Uuid>,
    parallelism: Option<i64>,
    findings: String,
    overridden: bool,
    note: String,
    created_by: Uuid,
    created_at: i64,
}

impl FromRow<SummaryRow> for ReleaseSummary {
    fn from_row(row: SummaryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ReleaseId(row.id),
            number: row.number,
            draft_revision: row.draft_revision,
            digest: row.digest,
            version: version("releases.version", &row.version)?,
            cluster_id: row.cluster_id.map(ClusterId),
            parallelism: row.parallelism.map(|value| count("releases.parallelism", value)).transpose()?,
            findings: from_json("releases.findings", &row.findings)?,
            overridden: row.overridden,
            note: row.note,
            created_by: UserId(row.created_by),
            created_at: Millis(row.created_at),
        })
    }
}

impl FromRow<release::Model> for Release {
    fn from_row(row: release::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ReleaseId(row.id),
            job_id: JobId(row.job_id),
            team_id: TeamId(row.team_id),
            number: row.number,
            draft_revision: row.draft_revision,
            content: from_json("releases.content", &row.content)?,
            digest: row.digest,
            findings: from_json("releases.findings", &row.findings)?,
            overridden: row.overridden,
            note: row.note,
            created_by: UserId(row.created_by),
            created_at: Millis(row.created_at),
        })
    }
}

fn row_of(new: &NewRelease, number: i64, at: Millis) -> Result<release::Model, StoreError> {
    let not_json = |error| StoreError::Invalid(format!("this release cannot be stored as JSON: {error}"));
    Ok(release::Model {
        id: new_id(),
        job_id: new.job_id.0,
        team_id: new.team_id.0,
        number,
        draft_revision: new.draft_revision,
        content: new.content.canonical().map_err(not_json)?,
        digest: new.content.digest().map_err(not_json)?,
        version: new.content.version.to_string(),
        cluster_id: new.content.spec.cluster_id.map(|id| id.0),
        parallelism: new.content.spec.parallelism.map(i64::from),
        findings: json(&new.findings)?,
        overridden: new.overridden,
        note: new.note.clone(),
        created_by: new.created_by.0,
        created_at: at.0,
    })
}

/// Holds what the release pins, and writes that it does.
async fn refer(tx: &Tx, new: &NewRelease, id: ReleaseId) -> Result<(), Fault> {
    let pinned = &new.content.artifacts;
    references::pin(tx, new.team_id, pinned).await?;
    let used = pinned.iter().map(|one| ArtifactRef {
        name: one.name.clone(),
        version: Some(one.version),
    });
    references::replace(tx, new.team_id, (Holder::Release(id), Some(new.job_id)), used.collect()).await?;
    uses::of_release(tx, (new.team_id, new.job_id), id, &new.content.variables).await
}

async fn create(tx: &Tx, new: &NewRelease) -> Result<Release, Fault> {
    // The update takes the row's lock, so that the number read after it is this transaction's own.
    let taken = job::Entity::update_many()
        .col_expr(job::Column::ReleaseNumber, Expr::col(job::Column::ReleaseNumber).add(1))
        .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
        .filter(job::Column::Id.eq(new.job_id.0))
        .filter(job::Column::TeamId.eq(new.team_id.0))
        .exec(&tx.conn)
        .await?;
    if taken.rows_affected == 0 {
        return Err(StoreError::NotFound.into());
    }
    let number = jobs::row(&tx.conn, new.job_id).await?.release_number;
    let row = row_of(new, number, tx.at)?;
    refer(tx, new, ReleaseId(row.id)).await?;
    release::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    let message = format!("Release {number} made from draft revision {}.", new.draft_revision);
    tx.event(
        NewEvent::new(new.team_id, "released", message)
            .job(new.job_id)
            .user(Some(new.created_by)),
    );
    tx.changed(Some(new.team_id), "release", ReleaseId(row.id), Some(new.job_id));
    tx.changed(Some(new.team_id), "job", new.job_id, Some(new.job_id));
    Ok(Release::from_row(row)?)
}

impl Store {
    /// Makes the next release of a job.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job.
    pub async fn create_release(&self, new: NewRelease) -> Result<Release, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move { create(&tx, &new).await })
            .await
    }

    /// A release of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such release.
    pub async fn release(&self, team_id: TeamId, id: ReleaseId) -> Result<Release, StoreError> {
        let row = release::Entity::find_by_id(id.0)
            .filter(release::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Release::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// A release of any team: for the engine.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn release_any(&self, id: ReleaseId) -> Result<Release, StoreError> {
        let row = release::Entity::find_by_id(id.0).one(&self.reader).await?;
        Release::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The release of a number in a job.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job, or the job no such release.
    pub async fn release_by_number(&self, team_id: TeamId, job_id: JobId, number: i64) -> Result<Release, StoreError> {
        let row = release::Entity::find()
            .filter(release::Column::JobId.eq(job_id.0))
            .filter(release::Column::TeamId.eq(team_id.0))
            .filter(release::Column::Number.eq(number))
            .one(&self.reader)
            .await?;
        Release::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The newest release of a job.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job, or the job no release.
    pub async fn newest_release(&self, team_id: TeamId, job_id: JobId) -> Result<Release, StoreError> {
        let row = release::Entity::find()
            .filter(release::Column::JobId.eq(job_id.0))
            .filter(release::Column::TeamId.eq(team_id.0))
            .order_by_desc(release::Column::Number)
            .one(&self.reader)
            .await?;
        Release::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The numbers of several releases, without reading their scripts.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn release_numbers(&self, ids: &[ReleaseId]) -> Result<BTreeMap<ReleaseId, i64>, StoreError> {
        let rows: Vec<(Uuid, i64)> = release::Entity::find()
            .select_only()
            .columns([release::Column::Id, release::Column::Number])
            .filter(release::Column::Id.is_in(ids.iter().map(|id| id.0)))
            .into_tuple()
            .all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(|(id, number)| (ReleaseId(id), number)).collect())
    }

    /// A page of a job's releases without their scripts, newest first. `before`: only lower numbers.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn releases(
        &self,
        team_id: TeamId,
        job_id: JobId,
        limit: u64,
        before: Option<i64>,
    ) -> Result<Vec<ReleaseSummary>, StoreError> {
        let mut query = release::Entity::find()
            .filter(release::Column::JobId.eq(job_id.0))
            .filter(release::Column::TeamId.eq(team_id.0));
        if let Some(before) = before {
            query = query.filter(release::Column::Number.lt(before));
        }
        let rows: Vec<SummaryRow> = query
            .order_by_desc(release::Column::Number)
            .limit(limit)
            .into_partial_model()
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }
}
