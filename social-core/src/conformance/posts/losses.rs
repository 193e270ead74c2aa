//! What becomes of submissions after a life of the data was lost in part. The store of the posts also knows the installation.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{begun, claimed, keep, kinds, none_claimed, stored};
use crate::{
    conformance::{
        Instance,
        fixtures::{LEASE, account, app, at, named, post, post_id, refused},
    },
    error::{ErrorKind, Result},
    model::PostId,
    store::{
        Cancelled, HistoryKind, InstallationStore, LastWrites, NewPost, PostEdit, PostRecord,
        PostState, PostStore, Revision, Submitted,
    },
};

const DAY: Duration = Duration::from_secs(86_400);

/// A post that is kept held for a day after a loss.
fn doubted(number: u64, now: DateTime<Utc>) -> NewPost {
    NewPost {
        hold_after_loss: Some(DAY),
        created_at: now,
        ..post(number, account(1))
    }
}

/// The data in another life, which nobody accepted yet.
async fn moved<S>(harness: &impl Instance<Store = S>, store: Arc<S>, name: &str) -> Arc<S>
where
    S: InstallationStore + PostStore,
{
    harness.open_as(store, Some(name)).await
}

/// The data in another life, accepted at `at(0)`.
async fn accepted<S>(
    harness: &impl Instance<Store = S>,
    store: Arc<S>,
    last: LastWrites,
) -> Result<Arc<S>>
where
    S: InstallationStore + PostStore,
{
    let store = moved(harness, store, "first").await;
    let store = moved(harness, store, "second").await;
    let present = store.incarnations().await?.present;
    store.accept_incarnation(&present, last).await?;
    Ok(store)
}

/// Accepted at the present, with the last writes missing.
fn lost() -> LastWrites {
    LastWrites::MayBeLost { now: at(0) }
}

/// While nobody has accepted another life, a new key may be one that was used and lost.
pub async fn a_new_key_is_held_while_another_life_is_not_accepted(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = moved(harness, store, "first").await;
    let before = keep(&*store, &doubted(1, at(0))).await?;
    assert_eq!(before.held_due_at, None, "nothing was lost");
    let store = moved(harness, store, "second").await;
    let held = keep(&*store, &doubted(2, at(0))).await?;
    assert_eq!(held.held_due_at, Some(at(0)), "it is kept held");
    assert_eq!((held.state, held.next_at), (PostState::Queued, None));
    assert_eq!(stored(&*store, held.id).await?, held);
    let lines = [HistoryKind::Submitted, HistoryKind::Held];
    assert_eq!(kinds(&*store, 2).await?, lines);
    let known = store.submit(&doubted(1, at(0))).await?;
    assert!(
        matches!(known, Submitted::Existing(post) if post == before),
        "a key that is known is its post"
    );
    Ok(())
}

/// For the time that was asked for, and not from then on.
pub async fn a_new_key_is_held_for_a_while_after_a_loss(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    let last = at(86_400) - TimeDelta::microseconds(1);
    let held = keep(&*store, &doubted(1, last)).await?;
    assert!(held.held_due_at.is_some(), "it is kept held");
    let free = keep(&*store, &doubted(2, at(86_400))).await?;
    assert_eq!(free.held_due_at, None, "the time is over");
    Ok(())
}

/// Who did not ask for it gets none of it.
pub async fn nothing_is_held_unless_it_was_asked_for(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    begun(&*store).await?;
    assert!(store.held(None, 9).await?.is_empty(), "none is held");
    Ok(())
}

/// A life that has all the writes of the one before doubts no key.
pub async fn nothing_is_held_where_nothing_was_lost(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, LastWrites::Kept).await?;
    let post = keep(&*store, &doubted(1, at(0))).await?;
    assert_eq!(post.held_due_at, None, "all is there");
    claimed(&*store, at(0)).await?;
    Ok(())
}

/// It is claimed by nobody and never ready, beside posts of its account that are.
pub async fn nobody_claims_what_is_held(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    keep(&*store, &doubted(1, at(0))).await?;
    assert_eq!(store.next_ready(None).await?, None, "it is never ready");
    none_claimed(&*store, at(99_999_999), "it is held").await?;
    keep(&*store, &post(2, account(1))).await?;
    assert_eq!(store.next_ready(None).await?, Some(at(0)));
    let claim = claimed(&*store, at(99_999_999)).await?;
    assert_eq!(claim.post.id, post_id(2), "the other one goes");
    Ok(())
}

/// Released, it is due when it would have been, and is claimed as any.
pub async fn what_is_released_goes_on(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    let later = NewPost {
        due_at: at(500),
        ..doubted(1, at(0))
    };
    let held = keep(&*store, &later).await?;
    let released = store.release_held(held.id, at(7)).await?;
    assert_eq!(
        (released.next_at, released.held_due_at),
        (Some(at(500)), None)
    );
    assert_eq!(stored(&*store, held.id).await?, released);
    assert_eq!(store.next_ready(None).await?, Some(at(500)));
    let lines = [
        HistoryKind::Submitted,
        HistoryKind::Held,
        HistoryKind::Released,
    ];
    assert_eq!(kinds(&*store, 1).await?, lines);
    let history = store.history(&named("owner"), held.id).await?;
    assert_eq!(history.last().map(|line| line.at), Some(at(7)));
    none_claimed(&*store, at(499), "it is not due").await?;
    assert_eq!(claimed(&*store, at(500)).await?.post.id, held.id);
    Ok(())
}

/// What is queued, begun or over, or unknown, is not released.
pub async fn only_what_is_held_is_released(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    let begun = begun(&*store).await?.post;
    let answer = store.release_held(begun.id, at(1)).await;
    refused(answer, ErrorKind::NotFound, "it is not held");
    let answer = store.release_held(post_id(77), at(1)).await;
    refused(answer, ErrorKind::NotFound, "there is none");
    let held = keep(&*store, &doubted(2, at(0))).await?;
    assert_eq!(
        store.cancel(&named("owner"), held.id, at(1)).await?,
        Cancelled::Done
    );
    let answer = store.release_held(held.id, at(1)).await;
    refused(answer, ErrorKind::NotFound, "it was cancelled");
    assert_eq!(stored(&*store, begun.id).await?, begun, "nothing changed");
    Ok(())
}

/// Cancelled, alone or with its account, it is over and waits for nobody. Missed it is not before an operator's word: it may be
/// out.
pub async fn a_held_post_is_cancelled_as_any_and_missed_once_released(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    let missed = NewPost {
        expires_at: Some(at(5)),
        ..doubted(3, at(0))
    };
    for new in [doubted(1, at(0)), missed, doubted(2, at(0))] {
        keep(&*store, &new).await?;
    }
    assert_eq!(
        store.cancel(&named("owner"), post_id(1), at(1)).await?,
        Cancelled::Done
    );
    assert!(
        store.expire_missed(&[app()], at(6), 9).await?.is_empty(),
        "it may be out"
    );
    store.release_held(post_id(3), at(6)).await?;
    let missed = store.expire_missed(&[app()], at(6), 9).await?;
    let missed: Vec<_> = missed.into_iter().map(|post| post.id).collect();
    assert_eq!(missed, [post_id(3)]);
    assert_eq!(store.cancel_account(&account(1), at(7)).await?, 1);
    for (number, state) in [
        (1, PostState::Cancelled),
        (2, PostState::Cancelled),
        (3, PostState::Failed),
    ] {
        let post = stored(&*store, post_id(number)).await?;
        assert_eq!((post.state, post.held_due_at), (state, None), "it is over");
    }
    assert!(store.held(None, 9).await?.is_empty(), "none is held");
    Ok(())
}

/// An edit changes when it would be due, and lets nothing go.
pub async fn a_held_post_is_edited_and_stays_held(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    let held = keep(&*store, &doubted(1, at(0))).await?;
    let edit = PostEdit::new(at(9), None);
    let edited = store
        .edit(&named("owner"), held.id, Revision(1), &edit, at(1))
        .await?;
    assert_eq!(edited.held_due_at, Some(at(9)), "it stays held");
    assert_eq!(edited.next_at, None, "it is not due");
    none_claimed(&*store, at(99), "it stays held").await?;
    store.release_held(held.id, at(1)).await?;
    assert_eq!(claimed(&*store, at(9)).await?.post.id, held.id);
    Ok(())
}

/// Everybody's, and as many as were asked for.
pub async fn held_posts_are_listed_oldest_first(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    for (number, of) in [(3, 3), (1, 1), (2, 2)] {
        let mut new = doubted(number, at(0));
        new.account = account(of);
        new.account.owner = named(format!("owner-{number}"));
        keep(&*store, &new).await?;
    }
    keep(&*store, &post(4, account(4))).await?;
    assert_eq!(ids(store.held(None, 2).await?), [1, 2].map(post_id));
    store.release_held(post_id(1), at(0)).await?;
    assert_eq!(ids(store.held(None, 9).await?), [2, 3].map(post_id));
    Ok(())
}

/// From behind the last one of a page on, and nothing behind the last one of all.
pub async fn held_posts_are_listed_page_by_page(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    for number in 1..=3 {
        keep(&*store, &doubted(number, at(0))).await?;
    }
    for (after, page) in [(1, vec![2, 3]), (2, vec![3]), (3, vec![]), (9, vec![])] {
        let held = ids(store.held(Some(post_id(after)), 2).await?);
        let page: Vec<_> = page.into_iter().map(post_id).collect();
        assert_eq!(held, page, "behind {after}");
    }
    Ok(())
}

/// What is held waits for its operator and is not marked.
pub async fn what_is_held_is_not_marked(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let store = accepted(harness, store, lost()).await?;
    let held = keep(&*store, &doubted(1, at(0))).await?;
    assert_eq!(store.mark_restored(at(99), at(99), LEASE).await?, 0);
    assert_eq!(stored(&*store, held.id).await?, held);
    Ok(())
}

fn ids(held: Vec<PostRecord>) -> Vec<PostId> {
    held.into_iter().map(|post| post.id).collect()
}

/// Whatever is queued, in whichever lane, waits for an operator's word. What was begun or has ended stays as it is.
pub async fn what_is_queued_is_held_until_released(
    harness: &impl Instance<Store: InstallationStore + PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, &post(1, account(1))).await?;
    let begun = claimed(&*store, at(0)).await?;
    let later = NewPost {
        due_at: at(500),
        ..post(2, account(1))
    };
    let queued = keep(&*store, &later).await?;
    keep(&*store, &post(3, account(2))).await?;
    store.hold(&account(2)).await?;
    let ended = keep(&*store, &post(4, account(3))).await?;
    store.cancel(&named("owner"), ended.id, at(1)).await?;
    let before = [1, 4].map(post_id);
    let before = [
        stored(&*store, before[0]).await?,
        stored(&*store, before[1]).await?,
    ];

    assert_eq!(store.hold_queued(at(7)).await?, 2);
    assert_eq!(stored(&*store, queued.id).await?, queued.held());
    let line = store.history(&named("owner"), post_id(2)).await?.pop();
    let line = line.map(|line| (line.kind, line.at));
    assert_eq!(line, Some((HistoryKind::Held, at(7))));
    assert_eq!(ids(store.held(None, 9).await?), [2, 3].map(post_id));
    assert_eq!(store.hold_queued(at(8)).await?, 0, "once");
    for record in before {
        assert_eq!(stored(&*store, record.id).await?, record, "unchanged");
    }
    store.release(&begun, at(9_999)).await?;
    store.resume(&account(2)).await?;
    none_claimed(&*store, at(900), "they wait").await?;
    store.release_held(post_id(2), at(9)).await?;
    none_claimed(&*store, at(499), "it is due as before").await?;
    let claim = claimed(&*store, at(500)).await?;
    assert_eq!(claim.post.id, post_id(2));
    Ok(())
}
