//! Restart policies in rows: the facts they give, and that a restart begins once.

use domain::Millis;
use domain::operation::{Operation, OperationState, Request};
use domain::restart::{GivenUp, RestartPolicy, RestartWhen};
use domain::run::{Outcome, Run, RunCause, RunEnd, StopMode};

use super::bed::on_each_engine;
use super::world::{World, end, ended};
use crate::{EventFilter, StoreError, Write, new_id};

fn policy() -> RestartPolicy {
    RestartPolicy {
        when: RestartWhen::Failed,
        limit: 3,
        ..RestartPolicy::default()
    }
}

impl World {
    async fn set(&self, policy: RestartPolicy) {
        self.store
            .set_restart_policy(self.team.id, self.job.id, policy, self.user)
            .await
            .unwrap();
    }

    async fn fails(&self, run: &Run, at: i64) {
        let write = Write::EndRun {
            run_id: run.id,
            end: RunEnd {
                at: Millis(at),
                ..end(Outcome::Failed)
            },
            events: Vec::new(),
        };
        self.commit(vec![write]).await.unwrap();
    }

    fn restart(&self, after: &Run) -> (Operation, Write) {
        let operation = self.restart_of(after);
        let write = Write::BeginRestart {
            application: None,
            after: after.id,
            operation: operation.clone(),
            message: "again".to_owned(),
        };
        (operation, write)
    }

    async fn engine_has_it(&self) -> bool {
        let jobs = self.store.engine_jobs(self.cluster.id).await.unwrap();
        jobs.iter().any(|facts| facts.job.id == self.job.id)
    }
}

#[test]
fn a_policy_is_kept_with_the_job_and_goes_with_it() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let read = || world.store.restart_policy(world.team.id, world.job.id);
        assert_eq!(read().await.unwrap(), RestartPolicy::default());
        world.set(policy()).await;
        world.set(policy()).await;
        assert_eq!(read().await.unwrap(), policy());
        let other = world.store.create_team("other").await.unwrap();
        let foreign = world.store.restart_policy(other.id, world.job.id).await;
        assert_eq!(foreign, Err(StoreError::NotFound));
        let foreign = world.store.set_restart_policy(other.id, world.job.id, policy(), world.user).await;
        assert_eq!(foreign, Err(StoreError::NotFound));
        world.commit(vec![Write::DeleteJob(world.job.id)]).await.unwrap();
        assert_eq!(read().await, Err(StoreError::NotFound));
    });
}

#[test]
fn failures_are_the_ends_of_the_newest_intents_runs() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        world.set(policy()).await;
        let old = world.running().await;
        world.fails(&old, 1_000).await;
        assert!(world.engine_has_it().await);
        let run = world.running().await;
        assert!(
            world
                .store
                .job_facts(world.job.id)
                .await
                .unwrap()
                .restart
                .unwrap()
                .failures
                .is_empty()
        );
        world.fails(&run, 2_000).await;
        let facts = world.store.job_facts(world.job.id).await.unwrap();
        assert_eq!(
            facts.restart.as_ref().unwrap().failures,
            [Millis(2_000)],
            "the other intent's does not count"
        );
        assert!(domain::restart::due_at(&facts).is_some());
        // A view has them too: the label says when it is restarted.
        let view = world.store.job_view(world.team.id, world.job.id).await.unwrap();
        assert_eq!(view.restart, facts.restart);
        world.set(RestartPolicy::default()).await;
        assert!(!world.engine_has_it().await, "a policy that is off is no work");
    });
}

#[test]
fn a_restart_begins_once_and_only_after_the_newest_run() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        world.set(policy()).await;
        let run = world.running().await;
        let (_, early) = world.restart(&Run {
            id: domain::id::RunId(new_id()),
            ..run.clone()
        });
        world.fails(&run, 1_000).await;
        assert!(matches!(world.commit(vec![early]).await, Err(StoreError::Conflict(_))));
        let (operation, begin) = world.restart(&run);
        world.commit(vec![begin]).await.unwrap();
        assert!(matches!(
            world.commit(vec![world.restart(&run).1]).await,
            Err(StoreError::Conflict(_))
        ));
        let job = world.now().await;
        assert_eq!((job.lifecycle_id, job.generation), (Some(operation.id), run.generation));
        let again = Run {
            attempt: 2,
            cause: RunCause::Restart,
            ..world.run(&operation)
        };
        world
            .commit(vec![
                Write::InsertRun(again.clone()),
                Write::Operation(ended(operation, OperationState::Succeeded)),
            ])
            .await
            .unwrap();
        assert_eq!(world.store.run_any(again.id).await.unwrap(), again);
        world.fails(&again, 2_000).await;
        assert!(matches!(
            world.commit(vec![world.restart(&run).1]).await,
            Err(StoreError::Conflict(_))
        ));
        // A stop that was asked for meanwhile wins.
        world.request(world.asks(Request::Stop { mode: StopMode::Cancel })).await;
        assert!(matches!(
            world.commit(vec![world.restart(&again).1]).await,
            Err(StoreError::Conflict(_))
        ));
    });
}

#[test]
fn giving_up_is_written_once_and_ends_the_engines_work() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        world.set(policy()).await;
        let run = world.running().await;
        world.fails(&run, 1_000).await;
        let given_up = GivenUp {
            run_id: run.id,
            at: Millis(5),
            reason: "too often".to_owned(),
        };
        let write = Write::GiveUpRestarts {
            team_id: world.team.id,
            job_id: world.job.id,
            given_up: given_up.clone(),
        };
        world.commit(vec![write.clone()]).await.unwrap();
        world.commit(vec![write]).await.unwrap();
        let facts = world.store.job_facts(world.job.id).await.unwrap();
        assert_eq!(facts.restart.unwrap().given_up, Some(given_up));
        assert!(!world.engine_has_it().await);
        let events = world.store.events(world.team.id, &EventFilter::default()).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.code == "restarts_given_up").count(), 1);
    });
}
