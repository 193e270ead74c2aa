//! The suites of media, mounted on a folder, and on one with addresses.

use std::{
    fs::File,
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use social_core::{
    MediaDir, MediaStore, PublicMedia, Result,
    conformance::{Harness, Reopen, Spoil},
    media::{AddressKeys, ByteStream, Media, PublicUrl},
    model::MediaId,
    time::ManualClock,
};
use tempfile::TempDir;

/// Makes stores in folders that vanish with it.
pub(super) struct InFolders<S> {
    folder: TempDir,
    make: fn(MediaDir) -> S,
    root: fn(&S) -> &MediaDir,
    clock: ManualClock,
}

impl<S> InFolders<S> {
    pub(super) fn new(make: fn(MediaDir) -> S, root: fn(&S) -> &MediaDir) -> Self {
        Self::on(tempfile::tempdir(), make, root)
    }

    /// In memory, where a file keeps whatever time it is given.
    #[cfg(target_os = "linux")]
    pub(super) fn in_memory(make: fn(MediaDir) -> S, root: fn(&S) -> &MediaDir) -> Self {
        Self::on(tempfile::tempdir_in("/dev/shm"), make, root)
    }

    fn on(
        folder: std::io::Result<TempDir>,
        make: fn(MediaDir) -> S,
        root: fn(&S) -> &MediaDir,
    ) -> Self {
        Self {
            folder: folder.unwrap(),
            make,
            root,
            clock: ManualClock::default(),
        }
    }
}

#[async_trait]
impl<S: MediaStore> Harness for InFolders<S> {
    type Store = S;

    async fn store(&self) -> Arc<S> {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap().keep();
        Arc::new((self.make)(MediaDir::open(folder).unwrap()))
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

#[async_trait]
impl<S: MediaStore> Reopen for InFolders<S> {
    async fn reopen(&self, store: Arc<S>) -> Arc<S> {
        let folder = (self.root)(&store).root().to_owned();
        drop(store);
        Arc::new((self.make)(MediaDir::open(folder).unwrap()))
    }
}

/// A time that no calendar has.
pub(super) fn no_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(90_000_000_000_000)
}

#[async_trait]
impl<S: MediaStore> Spoil for InFolders<S> {
    async fn spoil(&self, store: &S, file: &MediaId) {
        let (root, name) = ((self.root)(store).root(), file.as_str());
        let file = File::options()
            .write(true)
            .open(root.join(&name[..2]).join(name))
            .unwrap();
        file.set_modified(no_time()).unwrap();
        let kept = file.metadata().unwrap().modified().unwrap();
        assert_eq!(kept, no_time(), "the file system keeps the time");
    }
}

fn folders() -> InFolders<MediaDir> {
    InFolders::new(|folder| folder, |folder| folder)
}

fn public() -> InFolders<PublicMedia<MediaDir>> {
    let make = |folder| {
        let key = std::array::from_fn(|at| u8::try_from(at).unwrap());
        PublicMedia::builder(folder)
            .base("https://media.example.com".parse().unwrap())
            .keys(AddressKeys::from_keys([&key]).unwrap())
            .clock(Arc::new(ManualClock::default()))
            .build()
            .unwrap()
    };
    InFolders::new(make, PublicMedia::store)
}

#[cfg(target_os = "linux")]
fn folders_in_memory() -> InFolders<MediaDir> {
    InFolders::in_memory(|folder| folder, |folder| folder)
}

/// A store from before there were parts.
#[derive(Debug)]
struct Plain(MediaDir);

#[async_trait]
impl MediaStore for Plain {
    async fn put(&self, stream: ByteStream, size_hint: Option<u64>) -> Result<Media> {
        self.0.put(stream, size_hint).await
    }

    async fn stat(&self, id: &MediaId) -> Result<Media> {
        self.0.stat(id).await
    }

    async fn read(&self, id: &MediaId, range: Range<u64>) -> Result<ByteStream> {
        self.0.read(id, range).await
    }

    async fn public_url(&self, id: &MediaId, lifetime: Duration) -> Result<Option<PublicUrl>> {
        self.0.public_url(id, lifetime).await
    }

    async fn remove(&self, id: &MediaId) -> Result<bool> {
        self.0.remove(id).await
    }
}

mod folder {
    social_core::media_store_suite!(super::folders());
    social_core::media_store_parts_suite!(super::folders());
    social_core::media_store_age_suite!(super::folders());
    social_core::media_store_durability_suite!(super::folders());
}

#[cfg(target_os = "linux")]
mod folder_in_memory {
    social_core::media_store_spoilt_suite!(super::folders_in_memory());
}

mod public_folder {
    social_core::media_store_suite!(super::public());
    social_core::media_store_parts_suite!(super::public());
    social_core::media_store_age_suite!(super::public());
    social_core::media_store_durability_suite!(super::public());
}

mod without_parts {
    use super::{InFolders, Plain};

    social_core::media_store_suite!(InFolders::new(Plain, |plain| &plain.0));
    social_core::media_store_durability_suite!(InFolders::new(Plain, |plain| &plain.0));
}
