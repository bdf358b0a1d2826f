//! Rows out of each engine and into each other one.

use std::collections::BTreeMap;

use domain::evidence::EvidenceKind;
use sea_orm::ConnectionTrait;
use tokio::sync::mpsc;

use super::bed::{on_each_engine, on_each_pair};
use super::evidence::file;
use super::fixture;
use super::world::World;
use crate::{Copied, Digests, JobFilter, Store, StoreError};

/// From one database into another.
pub async fn copy(from: &Store, to: &Store, replace: bool) -> Result<Digests, StoreError> {
    let (sender, receiver) = mpsc::channel(2);
    let from = from.clone();
    let reading = tokio::spawn(async move { from.copy_out(sender).await });
    let taken = to.copy_in(receiver, replace, &mut || Ok(())).await;
    match reading.await.unwrap() {
        Ok(sent) => taken.inspect(|taken| assert_eq!(*taken, sent)),
        Err(error) => taken.and(Err(error)),
    }
}

/// All rows of a database, by table, in no order.
pub async fn rows(store: &Store) -> BTreeMap<String, Vec<String>> {
    let (sender, mut receiver) = mpsc::channel(2);
    let store = store.clone();
    let reading = tokio::spawn(async move { store.copy_out(sender).await });
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while let Some(piece) = receiver.recv().await {
        if let Copied::Rows { table, lines } = piece {
            found.entry(table).or_default().extend(lines.lines().map(str::to_owned));
        }
    }
    reading.await.unwrap().unwrap();
    found.values_mut().for_each(|lines| lines.sort());
    found
}

#[test]
fn everything_goes_from_each_engine_to_each_other_and_back() {
    on_each_pair(|from, to, back| async move {
        fixture::fill(&from).await;
        let world = World::new(from.clone()).await;
        world.running().await;
        // Bytes that are no text, in the largest column.
        let text = "2026-11-22 ERROR 漢字\n".repeat(20_000);
        world
            .keeps(crate::now(), None, vec![file(EvidenceKind::Log, "jobmanager", &text)])
            .await;
        let before = rows(&from).await;
        assert_eq!(before["evidence_files"].len(), 1);
        copy(&from, &to, false).await.unwrap();
        assert_eq!(rows(&to).await, before);
        // It works as a database: the next number of the change feed is free, what was written is found.
        let jobs = to.jobs(world.team.id, &JobFilter::default()).await.unwrap();
        assert_eq!(jobs[0].name, "job");
        to.create_team("later").await.unwrap();
        let later = rows(&to).await;
        assert!(later["changes"].len() > before["changes"].len());
        copy(&to, &back, false).await.unwrap();
        assert_eq!(rows(&back).await, later);
    });
}

#[test]
fn a_copy_is_one_moment_while_others_write() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let (sender, mut receiver) = mpsc::channel(1);
        let reader = store.clone();
        let reading = tokio::spawn(async move { reader.copy_out(sender).await });
        // The beginning is sent once the moment is fixed, and the channel holds no more than one piece.
        let first = receiver.recv().await.unwrap();
        assert!(matches!(first, Copied::Begin(_)));
        for number in 0..20 {
            store.create_team(&format!("later {number}")).await.unwrap();
        }
        let mut teams = 0;
        while let Some(piece) = receiver.recv().await {
            if let Copied::Rows { table, lines } = piece
                && table == "teams"
            {
                teams += lines.lines().count();
            }
        }
        let digests = reading.await.unwrap().unwrap();
        assert_eq!((teams, digests["teams"].rows), (1, 1));
        assert_eq!(digests["jobs"].rows, 1);
        assert_eq!(world.now().await.name, "job");
    });
}

#[test]
fn what_is_cut_off_or_changed_on_the_way_changes_nothing() {
    on_each_engine(|store, url| async move {
        let world = World::new(store.clone()).await;
        let mut pieces = Vec::new();
        let (sender, mut receiver) = mpsc::channel(2);
        let reader = store.clone();
        let reading = tokio::spawn(async move { reader.copy_out(sender).await });
        while let Some(piece) = receiver.recv().await {
            pieces.push(piece);
        }
        reading.await.unwrap().unwrap();
        world.another("only here").await;
        let before = rows(&store).await;
        let spoil: [(&str, fn(&mut Vec<Copied>)); 6] = [
            ("cut off", |pieces| drop(pieces.pop())),
            ("no beginning", |pieces| drop(pieces.remove(0))),
            ("not what was sent", |pieces| {
                pieces.remove(2);
            }),
            ("newer version", |pieces| {
                pieces[0] = Copied::Begin(vec!["m0001_begin".into(), "m9999_later".into()]);
            }),
            ("no table", |pieces| {
                let (table, lines) = ("seaql_migrations".to_owned(), "{}\n".to_owned());
                pieces.insert(1, Copied::Rows { table, lines });
            }),
            ("is no JSON", |pieces| {
                let (table, lines) = ("teams".to_owned(), "no row\n".to_owned());
                pieces.insert(1, Copied::Rows { table, lines });
            }),
        ];
        for (word, spoil) in spoil {
            let mut spoilt = pieces.clone();
            spoil(&mut spoilt);
            let (sender, receiver) = mpsc::channel(pieces.len() + 2);
            for piece in spoilt {
                sender.send(piece).await.unwrap();
            }
            drop(sender);
            let refused = store.copy_in(receiver, true, &mut || Ok(())).await.unwrap_err();
            assert!(
                matches!(&refused, StoreError::Invalid(text) if text.contains(word)),
                "{word}: {refused:?}"
            );
            assert_eq!(rows(&store).await, before, "{word}");
        }
        // Nothing is written over without being told so.
        let other = Store::open(&url).await.unwrap();
        assert!(matches!(copy(&store, &other, false).await, Err(StoreError::Conflict(text)) if text.contains("not empty")));
        other.close().await;
        // And with it, what was there is gone.
        let (sender, receiver) = mpsc::channel(pieces.len());
        for piece in pieces {
            sender.send(piece).await.unwrap();
        }
        drop(sender);
        store.copy_in(receiver, true, &mut || Ok(())).await.unwrap();
        assert_eq!(store.jobs(world.team.id, &JobFilter::default()).await.unwrap().len(), 1);
    });
}

#[test]
fn tables_of_others_are_left_alone() {
    on_each_engine(|store, _| async move {
        World::new(store.clone()).await;
        for sql in [
            "CREATE TABLE of_others (what VARCHAR(20))",
            "INSERT INTO of_others VALUES ('theirs')",
        ] {
            store.writer.execute_unprepared(sql).await.unwrap();
        }
        let before = rows(&store).await;
        assert!(!before.contains_key("of_others"));
        let (sender, receiver) = mpsc::channel(64);
        store.copy_out(sender).await.unwrap();
        store.copy_in(receiver, true, &mut || Ok(())).await.unwrap();
        let sql = "SELECT what FROM of_others";
        let statement = sea_orm::Statement::from_string(store.backend, sql);
        let kept: String = store
            .reader
            .query_one_raw(statement)
            .await
            .unwrap()
            .unwrap()
            .try_get("", "what")
            .unwrap();
        assert_eq!(kept, "theirs");
    });
}

#[test]
fn a_nul_that_postgres_cannot_hold_is_named() {
    on_each_pair(|from, to, _| async move {
        let world = World::new(from.clone()).await;
        if from.engine_name() == "postgres" {
            return;
        }
        let sql = "UPDATE jobs SET description = 'a' || CHAR(0) || 'b'";
        let sql = if from.engine_name() == "mysql" {
            "UPDATE jobs SET description = CONCAT('a', CHAR(0), 'b')"
        } else {
            sql
        };
        from.writer.execute_unprepared(sql).await.unwrap();
        let copied = copy(&from, &to, false).await;
        if to.engine_name() == "postgres" {
            let error = copied.unwrap_err().to_string();
            assert!(error.contains("jobs.description") && error.contains("NUL"), "{error}");
        } else {
            copied.unwrap();
            assert_eq!(to.job(world.team.id, world.job.id).await.unwrap().description, "a\0b");
        }
    });
}
