//! An upload in parts, as it lies in the folder. Blocking: to be called where that is allowed.
//!
//! `ID` holds what has arrived. `ID.done` says which file became of it, and is there before the file gets its name, so that
//! whoever finishes again after a killed process answers the same. An id is 32 random hex digits and, behind a `-`, the
//! expected size: what belongs to an upload is one file from its beginning on.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{
    age,
    draft::{name, new_file, sync_folder},
    empty,
    sink::{Append, unwritable},
    unreadable,
};
use crate::{
    error::{Error, ErrorKind, Result},
    media::{Arrived, Media, UploadId},
    model::MediaId,
    random::{Random, SystemRandom},
};

pub(super) const UPLOADS: &str = "uploads";
const DONE: &str = "done";
const TEMPORARY: &str = "tmp";

/// How much is read at once for a digest.
const BUFFER: usize = 1 << 20;

/// An upload, there or not.
#[derive(Clone)]
pub(super) struct Upload {
    root: PathBuf,
    data: PathBuf,
    pub(super) expected: Option<u64>,
}

impl Upload {
    /// Makes an empty one.
    pub(super) fn begin(root: &Path, expected: Option<u64>) -> io::Result<UploadId> {
        let mut random = [0_u8; 16];
        SystemRandom::default()
            .fill(&mut random)
            .map_err(io::Error::other)?;
        let mut id = format!("{:032x}", u128::from_be_bytes(random));
        if let Some(size) = expected {
            id = format!("{id}-{size}");
        }
        let folder = root.join(UPLOADS);
        new_file(&folder.join(&id))?.sync_all()?;
        sync_folder(&folder)?;
        UploadId::try_from(id).map_err(io::Error::other)
    }

    /// The one of that name, if a store of this kind gives such names: nothing else leads to a file.
    pub(super) fn of(root: &Path, id: &UploadId) -> Option<Self> {
        let id = id.as_str();
        let (random, size) = match id.split_once('-') {
            Some((random, size)) => (random, Some(size)),
            None => (id, None),
        };
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if random.len() != 32 || !random.bytes().all(hex) {
            return None;
        }
        let expected = match size {
            Some(text) => Some(text.parse::<u64>().ok().filter(|n| n.to_string() == text)?),
            None => None,
        };
        Some(Self {
            root: root.to_owned(),
            data: root.join(UPLOADS).join(id),
            expected,
        })
    }

    pub(super) fn length(&self) -> Result<u64> {
        match fs::symlink_metadata(&self.data) {
            Ok(facts) => Ok(facts.len()),
            // In this order: what is done is said before the data go.
            Err(error) if is_missing(&error) => {
                let done = self.done().map_err(unreadable)?;
                done.map(|media| media.size).ok_or_else(unknown)
            }
            Err(error) => Err(unreadable(error)),
        }
    }

    /// Takes the upload for a part at `offset`.
    pub(super) fn open_at(&self, offset: u64) -> Result<Tail> {
        let Some(mut file) = self.lock()? else {
            return Err(self.length().map_or_else(|error| error, Arrived::finished));
        };
        if let Some(media) = self.done().map_err(unreadable)? {
            return Err(Arrived::finished(media.size));
        }
        let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        if length != offset {
            return Err(Arrived::elsewhere(length));
        }
        Ok(Tail(file))
    }

    /// Whether it was not aborted meanwhile.
    pub(super) fn is_there(&self) -> Result<()> {
        let facts = fs::symlink_metadata(&self.data);
        match facts {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Err(unknown()),
            Err(error) => Err(unreadable(error)),
        }
    }

    pub(super) fn finish(&self) -> Result<Media> {
        let Some(mut file) = self.lock()? else {
            return self.finished();
        };
        let media = match self.done().map_err(unreadable)? {
            Some(media) => media,
            None => {
                let media = digest(&mut file).map_err(unreadable)?;
                self.check(media.size)?;
                file.sync_all().map_err(unwritable)?;
                self.say_done(&media).map_err(unwritable)?;
                media
            }
        };
        match name(&self.root, &self.data, &media.id) {
            Ok(()) => Ok(media),
            Err(error) if is_missing(&error) => {
                // Aborted meanwhile: nothing became of it.
                let _ = fs::remove_file(self.beside(DONE));
                Err(unknown())
            }
            Err(error) => Err(unwritable(error)),
        }
    }

    /// Removes all of it, and says whether there was something.
    pub(super) fn remove(&self) -> io::Result<bool> {
        // In this order: data alone are an upload, the note alone says that a file became of it.
        let note = gone(&self.beside(DONE))?;
        let data = gone(&self.data)?;
        gone(&self.beside(TEMPORARY))?;
        sync_folder(&self.root.join(UPLOADS))?;
        Ok(note || data)
    }

    /// The data, if they are there, for whoever comes first.
    fn lock(&self) -> Result<Option<File>> {
        let mut options = File::options();
        let file = match options.read(true).write(true).open(&self.data) {
            Ok(file) => file,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(unwritable(error)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let length = file.metadata().map_err(unreadable)?.len();
                return Err(Arrived::busy(length));
            }
            Err(TryLockError::Error(error)) => return Err(unwritable(error)),
        }
        // Whoever held it may have finished or aborted. No name comes twice, so a file that is there is this one.
        let is_there = self.data.try_exists().map_err(unreadable)?;
        Ok(is_there.then_some(file))
    }

    fn check(&self, size: u64) -> Result<()> {
        match self.expected {
            _ if size == 0 => Err(empty()),
            Some(expected) if size != expected => {
                let message = format!(
                    "{expected} bytes were announced and {size} have arrived: send the rest first"
                );
                Err(Error::invalid("media", "media.length", message))
            }
            _ => Ok(()),
        }
    }

    /// What a finished upload answers, as long as its file is there.
    fn finished(&self) -> Result<Media> {
        let media = self.done().map_err(unreadable)?.ok_or_else(unknown)?;
        // Answered again, it is as young as if it had been made now.
        let there = age::renew(&self.root, &media.id).map_err(unreadable)?;
        if there.size == media.size {
            Ok(media)
        } else {
            Err(unknown())
        }
    }

    /// The note of what became of it.
    fn done(&self) -> io::Result<Option<Media>> {
        let text = match fs::read_to_string(self.beside(DONE)) {
            Ok(text) => text,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let read = || {
            let (id, size) = text.split_once(' ')?;
            Some(Media::new(id.parse().ok()?, size.parse().ok()?))
        };
        Ok(read())
    }

    fn say_done(&self, media: &Media) -> io::Result<()> {
        let new = self.beside(TEMPORARY);
        gone(&new)?;
        let mut file = new_file(&new)?;
        file.write_all(format!("{} {}", media.id, media.size).as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, self.beside(DONE))?;
        sync_folder(&self.root.join(UPLOADS))
    }

    fn beside(&self, extension: &str) -> PathBuf {
        self.data.with_extension(extension)
    }

    /// Removes it when nothing was added since `before` and nobody works on it.
    fn sweep(&self, before: DateTime<Utc>) -> io::Result<bool> {
        let is_stale = |path: &Path| {
            let written = fs::symlink_metadata(path).and_then(|facts| age::modified(&facts));
            written.is_ok_and(|at| at < before)
        };
        match self.lock() {
            Ok(Some(_held)) if is_stale(&self.data) => self.remove(),
            Ok(None) if is_stale(&self.beside(DONE)) => self.remove(),
            // Of one that was aborted while it was finished.
            Ok(None) if is_stale(&self.beside(TEMPORARY)) => self.remove(),
            _ => Ok(false),
        }
    }
}

/// An upload's file that nobody else writes to, at its end.
pub(super) struct Tail(pub(super) File);

impl Tail {
    /// Puts on the disk what was added, and says how long the upload is.
    pub(super) fn close(self) -> io::Result<u64> {
        self.0.sync_all()?;
        Ok(self.0.metadata()?.len())
    }
}

impl Append for Tail {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}

/// Removes what is stale, and says how many uploads that were.
pub(super) fn sweep(root: &Path, before: DateTime<Utc>) -> io::Result<u64> {
    let mut swept = 0;
    for entry in fs::read_dir(root.join(UPLOADS))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.split('.').next());
        let id = name.and_then(|name| name.parse::<UploadId>().ok());
        let upload = id.and_then(|id| Upload::of(root, &id));
        // What was removed with another entry of the same upload is not there any more.
        if let Some(upload) = upload
            && upload.sweep(before)?
        {
            swept += 1;
        }
    }
    Ok(swept)
}

fn digest(file: &mut File) -> io::Result<Media> {
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER];
    file.seek(SeekFrom::Start(0))?;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(Media::new(
                MediaId::from_digest(hash.finalize().into()),
                size,
            ));
        };
        hash.update(bytes);
        size += read as u64;
    }
}

/// Removes a file and says whether it was there.
fn gone(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

pub(super) fn unknown() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "there is no such upload, or no more: begin another one",
    )
}
