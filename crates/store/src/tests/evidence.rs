//! Evidence in rows: kept once, shared where runs ended together, and pruned by age and share.

use domain::Millis;
use domain::evidence::{EvidenceFile, EvidenceKind, KeptEvidence, Retention};
use domain::id::RunId;

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
