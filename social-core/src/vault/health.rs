use super::{Envelope, KeyId, Place, Vault, refused};
use crate::error::{Error, ErrorKind, Remedy, Result};

/// What a look at the vault found well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VaultHealth {
    /// The key that seals.
    pub current: KeyId,
    /// How many values it has sealed, at most: processes count in blocks of 4,096 and may not have used up theirs. At
    /// 2^31 it is time for a new key, at 2^32 it seals no more.
    pub seals: u64,
    /// The key of the installation's key check. While it is another one than the current key, keys are being rotated.
    pub key_check: KeyId,
}

impl Vault {
    /// Opens the installation's key check, and seals and opens a value. Whether older keys are still needed is not
    /// looked at: that takes a walk through everything sealed, as the reseal worker does.
    ///
    /// # Errors
    /// As [`verify_key_check`](Self::verify_key_check) and [`seal`](Self::seal). They name keys by their ids.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn check_health(&self, key_check: &[u8]) -> Result<VaultHealth> {
        self.verify_key_check(key_check).await?;
        let place = Place::new("installation", "health", "probe");
        let probe = self.installation.as_bytes();
        let sealed = self.seal(&place, probe).await?;
        let current = key_of(&sealed).ok_or_else(|| refused(&place))?;
        let opened = self.open(&place, &sealed).await?;
        if opened.as_slice() != probe {
            let message = format!("what key {current} sealed does not open as it was");
            return Err(Error::new(ErrorKind::Seal, message).with_remedy(Remedy::Operator));
        }
        Ok(VaultHealth {
            current,
            seals: self.counts.sum(current).await?,
            key_check: key_of(key_check).unwrap_or(current),
        })
    }
}

fn key_of(sealed: &[u8]) -> Option<KeyId> {
    Envelope::parse(sealed).map(|envelope| envelope.key)
}
