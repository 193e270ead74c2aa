//! Randomness comes in from outside.

use std::fmt::Debug;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use crate::error::{Error, ErrorKind, Remedy, Result};

/// A source of bytes that nobody can guess.
pub trait Random: Debug + Send + Sync + 'static {
    /// Fills `out`.
    ///
    /// # Errors
    /// `Unavailable` when the machine gives no randomness.
    fn fill(&self, out: &mut [u8]) -> Result<()>;
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<()> {
        getrandom::fill(out).map_err(|_| {
            Error::new(
                ErrorKind::Unavailable,
                "the operating system gives no randomness",
            )
            .with_remedy(Remedy::Operator)
        })
    }
}

/// 256 random bits as 43 characters of the URL-safe alphabet: a state, a verifier, a cookie.
///
/// # Errors
/// As [`Random::fill`].
pub fn random_token(random: &dyn Random) -> Result<SecretString> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
    random.fill(bytes.as_mut())?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
}

#[cfg(any(test, feature = "test-util"))]
pub use seeded::SeededRandom;

#[cfg(any(test, feature = "test-util"))]
mod seeded {
    use std::sync::atomic::{AtomicU64, Ordering};

    use sha2::{Digest, Sha256};

    use super::{Random, Result};

    /// The same bytes for the same seed. For tests only.
    #[derive(Debug)]
    pub struct SeededRandom {
        seed: u64,
        block: AtomicU64,
    }

    impl SeededRandom {
        /// Starts the sequence of `seed`.
        pub fn new(seed: u64) -> Self {
            Self {
                seed,
                block: AtomicU64::new(0),
            }
        }
    }

    impl Random for SeededRandom {
        fn fill(&self, out: &mut [u8]) -> Result<()> {
            for chunk in out.chunks_mut(32) {
                let block = self.block.fetch_add(1, Ordering::Relaxed);
                let mut hash = Sha256::new();
                hash.update(self.seed.to_be_bytes());
                hash.update(block.to_be_bytes());
                chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
            }
            Ok(())
        }
    }
}
