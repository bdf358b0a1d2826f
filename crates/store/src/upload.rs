//! Uploads under way. How far one has come is the length of its file, not a column: the file is what survives.

use domain::Millis;
use domain::id::{TeamId, UploadId, UserId};
use domain::upload::{Upload, UploadLimits};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::artifact::digest;
use crate::column::{FromRow, all, from_word, word};
use crate::connect::Store;
use crate::entity::{artifact, team, upload};
use crate::fault::{Fault, StoreError};
use crate::transaction::{Scope, Tx};

/// Why an upload was not begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadRefused {
    /// The team has too many open ones.
    #[error("the team has {0} uploads open, which is the most")]
    TooMany(u32),
    /// The team's artifacts would be too large together.
    #[error("the team's artifacts have {used} bytes, and {most} is the most")]
    TooLarge {
        /// What they have, open uploads included.
        used: i64,
        /// The limit.
        most: i64,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FromRow<upload::Model> for Upload {
    fn from_row(row: upload::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: UploadId(row.id),
            team_id: TeamId(row.team_id),
            kind: row.kind.map(|kind| from_word("uploads.kind", &kind)).transpose()?,
            sha256: row.sha256.map(|text| digest("uploads.sha256", &text)).transpose()?,
            name: row.name,
            file_name: row.file_name,
            size_bytes: row.size_bytes,
            created_by: UserId(row.created_by),
            created_at: Millis(row.created_at),
            expires_at: Millis(row.expires_at),
        })
    }
}

fn row_of(new: &Upload) -> Result<upload::Model, StoreError> {
    Ok(upload::Model {
        id: new.id.0,
        team_id: new.team_id.0,
        name: new.name.clone(),
        file_name: new.file_name.clone(),
        kind: new.kind.as_ref().map(word).transpose()?,
        size_bytes: new.size_bytes,
        sha256: new.sha256.as_ref().map(ToString::to_string),
        created_by: new.created_by.0,
        created_at: new.created_at.0,
        expires_at: new.expires_at.0,
    })
}

/// Sum of sizes, read one by one: the engines differ in the type of a sum.
async fn used(tx: &Tx, team_id: TeamId) -> Result<i64, Fault> {
    let kept: Vec<i64> = artifact::Entity::find()
        .select_only()
        .column(artifact::Column::SizeBytes)
        .filter(artifact::Column::TeamId.eq(team_id.0))
        .into_tuple()
        .all(&tx.conn)
        .await?;
    let coming: Vec<i64> = upload::Entity::find()
        .select_only()
        .column(upload::Column::SizeBytes)
        .filter(upload::Column::TeamId.eq(team_id.0))
        .into_tuple()
        .all(&tx.conn)
        .await?;
    Ok(kept.into_iter().chain(coming).fold(0, i64::saturating_add))
}

async fn create(tx: &Tx, new: &Upload, limits: UploadLimits) -> Result<Result<(), UploadRefused>, Fault> {
    // The team's row is the lock under which its limits are counted.
    let row = team::Entity::find_by_id(new.team_id.0).lock_exclusive().one(&tx.conn).await?;
    row.ok_or(StoreError::NotFound)?;
    let open = upload::Entity::find()
        .filter(upload::Column::TeamId.eq(new.team_id.0))
        .count(&tx.conn)
        .await?;
    if open >= u64::from(limits.open) {
        return Ok(Err(UploadRefused::TooMany(limits.open)));
    }
    let used = used(tx, new.team_id).await?;
    if used.saturating_add(new.size_bytes) > limits.team_bytes {
        return Ok(Err(UploadRefused::TooLarge {
            used,
            most: limits.team_bytes,
        }));
    }
    upload::Entity::insert(row_of(new)?.into_active_model())
        .exec_without_returning(&tx.conn)
        .await?;
    tx.changed(Some(new.team_id), "upload", new.id, None);
    Ok(Ok(()))
}

impl Store {
    /// Begins an upload, within the limits of its team.
    ///
    /// # Errors
    /// Which limit is reached.
    pub async fn create_upload(&self, new: Upload, limits: UploadLimits) -> Result<(), UploadRefused> {
        self.write(Scope::Plain, new, move |tx, new| async move { create(&tx, &new, limits).await })
            .await?
    }

    /// An open upload of a team.
    ///
    /// # Errors
    /// `NotFound` when the team has no such upload: it was completed, given up, or forgotten.
    pub async fn upload(&self, team_id: TeamId, id: UploadId) -> Result<Upload, StoreError> {
        let row = upload::Entity::find_by_id(id.0)
            .filter(upload::Column::TeamId.eq(team_id.0))
            .one(&self.reader)
            .await?;
        Upload::from_row(row.ok_or(StoreError::NotFound)?)
    }

    /// The open uploads of a team, newest first.
    ///
    /// # Errors
    /// `Invalid` for a stored value that cannot be read.
    pub async fn uploads(&self, team_id: TeamId) -> Result<Vec<Upload>, StoreError> {
        let rows = upload::Entity::find()
            .filter(upload::Column::TeamId.eq(team_id.0))
            .order_by_desc(upload::Column::Id)
            .all(&self.reader)
            .await?;
        Ok(all(rows)?)
    }

    /// Puts off the moment at which an upload is forgotten.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn prolong_upload(&self, id: UploadId, expires_at: Millis) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            upload::Entity::update_many()
                .col_expr(upload::Column::ExpiresAt, Expr::value(expires_at.0))
                .filter(upload::Column::Id.eq(id.0))
                .exec(&tx.conn)
                .await?;
            Ok(())
        })
        .await
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// `NotFound` when the team has no such upload.
    pub async fn delete_upload(&self, team_id: TeamId, id: UploadId) -> Result<(), StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let gone = upload::Entity::delete_by_id(id.0)
                .filter(upload::Column::TeamId.eq(team_id.0))
                .exec(&tx.conn)
                .await?;
            if gone.rows_affected == 0 {
                return Err(StoreError::NotFound.into());
            }
            tx.changed(Some(team_id), "upload", id, None);
            Ok(())
        })
        .await
    }

    /// Forgets the uploads that nobody continued; answers which.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn expire_uploads(&self, at: Millis) -> Result<Vec<UploadId>, StoreError> {
        self.write(Scope::Plain, (), move |tx, _| async move {
            let old = upload::Entity::find()
                .filter(upload::Column::ExpiresAt.lte(at.0))
                .all(&tx.conn)
                .await?;
            let mut gone = Vec::new();
            for row in old {
                // One that was continued meanwhile stays.
                let done = upload::Entity::delete_by_id(row.id)
                    .filter(upload::Column::ExpiresAt.lte(at.0))
                    .exec(&tx.conn)
                    .await?;
                if done.rows_affected > 0 {
                    tx.changed(Some(TeamId(row.team_id)), "upload", UploadId(row.id), None);
                    gone.push(UploadId(row.id));
                }
            }
            Ok(gone)
        })
        .await
    }
}
