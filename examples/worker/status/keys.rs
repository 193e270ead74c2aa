use std::sync::Arc;

use social_core::{
    KeyRing as _, Stores, Vault, random::SystemRandom, store::Installation, vault::VaultHealth,
};

use super::{Standing, line};
use crate::settings::Settings;

/// A key should be replaced when it has sealed so many values; at twice as many it stops.
const MANY_SEALS: u64 = 1 << 31;

/// Whether the keys at hand fit the database, and how far the current one is used up.
pub(super) async fn look(
    standing: &mut Standing,
    settings: &Settings,
    stores: &Stores,
    installation: &Installation,
) -> anyhow::Result<()> {
    let Some(check) = &installation.key_check else {
        line(
            "keys",
            "nothing is sealed yet; the first `worker run` makes or takes a key",
        );
        return Ok(());
    };
    let health = match health(settings, installation, check).await {
        Ok(health) => health,
        Err(error) => {
            line("keys", "not usable");
            standing.trouble(examples::told(&error));
            return Ok(());
        }
    };
    let seals = stores.installation.count_seals(&health.current, 0).await?;
    line(
        "keys",
        &format!("{} seals, about {seals} values so far", health.current),
    );
    if health.key_check != health.current {
        line(
            "",
            &format!(
                "rotating from {}: `worker run` or `worker reseal` goes on with it",
                health.key_check
            ),
        );
    }
    if seals >= MANY_SEALS {
        standing.trouble(format!(
            "key {} has sealed {seals} values and stops at {}: put a new key in front of it",
            health.current,
            2 * MANY_SEALS
        ));
    }
    Ok(())
}

/// Through a vault of its own that counts for itself: one that counts in the store takes thousands of seals ahead, and
/// this may run every minute.
async fn health(
    settings: &Settings,
    installation: &Installation,
    check: &[u8],
) -> anyhow::Result<VaultHealth> {
    let ring = settings.keys()?;
    ring.prepare(false).await?;
    let vault = Vault::new(
        installation.id,
        Arc::new(ring),
        Arc::new(SystemRandom::default()),
    );
    Ok(vault.check_health(check).await?)
}
