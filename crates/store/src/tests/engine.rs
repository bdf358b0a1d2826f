//! What the engine writes, and what it may not overwrite.

use domain::Millis;
use domain::effect::EffectState;
use domain::id::RunId;
use domain::job::Desired;
use domain::observation::{FlinkState, Observation, Presence};
use domain::operation::{OperationError, OperationState, Request, Step};
use domain::run::{Outcome, Run, Source, StopMode};
use domain::snapshot::{Snapshot, SnapshotState};

use super::bed::on_each_engine;
use super::world::{World, effect, end, ended};
use crate::{EventFilter, NewEvent, NewOperation, StoreError, Write, now};

fn refused(outcome: Result<(), StoreError>) {
    assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
}

#[test]
fn a_run_is_stored_as_it_was_given() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let run = world.running().await;
        assert_eq!(world.store.run(world.team.id, run.id).await.unwrap(), run);
        assert_eq!(world.now().await.run_id, Some(run.id));
        let later = Run {
            running_at: Some(now()),
            stop_intent: Some(StopMode::Drain),
            restore_path: Some("s3://b/p".to_owned()),
            ..run
        };
        world.commit(vec![Write::UpdateRun(later.clone())]).await.unwrap();
        world.commit(vec![Write::UpdateRun(later.clone())]).await.unwrap();
        assert_eq!(world.store.run_any(later.id).await.unwrap(), later);
        let ended = Run {
            end: Some(end(Outcome::Failed)),
            ghost_since: Some(Millis(5)),
            ..later
        };
        world.commit(vec![Write::UpdateRun(ended.clone())]).await.unwrap();
        assert!(
            world.store.run_any(ended.id).await.unwrap().live(),
            "an end is written as an end only"
        );
        world
            .commit(vec![Write::EndRun {
                run_id: ended.id,
                end: end(Outcome::Failed),
                events: Vec::new(),
            }])
            .await
            .unwrap();
        assert_eq!(world.store.runs_by_ids(&[ended.id]).await.unwrap(), std::slice::from_ref(&ended));
        assert_eq!(world.store.runs(world.team.id, world.job.id, 10, None).await.unwrap(), [ended]);
    });
}

#[test]
fn two_runs_of_a_job_are_never_alive() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let first = world.running().await;
        let replace = world
            .request(NewOperation {
                supersede: None,
                ..world.start()
            })
            .await;
        // As an adopted one: its id says nothing of its time.
        let adopted = RunId::of_flink_job(&"f".repeat(32)).unwrap();
        let second = Run {
            id: adopted,
            generation: replace.generation,
            ..world.run(&replace)
        };
        refused(world.commit(vec![Write::InsertRun(second.clone())]).await);
        assert_eq!(world.now().await.run_id, Some(first.id));
        world
            .commit(vec![Write::EndRun {
                run_id: first.id,
                end: end(Outcome::Canceled),
                events: Vec::new(),
            }])
            .await
            .unwrap();
        world.commit(vec![Write::InsertRun(second.clone())]).await.unwrap();
        world
            .commit(vec![Write::EndRun {
                run_id: second.id,
                end: end(Outcome::NeverRan),
                events: Vec::new(),
            }])
            .await
            .unwrap();
        refused(world.commit(vec![Write::InsertRun(world.run(&replace))]).await);
        let attempt = Run {
            attempt: 2,
            ..world.run(&replace)
        };
        world.commit(vec![Write::InsertRun(attempt.clone())]).await.unwrap();
        assert_eq!(world.now().await.run_id, Some(attempt.id));
        for (before, expected) in [
            (None, vec![attempt.id, adopted, first.id]),
            (Some(attempt.id), vec![adopted, first.id]),
            (Some(adopted), vec![first.id]),
        ] {
            let page = world.store.runs(world.team.id, world.job.id, 10, before).await.unwrap();
            assert_eq!(page.iter().map(|run| run.id).collect::<Vec<_>>(), expected, "{before:?}");
        }
    });
}

#[test]
fn a_run_of_an_older_intent_is_not_made() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let start = world.request(world.start()).await;
        let stop = world
            .request(NewOperation {
                supersede: Some(start.id),
                ..world.stop()
            })
            .await;
        refused(world.commit(vec![Write::InsertRun(world.run(&start))]).await);
        let old = Run {
            generation: start.generation,
            ..world.run(&stop)
        };
        refused(world.commit(vec![Write::InsertRun(old)]).await);
        assert_eq!(world.now().await.run_id, None);
    });
}

#[test]
fn the_end_of_a_run_is_sticky() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let run = world.running().await;
        let event = |text: &str| NewEvent::new(world.team.id, "run_ended", text).job(world.job.id).run(run.id);
        let first = Write::EndRun {
            run_id: run.id,
            end: end(Outcome::Finished),
            events: vec![event("first")],
        };
        world.commit(vec![first]).await.unwrap();
        let before = world.store.newest_change().await.unwrap();
        let second = Write::EndRun {
            run_id: run.id,
            end: end(Outcome::Failed),
            events: vec![event("second")],
        };
        world.commit(vec![second]).await.unwrap();
        assert_eq!(world.store.run_any(run.id).await.unwrap().end, Some(end(Outcome::Finished)));
        assert_eq!(
            world.store.newest_change().await.unwrap(),
            before,
            "nothing changed, nobody is told"
        );
        let events = world.store.events(world.team.id, &EventFilter::default()).await.unwrap();
        let ends: Vec<_> = events
            .iter()
            .filter(|event| event.code == "run_ended")
            .map(|event| event.message.as_str())
            .collect();
        assert_eq!(ends, ["first"]);
    });
}

#[test]
fn a_list_is_written_all_or_not_at_all() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let run = world.running().await;
        let before = (world.store.newest_change().await.unwrap(), world.now().await);
        let lost = world.run(&world.store.operation_any(run.operation_id).await.unwrap());
        refused(
            world
                .commit(vec![
                    Write::Effect(effect(&run, EffectState::Sent)),
                    Write::Event(NewEvent::new(world.team.id, "told", "never").job(world.job.id)),
                    Write::Snapshot(world.snapshot(&run, SnapshotState::Triggering)),
                    Write::EndRun {
                        run_id: run.id,
                        end: end(Outcome::Failed),
                        events: Vec::new(),
                    },
                    Write::Desired {
                        job_id: world.job.id,
                        generation: 1,
                        desired: Desired::Stopped,
                    },
                    Write::UpdateRun(lost),
                ])
                .await,
        );
        assert_eq!((world.store.newest_change().await.unwrap(), world.now().await), before);
        assert!(world.store.effects_of_run(run.id).await.unwrap().is_empty());
        assert!(
            world
                .store
                .snapshots(world.team.id, world.job.id, 10, None)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(world.store.run_any(run.id).await.unwrap().live());
    });
}

#[test]
fn effects_observations_and_snapshots_are_written_over() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let run = world.running().await;
        let mut call = effect(&run, EffectState::Intended);
        world.commit(vec![Write::Effect(call.clone())]).await.unwrap();
        (call.state, call.tries, call.sent_at, call.answer) =
            (EffectState::Refused, 2, Some(now()), Some("cause: 'x' \"y\" 😀".to_owned()));
        world.commit(vec![Write::Effect(call.clone())]).await.unwrap();
        assert_eq!(world.store.effects_of_run(run.id).await.unwrap(), [call.clone()]);
        assert_eq!(world.store.effects_of_operation(run.operation_id).await.unwrap(), [call]);

        let state = FlinkState::Other("NEW_IN_FLINK_3".to_owned());
        let present = Presence::Present {
            state,
            tasks_running: 1,
            tasks_total: 2,
            since: Some(Millis(7)),
            ended_at: None,
        };
        let seen = |presence| Observation {
            run_id: run.id,
            source: Source::JobManagerRest,
            presence,
            incarnation: Some("i".to_owned()),
            seen_at: Millis(9),
        };
        world
            .commit(vec![
                Write::Observation(seen(Presence::Unknown)),
                Write::Observation(seen(present.clone())),
            ])
            .await
            .unwrap();
        assert_eq!(world.store.job_facts(world.job.id).await.unwrap().observation, Some(seen(present)));

        let first = world.snapshot(&run, SnapshotState::Triggering);
        let done = Snapshot {
            state: SnapshotState::Complete,
            path: Some("p".to_owned()),
            completed_at: Some(now()),
            size_bytes: Some(1 << 40),
            ..first.clone()
        };
        world.commit(vec![Write::Snapshot(first.clone())]).await.unwrap();
        assert_eq!(world.store.unsettled_snapshots(world.cluster.id).await.unwrap(), [first]);
        assert_eq!(world.store.newest_snapshot(world.job.id).await.unwrap(), None);
        world.commit(vec![Write::Snapshot(done.clone())]).await.unwrap();
        assert_eq!(world.store.newest_snapshot(world.job.id).await.unwrap(), Some(done.clone()));
        assert_eq!(world.store.snapshot(world.team.id, done.id).await.unwrap(), done);
    });
}

#[test]
fn an_operation_is_recorded_after_its_end_but_ends_once() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let mut operation = world.request(world.start()).await;
        let run = world.run(&operation);
        let step = |name: &str| Step {
            name: name.to_owned(),
            started_at: Millis(1),
            ended_at: None,
            detail: "…".to_owned(),
        };
        (operation.steps, operation.run_id) = (vec![step("submit")], Some(run.id));
        world
            .commit(vec![Write::InsertRun(run.clone()), Write::Operation(operation.clone())])
            .await
            .unwrap();
        let error = OperationError {
            code: "submission_refused".to_owned(),
            message: "no".to_owned(),
            hint: "look".to_owned(),
        };
        let failed = domain::operation::Operation {
            error: Some(error),
            ..ended(operation.clone(), OperationState::Failed)
        };
        world.commit(vec![Write::Operation(failed.clone())]).await.unwrap();
        let mut stored = world.store.operation(world.team.id, operation.id).await.unwrap();
        stored.revision = failed.revision;
        assert_eq!(stored, failed);
        assert_eq!(world.now().await.lifecycle_id, None);
        operation.steps.push(step("late"));
        world
            .commit(vec![Write::Operation(ended(operation.clone(), OperationState::Succeeded))])
            .await
            .unwrap();
        let stored = world.store.operation_any(operation.id).await.unwrap();
        assert_eq!(
            (stored.state, stored.error.is_some(), stored.steps.len()),
            (OperationState::Failed, true, 2)
        );
    });
}

#[test]
fn what_is_desired_follows_the_newest_intent() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let start = world.request(world.start()).await;
        world
            .request(NewOperation {
                supersede: Some(start.id),
                ..world.stop()
            })
            .await;
        let desired = Desired::Running {
            release_id: world.release.id,
        };
        world
            .commit(vec![Write::Desired {
                job_id: world.job.id,
                generation: 1,
                desired,
            }])
            .await
            .unwrap();
        assert_eq!(world.now().await.desired, Desired::Stopped, "a newer intent wins");
        world
            .commit(vec![Write::Desired {
                job_id: world.job.id,
                generation: 2,
                desired,
            }])
            .await
            .unwrap();
        assert_eq!(world.now().await.desired, desired);
    });
}

#[test]
fn a_deleted_job_leaves_its_timeline_and_its_last_operation() {
    on_each_engine(|store, _| async move {
        let world = World::new(store).await;
        let run = world.running().await;
        world
            .commit(vec![
                Write::Effect(effect(&run, EffectState::Accepted)),
                Write::Snapshot(world.snapshot(&run, SnapshotState::Complete)),
            ])
            .await
            .unwrap();
        let delete = world.request(world.asks(Request::Delete)).await;
        refused(world.commit(vec![Write::DeleteJob(world.job.id)]).await);
        let last = vec![
            Write::EndRun {
                run_id: run.id,
                end: end(Outcome::Canceled),
                events: Vec::new(),
            },
            Write::DeleteJob(world.job.id),
            Write::Operation(ended(delete.clone(), OperationState::Succeeded)),
        ];
        world.commit(last.clone()).await.unwrap();
        world.commit(last).await.unwrap();
        assert_eq!(world.store.job(world.team.id, world.job.id).await, Err(StoreError::NotFound));
        assert_eq!(world.store.run_any(run.id).await, Err(StoreError::NotFound));
        assert_eq!(world.store.release_any(world.release.id).await, Err(StoreError::NotFound));
        assert_eq!(
            world.store.operation(world.team.id, delete.id).await.unwrap().state,
            OperationState::Succeeded
        );
        let events = world
            .store
            .events(
                world.team.id,
                &EventFilter {
                    job_id: Some(world.job.id),
                    ..EventFilter::default()
                },
            )
            .await
            .unwrap();
        assert_eq!(events.first().map(|event| event.code.as_str()), Some("job_deleted"));
        assert!(events.iter().any(|event| event.code == "job_created"));
        world.another("job").await;
    });
}
