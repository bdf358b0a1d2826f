//! The fault hook: a process that ends right before or after a commit, as if it were killed.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use domain::operation::OperationState;
use tempfile::TempDir;

use super::world::{World, ended};
use crate::{JobFilter, Store, Write};

const URL: &str = "STREAMWRIGHT_CRASH_TEST_URL";

/// What the child does: a request, then an engine write.
#[test]
#[ignore = "run by the other tests of this file as a process of its own"]
#[allow(clippy::disallowed_methods, reason = "the parent says where")]
fn child() {
    let url = std::env::var(URL).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&url).await.unwrap();
        let world = World::new(store).await;
        let operation = world.request(world.start()).await;
        world
            .commit(vec![Write::Operation(ended(operation, OperationState::Succeeded))])
            .await
            .unwrap();
    });
}

/// Runs the child with a moment to crash at; answers the signal that ended it, and how many operations
/// are stored and how many of them are open.
#[allow(clippy::disallowed_methods, reason = "the child is this very test program")]
fn crash(moment: &str) -> (Option<i32>, usize, usize) {
    let folder = TempDir::new().unwrap();
    let url = Store::sqlite_url(&folder.path().join("crash.db"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["tests::crash::child", "--exact", "--ignored", "--test-threads=1"])
        .env(URL, &url)
        .env("STREAMWRIGHT_CRASH", moment);
    let output = child.output().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&url).await.unwrap();
        let team = store.team_by_name("team").await.unwrap();
        let jobs = store.jobs(team.id, &JobFilter::default()).await.unwrap();
        let operations = store.operations(team.id, jobs[0].id, 10, None).await.unwrap();
        let open = operations.iter().filter(|of| of.state.open()).count();
        assert_eq!(jobs[0].lifecycle_id.is_some(), open == 1);
        store.close().await;
        (output.status.signal(), operations.len(), open)
    })
}

const ABORTED: Option<i32> = Some(6);

#[test]
fn before_a_commit_nothing_of_it_is_there_and_after_it_everything() {
    assert_eq!(crash("before:1"), (ABORTED, 0, 0));
    assert_eq!(crash("after:1"), (ABORTED, 1, 1));
    assert_eq!(crash("before:2"), (ABORTED, 1, 1));
    assert_eq!(crash("after:2"), (ABORTED, 1, 0));
    assert_eq!(crash("before:3"), (None, 1, 0));
}
