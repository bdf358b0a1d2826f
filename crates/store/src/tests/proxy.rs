//! A proxy before a database server, which can lose its connections and be away.

#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// See the module. It ends with this value.
pub struct Proxy {
    url: String,
    away: watch::Sender<bool>,
    packets: Arc<AtomicI64>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// A proxy before the server of an address; none for SQLite, which has no server.
    pub async fn before(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (person, place) = rest.split_once('@')?;
        let (server, database) = place.split_once('/')?;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let (away, packets) = (watch::Sender::new(false), Arc::new(AtomicI64::new(i64::MAX)));
        let accepting = tokio::spawn(accept(listener, server.to_owned(), away.subscribe(), Arc::clone(&packets)));
        Some(Self {
            url: format!("{scheme}://{person}@{own}/{database}"),
            away,
            packets,
            accepting,
        })
    }

    /// The address of the same database through it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Loses every connection and lets no new one through, until [`Self::back`].
    pub fn gone(&self) {
        self.away.send_replace(true);
    }

    /// Lets connections through again.
    pub fn back(&self) {
        self.away.send_replace(false);
    }

    /// Lets this many packets of clients through, and then loses all connections.
    pub fn end_after(&self, packets: i64) {
        self.packets.store(packets, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, server: String, away: watch::Receiver<bool>, packets: Arc<AtomicI64>) {
    while let Ok((client, _)) = listener.accept().await {
        if *away.borrow() {
            continue;
        }
        let Ok(server) = TcpStream::connect(&server).await else { continue };
        let (mut away, packets) = (away.clone(), Arc::clone(&packets));
        tokio::spawn(async move {
            tokio::select! {
                _ = away.wait_for(|away| *away) => {}
                () = pass(client, server, &packets) => {}
            }
        });
    }
}

async fn pass(client: TcpStream, server: TcpStream, packets: &AtomicI64) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(length) = from_client.read(&mut bytes).await {
            if length == 0 || packets.fetch_sub(1, Ordering::SeqCst) <= 0 || to_server.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
    }
}
