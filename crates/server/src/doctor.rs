//! `streamwright doctor`: what this machine has and lacks, each with how to mend it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use domain::ports::FlinkInstaller;

use crate::cli::Doctor;
use crate::failure::Failure;

/// Below this much free space an installation of Flink (about 700 MB with its download) will not fit.
const ENOUGH_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Looks at everything and reports it together.
///
/// # Errors
/// When something needed is missing: exit code 3.
pub async fn run(doctor: Doctor) -> Result<(), Failure> {
    let data = doctor
        .data
        .or_else(crate::environment::data_folder)
        .unwrap_or_else(|| PathBuf::from("."));
    let mut missing = 0;
    let mut report = |name: &str, found: Result<String, String>| match found {
        Ok(what) => println!("ok    {name}: {what}"),
        Err(why) => {
            missing += 1;
            println!("LACKS {name}: {why}");
        }
    };
    let installer = artifacts::Installer::new(&data);
    let java = installer.find_java().await;
    report(
        "java",
        java.map_err(|error| {
            format!("{error}. Install a JDK or JRE 17 (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME")
        }),
    );
    report(
        "python3 with pip",
        on_path("python3").ok_or_else(|| {
            "needed to install Flink from its Python packages (Debian: apt-get install python3-pip); or use --source archive".to_owned()
        }),
    );
    report("data folder", writable(&data));
    report("disk", space(&data));
    report("port", port(doctor.listen));
    if missing == 0 {
        Ok(())
    } else {
        Err(Failure::unavailable(format!("{missing} of 5 need mending")))
    }
}

fn on_path(program: &str) -> Option<String> {
    let path = crate::environment::variable("PATH")?;
    path.split(':')
        .map(|folder| Path::new(folder).join(program))
        .find(|file| file.is_file())
        .map(|file| file.display().to_string())
}

fn writable(data: &Path) -> Result<String, String> {
    let probe = data.join(".doctor");
    std::fs::create_dir_all(data)
        .and_then(|()| std::fs::write(&probe, b"x"))
        .and_then(|()| std::fs::remove_file(&probe))
        .map(|()| data.display().to_string())
        .map_err(|error| format!("{} cannot be written: {error}; choose another with --data", data.display()))
}

fn space(data: &Path) -> Result<String, String> {
    let found = nix::sys::statvfs::statvfs(data).map_err(|error| format!("{} cannot be asked: {error}", data.display()))?;
    let free = found.blocks_available() as u64 * found.fragment_size() as u64;
    let text = format!("{:.1} GiB free in {}", free as f64 / 1024.0 / 1024.0 / 1024.0, data.display());
    if free < ENOUGH_BYTES {
        Err(format!("{text}: Flink needs 2 GiB; free some or choose another folder"))
    } else {
        Ok(text)
    }
}

fn port(listen: SocketAddr) -> Result<String, String> {
    TcpListener::bind(listen)
        .map(|_| format!("{listen} is free"))
        .map_err(|error| format!("{listen}: {error}; choose another with --listen"))
}
