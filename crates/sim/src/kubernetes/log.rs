//! `pods/NAME/log`: as it is now, or followed.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch::Receiver;

use super::answer::Refusal;
use super::pods::MAIN;
use super::route::Route;
use super::serve::Shared;
use super::world::{World, collection};

/// The time of the first line of any log: 2026-11-23T01:00:00Z in nanoseconds.
const FIRST: i64 = 1_795_395_600_000_000_000;

/// Which log, found.
#[derive(Clone)]
struct Found {
    key: (String, bool),
    /// Its container runs.
    grows: bool,
    /// What is there where nobody has set anything.
    usual: String,
}

/// The answer.
pub(crate) fn answer(shared: &Shared, route: &Route) -> Result<Response, Refusal> {
    let found = shared.with(|world| find(world, route))?;
    let text = shared.with(|world| text(world, &found));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let wanted: usize = route.parameter("tailLines").parse().unwrap_or(usize::MAX);
    let since = nanoseconds(route.parameter("sinceTime"));
    let begin = lines.len().saturating_sub(wanted).max(lines_before(since));
    let timed = route.parameter("timestamps") == "true";
    if route.parameter("follow") != "true" || !found.grows {
        let begin = begin.min(lines.len());
        return Ok(written(begin, &lines[begin..], timed).into_response());
    }
    let following = Following {
        bell: shared.bell(),
        cuts: shared.with(|world| {
            world.following += 1;
            world.log_cuts
        }),
        shared: shared.clone(),
        route: route.clone(),
        at: begin,
        timed,
        over: false,
    };
    let pieces = futures::stream::unfold(following, |mut following| async move {
        let piece = following.next().await?;
        Some((piece, following))
    });
    Ok(([(header::CONTENT_TYPE, "text/plain")], Body::from_stream(pieces)).into_response())
}

fn find(world: &World, route: &Route) -> Result<Found, Refusal> {
    let name = &route.name;
    let pod = world
        .get(&collection(&route.namespace, "pods"), name)
        .ok_or_else(|| Refusal::absent("pods", name))?;
    let container = route.parameter("container");
    let all = ["containerStatuses", "initContainerStatuses"].map(|key| pod["status"][key].as_array());
    let mut statuses = all.into_iter().flatten().flatten();
    let status = statuses.find(|one| container.is_empty() || one["name"] == container);
    let bad = |message: String| Refusal::new(400, "BadRequest", message);
    let status = status.ok_or_else(|| bad(format!("container {container} is not valid for pod {name}")))?;
    let previous = route.parameter("previous") == "true";
    let init = pod["status"]["initContainerStatuses"]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one["name"] == container && container != MAIN));
    let key = if init { format!("{name}/{container}") } else { name.clone() };
    let said = |previous| world.logs.contains_key(&(key.clone(), previous));
    let dead = |key: &str| !status[key]["terminated"].is_null();
    let waits = !status["state"]["waiting"].is_null();
    if previous && !said(true) {
        let message = format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
        return Err(bad(message));
    }
    // As the kubelet does it: a container that waits to be started again shows its last life.
    let last = waits && dead("lastState");
    if waits && !last && !said(previous) {
        let message = format!("container \"{container}\" in pod \"{name}\" is waiting to start: ContainerCreating");
        return Err(bad(message));
    }
    let before = previous || (last && !said(false));
    Ok(Found {
        key: (key, before),
        grows: !status["state"]["running"].is_null() && !previous,
        usual: format!("log of {name}\n"),
    })
}

fn text(world: &World, found: &Found) -> String {
    world.logs.get(&found.key).cloned().unwrap_or_else(|| found.usual.clone())
}

/// The time of a line.
fn time(line: usize) -> i64 {
    FIRST + i64::try_from(line / 3).unwrap_or(0) * 250_000_000
}

/// Lines that are older than a time.
fn lines_before(time: Option<i64>) -> usize {
    let quarters = time.map_or(0, |time| (time - FIRST).max(0).div_euclid(250_000_000));
    usize::try_from(quarters * 3).unwrap_or(0)
}

fn nanoseconds(time: &str) -> Option<i64> {
    // Whole seconds only, as the API server passes them on.
    domain::time::Millis::parse(time).map(|time| time.0.div_euclid(1_000) * 1_000_000_000)
}

fn written(from: usize, lines: &[&str], timed: bool) -> String {
    let written = lines.iter().enumerate().map(|(index, line)| {
        let time = domain::time::Millis(time(from + index) / 1_000_000).rfc3339();
        if timed { format!("{time} {line}") } else { (*line).to_owned() }
    });
    written.collect()
}

struct Following {
    shared: Shared,
    bell: Receiver<u64>,
    route: Route,
    cuts: u64,
    at: usize,
    timed: bool,
    over: bool,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.shared.with(|world| world.following -= 1);
    }
}

impl Following {
    async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        loop {
            if self.over {
                return None;
            }
            self.bell.borrow_and_update();
            let (cut, found, text) = self.shared.with(|world| {
                let found = find(world, &self.route).ok();
                let text = found.as_ref().map(|found| text(world, found));
                (world.log_cuts != self.cuts, found, text.unwrap_or_default())
            });
            if cut {
                self.over = true;
                return Some(Err(std::io::Error::other("cut by the simulator")));
            }
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let begin = self.at.min(lines.len());
            let new = written(begin, &lines[begin..], self.timed);
            self.at = lines.len();
            self.over = !found.is_some_and(|found| found.grows);
            if !new.is_empty() {
                return Some(Ok(Bytes::from(new)));
            }
            if !self.over {
                self.bell.changed().await.ok()?;
            }
        }
    }
}
