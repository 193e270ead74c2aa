use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    task::JoinHandle,
};

use super::cluster::free_port;

/// Stands before a sandbox and passes everything on. It counts what clients send, and can be shut, so that who connects is
/// refused.
#[derive(Debug)]
pub struct Relay {
    here: SocketAddr,
    there: SocketAddr,
    sent: Arc<AtomicU64>,
    door: Option<JoinHandle<()>>,
}

impl Relay {
    /// A relay before the sandbox at `url`.
    ///
    /// # Errors
    /// When `url` is no address of this machine, or no port is free.
    pub async fn start(url: &str) -> anyhow::Result<Self> {
        let there = url.strip_prefix("http://").context("a plain address")?;
        let mut relay = Self {
            here: SocketAddr::from(([127, 0, 0, 1], free_port()?)),
            there: there.trim_end_matches('/').parse()?,
            sent: Arc::default(),
            door: None,
        };
        relay.open().await?;
        Ok(relay)
    }

    /// Where it stands.
    pub fn url(&self) -> String {
        format!("http://{}", self.here)
    }

    /// How many bytes clients have sent, heads of requests included.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Takes no connection any more. Those that are there go on.
    pub async fn shut(&mut self) {
        if let Some(door) = self.door.take() {
            door.abort();
            // The port is closed when the task is gone.
            let _ = door.await;
        }
    }

    /// Takes connections, at the same address as before.
    ///
    /// # Errors
    /// When somebody else has the port.
    pub async fn open(&mut self) -> anyhow::Result<()> {
        ensure!(self.door.is_none(), "the relay is open");
        let listener = TcpListener::bind(self.here).await?;
        let (there, sent) = (self.there, Arc::clone(&self.sent));
        self.door = Some(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, there, Arc::clone(&sent)));
            }
        }));
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(door) = &self.door {
            door.abort();
        }
    }
}

/// Passes on in both directions until either side ends.
async fn pass(client: TcpStream, there: SocketAddr, sent: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(there).await else {
        return;
    };
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    // One side that ends ends both: a killed client must look to the sandbox as it is.
    tokio::select! {
        _ = count(from_client, to_server, &sent) => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}

async fn count(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    sent: &AtomicU64,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        sent.fetch_add(read as u64, Ordering::Relaxed);
        to.write_all(&buffer[..read]).await?;
    }
}
