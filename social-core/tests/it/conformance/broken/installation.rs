use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    Result,
    memory::MemoryStore,
    store::{Incarnation, Incarnations, Installation, InstallationStore, InstanceName, LastWrites},
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
    /// Does not keep what it is called.
    ForgetsItsName,
    /// Takes whoever has no name for the one that it knows.
    TrustsTheNameless,
    /// Accepts a life under the name that it had.
    KeepsTheOldName,
    /// Does not write down what was lost.
    ForgetsLosses,
    /// Takes every life for one that lacks something.
    AlwaysLoses,
}

#[derive(Debug)]
pub(super) struct Broken {
    pub(super) store: MemoryStore,
    fault: Fault,
    seals: Mutex<HashMap<KeyId, u64>>,
    accepted: AtomicBool,
}

impl Broken {
    fn new(store: MemoryStore, fault: Fault) -> Self {
        Self {
            store,
            fault,
            seals: Mutex::default(),
            accepted: AtomicBool::new(false),
        }
    }

    pub(super) fn opened_as(&self, name: Option<&str>) -> Self {
        let name = name.map(|name| InstanceName::parse(name).unwrap());
        let store = match self.fault {
            Fault::ForgetsItsName => self.store.opened_as(None),
            Fault::TrustsTheNameless if name.is_none() => self.store.clone(),
            _ => self.store.opened_as(name),
        };
        Self::new(store, self.fault)
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
        let mut lives = self.store.incarnations().await?;
        match self.fault {
            Fault::KeepsTheOldName if self.accepted.load(Ordering::Relaxed) => {
                lives.accepted = Incarnation::new("as before");
                Ok(lives)
            }
            Fault::ForgetsLosses => {
                lives.lost_at = None;
                Ok(lives)
            }
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

    async fn accept_incarnation(&self, seen: &Incarnation, last: LastWrites) -> Result<()> {
        if self.fault == Fault::AcceptsAnything {
            let present = self.store.incarnations().await?.present;
            return self.store.accept_incarnation(&present, last).await;
        }
        self.accepted.store(true, Ordering::Relaxed);
        let now = DateTime::UNIX_EPOCH;
        let last = match self.fault {
            Fault::AlwaysLoses => LastWrites::MayBeLost { now },
            _ => last,
        };
        self.store.accept_incarnation(seen, last).await
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
    the_first_name_of_an_instance_is_kept finds |store| Broken::new(store, Fault::ForgetsItsName),
        "people see the name";
    another_name_is_another_life finds |store| Broken::new(store, Fault::KnowsOneLife),
        "a copy is noticed by its name";
    no_name_where_the_data_have_one_is_another_life
        finds |store| Broken::new(store, Fault::TrustsTheNameless), "no name is another one";
    a_name_that_was_accepted_is_the_one_that_is_kept
        finds |store| Broken::new(store, Fault::KeepsTheOldName), "it was accepted";
    what_a_life_may_lack_is_written_down_with_its_time
        finds |store| Broken::new(store, Fault::ForgetsLosses), "left: None";
}

/// Two faults of one rule.
#[tokio::test]
async fn a_loss_where_there_was_none_is_found() {
    let case = async {
        let harness = super::Faulty::new(|store| Broken::new(store, Fault::AlwaysLoses));
        social_core::conformance::installation::what_a_life_may_lack_is_written_down_with_its_time(
            &harness,
        )
        .await
    };
    super::caught(case, "all is there").await;
}
