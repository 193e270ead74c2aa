//! A folder of small files that any number of processes share. What a database would give is made here from what a file
//! system gives: a lock stands for the transaction, a file under another name that is renamed for the atomic write.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};
use social_core::error::{Error, Remedy, Result};

/// A folder on a local disk. Clones are the same folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder(Arc<Path>);

impl Folder {
    /// Makes it, for the user of this process only, if there is none.
    ///
    /// # Errors
    /// `Storage` when it cannot be made.
    pub(crate) fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path: PathBuf = path.into();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|error| failed(&error))?;
        Ok(Self(path.into()))
    }

    /// Runs `work` while no other call and no other process runs any. A process that is killed gives the lock back, and
    /// a caller that is dropped leaves `work` to end by itself: it happens as a whole or not at all.
    ///
    /// # Errors
    /// `Storage` when `work` or the lock fails.
    pub(crate) async fn locked<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let folder = self.clone();
        let locked = move || {
            let lock = File::create(folder.0.join("lock"))?;
            lock.lock()?;
            work(&folder)
        };
        let done = match tokio::task::spawn_blocking(locked).await {
            Ok(done) => done,
            Err(_) => Err(io::Error::other("the runtime is shutting down")),
        };
        done.map_err(|error| failed(&error).with_operation(operation))
    }

    /// What the file holds, or nothing when there is none.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read(self.0.join(name)) {
            // Not serde's own message, which quotes what it reads.
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|_| io::ErrorKind::InvalidData.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the file, durably: after a crash it is as it was or as it is to be, never half.
    pub(crate) fn write(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        let draft = self.0.join("draft");
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        file.sync_all()?;
        fs::rename(draft, self.0.join(name))?;
        self.sync()
    }

    /// Removes the file, durably.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))?;
        self.sync()
    }

    /// The names of the files that begin with `prefix`, in order.
    pub(crate) fn names(&self, prefix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name().into_string().unwrap_or_default();
            if name.starts_with(prefix) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// A name is only safe once its folder is.
    fn sync(&self) -> io::Result<()> {
        if cfg!(unix) {
            File::open(&self.0)?.sync_all()?;
        }
        Ok(())
    }
}

/// The path is left out: whoever runs this knows the folder, and a name in it is derived from a state.
fn failed(error: &io::Error) -> Error {
    let (what, remedy) = match error.kind() {
        io::ErrorKind::InvalidData => ("a file in it is damaged; remove it", Remedy::Operator),
        io::ErrorKind::NotFound => ("it is gone; make it again", Remedy::Operator),
        io::ErrorKind::PermissionDenied => ("this process may not use it", Remedy::Operator),
        io::ErrorKind::StorageFull => ("its disk is full; free space there", Remedy::Operator),
        _ => ("try again", Remedy::Backoff),
    };
    Error::storage(format!(
        "the folder of logins failed ({}): {what}",
        error.kind()
    ))
    .with_remedy(remedy)
}
