//! Pages of jobs.

use domain::id::JobId;

use super::bed::on_each_engine;
use super::world::World;
use crate::{JobFilter, StoreError, new_id};

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
