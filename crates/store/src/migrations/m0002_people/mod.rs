//! The second step: what several people on one server need. Accounts and teams can be disabled, tokens can
//! be scoped to a team and a role, invitations, the audit list, and which team may use what the platform
//! has: a thing without a row in `restrictions` is for all teams, one with a row is for the teams in `grants`.

use sea_orm::DbBackend;
use sea_orm_migration::sea_query::{ColumnDef, Table};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::m0001_begin::{NewTable, id, line, maybe_id, maybe_number, maybe_text, maybe_word, name, number, sha256, word};

/// See the module.
pub struct People;

impl MigrationName for People {
    fn name(&self) -> &'static str {
        "m0002_people"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for People {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, definition) in [
            ("users", "disabled_at", maybe_number("disabled_at")),
            ("teams", "disabled_at", maybe_number("disabled_at")),
            ("sessions", "address", maybe_word("address")),
            ("tokens", "team_id", maybe_id("team_id")),
            ("tokens", "role", maybe_word("role")),
        ] {
            add(manager, table, column, definition).await?;
        }
        let backend = manager.get_database_backend();
        for table in [invitations(), audit(backend), restrictions(), grants()] {
            table.create(manager).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &str, column: &str, mut definition: ColumnDef) -> Result<(), DbErr> {
    if manager.has_column(table, column).await? {
        return Ok(());
    }
    let statement = Table::alter().table(name(table)).add_column(&mut definition).to_owned();
    manager.alter_table(statement).await
}

fn invitations() -> NewTable {
    NewTable::new(
        "invitations",
        vec![
            id("id"),
            sha256("secret_key"),
            id("team_id"),
            word("role"),
            line("note"),
            id("created_by"),
            number("created_at"),
            number("expires_at"),
            maybe_number("used_at"),
        ],
    )
    .primary(&["id"])
    .belongs("team_id", "teams")
    .belongs("created_by", "users")
    .unique("uq_invitations_secret", &["secret_key"])
    .index("ix_invitations_team", &["team_id"])
}

fn audit(backend: DbBackend) -> NewTable {
    NewTable::new(
        "audit",
        vec![
            id("id"),
            number("at"),
            maybe_id("team_id"),
            maybe_id("user_id"),
            maybe_id("token_id"),
            maybe_text(backend, "token_name"),
            word("operation"),
            word("noun"),
            maybe_text(backend, "noun_id"),
            maybe_text(backend, "noun_name"),
            maybe_word("address"),
            maybe_text(backend, "state_before"),
            maybe_text(backend, "state_after"),
            number("status"),
            maybe_word("code"),
        ],
    )
    .primary(&["id"])
    .index("ix_audit_at", &["at"])
    .index("ix_audit_team", &["team_id", "id"])
    .index("ix_audit_user", &["user_id", "id"])
}

fn restrictions() -> NewTable {
    NewTable::new("restrictions", vec![word("noun"), id("noun_id")]).primary(&["noun", "noun_id"])
}

fn grants() -> NewTable {
    NewTable::new("grants", vec![word("noun"), id("noun_id"), id("team_id")])
        .primary(&["noun", "noun_id", "team_id"])
        .belongs("team_id", "teams")
}
