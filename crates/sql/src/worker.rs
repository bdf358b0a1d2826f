//! One planner worker: a child process that answers one request at a time.
//!
//! Nothing that a worker does can hurt the server: lines are read with a limit, every request has a deadline, and a
//! worker that breaks the protocol, dies or is late is killed and reaped. The end of its standard error is kept for
//! the diagnosis. The child is spawned by one thread that lives as long as the pool, because the sandbox asks the
//! kernel to kill the worker when the thread that made it ends.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::scratch::Scratch;
use crate::wire::{Envelope, Greeting, Hello, LONGEST_LINE, Op, PROTOCOL, Request};

/// How much of a worker's standard error is kept, in bytes.
const STDERR_KEPT: usize = 64 * 1024;
/// How long a worker that was told to end may take.
const GRACE: Duration = Duration::from_secs(2);

/// What went wrong with a worker. After any of these it is of no more use.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum WorkerError {
    /// It could not be started, or its hello was wrong.
    #[error("{0}")]
    Start(String),
    /// It ended.
    #[error("the planner process ended: {0}")]
    Died(String),
    /// Its answer is no answer.
    #[error("the planner's answer cannot be read: {0}")]
    Garbage(String),
    /// The deadline passed.
    #[error("no answer within {0:?}")]
    Late(Duration),
}

/// The last bytes of a stream.
#[derive(Debug, Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let excess = kept.len().saturating_sub(STDERR_KEPT);
        kept.drain(..excess);
    }

    fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }
}

/// Starts children on a thread of its own.
#[derive(Debug, Clone)]
pub(crate) struct Spawner(mpsc::Sender<Job>);

type Job = (Command, tokio::runtime::Handle, oneshot::Sender<std::io::Result<Child>>);

impl Spawner {
    /// A spawner whose thread ends when the last clone is dropped.
    pub fn new() -> Self {
        let (sender, jobs) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("planner-spawner".to_owned());
        let started = thread.spawn(move || {
            for (mut command, runtime, answer) in jobs {
                let _entered = runtime.enter();
                // A child whose asker is gone is dropped with the refused answer, which kills it.
                drop(answer.send(command.spawn()));
            }
        });
        if let Err(error) = started {
            tracing::error!(%error, "no thread for planner workers; checks will fail");
        }
        Self(sender)
    }

    async fn spawn(&self, command: Command) -> Result<Child, WorkerError> {
        let (sender, answer) = oneshot::channel();
        let gone = || WorkerError::Start("the thread that starts planner processes is gone; restart the server".to_owned());
        self.0
            .send((command, tokio::runtime::Handle::current(), sender))
            .map_err(|_| gone())?;
        answer
            .await
            .map_err(|_| gone())?
            .map_err(|error| WorkerError::Start(error.to_string()))
    }
}

/// A running worker.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    stderr: Tail,
    stderr_reader: tokio::task::JoinHandle<()>,
    scratch: Scratch,
    asked: u64,
    hello: Hello,
}

impl Worker {
    /// Starts a worker and waits for its hello. The scratch folder is removed when the worker is gone.
    pub async fn start(spawner: &Spawner, mut command: Command, scratch: Scratch, deadline: Duration) -> Result<Self, WorkerError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).process_group(0);
        let mut child = spawner.spawn(command).await?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            return Err(WorkerError::Start("the planner process has no pipes".to_owned()));
        };
        let tail = Tail::default();
        let stderr_reader = tokio::spawn(keep_tail(stderr, tail.clone()));
        let hello = Hello {
            protocol: 0,
            flink_version: String::new(),
        };
        let mut worker = Self {
            child,
            stdin,
            stdout: BufReader::new(stdout),
            stderr: tail,
            stderr_reader,
            scratch,
            asked: 0,
            hello,
        };
        match timeout(deadline, worker.greet()).await.unwrap_or(Err(WorkerError::Late(deadline))) {
            Ok(()) => {
                tracing::debug!(flink = worker.hello.flink_version, "a planner process is ready");
                Ok(worker)
            }
            Err(error) => {
                let stderr = worker.stop().await;
                Err(WorkerError::Start(format!("{error}{}", last_line(&stderr))))
            }
        }
    }

    async fn greet(&mut self) -> Result<(), WorkerError> {
        let Greeting { hello } = self.read_line().await?;
        if hello.protocol != PROTOCOL {
            let spoken = hello.protocol;
            return Err(WorkerError::Start(format!(
                "the planner speaks protocol {spoken}, this server {PROTOCOL}; install both from one release"
            )));
        }
        self.hello = hello;
        Ok(())
    }

    /// Whether the process still runs, as far as the kernel knows.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a request and waits for its answer.
    pub async fn ask<T: DeserializeOwned>(&mut self, op: &Op<'_>, deadline: Duration) -> Result<T, WorkerError> {
        self.asked += 1;
        let request = Request {
            id: self.asked.to_string(),
            op,
        };
        let mut line = serde_json::to_vec(&request).map_err(|error| WorkerError::Garbage(error.to_string()))?;
        line.push(b'\n');
        timeout(deadline, self.exchange(&line))
            .await
            .unwrap_or(Err(WorkerError::Late(deadline)))
    }

    async fn exchange<T: DeserializeOwned>(&mut self, line: &[u8]) -> Result<T, WorkerError> {
        let broken = |error: std::io::Error| WorkerError::Died(error.to_string());
        self.stdin.write_all(line).await.map_err(broken)?;
        self.stdin.flush().await.map_err(broken)?;
        let Envelope { id, body } = self.read_line().await?;
        let expected = self.asked.to_string();
        if id.as_deref().is_some_and(|id| id != expected) {
            return Err(WorkerError::Garbage("it answers another request".to_owned()));
        }
        Ok(body)
    }

    async fn read_line<T: DeserializeOwned>(&mut self) -> Result<T, WorkerError> {
        let mut line = Vec::new();
        loop {
            let part = self.stdout.fill_buf().await.map_err(|error| WorkerError::Died(error.to_string()))?;
            if part.is_empty() {
                return Err(WorkerError::Died(self.last_words().await));
            }
            let end = part.iter().position(|byte| *byte == b'\n');
            line.extend_from_slice(part.get(..end.unwrap_or(part.len())).unwrap_or_default());
            let used = end.map_or(part.len(), |end| end + 1);
            self.stdout.consume(used);
            if line.len() > LONGEST_LINE {
                return Err(WorkerError::Garbage(format!("a line is longer than {LONGEST_LINE} bytes")));
            }
            if end.is_some() {
                return serde_json::from_slice(&line).map_err(|error| WorkerError::Garbage(error.to_string()));
            }
        }
    }

    /// How a worker ended whose output is at its end.
    async fn last_words(&mut self) -> String {
        let status = timeout(GRACE, self.child.wait()).await;
        // What it wrote before it ended may still be in the pipe.
        drop(timeout(GRACE, &mut self.stderr_reader).await);
        let how = match status {
            Ok(Ok(status)) => status.to_string(),
            _ => "it closed its output".to_owned(),
        };
        format!("{how}{}", last_line(&self.stderr.text()))
    }

    /// Ends the worker, by its input's end if it listens, else by force; waits until it is gone and removes its
    /// scratch folder. Answers the end of its standard error.
    pub async fn stop(self) -> String {
        let Self {
            mut child,
            stdin,
            stdout,
            stderr,
            scratch,
            ..
        } = self;
        drop((stdin, stdout));
        if timeout(GRACE, child.wait()).await.is_err() {
            kill(&mut child).await;
        }
        drop(scratch);
        stderr.text()
    }

    /// Lets the worker end by itself at its input's end; answers whether it did, and well. Its scratch folder remains.
    pub async fn finish(mut self, deadline: Duration) -> Result<Scratch, WorkerError> {
        drop(self.stdin);
        match timeout(deadline, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(self.scratch),
            Ok(Ok(status)) => Err(WorkerError::Died(format!("{status}{}", last_line(&self.stderr.text())))),
            Ok(Err(error)) => Err(WorkerError::Died(error.to_string())),
            Err(_) => {
                kill(&mut self.child).await;
                Err(WorkerError::Late(deadline))
            }
        }
    }

    /// Ends the worker by force at once, then as [`Worker::stop`].
    pub async fn kill(mut self) -> String {
        kill(&mut self.child).await;
        self.stop().await
    }
}

async fn kill(child: &mut Child) {
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "a planner process could not be killed");
    }
}

async fn keep_tail(mut stream: ChildStderr, tail: Tail) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        tail.add(bytes.get(..count).unwrap_or_default());
    }
}

/// The last line of a text that says something, to be put behind a message.
fn last_line(text: &str) -> String {
    let said = text
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with("at "));
    said.map(|line| format!(": {}", crate::finding::excerpt_of(line, 300)))
        .unwrap_or_default()
}
