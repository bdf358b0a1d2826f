//! Variables: kept, changed, used, and not deleted under who uses them.

use domain::draft::JobSpec;
use domain::run::{Outcome, Run};
use domain::secret::Sealed;
use domain::variable::{Need, PinnedVariable, Variable, VariableUse, VariableValue, names};

use super::bed::on_each_engine;
use super::world::{World, content, end, spec};
use crate::{EventFilter, JobFilter, NewDraft, NewRelease, NewVariable, StoreError, VariableChange, Write};

fn plain(text: &str) -> VariableValue {
    VariableValue::Plain(text.to_owned())
}

fn sealed(text: &str) -> VariableValue {
    VariableValue::Secret(Sealed::new(text.to_owned()))
}

async fn make(world: &World, name: &str, value: VariableValue) -> Result<Variable, StoreError> {
    let new = NewVariable {
        team_id: world.team.id,
        name: name.to_owned(),
        value,
        description: "what for, 字".to_owned(),
        by: world.user,
    };
    world.store.create_variable(new).await
}

async fn set(world: &World, name: &str, value: VariableValue) -> Result<(i64, Vec<Option<Need>>), StoreError> {
    let change = VariableChange {
        value: Some(value),
        description: None,
        by: world.user,
    };
    let (now, uses) = world.store.change_variable(world.team.id, name, change).await?;
    Ok((now.revision, uses.iter().map(|of| of.need).collect()))
}

async fn draft(world: &World, spec: &JobSpec) {
    let new = NewDraft {
        team_id: world.team.id,
        job_id: world.job.id,
        base_revision: None,
        spec: spec.clone(),
        saved_by: world.user,
    };
    world.store.save_draft(new).await.unwrap();
}

async fn release(world: &World, spec: JobSpec) -> Result<World, StoreError> {
    let known = world.store.variables(world.team.id).await?;
    let used = names(&spec);
    let mut content = content("job", spec);
    content.variables = known.iter().filter(|one| used.contains(&one.name)).map(Variable::pin).collect();
    let new = NewRelease {
        team_id: world.team.id,
        job_id: world.job.id,
        draft_revision: 1,
        content,
        findings: Vec::new(),
        overridden: false,
        note: String::new(),
        created_by: world.user,
    };
    let release = world.store.create_release(new).await?;
    Ok(World { release, ..world.clone() })
}

async fn uses(world: &World, name: &str) -> Vec<VariableUse> {
    let variable = world.store.variable(world.team.id, name).await.unwrap();
    world.store.variable_uses(world.team.id, &[variable]).await.unwrap().remove(0)
}

async fn outdated(world: &World) -> Vec<(Need, String)> {
    let facts = world.store.job_view(world.team.id, world.job.id).await.unwrap();
    let listed = world.store.job_views(world.team.id, &JobFilter::default()).await.unwrap();
    let same = listed.into_iter().find(|other| other.job.id == world.job.id).unwrap();
    assert_eq!(same.outdated, facts.outdated, "the list and the page say the same");
    facts.outdated.into_iter().map(|one| (one.need, one.name)).collect()
}

fn ended(run: &Run) -> Write {
    Write::EndRun {
        run_id: run.id,
        end: end(Outcome::Failed),
        events: Vec::new(),
    }
}

#[test]
fn a_variable_is_kept_and_its_revision_counts_its_values() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let long = "字'\\\n".repeat(10_000);
        let made = make(&world, "topic", plain(&long)).await.unwrap();
        assert_eq!(store.variable(world.team.id, "topic").await.as_ref(), Ok(&made));
        assert!(matches!(make(&world, "topic", plain("x")).await, Err(StoreError::Conflict(why)) if why.contains("topic")));
        make(&world, "TOPIC", plain("another one")).await.unwrap();
        assert_eq!(set(&world, "topic", plain(&long)).await, Ok((1, vec![])), "the same value");
        assert_eq!(set(&world, "topic", plain("")).await, Ok((2, vec![])));
        assert_eq!(set(&world, "topic", sealed("one")).await, Ok((3, vec![])), "it becomes a secret");
        assert_eq!(store.variable(world.team.id, "topic").await.unwrap().former, None);
        assert_eq!(set(&world, "topic", sealed("two")).await, Ok((4, vec![])));
        let now = store.variable(world.team.id, "topic").await.unwrap();
        let kept: Vec<&str> = now.sealed().map(Sealed::as_str).collect();
        assert_eq!(kept, ["two", "one"], "the one before is kept to be hidden");
        assert!(matches!(set(&world, "topic", plain("x")).await, Err(StoreError::Conflict(why)) if why.contains("stays one")));
        assert_eq!(store.secrets(world.team.id).await.unwrap(), [now]);
        let listed = store.variables(world.team.id).await.unwrap();
        assert_eq!(listed.len(), 2);
        let other = store.create_team("other").await.unwrap();
        assert_eq!(store.variable(other.id, "topic").await, Err(StoreError::NotFound));
        assert_eq!(store.delete_variable(other.id, "topic").await, Err(StoreError::NotFound));
        assert_eq!(store.variables(other.id).await, Ok(vec![]));
        store.delete_variable(world.team.id, "topic").await.unwrap();
        assert_eq!(store.delete_variable(world.team.id, "topic").await, Err(StoreError::NotFound));
    });
}

#[test]
fn who_uses_it_is_known_and_it_is_not_deleted_under_them() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let another = world.another("another").await;
        make(&world, "topic", plain("orders")).await.unwrap();
        make(&world, "pw", sealed("one")).await.unwrap();
        let both = spec("SELECT ${topic} '${pw}' ${missing} -- ${comment}", &world.cluster);
        draft(&world, &both).await;
        draft(&another, &spec("SELECT '${topic}'", &world.cluster)).await;
        let of: Vec<_> = uses(&world, "topic")
            .await
            .into_iter()
            .map(|of| (of.job_name, of.draft, of.release))
            .collect();
        assert_eq!(of, [("another".to_owned(), true, None), ("job".to_owned(), true, None)]);
        assert!(matches!(store.delete_variable(world.team.id, "topic").await,
            Err(StoreError::Conflict(why)) if why.contains("the draft of job 'another' and one more job")));
        let second = release(&world, both.clone()).await.unwrap();
        draft(&world, &spec("SELECT 1", &world.cluster)).await;
        draft(&another, &spec("SELECT 1", &world.cluster)).await;
        assert!(matches!(store.delete_variable(world.team.id, "pw").await,
            Err(StoreError::Conflict(why)) if why.contains("release 2 of job 'job'")));
        // The release that runs counts, also when it is not the newest; older ones do not.
        let run = second.running().await;
        release(&world, spec("SELECT 1", &world.cluster)).await.unwrap();
        assert_eq!(uses(&world, "pw").await[0].release, Some(2));
        let end = ended(&run);
        world.commit(vec![end]).await.unwrap();
        assert_eq!(uses(&world, "pw").await, []);
        store.delete_variable(world.team.id, "pw").await.unwrap();
        let gone = NewRelease {
            content: second.release.content.clone(),
            team_id: world.team.id,
            job_id: world.job.id,
            draft_revision: 1,
            findings: Vec::new(),
            overridden: false,
            note: String::new(),
            created_by: world.user,
        };
        assert!(matches!(store.create_release(gone).await, Err(StoreError::Conflict(why)) if why.contains("'pw' was deleted")));
    });
}

#[test]
fn a_change_says_what_jobs_need() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        make(&world, "topic", plain("orders")).await.unwrap();
        make(&world, "pw", sealed("one")).await.unwrap();
        let both = spec("SELECT ${topic} '${pw}'", &world.cluster);
        draft(&world, &both).await;
        assert_eq!(set(&world, "topic", plain("b")).await, Ok((2, vec![None])), "a draft needs nothing");
        let second = release(&world, both.clone()).await.unwrap();
        assert_eq!(outdated(&second).await, []);
        assert_eq!(set(&world, "topic", plain("c")).await, Ok((3, vec![Some(Need::Release)])));
        assert_eq!(
            set(&world, "pw", sealed("two")).await,
            Ok((2, vec![None])),
            "the next start takes it"
        );
        assert_eq!(outdated(&second).await, [(Need::Release, "topic".to_owned())]);
        let run = second.running().await;
        let sent = vec![PinnedVariable {
            name: "pw".to_owned(),
            revision: 2,
            secret: true,
        }];
        let write = Write::RunVariables {
            of: (world.team.id, world.job.id),
            run_id: run.id,
            variables: sent,
        };
        world.commit(vec![write.clone()]).await.unwrap();
        world.commit(vec![write]).await.unwrap();
        assert_eq!(set(&world, "pw", sealed("three")).await, Ok((3, vec![Some(Need::Restart)])));
        let mut needs = outdated(&second).await;
        needs.sort();
        assert_eq!(needs, [(Need::Release, "topic".to_owned()), (Need::Restart, "pw".to_owned())]);
        // A newer release does not change what runs.
        release(&world, both).await.unwrap();
        assert_eq!(outdated(&second).await.len(), 2);
        world.commit(vec![ended(&run)]).await.unwrap();
        assert_eq!(outdated(&second).await, [], "the next start takes both");
        let filter = EventFilter {
            job_id: Some(world.job.id),
            limit: 100,
            ..EventFilter::default()
        };
        let events = store.events(world.team.id, &filter).await.unwrap();
        let said: Vec<&str> = events
            .iter()
            .filter(|event| event.code == "variable_changed")
            .map(|event| event.message.as_str())
            .collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said.iter().any(|text| text.contains("release 2 has its earlier value")), "{said:?}");
        assert!(said.iter().any(|text| text.contains("until the job is restarted")), "{said:?}");
        world.commit(vec![Write::DeleteJob(world.job.id)]).await.unwrap();
        assert_eq!(uses(&world, "topic").await, []);
    });
}
