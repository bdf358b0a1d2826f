//! Leases, and what they fence.

use domain::effect::EffectState;
use domain::id::InstanceId;

use super::bed::on_each_engine;
use super::world::{World, effect};
use crate::{NewEvent, StoreError, Write, new_id};

const MINUTE: i64 = 60_000;

#[test]
fn one_instance_holds_a_cluster_until_its_lease_expires() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let (a, b) = (InstanceId(new_id()), InstanceId(new_id()));
        store.heartbeat(a, "a").await.unwrap();
        store.heartbeat(a, "a").await.unwrap();
        let held = store.claim_cluster(world.cluster.id, a, MINUTE).await.unwrap().unwrap();
        assert_eq!((held.owner, held.epoch), (a, 1));
        assert_eq!(store.claim_cluster(world.cluster.id, b, MINUTE).await.unwrap(), None);
        let renewed = store.renew(&held, 2 * MINUTE).await.unwrap();
        assert!(renewed.expires_at > held.expires_at);
        // Expired at once: the next claim is another epoch, and the old holder has lost it.
        store.renew(&held, -1).await.unwrap();
        let taken = store.claim_cluster(world.cluster.id, b, MINUTE).await.unwrap().unwrap();
        assert_eq!((taken.owner, taken.epoch), (b, 2));
        assert!(matches!(store.renew(&held, MINUTE).await, Err(StoreError::Conflict(_))));
        store.release_lease(&held).await.unwrap();
        assert_eq!(
            store.claim_cluster(world.cluster.id, a, MINUTE).await.unwrap(),
            None,
            "giving back what is lost frees nothing"
        );
        store.release_lease(&taken).await.unwrap();
        assert_eq!(store.claim_cluster(world.cluster.id, a, MINUTE).await.unwrap().unwrap().epoch, 3);
        assert_eq!(
            store.claim_cluster(world.cluster.id, a, MINUTE).await.unwrap().unwrap().epoch,
            4,
            "each claim is an epoch"
        );
    });
}

#[test]
fn many_claims_at_once_have_one_winner() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let claims = (0..10).map(|_| {
            let (store, cluster) = (store.clone(), world.cluster.id);
            tokio::spawn(async move { store.claim_cluster(cluster, InstanceId(new_id()), MINUTE).await.unwrap() })
        });
        let mut won = 0;
        for claim in claims.collect::<Vec<_>>() {
            won += usize::from(claim.await.unwrap().is_some());
        }
        assert_eq!(won, 1);
    });
}

#[test]
fn what_is_written_under_a_lost_lease_is_not_written() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let run = world.running().await;
        let held = store
            .claim_cluster(world.cluster.id, InstanceId(new_id()), -1)
            .await
            .unwrap()
            .unwrap();
        let event = || Write::Event(NewEvent::new(world.team.id, "told", "…").job(world.job.id));
        store.commit(Some(&held), vec![event()]).await.unwrap();
        store
            .claim_cluster(world.cluster.id, InstanceId(new_id()), MINUTE)
            .await
            .unwrap()
            .unwrap();
        let before = store.newest_change().await.unwrap();
        let late = store
            .commit(Some(&held), vec![event(), Write::Effect(effect(&run, EffectState::Accepted))])
            .await;
        assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
        assert_eq!(store.newest_change().await.unwrap(), before);
        assert!(store.effects_of_run(run.id).await.unwrap().is_empty());
    });
}
