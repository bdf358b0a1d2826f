//! The sandbox that a planner worker runs in: `streamwright sandbox SCRATCH [--read PATH]… -- java …`.
//!
//! Planning a script runs code of its author: static initialisers, constructors and constant calls of user
//! functions. So the worker gives up what planning does not need before Java starts: the network (a namespace of its
//! own), writing outside its scratch folder and reading outside the system and what is named (Landlock), core dumps
//! and huge files (limits), the server's environment (cleared by who starts it). Each step is taken where the kernel
//! allows it and left out where not; the deadline and the kill remain in any case.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

/// Why a sandboxed program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The arguments are not `SCRATCH [--read PATH]… -- PROGRAM [ARGUMENT]…`.
    #[error("expected: sandbox SCRATCH [--read PATH]... -- PROGRAM [ARGUMENT]...")]
    Arguments,
    /// The program could not be started.
    #[error("cannot start {program}: {cause}")]
    Start {
        /// Which program.
        program: String,
        /// Why.
        cause: String,
    },
}

/// What a Java program reads of the system. What is missing on a host is passed over.
const SYSTEM: &[&str] = &[
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/proc",
    "/sys",
    "/dev",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/resolv.conf",
    "/etc/ssl/certs/java",
    "/nix/store",
];
/// Longest file that a worker may write: a class archive has 60 to 80 MB.
const LONGEST_FILE: u64 = 256 * 1024 * 1024;
/// Most open files: some dozen jars and what a user's class opens.
const OPEN_FILES: u64 = 1024;

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    scratch: PathBuf,
    read: Vec<PathBuf>,
    program: OsString,
    arguments: Vec<OsString>,
}

/// Gives up what the calling process does not need, then becomes the program named behind `--`; the arguments are
/// those behind the word `sandbox`. Returns only when that fails. To be called before the process starts a second
/// thread, because the kernel gives namespaces to single-threaded processes only.
#[must_use]
pub fn run(args: &[OsString]) -> SandboxError {
    let Some(wish) = parse(args) else { return SandboxError::Arguments };
    if let Err(error) = std::env::set_current_dir(&wish.scratch) {
        return SandboxError::Start {
            program: wish.program.to_string_lossy().into_owned(),
            cause: format!("no scratch folder: {error}"),
        };
    }
    give_up_network();
    give_up_limits();
    // The parent's end must be ours: a worker in an endless loop would outlive a server that was killed. After the
    // namespaces, because entering them makes the kernel forget this.
    if let Err(error) = nix::sys::prctl::set_pdeathsig(Some(Signal::SIGKILL)) {
        complain("ending with the parent", &error);
    }
    if let Err(error) = give_up_files(&wish) {
        complain("restricting files", &error);
    }
    become_program(&wish)
}

fn parse(args: &[OsString]) -> Option<Wish> {
    let mut args = args.iter();
    let scratch = PathBuf::from(args.next()?);
    let mut read = Vec::new();
    loop {
        match args.next()?.to_str() {
            Some("--read") => read.push(PathBuf::from(args.next()?)),
            Some("--") => break,
            _ => return None,
        }
    }
    let program = args.next()?.clone();
    scratch.is_absolute().then(|| Wish {
        scratch,
        read,
        program,
        arguments: args.cloned().collect(),
    })
}

/// Said on standard error, which the server keeps for the diagnosis.
fn complain(what: &str, error: &dyn std::fmt::Display) {
    use std::io::Write;
    // A closed standard error is no reason not to start.
    let _ = writeln!(std::io::stderr(), "sandbox: no {what}: {error}");
}

/// Enters a network namespace without any interface; through a user namespace where privileges are missing, which
/// at the same time takes from root what root may do.
fn give_up_network() {
    let (uid, gid) = (nix::unistd::getuid(), nix::unistd::getgid());
    if unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET).is_ok() {
        // The same ids inside as outside: files keep their owner.
        let mapped = std::fs::write("/proc/self/setgroups", "deny")
            .and_then(|()| std::fs::write("/proc/self/uid_map", format!("{uid} {uid} 1")))
            .and_then(|()| std::fs::write("/proc/self/gid_map", format!("{gid} {gid} 1")));
        if let Err(error) = mapped {
            complain("user mapping", &error);
        }
    } else if let Err(error) = unshare(CloneFlags::CLONE_NEWNET) {
        complain("network namespace", &error);
    }
}

/// Sets limits. There is none on the number of processes: the kernel counts them for the user, and this user may
/// run Flink clusters with thousands of threads.
fn give_up_limits() {
    for (limit, most) in [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, LONGEST_FILE),
        (Resource::RLIMIT_NOFILE, OPEN_FILES),
    ] {
        if let Err(error) = setrlimit(limit, most, most) {
            complain(&format!("limit {limit:?}"), &error);
        }
    }
}

fn give_up_files(wish: &Wish) -> Result<(), RulesetError> {
    let abi = ABI::V5;
    let read = AccessFs::from_read(abi);
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .create()?;
    let program = Path::new(&wish.program);
    let readable = SYSTEM
        .iter()
        .map(PathBuf::from)
        .chain(java_settings())
        .chain(wish.read.iter().cloned())
        .chain(std::fs::canonicalize(program));
    for path in readable {
        ruleset = allow(ruleset, &path, read)?;
    }
    ruleset = allow(ruleset, Path::new("/dev/null"), read | AccessFs::WriteFile)?;
    ruleset = allow(ruleset, &wish.scratch, AccessFs::from_all(abi))?;
    let status = ruleset.restrict_self()?;
    if status.ruleset == landlock::RulesetStatus::NotEnforced {
        complain("restricting files", &"this kernel has no Landlock");
    }
    Ok(())
}

/// Where Linux distributions put the files of a Java home that may be edited: the home has links to them.
fn java_settings() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/etc").into_iter().flatten().filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_name().as_bytes().starts_with(b"java"))
        .map(|entry| entry.path())
        .collect()
}

fn allow(ruleset: landlock::RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> Result<landlock::RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(path) else { return Ok(ruleset) };
    // Rights that are for folders only do not go with a file.
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(ABI::V5)
    };
    ruleset.add_rule(PathBeneath::new(opened, access))
}

fn become_program(wish: &Wish) -> SandboxError {
    let text = |text: &OsStr| CString::new(text.as_bytes()).ok();
    let program = text(&wish.program);
    let arguments: Option<Vec<CString>> = std::iter::once(&wish.program)
        .chain(&wish.arguments)
        .map(|argument| text(argument))
        .collect();
    let (Some(program), Some(arguments)) = (program, arguments) else {
        return SandboxError::Arguments;
    };
    let cause = match nix::unistd::execvp(&program, &arguments) {
        Ok(never) => match never {},
        Err(error) => error.to_string(),
    };
    SandboxError::Start {
        program: wish.program.to_string_lossy().into_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(args: &[&str]) -> Option<Wish> {
        parse(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_read_strictly() {
        let found = wish(&["/s", "--read", "/a", "--read", "/b", "--", "java", "-cp", "--"]).unwrap();
        assert_eq!(found.read, [PathBuf::from("/a"), PathBuf::from("/b")]);
        assert_eq!((found.program.to_str(), found.arguments.len()), (Some("java"), 2));
        for bad in [
            &[][..],
            &["/s"],
            &["/s", "--"],
            &["/s", "java"],
            &["/s", "--read", "--", "java"],
            &["s", "--", "java"],
        ] {
            assert_eq!(wish(bad), None, "{bad:?}");
        }
        assert!(matches!(run(&["/s".into()]), SandboxError::Arguments));
    }
}
