//! What a job needs at night: how it is restarted, what is kept of a run's end, and who is told.

use sea_orm::DbBackend;
use sea_orm_migration::sea_query::ColumnDef;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use super::m0001_begin::{NewTable, id, line, maybe_id, maybe_number, maybe_text, maybe_word, name, number, sha256, text, word, yes_no};

/// See the module.
pub struct Night;

impl MigrationName for Night {
    fn name(&self) -> &'static str {
        "m0004_night"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Night {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [
            restart_policies(backend),
            evidence(backend),
            evidence_files(backend),
            destinations(backend),
            incidents(backend),
            notices(),
            deliveries(backend),
        ] {
            table.create(manager).await?;
        }
        Ok(())
    }
}

/// Bytes without a bound of their own.
fn bytes(backend: DbBackend, column: &str) -> ColumnDef {
    let mut definition = ColumnDef::new(name(column));
    match backend {
        DbBackend::MySql => definition.custom("longblob"),
        _ => definition.blob(),
    };
    definition.not_null().to_owned()
}

fn restart_policies(backend: DbBackend) -> NewTable {
    NewTable::new(
        "restart_policies",
        vec![
            id("job_id"),
            id("team_id"),
            text(backend, "policy"),
            yes_no("active"),
            maybe_id("given_up_run_id"),
            maybe_number("given_up_at"),
            maybe_text(backend, "given_up_reason"),
        ],
    )
    .primary(&["job_id"])
}

fn evidence(backend: DbBackend) -> NewTable {
    NewTable::new(
        "evidence",
        vec![
            id("run_id"),
            id("team_id"),
            id("job_id"),
            number("collected_at"),
            maybe_text(backend, "missing"),
            maybe_id("logs_of"),
            maybe_number("expired_at"),
        ],
    )
    .primary(&["run_id"])
    .index("ix_evidence_job", &["job_id"])
}

fn evidence_files(backend: DbBackend) -> NewTable {
    NewTable::new(
        "evidence_files",
        vec![
            id("id"),
            id("run_id"),
            id("team_id"),
            id("job_id"),
            word("kind"),
            line("process"),
            line("name"),
            bytes(backend, "content"),
            number("size_bytes"),
            number("stored_bytes"),
            number("collected_at"),
        ],
    )
    .primary(&["id"])
    .index("ix_evidence_files_run", &["run_id"])
    .index("ix_evidence_files_age", &["team_id", "collected_at"])
}

fn destinations(backend: DbBackend) -> NewTable {
    NewTable::new(
        "destinations",
        vec![
            id("id"),
            id("team_id"),
            line("name"),
            sha256("name_key"),
            text(backend, "address"),
            maybe_text(backend, "sealed"),
            text(backend, "rules"),
            yes_no("enabled"),
            id("created_by"),
            number("created_at"),
        ],
    )
    .primary(&["id"])
    .belongs("team_id", "teams")
    .unique("uq_destinations_name", &["team_id", "name_key"])
}

/// `open_key` is the same word for all that are open and nothing for the rest: one open incident for each job.
fn incidents(backend: DbBackend) -> NewTable {
    NewTable::new(
        "incidents",
        vec![
            id("id"),
            id("team_id"),
            id("job_id"),
            line("job_name"),
            maybe_id("run_id"),
            word("kind"),
            number("since"),
            text(backend, "cause"),
            number("opened_at"),
            maybe_number("well_since"),
            maybe_number("closed_at"),
            maybe_word("open_key"),
        ],
    )
    .primary(&["id"])
    .unique("uq_incidents_open", &["job_id", "open_key"])
    .index("ix_incidents_team", &["team_id", "id"])
    .index("ix_incidents_open", &["open_key"])
}

fn notices() -> NewTable {
    NewTable::new(
        "notices",
        vec![
            id("id"),
            id("destination_id"),
            id("incident_id"),
            word("what"),
            number("created_at"),
            maybe_id("delivery_id"),
        ],
    )
    .primary(&["id"])
    .unique("uq_notices_once", &["destination_id", "incident_id", "what"])
    .index("ix_notices_waiting", &["delivery_id", "destination_id"])
}

fn deliveries(backend: DbBackend) -> NewTable {
    NewTable::new(
        "deliveries",
        vec![
            id("id"),
            id("team_id"),
            id("destination_id"),
            text(backend, "message"),
            word("state"),
            number("tries"),
            number("next_at"),
            maybe_id("claimed_by"),
            maybe_number("claimed_until"),
            maybe_text(backend, "error"),
            number("created_at"),
            maybe_number("sent_at"),
        ],
    )
    .primary(&["id"])
    .index("ix_deliveries_due", &["state", "next_at"])
    .index("ix_deliveries_destination", &["destination_id", "id"])
}
