use std::time::Duration;

use async_trait::async_trait;
use social_core::{
    Result, conformance,
    memory::MemoryStore,
    store::{Block, Booking, Counting, Limit, Limits, Usage, Window},
};

const HOUR: Duration = Duration::from_secs(3_600);

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
    /// Takes every booking for one unit.
    CountsOne,
    /// Makes of a cost that cannot be one that can.
    TakesAnyCost,
    /// Gives back one unit.
    RefundsOne,
    /// Says how many bookings there are.
    UsesBookings,
    /// Counts the units that it removes.
    PurgesUnits,
    /// Takes a window that ends for one that slides.
    Slides,
    /// Believes that no window is followed by another.
    EndsForGood,
    /// Tells windows by what is left of them to the second.
    TellsByWhatIsLeft,
    /// Believes what is left in the last moments.
    HasNoEve,
    /// Keeps what the platform counted for longer than the window lasts.
    ObservesWhatEnded,
    /// Lets everybody pass who fits beside what is granted.
    PassesTheQueue,
    /// Keeps what a place cost at first.
    KeepsFirstCosts,
    /// Lets nobody pass who waits for the next window.
    QueuesForAll,
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
            Fault::PassesTheQueue => {
                for limit in &mut limits {
                    let used = self.0.usage(limit).await?.used;
                    if used + limit.cost <= limit.window.limit {
                        limit.window.limit = u32::MAX;
                    }
                }
            }
            Fault::KeepsFirstCosts if holder == "b" => limits[0].cost = 9,
            Fault::CountsEachCall => {
                for limit in &mut limits {
                    limit.counting = Counting::EachCall;
                }
            }
            _ => {}
        }
        for limit in &mut limits {
            self.spoil(limit);
        }
        if self.1 == Fault::QueuesForAll {
            for limit in &limits {
                let usage = self.0.usage(limit).await?;
                if let Some(left) = limit.window.left
                    && usage.waiting > 0
                    && usage.used > 9_000
                {
                    return Ok(Booking::Wait(left));
                }
            }
        }
        match self.0.book(&limits, holder).await? {
            Booking::Wait(wait) if self.1 == Fault::PromisesTooEarly => Ok(Booking::Wait(wait / 2)),
            answer => Ok(answer),
        }
    }

    async fn refund(&self, keys: &[&str], holder: &str) -> Result<()> {
        let times = if self.1 == Fault::RefundsAll { 9 } else { 1 };
        let units = Limit::of_calls("example/units", Window::new(1, HOUR));
        let used = self.0.usage(&units).await?.used;
        for _ in 0..times {
            self.0.refund(keys, holder).await?;
        }
        if self.1 == Fault::RefundsOne && used > 0 {
            self.0.observe(&units, used - 1).await?;
        }
        Ok(())
    }

    async fn observe(&self, limit: &Limit, used: u32) -> Result<()> {
        let booked = match self.1 {
            Fault::ObservesTwice => self.0.usage(limit).await?.used,
            _ => 0,
        };
        let mut limit = limit.clone();
        self.spoil(&mut limit);
        if let (Fault::ObservesWhatEnded, Some(left)) = (self.1, &mut limit.window.left) {
            *left = (*left).max(5 * HOUR);
        }
        self.0.observe(&limit, booked + used).await
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
        let cost = limit.cost;
        let mut limit = limit.clone();
        self.spoil(&mut limit);
        let mut usage = self.0.usage(&limit).await?;
        if self.1 == Fault::UsesBookings {
            usage.used = usage.used.div_ceil(cost);
        }
        if self.1 == Fault::UsesPlaces {
            usage.used += usage.waiting;
        }
        Ok(usage)
    }

    async fn purge(&self, limit: u32) -> Result<u64> {
        match self.1 {
            Fault::PurgesWithoutLimit => self.0.purge(u32::MAX).await,
            Fault::PurgesUnits => Ok(400 * self.0.purge(limit).await?),
            _ => self.0.purge(limit).await,
        }
    }
}

impl Broken {
    /// What this store makes of it.
    fn spoil(&self, limit: &mut Limit) {
        let window = &mut limit.window;
        match (self.1, window.left) {
            (Fault::CountsOne, _) => limit.cost = 1,
            (Fault::TakesAnyCost, _) if window.limit > 0 => {
                limit.cost = limit.cost.clamp(1, window.limit);
            }
            (Fault::Slides, _) => window.left = None,
            (Fault::TellsByWhatIsLeft, Some(left)) => {
                limit.key = format!("{} {}", limit.key, left.as_secs());
            }
            (Fault::HasNoEve, Some(_)) => window.per = Duration::from_millis(1),
            (Fault::EndsForGood, Some(left)) => window.left = Some(left + 9_999 * HOUR),
            _ => {}
        }
    }

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
    a_booking_takes_what_it_costs finds |store| Broken(store, Fault::CountsOne), "left == right";
    a_booking_may_take_all_there_is finds |store| Broken(store, Fault::CountsOne),
        "is to wait, but is granted";
    several_costs_are_granted_all_or_nothing finds |store| Broken(store, Fault::BooksInParts),
        "of example/units";
    who_costs_little_stands_behind_who_costs_much
        finds |store| Broken(store, Fault::PassesTheQueue), "is to wait, but is granted";
    a_place_costs_what_was_said_last finds |store| Broken(store, Fault::KeepsFirstCosts),
        "was expected, not";
    a_cost_above_the_limit_is_invalid finds |store| Broken(store, Fault::TakesAnyCost),
        "it is invalid, but is taken";
    a_cost_of_nothing_is_invalid finds |store| Broken(store, Fault::CountsOne),
        "it is invalid, but is taken";
    a_refund_gives_the_whole_cost_back finds |store| Broken(store, Fault::RefundsOne),
        "left == right";
    usage_and_observations_count_units finds |store| Broken(store, Fault::UsesBookings),
        "left == right";
    a_holder_keeps_what_its_grant_cost finds |store| Broken(store, Fault::CountsEachCall),
        "is granted it, but is to wait";
    a_purge_counts_bookings_not_units finds |store| Broken(store, Fault::PurgesUnits),
        "three of four";
    a_window_is_full_until_it_ends finds |store| Broken(store, Fault::Slides),
        "was expected, not";
    a_promise_is_the_next_window_with_room
        finds |store| Broken(store, Fault::PromisesTooEarly), "was expected, not";
    an_ending_limit_of_nothing_grants_nothing finds |store| Broken(store, Fault::Slides),
        "was expected, not";
    a_block_within_a_window_keeps_what_is_left_of_it
        finds |store| Broken(store, Fault::Slides), "was expected, not";
    several_keys_wait_for_a_window_with_room_in_all
        finds |store| Broken(store, Fault::BooksInParts), "was expected, not";
    a_key_may_be_booked_with_both_kinds_of_windows
        finds |store| Broken(store, Fault::Slides), "was expected, not";
    a_place_lapses_with_its_window finds |store| Broken(store, Fault::EndsForGood),
        "was expected, not";
    what_is_booked_as_a_window_ends_counts_in_the_next
        finds |store| Broken(store, Fault::HasNoEve), "was expected, not";
    who_is_late_at_the_turn_is_counted_after_it
        finds |store| Broken(store, Fault::HasNoEve), "was expected, not";
    a_little_more_or_less_left_is_the_same_window
        finds |store| Broken(store, Fault::TellsByWhatIsLeft), "left == right";
    a_holder_counts_once_in_a_window_that_ends
        finds |store| Broken(store, Fault::Slides), "left == right";
    places_of_the_next_window_take_nothing_of_this_one
        finds |store| Broken(store, Fault::QueuesForAll), "is granted it, but is to wait";
    a_block_until_the_turn_keeps_the_queue
        finds |store| Broken(store, Fault::ForgetsPlaces), "was expected, not";
    an_observation_counts_until_the_window_ends
        finds |store| Broken(store, Fault::ObservesWhatEnded), "it has ended";
    a_day_may_be_shorter_or_longer finds |store| Broken(store, Fault::Slides),
        "was expected, not";
    purges_windows_that_ended finds |store| Broken(store, Fault::EndsForGood),
        "was expected, not";
    of_many_bookings_of_an_ending_window_no_more_than_its_units_are_granted
        finds |store| Broken(store, Fault::GrantsInTwoSteps), "units of 9 are granted";
}

super::faults! { cancel:
    a_dropped_booking_is_granted_whole_or_not
        finds |store| Broken(store, Fault::BooksInParts), "then done whole";
}

/// Random operations find these faults too, and say how to repeat them.
#[tokio::test]
async fn lockstep_finds_faults() {
    let faults: [fn(MemoryStore) -> Broken; 17] = [
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
        |store| Broken(store, Fault::CountsOne),
        |store| Broken(store, Fault::TakesAnyCost),
        |store| Broken(store, Fault::UsesBookings),
        |store| Broken(store, Fault::Slides),
        |store| Broken(store, Fault::TellsByWhatIsLeft),
        |store| Broken(store, Fault::ObservesWhatEnded),
    ];
    for make in faults {
        let run = async move {
            let harness = super::Faulty::new(make);
            conformance::model::limits(&harness, 1, 4_000).await
        };
        super::caught(run, "seed 1, operation ").await;
    }
}
