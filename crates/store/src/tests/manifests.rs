//! What a run was made of, in rows: the last try counts, the newest run's stays, and nothing outlives its job.

use domain::id::RunId;
use domain::run::Outcome;
use serde_json::{Value, json};

use super::bed::on_each_engine;
use super::world::{World, end};
use crate::manifests::MAX_BYTES;
use crate::{Write, new_id};

fn objects(text: &str) -> Vec<Value> {
    vec![json!({"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"file": text}})]
}

impl World {
    async fn makes(&self, run_id: RunId, objects: Vec<Value>) {
        let of = (self.team.id, self.job.id);
        self.commit(vec![Write::RunManifests { of, run_id, objects }]).await.unwrap();
    }

    async fn made(&self, run_id: RunId) -> Option<Vec<Value>> {
        let found = self.store.run_manifests(self.team.id, run_id).await.unwrap();
        found.map(|found| found.objects)
    }
}

#[test]
fn the_last_try_of_a_run_counts_and_only_its_team_reads_it() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let (first, second) = (RunId(new_id()), RunId(new_id()));
        world.makes(first, objects("1")).await;
        world.makes(first, objects("字 \0 \u{1f600}")).await;
        assert_eq!(world.made(first).await, Some(objects("字 \0 \u{1f600}")));
        world.makes(second, objects("2")).await;
        let newest = world.store.newest_manifests(world.team.id, world.job.id).await.unwrap().unwrap();
        assert_eq!((newest.run_id, newest.objects), (second, objects("2")));

        let other = world.store.create_team("other").await.unwrap();
        assert_eq!(world.store.run_manifests(other.id, first).await.unwrap(), None);
        assert_eq!(world.store.newest_manifests(other.id, world.job.id).await.unwrap(), None);

        // What is too large is not kept, and what was kept of an earlier try is not it.
        world.makes(first, objects(&"x".repeat(MAX_BYTES))).await;
        assert_eq!(world.made(first).await, None);
    });
}

#[test]
fn the_newest_run_keeps_what_it_was_made_of_as_long_as_its_job() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let (old, run) = (RunId(new_id()), world.running().await);
        world.makes(old, objects("old")).await;
        world.makes(run.id, objects("new")).await;
        assert_eq!(world.store.prune_manifests(60_000).await.unwrap(), 0);
        // As if a minute had passed.
        assert_eq!(world.store.prune_manifests(-60_000).await.unwrap(), 1);
        assert_eq!((world.made(old).await, world.made(run.id).await), (None, Some(objects("new"))));

        let ended = Write::EndRun {
            run_id: run.id,
            end: end(Outcome::Canceled),
            events: Vec::new(),
        };
        world.commit(vec![ended]).await.unwrap();
        world.commit(vec![Write::DeleteJob(world.job.id)]).await.unwrap();
        assert_eq!(world.made(run.id).await, None);
    });
}
