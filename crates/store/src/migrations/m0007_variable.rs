//! Variables of teams, and who uses which: a draft by its job's id, a release and a run by their own. Rows of uses are
//! written together with what uses, so that "used by" is one look.

use sea_orm::DbBackend;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::m0001_begin::{NewTable, id, line, maybe_number, maybe_text, number, sha256, text, word, yes_no};

/// See the module.
pub struct Variables;

impl MigrationName for Variables {
    fn name(&self) -> &'static str {
        "m0007_variable"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Variables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        variables(manager.get_database_backend()).create(manager).await?;
        uses().create(manager).await
    }
}

/// `value` is sealed where `secret` says so; `former` always is.
fn variables(backend: DbBackend) -> NewTable {
    NewTable::new(
        "variables",
        vec![
            id("id"),
            id("team_id"),
            line("name"),
            sha256("name_key"),
            yes_no("secret"),
            text(backend, "value"),
            maybe_text(backend, "former"),
            text(backend, "description"),
            number("revision"),
            number("created_at"),
            number("changed_at"),
            id("changed_by"),
        ],
    )
    .primary(&["id"])
    .belongs("team_id", "teams")
    .unique("uq_variables_name", &["team_id", "name_key"])
}

/// `revision` is none for a draft, which means the newest one.
fn uses() -> NewTable {
    NewTable::new(
        "variable_uses",
        vec![
            word("holder"),
            id("holder_id"),
            sha256("name_key"),
            id("team_id"),
            id("job_id"),
            line("name"),
            maybe_number("revision"),
            yes_no("secret"),
        ],
    )
    .primary(&["holder", "holder_id", "name_key"])
    .index("ix_variable_uses_name", &["team_id", "name_key"])
    .index("ix_variable_uses_job", &["job_id"])
}
