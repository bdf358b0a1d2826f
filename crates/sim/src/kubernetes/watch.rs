//! Watches: changes as lines, with bookmarks, until they are cut or the point from which they go on is forgotten.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;

use super::answer::Refusal;
use super::route::Route;
use super::selector::Selector;
use super::serve::Shared;

struct Watch {
    shared: Shared,
    bell: Receiver<u64>,
    collection: String,
    selector: Selector,
    at: u64,
    number: u64,
    bookmarks: bool,
    lines: VecDeque<Value>,
    over: bool,
}

/// The answer to a watch.
pub(crate) fn stream(shared: Shared, route: &Route) -> Result<Response, Refusal> {
    let from = route.parameter("resourceVersion").parse();
    let at: u64 = from.map_err(|_| Refusal::new(400, "BadRequest", "the simulator wants to be told where a watch begins"))?;
    let watch = Watch {
        bell: shared.bell(),
        number: shared.with(|world| world.watches),
        shared,
        collection: route.collection.clone(),
        selector: Selector::new(route.parameter("labelSelector"), route.parameter("fieldSelector")),
        at,
        bookmarks: route.parameter("allowWatchBookmarks") == "true",
        lines: VecDeque::new(),
        over: false,
    };
    let lines = futures::stream::unfold(watch, |mut watch| async move {
        let line = watch.next().await?;
        Some((Ok::<Bytes, std::io::Error>(Bytes::from(format!("{line}\n"))), watch))
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(lines)).into_response())
}

impl Watch {
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(line);
            }
            if self.over {
                return None;
            }
            self.bell.borrow_and_update();
            self.look();
            if self.lines.is_empty() && !self.over {
                self.wait().await;
            }
        }
    }

    async fn wait(&mut self) {
        let every = self.shared.with(|world| world.options.bookmark_ms);
        let changed = tokio::time::timeout(Duration::from_millis(every), self.bell.changed()).await;
        if changed.is_err() && self.bookmarks {
            self.lines
                .push_back(json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": self.at.to_string()}}}));
        }
    }

    fn look(&mut self) {
        let (shared, at) = (self.shared.clone(), self.at);
        shared.with(|world| {
            if world.watches != self.number {
                self.over = true;
                return;
            }
            if world.hold_watches {
                return;
            }
            if at < world.oldest {
                self.lines.push_back(json!({"type": "ERROR", "object": Refusal::gone().body()}));
                self.over = true;
                return;
            }
            let begin = world.changes.partition_point(|change| change.version <= at);
            let new = world.changes[begin..].iter();
            let ours = new.filter(|change| change.collection == self.collection && self.selector.takes(&change.object));
            self.lines
                .extend(ours.map(|change| json!({"type": change.kind, "object": change.object})));
            self.at = world.version;
        });
    }
}
