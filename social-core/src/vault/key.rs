use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};
use sha2::{Digest, Sha256};

use crate::platform::hex;

pub(super) const ID_LEN: usize = 8;
pub(super) const NONCE_LEN: usize = 12;
pub(super) const TAG_LEN: usize = 16;

/// Names a key without telling it: the first bytes of a SHA-256 that serves nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(super) [u8; ID_LEN]);

impl KeyId {
    /// The id as it stands in a sealed value.
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    pub(super) fn of(key: &[u8; 32]) -> Self {
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
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A key ready to seal: expanded once, wiped when dropped.
pub struct SealingKey {
    id: KeyId,
    cipher: Aes256Gcm,
}

impl SealingKey {
    /// Expands a key of AES-256. The caller wipes its own copy.
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            id: KeyId::of(key),
            cipher: Aes256Gcm::new(key.into()),
        }
    }

    /// Its name in sealed values.
    pub fn id(&self) -> KeyId {
        self.id
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
