use chrono::{DateTime, Utc};

use super::{begun, ended, keep, kinds, none_claimed, outcomes, stored};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, app, at, micros, named, other_app, post, post_id, refused},
    },
    error::{ErrorKind, Result},
    model::PostId,
    publish::{Exposure, Outcome, PostLink},
    store::{
        HeldFor, HistoryEntry, HistoryKind, NewPost, Next, PostRecord, PostState, PostStore,
        RecordStep, Revision, StoredCheckpoint,
    },
};

/// The owner says what became of a post of which nobody can tell; it is not looked at again.
pub async fn settles_an_undecided_post_on_the_owners_word(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let watch = Next::Settle(Outcome::Undecided, Some(at(60)));
    store.record(&claim, &RecordStep::new(watch, at(5))).await?;
    let undecided = stored(&*store, post_id(1)).await?;
    let outcome = Outcome::Published(vec![PostLink::new("7", None)]);
    store
        .settle(&named("owner"), post_id(1), &outcome, &[], None, at(30))
        .await?;
    let expected = PostRecord {
        state: PostState::Published,
        outcome: Some(outcome),
        next_at: None,
        ..undecided
    };
    assert_eq!(stored(&*store, post_id(1)).await?, expected);
    assert_eq!(expected.settled_at, Some(at(5)), "the first time stays");
    let last = store.history(&named("owner"), post_id(1)).await?.pop();
    let line = HistoryEntry::new(at(30), HistoryKind::Settled, "init");
    assert_eq!(last, Some(line));
    none_claimed(&*store, at(99), "it is not looked at again").await
}

/// The owner's word ends a claim of who looks at the post again: that worker writes nothing more, and the lane is free.
pub async fn settling_ends_a_claim(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let claim = begun(&*store).await?;
    let watch = Next::Settle(Outcome::Undecided, Some(at(60)));
    store.record(&claim, &RecordStep::new(watch, at(5))).await?;
    let watching = super::claimed(&*store, at(60)).await?;
    keep(&*store, &post(2, account(1))).await?;
    none_claimed(&*store, at(60), "the lane is held").await?;
    let outcome = Outcome::Cancelled;
    store
        .settle(&named("owner"), post_id(1), &outcome, &[], None, at(61))
        .await?;
    let before = stored(&*store, post_id(1)).await?;
    let late = super::settled(Outcome::Published(Vec::new()), 62);
    let answer = store.record(&watching, &late).await;
    refused(answer, ErrorKind::Conflict, "settling ends a claim");
    let answer = store.renew(&watching, super::LEASE).await;
    refused(answer, ErrorKind::Conflict, "settling ends a claim");
    store.release(&watching, at(62)).await?;
    assert_eq!(stored(&*store, post_id(1)).await?, before, "unchanged");
    let next = super::claimed(&*store, at(62)).await?;
    assert_eq!(next.post.id, post_id(2), "the lane is free");
    Ok(())
}

/// Settling one post leaves the claim on another post of the account.
pub async fn settling_leaves_the_claim_on_another_post(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    ended(&*store, &post(1, account(1)), Outcome::Undecided).await?;
    keep(&*store, &post(2, account(1))).await?;
    let claim = super::claimed(&*store, at(0)).await?;
    let outcome = Outcome::Cancelled;
    store
        .settle(&named("owner"), post_id(1), &outcome, &[], None, at(1))
        .await?;
    none_claimed(&*store, at(9), "the lane is held").await?;
    store.record(&claim, &super::due_again(60)).await?;
    Ok(())
}

/// Nothing else is settled by hand: not what is queued, being worked on, or has another outcome.
pub async fn settles_nothing_but_what_is_undecided(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut records = Vec::new();
    for (number, outcome) in (1..).zip(outcomes()) {
        let record = ended(&*store, &post(number, account(1)), outcome).await?;
        records.push(record);
    }
    records.retain(|record| record.state != PostState::Undecided);
    keep(&*store, &post(50, account(1))).await?;
    records.push(super::claimed(&*store, at(0)).await?.post);
    records.push(keep(&*store, &post(51, account(2))).await?);
    for record in records {
        let answer = store
            .settle(
                &named("owner"),
                record.id,
                &Outcome::Cancelled,
                &[],
                None,
                at(9),
            )
            .await;
        let rule = "nothing but what is undecided is settled by hand";
        refused(answer, ErrorKind::Conflict, rule);
        assert_eq!(stored(&*store, record.id).await?, record, "unchanged");
    }
    Ok(())
}

/// Another owner's post is not found, and stays.
pub async fn only_the_owner_settles(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let record = ended(&*store, &post(1, account(1)), Outcome::Undecided).await?;
    for (owner, id) in [("another", record.id), ("owner", post_id(2))] {
        let answer = store
            .settle(&named(owner), id, &Outcome::Cancelled, &[], None, at(9))
            .await;
        refused(answer, ErrorKind::NotFound, "only the owner settles");
    }
    assert_eq!(stored(&*store, record.id).await?, record, "unchanged");
    Ok(())
}

/// Fails what was missed, and answers which; each as it is stored then.
async fn missed<S: PostStore>(store: &S, now: DateTime<Utc>, limit: u32) -> Result<Vec<PostId>> {
    let posts = store.expire_missed(&[app()], now, limit).await?;
    for post in &posts {
        assert_eq!(*post, stored(store, post.id).await?, "as it is stored");
    }
    Ok(posts.into_iter().map(|post| post.id).collect())
}

async fn expiring<S: PostStore>(store: &S, number: u64, second: i64) -> Result<PostRecord> {
    let new = NewPost {
        expires_at: Some(at(second)),
        ..post(number, account(1))
    };
    keep(store, &new).await
}

/// A post whose time ran out before anybody began it fails, says why, and is never claimed.
pub async fn fails_what_was_missed(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let queued = expiring(&*store, 1, 100).await?;
    assert_eq!(missed(&*store, at(101), 9).await?, [queued.id]);
    let expected = PostRecord {
        state: PostState::Failed,
        outcome: Some(Outcome::Failed(PostRecord::missed())),
        next_at: None,
        settled_at: Some(at(101)),
        ..queued
    };
    assert_eq!(stored(&*store, expected.id).await?, expected);
    let line = HistoryEntry {
        error: Some(PostRecord::missed()),
        ..HistoryEntry::new(at(101), HistoryKind::Settled, "init")
    };
    let last = store.history(&named("owner"), expected.id).await?.pop();
    assert_eq!(last, Some(line), "the history says why");
    assert_eq!(missed(&*store, at(101), 9).await?, [], "once");
    none_claimed(&*store, at(999), "it has failed").await
}

/// A post may still be begun exactly at the end of its time.
pub async fn a_post_is_missed_only_after_its_time(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let queued = expiring(&*store, 1, 100).await?;
    keep(&*store, &post(2, account(1))).await?;
    assert_eq!(missed(&*store, at(100), 9).await?, [], "not after it");
    let after = at(100) + micros(1);
    assert_eq!(missed(&*store, after, 9).await?, [queued.id]);
    assert_eq!(missed(&*store, at(99_999), 9).await?, [], "no end");
    Ok(())
}

/// Of many missed posts those that ran out first come first, and the limit holds.
pub async fn fails_what_ran_out_first(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    for (number, second) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
        expiring(&*store, number, second).await?;
    }
    let mut first = missed(&*store, at(35), 2).await?;
    first.sort();
    assert_eq!(first, [2, 3].map(post_id), "ran out first");
    assert_eq!(missed(&*store, at(35), 2).await?, [post_id(1)]);
    let state = stored(&*store, post_id(4)).await?.state;
    assert_eq!(state, PostState::Queued, "its time has not passed");
    Ok(())
}

/// What waits without a worker while nothing of it can be a post is missed too: for a limit, for its account, after an
/// error.
pub async fn what_waits_is_missed_too(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=3 {
        expiring(&*store, number, 10).await?;
        let claim = super::claimed(&*store, at(0)).await?;
        let next = match number {
            1 => Next::At(at(999)),
            2 => Next::At(at(5)),
            _ => Next::Hold(at(1), Some(HeldFor::Tokens(Revision(7)))),
        };
        if number == 2 {
            store.start(&claim, &super::start()).await?;
        }
        store.record(&claim, &RecordStep::new(next, at(0))).await?;
    }
    let mut found = missed(&*store, at(11), 9).await?;
    found.sort();
    assert_eq!(found, [1, 2, 3].map(post_id), "no outcome is open");
    for number in 1..=3 {
        let post = stored(&*store, post_id(number)).await?;
        assert_eq!((post.state, post.next_at), (PostState::Failed, None));
        assert_eq!(
            kinds(&*store, number).await?.last(),
            Some(&HistoryKind::Settled)
        );
    }
    store.resume(&account(1)).await?;
    none_claimed(&*store, at(9_999), "they have failed").await
}

/// What may be a post, what a worker has, what is to be stopped and what has an outcome is not failed for its time.
pub async fn what_may_be_a_post_is_not_missed(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=5 {
        let new = NewPost {
            expires_at: Some(at(10)),
            ..post(number, account(usize::try_from(number).unwrap_or(0)))
        };
        keep(&*store, &new).await?;
        let claim = super::claimed(&*store, at(0)).await?;
        let later = RecordStep::new(Next::At(at(900)), at(1));
        match number {
            1 => {
                let step = super::settled(Outcome::Undecided, 0);
                store.record(&claim, &step).await?;
            }
            2 => {
                let checkpoint = StoredCheckpoint {
                    exposure: Exposure::PostMayExist,
                    remote_ids: vec![named("v~1")],
                    ..claim.post.checkpoint.clone()
                };
                let begun = RecordStep {
                    checkpoint: Some(checkpoint),
                    ..later
                };
                store.record(&claim, &begun).await?;
            }
            3 => {
                store.start(&claim, &super::start()).await?;
                let open = RecordStep {
                    still_started: true,
                    ..later
                };
                store.record(&claim, &open).await?;
            }
            4 => {
                store.record(&claim, &later).await?;
                store.cancel(&named("owner"), post_id(4), at(2)).await?;
            }
            _ => {}
        }
    }
    assert_eq!(missed(&*store, at(99), 9).await?, []);
    harness.advance(LEASE).await;
    assert_eq!(
        missed(&*store, at(99), 9).await?,
        [],
        "a late holder may send"
    );
    Ok(())
}

/// A hold does not keep a post from being missed.
pub async fn what_is_held_is_missed_too(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    let queued = expiring(&*store, 1, 10).await?;
    store.hold(&account(1)).await?;
    assert_eq!(missed(&*store, at(99), 9).await?, [queued.id]);
    let lines = [HistoryKind::Submitted, HistoryKind::Settled];
    assert_eq!(kinds(&*store, 1).await?, lines);
    Ok(())
}

/// What waits is failed for its time by who serves its app, and can name what it has booked; what nobody has begun by anybody.
pub async fn what_waits_is_missed_by_who_serves_its_app(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let waits = expiring(&*store, 1, 10).await?;
    let claim = super::claimed(&*store, at(0)).await?;
    let later = RecordStep::new(Next::At(at(900)), at(1));
    store.record(&claim, &later).await?;
    let queued = expiring(&*store, 2, 10).await?;
    let ids = |posts: Vec<PostRecord>| posts.iter().map(|post| post.id).collect::<Vec<_>>();
    for served in [&[][..], &[other_app()][..]] {
        let missed = ids(store.expire_missed(served, at(99), 9).await?);
        let is_first = served.is_empty();
        let expected: &[PostId] = if is_first { &[queued.id] } else { &[] };
        assert_eq!(missed, expected, "its bookings are for others");
    }
    let both = [other_app(), app()];
    let missed = ids(store.expire_missed(&both, at(99), 9).await?);
    assert_eq!(missed, [waits.id], "by who serves it");
    Ok(())
}
