use super::{
    begun, claimed, due_again, ended, keep, kinds, none_claimed, outcomes, ready, start, stored,
};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, OTHER, account, at, checkpoint, micros, post, post_id, refused},
    },
    error::{ErrorKind, Result},
    model::AccountKey,
    publish::Outcome,
    store::{
        HistoryKind, NewPost, Next, PostRecord, PostState, PostStore, RecordStep, StoredCheckpoint,
    },
};

/// The record as a doubt at a second leaves it.
fn doubted(record: PostRecord, second: i64) -> PostRecord {
    PostRecord {
        state: PostState::Undecided,
        outcome: Some(Outcome::Undecided),
        next_at: None,
        settled_at: Some(at(second)),
        ..record
    }
}

/// A step that got the platform's id.
fn named(id: &str, next: Next) -> RecordStep {
    let checkpoint = StoredCheckpoint {
        remote_id: Some(id.to_owned()),
        ..checkpoint("status")
    };
    RecordStep {
        checkpoint: Some(checkpoint),
        ..RecordStep::new(next, at(0))
    }
}

/// What a worker had begun is undecided: it may have gone on in the other life of the data, whenever it is due here.
pub async fn what_was_begun_is_doubted(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let first = begun(&*store).await?;
    store.start(&first, &start()).await?;
    keep(&*store, &post(2, account(2))).await?;
    let second = claimed(&*store, at(0)).await?;
    store.record(&second, &due_again(9_999)).await?;
    let before = [
        stored(&*store, post_id(1)).await?,
        stored(&*store, post_id(2)).await?,
    ];
    assert_eq!(store.doubt(at(7)).await?, 2);
    for (number, record) in (1..).zip(before) {
        let expected = doubted(record, 7);
        assert_eq!(stored(&*store, expected.id).await?, expected);
        let last = store.history("owner", expected.id).await?.pop();
        let last = last.map(|line| (line.kind, line.at));
        assert_eq!(last, Some((HistoryKind::Settled, at(7))), "{number}");
    }
    harness.advance(LEASE).await;
    none_claimed(&*store, at(99_999), "they are undecided").await
}

/// What was due by then may have been begun there; what is due later was not.
pub async fn what_was_due_is_doubted(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    for (number, due_at) in [(1, at(-60)), (2, at(7)), (3, at(7) + micros(1))] {
        let new = NewPost {
            due_at,
            ..post(number, account(1))
        };
        keep(&*store, &new).await?;
    }
    assert_eq!(store.doubt(at(7)).await?, 2);
    let later = stored(&*store, post_id(3)).await?;
    assert_eq!(later.state, PostState::Queued, "due later");
    for number in 1..=2 {
        let state = stored(&*store, post_id(number)).await?.state;
        assert_eq!(state, PostState::Undecided, "due by then");
        let lines = [HistoryKind::Submitted, HistoryKind::Settled];
        assert_eq!(kinds(&*store, number).await?, lines);
    }
    let claim = claimed(&*store, at(8)).await?;
    assert_eq!(claim.post.id, later.id, "the others go on");
    Ok(())
}

/// Of what has an id of the platform the platform can be asked: it stays as it is, and its claim goes on.
pub async fn what_the_platform_can_be_asked_about_is_not_doubted(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let step = RecordStep {
        keep_lease: true,
        ..named("v~1", Next::At(at(5)))
    };
    store.record(&claim, &step).await?;
    let before = stored(&*store, post_id(1)).await?;
    assert_eq!(store.doubt(at(9)).await?, 0);
    assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
    none_claimed(&*store, at(9), "its claim goes on").await?;
    store.record(&claim, &due_again(60)).await?;
    assert_eq!(store.doubt(at(9)).await?, 0, "nor when it is given back");
    Ok(())
}

/// What has an outcome stays as it is, looked at again or not.
pub async fn what_has_an_outcome_is_not_doubted(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut before = Vec::new();
    for (number, outcome) in (1..).zip(outcomes()) {
        before.push(ended(&*store, &post(number, account(1)), outcome).await?);
    }
    for (number, outcome) in (20..).zip(outcomes()) {
        keep(&*store, &post(number, account(1))).await?;
        let claim = claimed(&*store, at(0)).await?;
        let watch = Next::Settle(outcome, Some(at(500)));
        store.record(&claim, &RecordStep::new(watch, at(0))).await?;
        before.push(stored(&*store, post_id(number)).await?);
    }
    assert_eq!(store.doubt(at(999)).await?, 0);
    for record in before {
        assert_eq!(stored(&*store, record.id).await?, record, "unchanged");
    }
    Ok(())
}

/// Who held a doubted post writes nothing more, and its lane is free at once for the account's other posts.
pub async fn a_doubt_ends_claims(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let later = NewPost {
        due_at: at(8),
        ..post(2, account(1))
    };
    keep(&*store, &later).await?;
    assert_eq!(store.doubt(at(7)).await?, 1);
    let before = stored(&*store, post_id(1)).await?;
    let rule = "the claim ended";
    let published = super::settled(Outcome::Published(Vec::new()), 8);
    let answer = store.record(&claim, &published).await;
    refused(answer, ErrorKind::Conflict, rule);
    let answer = store.start(&claim, &start()).await;
    refused(answer, ErrorKind::Conflict, rule);
    refused(store.renew(&claim, LEASE).await, ErrorKind::Conflict, rule);
    store.release(&claim, at(0)).await?;
    assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
    let next = claimed(&*store, at(8)).await?;
    assert_eq!(next.post.id, later.id, "the lane is free");
    Ok(())
}

/// Doubting again finds nothing, and the owner may settle what is in doubt.
pub async fn what_is_doubted_is_for_the_owner_to_settle(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    assert_eq!(store.doubt(at(7)).await?, 1);
    assert_eq!(store.doubt(at(8)).await?, 0, "once");
    let outcome = Outcome::Published(Vec::new());
    store.settle("owner", post_id(1), &outcome, at(9)).await?;
    let record = stored(&*store, post_id(1)).await?;
    assert_eq!(record.state, PostState::Published);
    assert_eq!(record.settled_at, Some(at(7)), "the first time stays");
    Ok(())
}

/// Posts of every owner, app and platform are doubted, also of held accounts.
pub async fn posts_of_everybody_are_doubted(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let accounts = [
        account(1),
        AccountKey::new("another", "app", OTHER, "2"),
        AccountKey::new("owner", "another app", OTHER, "3"),
    ];
    for (number, account) in (1..).zip(&accounts) {
        keep(&*store, &post(number, account.clone())).await?;
    }
    store.hold(&accounts[0]).await?;
    let newer = NewPost {
        checkpoint: StoredCheckpoint {
            version: 9,
            ..checkpoint("init")
        },
        ..post(4, account(4))
    };
    keep(&*store, &newer).await?;
    assert_eq!(store.doubt(at(0)).await?, 4);
    store.resume(&accounts[0]).await?;
    assert!(store.claim(&ready(at(9))).await?.is_empty(), "none is left");
    let foreign = store.load("another", post_id(2)).await?;
    let state = foreign.map(|record| record.state);
    assert_eq!(state, Some(PostState::Undecided), "another owner's");
    Ok(())
}
