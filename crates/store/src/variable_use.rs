//! Who uses which variable: rows written in the transaction of the draft, release or run that does. Of a job count its
//! draft and its current releases: the one of its live run, and the newest one.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{JobId, ReleaseId, RunId, TeamId};
use domain::job::Job;
use domain::run::Run;
use domain::variable::{Outdated, PinnedVariable, Variable, VariableUse, need};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, JoinType, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::column::key;
use crate::entity::{job, release, run, variable, variable_use as row};
use crate::fault::Fault;
use crate::transaction::Tx;
use crate::variable as variables;

const DRAFT: &str = "draft";
const RELEASE: &str = "release";
const RUN: &str = "run";

/// So many ids in one statement: far below what any engine takes.
const AT_ONCE: usize = 5_000;

/// Who uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Draft,
    Release(ReleaseId),
    Run(RunId),
}

/// Sets what something of a job uses, in the place of what it used before.
async fn replace(tx: &Tx, (team_id, job_id): (TeamId, JobId), holder: Holder, used: Vec<(String, Option<i64>, bool)>) -> Result<(), Fault> {
    let (word, id) = match holder {
        Holder::Draft => (DRAFT, job_id.0),
        Holder::Release(id) => (RELEASE, id.0),
        Holder::Run(id) => (RUN, id.0),
    };
    row::Entity::delete_many()
        .filter(row::Column::Holder.eq(word))
        .filter(row::Column::HolderId.eq(id))
        .exec(&tx.conn)
        .await?;
    let rows = used.into_iter().map(|(name, revision, secret)| {
        let row = row::Model {
            holder: word.to_owned(),
            holder_id: id,
            name_key: key(&name),
            team_id: team_id.0,
            job_id: job_id.0,
            name,
            revision,
            secret,
        };
        row.into_active_model()
    });
    let rows: Vec<_> = rows.collect();
    for some in rows.chunks(500) {
        row::Entity::insert_many(some.iter().cloned())
            .exec_without_returning(&tx.conn)
            .await?;
    }
    Ok(())
}

/// What a draft names, whether there is such a variable or not.
pub(crate) async fn of_draft(tx: &Tx, of: (TeamId, JobId), names: BTreeSet<String>) -> Result<(), Fault> {
    let used = names.into_iter().map(|name| (name, None, false)).collect();
    replace(tx, of, Holder::Draft, used).await
}

fn pinned(used: &[PinnedVariable]) -> Vec<(String, Option<i64>, bool)> {
    used.iter().map(|one| (one.name.clone(), Some(one.revision), one.secret)).collect()
}

/// What a release was made with. None of it may have been deleted meanwhile.
pub(crate) async fn of_release(tx: &Tx, of: (TeamId, JobId), id: ReleaseId, used: &[PinnedVariable]) -> Result<(), Fault> {
    let there = variables::hold(tx, of.0, used.iter().map(|one| one.name.as_str())).await?;
    let gone = used.iter().find(|one| !there.iter().any(|known| known.name == one.name));
    if let Some(gone) = gone {
        return Err(Fault::conflict(format!(
            "the variable '{}' was deleted meanwhile: look at the draft, then release again",
            gone.name
        )));
    }
    replace(tx, of, Holder::Release(id), pinned(used)).await
}

/// What a run is sent with.
pub(crate) async fn of_run(tx: &Tx, of: (TeamId, JobId), id: RunId, used: &[PinnedVariable]) -> Result<(), Fault> {
    replace(tx, of, Holder::Run(id), pinned(used)).await
}

/// Forgets what a job's draft, releases and runs used.
pub(crate) async fn forget_job(tx: &Tx, id: JobId) -> Result<(), Fault> {
    row::Entity::delete_many()
        .filter(row::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// The release of a job that counts, and its live run.
struct Current {
    job: JobId,
    release: ReleaseId,
    number: i64,
    run: Option<RunId>,
}

/// The newest releases of jobs.
async fn newest(conn: &impl ConnectionTrait, jobs: &[Uuid]) -> Result<Vec<(Uuid, Uuid, i64)>, Fault> {
    let of_job: sea_orm::RelationDef = release::Entity::belongs_to(job::Entity)
        .from(release::Column::JobId)
        .to(job::Column::Id)
        .into();
    let query = release::Entity::find()
        .select_only()
        .columns([release::Column::JobId, release::Column::Id, release::Column::Number])
        .join(JoinType::InnerJoin, of_job)
        .filter(Expr::col((release::Entity, release::Column::Number)).eq(Expr::col((job::Entity, job::Column::ReleaseNumber))))
        .filter(release::Column::JobId.is_in(jobs.iter().copied()));
    Ok(query.into_tuple().all(conn).await?)
}

/// The live runs of jobs.
async fn live(conn: &impl ConnectionTrait, jobs: &[Uuid]) -> Result<Vec<(Uuid, Uuid, i64, Uuid)>, Fault> {
    let query = run::Entity::find()
        .select_only()
        .columns([
            run::Column::JobId,
            run::Column::ReleaseId,
            run::Column::ReleaseNumber,
            run::Column::Id,
        ])
        .filter(run::Column::EndedAt.is_null())
        .filter(run::Column::JobId.is_in(jobs.iter().copied()));
    Ok(query.into_tuple().all(conn).await?)
}

/// Rows of uses by who uses.
async fn rows(conn: &impl ConnectionTrait, word: &str, ids: impl Iterator<Item = Uuid>) -> Result<BTreeMap<Uuid, Vec<row::Model>>, Fault> {
    let mut by = BTreeMap::<Uuid, Vec<row::Model>>::new();
    let ids: Vec<Uuid> = ids.collect();
    for some in ids.chunks(AT_ONCE) {
        let found = row::Entity::find()
            .filter(row::Column::Holder.eq(word))
            .filter(row::Column::HolderId.is_in(some.iter().copied()))
            .all(conn)
            .await?;
        for one in found {
            by.entry(one.holder_id).or_default().push(one);
        }
    }
    Ok(by)
}

fn pin(row: &row::Model) -> PinnedVariable {
    PinnedVariable {
        name: row.name.clone(),
        revision: row.revision.unwrap_or_default(),
        secret: row.secret,
    }
}

/// The uses of a variable by a release, with what the job needs.
struct Needs {
    releases: BTreeMap<Uuid, Vec<row::Model>>,
    runs: BTreeMap<Uuid, Vec<row::Model>>,
}

impl Needs {
    async fn read(conn: &impl ConnectionTrait, current: &[Current]) -> Result<Self, Fault> {
        Ok(Self {
            releases: rows(conn, RELEASE, current.iter().map(|one| one.release.0)).await?,
            runs: rows(conn, RUN, current.iter().filter_map(|one| one.run.map(|id| id.0))).await?,
        })
    }

    fn of<'a>(&'a self, current: &Current) -> impl Iterator<Item = &'a row::Model> + use<'a> {
        self.releases.get(&current.release.0).into_iter().flatten()
    }

    fn running(&self, current: &Current, name_key: &str) -> Option<i64> {
        let of = self.runs.get(&current.run?.0)?;
        of.iter().find(|one| one.name_key == name_key)?.revision
    }
}

/// Of each of these variables the jobs that use it, by name.
pub(crate) async fn of(conn: &impl ConnectionTrait, team_id: TeamId, variables: &[Variable]) -> Result<Vec<Vec<VariableUse>>, Fault> {
    let used: Vec<row::Model> = row::Entity::find()
        .filter(row::Column::TeamId.eq(team_id.0))
        .filter(row::Column::NameKey.is_in(variables.iter().map(|one| key(&one.name))))
        .filter(row::Column::Holder.is_in([DRAFT, RELEASE]))
        .all(conn)
        .await?;
    let jobs: Vec<Uuid> = used.iter().map(|row| row.job_id).collect::<BTreeSet<_>>().into_iter().collect();
    let mut names = BTreeMap::new();
    let mut current = Vec::new();
    for some in jobs.chunks(AT_ONCE) {
        let query = job::Entity::find().select_only().columns([job::Column::Id, job::Column::Name]);
        let found: Vec<(Uuid, String)> = query
            .filter(job::Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(conn)
            .await?;
        names.extend(found);
        current.extend(current_of(conn, some).await?);
    }
    let needs = Needs::read(conn, &current).await?;
    Ok(variables.iter().map(|one| users(one, &used, (&names, &current), &needs)).collect())
}

/// The release that counts of each job: the live run's, else the newest. Both where they differ.
async fn current_of(conn: &impl ConnectionTrait, jobs: &[Uuid]) -> Result<Vec<Current>, Fault> {
    let mut current: Vec<Current> = live(conn, jobs)
        .await?
        .into_iter()
        .map(|(job, release, number, run)| Current {
            job: JobId(job),
            release: ReleaseId(release),
            number,
            run: Some(RunId(run)),
        })
        .collect();
    for (job, release, number) in newest(conn, jobs).await? {
        if !current.iter().any(|one| one.release.0 == release) {
            current.push(Current {
                job: JobId(job),
                release: ReleaseId(release),
                number,
                run: None,
            });
        }
    }
    Ok(current)
}

fn users(
    variable: &Variable,
    used: &[row::Model],
    (names, current): (&BTreeMap<Uuid, String>, &[Current]),
    needs: &Needs,
) -> Vec<VariableUse> {
    let name_key = key(&variable.name);
    let mut by = BTreeMap::<JobId, VariableUse>::new();
    let blank = |id: JobId| VariableUse {
        job_id: id,
        job_name: names.get(&id.0).cloned().unwrap_or_default(),
        draft: false,
        release: None,
        need: None,
    };
    for row in used.iter().filter(|row| row.name_key == name_key && row.holder == DRAFT) {
        let id = JobId(row.job_id);
        by.entry(id).or_insert_with(|| blank(id)).draft = true;
    }
    // Live runs come first, and what they need counts.
    for one in current {
        let Some(row) = needs.of(one).find(|row| row.name_key == name_key) else {
            continue;
        };
        let entry = by.entry(one.job).or_insert_with(|| blank(one.job));
        if entry.release.is_none() {
            entry.release = Some(one.number);
            entry.need = need(&pin(row), needs.running(one, &name_key), &variable.pin());
        }
    }
    let mut users: Vec<VariableUse> = by.into_values().collect();
    users.sort_by(|a, b| a.job_name.cmp(&b.job_name));
    users
}

/// What is outdated of jobs: of the live run's release, else of the newest.
pub(crate) async fn outdated(
    conn: &impl ConnectionTrait,
    jobs: &[Job],
    runs: &BTreeMap<RunId, Run>,
) -> Result<BTreeMap<JobId, Vec<Outdated>>, Fault> {
    let ids: Vec<Uuid> = jobs.iter().map(|job| job.id.0).collect();
    let mut any = row::Entity::find().select_only().column(row::Column::JobId).distinct();
    any = any.filter(row::Column::JobId.is_in(ids)).filter(row::Column::Holder.eq(RELEASE));
    let using: Vec<Uuid> = any.into_tuple().all(conn).await?;
    if using.is_empty() {
        return Ok(BTreeMap::new());
    }
    let using: BTreeSet<Uuid> = using.into_iter().collect();
    let mut current = Vec::new();
    let mut idle = Vec::new();
    for job in jobs.iter().filter(|job| using.contains(&job.id.0)) {
        match job.run_id.and_then(|id| runs.get(&id)).filter(|run| run.live()) {
            Some(run) => current.push(Current {
                job: job.id,
                release: run.release_id,
                number: run.release_number,
                run: Some(run.id),
            }),
            None => idle.push(job.id.0),
        }
    }
    let newest = newest(conn, &idle).await?;
    current.extend(newest.into_iter().map(|(job, release, number)| Current {
        job: JobId(job),
        release: ReleaseId(release),
        number,
        run: None,
    }));
    let needs = Needs::read(conn, &current).await?;
    let teams: BTreeSet<Uuid> = jobs.iter().map(|job| job.team_id.0).collect();
    let known = known(conn, &teams, &needs).await?;
    let teams: BTreeMap<JobId, TeamId> = jobs.iter().map(|job| (job.id, job.team_id)).collect();
    let mut found = BTreeMap::<JobId, Vec<Outdated>>::new();
    for one in &current {
        let Some(team) = teams.get(&one.job) else { continue };
        for row in needs.of(one) {
            let Some(newest) = known.get(&(team.0, row.name_key.clone())) else {
                continue;
            };
            if let Some(need) = need(&pin(row), needs.running(one, &row.name_key), newest) {
                found.entry(one.job).or_default().push(Outdated {
                    need,
                    release: one.number,
                    name: row.name.clone(),
                });
            }
        }
    }
    Ok(found)
}

/// The variables that releases name as they are now, by team and name, without their values.
async fn known(
    conn: &impl ConnectionTrait,
    teams: &BTreeSet<Uuid>,
    needs: &Needs,
) -> Result<BTreeMap<(Uuid, String), PinnedVariable>, Fault> {
    let keys: BTreeSet<String> = needs.releases.values().flatten().map(|row| row.name_key.clone()).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let mut known = BTreeMap::new();
    for some in keys.chunks(AT_ONCE) {
        let query = variable::Entity::find().select_only().columns([
            variable::Column::TeamId,
            variable::Column::NameKey,
            variable::Column::Name,
            variable::Column::Revision,
            variable::Column::Secret,
        ]);
        let found: Vec<(Uuid, String, String, i64, bool)> = query
            .filter(variable::Column::TeamId.is_in(teams.iter().copied()))
            .filter(variable::Column::NameKey.is_in(some.iter().cloned()))
            .into_tuple()
            .all(conn)
            .await?;
        known.extend(
            found
                .into_iter()
                .map(|(team, key, name, revision, secret)| ((team, key), PinnedVariable { name, revision, secret })),
        );
    }
    Ok(known)
}
