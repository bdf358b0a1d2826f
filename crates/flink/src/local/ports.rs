//! The two ports of a local cluster, kept across restarts: people look for it where it was.
//!
//! They are taken from below the range that Linux gives to outgoing connections, beginning at a place that
//! the cluster's name decides, and never from another cluster's folder: an address must not lead to another
//! cluster while its own one is down.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use domain::ports::PortError;
use serde::{Deserialize, Serialize};

use super::role::write_atomically;

/// First port that is tried.
const FIRST: u16 = 20_000;
/// How many ports are tried.
const COUNT: u16 = 12_000;

/// The ports of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// REST.
    pub rest: u16,
    /// The JobManager's RPC, to which TaskManagers connect.
    pub rpc: u16,
}

impl Ports {
    /// The ports of a cluster's earlier life.
    pub fn read(cluster: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(cluster.join("ports.json")).ok()?).ok()
    }

    /// Remembers them in the cluster's folder.
    pub fn write(self, cluster: &Path) -> io::Result<()> {
        write_atomically(
            &cluster.join("ports.json"),
            serde_json::to_string(&self).map_err(io::Error::other)?.as_bytes(),
        )
    }

    /// REST address.
    pub fn rest_url(self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.rest)
    }

    /// Ports for a JobManager that is to be started: those of the earlier life where they are free.
    pub fn choose(cluster: &Path, rest: Option<u16>) -> Result<Self, PortError> {
        let before = Self::read(cluster);
        let mut taken = of_others(cluster);
        // The one must not take what the other had.
        taken.extend(before.map(|ports| ports.rpc));
        let seed = cluster.file_name().map_or(0, |name| fold(&name.to_string_lossy()));
        let rest = choose(rest.or(before.map(|ports| ports.rest)), &taken, seed)?;
        if let Some(before) = before {
            taken.remove(&before.rpc);
        }
        taken.insert(rest);
        let rpc = choose(before.map(|ports| ports.rpc), &taken, seed)?;
        Ok(Self { rest, rpc })
    }
}

fn choose(wanted: Option<u16>, taken: &BTreeSet<u16>, seed: u16) -> Result<u16, PortError> {
    let usable = |port: &u16| !taken.contains(port) && free(*port);
    if let Some(port) = wanted.filter(|port| *port > 0).filter(usable) {
        return Ok(port);
    }
    (0..COUNT)
        .map(|step| FIRST + (seed % COUNT + step) % COUNT)
        .find(usable)
        .ok_or_else(|| PortError::Retry(format!("no port between {FIRST} and {} is free on this machine", FIRST + COUNT)))
}

fn free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The ports of all other clusters beside this one, running or not.
fn of_others(cluster: &Path) -> BTreeSet<u16> {
    let Some(Ok(folders)) = cluster.parent().map(fs::read_dir) else {
        return BTreeSet::new();
    };
    let others = folders.flatten().map(|folder| folder.path()).filter(|folder| folder != cluster);
    others
        .filter_map(|folder| Ports::read(&folder))
        .flat_map(|ports| [ports.rest, ports.rpc])
        .collect()
}

fn fold(name: &str) -> u16 {
    name.bytes()
        .fold(7, |sum: u16, byte| sum.wrapping_mul(31).wrapping_add(u16::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_kept_while_they_are_free() {
        let dir = tempfile::tempdir().unwrap();
        // The name decides where the search begins: tests that run at the same time must not meet there.
        let cluster = dir.path().join(dir.path().file_name().unwrap());
        fs::create_dir(&cluster).unwrap();
        let first = Ports::choose(&cluster, None).unwrap();
        assert_ne!(first.rest, first.rpc);
        first.write(&cluster).unwrap();
        assert_eq!(Ports::choose(&cluster, None).unwrap(), first);
        let occupied = TcpListener::bind((Ipv4Addr::LOCALHOST, first.rest)).unwrap();
        let second = Ports::choose(&cluster, Some(first.rest)).unwrap();
        assert_ne!(second.rest, first.rest);
        assert_eq!(second.rpc, first.rpc);
        drop(occupied);
    }

    #[test]
    fn another_clusters_ports_are_left_alone_also_while_it_is_down() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("c1"), dir.path().join("c2"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&two).unwrap();
        let first = Ports::choose(&one, None).unwrap();
        first.write(&one).unwrap();
        let second = Ports::choose(&two, Some(first.rest)).unwrap();
        assert!(![first.rest, first.rpc].contains(&second.rest));
        assert!(![first.rest, first.rpc].contains(&second.rpc));
    }
}
