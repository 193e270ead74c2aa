//! The older text form, read once by whoever moves from it.

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{
        AeadInOut,
        array::ArraySize,
        consts::{U12, U16},
    },
    aes::Aes256,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

use super::{KeyId, Vault, key::TAG_LEN};
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    platform::hex,
};

impl Vault {
    /// Reads a value in the older text form `iv:authTag:ciphertext`, to be sealed anew: AES-256-GCM without associated
    /// data, the three parts all in hex digits or all in base64, an IV of 12 or 16 bytes and a tag of 16. Shorter tags,
    /// which GCM allows and which are easy to forge, are refused. The result is wiped when dropped.
    ///
    /// The form says neither which key sealed it nor for which place, so it is read only here, and never by
    /// [`open`](Self::open): whoever could write to the database could otherwise move values of the older form about for
    /// ever. Adopt while moving, and [`seal`](Self::seal) at once.
    ///
    /// ```
    /// use social_core::Vault;
    ///
    /// let key = *b"the key of the older application";
    /// assert!(Vault::adopt("not:the:form", &key).is_err());
    /// ```
    ///
    /// # Errors
    /// `Seal` with [`Remedy::Operator`] when the text has another form, or does not open: it was changed, or another key
    /// sealed it. The error holds none of the text, and names the id of the key that was tried.
    pub fn adopt(text: &str, key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>> {
        let Older {
            iv,
            tag,
            text: mut plain,
        } = Older::parse(text).ok_or_else(other_form)?;
        let opened = match iv.len() {
            12 => decrypt::<U12>(key, &iv, &tag, &mut plain),
            16 => decrypt::<U16>(key, &iv, &tag, &mut plain),
            _ => return Err(other_form()),
        };
        opened.ok_or_else(|| refused(KeyId::of(key)))?;
        Ok(plain)
    }
}

struct Older {
    iv: Vec<u8>,
    tag: [u8; TAG_LEN],
    text: Zeroizing<Vec<u8>>,
}

impl Older {
    /// Whether digits are hex or base64 is told by the lengths of IV and tag, which no text has in both.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(':');
        let (iv, tag, text) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Self::read(iv, tag, text, hex::decode).or_else(|| Self::read(iv, tag, text, base64))
    }

    fn read(iv: &str, tag: &str, text: &str, decode: fn(&str) -> Option<Vec<u8>>) -> Option<Self> {
        let iv = decode(iv).filter(|iv| matches!(iv.len(), 12 | 16))?;
        let tag = decode(tag)?.try_into().ok()?;
        let text = Zeroizing::new(decode(text)?);
        Some(Self { iv, tag, text })
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let engine = if digits.contains(['-', '_']) {
        URL_SAFE_NO_PAD
    } else {
        STANDARD_NO_PAD
    };
    engine.decode(digits).ok()
}

fn decrypt<N: ArraySize>(
    key: &[u8; 32],
    iv: &[u8],
    tag: &[u8; TAG_LEN],
    text: &mut [u8],
) -> Option<()> {
    let cipher = AesGcm::<Aes256, N>::new(key.into());
    let iv = iv.try_into().ok()?;
    cipher
        .decrypt_inout_detached(iv, &[], text.into(), tag.into())
        .ok()
}

fn other_form() -> Error {
    Error::new(
        ErrorKind::Seal,
        "this is not the older form iv:authTag:ciphertext, in hex digits or base64, with an IV of 12 or 16 bytes and a \
         tag of 16",
    )
    .with_remedy(Remedy::Operator)
}

fn refused(key: KeyId) -> Error {
    Error::new(
        ErrorKind::Seal,
        format!("the value of the older form does not open under key {key}: it was changed, or another key sealed it"),
    )
    .with_remedy(Remedy::Operator)
}
