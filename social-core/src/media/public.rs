//! Addresses of stored files for whoever has to fetch them, and the answers that are given there.

mod address;
mod answer;
mod base;
mod body;
mod conditions;
mod keys;
mod range;
#[cfg(test)]
mod tests;

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use url::Url;

use super::{ByteStream, Media, MediaStore, StoredMedia, UploadId};
use crate::{
    error::{Error, Result},
    model::MediaId,
    time::{Clock, SystemClock},
};
use base::Base;

pub use address::{ADDRESS_LIFETIME_MAX, ADDRESS_LIFETIME_MIN, PublicUrl};
pub use body::MediaBody;
pub use keys::AddressKeys;

/// A media store whose files can be fetched by whoever was given their address, until it expires.
///
/// It is the store that it was made of, with addresses ([`MediaStore::public_url`]): give a clone to the hub, and another
/// one to the server, which answers what comes in below the base by [`respond`](Self::respond). Cheap to clone.
///
/// An address is `BASE/ID?expires=UNIX&signature=HEX`. Whoever has it has the file, so it is a secret: a server that logs
/// the addresses it is asked for leaves out the query of these.
///
/// ```
/// # use std::sync::Arc;
/// # use social_core::media::{AddressKeys, MediaDir, MediaStore, MediaStoreExt, PublicMedia};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let keys = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// let media = PublicMedia::builder(MediaDir::open(folder.path())?)
///     .base("https://media.example.com/files".parse()?)
///     .keys(AddressKeys::parse(keys)?)
///     .build()?;
/// let photo = media.put_bytes(b"a photo".to_vec()).await?;
/// let hour = std::time::Duration::from_secs(3_600);
/// let address = media.public_url(&photo.id, hour).await?.ok_or("it has addresses")?;
///
/// let request = http::Request::get(address.expose().as_str()).body(())?;
/// let response = media.respond(&request).await;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
pub struct PublicMedia<M>(Arc<Inner<M>>);

struct Inner<M> {
    store: M,
    base: Base,
    keys: AddressKeys,
    clock: Arc<dyn Clock>,
}

impl<M: MediaStore> PublicMedia<M> {
    /// Settings for a store's addresses.
    pub fn builder(store: M) -> PublicMediaBuilder<M> {
        PublicMediaBuilder {
            store,
            base: None,
            keys: None,
            clock: Arc::new(SystemClock::default()),
            for_sandbox: false,
        }
    }

    /// The store without addresses.
    pub fn store(&self) -> &M {
        &self.0.store
    }
}

/// Settings of a [`PublicMedia`].
pub struct PublicMediaBuilder<M> {
    store: M,
    base: Option<Url>,
    keys: Option<AddressKeys>,
    clock: Arc<dyn Clock>,
    for_sandbox: bool,
}

impl<M> fmt::Debug for PublicMediaBuilder<M> {
    /// Shows of the base its host only: one that is refused may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicMediaBuilder")
            .field("base", &self.base.as_ref().and_then(Url::host_str))
            .finish_non_exhaustive()
    }
}

impl<M: MediaStore> PublicMediaBuilder<M> {
    /// Where the server answers, as it is reached from the Internet: an https address, with a path or none. Platforms that
    /// let an app prove that a domain or a prefix is its own are told this one.
    #[must_use]
    pub fn base(mut self, base: Url) -> Self {
        self.base = Some(base);
        self
    }

    /// Keys that addresses are signed with: a secret of all servers that answer at the base, and of nobody else.
    #[must_use]
    pub fn keys(mut self, keys: AddressKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Tells the time; the machine's clock by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Takes a base that no platform can reach, without TLS too: `http://127.0.0.1:8080`, say. With a real platform each
    /// post by such an address fails, and on the way everybody can read it.
    #[must_use]
    pub fn dangerously_allow_unreachable_base_for_sandbox(mut self) -> Self {
        self.for_sandbox = true;
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// `Invalid` with [`Remedy::FixInput`](crate::error::Remedy::FixInput), whose field is `base` or `keys`, when one is
    /// missing, or the base is none that a platform could fetch from. The error does not repeat it.
    pub fn build(self) -> Result<PublicMedia<M>> {
        let base = self.base.ok_or_else(|| {
            let message =
                "public media has no base: give the https address where this server is reached";
            Error::invalid("base", "public_media.base", message)
        })?;
        let base = Base::check(&base, self.for_sandbox)?;
        let keys = self.keys.ok_or_else(|| {
            let message = "public media has no keys: give 32 random bytes that all servers share";
            Error::invalid("keys", "public_media.keys", message)
        })?;
        Ok(PublicMedia(Arc::new(Inner {
            store: self.store,
            base,
            keys,
            clock: self.clock,
        })))
    }
}

#[async_trait]
impl<M: MediaStore> MediaStore for PublicMedia<M> {
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media> {
        self.0.store.put(stream, size_hint).await
    }

    async fn stat(&self, id: &MediaId) -> Result<Media> {
        self.0.store.stat(id).await
    }

    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream> {
        self.0.store.read(id, range).await
    }

    /// It lives for `lifetime`, at least [`ADDRESS_LIFETIME_MIN`] and at most [`ADDRESS_LIFETIME_MAX`].
    async fn public_url(&self, id: &MediaId, lifetime: Duration) -> Result<Option<PublicUrl>> {
        let id = self.0.store.stat(id).await?.id;
        self.sign(&id, lifetime).map(Some)
    }

    async fn remove(&self, id: &MediaId) -> Result<bool> {
        self.0.store.remove(id).await
    }

    fn lists(&self) -> bool {
        self.0.store.lists()
    }

    async fn renew(&self, id: &MediaId) -> Result<Media> {
        self.0.store.renew(id).await
    }

    async fn list(&self, after: Option<&MediaId>, limit: u32) -> Result<Vec<StoredMedia>> {
        self.0.store.list(after, limit).await
    }

    async fn remove_older(&self, id: &MediaId, before: DateTime<Utc>) -> Result<bool> {
        self.0.store.remove_older(id, before).await
    }

    fn takes_parts(&self) -> bool {
        self.0.store.takes_parts()
    }

    async fn begin_upload(&self, expected_size: Option<u64>) -> Result<UploadId> {
        self.0.store.begin_upload(expected_size).await
    }

    async fn upload_part(&self, id: &UploadId, offset: u64, part: ByteStream) -> Result<u64> {
        self.0.store.upload_part(id, offset, part).await
    }

    async fn upload_length(&self, id: &UploadId) -> Result<u64> {
        self.0.store.upload_length(id).await
    }

    async fn finish_upload(&self, id: &UploadId) -> Result<Media> {
        self.0.store.finish_upload(id).await
    }

    async fn abort_upload(&self, id: &UploadId) -> Result<bool> {
        self.0.store.abort_upload(id).await
    }

    async fn sweep_uploads(&self, before: DateTime<Utc>) -> Result<u64> {
        self.0.store.sweep_uploads(before).await
    }
}

impl<M> Clone for PublicMedia<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: fmt::Debug> fmt::Debug for PublicMedia<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicMedia")
            .field("store", &self.0.store)
            .field("base", &self.0.base)
            .finish_non_exhaustive()
    }
}
