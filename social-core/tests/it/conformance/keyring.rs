//! The suite of key rings, mounted on a key file and on a file made by an operator.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use social_core::{KeyRing, LocalKeyRing, conformance::keyring::KeyRingHarness, platform::hex};
use tempfile::TempDir;

/// A file of keys, and rings over it.
pub(super) struct KeyFile {
    folder: TempDir,
    make: fn(&Path) -> Arc<dyn KeyRing>,
    rotations: AtomicUsize,
}

impl KeyFile {
    pub(super) fn new(make: fn(&Path) -> Arc<dyn KeyRing>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            make,
            rotations: AtomicUsize::new(0),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("social.key")
    }
}

/// The keys of a file in both forms, with whatever else its lines are.
pub(super) fn forms(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let both = lines.flat_map(|line| {
        let bytes = hex::decode(line).filter(|bytes| bytes.len() == 32);
        let bytes = bytes.unwrap_or_else(|| STANDARD.decode(line).unwrap());
        [
            hex::encode(&bytes),
            STANDARD.encode(&bytes),
            format!("{bytes:?}"),
        ]
    });
    both.collect()
}

#[async_trait]
impl KeyRingHarness for KeyFile {
    async fn ring(&self) -> Arc<dyn KeyRing> {
        (self.make)(&self.path())
    }

    async fn rotate(&self) {
        let number = self.rotations.fetch_add(1, Ordering::Relaxed);
        let key = hex::encode(Sha256::digest(format!("key {number}")));
        let old = fs::read_to_string(self.path()).unwrap();
        fs::write(self.path(), format!("{key}\n{old}")).unwrap();
    }

    async fn secrets(&self) -> Vec<String> {
        forms(&self.path())
    }
}

fn file() -> KeyFile {
    KeyFile::new(|path| Arc::new(LocalKeyRing::file(path)))
}

mod key_file {
    social_core::key_ring_suite!(super::file());
}
