use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Remedy, Result};

pub(super) const ID_LEN: usize = 8;
pub(super) const NONCE_LEN: usize = 12;
pub(super) const TAG_LEN: usize = 16;

/// From here on an operator is warned.
const WARN_AT: u64 = 1 << 31;
/// With random nonces of 96 bits one key may seal this often: NIST SP 800-38D, section 8.3.
const REFUSE_AT: u64 = 1 << 32;

/// Names a key without telling it: the first bytes of a SHA-256 that serves nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(super) [u8; ID_LEN]);

impl KeyId {
    /// The id as it stands in a sealed value.
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    fn of(key: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"social vault: id of a sealing key, version 1\0");
        hash.update(key);
        let mut id = [0; ID_LEN];
        id.copy_from_slice(&hash.finalize()[..ID_LEN]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A key ready to seal: expanded once, wiped when dropped.
///
/// It counts what it seals: a warning is logged at 2^31 values, and at 2^32 it refuses. The count is that of this
/// process; who keeps it across processes hands it to [`with_sealed`](Self::with_sealed).
pub struct SealingKey {
    id: KeyId,
    cipher: Aes256Gcm,
    sealed: AtomicU64,
}

impl SealingKey {
    /// Expands a key of AES-256. The caller wipes its own copy.
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            id: KeyId::of(key),
            cipher: Aes256Gcm::new(key.into()),
            sealed: AtomicU64::new(0),
        }
    }

    /// Starts the count at `sealed` values, and logs the warning if it is past 2^31 already.
    #[must_use]
    pub fn with_sealed(mut self, sealed: u64) -> Self {
        if sealed > WARN_AT {
            self.warn();
        }
        self.sealed = AtomicU64::new(sealed);
        self
    }

    /// Its name in sealed values.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// How many values it has sealed.
    pub fn sealed(&self) -> u64 {
        self.sealed.load(Ordering::Relaxed)
    }

    /// Books one seal, before it is made.
    pub(super) fn count_seal(&self) -> Result<()> {
        let before = self.sealed.fetch_add(1, Ordering::Relaxed);
        if before >= REFUSE_AT {
            // The count stays where it is, however often this is tried.
            self.sealed.store(REFUSE_AT, Ordering::Relaxed);
            return Err(Error::new(
                ErrorKind::Seal,
                format!(
                    "key {} has sealed 2^32 values and must seal no more: put a new key in front of it",
                    self.id
                ),
            )
            .with_remedy(Remedy::Operator));
        }
        if before == WARN_AT {
            self.warn();
        }
        Ok(())
    }

    fn warn(&self) {
        tracing::warn!(
            key = %self.id,
            "this key has sealed 2^31 values and stops at 2^32: put a new key in front of it"
        );
    }

    pub(super) fn encrypt(
        &self,
        nonce: &[u8; NONCE_LEN],
        bound: &[u8],
        text: &mut [u8],
    ) -> Option<[u8; TAG_LEN]> {
        self.cipher
            .encrypt_inout_detached(nonce.into(), bound, text.into())
            .ok()
            .map(Into::into)
    }

    pub(super) fn decrypt(
        &self,
        nonce: &[u8; NONCE_LEN],
        bound: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Option<()> {
        self.cipher
            .decrypt_inout_detached(nonce.into(), bound, text.into(), tag.into())
            .ok()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
