use std::{collections::VecDeque, time::Duration};

use super::{
    HOUR, about, calls,
    ending::{DAY, day},
    granted, holders, named, spent,
};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, race},
    },
    error::Result,
    store::{Booking, Limits},
};

/// However many book at once, so many are granted as the limit says, and the others are promised one place each.
pub async fn of_many_bookings_the_limit_is_granted(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, number| async move {
        store.book(&[calls(5)], &format!("holder {number}")).await
    })
    .await;
    let (mut grants, mut times) = (0, Vec::new());
    for answer in answers {
        match answer? {
            Booking::Granted => grants += 1,
            Booking::Wait(time) => times.push(time),
        }
    }
    assert_eq!(grants, 5, "the limit is granted");
    times.sort_unstable();
    for (place, time) in (0..).zip(times) {
        about(time, (1 + place / 5) * HOUR, "five places an hour");
    }
    let expected = (5, u32::try_from(CROWD).unwrap_or(0) - 5);
    assert_eq!(spent(&*store, &calls(5)).await?, expected);
    Ok(())
}

/// A holder who books many times at once counts once where holders count.
pub async fn of_many_bookings_of_one_holder_one_counts(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, _| async move {
        store.book(&[holders(3)], "a").await
    })
    .await;
    for answer in answers {
        assert_eq!(answer?, Booking::Granted, "the holder has it");
    }
    assert_eq!(spent(&*store, &holders(3)).await?, (1, 0), "one counts");
    Ok(())
}

/// A holder who asks many times at once for what is spent has one place.
pub async fn of_many_waits_of_one_holder_one_place_is_kept(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(1)], "a").await?;
    let answers = race(&store, |store, _| async move {
        store.book(&[calls(1)], "b").await
    })
    .await;
    for answer in answers {
        match answer? {
            Booking::Wait(time) => about(time, HOUR, "each is promised the same"),
            Booking::Granted => panic!("it is spent"),
        }
    }
    assert_eq!(spent(&*store, &calls(1)).await?, (1, 1), "one place");
    Ok(())
}

/// Many book several keys at once, naming them in different orders: nobody waits for ever, no limit is passed, and
/// nothing is spent in part.
pub async fn of_many_bookings_of_several_keys_none_is_granted_in_part(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let limits = [
        named("one", calls(9)),
        named("two", calls(4)),
        named("three", holders(7)),
    ];
    let answers = race(&store, |store, number| {
        let mut limits = limits.clone();
        limits.rotate_left(number % 3);
        if number % 2 == 0 {
            limits.reverse();
        }
        async move { store.book(&limits, &format!("holder {number}")).await }
    })
    .await;
    let mut grants = 0;
    for answer in answers {
        grants += u32::from(answer? == Booking::Granted);
    }
    assert_eq!(grants, 4, "the least of the limits");
    for limit in &limits {
        let (used, _) = spent(&*store, limit).await?;
        assert_eq!(used, 4, "nothing is spent in part of {}", limit.key);
    }
    Ok(())
}

/// Many ask again and again while time passes: in any stretch of the window's length no more are granted than the limit
/// says, and no grant is lost.
pub async fn never_more_than_the_limit_in_any_window(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    const LIMIT: u32 = 3;
    let store = harness.store().await;
    let mut window = VecDeque::from([0; 4]);
    let mut sum = 0;
    for round in 0..16 {
        let answers = race(&store, move |store, number| async move {
            // Some come back, some come anew, some come in every second round only.
            let holder = match number % 4 {
                0 => format!("round {round} holder {number}"),
                _ => format!("holder {number}"),
            };
            if number % 4 == 1 && round % 2 == 1 {
                return Ok(None);
            }
            Ok(Some(store.book(&[calls(LIMIT)], &holder).await?))
        })
        .await;
        let mut grants = 0;
        for answer in answers {
            grants += u32::from(answer? == Some(Booking::Granted));
        }
        window.pop_front();
        window.push_back(grants);
        let in_window: u32 = window.iter().sum();
        assert!(in_window <= LIMIT, "{window:?} are granted in an hour");
        sum += grants;
        harness.advance(HOUR / 4).await;
    }
    assert!(sum >= LIMIT, "something is granted: {sum}");
    Ok(())
}

/// Many hear of the same count of the platform at once: what is missing is added once.
pub async fn of_many_observations_what_is_missing_is_added_once(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    granted(&*store, &[calls(9)], "a").await?;
    let answers = race(&store, |store, _| async move {
        store.observe(&calls(9), 7).await
    })
    .await;
    for answer in answers {
        answer?;
    }
    assert_eq!(spent(&*store, &calls(9)).await?, (7, 0), "added once");
    Ok(())
}

/// Bookings and refunds at once: at the end as much is spent as was granted and not refunded.
pub async fn bookings_and_refunds_at_once_lose_nothing(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, number| async move {
        let holder = format!("holder {number}");
        let limit = [calls(1_000)];
        let booking = store.book(&limit, &holder).await?;
        if number % 2 == 0 {
            store.refund(&["example/calls"], &holder).await?;
        }
        Ok(booking)
    })
    .await;
    for answer in answers {
        assert_eq!(answer?, Booking::Granted, "the limit is far away");
    }
    let left = u32::try_from(CROWD).unwrap_or(0) / 2;
    assert_eq!(spent(&*store, &calls(1_000)).await?, (left, 0));
    Ok(())
}

/// Many whose clocks differ book a window that ends, at different costs: no more units are granted than there are, and who
/// waits is promised the next windows.
pub async fn of_many_bookings_of_an_ending_window_no_more_than_its_units_are_granted(
    harness: &impl Harness<Store: Limits>,
) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, number| async move {
        let cost = 1 + u32::try_from(number).unwrap_or(0) % 3;
        let left = HOUR + Duration::from_millis(u64::from(cost));
        let limit = [day(9, left).costing(cost)];
        let booking = store.book(&limit, &format!("holder {number}")).await?;
        Ok((cost, booking))
    })
    .await;
    let mut units = 0;
    for answer in answers {
        match answer? {
            (cost, Booking::Granted) => units += cost,
            (_, Booking::Wait(time)) => {
                let days = (time.saturating_sub(HOUR / 2).as_secs()) / DAY.as_secs();
                let expected = HOUR + DAY * u32::try_from(days).unwrap_or(0);
                assert!(
                    time + HOUR / 60 > expected && time < expected + HOUR / 60,
                    "a turn is promised, not {time:?}"
                );
            }
        }
    }
    assert!((7..=9).contains(&units), "{units} units of 9 are granted");
    assert_eq!(spent(&*store, &day(9, HOUR)).await?.0, units);
    Ok(())
}
