//! The key file. Blocking: to be called where that is allowed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use zeroize::Zeroizing;

use super::{SealingKey, parse, unusable};
use crate::{
    error::{Error, Result},
    platform::hex,
    random::{Random, SystemRandom},
};

/// No key file is longer.
const MAX_FILE: u64 = 64 * 1024;

/// Tells one content of the file from the next without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

/// Nothing when there is no file.
pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let facts = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&facts);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Stamp {
        length: facts.len(),
        modified: facts.modified().ok(),
        inode,
    })
}

/// Reads the file; where there is none and `fresh` says that nothing is sealed yet, makes it first.
pub(super) fn read_or_create(path: &Path, fresh: bool) -> Result<Vec<Arc<SealingKey>>> {
    // Before it is opened: to open a pipe is to wait for somebody who writes into it.
    if fs::metadata(path).is_ok_and(|facts| !facts.is_file()) {
        return Err(not_a_file(path));
    }
    match File::open(path) {
        Ok(file) => read(path, &file),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("read", path, error)),
        Err(_) if !fresh => Err(unusable(format!(
            "the key file {} is missing beside an existing database; restore it from the backup; a new key could not \
             read what is stored",
            path.display()
        ))),
        Err(_) => {
            create(path)?;
            let file = File::open(path).map_err(|error| failed("read", path, error))?;
            read(path, &file)
        }
    }
}

fn read(path: &Path, file: &File) -> Result<Vec<Arc<SealingKey>>> {
    let facts = file
        .metadata()
        .map_err(|error| failed("read", path, error))?;
    if !facts.is_file() {
        return Err(not_a_file(path));
    }
    refuse_readable_by_others(path, &facts)?;
    // Room from the start: a growing string would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(
        facts.len().min(MAX_FILE) as usize + 1,
    ));
    file.take(MAX_FILE)
        .read_to_string(&mut text)
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => unusable(format!(
                "the key file {} is not text: it needs one key a line, as 64 hex digits or as base64",
                path.display()
            )),
            _ => failed("read", path, error),
        })?;
    parse::keys(&text).map_err(|error| {
        unusable(format!(
            "the key file {}: {}",
            path.display(),
            error.message()
        ))
    })
}

fn not_a_file(path: &Path) -> Error {
    unusable(format!("the key file {} is not a file", path.display()))
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path, facts: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mode = facts.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(unusable(format!(
        "others than its owner may use the key file {path} (mode {mode:o}): run chmod 600 {path}",
        path = path.display()
    )))
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_: &Path, _: &fs::Metadata) -> Result<()> {
    Ok(())
}

/// Makes the file with a new key, unless another process makes it first. It appears whole and durable, or not at all.
fn create(path: &Path) -> Result<()> {
    let mut key = Zeroizing::new([0_u8; 32]);
    SystemRandom::default().fill(key.as_mut())?;
    let mut suffix = [0_u8; 8];
    SystemRandom::default().fill(&mut suffix)?;
    let draft = beside(path, &format!(".{:016x}.new", u64::from_be_bytes(suffix)));
    let made = write_draft(&draft, &key).and_then(|()| publish(&draft, path));
    // The draft is another name of the file now, or of no use.
    let removed = fs::remove_file(&draft);
    made.and(removed)
        .map_err(|error| failed("create", path, error))
}

fn write_draft(draft: &Path, key: &[u8; 32]) -> io::Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(256));
    text.push_str(
        "# Seals the secrets in the database. Keep a copy: without it they cannot be read.\n\
         # The first key seals, all of them open. To rotate, put a new line in front.\n",
    );
    text.push_str(&Zeroizing::new(hex::encode(key)));
    text.push('\n');
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives the draft its name. A link, not a renaming, because that would replace a file made in the meantime.
fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    Ok(())
}

#[cfg(unix)]
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    unusable(format!(
        "cannot {what} the key file {}: {error}",
        path.display()
    ))
    .with_source(error)
}
