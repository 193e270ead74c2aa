mod age;
mod draft;
mod parts;
mod sink;
#[cfg(test)]
mod tests;
mod upload;

use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;

use super::{ByteStream, Media, MediaStore, PublicUrl, StoredMedia, UploadId, file};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    model::MediaId,
    time::{Clock, SystemClock},
};
use draft::Draft;
use sink::{Sink, unwritable};

/// A media store in a folder of this machine, or of a mount that all machines share.
///
/// A file is kept as `AB/ABCD…`, by its content's digest and nothing else, readable by its owner only. It is written to
/// the subfolder `incoming` first and gets its name when it is complete and on the disk. What a killed process left
/// there is removed when the folder is opened a day later. A call dropped while the file gets its name may have stored
/// it all the same.
///
/// A file's age counts from its time of modification. The file `removal.lock` is empty: it keeps a removal by age and what makes files
/// younger apart, also over processes.
///
/// An upload in parts is a file in the subfolder `uploads` until it is finished or swept: as much of it as has arrived,
/// and nothing else. Whoever writes to it holds the file's lock, which ends with its process.
#[derive(Clone, Debug)]
pub struct MediaDir {
    root: PathBuf,
    limit: u64,
}

impl MediaDir {
    /// The longest file a store takes unless told otherwise: 4 GiB and 1 MiB, so that a platform's own limit of 4 GB
    /// is told by the platform's rule, however it counts.
    pub const DEFAULT_LIMIT: u64 = (4 << 30) + (1 << 20);

    /// Opens the folder at `path`, and makes it, for its owner only, if it is missing. Does a little blocking work.
    ///
    /// # Errors
    /// `Storage` with [`Remedy::Operator`] when it is no folder, or none can be made there.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let opened = || {
            let root = std::path::absolute(path)?;
            draft::make_folder(&root.join(draft::INCOMING))?;
            draft::make_folder(&root.join(upload::UPLOADS))?;
            draft::sweep(&root, SystemClock::default().now())?;
            Ok(Self {
                root,
                limit: Self::DEFAULT_LIMIT,
            })
        };
        opened().map_err(|error: io::Error| {
            Error::storage(format!(
                "cannot use {} as the media folder: {error}",
                path.display()
            ))
            .with_remedy(Remedy::Operator)
            .with_source(error)
        })
    }

    /// Takes files of up to `bytes`.
    #[must_use]
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, id: &MediaId) -> PathBuf {
        draft::path(&self.root, id)
    }

    /// Hands everything to the sink and compares the length with what was announced.
    async fn fill(
        &self,
        sink: &mut Sink<Draft>,
        mut stream: ByteStream,
        announced: Option<u64>,
    ) -> Result<()> {
        let most = announced.unwrap_or(self.limit);
        let mut total = 0_u64;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            total = total.saturating_add(chunk.len() as u64);
            if total > most {
                return Err(announced
                    .map_or_else(|| self.too_long(), |most| not_as_announced(most, "more")));
            }
            sink.push(&chunk).await?;
        }
        match announced {
            _ if total == 0 => Err(empty()),
            Some(announced) if total < announced => {
                Err(not_as_announced(announced, &format!("only {total}")))
            }
            _ => Ok(()),
        }
    }

    fn check_announced(&self, size: Option<u64>) -> Result<()> {
        match size {
            Some(0) => Err(empty()),
            Some(announced) if announced > self.limit => Err(self.too_long()),
            _ => Ok(()),
        }
    }

    fn too_long(&self) -> Error {
        Error::invalid(
            "media",
            "media.limit",
            format!(
                "the file is longer than {} bytes, the limit of this media store",
                self.limit
            ),
        )
    }
}

#[async_trait]
impl MediaStore for MediaDir {
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media> {
        self.check_announced(size_hint)?;
        let root = self.root.clone();
        let mut sink = Sink::open(move || Draft::create(&root));
        match self.fill(&mut sink, stream, size_hint).await {
            Ok(()) => {
                let (draft, root) = (sink.finish().await?, self.root.clone());
                let stored = file::blocking(move || draft.commit(&root)).await?;
                stored.map_err(unwritable)
            }
            Err(error) => {
                sink.discard().await;
                Err(error)
            }
        }
    }

    async fn stat(&self, id: &MediaId) -> Result<Media> {
        let path = self.path(id);
        let facts = file::blocking(move || fs::symlink_metadata(path)).await?;
        match facts {
            Ok(facts) if facts.is_file() => Ok(Media::new(id.clone(), facts.len())),
            Ok(_) => Err(not_found()),
            Err(error) => Err(unreadable(error)),
        }
    }

    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream> {
        let path = self.path(id);
        let opened = file::blocking(move || file::open_regular(&path)).await?;
        let (file, size) = opened.map_err(unreadable)?;
        if range.start > range.end || range.end > size {
            return Err(Error::invalid(
                "range",
                "media.range",
                format!(
                    "the file has {size} bytes, none at {}..{}",
                    range.start, range.end
                ),
            ));
        }
        Ok(file::stream(file, range))
    }

    async fn public_url(&self, _: &MediaId, _: Duration) -> Result<Option<PublicUrl>> {
        Ok(None)
    }

    async fn remove(&self, id: &MediaId) -> Result<bool> {
        let path = self.path(id);
        match file::blocking(move || fs::remove_file(path)).await? {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(irremovable(error)),
        }
    }

    fn lists(&self) -> bool {
        true
    }

    async fn renew(&self, id: &MediaId) -> Result<Media> {
        let (root, id) = (self.root.clone(), id.clone());
        let renewed = file::blocking(move || age::renew(&root, &id)).await?;
        renewed.map_err(unreadable)
    }

    async fn list(&self, after: Option<&MediaId>, limit: u32) -> Result<Vec<StoredMedia>> {
        let (root, after) = (self.root.clone(), after.cloned());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let found = file::blocking(move || age::list(&root, after.as_ref(), limit)).await?;
        found.map_err(unreadable)
    }

    async fn remove_older(&self, id: &MediaId, before: DateTime<Utc>) -> Result<bool> {
        let (root, id) = (self.root.clone(), id.clone());
        let removed = file::blocking(move || age::remove_older(&root, &id, before)).await?;
        removed.map_err(irremovable)
    }

    fn takes_parts(&self) -> bool {
        true
    }

    async fn begin_upload(&self, expected_size: Option<u64>) -> Result<UploadId> {
        self.begin(expected_size).await
    }

    async fn upload_part(&self, id: &UploadId, offset: u64, part: ByteStream) -> Result<u64> {
        self.write_part(id, offset, part).await
    }

    async fn upload_length(&self, id: &UploadId) -> Result<u64> {
        let upload = self.upload(id)?;
        file::blocking(move || upload.length()).await?
    }

    async fn finish_upload(&self, id: &UploadId) -> Result<Media> {
        let upload = self.upload(id)?;
        file::blocking(move || upload.finish()).await?
    }

    async fn abort_upload(&self, id: &UploadId) -> Result<bool> {
        let Ok(upload) = self.upload(id) else {
            return Ok(false);
        };
        let removed = file::blocking(move || upload.remove()).await?;
        removed.map_err(irremovable)
    }

    async fn sweep_uploads(&self, before: DateTime<Utc>) -> Result<u64> {
        let root = self.root.clone();
        let swept = file::blocking(move || upload::sweep(&root, before)).await?;
        swept.map_err(irremovable)
    }
}

fn irremovable(error: io::Error) -> Error {
    Error::storage(format!("cannot remove from the media folder: {error}")).with_source(error)
}

fn empty() -> Error {
    Error::invalid("media", "media.empty", "the file is empty")
}

fn not_as_announced(announced: u64, came: &str) -> Error {
    Error::invalid(
        "media",
        "media.length",
        format!("{announced} bytes were announced and {came} came: send the file again"),
    )
}

fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "this media is not stored, or no more")
}

fn unreadable(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => not_found(),
        _ => Error::storage(format!("cannot read the media folder: {error}")).with_source(error),
    }
}
