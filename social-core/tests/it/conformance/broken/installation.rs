use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    Result,
    memory::MemoryStore,
    store::{Incarnation, Incarnations, Installation, InstallationStore},
    vault::KeyId,
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// Reads the count, and writes it a moment later.
    LosesCounts,
    /// Counts all keys together.
    MixesKeys,
    /// Replaces any key check.
    ReplacesBlindly,
    /// Accepts whatever was seen.
    AcceptsAnything,
    /// Takes every life for the accepted one.
    KnowsOneLife,
    /// Its clock tells the same time for ever.
    ClockStands,
}

#[derive(Debug)]
pub(super) struct Broken {
    pub(super) store: MemoryStore,
    fault: Fault,
    seals: Mutex<HashMap<KeyId, u64>>,
}

impl Broken {
    fn new(store: MemoryStore, fault: Fault) -> Self {
        Self {
            store,
            fault,
            seals: Mutex::default(),
        }
    }
}

#[async_trait]
impl InstallationStore for Broken {
    async fn installation(&self) -> Result<Installation> {
        self.store.installation().await
    }

    async fn put_key_check(&self, check: &[u8], replaces: Option<&[u8]>) -> Result<Vec<u8>> {
        if self.fault == Fault::ReplacesBlindly {
            let present = self.store.installation().await?.key_check;
            return self.store.put_key_check(check, present.as_deref()).await;
        }
        self.store.put_key_check(check, replaces).await
    }

    async fn count_seals(&self, key: &KeyId, seals: u64) -> Result<u64> {
        match self.fault {
            Fault::LosesCounts => {
                let count = self.seals.lock().unwrap().get(key).copied();
                let sum = count.unwrap_or(0) + seals;
                tokio::task::yield_now().await;
                self.seals.lock().unwrap().insert(*key, sum);
                Ok(sum)
            }
            Fault::MixesKeys => {
                let mut counts = self.seals.lock().unwrap();
                *counts.entry(*key).or_default() += seals;
                Ok(counts.values().sum())
            }
            _ => self.store.count_seals(key, seals).await,
        }
    }

    async fn incarnations(&self) -> Result<Incarnations> {
        let lives = self.store.incarnations().await?;
        match self.fault {
            Fault::KnowsOneLife => Ok(Incarnations::new(lives.present.clone(), lives.present)),
            _ => Ok(lives),
        }
    }

    async fn wall_clock(&self) -> Result<Option<DateTime<Utc>>> {
        match self.fault {
            Fault::ClockStands => Ok(Some(DateTime::UNIX_EPOCH)),
            _ => self.store.wall_clock().await,
        }
    }

    async fn accept_incarnation(&self, seen: &Incarnation) -> Result<()> {
        if self.fault == Fault::AcceptsAnything {
            let present = self.store.incarnations().await?.present;
            return self.store.accept_incarnation(&present).await;
        }
        self.store.accept_incarnation(seen).await
    }
}

super::faults! { installation:
    of_many_counts_of_seals_none_is_lost finds |store| Broken::new(store, Fault::LosesCounts),
        "each hears a sum of its own";
    counts_what_each_key_sealed finds |store| Broken::new(store, Fault::MixesKeys),
        "left == right";
    keeps_the_first_key_check finds |store| Broken::new(store, Fault::ReplacesBlindly),
        "the answer is the one that is stored";
    only_the_present_life_is_accepted
        finds |store| Broken::new(store, Fault::AcceptsAnything), "it is not the present one";
    what_was_seen_in_an_earlier_life_is_not_accepted
        finds |store| Broken::new(store, Fault::AcceptsAnything), "another life began since";
    another_life_is_noticed finds |store| Broken::new(store, Fault::KnowsOneLife),
        "another life is noticed";
    its_wall_clock_goes_on finds |store| Broken::new(store, Fault::ClockStands), "as leases do";
}
