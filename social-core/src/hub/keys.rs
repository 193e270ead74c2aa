use super::Social;
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    vault::VaultHealth,
};

impl Social {
    /// Looks whether the vault works: the key check opens, a value can be sealed and opened, and which key seals.
    ///
    /// # Errors
    /// `Seal` when the keys do not fit the store, which names the key it needs; `Storage` when the store fails; the key
    /// ring's own errors.
    ///
    /// # Cancel safety
    /// Safe.
    pub async fn check_vault(&self) -> Result<VaultHealth> {
        self.worker
            .inner
            .vault
            .check_health(&self.key_check().await?)
            .await
    }

    /// Looks whether the keys have changed. A ring that cannot tell now goes on with those it has.
    ///
    /// # Errors
    /// The key ring's own.
    pub async fn reload_keys(&self) -> Result<()> {
        self.worker.inner.vault.reload().await?;
        self.worker.inner.vault.count_ahead().await
    }

    /// Seals the installation's key check under the current key, if it is under another one, and says whether it was. From
    /// then on a process without the current key does not start, and one without the old key does. For whoever seals
    /// everything again.
    ///
    /// # Errors
    /// `Seal` when the keys do not fit the store, `Storage` when it fails.
    ///
    /// # Cancel safety
    /// Safe: it may be repeated.
    pub async fn renew_key_check(&self) -> Result<bool> {
        let (vault, store) = (
            &self.worker.inner.vault,
            &self.worker.inner.stores.installation,
        );
        let check = self.key_check().await?;
        let Some(new) = vault.reseal_key_check(&check).await? else {
            return Ok(false);
        };
        let stored = store.put_key_check(&new, Some(&check)).await?;
        if stored != new {
            // Another process was faster.
            vault.verify_key_check(&stored).await?;
        }
        Ok(true)
    }

    async fn key_check(&self) -> Result<Vec<u8>> {
        let installation = self.worker.inner.stores.installation.installation().await?;
        installation.key_check.ok_or_else(|| {
            Error::new(ErrorKind::Seal, "the key check is gone from the database")
                .with_remedy(Remedy::Operator)
        })
    }
}
