//! Pages of jobs.

use domain::id::JobId;
use domain::label::Labels;

use super::bed::on_each_engine;
use super::world::World;
use crate::{JobFilter, JobPatch, NewJob, StoreError, new_id};

#[test]
fn pages_follow_each_other_newest_first() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let mut made = vec![world.job.id];
        for n in 0..6 {
            made.push(world.another(&format!("job {n}")).await.job.id);
        }
        made.reverse();
        let mut seen = Vec::new();
        let mut filter = JobFilter {
            limit: 3,
            ..JobFilter::default()
        };
        loop {
            let page = store.jobs(world.team.id, &filter).await.unwrap();
            let views = store.job_views(world.team.id, &filter).await.unwrap();
            assert_eq!(page, views.into_iter().map(|facts| facts.job).collect::<Vec<_>>());
            let Some(last) = page.last() else { break };
            filter.cursor = Some(last.id);
            seen.extend(page.into_iter().map(|job| job.id));
        }
        assert_eq!(seen, made);
        let other = store.create_team("other").await.unwrap();
        assert!(store.jobs(other.id, &JobFilter::default()).await.unwrap().is_empty());
        assert_eq!(store.job(other.id, world.job.id).await, Err(StoreError::NotFound));
        assert!(matches!(store.job_view(other.id, world.job.id).await, Err(StoreError::NotFound)));
        assert_eq!(store.job_any(JobId(new_id())).await, Err(StoreError::NotFound));
    });
}

#[test]
fn labels_find_jobs_byte_by_byte() {
    on_each_engine(|store, _| async move {
        let world = World::new(store.clone()).await;
        let labels = |text: &str| -> Labels {
            let pairs = text.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        for (name, with) in [
            ("a", "stage=prod team-of=checkout"),
            ("b", "stage=prod2 team-of=checkout"),
            ("c", "stage=Prod"),
            ("d", "负责人=张三 empty="),
        ] {
            let new = NewJob {
                team_id: world.team.id,
                name: name.to_owned(),
                description: String::new(),
                labels: labels(with),
                created_by: world.user,
            };
            assert_eq!(store.create_job(new).await.unwrap().labels, labels(with));
        }
        let found = async |text: &str| {
            let filter = JobFilter {
                labels: labels(text),
                ..JobFilter::default()
            };
            let jobs = store.jobs(world.team.id, &filter).await.unwrap();
            jobs.into_iter().map(|job| job.name).collect::<String>()
        };
        for (text, names) in [
            ("stage=prod", "a"),
            ("stage=Prod", "c"),
            ("team-of=checkout", "ba"),
            ("team-of=checkout stage=prod2", "b"),
            ("负责人=张三", "d"),
            ("empty=", "d"),
            ("stage=", ""),
            ("of=checkout", ""),
            ("stage=pro%", ""),
            ("x=\"' OR 1=1", ""),
        ] {
            assert_eq!(found(text).await, names, "{text}");
        }
        let job = store.job_by_name(world.team.id, "a").await.unwrap().unwrap();
        let patch = |labels| JobPatch {
            name: None,
            description: None,
            labels,
            by: world.user,
        };
        let kept = store.change_job(world.team.id, job.id, patch(None)).await.unwrap();
        assert_eq!(kept.labels, job.labels);
        let none = store.change_job(world.team.id, job.id, patch(Some(Labels::new()))).await.unwrap();
        assert_eq!(none.labels, Labels::new());
        assert_eq!(found("stage=prod").await, "");
    });
}
