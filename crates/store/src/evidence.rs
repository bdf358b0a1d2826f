//! Evidence of ended runs, compressed in the database: every instance reads it, and a backup has it. Pruned by age and by
//! each team's share; a run whose evidence was pruned keeps its row, which says so.

use std::io::{Read, Write as _};

use domain::Millis;
use domain::evidence::{EvidenceFile, EvidenceKind, KeptEvidence, Retention};
use domain::id::{ClusterId, JobId, RunId, TeamId};
use domain::log::{LogOwner, MAX_KEPT_LOGS};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::clock::{new_id, now};
use crate::column::{FromRow, from_word, word};
use crate::connect::Store;
use crate::entity::{evidence, evidence_file};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// Most that a file may have once it is unpacked, in bytes: more than what is ever packed.
const MAX_UNPACKED: u64 = 64 << 20;
/// Files removed in one statement.
const AT_ONCE: u64 = 500;

/// A file, compressed before the transaction begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    kind: EvidenceKind,
    process: String,
    name: String,
    content: Vec<u8>,
    size_bytes: i64,
}

impl PackedFile {
    /// Compresses a file.
    #[must_use]
    pub fn of(file: &EvidenceFile) -> Self {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        // Writing to memory does not fail.
        let packed = packer.write_all(file.text.as_bytes()).and_then(|()| packer.finish());
        Self {
            kind: file.kind,
            process: file.process.chars().take(300).collect(),
            name: file.name.chars().take(300).collect(),
            content: packed.unwrap_or_default(),
            size_bytes: i64::try_from(file.text.len()).unwrap_or(i64::MAX),
        }
    }
}

/// A kept file without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOfEvidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// `jobmanager`, or Flink's id of a TaskManager.
    pub process: String,
    /// Its name.
    pub name: String,
    /// Bytes before compression.
    pub size_bytes: i64,
    /// When it was read.
    pub collected_at: Millis,
    job_id: JobId,
    id: Uuid,
}

/// Writes the evidence of a run, once.
pub(crate) async fn save(tx: &Tx, kept: &KeptEvidence, files: &[PackedFile]) -> Result<(), Fault> {
    if evidence::Entity::find_by_id(kept.run_id.0).one(&tx.conn).await?.is_some() {
        return Ok(());
    }
    let row = evidence::Model {
        run_id: kept.run_id.0,
        team_id: kept.team_id.0,
        job_id: kept.job_id.0,
        collected_at: kept.collected_at.0,
        missing: kept.missing.clone(),
        logs_of: kept.logs_of.map(|id| id.0),
        expired_at: None,
    };
    evidence::Entity::insert(row.into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    let owner = LogOwner {
        team_id: kept.team_id,
        job_id: kept.job_id,
        run_id: kept.run_id,
    };
    insert(tx, owner, kept.collected_at, files).await
}

/// Writes logs of what has ended before its run has; the oldest beyond [`MAX_KEPT_LOGS`] go.
pub(crate) async fn save_logs(tx: &Tx, owner: LogOwner, files: &[PackedFile]) -> Result<(), Fault> {
    insert(tx, owner, tx.at, files).await?;
    let rows: Vec<Uuid> = evidence_file::Entity::find()
        .select_only()
        .column(evidence_file::Column::Id)
        .filter(evidence_file::Column::RunId.eq(owner.run_id.0))
        .filter(evidence_file::Column::Kind.is_in(log_words()?))
        .order_by_desc(evidence_file::Column::CollectedAt)
        .order_by_desc(evidence_file::Column::Id)
        .into_tuple()
        .all(&tx.conn)
        .await?;
    let surplus: Vec<Uuid> = rows.into_iter().skip(MAX_KEPT_LOGS).collect();
    if !surplus.is_empty() {
        evidence_file::Entity::delete_many()
            .filter(evidence_file::Column::Id.is_in(surplus))
            .exec(&tx.conn)
            .await?;
    }
    Ok(())
}

/// The words of logs, and of those that could not be read.
fn log_words() -> Result<[String; 2], StoreError> {
    Ok([word(&EvidenceKind::Log)?, word(&EvidenceKind::Lost)?])
}

/// Inserts files; one that has the name of another takes its place.
async fn insert(tx: &Tx, owner: LogOwner, at: Millis, files: &[PackedFile]) -> Result<(), Fault> {
    for file in files {
        evidence_file::Entity::delete_many()
            .filter(evidence_file::Column::RunId.eq(owner.run_id.0))
            .filter(evidence_file::Column::Process.eq(file.process.as_str()))
            .filter(evidence_file::Column::Name.eq(file.name.as_str()))
            .exec(&tx.conn)
            .await?;
        let row = evidence_file::Model {
            id: new_id(),
            run_id: owner.run_id.0,
            team_id: owner.team_id.0,
            job_id: owner.job_id.0,
            kind: word(&file.kind)?,
            process: file.process.clone(),
            name: file.name.clone(),
            content: file.content.clone(),
            size_bytes: file.size_bytes,
            stored_bytes: i64::try_from(file.content.len()).unwrap_or(i64::MAX),
            collected_at: at.0,
        };
        evidence_file::Entity::insert(row.into_active_model())
            .exec_without_returning(&tx.conn)
            .await?;
    }
    Ok(())
}

/// Removes what was kept of a session cluster that is deleted.
pub(crate) async fn delete_cluster(tx: &Tx, id: ClusterId) -> Result<(), Fault> {
    evidence_file::Entity::delete_many()
        .filter(evidence_file::Column::RunId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Removes the evidence of a job that is deleted.
pub(crate) async fn delete(tx: &Tx, id: JobId) -> Result<(), Fault> {
    evidence_file::Entity::delete_many()
        .filter(evidence_file::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    evidence::Entity::delete_many()
        .filter(evidence::Column::JobId.eq(id.0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

impl FromRow<evidence::Model> for KeptEvidence {
    fn from_row(row: evidence::Model) -> Result<Self, StoreError> {
        Ok(Self {
            run_id: RunId(row.run_id),
            job_id: JobId(row.job_id),
            team_id: TeamId(row.team_id),
            collected_at: Millis(row.collected_at),
            missing: match row.expired_at {
                Some(_) => Some("It was removed: older than evidence is kept, or the team's share was full.".to_owned()),
                None => row.missing,
            },
            logs_of: row.logs_of.map(RunId),
        })
    }
}

type FileRow = (Uuid, Uuid, String, String, String, i64, i64);

impl Store {
    /// What is kept of a run, with its files; nothing where it was not collected.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn evidence(&self, team_id: TeamId, run_id: RunId) -> Result<Option<(KeptEvidence, Vec<FileOfEvidence>)>, StoreError> {
        let row = evidence::Entity::find_by_id(run_id.0)
            .filter(evidence::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        let Some(row) = row else {
            return self.logs_only(team_id, run_id).await;
        };
        let runs = [Some(row.run_id), row.logs_of];
        let files = evidence_file::Entity::find()
            .filter(evidence_file::Column::RunId.is_in(runs.into_iter().flatten()))
            // Of the run that the logs are kept with, the logs only.
            .filter(
                evidence_file::Column::RunId
                    .eq(row.run_id)
                    .or(evidence_file::Column::Kind.is_in(log_words()?)),
            );
        let files = self.files(team_id, files).await?;
        Ok(Some((KeptEvidence::from_row(row)?, files)))
    }

    /// A run that ended with its cluster, of which there was nothing but logs to keep.
    async fn logs_only(&self, team_id: TeamId, run_id: RunId) -> Result<Option<(KeptEvidence, Vec<FileOfEvidence>)>, StoreError> {
        let files = self.kept_logs(team_id, run_id).await?;
        let kept = files.last().map(|newest| KeptEvidence {
            run_id,
            job_id: newest.job_id,
            team_id,
            collected_at: newest.collected_at,
            missing: None,
            logs_of: None,
        });
        Ok(kept.map(|kept| (kept, files)))
    }

    /// The logs that are kept of a run, also while it lives; or of a session cluster, under its own digits. The oldest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn kept_logs(&self, team_id: TeamId, of: RunId) -> Result<Vec<FileOfEvidence>, StoreError> {
        let files = evidence_file::Entity::find()
            .filter(evidence_file::Column::RunId.eq(of.0))
            .filter(evidence_file::Column::Kind.is_in(log_words()?));
        self.files(team_id, files).await
    }

    async fn files(&self, team_id: TeamId, wanted: Select<evidence_file::Entity>) -> Result<Vec<FileOfEvidence>, StoreError> {
        let rows: Vec<FileRow> = wanted
            .select_only()
            .columns([
                evidence_file::Column::Id,
                evidence_file::Column::JobId,
                evidence_file::Column::Kind,
                evidence_file::Column::Process,
                evidence_file::Column::Name,
                evidence_file::Column::SizeBytes,
                evidence_file::Column::CollectedAt,
            ])
            .filter(evidence_file::Column::TeamId.eq(team_id.0))
            .order_by_asc(evidence_file::Column::Id)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let mut files = Vec::with_capacity(rows.len());
        for (id, job_id, kind, process, name, size_bytes, collected_at) in rows {
            files.push(FileOfEvidence {
                kind: from_word("evidence_files.kind", &kind)?,
                process,
                name,
                size_bytes,
                collected_at: Millis(collected_at),
                job_id: JobId(job_id),
                id,
            });
        }
        Ok(files)
    }

    /// The text of a kept file; nothing where it was pruned meanwhile.
    ///
    /// # Errors
    /// `Invalid` when it cannot be unpacked.
    pub async fn evidence_text(&self, file: &FileOfEvidence) -> Result<Option<String>, StoreError> {
        let row = evidence_file::Entity::find_by_id(file.id).one(&self.reader).await?;
        let Some(row) = row else { return Ok(None) };
        let mut text = String::new();
        flate2::read::GzDecoder::new(&row.content[..])
            .take(MAX_UNPACKED)
            .read_to_string(&mut text)
            .map_err(|error| StoreError::Invalid(format!("the evidence file {} cannot be unpacked: {error}", file.id)))?;
        Ok(Some(text))
    }

    /// Removes files that are too old, and of each team the oldest ones beyond its share; answers how many.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prune_evidence(&self, retention: Retention) -> Result<u64, StoreError> {
        let oldest = now().plus(-retention.age);
        let shares: Vec<(Uuid, Uuid, Uuid, i64, i64)> = evidence_file::Entity::find()
            .select_only()
            .columns([
                evidence_file::Column::Id,
                evidence_file::Column::TeamId,
                evidence_file::Column::RunId,
                evidence_file::Column::StoredBytes,
                evidence_file::Column::CollectedAt,
            ])
            .order_by_desc(evidence_file::Column::CollectedAt)
            .order_by_desc(evidence_file::Column::Id)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let mut used = std::collections::HashMap::<Uuid, i64>::new();
        let over: Vec<(Uuid, Uuid)> = shares
            .into_iter()
            .filter_map(|(id, team, run, bytes, at)| {
                let used = used.entry(team).or_default();
                *used = used.saturating_add(bytes);
                (*used > retention.bytes || at < oldest.0).then_some((id, run))
            })
            .collect();
        let mut removed = 0;
        for some in over.chunks(usize::try_from(AT_ONCE).unwrap_or(usize::MAX)) {
            removed += self.remove_evidence(some.to_vec()).await?;
        }
        Ok(removed)
    }

    async fn remove_evidence(&self, files: Vec<(Uuid, Uuid)>) -> Result<u64, StoreError> {
        self.write(Scope::Plain, files, |tx, files| async move {
            let removed = evidence_file::Entity::delete_many()
                .filter(evidence_file::Column::Id.is_in(files.iter().map(|(id, _)| *id)))
                .exec(&tx.conn)
                .await?;
            evidence::Entity::update_many()
                .col_expr(evidence::Column::ExpiredAt, Expr::value(tx.at.0))
                .filter(evidence::Column::ExpiredAt.is_null())
                .filter(
                    evidence::Column::RunId
                        .is_in(files.iter().map(|(_, run)| *run))
                        .or(evidence::Column::LogsOf.is_in(files.iter().map(|(_, run)| *run))),
                )
                .exec(&tx.conn)
                .await?;
            Ok(removed.rows_affected)
        })
        .await
    }
}
