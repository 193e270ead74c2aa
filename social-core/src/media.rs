//! Media: a store of files by content, and what can be told about a file without decoding it.

mod dir;
mod ext;
pub mod fetch;
mod file;
pub mod probe;

use std::{fmt::Debug, ops::Range, pin::Pin};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{error::Result, model::MediaId};

pub use dir::MediaDir;
pub use ext::MediaStoreExt;

/// Bytes as they come.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send + 'static>>;

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Media {
    /// The digest of its bytes.
    pub id: MediaId,
    /// Its size in bytes.
    pub size: u64,
}

impl Media {
    /// Joins the parts.
    pub fn new(id: MediaId, size: u64) -> Self {
        Self { id, size }
    }
}

impl From<Media> for MediaId {
    fn from(media: Media) -> Self {
        media.id
    }
}

/// Keeps files by their content. Jobs hold ids, never paths.
#[async_trait]
pub trait MediaStore: Debug + Send + Sync + 'static {
    /// Stores what the stream yields. `size_hint` is what the sender announced, if anything. Memory does not grow with
    /// the size. Durable when it answers; a failed or dropped call leaves nothing behind.
    ///
    /// # Errors
    /// `Invalid` when the content is empty, longer than the store takes, or not as long as announced; `Storage` when it
    /// cannot be written (a full disk says so); the stream's own error.
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media>;

    /// The file's size.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Storage` when it cannot be read.
    async fn stat(&self, id: &MediaId) -> Result<Media>;

    /// Reads `range` of the file, exactly.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Invalid` when it has no such range, `Storage` when it cannot be read.
    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream>;

    /// An https address from which a platform can fetch the file for `lifetime`, if this store has any.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Storage` when none can be made now.
    async fn public_url(&self, id: &MediaId, lifetime: std::time::Duration) -> Result<Option<Url>>;

    /// Removes the file and says whether it was there.
    ///
    /// # Errors
    /// `Storage` when it cannot be removed.
    async fn remove(&self, id: &MediaId) -> Result<bool>;
}
