//! A log that is followed. Each line comes with its time, so that a stream that was cut goes on where it was: Kubernetes goes back to
//! whole seconds only, and what was read of that second is left out: what is older than the last line, and of its very nanosecond as
//! many as were read.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::log::{ContainerLog, LogFrom, LogPlace, timed};
use domain::ports::{LogPiece, LogStream, PodSight, PortError};
use futures::{Stream, StreamExt};

use crate::api::Api;
use crate::fault::Fault;
use crate::{log, sight};

/// Silence after which the stream is opened anew: a connection may be dead on the way.
const SILENCE: Duration = Duration::from_secs(300);
/// The longest line that is passed on, in bytes; the rest of it is left out.
const LONGEST_LINE: usize = 64 * 1024;
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Tries without a line after which the reader is told.
const TRIES: u32 = 8;

type Bytewise = Pin<Box<dyn Stream<Item = Result<Bytes, Fault>> + Send>>;

/// One log that is followed.
pub struct Following {
    api: Api,
    log: ContainerLog,
    from: LogFrom,
    container: Option<String>,
    pieces: Option<Bytewise>,
    lines: Lines,
    pause: Duration,
    first_pause: Duration,
    tries: u32,
    over: bool,
}

impl Following {
    /// Opens the stream: what can be wrong with the request is said at once.
    pub async fn open(api: Api, log: ContainerLog, from: LogFrom, pause: Duration) -> Result<Self, Fault> {
        let mut following = Self {
            container: log::first(&log),
            api,
            log,
            from,
            pieces: None,
            lines: Lines::default(),
            pause,
            first_pause: pause,
            tries: 0,
            over: false,
        };
        following.connect().await?;
        Ok(following)
    }

    async fn connect(&mut self) -> Result<(), Fault> {
        let (query, after) = match self.from {
            LogFrom::Lines(lines) => (format!("tailLines={lines}"), None),
            LogFrom::After(place) => (format!("sinceTime={}", place.since()), Some(place)),
        };
        let query = format!("follow=true&timestamps=true&{query}");
        let what = format!("follow the log of pod '{}'", self.log.pod);
        let pieces = loop {
            let path = log::path(&self.api, &self.log, self.container.as_deref(), &query)?;
            match self.api.bytes(&path, &what).await {
                Err(fault) if self.container.is_some() && log::not_there(&self.log, &fault) => self.container = None,
                pieces => break pieces?,
            }
        };
        self.lines = Lines::after(after);
        self.pieces = Some(Box::pin(pieces));
        Ok(())
    }

    /// The next piece of the open stream; nothing where it ended.
    async fn piece(&mut self) -> Option<Result<LogPiece, Fault>> {
        let pieces = self.pieces.as_mut()?;
        loop {
            match tokio::time::timeout(SILENCE, pieces.next()).await {
                Ok(Some(Ok(bytes))) => {
                    let text = self.lines.take(&bytes);
                    if let Some(place) = self.lines.place {
                        self.from = LogFrom::After(place);
                    }
                    if !text.is_empty() {
                        let place = self.lines.place;
                        return Some(Ok(LogPiece::Lines { text, place }));
                    }
                }
                Ok(Some(Err(fault))) => return Some(Err(fault)),
                Ok(None) => return None,
                Err(_) => return Some(Err(Fault::Silent("the log has been silent for long".to_owned()))),
            }
        }
    }

    /// The line that was not ended when its container was.
    fn rest(&mut self) -> Option<LogPiece> {
        let text = self.lines.finish();
        let place = self.lines.place;
        (!text.is_empty()).then_some(LogPiece::Lines { text, place })
    }

    /// What comes after a stream has ended or broken: why it is over, or nothing once it is open again.
    async fn resume(&mut self, broken: Option<Fault>) -> Option<Result<LogPiece, PortError>> {
        self.pieces = None;
        let mut broken = broken;
        loop {
            self.tries += 1;
            if let Some(fault) = broken.take().filter(|_| self.tries > TRIES) {
                return self.end(Err(fault.into()));
            }
            match complete(&self.api, &self.log).await {
                Ok(Some(why)) => return self.end(Ok(LogPiece::End(why))),
                Ok(None) => {}
                Err(fault @ Fault::Silent(_)) => broken = Some(fault),
                Err(fault) => return self.end(Err(fault.into())),
            }
            if broken.is_none() {
                match self.connect().await {
                    Ok(()) => return None,
                    Err(fault @ Fault::Silent(_)) => broken = Some(fault),
                    // Ended in this very moment: asked again.
                    Err(fault) if fault.refusal().is_some() && self.tries <= TRIES => broken = Some(fault),
                    Err(fault) => return self.end(Err(fault.into())),
                }
            }
            tokio::time::sleep(self.pause).await;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn end(&mut self, last: Result<LogPiece, PortError>) -> Option<Result<LogPiece, PortError>> {
        self.over = true;
        Some(last)
    }
}

/// Why there will be no more of a log; nothing where its container still runs.
async fn complete(api: &Api, log: &ContainerLog) -> Result<Option<String>, Fault> {
    if log.previous {
        return Ok(Some("That life of the container is over.".to_owned()));
    }
    let name = &log.pod;
    let pod = match api.get(&api.object("pods", name)?).await {
        Err(fault) if fault.absent() => return Ok(Some(format!("The pod {name} is gone."))),
        pod => sight::pod(&pod?, &[]),
    };
    Ok(match pod {
        Some(pod) if domain::log::grows(&pod, log) => None,
        Some(pod) => Some(ended(&pod, log)),
        None => Some(format!("The pod {name} is no Flink's any more.")),
    })
}

/// How a life of a container ended.
fn ended(pod: &PodSight, log: &ContainerLog) -> String {
    let end = match &log.init {
        Some(_) => pod.init.as_ref().and_then(|init| init.ended.as_ref()),
        None => pod.ended.as_ref(),
    };
    match end {
        Some(end) => format!("Its container ended with exit code {} ({}).", end.exit_code, end.reason),
        None => "Its container has ended.".to_owned(),
    }
}

#[async_trait]
impl LogStream for Following {
    async fn next(&mut self) -> Option<Result<LogPiece, PortError>> {
        while !self.over {
            let broken = match self.piece().await {
                Some(Ok(piece)) => {
                    (self.tries, self.pause) = (0, self.first_pause);
                    return Some(Ok(piece));
                }
                Some(Err(fault)) => Some(fault),
                None => match self.rest() {
                    Some(rest) => {
                        self.pieces = None;
                        return Some(Ok(rest));
                    }
                    None => None,
                },
            };
            if let Some(last) = self.resume(broken).await {
                return Some(last);
            }
        }
        None
    }
}

/// Lines cut from pieces, without those that were read before.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    /// The present line is longer than what is passed on: its rest is left out.
    skips: bool,
    /// Lines of this place and before it were read, so many of its very time are still to be left out.
    after: Option<LogPlace>,
    place: Option<LogPlace>,
}

impl Lines {
    fn after(place: Option<LogPlace>) -> Self {
        Self {
            after: place,
            place,
            ..Self::default()
        }
    }

    /// The text of the whole lines in a piece.
    fn take(&mut self, bytes: &[u8]) -> String {
        let mut text = String::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ends = part.ends_with(b"\n");
            if !self.skips {
                self.rest.extend_from_slice(part);
            }
            if ends && self.skips {
                self.skips = false;
            } else if ends || self.rest.len() > LONGEST_LINE {
                self.skips = !ends;
                self.line(&mut text);
            }
        }
        text
    }

    /// What is left at the end of a stream, a line without its end.
    fn finish(&mut self) -> String {
        let mut text = String::new();
        if !self.rest.is_empty() {
            self.line(&mut text);
        }
        text
    }

    fn line(&mut self, text: &mut String) {
        let whole = std::mem::take(&mut self.rest);
        let line = String::from_utf8_lossy(&whole);
        let line = line.trim_end_matches('\n');
        let line = match timed(line) {
            Some((at, _)) if self.known(at) => return,
            Some((at, line)) => {
                self.place = Some(self.place.map_or(LogPlace { at, lines: 1 }, |place| place.after(at)));
                line
            }
            // The kubelet's own words have no time.
            None => line,
        };
        text.push_str(line);
        text.push('\n');
    }

    /// Whether a line of this time was read before.
    fn known(&mut self, at: i64) -> bool {
        let Some(after) = &mut self.after else { return false };
        match at.cmp(&after.at) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal if after.lines > 0 => {
                after.lines -= 1;
                true
            }
            _ => {
                self.after = None;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: u32, text: &str) -> String {
        format!("2026-11-23T01:00:{second:02}.500000000Z {text}\n")
    }

    #[test]
    fn lines_come_once_wherever_a_stream_is_cut() {
        let whole = [line(1, "a"), line(1, "b"), line(1, "c"), line(2, "d"), line(2, "字"), line(3, "e")].concat();
        for cut in 0..=whole.len() {
            let mut first = Lines::default();
            let mut text = first.take(&whole.as_bytes()[..cut]);
            // What comes again is everything since the second in which the place is.
            text.push_str(&Lines::after(first.place).take(whole.as_bytes()));
            assert_eq!(text, "a\nb\nc\nd\n字\ne\n", "{cut}");
        }
        assert_eq!(
            Lines::default().take(b"unable to retrieve container logs\n"),
            "unable to retrieve container logs\n"
        );
    }

    #[test]
    fn a_line_without_end_is_bounded_and_the_next_one_whole() {
        let mut lines = Lines::default();
        let mut text = lines.take(b"2026-11-23T01:00:01Z ");
        for _ in 0..40 {
            text.push_str(&lines.take(&[b'x'; 10_000]));
            assert!(lines.rest.len() <= LONGEST_LINE + 10_000);
        }
        text.push_str(&lines.take(format!("y\n{}", line(2, "next")).as_bytes()));
        assert!(text.len() < LONGEST_LINE + 20_000 && text.ends_with("x\nnext\n"), "{}", text.len());
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"2026-11-23T01:00:01Z half"), "");
        assert_eq!((lines.finish().as_str(), lines.finish().as_str()), ("half\n", ""));
    }
}
