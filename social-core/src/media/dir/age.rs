//! Files of the folder by their age. Blocking: to be called where that is allowed.
//!
//! A file's age counts from its time of modification, which giving it its name and renewing it set. Both hold the folder's lock
//! together with others, a removal by age holds it alone: between its look at the age and the removal nothing gets younger.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    path::Path,
    time::SystemTime,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::draft;
use crate::{
    media::{Media, StoredMedia},
    model::MediaId,
    time::{Clock, SystemClock},
};

pub(super) const LOCK: &str = "removal.lock";

/// Keeps removals by age away until it is dropped.
pub(super) fn none_is_removed(root: &Path) -> io::Result<File> {
    let lock = lock(root)?;
    lock.lock_shared()?;
    Ok(lock)
}

fn lock(root: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(root.join(LOCK))
}

/// From now on its age counts anew.
pub(super) fn renew_file(path: &Path) -> io::Result<u64> {
    let file = OpenOptions::new().write(true).open(path)?;
    // As the file system would, by the clock of this machine.
    file.set_modified(SystemClock::default().now().into())?;
    Ok(file.metadata()?.len())
}

pub(super) fn renew(root: &Path, id: &MediaId) -> io::Result<Media> {
    let _lock = none_is_removed(root)?;
    let path = draft::path(root, id);
    // Nothing but a file, also not through a link.
    if !fs::symlink_metadata(&path)?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(Media::new(id.clone(), renew_file(&path)?))
}

pub(super) fn remove_older(root: &Path, id: &MediaId, before: DateTime<Utc>) -> io::Result<bool> {
    let lock = lock(root)?;
    lock.lock()?;
    let path = draft::path(root, id);
    match fs::symlink_metadata(&path).and_then(|facts| modified(&facts)) {
        Ok(stored) if stored < before => {}
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The files behind `after`, by their ids.
pub(super) fn list(
    root: &Path,
    after: Option<&MediaId>,
    limit: usize,
) -> io::Result<Vec<StoredMedia>> {
    let after = after.map_or("", MediaId::as_str);
    let mut found = Vec::new();
    for folder in names(root)? {
        if folder.len() != 2 || Some(folder.as_str()) < after.get(..2) {
            continue;
        }
        let inside = match names(&root.join(&folder)) {
            Ok(inside) => inside,
            // One folder that cannot be read keeps none of the others.
            Err(error) => {
                tracing::warn!(folder, %error, "a folder of stored media cannot be read; what is in it is not listed");
                continue;
            }
        };
        for name in inside {
            if found.len() >= limit {
                return Ok(found);
            }
            if name.as_str() <= after || !name.starts_with(&folder) {
                continue;
            }
            let Ok(id) = MediaId::try_from(name) else {
                continue;
            };
            match stored(root, &id) {
                Ok(file) => found.extend(file),
                // Nor does one file.
                Err(error) => {
                    tracing::warn!(media = %id, %error, "a stored file cannot be looked at; it is not listed");
                }
            }
        }
    }
    Ok(found)
}

fn stored(root: &Path, id: &MediaId) -> io::Result<Option<StoredMedia>> {
    match fs::symlink_metadata(draft::path(root, id)) {
        Ok(facts) if facts.is_file() => {
            let media = Media::new(id.clone(), facts.len());
            Ok(Some(StoredMedia::new(media, modified(&facts)?)))
        }
        Ok(_) => Ok(None),
        // It went away meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// When a file was written last. A damaged disk may tell a time that no calendar has.
pub(super) fn modified(facts: &Metadata) -> io::Result<DateTime<Utc>> {
    let since = match facts.modified()?.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => TimeDelta::from_std(after).ok(),
        Err(before) => TimeDelta::from_std(before.duration()).ok().map(|it| -it),
    };
    let at = since.and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since));
    at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the file has no possible time"))
}

/// What a folder has, in order. Names that are no text are not ours.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // Something else lies there, or it went away.
        Err(error)
            if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}
