//! The files of the spool. What is there is what waits: nothing else is kept of it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::error::{Error, Result};

const SAVE: &str = "tokens";
/// A file that is being written. Found at rest it is left over: the save it was to be was told to have failed.
const PART: &str = "part";

/// A folder of this process's own. Clones share its turn.
#[derive(Clone, Debug)]
pub(in crate::tokens) struct Folder {
    path: PathBuf,
    /// One at a time looks or changes something: nobody removes what another is writing.
    turn: Arc<Mutex<()>>,
}

impl Folder {
    pub(in crate::tokens) fn new(path: PathBuf) -> Self {
        Self {
            path,
            turn: Arc::default(),
        }
    }

    /// The name of a save: whose it is, so that the listing alone tells for which rows something waits, and which.
    pub(super) fn name(of: &str, which: &str) -> String {
        format!("{of}-{which}.{SAVE}")
    }

    /// Whether a save has a name for this row.
    pub(super) fn is_of(name: &str, of: &str) -> bool {
        name.split_once('-').is_some_and(|(tag, _)| tag == of)
    }

    /// The names of the saves, in order; none when there is no folder yet. Removes what was left half-written.
    pub(super) async fn list(&self) -> Result<Vec<String>> {
        self.on_disk(list).await
    }

    pub(super) async fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let name = name.to_owned();
        self.on_disk(move |path| read(&path.join(name))).await
    }

    /// Writes a save, in the place of one of the same name. Says whether it is certain to outlive a loss of power;
    /// otherwise it is there all the same.
    pub(super) async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<bool> {
        let name = name.to_owned();
        self.on_disk(move |path| write(path, &name, &bytes)).await
    }

    /// Removes a save. One that comes back after a loss of power is replayed once more, which changes nothing.
    pub(super) async fn remove(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.on_disk(move |path| remove(path, &name)).await
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        #[cfg(test)]
        let _busy = busy::Busy::begin();
        let failed = || Error::storage("the spool folder cannot be read or written");
        let this = self.clone();
        let work = move || {
            let _turn = this.turn.lock().unwrap_or_else(PoisonError::into_inner);
            work(&this.path)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done.map_err(|error| failed().with_source(error)),
            Err(_) => Err(failed()),
        }
    }
}

/// Whether something is on its way to the disk: tests let no time pass meanwhile.
#[cfg(test)]
pub(crate) mod busy {
    use std::cell::Cell;

    thread_local! {
        static CALLS: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) struct Busy;

    impl Busy {
        pub(super) fn begin() -> Self {
            CALLS.set(CALLS.get() + 1);
            Self
        }
    }

    impl Drop for Busy {
        fn drop(&mut self) {
            CALLS.set(CALLS.get() - 1);
        }
    }

    /// On this thread.
    pub(crate) fn is_any() -> bool {
        CALLS.get() > 0
    }
}

fn list(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut saves = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let (begins, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        if ending == SAVE {
            saves.push(name.to_owned());
        } else if ending == PART && begins.ends_with(SAVE) {
            clear(&path);
        }
    }
    saves.sort();
    Ok(saves)
}

/// What cannot be removed now is tried again with the next look.
fn clear(part: &Path) {
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a half-written save could not be removed from the spool");
        }
        _ => {}
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some),
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<bool> {
    make_private(folder)?;
    // Under another name first, so that a half-written file is never taken for a save.
    let part = folder.join(format!("{name}.{PART}"));
    let whole = write_whole(&part, bytes).and_then(|()| std::fs::rename(&part, folder.join(name)));
    if let Err(error) = whole {
        // A full disk takes the next try only if this one leaves nothing behind.
        clear(&part);
        return Err(error);
    }
    Ok(is_synced(folder))
}

fn write_whole(part: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_private(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove(folder: &Path, name: &str) -> io::Result<()> {
    match std::fs::remove_file(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => {
            removed?;
            is_synced(folder);
            Ok(())
        }
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let made: Vec<_> = folder.ancestors().take_while(is_missing).collect();
    if made.is_empty() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // A folder is there after a loss of power when its own folder knows of it.
    let mut parents = made.into_iter().filter_map(Path::parent);
    parents.try_for_each(|parent| match parent.as_os_str().is_empty() {
        true => sync_folder(Path::new(".")),
        false => sync_folder(parent),
    })
}

fn create_private(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether a new or removed name is durable.
fn is_synced(folder: &Path) -> bool {
    let synced = sync_folder(folder);
    if let Err(error) = &synced {
        tracing::error!(%error, "a change in the spool folder may not outlive a loss of power");
    }
    synced.is_ok()
}

/// Only Unix can open a folder for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry).to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_half_written() {
        let folder = tempfile::tempdir().unwrap();
        // Nothing can be put in the place of a folder that is not empty.
        std::fs::create_dir_all(folder.path().join("a-1.tokens/full")).unwrap();
        for _ in 0..3 {
            assert!(write(folder.path(), "a-1.tokens", b"save").is_err());
        }
        assert_eq!(names(folder.path()), ["a-1.tokens"]);
        assert!(write(folder.path(), "a-2.tokens", b"save").unwrap());
        assert!(
            write(folder.path(), "a-2.tokens", b"again").unwrap(),
            "in its place"
        );
        assert_eq!(
            std::fs::read(folder.path().join("a-2.tokens")).unwrap(),
            b"again"
        );
    }

    /// `/dev/full` takes nothing, as a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_takes_the_next_try_when_there_is_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("a-1.tokens.part");
        std::os::unix::fs::symlink("/dev/full", part).unwrap();
        let full = write(folder.path(), "a-1.tokens", b"save").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert!(names(folder.path()).is_empty(), "nothing is left behind");
        assert!(write(folder.path(), "a-1.tokens", b"save").unwrap());
        assert_eq!(names(folder.path()), ["a-1.tokens"]);
    }

    #[test]
    fn only_saves_are_listed_and_only_parts_of_saves_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b-1.tokens",
            "a-1.tokens",
            "a-2.tokens.part",
            "other.part",
            "note",
        ] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        assert_eq!(list(folder.path()).unwrap(), ["a-1.tokens", "b-1.tokens"]);
        let left = ["a-1.tokens", "b-1.tokens", "note", "other.part"];
        assert_eq!(names(folder.path()), left);
        assert!(Folder::is_of("a-1.tokens", "a") && !Folder::is_of("b-1.tokens", "a"));
        assert!(list(&folder.path().join("none")).unwrap().is_empty());
    }
}
