//! Evidence in rows: kept once, shared where runs ended together, and pruned by age and share.

use domain::Millis;
use domain::evidence::{EvidenceFile, EvidenceKind, KeptEvidence, Retention};
use domain::id::RunId;
use domain::log::{LogOwner, MAX_KEPT_LOGS};

use super::bed::on_each_engine;
use super::world::World;
use crate::{PackedFile, Write, new_id, now};

pub fn file(kind: EvidenceKind, process: &str, text: &str) -> PackedFile {
    PackedFile::of(&EvidenceFile {
        kind,
        process: process.to_owned(),
        name: "a".to_owned(),
        text: text.to_owned(),
    })
}

impl World {
    pub async fn keeps(&self, at: Millis, logs_of: Option<RunId>, files: Vec<PackedFile>) -> RunId {
        let kept = KeptEvidence {
            run_id: RunId(new_id()),
            job_id: self.job.id,
            team_id: self.team.id,
            collected_at: at,
            missing: None,
            logs_of,
        };
        let id = kept.run_id;
        self.commit(vec![Write::Evidence { kept, files }]).await.unwrap();
        id
    }
}

#[test]
fn evidence_is_read_as_it_was_kept_and_logs_are_shared() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let text = "zeile 字\n".repeat(100_000);
        let first = vec![
            file(EvidenceKind::Log, "jobmanager", &text),
            file(EvidenceKind::Exceptions, "", "[1]"),
        ];
        let first = world.keeps(now(), None, first).await;
        let second = world
            .keeps(now(), Some(first), vec![file(EvidenceKind::Exceptions, "", "[2]")])
            .await;
        let (_, files) = world.store.evidence(world.team.id, second).await.unwrap().unwrap();
        let mut texts = Vec::new();
        for file in &files {
            texts.push(world.store.evidence_text(file).await.unwrap().unwrap());
        }
        assert_eq!(texts, [text, "[2]".to_owned()], "its own exceptions, and the logs of the other");
        let other = world.store.create_team("other").await.unwrap();
        assert_eq!(world.store.evidence(other.id, first).await.unwrap(), None);
        world.commit(vec![Write::DeleteJob(world.job.id)]).await.unwrap();
        assert_eq!(world.store.evidence(world.team.id, first).await.unwrap(), None);
    });
}

#[test]
fn the_oldest_go_first_and_what_is_gone_is_said() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let log = || vec![file(EvidenceKind::Log, "jobmanager", "x")];
        let old = world.keeps(now().plus(-10_000), None, log()).await;
        let middle = world.keeps(now().plus(-1_000), None, log()).await;
        let new = world.keeps(now(), None, log()).await;
        let age = |age| Retention {
            age,
            ..Retention::default()
        };
        assert_eq!(world.store.prune_evidence(age(60_000)).await.unwrap(), 0);
        assert_eq!(world.store.prune_evidence(age(5_000)).await.unwrap(), 1);
        let (kept, files) = world.store.evidence(world.team.id, old).await.unwrap().unwrap();
        assert!(files.is_empty() && kept.missing.unwrap().contains("removed"));
        let share = Retention {
            bytes: 30,
            ..Retention::default()
        };
        assert_eq!(world.store.prune_evidence(share).await.unwrap(), 1);
        let count = async |run| world.store.evidence(world.team.id, run).await.unwrap().unwrap().1.len();
        assert_eq!((count(middle).await, count(new).await), (0, 1));
    });
}

#[test]
fn logs_are_kept_before_the_end_each_once_and_no_more_than_fit() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let owner = LogOwner {
            team_id: world.team.id,
            job_id: world.job.id,
            run_id: RunId(new_id()),
        };
        let log = |name: &str, kind, text: &str| {
            PackedFile::of(&EvidenceFile {
                kind,
                process: "jobmanager".to_owned(),
                name: name.to_owned(),
                text: text.to_owned(),
            })
        };
        let save = async |files| world.commit(vec![Write::Logs { owner, files }]).await.unwrap();
        let names = async |team| {
            let kept = world.store.kept_logs(team, owner.run_id).await.unwrap();
            kept.into_iter().map(|file| file.name).collect::<Vec<_>>()
        };
        save(vec![log("a", EvidenceKind::Lost, "gone"), log("b", EvidenceKind::Log, "b")]).await;
        save(vec![log("a", EvidenceKind::Log, "read after all")]).await;
        assert_eq!(names(world.team.id).await, ["b", "a"]);
        let other = world.store.create_team("other").await.unwrap();
        assert!(names(other.id).await.is_empty());

        // The end adds to it, and takes the place of what has the same name.
        let (kept, _) = world
            .store
            .evidence(world.team.id, owner.run_id)
            .await
            .unwrap()
            .expect("logs alone are evidence");
        assert_eq!((kept.job_id, kept.missing.clone()), (world.job.id, None));
        let files = vec![log("a", EvidenceKind::Log, "the end"), file(EvidenceKind::Exceptions, "", "[]")];
        world.commit(vec![Write::Evidence { kept, files }]).await.unwrap();
        let (_, files) = world.store.evidence(world.team.id, owner.run_id).await.unwrap().unwrap();
        let newest = files
            .iter()
            .find(|file| file.name == "a" && file.kind == EvidenceKind::Log)
            .unwrap();
        assert_eq!(
            (files.len(), world.store.evidence_text(newest).await.unwrap().as_deref()),
            (3, Some("the end"))
        );

        for number in 0..MAX_KEPT_LOGS + 3 {
            save(vec![log(&format!("p.{number}"), EvidenceKind::Log, "x")]).await;
        }
        let kept = names(world.team.id).await;
        assert_eq!((kept.len(), kept[0].as_str()), (MAX_KEPT_LOGS, "p.3"), "the oldest go first");
        world.commit(vec![Write::DeleteJob(world.job.id)]).await.unwrap();
        assert!(names(world.team.id).await.is_empty());
    });
}
