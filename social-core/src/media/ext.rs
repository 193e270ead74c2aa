use std::{future::Future, io, path::Path};

use bytes::Bytes;
use futures_util::stream;

use url::Url;

use super::{Media, MediaStore, fetch::Fetcher, file};
use crate::error::{Error, ErrorKind, Result};

/// What every media store can do with what it has.
pub trait MediaStoreExt: MediaStore {
    /// Stores a local file. For programs that are handed paths by whoever runs them; a service stores what it is sent.
    ///
    /// Dropped, it leaves nothing behind.
    ///
    /// # Errors
    /// `NotFound` when there is no such file; `Invalid` when it is a link, a folder, a pipe or a device, or is empty or
    /// too long; `Storage` when it cannot be read or stored.
    fn import(&self, path: impl AsRef<Path> + Send) -> impl Future<Output = Result<Media>> + Send {
        async move {
            let path = path.as_ref().to_owned();
            let shown = path.display().to_string();
            let opened = file::blocking(move || file::open_regular(&path)).await?;
            let (file, size) = opened.map_err(|error| not_imported(&shown, error))?;
            self.put(file::stream(file, 0..size), Some(size)).await
        }
    }

    /// Stores what is at an https address that a person gave.
    ///
    /// Dropped, it leaves nothing behind.
    ///
    /// # Errors
    /// As [`Fetcher::stream`] and [`MediaStore::put`].
    fn import_url(
        &self,
        fetcher: &Fetcher,
        address: &Url,
    ) -> impl Future<Output = Result<Media>> + Send {
        async move { self.put(fetcher.stream(address).await?, None).await }
    }

    /// Stores bytes from memory.
    ///
    /// # Errors
    /// As [`MediaStore::put`].
    fn put_bytes(
        &self,
        bytes: impl Into<Bytes> + Send,
    ) -> impl Future<Output = Result<Media>> + Send {
        let bytes = bytes.into();
        let size = bytes.len() as u64;
        self.put(Box::pin(stream::iter([Ok(bytes)])), Some(size))
    }
}

impl<S: MediaStore + ?Sized> MediaStoreExt for S {}

fn not_imported(path: &str, error: io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file {path}"),
        _ => format!("cannot import {path}: {error}"),
    };
    match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, message),
        io::ErrorKind::InvalidInput => Error::invalid("media", "media.file", message),
        _ => Error::storage(message),
    }
    .with_source(error)
}
