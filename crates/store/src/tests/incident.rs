//! Incidents and messages where two servers look at the same jobs: each is told once.

use domain::id::{DeliveryId, DestinationId, InstanceId};
use domain::incident::{IncidentKind, Step, Trouble};
use domain::message::{Address, Destination, Line, Preset, Rules, message};

use super::bed::on_each_engine;
use super::world::World;
use crate::{IncidentStep, JobFilter, RECOVERED, Store, StoreError, new_id, now};

async fn destination(world: &World) -> Destination {
    let new = Destination {
        id: DestinationId(new_id()),
        team_id: world.team.id,
        name: "on-call".to_owned(),
        address: Address::Webhook {
            host: "hooks.example.com".to_owned(),
            preset: Preset::Json,
        },
        sealed: None,
        rules: Rules::default(),
        enabled: true,
        created_at: now(),
    };
    world.store.create_destination(new, world.user).await.unwrap()
}

/// A step of the world's job as a server sees it now.
async fn seen(world: &World, step: Step, to: &Destination) -> IncidentStep {
    let mut found = world.store.job_views(world.team.id, &JobFilter::default()).await.unwrap();
    IncidentStep {
        facts: Box::new(found.remove(0)),
        open: world.store.open_incidents(world.team.id).await.unwrap().remove(&world.job.id),
        step,
        tell: vec![to.id],
    }
}

fn trouble(kind: IncidentKind) -> Trouble {
    Trouble {
        kind,
        since: now(),
        cause: "boom".to_owned(),
    }
}

fn conflict<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
    assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
}

/// Makes one message of what waits, as a server does.
async fn gather(store: &Store, to: &Destination) -> Result<usize, StoreError> {
    let waiting = store.waiting_notices(to.id).await?;
    let lines: Vec<Line> = Vec::new();
    store
        .queue_message(to, message(DeliveryId(new_id()), "team", lines), &waiting)
        .await?;
    Ok(waiting.len())
}

#[test]
fn of_two_servers_that_see_the_same_trouble_one_tells() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let to = destination(&world).await;
        let open = || Step::Open(trouble(IncidentKind::Failed));
        let (one, other) = (seen(&world, open(), &to).await, seen(&world, open(), &to).await);
        store.incident_steps(vec![one]).await.unwrap();
        conflict(store.incident_steps(vec![other]).await);
        let worse = || Step::Worse(trouble(IncidentKind::CrashLoop));
        let (one, other) = (seen(&world, worse(), &to).await, seen(&world, worse(), &to).await);
        store.incident_steps(vec![one]).await.unwrap();
        conflict(store.incident_steps(vec![other]).await);
        let close = || Step::Close { recovered: true };
        let (one, other) = (seen(&world, close(), &to).await, seen(&world, close(), &to).await);
        store.incident_steps(vec![one]).await.unwrap();
        conflict(store.incident_steps(vec![other]).await);
        let waiting = store.waiting_notices(to.id).await.unwrap();
        let words: Vec<&str> = waiting.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(words, ["failed", "crash_loop", RECOVERED]);
        assert!(store.open_incidents(world.team.id).await.unwrap().is_empty());
    });
}

#[test]
fn of_two_servers_one_makes_the_message_and_one_sends_it() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let to = destination(&world).await;
        let step = seen(&world, Step::Open(trouble(IncidentKind::Failed)), &to).await;
        store.incident_steps(vec![step]).await.unwrap();
        let slow = store.waiting_notices(to.id).await.unwrap();
        assert_eq!(gather(&store, &to).await.unwrap(), 1);
        let late = message(DeliveryId(new_id()), "team", Vec::new());
        conflict(store.queue_message(&to, late, &slow).await);
        let (one, other) = (InstanceId(new_id()), InstanceId(new_id()));
        let claimed = store.claim_deliveries(one).await.unwrap();
        assert_eq!(claimed.len(), 1);
        assert!(store.claim_deliveries(other).await.unwrap().is_empty(), "it is being sent already");
        // What is sent is given back as it is, and claimed no more.
        let (mut delivery, _) = claimed.into_iter().next().unwrap();
        delivery.state = domain::message::DeliveryState::Sent;
        store.delivery_tried(delivery).await.unwrap();
        assert!(store.claim_deliveries(other).await.unwrap().is_empty());
    });
}
