//! Jobs with what is desired of them. What decides their label is gathered in [`crate::facts`]; what
//! changes what is desired is in [`crate::request`].

use domain::Millis;
use domain::id::{ClusterId, JobId, OperationId, ReleaseId, RunId, TeamId, UserId};
use domain::job::{Desired, Job};
use domain::label::Labels;
use sea_orm::sea_query::{Expr, Func, LikeExpr, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use crate::artifact_reference as references;
use crate::clock::new_id;
use crate::column::{FromRow, all, from_json, json, key, unknown};
use crate::connect::Store;
use crate::entity::{draft, effect, job, observation, operation, release, run, snapshot};
use crate::event::NewEvent;
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// A job to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The team.
    pub team_id: TeamId,
    /// Name, unique in the team byte by byte.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Words to find it by, checked.
    pub labels: Labels,
    /// Who makes it.
    pub created_by: UserId,
}

/// What to change about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPatch {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// All labels anew, checked.
    pub labels: Option<Labels>,
    /// Who changes it.
    pub by: UserId,
}

/// Which jobs of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFilter {
    /// Only those whose name or description has this text, in any case of its letters.
    pub search: Option<String>,
    /// Only those that have all these labels.
    pub labels: Labels,
    /// At most so many.
    pub limit: u64,
    /// Only those after this one: the last one of the page before.
    pub cursor: Option<JobId>,
}

impl Default for JobFilter {
    fn default() -> Self {
        Self {
            search: None,
            labels: Labels::new(),
            limit: 1000,
            cursor: None,
        }
    }
}

impl FromRow<job::Model> for Job {
    fn from_row(row: job::Model) -> Result<Self, StoreError> {
        Ok(Self {
            desired: desired(&row)?,
            labels: labels(row.labels.as_deref())?,
            id: JobId(row.id),
            team_id: TeamId(row.team_id),
            name: row.name,
            description: row.description,
            generation: row.generation,
            cluster_id: row.cluster_id.map(ClusterId),
            run_id: row.run_id.map(RunId),
            lifecycle_id: row.lifecycle_id.map(OperationId),
            savepoint_id: row.savepoint_id.map(OperationId),
            draft_revision: row.draft_revision,
            release_number: row.release_number,
            created_at: Millis(row.created_at),
            revision: row.revision,
        })
    }
}

fn desired(row: &job::Model) -> Result<Desired, StoreError> {
    match (row.desired.as_str(), row.desired_release_id) {
        ("stopped", _) => Ok(Desired::Stopped),
        ("running", Some(release)) => Ok(Desired::Running {
            release_id: ReleaseId(release),
        }),
        (other, _) => Err(unknown("jobs.desired", other)),
    }
}

/// Labels as their column holds them: nothing where there are none.
fn labels(column: Option<&str>) -> Result<Labels, StoreError> {
    column.map_or_else(|| Ok(Labels::new()), |text| from_json("jobs.labels", text))
}

/// The column of labels.
fn labels_column(labels: &Labels) -> Result<Option<String>, StoreError> {
    if labels.is_empty() { Ok(None) } else { json(labels).map(Some) }
}

/// One label as it stands in the column: `"key":"value"`. Neither half can have a quote in it.
fn label_text(key: &str, value: &str) -> String {
    format!("\"{key}\":\"{value}\"")
}

/// The place of a text in the labels, 0 where they do not have it: byte by byte on every engine, as `LIKE` is not.
fn place_in_labels(backend: DbBackend, text: String) -> SimpleExpr {
    let name = if backend == DbBackend::Postgres { "strpos" } else { "instr" };
    Func::cust(name).arg(Expr::col(job::Column::Labels)).arg(text).into()
}

/// The two columns of what is desired.
pub(crate) const fn desired_columns(desired: Desired) -> (&'static str, Option<Uuid>) {
    match desired {
        Desired::Stopped => ("stopped", None),
        Desired::Running { release_id } => ("running", Some(release_id.0)),
    }
}

/// What a search looks through: small letters, because not every engine knows those of every script.
fn search_text(name: &str, description: &str) -> String {
    format!("{name} {description}").to_lowercase()
}

/// Sets what is desired of a job, while no newer intent came.
pub(crate) async fn set_desired(tx: &Tx, id: JobId, generation: i64, desired: Desired) -> Result<(), Fault> {
    let (want, release_id) = desired_columns(desired);
    let done = job::Entity::update_many()
        .col_expr(job::Column::Desired, Expr::value(want))
        .col_expr(job::Column::DesiredReleaseId, Expr::value(release_id))
        .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
        .filter(job::Column::Id.eq(id.0))
        .filter(job::Column::Generation.eq(generation))
        .exec(&tx.conn)
        .await?;
    if done.rows_affected > 0 {
        let row = row(&tx.conn, id).await?;
        tx.changed(Some(TeamId(row.team_id)), "job", id, Some(id));
    }
    Ok(())
}

/// The row of a job.
pub(crate) async fn row(conn: &impl ConnectionTrait, id: JobId) -> Result<job::Model, Fault> {
    Ok(job::Entity::find_by_id(id.0).one(conn).await?.ok_or(StoreError::NotFound)?)
}

/// The rows of a page of jobs, newest first.
pub(crate) async fn page(conn: &impl ConnectionTrait, team_id: TeamId, filter: &JobFilter) -> Result<Vec<job::Model>, Fault> {
    let mut query = job::Entity::find().filter(job::Column::TeamId.eq(team_id.0));
    if let Some(cursor) = filter.cursor {
        query = query.filter(job::Column::Id.lt(cursor.0));
    }
    if let Some(text) = filter.search.as_deref().filter(|text| !text.is_empty()) {
        let escaped = text.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
        query = query.filter(Expr::col(job::Column::SearchText).like(LikeExpr::new(format!("%{escaped}%")).escape('!')));
    }
    for (key, value) in &filter.labels {
        query = query.filter(place_in_labels(conn.get_database_backend(), label_text(key, value)).gt(0));
    }
    Ok(query.order_by_desc(job::Column::Id).limit(filter.limit).all(conn).await?)
}

/// Deletes what belongs to a job, children before what they belong to.
async fn delete_history(tx: &Tx, id: JobId) -> Result<(), Fault> {
    let runs = || {
        run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::JobId.eq(id.0))
            .into_query()
    };
    effect::Entity::delete_many()
        .filter(effect::Column::RunId.in_subquery(runs()))
        .exec(&tx.conn)
        .await?;
    observation::Entity::delete_many()
        .filter(observation::Column::RunId.in_subquery(runs()))
        .exec(&tx.conn)
        .await?;
    snapshot::Entity::delete_many()
        .filter(snapshot::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    run::Entity::delete_many()
        .filter(run::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    references::forget_job(tx, id).await?;
    crate::variable_use::forget_job(tx, id).await?;
    release::Entity::delete_many()
        .filter(release::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    draft::Entity::delete_many()
        .filter(draft::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Deletes a job's rows with its history, but not its events and its open operation.
pub(crate) async fn delete(tx: &Tx, id: JobId) -> Result<(), Fault> {
    // Taking the row's lock first: a request on the job comes before or after.
    let locked = job::Entity::update_many()
        .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
        .filter(job::Column::Id.eq(id.0))
        .exec(&tx.conn)
        .await?;
    if locked.rows_affected == 0 {
        return Ok(());
    }
    let row = row(&tx.conn, id).await?;
    let live = run::Entity::find()
        .filter(run::Column::JobId.eq(id.0))
        .filter(run::Column::EndedAt.is_null());
    if live.count(&tx.conn).await? > 0 {
        return Err(Fault::conflict(format!(
            "the job '{}' may still be running: stop it first",
            row.name
        )));
    }
    delete_history(tx, id).await?;
    crate::restart::delete(tx, id).await?;
    crate::evidence::delete(tx, id).await?;
    crate::manifests::delete(tx, id).await?;
    let mut operations = operation::Entity::delete_many().filter(operation::Column::JobId.eq(id.0));
    if let Some(open) = row.lifecycle_id {
        operations = operations.filter(operation::Column::Id.ne(open));
    }
    operations.exec(&tx.conn).await?;
    job::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
    let team = TeamId(row.team_id);
    tx.changed(Some(team), "job", id, Some(id));
    tx.event(NewEvent::new(team, "job_deleted", format!("Job '{}' deleted.", row.name)).job(id));
    Ok(())
}

fn name_taken(name: &str) -> String {
    format!("a job named '{name}' exists already in this team: choose another name")
}

impl Store {
    /// Makes a job without a draft.
    ///
    /// # Errors
    /// `Conflict` when the name is taken in the team.
    pub async fn create_job(&self, new: NewJob) -> Result<Job, StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move {
            let row = job::Model {
                id: new_id(),
                team_id: new.team_id.0,
                name: new.name.clone(),
                name_key: key(&new.name),
                description: new.description.clone(),
                search_text: search_text(&new.name, &new.description),
                labels: labels_column(&new.labels)?,
                desired: "stopped".to_owned(),
                desired_release_id: None,
                generation: 0,
                cluster_id: None,
                run_id: None,
                lifecycle_id: None,
                savepoint_id: None,
                draft_revision: 0,
                release_number: 0,
                created_at: tx.at.0,
                revision: 1,
            };
            let made = job::Entity::insert(row.clone().into_active_model())
                .exec_without_returning(&tx.conn)
                .await;
            made.map_err(|error| Fault::from(error).taken(|| name_taken(&new.name)))?;
            let id = JobId(row.id);
            tx.changed(Some(new.team_id), "job", id, Some(id));
            tx.event(
                NewEvent::new(new.team_id, "job_created", format!("Job '{}' created.", new.name))
                    .job(id)
                    .user(Some(new.created_by)),
            );
            Ok(Job::from_row(row)?)
        })
        .await
    }

    /// A job of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such job.
    pub async fn job(&self, team_id: TeamId, id: JobId) -> Result<Job, StoreError> {
        let row = job::Entity::find_by_id(id.0)
            .filter(job::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Job::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// A job of any team: for the engine.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub async fn job_any(&self, id: JobId) -> Result<Job, StoreError> {
        Job::from_row(row(&self.reader, id).await?)
    }

    /// The job of a name in a team, compared byte by byte.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn job_by_name(&self, team_id: TeamId, name: &str) -> Result<Option<Job>, StoreError> {
        let query = job::Entity::find()
            .filter(job::Column::TeamId.eq(team_id.0))
            .filter(job::Column::NameKey.eq(key(name)));
        query.one(&self.reader).await?.map(Job::from_row).transpose()
    }

    /// A page of a team's jobs, newest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn jobs(&self, team_id: TeamId, filter: &JobFilter) -> Result<Vec<Job>, StoreError> {
        Ok(all(page(&self.reader, team_id, filter).await?)?)
    }

    /// Changes a job's name, description or labels. Its drafts, releases and runs stay as they are.
    ///
    /// # Errors
    /// `Conflict` when the name is taken in the team; `NotFound` when the team has no such job.
    pub async fn change_job(&self, team_id: TeamId, id: JobId, patch: JobPatch) -> Result<Job, StoreError> {
        self.write(Scope::Plain, patch, move |tx, patch| async move {
            let before = row(&tx.conn, id).await?;
            let name = patch.name.as_ref().unwrap_or(&before.name);
            let description = patch.description.as_ref().unwrap_or(&before.description);
            let labels = match &patch.labels {
                Some(labels) => labels_column(labels)?,
                None => before.labels.clone(),
            };
            let done = job::Entity::update_many()
                .col_expr(job::Column::Name, Expr::value(name))
                .col_expr(job::Column::NameKey, Expr::value(key(name)))
                .col_expr(job::Column::Description, Expr::value(description))
                .col_expr(job::Column::Labels, Expr::value(labels))
                .col_expr(job::Column::SearchText, Expr::value(search_text(name, description)))
                .col_expr(job::Column::Revision, Expr::col(job::Column::Revision).add(1))
                .filter(job::Column::Id.eq(id.0))
                .filter(job::Column::TeamId.eq(team_id.0))
                .exec(&tx.conn)
                .await
                .map_err(|error| Fault::from(error).taken(|| name_taken(name)))?;
            if done.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(Some(team_id), "job", id, Some(id));
            if *name != before.name {
                let message = format!("Renamed from '{}' to '{name}'.", before.name);
                tx.event(NewEvent::new(team_id, "job_renamed", message).job(id).user(Some(patch.by)));
            }
            Ok(Job::from_row(row(&tx.conn, id).await?)?)
        })
        .await
    }
}
