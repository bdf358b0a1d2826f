//! Starting and ending a local cluster, and what lies between: which roles live, and who may touch them.
//!
//! Launch and terminate of one cluster take turns (a lock file in its folder), also between two servers that
//! share it. What lives is kept; what is dead is started; what is too many, or has lost its JobManager, is
//! ended. Everything is read from the folder each time, so that it does not matter who started what, or whether
//! the server that did still lives.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use domain::ports::{Launch, PortError};
use rustix::process::Signal;

use super::command::{self, Jvm, Kind};
use super::ports::Ports;
use super::role::Role;
use super::{config, memory};

/// Name of the JobManager's role.
pub const JOB_MANAGER: &str = "jobmanager";
/// Names of TaskManagers are this and a number from 1.
const TASK_MANAGER: &str = "taskmanager-";
/// How long a holder may take to write the life of its program.
const HOLDER_LIMIT: Duration = Duration::from_secs(10);
/// How long a JVM may take to end after SIGTERM, and again after SIGKILL.
const END_LIMIT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// The roles that a cluster's folder has, JobManager first, TaskManagers by number.
pub fn roles(cluster: &Path) -> Vec<Role> {
    let Ok(entries) = fs::read_dir(cluster) else { return Vec::new() };
    let mut names: Vec<(u32, String)> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| number(&name).map(|number| (number, name)))
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| Role::of(cluster, &name)).collect()
}

/// The number of a role: 0 for the JobManager; none for what is no role.
pub fn number(name: &str) -> Option<u32> {
    if name == JOB_MANAGER {
        return Some(0);
    }
    let digits = name.strip_prefix(TASK_MANAGER)?;
    digits.parse().ok().filter(|number| *number > 0 && !digits.starts_with(['0', '+']))
}

/// Starts what does not run. Answers the REST address.
pub fn launch(cluster: &Path, program: &Path, launch: &Launch) -> Result<String, PortError> {
    let lock = prepare(cluster).map_err(|error| disk(cluster, &error))?;
    let wanted = wanted(cluster, launch);
    let (job_manager, ports) = match Ports::read(cluster) {
        Some(ports) if lives(&Role::of(cluster, JOB_MANAGER)) => (true, ports),
        _ => (false, Ports::choose(cluster, launch.rest_port)?),
    };
    // TaskManagers that have lost their JobManager run its tasks on until they notice, the better part of a
    // minute: a run that is started meanwhile would not be alone. Besides they keep slots and classes of jobs
    // that the new JobManager does not know.
    let surplus: Vec<Role> = roles(cluster)
        .into_iter()
        .filter(|role| !job_manager || !wanted.iter().any(|wanted| wanted.name == role.name))
        .collect();
    end_all(&surplus)?;
    for role in surplus.iter().filter(|role| !wanted.iter().any(|wanted| wanted.name == role.name)) {
        remove_folder(&role.dir).map_err(|error| disk(cluster, &error))?;
    }
    let dead: Vec<&Role> = wanted.iter().filter(|role| !lives(role)).collect();
    if !dead.is_empty() {
        start(
            cluster,
            program,
            launch,
            &Start {
                ports,
                all: !job_manager,
                dead,
            },
        )?;
    }
    drop(lock);
    Ok(ports.rest_url())
}

fn wanted(cluster: &Path, launch: &Launch) -> Vec<Role> {
    let task_managers = (1..=launch.task_managers).map(|number| format!("{TASK_MANAGER}{number}"));
    std::iter::once(JOB_MANAGER.to_owned())
        .chain(task_managers)
        .map(|name| Role::of(cluster, &name))
        .collect()
}

/// Whether a role lives. One that is held and has no life yet is just being started, or just ending.
fn lives(role: &Role) -> bool {
    let _ = wait_until(HOLDER_LIMIT, || role.life().is_some() || !role.held());
    role.life().is_some()
}

struct Start<'a> {
    ports: Ports,
    /// Whether nothing of the cluster lives: it begins anew.
    all: bool,
    dead: Vec<&'a Role>,
}

fn start(cluster: &Path, program: &Path, launch: &Launch, start: &Start<'_>) -> Result<(), PortError> {
    let mut configuration = config::complete(cluster, launch, start.ports)?;
    let job_manager = memory::job_manager(&mut configuration)?;
    let task_manager = memory::task_manager(&mut configuration, launch.slots)?;
    if start.all {
        // What killed JVMs left behind. Uploaded jars stay: they save an upload.
        remove_folder(&cluster.join("tmp")).map_err(|error| disk(cluster, &error))?;
    }
    for folder in ["tmp", "upload", "archive"] {
        fs::create_dir_all(cluster.join(folder)).map_err(|error| disk(cluster, &error))?;
    }
    start
        .ports
        .write(cluster)
        .and_then(|()| config::write(cluster, &configuration, launch.version))
        .map_err(|error| disk(cluster, &error))?;
    for role in &start.dead {
        let (kind, sizes) = if role.name == JOB_MANAGER {
            (Kind::JobManager, job_manager)
        } else {
            (Kind::TaskManager, task_manager)
        };
        let spec = command::spec(
            cluster,
            role,
            launch,
            &Jvm {
                kind,
                sizes,
                configuration: &configuration,
            },
        )?;
        let ready = fs::create_dir_all(role.dir.join("log"))
            .and_then(|()| role.forget())
            .and_then(|()| role.write_spec(&spec));
        ready.map_err(|error| disk(cluster, &error))?;
        hold(program, role)?;
    }
    start.dead.iter().try_for_each(|role| started(role))
}

/// Starts a holder. It makes a session of its own first thing, so that it outlives this server and knows
/// nothing of its terminal. It is collected when it ends, where the server is still there to do so.
#[allow(clippy::disallowed_methods, reason = "this is where holders start")]
fn hold(program: &Path, role: &Role) -> Result<(), PortError> {
    let mut command = tokio::process::Command::new(program);
    command
        .arg("hold")
        .arg(&role.dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/");
    // Our own settings may hold secrets, and jobs run as JVMs below this.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("STREAMWRIGHT_")) {
        command.env_remove(name);
    }
    let mut holder = command.spawn().map_err(|error| {
        PortError::GiveUp(format!(
            "the holder of {} cannot be started ({} hold): {error}",
            role.name,
            program.display()
        ))
    })?;
    let name = role.name.clone();
    tokio::spawn(async move {
        if let Ok(status) = holder.wait().await {
            tracing::debug!(role = name, code = status.code(), signal = status.signal(), "a holder has ended");
        }
    });
    Ok(())
}

/// Waits until the holder has left the life of its program, or its end.
fn started(role: &Role) -> Result<(), PortError> {
    if wait_until(HOLDER_LIMIT, || role.life().is_some() || (role.exit().is_some() && !role.held())) {
        return Ok(());
    }
    let reason = fs::read_to_string(role.dir.join("hold.log"))
        .ok()
        .and_then(|log| log.lines().last().map(str::to_owned));
    Err(PortError::Retry(format!(
        "the holder of {} did not start it: {}",
        role.name,
        reason.unwrap_or_else(|| "it left no word".to_owned())
    )))
}

/// Ends all processes of a cluster.
pub fn terminate(cluster: &Path) -> Result<(), PortError> {
    if !cluster.exists() {
        return Ok(());
    }
    let lock = prepare(cluster).map_err(|error| disk(cluster, &error))?;
    end_all(&roles(cluster))?;
    drop(lock);
    Ok(())
}

/// Ends roles: SIGTERM, SIGKILL for what is left after ten seconds, and proof that they are gone.
fn end_all(roles: &[Role]) -> Result<(), PortError> {
    // A holder that was started a moment ago is about to start a program.
    roles.iter().for_each(|role| {
        let _ = lives(role);
    });
    for signal in [Signal::TERM, Signal::KILL] {
        for (role, life) in roles.iter().filter_map(|role| role.life().map(|life| (role, life))) {
            life.signal(signal)
                .map_err(|error| PortError::Retry(format!("{} (process {}) cannot be ended: {error}", role.name, life.pid)))?;
        }
        // Not held: the holder, too, has written the end and is gone.
        if wait_until(END_LIMIT, || roles.iter().all(|role| role.life().is_none() && !role.held())) {
            return Ok(());
        }
    }
    let left: Vec<&str> = roles
        .iter()
        .filter(|role| role.life().is_some() || role.held())
        .map(|role| role.name.as_str())
        .collect();
    if left.is_empty() {
        Ok(())
    } else {
        Err(PortError::Retry(format!("{} did not end after SIGKILL", left.join(", "))))
    }
}

/// Removes a cluster's folder.
pub fn remove(cluster: &Path) -> Result<(), PortError> {
    if let Some(role) = roles(cluster).iter().find(|role| role.life().is_some() || role.held()) {
        return Err(PortError::Retry(format!(
            "{} of the cluster still runs: its folder stays",
            role.name
        )));
    }
    remove_folder(cluster).map_err(|error| disk(cluster, &error))
}

/// The cluster's folder, for its owner alone, and the turn to change it.
fn prepare(cluster: &Path) -> io::Result<File> {
    fs::create_dir_all(cluster)?;
    fs::set_permissions(cluster, fs::Permissions::from_mode(0o700))?;
    let lock = File::create(cluster.join("launch.lock"))?;
    lock.lock()?;
    Ok(lock)
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn wait_until(limit: Duration, done: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if done() {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        thread::sleep(PAUSE);
    }
}

fn disk(cluster: &Path, error: &io::Error) -> PortError {
    let message = format!("the folder of the cluster, {}, cannot be written: {error}", cluster.display());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PortError::Retry(format!("{message}. Make room on that disk")),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            PortError::GiveUp(format!("{message}. Give the server's user the right to write there"))
        }
        _ => PortError::Retry(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_what_they_are_called() {
        assert_eq!(number("jobmanager"), Some(0));
        assert_eq!(number("taskmanager-12"), Some(12));
        for other in [
            "conf",
            "taskmanager-",
            "taskmanager-0",
            "taskmanager-01",
            "taskmanager-+1",
            "taskmanager-x",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn roles_come_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["taskmanager-10", "taskmanager-2", "jobmanager", "conf"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let names: Vec<String> = roles(dir.path()).into_iter().map(|role| role.name).collect();
        assert_eq!(names, ["jobmanager", "taskmanager-2", "taskmanager-10"]);
        assert!(roles(&dir.path().join("missing")).is_empty());
    }
}
