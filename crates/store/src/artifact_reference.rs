//! Who refers to which artifact: rows written in the transaction of the draft, release or cluster that refers, so
//! that "used by" is one look. A reference without a version means the newest one.

use std::collections::{BTreeMap, BTreeSet};

use domain::artifact::{Artifact, ArtifactRef, ArtifactUse, Holder, PinnedArtifact};
use domain::id::{ArtifactId, ClusterId, JobId, ReleaseId, TeamId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::column::{FromRow, key, unknown};
use crate::connect::Store;
use crate::entity::{artifact, artifact_reference as reference, cluster, job, release};
use crate::fault::{Fault, StoreError};
use crate::transaction::Tx;

/// The word of a cluster's processes.
const PROCESSES: &str = "cluster_processes";

/// The columns of who refers: word, id, and the job that it belongs to.
fn columns(holder: Holder, job_id: Option<JobId>) -> (&'static str, Uuid, Option<Uuid>) {
    match holder {
        Holder::Draft(id) => ("draft", id.0, Some(id.0)),
        Holder::Release(id) => ("release", id.0, job_id.map(|id| id.0)),
        Holder::Cluster(id) => ("cluster", id.0, None),
        Holder::ClusterProcesses(id) => (PROCESSES, id.0, None),
    }
}

fn holder(row: &reference::Model) -> Result<Holder, StoreError> {
    match row.holder.as_str() {
        "draft" => Ok(Holder::Draft(JobId(row.holder_id))),
        "release" => Ok(Holder::Release(ReleaseId(row.holder_id))),
        "cluster" => Ok(Holder::Cluster(ClusterId(row.holder_id))),
        PROCESSES => Ok(Holder::ClusterProcesses(ClusterId(row.holder_id))),
        other => Err(unknown("artifact_references.holder", other)),
    }
}

/// Sets what something refers to, in the place of what it referred to before.
pub(crate) async fn replace(
    tx: &Tx,
    team_id: TeamId,
    (of, job_id): (Holder, Option<JobId>),
    references: BTreeSet<ArtifactRef>,
) -> Result<(), Fault> {
    let (word, id, job) = columns(of, job_id);
    forget(tx, of).await?;
    let rows = references.into_iter().zip(0_i64..).map(|(named, place)| {
        let row = reference::Model {
            holder: word.to_owned(),
            holder_id: id,
            place,
            team_id: team_id.0,
            job_id: job,
            name_key: key(&named.name),
            version: named.version,
        };
        row.into_active_model()
    });
    let rows: Vec<_> = rows.collect();
    for some in rows.chunks(500) {
        reference::Entity::insert_many(some.iter().cloned())
            .exec_without_returning(&tx.conn)
            .await?;
    }
    Ok(())
}

/// Forgets what something referred to.
pub(crate) async fn forget(tx: &Tx, of: Holder) -> Result<(), Fault> {
    let (word, id, _) = columns(of, None);
    reference::Entity::delete_many()
        .filter(reference::Column::Holder.eq(word))
        .filter(reference::Column::HolderId.eq(id))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Forgets what a job's draft and releases referred to.
pub(crate) async fn forget_job(tx: &Tx, id: JobId) -> Result<(), Fault> {
    reference::Entity::delete_many()
        .filter(reference::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Holds the versions that a release pins until it is written, or says which one was deleted meanwhile.
pub(crate) async fn pin(tx: &Tx, team_id: TeamId, pinned: &[PinnedArtifact]) -> Result<(), Fault> {
    // In one order, so that two releases do not wait for each other.
    let sorted: BTreeMap<_, _> = pinned.iter().map(|one| ((key(&one.name), one.version), one)).collect();
    for ((name_key, version), one) in sorted {
        let found = artifact::Entity::find()
            .filter(artifact::Column::TeamId.eq(team_id.0))
            .filter(artifact::Column::NameKey.eq(name_key))
            .filter(artifact::Column::Version.eq(version))
            .filter(artifact::Column::Digest.eq(one.digest.as_str()))
            .lock_exclusive()
            .one(&tx.conn)
            .await?;
        if found.is_none() {
            return Err(Fault::conflict(format!(
                "version {version} of the artifact '{}' was deleted meanwhile: choose another version, then release again",
                one.name
            )));
        }
    }
    Ok(())
}

/// What people call jobs, releases and clusters.
#[derive(Default)]
struct Called {
    jobs: BTreeMap<Uuid, String>,
    releases: BTreeMap<Uuid, i64>,
    clusters: BTreeMap<Uuid, String>,
}

async fn called(conn: &impl ConnectionTrait, rows: &[reference::Model]) -> Result<Called, Fault> {
    let ids = |word: &'static str| rows.iter().filter(move |row| row.holder == word).map(|row| row.holder_id);
    let jobs: Vec<(Uuid, String)> = job::Entity::find()
        .select_only()
        .columns([job::Column::Id, job::Column::Name])
        .filter(job::Column::Id.is_in(rows.iter().filter_map(|row| row.job_id)))
        .into_tuple()
        .all(conn)
        .await?;
    let releases: Vec<(Uuid, i64)> = release::Entity::find()
        .select_only()
        .columns([release::Column::Id, release::Column::Number])
        .filter(release::Column::Id.is_in(ids("release")))
        .into_tuple()
        .all(conn)
        .await?;
    let clusters: Vec<(Uuid, String)> = cluster::Entity::find()
        .select_only()
        .columns([cluster::Column::Id, cluster::Column::Name])
        .filter(cluster::Column::Id.is_in(ids("cluster").chain(ids(PROCESSES))))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(Called {
        jobs: jobs.into_iter().collect(),
        releases: releases.into_iter().collect(),
        clusters: clusters.into_iter().collect(),
    })
}

fn used(row: &reference::Model, called: &Called) -> Result<ArtifactUse, StoreError> {
    let holder = holder(row)?;
    let name = match holder {
        Holder::Cluster(id) | Holder::ClusterProcesses(id) => called.clusters.get(&id.0),
        _ => row.job_id.and_then(|id| called.jobs.get(&id)),
    };
    Ok(ArtifactUse {
        holder,
        name: name.cloned().unwrap_or_default(),
        job_id: row.job_id.map(JobId),
        release_number: called.releases.get(&row.holder_id).copied(),
    })
}

/// Who uses these artifacts, and the newest version of each of their names.
pub(crate) async fn uses(
    conn: &impl ConnectionTrait,
    team_id: TeamId,
    artifacts: &[Artifact],
) -> Result<BTreeMap<ArtifactId, (bool, Vec<ArtifactUse>)>, Fault> {
    let names: BTreeSet<String> = artifacts.iter().map(|one| key(&one.name)).collect();
    let newest: Vec<(String, i64)> = artifact::Entity::find()
        .select_only()
        .column(artifact::Column::NameKey)
        .column_as(artifact::Column::Version.max(), "newest")
        .filter(artifact::Column::TeamId.eq(team_id.0))
        .filter(artifact::Column::NameKey.is_in(names.clone()))
        .group_by(artifact::Column::NameKey)
        .into_tuple()
        .all(conn)
        .await?;
    let newest: BTreeMap<String, i64> = newest.into_iter().collect();
    let versions = artifacts.iter().map(|one| one.version);
    let rows = reference::Entity::find()
        .filter(reference::Column::TeamId.eq(team_id.0))
        .filter(reference::Column::NameKey.is_in(names))
        .filter(
            Condition::any()
                .add(reference::Column::Version.is_null())
                .add(reference::Column::Version.is_in(versions)),
        )
        .all(conn)
        .await?;
    let called = called(conn, &rows).await?;
    let mut found = BTreeMap::new();
    for one in artifacts {
        let name = key(&one.name);
        let is_newest = newest.get(&name) == Some(&one.version);
        let mut users = BTreeSet::new();
        for row in rows.iter().filter(|row| row.name_key == name) {
            if row.version.map_or(is_newest, |version| version == one.version) {
                users.insert(used(row, &called)?);
            }
        }
        // What runs has most often what is asked for: once is enough.
        let asked: BTreeSet<Holder> = users.iter().map(|user: &ArtifactUse| user.holder).collect();
        let twice = |holder: Holder| matches!(holder, Holder::ClusterProcesses(id) if asked.contains(&Holder::Cluster(id)));
        users.retain(|user| !twice(user.holder));
        found.insert(one.id, (is_newest, users.into_iter().collect()));
    }
    Ok(found)
}

impl Store {
    /// The jars that are to be in the `lib` of a cluster from its next start on, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn cluster_jars(&self, id: ClusterId) -> Result<Vec<PinnedArtifact>, StoreError> {
        self.pinned("cluster", id).await
    }

    /// The jars that the processes of a cluster were started with, by name.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn cluster_process_jars(&self, id: ClusterId) -> Result<Vec<PinnedArtifact>, StoreError> {
        self.pinned(PROCESSES, id).await
    }

    async fn pinned(&self, holder: &str, id: ClusterId) -> Result<Vec<PinnedArtifact>, StoreError> {
        let rows = reference::Entity::find()
            .filter(reference::Column::Holder.eq(holder))
            .filter(reference::Column::HolderId.eq(id.0))
            .order_by_asc(reference::Column::Place)
            .all(&self.reader)
            .await?;
        let mut jars = Vec::with_capacity(rows.len());
        for row in rows {
            let found = artifact::Entity::find()
                .filter(artifact::Column::TeamId.eq(row.team_id))
                .filter(artifact::Column::NameKey.eq(row.name_key))
                .filter(artifact::Column::Version.eq(row.version))
                .one(&self.reader)
                .await?;
            let artifact = Artifact::from_row(found.ok_or(StoreError::NotFound)?)?;
            jars.push(PinnedArtifact::from(&artifact));
        }
        Ok(jars)
    }

    /// Of each of these artifacts, whether it is the newest version of its name, and who uses it.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn artifact_uses(
        &self,
        team_id: TeamId,
        artifacts: &[Artifact],
    ) -> Result<BTreeMap<ArtifactId, (bool, Vec<ArtifactUse>)>, StoreError> {
        Ok(uses(&self.reader, team_id, artifacts).await?)
    }
}
