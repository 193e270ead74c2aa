use std::time::Duration;

use async_trait::async_trait;
use social_core::{
    Result, conformance,
    memory::MemoryStore,
    store::{Block, Booking, Counting, Limit, Limits, Usage},
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Books one key after the other.
    BooksInParts,
    /// Gives up the holder's place with every call.
    ForgetsPlaces,
    /// Looks whether there is room, and books a moment later.
    GrantsInTwoSteps,
    /// Counts every call of a holder.
    CountsEachCall,
    /// Promises half of the time.
    PromisesTooEarly,
    /// Adds what the platform counts to what was booked here.
    ObservesTwice,
    /// Knows of no block.
    ForgetsBlocks,
    /// Says that it has ended a block, and has not.
    KeepsBlocks,
    /// Ends all blocks with one.
    UnblocksAll,
    /// Takes what is booked away with a block.
    UnblocksBookings,
    /// Lists the shortest first.
    ListsShortestFirst,
    /// Takes every grant of a holder back.
    RefundsAll,
    /// Takes places for grants.
    UsesPlaces,
    /// Removes all at once.
    PurgesWithoutLimit,
}

#[derive(Debug)]
struct Broken(MemoryStore, Fault);

#[async_trait]
impl Limits for Broken {
    async fn book(&self, limits: &[Limit], holder: &str) -> Result<Booking> {
        let mut limits = limits.to_vec();
        match self.1 {
            Fault::BooksInParts => {
                let mut answer = Booking::Granted;
                for limit in limits {
                    if let wait @ Booking::Wait(_) = self.0.book(&[limit], holder).await? {
                        answer = wait;
                    }
                    tokio::task::yield_now().await;
                }
                return Ok(answer);
            }
            Fault::ForgetsPlaces => {
                for limit in &limits {
                    if limit.counting == Counting::EachCall && !self.has_room(limit).await? {
                        self.0.refund(&[&limit.key], holder).await?;
                    }
                }
            }
            Fault::GrantsInTwoSteps => {
                for limit in &mut limits {
                    if self.has_room(limit).await? {
                        limit.window.limit = u32::MAX;
                    }
                }
                tokio::task::yield_now().await;
            }
            Fault::CountsEachCall => {
                for limit in &mut limits {
                    limit.counting = Counting::EachCall;
                }
            }
            _ => {}
        }
        match self.0.book(&limits, holder).await? {
            Booking::Wait(wait) if self.1 == Fault::PromisesTooEarly => Ok(Booking::Wait(wait / 2)),
            answer => Ok(answer),
        }
    }

    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()> {
        let times = if self.1 == Fault::RefundsAll { 9 } else { 1 };
        for _ in 0..times {
            self.0.refund(keys, holder).await?;
        }
        Ok(())
    }

    async fn observe(&self, limit: &Limit, used: u32) -> Result<()> {
        let booked = match self.1 {
            Fault::ObservesTwice => self.0.usage(limit).await?.used,
            _ => 0,
        };
        self.0.observe(limit, booked + used).await
    }

    async fn block(&self, key: &str, wait: Duration) -> Result<()> {
        match self.1 {
            Fault::ForgetsBlocks => Ok(()),
            _ => self.0.block(key, wait).await,
        }
    }

    async fn unblock(&self, key: &str) -> Result<bool> {
        match self.1 {
            Fault::KeepsBlocks => {
                let blocks = self.0.blocks(u32::MAX).await?;
                Ok(blocks.iter().any(|block| block.key == key))
            }
            Fault::UnblocksAll => {
                let unblocked = self.0.unblock(key).await?;
                for block in self.0.blocks(u32::MAX).await? {
                    self.0.unblock(&block.key).await?;
                }
                Ok(unblocked)
            }
            Fault::UnblocksBookings => {
                for holder in ["a", "b", "c"] {
                    self.0.refund(&[key], holder).await?;
                }
                self.0.unblock(key).await
            }
            _ => self.0.unblock(key).await,
        }
    }

    async fn blocks(&self, limit: u32) -> Result<Vec<Block>> {
        let mut blocks = self.0.blocks(limit).await?;
        if self.1 == Fault::ListsShortestFirst {
            blocks.reverse();
        }
        Ok(blocks)
    }

    async fn usage(&self, limit: &Limit) -> Result<Usage> {
        let mut usage = self.0.usage(limit).await?;
        if self.1 == Fault::UsesPlaces {
            usage.used += usage.waiting;
        }
        Ok(usage)
    }

    async fn purge(&self, limit: u32) -> Result<u64> {
        match self.1 {
            Fault::PurgesWithoutLimit => self.0.purge(u32::MAX).await,
            _ => self.0.purge(limit).await,
        }
    }
}

impl Broken {
    async fn has_room(&self, limit: &Limit) -> Result<bool> {
        Ok(self.0.usage(limit).await?.wait.is_zero())
    }
}

super::faults! { limits:
    several_keys_are_granted_all_or_nothing finds |store| Broken(store, Fault::BooksInParts),
        "nothing is spent";
    queues_in_the_order_of_asking finds |store| Broken(store, Fault::ForgetsPlaces),
        "is granted it, but is to wait";
    of_many_bookings_the_limit_is_granted finds |store| Broken(store, Fault::GrantsInTwoSteps),
        "the limit is granted";
    never_more_than_the_limit_in_any_window
        finds |store| Broken(store, Fault::GrantsInTwoSteps), "are granted in an hour";
    a_holder_counts_once finds |store| Broken(store, Fault::CountsEachCall), "left == right";
    the_promised_time_is_when_it_is_granted
        finds |store| Broken(store, Fault::PromisesTooEarly), "was expected, not";
    an_observation_adds_what_is_missing finds |store| Broken(store, Fault::ObservesTwice),
        "left == right";
    of_many_observations_what_is_missing_is_added_once
        finds |store| Broken(store, Fault::ObservesTwice), "added once";
    a_block_ends_exactly_when_it_says finds |store| Broken(store, Fault::ForgetsBlocks),
        "is to wait, but is granted";
    an_unblocked_key_is_granted_at_once finds |store| Broken(store, Fault::KeepsBlocks),
        "is granted it, but is to wait";
    an_unblock_is_its_keys_own finds |store| Broken(store, Fault::UnblocksAll),
        "is to wait, but is granted";
    an_unblocked_key_keeps_its_bookings finds |store| Broken(store, Fault::UnblocksBookings),
        "left == right";
    blocks_are_listed finds |store| Broken(store, Fault::ListsShortestFirst), "longest first";
    a_refund_takes_the_latest_grant finds |store| Broken(store, Fault::RefundsAll),
        "one of two";
    usage_tells_for_how_long_a_newcomer_would_wait
        finds |store| Broken(store, Fault::UsesPlaces), "left == right";
    purges_what_left_its_window finds |store| Broken(store, Fault::PurgesWithoutLimit),
        "the limit holds";
}

super::faults! { cancel:
    a_dropped_booking_is_granted_whole_or_not
        finds |store| Broken(store, Fault::BooksInParts), "then done whole";
}

/// Random operations find these faults too, and say how to repeat them.
#[tokio::test]
async fn lockstep_finds_faults() {
    let faults: [fn(MemoryStore) -> Broken; 11] = [
        |store| Broken(store, Fault::BooksInParts),
        |store| Broken(store, Fault::ForgetsPlaces),
        |store| Broken(store, Fault::CountsEachCall),
        |store| Broken(store, Fault::PromisesTooEarly),
        |store| Broken(store, Fault::ObservesTwice),
        |store| Broken(store, Fault::ForgetsBlocks),
        |store| Broken(store, Fault::KeepsBlocks),
        |store| Broken(store, Fault::UnblocksAll),
        |store| Broken(store, Fault::RefundsAll),
        |store| Broken(store, Fault::UsesPlaces),
        |store| Broken(store, Fault::PurgesWithoutLimit),
    ];
    for make in faults {
        let run = async move {
            let harness = super::Faulty::new(make);
            conformance::model::limits(&harness, 1, 4_000).await
        };
        super::caught(run, "seed 1, operation ").await;
    }
}
