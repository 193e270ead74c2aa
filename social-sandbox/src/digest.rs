//! A SHA-256 that can be put aside and taken up again, also after a restart.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

use crate::random::{hex, unhex};

/// The running hash of the bytes an upload has accepted so far.
#[derive(Clone, Default)]
pub(crate) struct RunningHash(Sha256);

impl RunningHash {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything so far, in lower-case hexadecimal.
    pub(crate) fn hex(&self) -> String {
        hex(&self.0.clone().finalize())
    }
}

/// The SHA-256 of `bytes`, in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of `bytes`, in base64 for URLs without padding.
pub(crate) fn sha256_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

impl fmt::Debug for RunningHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunningHash")
    }
}

impl Serialize for RunningHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&SerializableState::serialize(&self.0)))
    }
}

impl<'de> Deserialize<'de> for RunningHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = unhex(&text).ok_or_else(|| de::Error::custom("a hash state is not hex"))?;
        let state = SerializedState::<Sha256>::try_from(bytes.as_slice())
            .map_err(|_| de::Error::custom("a hash state has the wrong length"))?;
        let hash = <Sha256 as SerializableState>::deserialize(&state)
            .map_err(|_| de::Error::custom("a hash state is damaged"))?;
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continues_after_being_written_down_anywhere_in_a_block() {
        let bytes: Vec<u8> = (0..=255).cycle().take(300).collect();
        for cut in [0, 1, 63, 64, 65, 128, 299, 300] {
            let mut hash = RunningHash::default();
            hash.update(&bytes[..cut]);
            let text = serde_json::to_string(&hash).unwrap();
            let mut resumed: RunningHash = serde_json::from_str(&text).unwrap();
            resumed.update(&bytes[cut..]);
            assert_eq!(resumed.hex(), hex(&Sha256::digest(&bytes)));
        }
    }

    #[test]
    fn a_damaged_state_is_an_error() {
        assert!(serde_json::from_str::<RunningHash>("\"00ff\"").is_err());
        assert!(serde_json::from_str::<RunningHash>("\"xyz\"").is_err());
    }
}
