//! The third step: artifacts. A name's row counts its versions, so that a number is never given twice; versions are
//! rows of their own; references say who uses a name, with or without a version, and are written together with
//! what refers.

use sea_orm::DbBackend;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::m0001_begin::{NewTable, id, line, maybe_id, maybe_number, maybe_word, number, sha256, text, word};

/// See the module.
pub struct Artifacts;

impl MigrationName for Artifacts {
    fn name(&self) -> &'static str {
        "m0003_artifact"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Artifacts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [names(), artifacts(manager.get_database_backend()), uploads(), references()] {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn names() -> NewTable {
    NewTable::new("artifact_names", vec![id("team_id"), sha256("name_key"), number("last_version")])
        .primary(&["team_id", "name_key"])
        .belongs("team_id", "teams")
}

fn artifacts(backend: DbBackend) -> NewTable {
    NewTable::new(
        "artifacts",
        vec![
            id("id"),
            id("team_id"),
            line("name"),
            sha256("name_key"),
            text(backend, "search_text"),
            number("version"),
            word("kind"),
            line("file_name"),
            sha256("digest"),
            number("size_bytes"),
            text(backend, "entry_classes"),
            id("created_by"),
            number("created_at"),
        ],
    )
    .primary(&["id"])
    .belongs("team_id", "teams")
    .unique("uq_artifacts_version", &["team_id", "name_key", "version"])
    .index("ix_artifacts_team", &["team_id", "id"])
    .index("ix_artifacts_digest", &["digest"])
}

fn uploads() -> NewTable {
    NewTable::new(
        "uploads",
        vec![
            id("id"),
            id("team_id"),
            line("name"),
            line("file_name"),
            maybe_word("kind"),
            number("size_bytes"),
            maybe_word("sha256"),
            id("created_by"),
            number("created_at"),
            number("expires_at"),
        ],
    )
    .primary(&["id"])
    .belongs("team_id", "teams")
    .index("ix_uploads_team", &["team_id", "id"])
    .index("ix_uploads_expires", &["expires_at"])
}

/// `holder` and `holder_id`: a draft by its job's id, a release, or a cluster by their own.
fn references() -> NewTable {
    NewTable::new(
        "artifact_references",
        vec![
            word("holder"),
            id("holder_id"),
            number("place"),
            id("team_id"),
            maybe_id("job_id"),
            sha256("name_key"),
            maybe_number("version"),
        ],
    )
    .primary(&["holder", "holder_id", "place"])
    .index("ix_artifact_references_name", &["team_id", "name_key"])
    .index("ix_artifact_references_job", &["job_id"])
}
