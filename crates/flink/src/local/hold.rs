//! The holder: one small program beside each JVM, so that JVMs survive the server and their end is known.
//!
//! `streamwright hold DIR` starts a session of its own, takes the lock in DIR (a second holder ends at once),
//! starts what `spec.json` says, waits for it and writes `exit.json`. SIGTERM is passed on, SIGKILL follows
//! after ten seconds.
//!
//! The program must never live without its pid file, or it would be lost at a crash. So the holder starts
//! *itself* a second time (told by a variable): that second one writes its own id and start time, which do
//! not change when it then becomes the program. It inherits the lock, too: the lock is free only when neither
//! holder nor program lives, and the kernel sees to it that a role never runs twice.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use domain::time::Millis;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, setsid};

use super::life::Life;
use super::role::{Exit, Role, write_atomically};

/// Tells the second start of the holder that it is to become the program.
const STAGE: &str = "STREAMWRIGHT_HOLD_STAGE";
/// Exit code of a holder that found the lock taken (`EX_TEMPFAIL`).
pub const HELD: i32 = 75;
/// Exit code where the program could not be started, as in shells.
const NOT_STARTED: i32 = 127;
/// How long a program may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// Standard output beyond this is moved to one old file, in bytes.
const OUTPUT_CAP: u64 = 16 << 20;
/// How often its size is looked at.
const OUTPUT_LOOK: Duration = Duration::from_secs(10);

/// Runs the program of a role folder to its end; answers the exit code for the caller to end with. To be
/// called first thing in `main`, before any thread: it blocks signals that threads would inherit.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "a holder is told its stage by the holder that starts it")]
pub fn hold(dir: &Path) -> i32 {
    let role = Role::at(dir);
    let held = if std::env::var_os(STAGE).is_some() {
        become_program(&role)
    } else {
        watch(&role)
    };
    held.unwrap_or_else(|error| {
        // Nobody reads the holder's own output; the role's is what people look at.
        let line = format!("streamwright hold {}: {error}\n", dir.display());
        let _ = io::stderr().write_all(line.as_bytes());
        let _ = OpenOptions::new()
            .append(true)
            .create(true)
            .open(dir.join("hold.log"))
            .and_then(|mut log| log.write_all(line.as_bytes()));
        NOT_STARTED
    })
}

/// The second start: leaves its life on disk and becomes the program.
#[allow(clippy::disallowed_methods, reason = "this is where a held program starts")]
fn become_program(role: &Role) -> io::Result<i32> {
    let spec = role.spec()?;
    write_atomically(&role.pid_file(), Life::own()?.line().as_bytes())?;
    // The holder blocks signals to receive them in its own way; a program would inherit that and be deaf.
    SigSet::all().thread_unblock()?;
    let (program, arguments) = spec
        .argv
        .split_first()
        .ok_or_else(|| io::Error::other("spec.json names no program"))?;
    let error = Command::new(program)
        .args(arguments)
        .envs(&spec.env)
        .env_remove(STAGE)
        .current_dir(&spec.cwd)
        .exec();
    Err(io::Error::other(format!("cannot start {program}: {error}")))
}

fn watch(role: &Role) -> io::Result<i32> {
    // Already the leader of a session when started by hand from a script: fine as well.
    if let Err(error) = setsid()
        && error != Errno::EPERM
    {
        return Err(error.into());
    }
    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
    signals.thread_block()?;
    let Some(lock) = take_lock(role)? else { return Ok(HELD) };
    let spec = role.spec()?;
    let output = role.dir.join(&spec.output);
    rotate(&output)?;
    role.forget()?;
    let child = start(&output, &lock)?;
    let pid = child.id();
    let ended = Arc::new(Ended::default());
    pass_on(signals, pid, Arc::clone(&ended));
    thread::spawn(move || keep_small(&output));
    let status = wait(child, &ended)?;
    write_exit(role, pid, status)?;
    Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}

/// The lock, or none where another holder, or a program that outlived its holder, has it.
fn take_lock(role: &Role) -> io::Result<Option<File>> {
    let lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(role.dir.join("lock"))?;
    // Somebody who only looks whether it is taken takes it for an instant, too.
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => {
                // The program is to inherit it.
                fcntl(&lock, FcntlArg::F_SETFD(FdFlag::empty()))?;
                return Ok(Some(lock));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

#[allow(clippy::disallowed_methods, reason = "the holder starts itself as the program to be")]
fn start(output: &Path, _inherited: &File) -> io::Result<Child> {
    let output = OpenOptions::new().append(true).create(true).open(output)?;
    // This very program, also when its file was replaced by an update meanwhile.
    Command::new("/proc/self/exe")
        .args(std::env::args_os().skip(1))
        .env(STAGE, "program")
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
}

/// Whether the program has ended, guarding its process id: it may be signalled only while it is not collected.
#[derive(Default)]
struct Ended {
    flag: Mutex<bool>,
    told: Condvar,
}

fn wait(mut child: Child, ended: &Ended) -> io::Result<ExitStatus> {
    let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    loop {
        match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    *ended.flag.lock().unwrap_or_else(PoisonError::into_inner) = true;
    ended.told.notify_all();
    child.wait()
}

fn pass_on(signals: SigSet, pid: u32, ended: Arc<Ended>) {
    let send = move |signal: Signal| {
        let flag = ended.flag.lock().unwrap_or_else(PoisonError::into_inner);
        if !*flag && let Ok(pid) = i32::try_from(pid) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
        let waited = ended.told.wait_timeout_while(flag, GRACE, |ended| !*ended);
        waited.is_ok_and(|(ended, _)| *ended)
    };
    thread::spawn(move || {
        while signals.wait().is_ok() {
            if !send(Signal::SIGTERM) {
                send(Signal::SIGKILL);
            }
        }
    });
}

fn write_exit(role: &Role, pid: u32, status: ExitStatus) -> io::Result<()> {
    let now = SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let exit = Exit {
        pid,
        code: status.code(),
        signal: status.signal(),
        ended_at: Millis(now),
    };
    write_atomically(
        &role.exit_file(),
        serde_json::to_string(&exit).map_err(io::Error::other)?.as_bytes(),
    )
}

/// The output of the life before becomes the one old file.
fn rotate(output: &Path) -> io::Result<()> {
    if let Some(parent) = output.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::rename(output, old(output)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn old(output: &Path) -> std::path::PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".1");
    output.with_file_name(name)
}

/// The program keeps its output open, so it cannot be renamed away: it is copied and cut. It is open for
/// appending, so that the program goes on at the new end.
fn keep_small(output: &Path) {
    loop {
        thread::sleep(OUTPUT_LOOK);
        if fs::metadata(output).is_ok_and(|metadata| metadata.len() > OUTPUT_CAP) {
            let cut = fs::copy(output, old(output))
                .and_then(|_| OpenOptions::new().write(true).open(output))
                .and_then(|file| file.set_len(0));
            drop(cut);
        }
    }
}
