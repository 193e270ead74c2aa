use super::{Both, about, begun, claims, due, event, hand, known, listed, told, with_ids};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, PLATFORM, account, app, at, checkpoint, named, post, post_id, refused},
    },
    error::{ErrorKind, Result},
    publish::Outcome,
    store::{
        ClaimEvents, ClaimPosts, EventState, EventStore, HandedOver, Next, PostStore,
        ReceivedEvent, RecordStep, StoredCheckpoint,
    },
    webhook::VerifiedEvent,
};

/// An event goes to the post that has its id, is what that post is told, and makes it due now: nobody claims it any more.
pub async fn an_event_goes_to_its_post(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 9_999).await?;
    let kept = about(1, "remote-1");
    let handed = hand(&*store, &kept, 7).await?;
    assert_eq!(handed, HandedOver::ToPost, "the post is there");
    assert_eq!(PostStore::next_ready(&*store, None).await?, Some(at(7)));
    assert!(claims(&*store, 6).await?.is_empty(), "not due before");
    let claim = due(&*store, 7).await?;
    let told = store.told(&claim, 100).await?;
    let events: Vec<_> = told.events.into_iter().map(|told| told.event).collect();
    assert_eq!(events, [Some(kept.event)], "as it came");
    assert_eq!(told.due_at, Some(at(9_999)), "without the event");
    harness.advance(LEASE * 2).await;
    let which = ClaimEvents::new(at(9_999), LEASE, 100);
    let again = EventStore::claim(&*store, &which).await?;
    assert!(again.is_empty(), "it is no claim's any more: {again:?}");
    assert_eq!(listed(&*store, EventState::Handed).await?, ["event-1"]);
    Ok(())
}

/// So it does when the post has an outcome and is watched, or nobody looks at it any more: when it would be looked at
/// without the event is not forgotten.
pub async fn a_post_that_is_over_is_told_too(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    for (number, watch) in [(1, None), (2, Some(at(500)))] {
        let claim = begun(&*store, number).await?;
        let id = format!("remote-{number}");
        let outcome = Next::Settle(Outcome::Published(Vec::new()), watch);
        let step = RecordStep {
            next: outcome,
            ..with_ids(&[&id], 0)
        };
        store.record(&claim, &step).await?;
        for event in [10, 20] {
            let handed = hand(&*store, &about(event + number, &id), 7).await?;
            assert_eq!(handed, HandedOver::ToPost);
        }
        let claim = due(&*store, 7).await?;
        assert_eq!(claim.post.id, post_id(number));
        let told = store.told(&claim, 1).await?;
        assert_eq!(told.due_at, watch, "when it would have been looked at");
        assert_eq!(told.events.len(), 1, "as many as are asked for");
    }
    Ok(())
}

/// A hold of the account ends: to apply an event needs no connection.
pub async fn a_hold_ends_for_what_an_event_tells(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 0).await?;
    store.hold(&account(1)).await?;
    assert!(claims(&*store, 99).await?.is_empty(), "it is held");
    hand(&*store, &about(1, "remote-1"), 0).await?;
    due(&*store, 99).await?;
    Ok(())
}

/// An account is not held while another of its posts is to be told something: that one would never be told.
pub async fn a_post_that_is_to_be_told_keeps_its_account_from_being_held(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 50).await?;
    store.submit(&post(2, account(1))).await?;
    let second = due(&*store, 0).await?;
    assert_eq!(second.post.id, post_id(2));
    hand(&*store, &about(1, "remote-1"), 0).await?;
    let held = RecordStep::new(Next::Hold(at(0), None), at(0));
    store.record(&second, &held).await?;
    let first = due(&*store, 0).await?;
    assert_eq!(first.post.id, post_id(1), "it is claimed all the same");
    let applied = super::numbers(&*store, &first).await?;
    let step = RecordStep {
        applied,
        ..RecordStep::new(Next::Hold(at(0), None), at(0))
    };
    store.record(&first, &step).await?;
    assert!(claims(&*store, 99).await?.is_empty(), "now it is held");
    Ok(())
}

/// Who was overtaken, or has given the event back, hands nothing over.
pub async fn who_was_overtaken_hands_nothing_over(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 9_999).await?;
    store.insert(&[about(1, "remote-1")]).await?;
    let late = event(&*store).await?;
    harness.advance(LEASE).await;
    let next = event(&*store).await?;
    assert_eq!(store.hand_over(&late, at(0)).await?, HandedOver::Lost);
    assert!(claims(&*store, 99).await?.is_empty(), "nothing was written");
    assert_eq!(store.hand_over(&next, at(0)).await?, HandedOver::ToPost);
    assert_eq!(store.hand_over(&next, at(0)).await?, HandedOver::Lost);
    let claim = due(&*store, 0).await?;
    assert_eq!(told(&*store, &claim).await?, ["event-1"], "once");
    Ok(())
}

/// What was handed over holds nobody of its subject back, and what is told comes in the order of arrival.
pub async fn events_are_told_in_the_order_they_came(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store, 1).await?;
    let ids = with_ids(&["remote-1", "alias"], 0);
    store.record(&claim, &ids).await?;
    for (number, id) in [(1, "alias"), (2, "remote-1"), (3, "alias"), (4, "remote-1")] {
        hand(&*store, &about(number, id), 0).await?;
    }
    let claim = due(&*store, 0).await?;
    let all = ["event-1", "event-2", "event-3", "event-4"];
    assert_eq!(told(&*store, &claim).await?, all, "about each of its ids");
    let first = store.told(&claim, 2).await?;
    assert_eq!(first.events.len(), 2, "the first of them");
    Ok(())
}

/// An event of another app or platform is about another post, and one about no post is handed over to none.
pub async fn an_event_is_about_a_post_of_its_app(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 9_999).await?;
    let mut other = about(1, "remote-1");
    other.event.app = named("another");
    assert_eq!(hand(&*store, &other, 0).await?, HandedOver::Unmatched);
    let mut other = about(2, "remote-1");
    other.event.platform = crate::conformance::fixtures::OTHER;
    assert_eq!(hand(&*store, &other, 0).await?, HandedOver::Unmatched);
    assert!(claims(&*store, 99).await?.is_empty(), "it was told nothing");
    let none = VerifiedEvent::new(PLATFORM, named("app"), "event-3", "removed", Vec::new());
    store.insert(&[ReceivedEvent::new(none, at(0))]).await?;
    let claim = event(&*store).await?;
    let answer = store.hand_over(&claim, at(0)).await;
    refused(answer, ErrorKind::Invalid, "it is about no post");
    assert!(
        EventStore::renew(&*store, &claim, LEASE).await?,
        "still held"
    );
    Ok(())
}

/// An id that no checkpoint can have, or has any more, matches nothing.
pub async fn an_id_that_a_post_gave_up_is_not_its_own(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "old", 0).await?;
    let claim = due(&*store, 0).await?;
    let step = RecordStep {
        checkpoint: Some(StoredCheckpoint {
            remote_ids: vec![named("new")],
            ..checkpoint("status")
        }),
        ..RecordStep::new(Next::At(at(9_999)), at(0))
    };
    store.record(&claim, &step).await?;
    for (number, id, to) in [
        (1, "old", HandedOver::Unmatched),
        (2, "older", HandedOver::Unmatched),
        (3, "new", HandedOver::ToPost),
    ] {
        assert_eq!(hand(&*store, &about(number, id), 0).await?, to, "{id:?}");
    }
    Ok(())
}

/// What waits to be told to a post that this worker does not read keeps its account from no hold: another worker tells it.
pub async fn what_is_for_a_newer_worker_stands_in_no_holds_way(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store, 1).await?;
    let mut newer = with_ids(&["remote-1"], 9_999);
    newer.checkpoint.iter_mut().for_each(|at| at.version = 2);
    store.record(&claim, &newer).await?;
    store.submit(&post(2, account(1))).await?;
    let other = due(&*store, 5).await?;
    assert_eq!(other.post.id, post_id(2));
    hand(&*store, &about(1, "remote-1"), 6).await?;
    let hold = RecordStep::new(Next::Hold(at(7), None), at(7));
    store.record(&other, &hold).await?;
    assert_eq!(store.held_accounts("", 9).await?.len(), 1, "it is held");
    Ok(())
}

/// What is told of a post before a worker begins it makes it due at no time of its own: applied without news, it is due at the time
/// of the record, and stays in sight. One with an outcome that nobody looks at any more stays so.
pub async fn what_came_before_a_post_began_keeps_it_due(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    for over in [false, true] {
        let store = harness.store().await;
        let mut new = post(1, account(1));
        new.checkpoint.remote_ids = vec![named("remote-1")];
        store.submit(&new).await?;
        hand(&*store, &about(1, "remote-1"), 0).await?;
        let claim = due(&*store, 0).await?;
        let next = match over {
            true => Next::Settle(Outcome::Published(Vec::new()), None),
            false => Next::At(at(5)),
        };
        let step = RecordStep {
            applied: super::numbers(&*store, &claim).await?,
            due_as_untold: true,
            ..RecordStep::new(next, at(1))
        };
        assert_eq!(step.applied.len(), 1, "it is told when it begins");
        store.record(&claim, &step).await?;
        let stored = store.load(&named("owner"), new.id).await?;
        let next_at = stored.and_then(|post| post.next_at);
        assert_eq!(next_at, (!over).then(|| at(5)), "when it is due");
    }
    Ok(())
}

/// Whether a post of an account is due that is to be stopped or told something, of those that a worker reads.
pub async fn what_needs_no_connection_is_known(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    let needs = async |second, newest| {
        let account = account(1);
        store
            .needs_no_connection(&account, newest, at(second))
            .await
    };
    assert!(!needs(99, 9).await?, "nobody has an account like that");
    let claim = begun(&*store, 1).await?;
    let mut newer = with_ids(&["remote-1"], 20);
    newer.checkpoint.iter_mut().for_each(|at| at.version = 2);
    store.record(&claim, &newer).await?;
    store.hold(&account(1)).await?;
    assert!(!needs(99, 9).await?, "it needs its connection");
    hand(&*store, &about(1, "remote-1"), 7).await?;
    store.hold(&account(1)).await?;
    assert!(needs(7, 2).await?, "it is to be told something");
    assert!(!needs(6, 2).await?, "not due yet");
    assert!(!needs(99, 1).await?, "it is for a newer worker");
    let other = store.needs_no_connection(&account(2), 9, at(99)).await?;
    assert!(!other, "another account");
    store.resume(&account(1)).await?;
    let which = ClaimPosts::new(at(7), LEASE, 9, vec![(app(), 2)]);
    let claim = PostStore::claim(&*store, &which).await?.remove(0);
    let step = RecordStep {
        applied: super::numbers(&*store, &claim).await?,
        ..RecordStep::new(Next::At(at(50)), at(7))
    };
    store.record(&claim, &step).await?;
    assert!(!needs(99, 9).await?, "it was told");
    store.cancel(&named("owner"), post_id(1), at(30)).await?;
    store.hold(&account(1)).await?;
    assert!(needs(30, 2).await?, "it is to be stopped");
    assert!(!needs(29, 2).await?, "not due yet");
    assert!(!needs(99, 1).await?, "it is for a newer worker");
    Ok(())
}
