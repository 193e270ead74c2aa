use std::io;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::{
    error::{Error, Reason, Remedy, Result},
    media::file::stopped,
};

/// Large enough that a hop to another thread costs little beside it.
const BUFFER: usize = 512 * 1024;

/// What bytes are added to. Blocking.
pub(super) trait Append: Send + 'static {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A file that nobody works on, and an empty buffer.
type Idle<T> = (T, Vec<u8>);

/// Collects bytes in one buffer while another one is written elsewhere.
///
/// The file is always held by the task that works on it, so wherever the sink is dropped, the last one to hold the file
/// drops it.
pub(super) struct Sink<T> {
    working: Option<JoinHandle<io::Result<Idle<T>>>>,
    buffer: Vec<u8>,
}

impl<T: Append> Sink<T> {
    pub(super) fn open(start: impl FnOnce() -> io::Result<T> + Send + 'static) -> Self {
        Self {
            working: Some(spawn_blocking(move || {
                Ok((start()?, Vec::with_capacity(BUFFER)))
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

    /// Writes what is left, and gives the file back.
    pub(super) async fn finish(mut self) -> Result<T> {
        self.flush().await?;
        Ok(self.settle().await?.0)
    }

    /// Waits until the file is dropped.
    pub(super) async fn discard(mut self) {
        if let Ok(held) = self.settle().await {
            let _ = spawn_blocking(move || drop(held)).await;
        }
    }

    async fn flush(&mut self) -> Result<()> {
        let (mut file, empty) = self.settle().await?;
        let mut full = std::mem::replace(&mut self.buffer, empty);
        self.working = Some(spawn_blocking(move || {
            file.append(&full)?;
            full.clear();
            Ok((file, full))
        }));
        Ok(())
    }

    async fn settle(&mut self) -> Result<Idle<T>> {
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
            "no space left on the disk that holds the media folder; free some and try again".into()
        }
        ReadOnlyFilesystem => {
            "the disk that holds the media folder is read-only; make it writable".into()
        }
        _ => format!("cannot write to the media folder: {error}"),
    };
    let is_full = matches!(error.kind(), QuotaExceeded | StorageFull);
    let told = Error::storage(message).with_remedy(Remedy::Operator);
    let told = if is_full {
        told.with_reason(Reason::StorageFull)
    } else {
        told.with_user_message("This server cannot store the file now.")
            .with_advice("Try again later.")
    };
    told.with_source(error)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::{error::ErrorKind, media::dir::draft::Draft};

    /// The device `/dev/full` fails every write as a full disk does.
    #[tokio::test]
    async fn a_full_disk_is_told_and_the_draft_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("draft");
        File::create(&path).unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let draft = Draft::of(full, path.clone());
        let mut sink = Sink::open(move || Ok(draft));
        sink.push(&[7; 100]).await.unwrap();
        let error = sink.finish().await.err().unwrap();
        assert_eq!(
            (error.kind(), error.remedy()),
            (ErrorKind::Storage, &Remedy::Operator)
        );
        assert_eq!(
            error.message(),
            "no space left on the disk that holds the media folder; free some and try again"
        );
        assert!(!path.exists());
    }
}
