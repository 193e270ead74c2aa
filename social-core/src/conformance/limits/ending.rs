//! Windows that end at a moment, for everybody at once. Who calls says each time how much is left.

use std::time::Duration;

use super::{HOUR, about, calls, granted, named, spent, waits};
use crate::{
    conformance::{Harness, fixtures::MINUTE},
    error::Result,
    store::{Limit, Limits, Window},
};

const KEY: &str = "example/day";
pub(super) const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

/// So many calls a day, of which so much is left.
pub(super) fn day(limit: u32, left: Duration) -> Limit {
    Limit::of_calls(KEY, Window::ending(limit, DAY, left))
}

/// So many holders a day.
fn holders(limit: u32, left: Duration) -> Limit {
    Limit::new(KEY, Window::ending(limit, DAY, left))
}

/// What is booked counts until the window ends: it is full until then, free then, and not before.
pub async fn a_window_is_full_until_it_ends(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(2, 5 * HOUR)], "a").await?;
    harness.advance(3 * HOUR).await;
    granted(&*store, &[day(2, 2 * HOUR)], "b").await?;
    assert_eq!(spent(&*store, &day(2, 2 * HOUR)).await?, (2, 0));
    waits(&*store, &[day(2, 2 * HOUR)], "c", 2 * HOUR).await?;
    harness.advance(2 * HOUR - MINUTE).await;
    waits(&*store, &[day(2, MINUTE)], "c", MINUTE).await?;
    harness.advance(MINUTE).await;
    assert_eq!(spent(&*store, &day(2, DAY)).await?, (0, 1), "it has ended");
    granted(&*store, &[day(2, DAY)], "c").await?;
    granted(&*store, &[day(2, DAY)], "d").await?;
    waits(&*store, &[day(2, DAY)], "e", DAY).await
}

/// Who finds no room is promised the next window; who finds none in it either, the one after that.
pub async fn a_promise_is_the_next_window_with_room(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let of = |left| [day(2, left)];
    for holder in ["a", "b"] {
        granted(&*store, &of(3 * HOUR), holder).await?;
    }
    for (holder, days) in [("c", 0), ("d", 0), ("e", 1), ("f", 1), ("g", 2)] {
        waits(&*store, &of(3 * HOUR), holder, 3 * HOUR + days * DAY).await?;
    }
    let usage = store.usage(&day(2, 3 * HOUR)).await?;
    about(usage.wait, 3 * HOUR + 2 * DAY, "a newcomer");
    harness.advance(3 * HOUR).await;
    waits(&*store, &of(DAY), "e", DAY).await?;
    granted(&*store, &of(DAY), "c").await?;
    granted(&*store, &of(DAY), "d").await?;
    harness.advance(DAY).await;
    waits(&*store, &of(DAY), "g", DAY).await?;
    granted(&*store, &of(DAY), "e").await?;
    granted(&*store, &of(DAY), "f").await
}

/// A limit of nothing waits for the next window, again and again.
pub async fn an_ending_limit_of_nothing_grants_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    waits(&*store, &[day(0, 3 * HOUR)], "a", 3 * HOUR).await?;
    harness.advance(3 * HOUR).await;
    waits(&*store, &[day(0, Duration::ZERO)], "a", DAY).await?;
    waits(&*store, &[day(0, DAY)], "a", DAY).await
}

/// Of a window that has just ended nothing is left: what is booked counts in the next one, and not for nothing.
pub async fn what_is_booked_as_a_window_ends_counts_in_the_next(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(2, HOUR)], "a").await?;
    granted(&*store, &[day(2, HOUR)], "b").await?;
    harness.advance(HOUR).await;
    granted(&*store, &[day(2, Duration::ZERO)], "c").await?;
    granted(&*store, &[day(2, Duration::ZERO)], "d").await?;
    waits(&*store, &[day(2, Duration::ZERO)], "e", DAY).await?;
    waits(&*store, &[day(2, DAY)], "f", DAY).await?;
    assert_eq!(spent(&*store, &day(2, DAY)).await?, (2, 2));
    Ok(())
}

/// Who comes at the turn with a clock that is a little late, and says that something is left, is counted in the window that
/// has begun: else all who waited would be granted it twice.
pub async fn who_is_late_at_the_turn_is_counted_after_it(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(1, HOUR)], "a").await?;
    waits(&*store, &[day(1, HOUR)], "b", HOUR).await?;
    waits(&*store, &[day(1, HOUR)], "c", HOUR + DAY).await?;
    harness.advance(HOUR).await;
    granted(&*store, &[day(1, 5 * SECOND)], "b").await?;
    harness.advance(MINUTE).await;
    let expected = DAY - MINUTE + 5 * SECOND;
    waits(&*store, &[day(1, DAY - MINUTE)], "c", expected).await
}

/// Processes whose clocks differ say a little more or less for one window: it is one window, no place is lost, and at its
/// turn nobody is granted what another has.
pub async fn a_little_more_or_less_left_is_the_same_window(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let (early, late) = (HOUR - 3 * SECOND, HOUR + 3 * SECOND);
    granted(&*store, &[holders(3, early)], "a").await?;
    granted(&*store, &[holders(3, late)], "b").await?;
    granted(&*store, &[holders(3, early)], "c").await?;
    for left in [early, late] {
        granted(&*store, &[holders(3, left)], "a").await?;
        assert_eq!(spent(&*store, &holders(3, left)).await?.0, 3);
        waits(&*store, &[holders(3, left)], "d", left).await?;
    }
    assert_eq!(spent(&*store, &holders(3, HOUR)).await?, (3, 1), "a place");
    harness.advance(late).await;
    // For the late one it has just ended; the early one is in the next for a while.
    for (holder, left) in [("d", DAY), ("e", DAY - 6 * SECOND), ("f", DAY)] {
        granted(&*store, &[holders(3, left)], holder).await?;
    }
    waits(&*store, &[holders(3, DAY - 6 * SECOND)], "g", DAY).await?;
    waits(&*store, &[holders(3, DAY)], "h", DAY).await
}

/// Where each holder counts once, it does so in each window.
pub async fn a_holder_counts_once_in_a_window_that_ends(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    for left in [5 * HOUR, 2 * HOUR] {
        granted(&*store, &[holders(2, left)], "a").await?;
        assert_eq!(spent(&*store, &holders(2, left)).await?, (1, 0));
        harness.advance(3 * HOUR).await;
    }
    assert_eq!(spent(&*store, &holders(2, 23 * HOUR)).await?, (0, 0));
    granted(&*store, &[holders(2, 23 * HOUR)], "a").await?;
    assert_eq!(spent(&*store, &holders(2, 23 * HOUR)).await?, (1, 0));
    Ok(())
}

/// What is promised for the next window takes nothing of this one: who fits into what is left of this one passes those who
/// wait for the next, and delays none of them.
pub async fn places_of_the_next_window_take_nothing_of_this_one(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let posts = |cost, left| day(9_500, left).costing(cost);
    let polls = |left| day(10_000, left);
    granted(&*store, &[posts(9_480, HOUR)], "a").await?;
    for holder in ["b", "c", "d"] {
        waits(&*store, &[posts(400, HOUR)], holder, HOUR).await?;
    }
    for _ in 0..20 {
        granted(&*store, &[polls(HOUR)], "poll").await?;
    }
    waits(&*store, &[posts(1, HOUR)], "e", HOUR).await?;
    granted(&*store, &[polls(HOUR)], "poll").await?;
    harness.advance(HOUR).await;
    for holder in ["b", "c", "d"] {
        granted(&*store, &[posts(400, DAY)], holder).await?;
    }
    Ok(())
}

/// A key that is blocked until the turn, or for longer, is promised window by window: not to all at once.
pub async fn a_block_until_the_turn_keeps_the_queue(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(2, 3 * HOUR)], "a").await?;
    store.block(KEY, 3 * HOUR).await?;
    let turn = 3 * HOUR;
    for (holder, days) in [("b", 0), ("c", 0), ("d", 1), ("e", 1)] {
        waits(&*store, &[day(2, turn)], holder, turn + days * DAY).await?;
    }
    store.block(KEY, 5 * HOUR).await?;
    waits(&*store, &[day(2, turn)], "b", 5 * HOUR).await?;
    harness.advance(5 * HOUR).await;
    granted(&*store, &[day(2, 22 * HOUR)], "b").await?;
    granted(&*store, &[day(2, 22 * HOUR)], "c").await?;
    waits(&*store, &[day(2, 22 * HOUR)], "d", 22 * HOUR).await
}

/// A block that ends within the window lets those go on in it for whom there is room.
pub async fn a_block_within_a_window_keeps_what_is_left_of_it(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(2, 5 * HOUR)], "a").await?;
    store.block(KEY, HOUR).await?;
    waits(&*store, &[day(2, 5 * HOUR)], "b", HOUR).await?;
    waits(&*store, &[day(2, 5 * HOUR)], "c", 5 * HOUR).await?;
    harness.advance(HOUR).await;
    granted(&*store, &[day(2, 4 * HOUR)], "b").await?;
    waits(&*store, &[day(2, 4 * HOUR)], "d", 4 * HOUR).await
}

/// A key that has room now may have none when the others of a booking have: the promise is when all have.
pub async fn several_keys_wait_for_a_window_with_room_in_all(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let today = |left| day(2, left);
    granted(&*store, &[today(3 * HOUR)], "a").await?;
    // Another key, which is free after the turn, keeps two out of this window.
    let other = [named("other", calls(2)), today(3 * HOUR)];
    store.block("other", 4 * HOUR).await?;
    waits(&*store, &other, "b", 4 * HOUR).await?;
    waits(&*store, &other, "c", 4 * HOUR).await?;
    waits(&*store, &other, "d", 3 * HOUR + DAY).await?;
    granted(&*store, &[today(3 * HOUR)], "e").await?;
    let both = [calls(1), today(3 * HOUR)];
    waits(&*store, &both, "f", 3 * HOUR + DAY).await?;
    store.refund(&[KEY, "example/calls"], "f").await?;
    granted(&*store, &[calls(1)], "g").await?;
    store.refund(&[KEY], "e").await?;
    waits(&*store, &both, "f", HOUR).await
}

/// What the platform counts is added until the window ends; a count of one that has ended meanwhile adds nothing.
pub async fn an_observation_counts_until_the_window_ends(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(9, 2 * HOUR)], "a").await?;
    store.observe(&day(9, 2 * HOUR), 9).await?;
    assert_eq!(spent(&*store, &day(9, 2 * HOUR)).await?, (9, 0));
    waits(&*store, &[day(9, 2 * HOUR)], "b", 2 * HOUR).await?;
    harness.advance(2 * HOUR).await;
    store.observe(&day(9, Duration::ZERO), 9).await?;
    assert_eq!(spent(&*store, &day(9, DAY)).await?, (0, 1), "it has ended");
    store.observe(&day(9, 10 * SECOND), 9).await?;
    harness.advance(MINUTE).await;
    assert_eq!(spent(&*store, &day(9, DAY)).await?, (0, 1), "it has ended");
    granted(&*store, &[day(9, DAY - MINUTE)], "b").await
}

/// A day of 23 hours, and one of 25: who calls says how much is left of the day that is.
pub async fn a_day_may_be_shorter_or_longer(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    for length in [24, 23, 24, 25, 24] {
        let length = length * HOUR;
        granted(&*store, &[day(1, length)], "a").await?;
        harness.advance(length - 2 * MINUTE).await;
        waits(&*store, &[day(1, 2 * MINUTE)], "b", 2 * MINUTE).await?;
        store.refund(&[KEY], "b").await?;
        harness.advance(2 * MINUTE).await;
    }
    granted(&*store, &[day(1, DAY)], "a").await
}

/// A key that is booked with both kinds of windows passes neither limit.
pub async fn a_key_may_be_booked_with_both_kinds_of_windows(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let sliding = |limit| named(KEY, Limit::of_calls(KEY, Window::new(limit, DAY)));
    granted(&*store, &[sliding(2)], "a").await?;
    harness.advance(HOUR).await;
    granted(&*store, &[day(2, 3 * HOUR)], "b").await?;
    waits(&*store, &[sliding(2)], "c", 23 * HOUR).await?;
    // What was booked in the sliding window counts until that has passed.
    store.refund(&[KEY], "c").await?;
    waits(&*store, &[day(2, 3 * HOUR)], "c", 3 * HOUR).await?;
    harness.advance(3 * HOUR).await;
    assert_eq!(spent(&*store, &day(2, DAY)).await?, (1, 1));
    assert_eq!(spent(&*store, &sliding(2)).await?, (2, 1));
    granted(&*store, &[day(2, DAY)], "c").await?;
    waits(&*store, &[day(2, DAY)], "d", DAY).await
}

/// What was booked in a window that ended is removed then, and what is promised for the next is left.
pub async fn purges_windows_that_ended(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(1, HOUR)], "a").await?;
    waits(&*store, &[day(1, HOUR)], "b", HOUR).await?;
    harness.advance(HOUR - 2 * MINUTE).await;
    assert_eq!(store.purge(9).await?, 0, "all of it counts");
    harness.advance(2 * MINUTE).await;
    assert_eq!(store.purge(9).await?, 1, "one window has ended");
    granted(&*store, &[day(1, DAY)], "b").await?;
    harness.advance(DAY).await;
    assert_eq!(store.purge(9).await?, 1, "and the next");
    Ok(())
}

/// A place that nobody comes back for lapses with the window it was promised for.
pub async fn a_place_lapses_with_its_window(harness: &impl Harness<Store: Limits>) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[day(1, HOUR)], "a").await?;
    waits(&*store, &[day(1, HOUR)], "late", HOUR).await?;
    waits(&*store, &[day(1, HOUR)], "c", HOUR + DAY).await?;
    harness.advance(HOUR + DAY - 2 * MINUTE).await;
    assert_eq!(spent(&*store, &day(1, 2 * MINUTE)).await?, (0, 2));
    harness.advance(2 * MINUTE).await;
    assert_eq!(spent(&*store, &day(1, DAY)).await?, (0, 1), "lapsed");
    waits(&*store, &[day(1, DAY)], "late", DAY).await?;
    granted(&*store, &[day(1, DAY)], "c").await
}
