use super::{Both, about, claims, due, hand, known, listed, numbers, told, with_ids};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, at, named, post_id},
    },
    error::{ErrorKind, Result},
    publish::Outcome,
    store::{EventState, Next, PostStore, RecordStep},
};

/// What a record applies is done with it, and told no more; the post is due when the record says.
pub async fn a_record_ends_what_it_applies(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 9_999).await?;
    hand(&*store, &about(1, "remote-1"), 0).await?;
    let claim = due(&*store, 0).await?;
    let step = RecordStep {
        applied: numbers(&*store, &claim).await?,
        ..RecordStep::new(Next::At(at(500)), at(3))
    };
    store.record(&claim, &step).await?;
    assert_eq!(listed(&*store, EventState::Done).await?, ["event-1"]);
    assert!(listed(&*store, EventState::Handed).await?.is_empty());
    let stored = store.load(&named("owner"), post_id(1)).await?;
    assert_eq!(stored.and_then(|post| post.next_at), Some(at(500)));
    let claim = due(&*store, 500).await?;
    assert!(told(&*store, &claim).await?.is_empty(), "told once");
    Ok(())
}

/// What came while a record was on its way makes the post due again at once, also one that nobody looks at any more.
pub async fn what_is_not_applied_makes_the_post_due_again(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    for over in [false, true] {
        let store = harness.store().await;
        known(&*store, 1, "remote-1", 9_999).await?;
        hand(&*store, &about(1, "remote-1"), 0).await?;
        let claim = due(&*store, 0).await?;
        let applied = numbers(&*store, &claim).await?;
        hand(&*store, &about(2, "remote-1"), 0).await?;
        let next = match over {
            true => Next::Settle(Outcome::Published(Vec::new()), None),
            false => Next::At(at(500)),
        };
        let step = RecordStep {
            applied,
            ..RecordStep::new(next, at(3))
        };
        store.record(&claim, &step).await?;
        let claim = due(&*store, 3).await?;
        let told = store.told(&claim, 100).await?;
        assert_eq!(told.due_at, (!over).then(|| at(500)), "as recorded");
        assert_eq!(super::told(&*store, &claim).await?, ["event-2"]);
    }
    Ok(())
}

/// Who was overtaken is told nothing and applies nothing: each event takes effect once.
pub async fn who_was_overtaken_applies_nothing(harness: &impl Harness<Store: Both>) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 9_999).await?;
    hand(&*store, &about(1, "remote-1"), 0).await?;
    let late = due(&*store, 0).await?;
    let applied = numbers(&*store, &late).await?;
    harness.advance(LEASE).await;
    let next = due(&*store, 0).await?;
    assert!(told(&*store, &late).await?.is_empty(), "it is another's");
    let step = RecordStep {
        applied,
        ..RecordStep::new(Next::At(at(500)), at(0))
    };
    let answer = store.record(&late, &step).await;
    crate::conformance::fixtures::refused(answer, ErrorKind::Conflict, "it was taken over");
    assert_eq!(told(&*store, &next).await?, ["event-1"]);
    store.record(&next, &step).await?;
    assert_eq!(listed(&*store, EventState::Done).await?, ["event-1"]);
    Ok(())
}

/// A record ends the events of its own post only.
pub async fn a_record_ends_no_event_of_another_post(
    harness: &impl Harness<Store: Both>,
) -> Result<()> {
    let store = harness.store().await;
    known(&*store, 1, "remote-1", 9_999).await?;
    known(&*store, 2, "remote-2", 9_999).await?;
    hand(&*store, &about(1, "remote-1"), 0).await?;
    let first = due(&*store, 0).await?;
    let of_first = numbers(&*store, &first).await?;
    hand(&*store, &about(2, "remote-2"), 0).await?;
    let second = due(&*store, 0).await?;
    let step = RecordStep {
        applied: of_first,
        ..with_ids(&["remote-2"], 500)
    };
    store.record(&second, &step).await?;
    assert_eq!(
        told(&*store, &first).await?,
        ["event-1"],
        "it is still told"
    );
    let mut handed = listed(&*store, EventState::Handed).await?;
    handed.sort();
    assert_eq!(handed, ["event-1", "event-2"]);
    assert_eq!(claims(&*store, 0).await?.len(), 1, "and the other is due");
    Ok(())
}
