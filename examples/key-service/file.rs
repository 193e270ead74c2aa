//! The wrapped data keys, one a line: the key's id, and the wrapped key in base64. The first key seals.
//!
//! Nobody can use it without the service, but who could write to it could take keys away: it is kept like the database.

use std::{
    io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use social_core::{Error, Result};

/// One wrapped data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapped {
    pub(crate) id: String,
    pub(crate) key: Vec<u8>,
}

/// Nothing when there is no file.
pub(crate) async fn read(path: &Path) -> Result<Option<Vec<Wrapped>>> {
    let text = match tokio::fs::read_to_string(path).await {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", error)),
    };
    let keys: Option<Vec<_>> = text.lines().map(parse).collect();
    let keys = keys.filter(|keys| !keys.is_empty());
    keys.map(Some)
        .ok_or_else(|| Error::storage("the file of wrapped data keys has another form"))
}

fn parse(line: &str) -> Option<Wrapped> {
    let (id, key) = line.split_once(' ')?;
    Some(Wrapped {
        id: id.to_owned(),
        key: STANDARD.decode(key).ok()?,
    })
}

/// Replaces the file as a whole. With `fresh` there must be none yet: of two processes that make one, one is first.
pub(crate) async fn write(path: &Path, keys: &[Wrapped], fresh: bool) -> Result<()> {
    let lines = keys
        .iter()
        .map(|Wrapped { id, key }| format!("{id} {}\n", STANDARD.encode(key)));
    let (text, path) = (lines.collect::<String>(), path.to_owned());
    let work = move || put(&path, &text, fresh);
    match tokio::task::spawn_blocking(work).await {
        Ok(written) => written.map_err(|error| failed("write", error)),
        Err(_) => Err(Error::storage("writing the wrapped data keys ended early")),
    }
}

fn put(path: &Path, text: &str, fresh: bool) -> io::Result<()> {
    use io::Write;

    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    // Readable by its owner only.
    let mut draft = tempfile::NamedTempFile::new_in(&folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    if fresh {
        match draft.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error)?,
            _ => {}
        }
    } else {
        draft.persist(path).map_err(|error| error.error)?;
    }
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

fn failed(what: &str, error: io::Error) -> Error {
    Error::storage(format!("cannot {what} the wrapped data keys")).with_source(error)
}
