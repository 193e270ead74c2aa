//! Media: a store of files by content, and what can be told about a file without decoding it.

mod dir;
mod ext;
pub mod fetch;
mod file;
pub mod probe;
mod public;
mod upload;

use std::{fmt::Debug, ops::Range, pin::Pin, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::Stream;
use serde::{Deserialize, Serialize};

use crate::{error::Result, model::MediaId};

pub use dir::MediaDir;
pub use ext::MediaStoreExt;
pub use public::{
    ADDRESS_LIFETIME_MAX, ADDRESS_LIFETIME_MIN, AddressKeys, MediaBody, PublicMedia,
    PublicMediaBuilder, PublicUrl,
};
pub use upload::{Arrived, UploadId};

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

/// A file of a store, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredMedia {
    /// The file.
    pub media: Media,
    /// When it was stored or [renewed](MediaStore::renew) last, by the store's clock.
    pub stored_at: DateTime<Utc>,
}

impl StoredMedia {
    /// Joins the parts.
    pub fn new(media: Media, stored_at: DateTime<Utc>) -> Self {
        Self { media, stored_at }
    }
}

impl From<Media> for MediaId {
    fn from(media: Media) -> Self {
        media.id
    }
}

/// Keeps files by their content. Jobs hold ids, never paths.
///
/// A store may take a file in parts besides, so that a sender who was cut off goes on where it was
/// ([`takes_parts`](Self::takes_parts)); one that does not leaves these methods as they are.
#[async_trait]
pub trait MediaStore: Debug + Send + Sync + 'static {
    /// Stores what the stream yields. `size_hint` is what the sender announced, if anything. Memory does not grow with
    /// the size. Durable when it answers; a failed or dropped call leaves nothing behind.
    ///
    /// # Errors
    /// `Invalid` when the content is empty, longer than the store takes, or not as long as announced; `Storage` when it
    /// cannot be written (a full disk says so); the stream's own error.
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media>;

    /// The file's size. Changes nothing, so it may be dropped at any time.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Storage` when it cannot be read.
    async fn stat(&self, id: &MediaId) -> Result<Media>;

    /// Reads `range` of the file, exactly. Changes nothing, so it may be dropped at any time.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Invalid` when it has no such range, `Storage` when it cannot be read.
    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream>;

    /// An https address from which a platform can fetch the file for `lifetime` or longer, if this store has any. Changes
    /// nothing, so it may be dropped at any time.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Storage` when none can be made now.
    async fn public_url(&self, id: &MediaId, lifetime: Duration) -> Result<Option<PublicUrl>>;

    /// Removes the file and says whether it was there. Dropped, it has removed the file or not.
    ///
    /// # Errors
    /// `Storage` when it cannot be removed.
    async fn remove(&self, id: &MediaId) -> Result<bool>;

    /// Whether this store tells what it has, so that files which no post needs can be removed by age. One that does implements
    /// the three methods below; from one that does not nothing is removed but by [`remove`](Self::remove).
    fn lists(&self) -> bool {
        false
    }

    /// Counts the file's age from now, and answers as [`stat`](Self::stat): whoever submits a post renews its media first. Dropped,
    /// it has renewed the file or not.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `Storage` when it cannot be written.
    async fn renew(&self, id: &MediaId) -> Result<Media> {
        self.stat(id).await
    }

    /// At most `limit` files, by their ids, from behind `after` on. What is stored meanwhile may be in it or not. A file of which the
    /// store cannot tell is left out, the log says why, and the next takes its place: behind an empty page there is nothing. Changes
    /// nothing, so it may be dropped at any time.
    ///
    /// # Errors
    /// `Storage` when they cannot be read, `Unsupported` when this store does not tell.
    async fn list(&self, after: Option<&MediaId>, limit: u32) -> Result<Vec<StoredMedia>> {
        let _ = (after, limit);
        upload::not_told()
    }

    /// Removes the file if it was stored and renewed before `before` only, and says whether it did. In one: what
    /// [`put`](Self::put), [`finish_upload`](Self::finish_upload) or [`renew`](Self::renew) answered stays. Dropped, it has removed the
    /// file or not.
    ///
    /// # Errors
    /// `Storage` when it cannot be removed, `Unsupported` when this store does not tell what it has.
    async fn remove_older(&self, id: &MediaId, before: DateTime<Utc>) -> Result<bool> {
        let _ = (id, before);
        upload::not_told()
    }

    /// Whether this store takes uploads in parts. One that does implements all of the methods below.
    fn takes_parts(&self) -> bool {
        false
    }

    /// Begins an upload in parts. `expected_size` is how long the file will be, if the sender knows. Durable when it
    /// answers; dropped, it may leave an empty upload, which a sweep removes.
    ///
    /// # Errors
    /// `Invalid` when nothing, or more than the store takes, is announced; `Storage` when it cannot be written;
    /// `Unsupported` when this store takes no parts.
    async fn begin_upload(&self, expected_size: Option<u64>) -> Result<UploadId> {
        let _ = expected_size;
        upload::no_parts()
    }

    /// Writes a part at `offset`, which must be the upload's present length, and answers its new length. One part is
    /// written at a time, also by several processes. What was answered is durable, also when the power fails.
    ///
    /// A part that is cut off, as by a stream that fails, a full disk or a killed process, keeps what had arrived, and so
    /// does a dropped call, less what was not written yet (a megabyte at most); it may go on writing for a moment, as
    /// `Conflict` then says. The error tells the present length ([`Arrived::of`]).
    ///
    /// # Errors
    /// `Conflict` when the upload has another length, is finished, or is being written to; `NotFound` when there is no such
    /// upload; `Invalid` when it becomes longer than announced or than the store takes; `Storage` when it cannot be written
    /// (a full disk says so); the stream's own error; `Unsupported` when this store takes no parts.
    async fn upload_part(&self, id: &UploadId, offset: u64, part: ByteStream) -> Result<u64> {
        let _ = (id, offset, part);
        upload::no_parts()
    }

    /// How many bytes of the upload have arrived; of a finished one, all. Changes nothing, so it may be dropped at any
    /// time.
    ///
    /// # Errors
    /// `NotFound` when there is no such upload, `Storage` when it cannot be read, `Unsupported` when this store takes no
    /// parts.
    async fn upload_length(&self, id: &UploadId) -> Result<u64> {
        let _ = id;
        upload::no_parts()
    }

    /// Makes a stored file of what arrived. Reads all of it once, for its digest. Finished again, the upload answers the
    /// same. Dropped, it goes on, or can be called again.
    ///
    /// # Errors
    /// `Invalid` when nothing, or less than announced, arrived: the upload can go on. `Conflict` while a part is being
    /// written, or another call finishes it; `NotFound` when there is no such upload, or its file was removed since;
    /// `Storage` when it cannot be written; `Unsupported` when this store takes no parts.
    async fn finish_upload(&self, id: &UploadId) -> Result<Media> {
        let _ = id;
        upload::no_parts()
    }

    /// Forgets the upload with all that arrived, and says whether it was there. The file of a finished one stays. A part
    /// that is being written fails. Dropped, it has forgotten the upload or can be called again.
    ///
    /// # Errors
    /// `Storage` when it cannot be removed, `Unsupported` when this store takes no parts.
    async fn abort_upload(&self, id: &UploadId) -> Result<bool> {
        let _ = id;
        upload::no_parts()
    }

    /// Forgets the uploads to which nothing was added since `before`, finished ones too (their files stay), and says how
    /// many. Those that are being written are left. Dropped, it may have forgotten some.
    ///
    /// # Errors
    /// `Storage` when they cannot be removed, `Unsupported` when this store takes no parts.
    async fn sweep_uploads(&self, before: DateTime<Utc>) -> Result<u64> {
        let _ = before;
        upload::no_parts()
    }
}
