use super::{
    about, altered, begun, claimed, keep, none_claimed, numbers, numbers_of, ready, trouble,
};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, OTHER, at, named, race},
    },
    error::Result,
    store::{EventClaim, EventState, EventStore, Replay},
    webhook::EventSubject,
};

/// Of the events about one thing the first is claimed, and the next when that one has ended, whatever the times say.
pub async fn events_about_one_thing_are_claimed_one_by_one(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut events = [about(1, "post"), about(2, "post"), about(3, "post")];
    events[1].received_at = at(-60);
    keep(&*store, &events).await?;
    for number in 1..=3 {
        let claim = claimed(&*store, at(0)).await?;
        assert_eq!(
            numbers([&claim.record]),
            [number],
            "in the order of numbers"
        );
        none_claimed(&*store, at(9), "one of a subject at a time").await?;
        assert_eq!(store.complete(&[claim], at(1)).await?, [true]);
    }
    Ok(())
}

/// What is about another thing, of another app or platform, or about nothing known, waits for nobody.
pub async fn events_about_different_things_wait_for_nobody(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let media = EventSubject::Media {
        id: "post".to_owned(),
    };
    let comment = |media: &str| EventSubject::Comment {
        id: "comment".to_owned(),
        media: Some(media.to_owned()),
    };
    let revoked = |number, account: Option<&str>| {
        altered(number, |event| {
            event.subject = EventSubject::AccessRevoked;
            event.account = account.map(named);
        })
    };
    let mut of_other_app = about(3, "post");
    of_other_app.event.app = named("another app");
    let mut elsewhere = about(4, "post");
    elsewhere.event.platform = OTHER;
    let events = [
        about(1, "post"),
        about(2, "another post"),
        of_other_app,
        elsewhere,
        altered(5, |event| event.subject = media),
        super::event(6),
        super::event(7),
        revoked(8, Some("account-001")),
        revoked(9, Some("account-002")),
        revoked(10, None),
        revoked(11, None),
        altered(12, |event| event.subject = comment("one")),
        // About the same comment, and after it.
        altered(13, |event| event.subject = comment("two")),
    ];
    keep(&*store, &events).await?;
    let claims = store.claim(&ready(at(0))).await?;
    let expected: Vec<_> = (1..=12).collect();
    assert_eq!(numbers_of(&claims), expected, "nobody waits but the last");
    Ok(())
}

/// An event that waits to be tried again holds back what is about the same thing, and nothing else.
pub async fn a_retry_holds_its_own_subject_back(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[about(1, "post"), about(2, "post")]).await?;
    let claim = claimed(&*store, at(0)).await?;
    assert!(store.retry(&claim, at(60), Some(&trouble())).await?);
    keep(&*store, &[about(3, "another")]).await?;
    let other = claimed(&*store, at(59)).await?;
    assert_eq!(numbers([&other.record]), [3], "the others go on");
    assert_eq!(
        store.next_ready().await?,
        Some(at(60)),
        "not what is behind"
    );
    let again = claimed(&*store, at(60)).await?;
    assert_eq!(numbers([&again.record]), [1], "its own are behind it");
    Ok(())
}

/// A lapsed lease holds the others of its subject back until it is taken over.
pub async fn a_lapsed_lease_holds_its_own_subject_back(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[about(1, "post"), about(2, "post")]).await?;
    claimed(&*store, at(0)).await?;
    harness.advance(LEASE).await;
    let again = claimed(&*store, at(0)).await?;
    assert_eq!(numbers([&again.record]), [1], "the first comes again first");
    Ok(())
}

/// A dead letter holds nobody back. Replayed, it is before those that came after it and still wait.
pub async fn a_dead_letter_holds_nobody_back(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &[about(1, "post"), about(2, "post")]).await?;
    let first = claimed(&*store, at(0)).await?;
    assert!(store.park(&first, at(0), &trouble()).await?);
    let second = claimed(&*store, at(0)).await?;
    assert_eq!(numbers([&second.record]), [2], "the next has its turn");
    let dead = Replay::new(EventState::Dead, 9);
    assert_eq!(store.replay(&dead, at(1)).await?, 1);
    assert!(store.retry(&second, at(1), None).await?, "it still holds");
    let next = claimed(&*store, at(1)).await?;
    assert_eq!(numbers([&next.record]), [1], "by number");
    Ok(())
}

/// However many claim at once, nobody gets an event about a thing while another event about it is held.
pub async fn of_many_claims_one_gets_what_is_about_one_thing(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    const POSTS: usize = 8;
    let store = harness.store().await;
    let post = |number: usize| about(number, &format!("post-{}", number % POSTS));
    let events: Vec<_> = (0..4 * POSTS).map(post).collect();
    keep(&*store, &events).await?;
    let answers = race(&store, |store, _| async move {
        store.claim(&ready(at(0))).await
    })
    .await;
    let mut claimed = Vec::new();
    for answer in answers {
        claimed.extend(numbers_of(&answer?));
    }
    claimed.sort_unstable();
    let firsts: Vec<_> = (0..POSTS).collect();
    assert_eq!(claimed, firsts, "of {CROWD} claims one gets each first");
    Ok(())
}

/// What ends frees the next of its subject, though it has been ready since long before what others claimed meanwhile.
pub async fn the_next_of_a_subject_is_found_however_old_it_is(
    harness: &impl Harness<Store: EventStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = begun_about(&*store).await?;
    let mut old = about(2, "post");
    old.received_at = at(-9_999);
    keep(&*store, &[old]).await?;
    for number in 3..6 {
        keep(&*store, &[super::came(number, 5_000)]).await?;
        let claim = claimed(&*store, at(5_000)).await?;
        assert_eq!(store.complete(&[claim], at(5_000)).await?, [true]);
    }
    assert_eq!(store.complete(&[first], at(5_000)).await?, [true]);
    let next = claimed(&*store, at(5_000)).await?;
    assert_eq!(numbers([&next.record]), [2], "its turn has come");
    Ok(())
}

async fn begun_about<S: EventStore>(store: &S) -> Result<EventClaim> {
    begun(store).await?;
    keep(store, &[about(20, "post")]).await?;
    claimed(store, at(0)).await
}
