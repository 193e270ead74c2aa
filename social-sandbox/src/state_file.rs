//! Keeping the world in a file.
//!
//! Written to a file beside it that then takes its place, so that it is always whole. A file that
//! cannot be read is an error, never replaced.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::clock::Millis;
use crate::server::{Phase, reached};
use crate::shared::Shared;
use crate::world::World;

const FORMAT: &str = "social-sandbox";
/// Version 1 knew only direct videos sent as files; it is read.
const VERSION: u32 = 2;

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize)]
struct Saved<'a> {
    format: &'static str,
    version: u32,
    clock_offset_millis: Millis,
    tiktok: &'a World,
}

#[derive(Deserialize)]
struct Loaded {
    clock_offset_millis: Millis,
    tiktok: World,
}

/// What is in the file: the world and how far its clock is ahead. `None` if there is no file.
pub(crate) fn load(path: &Path) -> Result<Option<(World, Millis)>, String> {
    // Before it is read: to open a pipe is to wait for somebody who writes into it.
    if std::fs::metadata(path).is_ok_and(|facts| !facts.is_file()) {
        return Err("it is not a file; name another".to_owned());
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("it cannot be read ({error})")),
    };
    let damaged = |_| "it is damaged; restore it, or move it away to start anew".to_owned();
    let header: Header = serde_json::from_slice(&bytes).map_err(damaged)?;
    if header.format != FORMAT {
        return Err("it is not a state file of the sandbox; name another file".to_owned());
    }
    if header.version > VERSION {
        let version = header.version;
        return Err(format!(
            "it has version {version} and this sandbox knows {VERSION}; use a newer sandbox or \
             another file"
        ));
    }
    let loaded: Loaded = serde_json::from_slice(&bytes).map_err(damaged)?;
    Ok(Some((loaded.tiktok, loaded.clock_offset_millis)))
}

/// Writes the file after each change, and once more when the sandbox has ended. What changes during a write is written
/// together after it.
pub(crate) async fn keep(path: PathBuf, shared: Arc<Shared>, mut phase: watch::Receiver<Phase>) {
    let mut changes = shared.changes();
    // Whatever was changed before somebody listened.
    changes.mark_changed();
    loop {
        let stopping = tokio::select! {
            _ = changes.changed() => false,
            () = reached(&mut phase, Phase::Ended) => true,
        };
        if let Err(error) = save(&path, &shared).await {
            tracing::error!(%error, path = %path.display(), "the state could not be written");
        }
        if stopping {
            return;
        }
    }
}

/// Writes the file now, and lets answers go that wait for it: also when it cannot be written, which is told elsewhere.
pub(crate) async fn save(path: &Path, shared: &Shared) -> io::Result<()> {
    // Read before the world is.
    let changes = *shared.changes().borrow();
    let saved = save_world(path, shared).await;
    shared.keep(changes);
    saved
}

async fn save_world(path: &Path, shared: &Shared) -> io::Result<()> {
    let bytes = {
        let world = shared.world();
        let saved = Saved {
            format: FORMAT,
            version: VERSION,
            clock_offset_millis: shared.clock.offset(),
            tiktok: &world,
        };
        serde_json::to_vec(&saved)?
    };
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || write(&path, &bytes))
        .await
        .map_err(io::Error::other)?
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = open_private(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// The file holds tokens: nobody else may read it.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
