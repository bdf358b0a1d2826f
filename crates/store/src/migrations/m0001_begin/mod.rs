//! The first step: all tables of version 0.1. Times, counts and numbers are BIGINT; ids are UUIDs; words
//! are short VARCHARs; free text and JSON is TEXT (LONGTEXT on MySQL, whose TEXT ends at 64 KiB). Names
//! are unique by the SHA-256 of their bytes, so that every engine compares them byte by byte.
//!
//! Foreign keys stand only where a row is meaningless without the other; history (operations, events)
//! outlives what it tells of.

mod access;
mod cluster;
mod feed;
mod job;
mod run;

use sea_orm_migration::sea_query::{
    ColumnDef, DynIden, ForeignKey, ForeignKeyCreateStatement, Index, IntoIden, Query, Table, TableCreateStatement,
};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use sea_orm::DbBackend;

/// See the module.
pub struct Begin;

impl MigrationName for Begin {
    fn name(&self) -> &'static str {
        "m0001_begin"
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Begin {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [
            access::tables(backend),
            cluster::tables(backend),
            job::tables(backend),
            run::tables(backend),
            feed::tables(backend),
        ]
        .concat()
        {
            table.create(manager).await?;
        }
        min_server(manager).await
    }
}

/// Writes the level below which a server refuses this schema.
async fn min_server(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let facts = name("schema_facts");
    manager.exec_stmt(Query::delete().from_table(facts.clone()).to_owned()).await?;
    let row = Query::insert()
        .into_table(facts)
        .columns([name("name"), name("amount")])
        .values_panic(["min_server".into(), 1_i64.into()])
        .to_owned();
    manager.exec_stmt(row).await
}

/// A table with its indexes, which are made on their own because the engines differ in how a table's
/// statement names them.
#[derive(Clone)]
pub(super) struct NewTable {
    name: &'static str,
    statement: TableCreateStatement,
    indexes: Vec<(&'static str, &'static [&'static str], bool)>,
}

impl NewTable {
    pub(super) fn new(table: &'static str, columns: Vec<ColumnDef>) -> Self {
        let mut statement = Table::create();
        statement.table(name(table)).if_not_exists();
        for mut column in columns {
            statement.col(&mut column);
        }
        Self {
            name: table,
            statement,
            indexes: Vec::new(),
        }
    }

    pub(super) fn primary(mut self, columns: &[&'static str]) -> Self {
        let mut index = Index::create();
        for column in columns {
            index.col(name(column));
        }
        self.statement.primary_key(&mut index);
        self
    }

    pub(super) fn belongs(mut self, column: &'static str, table: &'static str) -> Self {
        let mut foreign: ForeignKeyCreateStatement = ForeignKey::create();
        foreign
            .name(format!("fk_{}_{column}", self.name))
            .from(name(self.name), name(column))
            .to(name(table), name("id"));
        self.statement.foreign_key(&mut foreign);
        self
    }

    pub(super) fn unique(mut self, index: &'static str, columns: &'static [&'static str]) -> Self {
        self.indexes.push((index, columns, true));
        self
    }

    pub(super) fn index(mut self, index: &'static str, columns: &'static [&'static str]) -> Self {
        self.indexes.push((index, columns, false));
        self
    }

    pub(super) async fn create(mut self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::MySql {
            self.statement.character_set("utf8mb4").collate("utf8mb4_bin").engine("InnoDB");
        }
        manager.create_table(self.statement).await?;
        for (index, columns, unique) in self.indexes {
            if manager.has_index(self.name, index).await? {
                continue;
            }
            let mut statement = Index::create();
            statement.name(index).table(name(self.name));
            for column in columns {
                statement.col(name(column));
            }
            if unique {
                statement.unique();
            }
            manager.create_index(statement).await?;
        }
        Ok(())
    }
}

pub(super) fn name(text: &str) -> DynIden {
    text.to_owned().into_iden()
}

pub(super) fn id(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).uuid().not_null().to_owned()
}

pub(super) fn maybe_id(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).uuid().null().to_owned()
}

pub(super) fn number(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).big_integer().not_null().to_owned()
}

pub(super) fn maybe_number(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).big_integer().null().to_owned()
}

pub(super) fn yes_no(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).boolean().not_null().to_owned()
}

/// A word of an enum, a version number, a kind.
pub(super) fn word(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).string_len(64).not_null().to_owned()
}

pub(super) fn maybe_word(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).string_len(64).null().to_owned()
}

/// 64 hexadecimal digits.
pub(super) fn sha256(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).string_len(64).not_null().to_owned()
}

/// A name or another line of people's text of bounded length.
pub(super) fn line(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).string_len(400).not_null().to_owned()
}

/// Text without a bound of its own.
pub(super) fn text(backend: DbBackend, column: &str) -> ColumnDef {
    let mut definition = ColumnDef::new(name(column));
    match backend {
        DbBackend::MySql => definition.custom("longtext"),
        _ => definition.text(),
    };
    definition.not_null().to_owned()
}

pub(super) fn maybe_text(backend: DbBackend, column: &str) -> ColumnDef {
    let mut definition = ColumnDef::new(name(column));
    match backend {
        DbBackend::MySql => definition.custom("longtext"),
        _ => definition.text(),
    };
    definition.null().to_owned()
}
