//! Counts what each key seals, over all processes of an installation.
//!
//! The count is taken from the store in blocks, and the next block long before the last one is used up: a store that
//! fails for a while stops no seal. What a process leaves of its block counts as sealed.

use std::{
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::KeyId;
use crate::{
    error::{Error, ErrorKind, Remedy, Result},
    store::InstallationStore,
};

/// So many seals are counted at once.
pub(super) const BLOCK: u64 = 4_096;
/// With half a block left the next is taken; should that fail, again this many seals later.
const STEP: u64 = BLOCK / 16;

/// From here on an operator is warned.
pub(super) const WARN_AT: u64 = 1 << 31;
/// With random nonces of 96 bits one key may seal this often: NIST SP 800-38D, section 8.3.
pub(super) const REFUSE_AT: u64 = 1 << 32;

#[derive(Default)]
pub(super) struct Counts {
    /// Without one each process counts for itself.
    store: Option<Arc<dyn InstallationStore>>,
    keys: RwLock<Vec<(KeyId, Arc<Count>)>>,
}

#[derive(Default)]
struct Count {
    left: AtomicU64,
    /// The last known sum over all processes.
    sum: AtomicU64,
    warned: AtomicBool,
}

impl Counts {
    pub(super) fn over(store: Arc<dyn InstallationStore>) -> Self {
        Self {
            store: Some(store),
            keys: RwLock::default(),
        }
    }

    /// Books one seal, before it is made.
    pub(super) async fn book(&self, key: KeyId) -> Result<()> {
        let count = self.of(key);
        loop {
            match count.take() {
                Some(left) if left > BLOCK / 2 || left % STEP != 0 => return Ok(()),
                Some(_) => {
                    if let Err(error) = self.fetch(key, &count).await {
                        tracing::warn!(%key, %error, "the next seals could not be counted ahead");
                    }
                    return Ok(());
                }
                None => self.fetch(key, &count).await?,
            }
        }
    }

    /// Makes sure that something is left.
    pub(super) async fn book_ahead(&self, key: KeyId) -> Result<()> {
        let count = self.of(key);
        if count.left.load(Ordering::Relaxed) == 0 {
            self.fetch(key, &count).await?;
        }
        Ok(())
    }

    /// How many values the key has sealed, blocks that were taken counted as used.
    pub(super) async fn sum(&self, key: KeyId) -> Result<u64> {
        match &self.store {
            Some(store) => store.count_seals(&key, 0).await,
            None => Ok(self.of(key).sum.load(Ordering::Relaxed)),
        }
    }

    async fn fetch(&self, key: KeyId, count: &Count) -> Result<()> {
        if count.sum.load(Ordering::Relaxed) >= REFUSE_AT {
            return Err(exhausted(key));
        }
        let sum = match &self.store {
            Some(store) => store.count_seals(&key, BLOCK).await?,
            None => count.sum.load(Ordering::Relaxed) + BLOCK,
        };
        count.sum.fetch_max(sum, Ordering::Relaxed);
        if sum >= WARN_AT && !count.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %key,
                "this key has sealed 2^31 values and stops at 2^32: put a new key in front of it"
            );
        }
        let usable = REFUSE_AT
            .saturating_sub(sum.saturating_sub(BLOCK))
            .min(BLOCK);
        count.left.fetch_add(usable, Ordering::Relaxed);
        if usable == 0 {
            return Err(exhausted(key));
        }
        Ok(())
    }

    fn of(&self, key: KeyId) -> Arc<Count> {
        {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, count)) = keys.iter().find(|(id, _)| *id == key) {
                return Arc::clone(count);
            }
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = keys.iter().find(|(id, _)| *id == key) {
            return Arc::clone(count);
        }
        let count = Arc::new(Count::default());
        keys.push((key, Arc::clone(&count)));
        count
    }
}

impl Count {
    /// Takes one, and says how many are left.
    fn take(&self) -> Option<u64> {
        let one_less = |left: u64| left.checked_sub(1);
        let before = (self.left).fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        before.ok().map(|before| before - 1)
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts").finish_non_exhaustive()
    }
}

fn exhausted(key: KeyId) -> Error {
    Error::new(
        ErrorKind::Seal,
        format!(
            "key {key} has sealed 2^32 values and must seal no more: put a new key in front of it"
        ),
    )
    .with_remedy(Remedy::Operator)
}
