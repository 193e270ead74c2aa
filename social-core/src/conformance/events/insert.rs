use super::{altered, claimed, event, keep, kept, listed, only};
use crate::{
    conformance::{
        Harness,
        fixtures::{PLATFORM, UNICODE, at, micros, named},
    },
    error::Result,
    store::{EventRecord, EventState, EventStore, ReceivedEvent},
    webhook::VerifiedEvent,
};

/// An event comes back as it was inserted, waiting, and ready since it came: when listed and when claimed.
pub async fn gives_back_what_was_inserted(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(1)]).await?;
    let listed = only(&*store, EventState::Waiting).await?;
    let expected = EventRecord::new(listed.number, event(1));
    assert_eq!(listed, expected, "as listed");
    let claimed = claimed(&*store, at(0)).await?.record;
    let expected = EventRecord {
        attempts: 1,
        ..expected
    };
    assert_eq!(claimed, expected, "as claimed");
    Ok(())
}

/// An event that says neither of which account it is nor when it happened says so when it comes back.
pub async fn keeps_what_an_event_does_not_say(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let bare = VerifiedEvent::new(PLATFORM, named("app"), "", "", Vec::new());
    let bare = ReceivedEvent::new(bare, at(0));
    keep(&*store, std::slice::from_ref(&bare)).await?;
    assert_eq!(kept(&only(&*store, EventState::Waiting).await?), bare);
    let empty = altered(2, |event| {
        event.sent_as = Some(String::new());
    });
    keep(&*store, std::slice::from_ref(&empty)).await?;
    let newest = listed(&*store, EventState::Waiting).await?.remove(0);
    assert_eq!(kept(&newest), empty, "an empty name is a name");
    Ok(())
}

/// A body is bytes: zeros, bytes that are no UTF-8 and escapes that a database's JSON refuses come back unchanged.
pub async fn keeps_bodies_byte_by_byte(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let bodies: [&[u8]; 7] = [
        b"",
        b"\0",
        b"a\0b\0",
        &[0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80],
        br#"{"text":"\u0000 \ud800 \\x41","n":1e400,"n":2}"#,
        b" \r\n{ } \n",
        UNICODE.as_bytes(),
    ];
    let events = (0..).zip(bodies);
    let events = events.map(|(number, body)| altered(number, |event| event.body = body.to_vec()));
    let events: Vec<_> = events.collect();
    keep(&*store, &events).await?;
    let listed = listed(&*store, EventState::Waiting).await?;
    let listed: Vec<_> = listed.iter().rev().map(kept).collect();
    assert_eq!(listed, events);
    Ok(())
}

/// Ids, kinds and names of any script come back unchanged, and ids that merely look alike are different events.
pub async fn keeps_ids_and_kinds_of_any_script(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let ids = [
        UNICODE,
        "it's \"quoted\" `twice` $1 ?1 :id",
        "ID",
        "id",
        "id ",
        " id",
        "é",
        "e\u{301}",
        "18446744073709551616",
    ];
    let of_id = |id: &&str| {
        altered(0, |event| {
            event.id = (*id).to_owned();
            event.kind = UNICODE.to_owned();
            event.sent_as = Some(UNICODE.to_owned());
            event.app = named(UNICODE);
            event.account = Some(named(UNICODE));
        })
    };
    let events: Vec<_> = ids.iter().map(of_id).collect();
    keep(&*store, &events).await?;
    let listed = listed(&*store, EventState::Waiting).await?;
    let listed: Vec<_> = listed.iter().rev().map(kept).collect();
    assert_eq!(listed, events);
    assert_eq!(store.insert(&events).await?, vec![false; ids.len()]);
    Ok(())
}

/// A body of four mebibytes, the most that is received, comes back unchanged.
pub async fn keeps_a_body_of_four_mebibytes(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let body: Vec<_> = (0..4_u32 << 20).map(|at| (at % 251) as u8).collect();
    let huge = altered(1, |event| event.body = body);
    keep(&*store, std::slice::from_ref(&huge)).await?;
    let kept = claimed(&*store, at(0)).await?.record.event;
    assert!(kept == huge.event, "changed");
    Ok(())
}

/// Times come back to the microsecond, also before 1970 and far in the future.
pub async fn keeps_whole_microseconds(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    let mut first = altered(1, |event| {
        event.occurred_at = Some(at(-2_000_000_000) - micros(1));
    });
    first.received_at = at(0) + micros(999_999);
    let mut second = altered(2, |event| {
        event.occurred_at = Some(at(200_000_000_000) + micros(1));
    });
    second.received_at = at(0) + micros(1);
    keep(&*store, &[first.clone(), second.clone()]).await?;
    let kept = listed(&*store, EventState::Waiting).await?;
    let expected = [
        EventRecord::new(kept[0].number, second.clone()),
        EventRecord::new(kept[1].number, first),
    ];
    assert_eq!(kept, expected);
    assert_eq!(store.next_ready().await?, Some(second.received_at));
    Ok(())
}

/// No event at all may be inserted, and changes nothing.
pub async fn an_empty_batch_is_nothing(harness: &impl Harness<Store: EventStore>) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.insert(&[]).await?, [false; 0]);
    keep(&*store, &[event(1)]).await?;
    assert_eq!(store.insert(&[]).await?, [false; 0]);
    only(&*store, EventState::Waiting).await?;
    Ok(())
}

/// A batch of five thousand events is kept whole and in order.
pub async fn keeps_a_batch_of_five_thousand(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let events: Vec<_> = (0..5_000).map(event).collect();
    keep(&*store, &events).await?;
    let claims = store.claim(&super::ready(at(0))).await?;
    let order: Vec<_> = (0..5_000).collect();
    assert!(super::numbers_of(&claims) == order, "whole and in order");
    let again = store.insert(&events).await?;
    assert!(again == vec![false; 5_000], "none of them is new");
    let written = store.complete(&claims, at(1)).await?;
    assert!(written == vec![true; 5_000], "all of them are completed");
    Ok(())
}

/// Numbers rise in the order of arrival, within a batch and from one to the next.
pub async fn numbers_rise_in_the_order_of_arrival(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[event(3), event(2)]).await?;
    keep(&*store, &[event(4), super::came(1, -60)]).await?;
    let kept = listed(&*store, EventState::Waiting).await?;
    assert_eq!(super::numbers(&kept), [1, 4, 2, 3], "newest first");
    let rising = kept.windows(2).all(|pair| pair[0].number > pair[1].number);
    assert!(rising, "numbers rise: {kept:?}");
    Ok(())
}
