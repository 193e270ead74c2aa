use super::{
    begun, claimed, due_again, keep, kinds, none_claimed, overtaken, settled, start, stored,
};
use crate::{
    conformance::{
        Harness,
        fixtures::{CROWD, LEASE, MINUTE, account, at, post, race, refused},
    },
    error::{ErrorKind, Result},
    publish::Outcome,
    store::{HistoryEntry, HistoryKind, PostStore, RecordStep, Started},
};

/// Who was overtaken records nothing: not even that the post is published.
pub async fn who_was_overtaken_records_nothing(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    let step = RecordStep {
        history: vec![HistoryEntry::new(at(1), HistoryKind::Settled, "init")],
        ..settled(Outcome::Published(Vec::new()), 1)
    };
    let rule = "who was overtaken records nothing";
    refused(store.record(&late, &step).await, ErrorKind::Conflict, rule);
    let id = next.post.id;
    assert_eq!(stored(&*store, id).await?, next.post, "nothing was written");
    assert_eq!(kinds(&*store, 1).await?, [HistoryKind::Submitted]);
    store.record(&next, &step).await?;
    refused(store.record(&late, &step).await, ErrorKind::Conflict, rule);
    Ok(())
}

/// Who was overtaken renews nothing: the lease is another's.
pub async fn who_was_overtaken_renews_nothing(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let (late, next) = overtaken(harness, &*store).await?;
    let answer = store.renew(&late, 9 * LEASE).await;
    let rule = "who was overtaken renews nothing";
    refused(answer, ErrorKind::Conflict, rule);
    harness.advance(LEASE).await;
    let third = claimed(&*store, at(2)).await?;
    assert!(third.fence > next.fence, "the lease was not made longer");
    Ok(())
}

/// A lapsed lease that nobody took over still holds: what was done is written down.
pub async fn a_lapsed_claim_that_nobody_took_over_still_holds(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    harness.advance(2 * LEASE).await;
    assert_eq!(store.start(&claim, &start()).await?, Started::Started);
    let step = RecordStep {
        keep_lease: true,
        ..due_again(0)
    };
    store.record(&claim, &step).await?;
    store.renew(&claim, LEASE).await?;
    none_claimed(&*store, at(9), "the lease was renewed").await?;
    store.record(&claim, &due_again(0)).await?;
    Ok(())
}

/// After its last record a claim is over.
pub async fn who_recorded_last_writes_nothing_more(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    store.record(&claim, &due_again(50)).await?;
    let before = stored(&*store, claim.post.id).await?;
    let rule = "a claim is over after its last record";
    let answer = store.record(&claim, &due_again(0)).await;
    refused(answer, ErrorKind::Conflict, rule);
    refused(
        store.start(&claim, &start()).await,
        ErrorKind::Conflict,
        rule,
    );
    refused(store.renew(&claim, LEASE).await, ErrorKind::Conflict, rule);
    store.release(&claim, at(0)).await?;
    assert_eq!(stored(&*store, claim.post.id).await?, before, "unchanged");
    none_claimed(&*store, at(49), "not yet due again").await
}

/// A renewed lease ends when the renewal says.
pub async fn a_renewal_moves_the_end_of_the_lease(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    harness.advance(LEASE - MINUTE).await;
    store.renew(&claim, LEASE).await?;
    harness.advance(LEASE - MINUTE).await;
    none_claimed(&*store, at(1), "a minute is left").await?;
    harness.advance(MINUTE).await;
    claimed(&*store, at(1)).await?;
    Ok(())
}

/// Of many records of one claim one is written, and all others are conflicts.
pub async fn of_many_records_of_one_claim_one_is_written(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let answers = race(&store, |store, _| {
        let claim = claim.clone();
        async move {
            let step = RecordStep {
                history: vec![HistoryEntry::new(at(0), HistoryKind::Advanced, "init")],
                ..due_again(60)
            };
            store.record(&claim, &step).await
        }
    })
    .await;
    let mut written = 0;
    for answer in answers {
        match answer {
            Ok(_) => written += 1,
            lost => refused(lost, ErrorKind::Conflict, "one record is written"),
        }
    }
    assert_eq!(written, 1, "one of {CROWD} records is written");
    let expected = [HistoryKind::Submitted, HistoryKind::Advanced];
    assert_eq!(kinds(&*store, 1).await?, expected);
    Ok(())
}

/// Of many starts with one claim one is written, and all others are conflicts.
pub async fn of_many_starts_of_one_claim_one_is_written(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let answers = race(&store, |store, _| {
        let claim = claim.clone();
        async move { store.start(&claim, &start()).await }
    })
    .await;
    let mut written = 0;
    for answer in answers {
        match answer {
            Ok(Started::Started) => written += 1,
            Ok(Started::Cancelled) => panic!("nobody asked to cancel"),
            lost => refused(lost, ErrorKind::Conflict, "one start is written"),
        }
    }
    assert_eq!(written, 1, "one of {CROWD} starts is written");
    Ok(())
}

/// The claim of one post writes nothing of another post of its lane, nor of another lane with the same fence.
pub async fn a_claim_holds_its_own_post_only(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    let first = claimed(&*store, at(0)).await?;
    let other = keep(&*store, &post(2, account(1))).await?;
    let mut forged = first.clone();
    forged.post = other.clone();
    let answer = store.record(&forged, &due_again(9)).await;
    let rule = "a claim holds its own post only";
    refused(answer, ErrorKind::Conflict, rule);
    assert_eq!(stored(&*store, other.id).await?, other, "unchanged");
    store.record(&first, &due_again(9)).await?;
    Ok(())
}
