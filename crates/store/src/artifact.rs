//! Artifacts: versions are numbered in their name by the transaction that makes them, and never change.

use domain::Millis;
use domain::artifact::{Artifact, ArtifactKind, ArtifactRef, Digest};
use domain::id::{ArtifactId, TeamId, UploadId, UserId};
use domain::upload::{Content, Upload};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LikeExpr, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::artifact_reference as references;
use crate::clock::new_id;
use crate::column::{FromRow, all, from_json, from_word, json, key, word};
use crate::connect::Store;
use crate::entity::{artifact, artifact_name, upload};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// A version to be: what an upload has become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifact {
    /// The upload; its row goes in the same transaction.
    pub upload: Upload,
    /// What it was found to hold.
    pub content: Content,
    /// Who completes it.
    pub created_by: UserId,
}

/// Which artifacts of a team.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArtifactFilter {
    /// Every version of this name; otherwise the newest version of each name.
    pub name: Option<String>,
    /// Only those whose name or file's name has this text, in any case of its letters.
    pub search: Option<String>,
    /// Only those of this kind.
    pub kind: Option<ArtifactKind>,
    /// At most so many.
    pub limit: u64,
    /// Only those after this one: the last one of the page before.
    pub cursor: Option<ArtifactId>,
}

pub(crate) fn digest(column: &str, text: &str) -> Result<Digest, StoreError> {
    text.parse().map_err(|_| crate::column::unknown(column, text))
}

impl FromRow<artifact::Model> for Artifact {
    fn from_row(row: artifact::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ArtifactId(row.id),
            team_id: TeamId(row.team_id),
            kind: from_word("artifacts.kind", &row.kind)?,
            digest: digest("artifacts.digest", &row.digest)?,
            entry_classes: from_json("artifacts.entry_classes", &row.entry_classes)?,
            name: row.name,
            version: row.version,
            file_name: row.file_name,
            size_bytes: row.size_bytes,
            created_by: UserId(row.created_by),
            created_at: Millis(row.created_at),
        })
    }
}

fn of_name(team_id: TeamId, name: &str) -> Select<artifact::Entity> {
    artifact::Entity::find()
        .filter(artifact::Column::TeamId.eq(team_id.0))
        .filter(artifact::Column::NameKey.eq(key(name)))
}

async fn newest(conn: &impl ConnectionTrait, team_id: TeamId, name: &str) -> Result<Option<Artifact>, Fault> {
    let row = of_name(team_id, name).order_by_desc(artifact::Column::Version).one(conn).await?;
    Ok(row.map(Artifact::from_row).transpose()?)
}

/// Takes the lock of a name, making it where it is new; answers the last version that it gave.
async fn lock_name(tx: &Tx, team_id: TeamId, name: &str) -> Result<i64, Fault> {
    let row = artifact_name::Model {
        team_id: team_id.0,
        name_key: key(name),
        last_version: 0,
    };
    let there = OnConflict::columns([artifact_name::Column::TeamId, artifact_name::Column::NameKey])
        .update_column(artifact_name::Column::NameKey)
        .to_owned();
    artifact_name::Entity::insert(row.into_active_model())
        .on_conflict(there)
        .exec_without_returning(&tx.conn)
        .await?;
    let row = artifact_name::Entity::find_by_id((team_id.0, key(name)))
        .lock_exclusive()
        .one(&tx.conn)
        .await?;
    Ok(row.ok_or(StoreError::NotFound)?.last_version)
}

async fn create(tx: &Tx, new: &NewArtifact) -> Result<(Artifact, bool), Fault> {
    let (upload, content) = (&new.upload, &new.content);
    let team_id = upload.team_id;
    let last = lock_name(tx, team_id, &upload.name).await?;
    let gone = upload::Entity::delete_by_id(upload.id.0)
        .filter(upload::Column::TeamId.eq(team_id.0))
        .exec(&tx.conn)
        .await?;
    if gone.rows_affected == 0 {
        return Err(StoreError::NotFound.into());
    }
    tx.changed(Some(team_id), "upload", upload.id, None);
    if let Some(same) = newest(&tx.conn, team_id, &upload.name)
        .await?
        .filter(|newest| newest.digest == content.digest)
    {
        return Ok((same, false));
    }
    let row = artifact::Model {
        id: new_id(),
        team_id: team_id.0,
        name: upload.name.clone(),
        name_key: key(&upload.name),
        search_text: format!("{} {}", upload.name, upload.file_name).to_lowercase(),
        version: last + 1,
        kind: word(&content.kind)?,
        file_name: upload.file_name.clone(),
        digest: content.digest.to_string(),
        size_bytes: content.size_bytes,
        entry_classes: json(&content.entry_classes)?,
        created_by: new.created_by.0,
        created_at: tx.at.0,
    };
    artifact::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    artifact_name::Entity::update_many()
        .col_expr(artifact_name::Column::LastVersion, Expr::value(last + 1))
        .filter(artifact_name::Column::TeamId.eq(team_id.0))
        .filter(artifact_name::Column::NameKey.eq(key(&upload.name)))
        .exec(&tx.conn)
        .await?;
    tx.changed(Some(team_id), "artifact", ArtifactId(row.id), None);
    Ok((Artifact::from_row(row)?, true))
}

/// Whether a row is the newest version of its name.
fn is_newest() -> Expr {
    let other = Alias::new("other");
    let column = |column: artifact::Column| Expr::col((other.clone(), column));
    let newest = Query::select()
        .expr(Expr::max(column(artifact::Column::Version)))
        .from_as(artifact::Entity, other.clone())
        .and_where(column(artifact::Column::TeamId).equals((artifact::Entity, artifact::Column::TeamId)))
        .and_where(column(artifact::Column::NameKey).equals((artifact::Entity, artifact::Column::NameKey)))
        .to_owned();
    Expr::col((artifact::Entity, artifact::Column::Version)).in_subquery(newest)
}

/// The delete takes the row's lock first: a release that pins it then comes before or after.
async fn delete(tx: &Tx, team_id: TeamId, id: ArtifactId) -> Result<Artifact, Fault> {
    let row = artifact::Entity::find_by_id(id.0)
        .filter(artifact::Column::TeamId.eq(team_id.0))
        .lock_exclusive()
        .one(&tx.conn)
        .await?;
    let artifact = Artifact::from_row(row.ok_or(StoreError::NotFound)?)?;
    let mut uses = references::uses(&tx.conn, team_id, std::slice::from_ref(&artifact)).await?;
    let (_, users) = uses.remove(&id).unwrap_or_default();
    if !users.is_empty() {
        const SHOWN: usize = 5;
        let mut names: Vec<String> = users.iter().take(SHOWN).map(ToString::to_string).collect();
        if users.len() > SHOWN {
            names.push(format!("{} more", users.len() - SHOWN));
        }
        return Err(Fault::conflict(format!(
            "version {} of the artifact '{}' is used by {}",
            artifact.version,
            artifact.name,
            names.join(", ")
        )));
    }
    artifact::Entity::delete_by_id(id.0).exec(&tx.conn).await?;
    tx.changed(Some(team_id), "artifact", id, None);
    Ok(artifact)
}

impl Store {
    /// Makes of a complete upload the next version of its name. Where the newest version of the name has the same
    /// bytes, that one is answered with `false`, and nothing new is made.
    ///
    /// # Errors
    /// `NotFound` when the upload was completed or given up meanwhile.
    pub async fn create_artifact(&self, new: NewArtifact) -> Result<(Artifact, bool), StoreError> {
        self.write(Scope::Plain, new, move |tx, new| async move { create(&tx, &new).await })
            .await
    }

    /// One artifact of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such artifact.
    pub async fn artifact(&self, team_id: TeamId, id: ArtifactId) -> Result<Artifact, StoreError> {
        let row = artifact::Entity::find_by_id(id.0)
            .filter(artifact::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Artifact::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The artifact that a draft means: that version of the name, or the newest.
    ///
    /// # Errors
    /// `NotFound` when the team has no such name, or the name no such version (any more).
    pub async fn artifact_by_ref(&self, team_id: TeamId, named: &ArtifactRef) -> Result<Artifact, StoreError> {
        let Some(version) = named.version else {
            return newest(&self.reader, team_id, &named.name).await?.ok_or(StoreError::NotFound);
        };
        let row = of_name(team_id, &named.name)
            .filter(artifact::Column::Version.eq(version))
            .one(&self.reader)
            .await?;
        Artifact::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// A page of a team's artifacts, newest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn artifacts(&self, team_id: TeamId, filter: &ArtifactFilter) -> Result<Vec<Artifact>, StoreError> {
        let mut query = match &filter.name {
            Some(name) => of_name(team_id, name),
            None => artifact::Entity::find()
                .filter(artifact::Column::TeamId.eq(team_id.0))
                .filter(is_newest()),
        };
        if let Some(kind) = &filter.kind {
            query = query.filter(artifact::Column::Kind.eq(word(kind)?));
        }
        if let Some(cursor) = filter.cursor {
            query = query.filter(artifact::Column::Id.lt(cursor.0));
        }
        if let Some(text) = filter.search.as_deref().filter(|text| !text.is_empty()) {
            let escaped = text.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
            let like = LikeExpr::new(format!("%{escaped}%")).escape('!');
            query = query.filter(Expr::col((artifact::Entity, artifact::Column::SearchText)).like(like));
        }
        let rows = query
            .order_by_desc(artifact::Column::Id)
            .limit(filter.limit)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// Deletes a version; answers it, and whether no other row has its bytes. Its number is not given again.
    ///
    /// # Errors
    /// `Conflict` naming who uses it; `NotFound` when the team has no such artifact.
    pub async fn delete_artifact(&self, team_id: TeamId, id: ArtifactId) -> Result<(Artifact, bool), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let artifact = delete(&tx, team_id, id).await?;
            let others = artifact::Entity::find().filter(artifact::Column::Digest.eq(artifact.digest.as_str()));
            let last = others.count(&tx.conn).await? == 0;
            Ok((artifact, last))
        })
        .await
    }

    /// Of these digests, those that some artifact of any team has: for the sweep.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn known_digests(&self, digests: &[Digest]) -> Result<Vec<Digest>, StoreError> {
        let mut known = Vec::new();
        for some in digests.chunks(500) {
            let rows: Vec<String> = artifact::Entity::find()
                .select_only()
                .column(artifact::Column::Digest)
                .distinct()
                .filter(artifact::Column::Digest.is_in(some.iter().map(Digest::as_str)))
                .into_tuple()
                .all(&self.reader)
                .await?;
            for row in rows {
                known.push(digest("artifacts.digest", &row)?);
            }
        }
        Ok(known)
    }

    /// Of these uploads, those that are open: for the sweep.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn known_uploads(&self, uploads: &[UploadId]) -> Result<Vec<UploadId>, StoreError> {
        let mut known = Vec::new();
        for some in uploads.chunks(500) {
            let rows: Vec<uuid::Uuid> = upload::Entity::find()
                .select_only()
                .column(upload::Column::Id)
                .filter(upload::Column::Id.is_in(some.iter().map(|id| id.0)))
                .into_tuple()
                .all(&self.reader)
                .await?;
            known.extend(rows.into_iter().map(UploadId));
        }
        Ok(known)
    }
}
