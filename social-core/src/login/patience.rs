//! What a consent gave is nowhere else: a store that is away for a moment must not lose it.

use std::time::Duration;

use super::Logins;
use crate::error::{ErrorKind, Result};

/// How often a save is tried: with the waits between, a few seconds.
const ATTEMPTS: u32 = 5;

impl Logins {
    /// Saves, again after a failure. Tokens that cannot be sealed or opened cannot be later either.
    pub(super) async fn patiently<F>(
        &self,
        what: &'static str,
        mut save: impl FnMut() -> F,
    ) -> Result<()>
    where
        F: Future<Output = Result<()>>,
    {
        let mut failures = 0;
        while let Err(error) = save().await {
            failures += 1;
            tracing::error!(%error, failures, what, "what a consent gave could not be saved");
            if failures >= ATTEMPTS || error.kind() == ErrorKind::Seal {
                return Err(error);
            }
            let wait = Duration::from_millis(100) * 2_u32.saturating_pow(failures);
            self.config.clock.sleep(wait).await;
        }
        Ok(())
    }
}
