use std::{fmt, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    vault::{check_key, plain_keys},
};

/// Keys that addresses are signed with: the first signs, all of them are believed. Cheap to clone.
///
/// To rotate, put the new key behind the others on every server, then in front on every server, and take the old one away a
/// day later, when the last address under it has expired.
#[derive(Clone)]
pub struct AddressKeys(Arc<[SecretBox<[u8; 32]>]>);

impl AddressKeys {
    /// Keys of 32 random bytes. The caller wipes its own copies.
    ///
    /// # Errors
    /// `Seal` when there is no key, or one repeats itself and cannot be random.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = &'a [u8; 32]>) -> Result<Self> {
        let held = |key: &[u8; 32]| {
            check_key(key)?;
            Ok(SecretBox::new(Box::new(*key)))
        };
        let keys = keys.into_iter().map(held).collect::<Result<Arc<_>>>()?;
        if keys.is_empty() {
            let message = "public media is given no key";
            return Err(Error::new(ErrorKind::Seal, message).with_remedy(Remedy::Operator));
        }
        Ok(Self(keys))
    }

    /// Keys as text, for example from the environment: one a line, 64 hex digits or base64, as
    /// [`LocalKeyRing::parse`](crate::vault::LocalKeyRing::parse) takes them. They are not to be the keys of that ring: who
    /// serves files need not read tokens.
    ///
    /// # Errors
    /// `Seal` when a line is no key, or there is none. The error names the line and holds none of it.
    pub fn parse(text: &str) -> Result<Self> {
        let keys = plain_keys(text)?;
        Self::from_keys(keys.iter().map(|key: &Zeroizing<[u8; 32]>| &**key))
    }

    /// The tag of a message under the first key.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.0.first().map_or([0; 32], |key| tag(key, message))
    }

    /// Whether the tag is a message's under one of the keys. Takes as long whichever it is, if any.
    pub(super) fn check(&self, message: &[u8], given: &[u8; 32]) -> bool {
        let fits = self.0.iter().fold(Choice::from(0), |fits, key| {
            fits | tag(key, message).ct_eq(given)
        });
        fits.into()
    }
}

fn tag(key: &SecretBox<[u8; 32]>, message: &[u8]) -> [u8; 32] {
    // As HMAC pads a shorter key.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key.expose_secret());
    let mac = Hmac::<Sha256>::new((&*block).into());
    mac.chain_update(message).finalize().into_bytes().into()
}

impl fmt::Debug for AddressKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressKeys({})", self.0.len())
    }
}
