//! The vault: what is stored of a secret is sealed, and bound to its place.
//!
//! Sealed values are binary: one byte version, eight bytes [`KeyId`], twelve bytes nonce, the ciphertext, sixteen bytes
//! tag of AES-256-GCM. Version, installation, table, row and field are authenticated with it, so a value copied to
//! another row, field or installation does not open.

mod adopt;
mod count;
mod health;
mod key;
mod keyring;
#[cfg(test)]
pub(crate) mod tests;

use std::{fmt, sync::Arc};

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    random::Random,
    store::InstallationStore,
};

pub use health::VaultHealth;
pub use key::{KeyId, SealingKey};
pub use keyring::{KeyRing, LocalKeyRing};
pub(crate) use keyring::{check_key, plain_keys};

const VERSION: u8 = 1;
const KEY_ID_AT: usize = 1;
const NONCE_AT: usize = KEY_ID_AT + key::ID_LEN;
const TEXT_AT: usize = NONCE_AT + key::NONCE_LEN;

/// The text that an installation's key check seals.
const KEY_CHECK: &[u8] = b"social key check 1";

/// Where a sealed value stands. A value opened in any other place is refused.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The row.
    pub row: &'a str,
    /// The field.
    pub field: &'a str,
}

impl<'a> Place<'a> {
    /// Names a field of a row of a table.
    pub const fn new(table: &'a str, row: &'a str, field: &'a str) -> Self {
        Self { table, row, field }
    }
}

/// Seals and opens what one installation stores.
///
/// ```
/// # use std::sync::Arc;
/// # use social_core::{random::SystemRandom, vault::{LocalKeyRing, Place, Vault}};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> social_core::Result<()> {
/// # let installation = Default::default();
/// let ring = LocalKeyRing::parse("a4d2c9f00b6e4f2a8c1d7e3b5f90162738495a6b7c8d9eafb0c1d2e3f4051627")?;
/// let vault = Vault::new(installation, Arc::new(ring), Arc::new(SystemRandom::default()));
/// let place = Place::new("accounts", "7", "tokens");
/// let sealed = vault.seal(&place, b"secret").await?;
/// assert_eq!(vault.open(&place, &sealed).await?.as_slice(), b"secret");
/// assert!(vault.open(&Place::new("accounts", "8", "tokens"), &sealed).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Vault {
    installation: Uuid,
    ring: Arc<dyn KeyRing>,
    random: Arc<dyn Random>,
    counts: Arc<count::Counts>,
}

impl Vault {
    /// A vault for `installation`, the id that its store was given by its first migration. `ring` must be prepared.
    pub fn new(installation: Uuid, ring: Arc<dyn KeyRing>, random: Arc<dyn Random>) -> Self {
        Self {
            installation,
            ring,
            random,
            counts: Arc::default(),
        }
    }

    /// Counts what each key seals in `store`, over all processes, 4,096 at a time: at 2^31 an operator is warned, at 2^32
    /// the key seals no more. Without this each vault counts for itself.
    #[must_use]
    pub fn counting_in(mut self, store: Arc<dyn InstallationStore>) -> Self {
        self.counts = Arc::new(count::Counts::over(store));
        self
    }

    /// Seals `plain` for `place` under the current key. The result is 37 bytes longer.
    ///
    /// Changes nothing but the key's count, so it may be dropped at any time.
    ///
    /// # Errors
    /// `Seal` when the key ring has no current key or that key has sealed 2^32 values; `Unavailable` when the machine
    /// gives no randomness; `Storage` when the store that counts has failed for thousands of seals, or for the first of a
    /// key; the key ring's own errors.
    pub async fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let key = self.ring.current().await?;
        self.counts.book(key.id()).await?;
        let mut nonce = [0_u8; key::NONCE_LEN];
        self.random.fill(&mut nonce)?;
        let mut sealed = Vec::with_capacity(TEXT_AT + plain.len() + key::TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id().0);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let bound = self.associated(place);
        let tag = key
            .encrypt(&nonce, &bound, &mut sealed[TEXT_AT..])
            .ok_or_else(|| Error::new(ErrorKind::Seal, "the value is too long to be sealed"))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what was sealed for `place`. The result is wiped when dropped.
    ///
    /// Changes nothing, so it may be dropped at any time.
    ///
    /// # Errors
    /// `Seal` with [`Remedy::Operator`] when the key ring does not hold the key (its id is told), or when the value was
    /// changed, cut, or sealed for another place or installation (which of these is not told); the key ring's own
    /// errors.
    pub async fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let envelope = Envelope::parse(sealed).ok_or_else(|| refused(place))?;
        let key = self
            .ring
            .get(&envelope.key)
            .await?
            .ok_or_else(|| unknown_key(envelope.key))?;
        let mut plain = Zeroizing::new(envelope.text.to_vec());
        let bound = self.associated(place);
        key.decrypt(envelope.nonce, &bound, &mut plain, envelope.tag)
            .ok_or_else(|| refused(place))?;
        Ok(plain)
    }

    /// Seals again under the current key what was sealed for `place`; nothing when it is under that key already, which is
    /// told from the [prefix](Self::prefix) alone.
    ///
    /// Changes nothing but the key's count, so it may be dropped at any time.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`seal`](Self::seal).
    pub async fn reseal(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        if sealed.starts_with(&self.prefix().await?) {
            return Ok(None);
        }
        let plain = self.open(place, sealed).await?;
        self.seal(place, &plain).await.map(Some)
    }

    /// Looks whether the keys have changed.
    ///
    /// # Errors
    /// As [`KeyRing::reload`]; the keys stay as they were.
    pub async fn reload(&self) -> Result<()> {
        self.ring.reload().await
    }

    /// Counts seals of the current key ahead, so that a store that fails later stops none.
    pub(crate) async fn count_ahead(&self) -> Result<()> {
        self.counts
            .book_ahead(self.ring.current().await?.id())
            .await
    }

    /// How everything begins that the current key seals: version and key id. For
    /// [`SealedPage::not_under`](crate::store::SealedPage::not_under).
    ///
    /// # Errors
    /// `Seal` when the key ring has no current key; the key ring's own errors.
    pub async fn prefix(&self) -> Result<Vec<u8>> {
        let key = self.ring.current().await?;
        Ok([&[VERSION], key.id().0.as_slice()].concat())
    }

    /// A sealed known text for [`Installation::key_check`](crate::store::Installation::key_check).
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub async fn key_check(&self) -> Result<Vec<u8>> {
        let row = self.installation.to_string();
        self.seal(&key_check_place(&row), KEY_CHECK).await
    }

    /// The key check sealed again under the current key; nothing when it is under that key already.
    ///
    /// # Errors
    /// As [`verify_key_check`](Self::verify_key_check) and [`seal`](Self::seal).
    pub async fn reseal_key_check(&self, check: &[u8]) -> Result<Option<Vec<u8>>> {
        self.verify_key_check(check).await?;
        let row = self.installation.to_string();
        self.reseal(&key_check_place(&row), check).await
    }

    /// Tells whether this vault can open what the installation with this `check` has stored.
    ///
    /// # Errors
    /// `Seal` with [`Remedy::Operator`] when the key ring does not hold the key of the check, or the check is not that
    /// of this installation; the key ring's own errors.
    pub async fn verify_key_check(&self, check: &[u8]) -> Result<()> {
        let row = self.installation.to_string();
        if let Some(Envelope { key, .. }) = Envelope::parse(check)
            && self.ring.get(&key).await?.is_none()
        {
            let current = self.ring.current().await?.id();
            return Err(Error::new(
                ErrorKind::Seal,
                format!(
                    "this key is not the one this database was made with: the database needs key {key}, and the key \
                     ring's current key is {current}. Put the right key back, or add it behind the current one"
                ),
            )
            .with_remedy(Remedy::Operator));
        }
        let opened = self.open(&key_check_place(&row), check).await;
        match opened {
            Ok(text) if text.as_slice() == KEY_CHECK => Ok(()),
            Err(error) if error.kind() != ErrorKind::Seal => Err(error),
            _ => Err(Error::new(
                ErrorKind::Seal,
                "the key check of this database does not open under its own key: it was changed, or comes from another \
                 installation. Restore the database from its backup",
            )
            .with_remedy(Remedy::Operator)),
        }
    }

    /// Everything a value is bound to, each part after its length, so that no two places read the same.
    fn associated(&self, place: &Place<'_>) -> Vec<u8> {
        let parts: [&[u8]; 5] = [
            &[VERSION],
            self.installation.as_bytes(),
            place.table.as_bytes(),
            place.row.as_bytes(),
            place.field.as_bytes(),
        ];
        let mut bound = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
        for part in parts {
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part);
        }
        bound
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("installation", &self.installation)
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

struct Envelope<'a> {
    key: KeyId,
    nonce: &'a [u8; key::NONCE_LEN],
    text: &'a [u8],
    tag: &'a [u8; key::TAG_LEN],
}

impl<'a> Envelope<'a> {
    fn parse(sealed: &'a [u8]) -> Option<Self> {
        let rest = sealed.strip_prefix(&[VERSION])?;
        let (key, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (text, tag) = rest.split_last_chunk()?;
        Some(Self {
            key: KeyId(*key),
            nonce,
            text,
            tag,
        })
    }
}

fn key_check_place(row: &str) -> Place<'_> {
    Place::new("installation", row, "key_check")
}

/// One answer to everything that is not a missing key: whoever tampers learns nothing.
fn refused(place: &Place<'_>) -> Error {
    Error::new(
        ErrorKind::Seal,
        format!(
            "the sealed value in {}.{} does not open: it was changed, cut, moved, or sealed by another installation",
            place.table, place.field
        ),
    )
    .with_remedy(Remedy::Operator)
}

fn unknown_key(id: KeyId) -> Error {
    Error::new(
        ErrorKind::Seal,
        format!("sealed under key {id}, which the key ring does not hold: add that key"),
    )
    .with_remedy(Remedy::Operator)
}
