use std::{io, path::PathBuf};

use tokio::task::{JoinHandle, spawn_blocking};

use super::draft::Draft;
use crate::{
    error::{Error, Remedy, Result},
    media::{Media, file::stopped},
};

/// Large enough that a hop to another thread costs little beside it.
const BUFFER: usize = 512 * 1024;

/// A draft that nobody works on, and an empty buffer.
type Idle = (Draft, Vec<u8>);

/// Collects bytes in one buffer while another one is hashed and written elsewhere.
///
/// The draft is always held by the task that works on it, so wherever its owner is dropped, the last one to hold the
/// draft removes the file.
pub(super) struct Sink {
    root: PathBuf,
    working: Option<JoinHandle<io::Result<Idle>>>,
    buffer: Vec<u8>,
}

impl Sink {
    pub(super) fn open(root: PathBuf) -> Self {
        let folder = root.clone();
        Self {
            root,
            working: Some(spawn_blocking(move || {
                Ok((Draft::create(&folder)?, Vec::with_capacity(BUFFER)))
            })),
            buffer: Vec::with_capacity(BUFFER),
        }
    }

    pub(super) async fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BUFFER - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == BUFFER {
                self.flush().await?;
            }
        }
        Ok(())
    }

    pub(super) async fn commit(mut self) -> Result<Media> {
        self.flush().await?;
        let (draft, _) = self.settle().await?;
        let root = self.root;
        let done = spawn_blocking(move || draft.commit(&root)).await;
        done.map_err(stopped)?.map_err(unwritable)
    }

    /// Waits until the draft is gone.
    pub(super) async fn discard(mut self) {
        if let Ok(held) = self.settle().await {
            let _ = spawn_blocking(move || drop(held)).await;
        }
    }

    async fn flush(&mut self) -> Result<()> {
        let (mut draft, empty) = self.settle().await?;
        let mut full = std::mem::replace(&mut self.buffer, empty);
        self.working = Some(spawn_blocking(move || {
            draft.append(&full)?;
            full.clear();
            Ok((draft, full))
        }));
        Ok(())
    }

    async fn settle(&mut self) -> Result<Idle> {
        let working = self.working.take();
        let working = working
            .ok_or_else(|| Error::storage("writing to the media folder has failed before"))?;
        working.await.map_err(stopped)?.map_err(unwritable)
    }
}

pub(super) fn unwritable(error: io::Error) -> Error {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};

    let message = match error.kind() {
        QuotaExceeded | StorageFull => {
            "no space left on the disk that holds the media folder; free some and send the file again".into()
        }
        ReadOnlyFilesystem => "the disk that holds the media folder is read-only; make it writable".into(),
        _ => format!("cannot write to the media folder: {error}"),
    };
    Error::storage(message)
        .with_remedy(Remedy::Operator)
        .with_user_message("This server cannot store the file now. Try again later.")
        .with_source(error)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::error::ErrorKind;

    /// The device `/dev/full` fails every write as a full disk does.
    #[tokio::test]
    async fn a_full_disk_is_told_and_the_draft_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("draft");
        File::create(&path).unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let draft = Draft::of(full, path.clone());
        let mut sink = Sink {
            root: folder.path().to_owned(),
            working: Some(spawn_blocking(move || Ok((draft, Vec::new())))),
            buffer: Vec::with_capacity(BUFFER),
        };
        sink.push(&[7; 100]).await.unwrap();
        let error = sink.commit().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.remedy()),
            (ErrorKind::Storage, &Remedy::Operator)
        );
        assert_eq!(
            error.message(),
            "no space left on the disk that holds the media folder; free some and send the file again"
        );
        assert!(!path.exists());
    }
}
