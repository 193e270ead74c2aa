use std::sync::Arc;

use super::{undisturbed, whole_or_nothing};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, app, at, checkpoint, named, post, post_id},
    },
    error::Result,
    model::IdempotencyKey,
    publish::Outcome,
    store::{
        ClaimPosts, HistoryEntry, HistoryKind, NewPost, Next, PostClaim, PostContent, PostEdit,
        PostFilter, PostStore, RecordStep, Revision, StartStep, StoredCheckpoint,
    },
};

fn number_of(fixture: usize) -> u64 {
    u64::try_from(fixture).unwrap_or(u64::MAX)
}

/// Due the earlier, the later its number: it is the first one ready.
fn new_post(number: usize) -> NewPost {
    NewPost {
        due_at: at(-i64::try_from(number).unwrap_or(0)),
        expires_at: Some(at(100)),
        ..post(number_of(number), account(number))
    }
}

async fn nothing<S: PostStore>(_: Arc<S>, number: usize) -> Result<usize> {
    Ok(number)
}

async fn kept<S: PostStore>(store: Arc<S>, number: usize) -> Result<usize> {
    store.submit(&new_post(number)).await?;
    Ok(number)
}

async fn claimed<S: PostStore>(store: Arc<S>, number: usize) -> Result<PostClaim> {
    kept(Arc::clone(&store), number).await?;
    let which = ClaimPosts::new(at(0), LEASE, 10_000, vec![(app(), 1)]);
    let mut claims = store.claim(&which).await?;
    claims.retain(|claim| claim.post.id == post_id(number_of(number)));
    assert_eq!(claims.len(), 1, "nobody holds its lane");
    Ok(claims.remove(0))
}

/// An undecided post.
async fn undecided<S: PostStore>(store: Arc<S>, number: usize) -> Result<usize> {
    let claim = claimed(Arc::clone(&store), number).await?;
    let next = Next::Settle(Outcome::Undecided, None);
    store.record(&claim, &RecordStep::new(next, at(0))).await?;
    Ok(number)
}

/// All there is to see of it.
async fn shown<S: PostStore>(store: Arc<S>, number: usize) -> Result<String> {
    let id = post_id(number_of(number));
    let Some(post) = store.load(&named("owner"), id).await? else {
        return Ok("none".to_owned());
    };
    let history = store.history(&named("owner"), id).await?;
    let lines: Vec<_> = history.iter().map(|line| line.kind).collect();
    let (is_held, is_due) = (post.held_due_at.is_some(), post.next_at.is_some());
    Ok(format!(
        "{:?} {is_held} {is_due} {:?} {} {} {:?} {:?} {} {lines:?}",
        post.state,
        post.revision,
        post.attempts,
        post.started,
        post.outcome,
        post.settled_at,
        post.checkpoint.step,
    ))
}

async fn of_claim<S: PostStore>(store: Arc<S>, claim: PostClaim) -> Result<String> {
    let number = claim.post.account.account;
    let number = number.as_str().trim_start_matches("account-").parse();
    shown(store, number.unwrap_or(0)).await
}

/// A post is kept with its lane, key and first line of history, or nothing of it.
pub async fn a_dropped_submission_is_kept_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        nothing,
        |store, number| async move { store.submit(&new_post(number)).await },
        shown,
    )
    .await?;
    let which = ClaimPosts::new(at(0), LEASE, 10_000, vec![(app(), 1)]);
    let claims = store.claim(&which).await?.len();
    let kept = store.statistics(&named("owner"), None).await?.total;
    assert_eq!(number_of(claims), kept, "each is in its lane");
    Ok(())
}

/// A post is begun and its lane held, or neither.
pub async fn a_dropped_claim_begins_a_post_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, _| async move {
            let which = ClaimPosts::new(at(0), LEASE, 10_000, vec![(app(), 1)]);
            store.claim(&which).await
        },
        shown,
    )
    .await
}

/// A start is written down with its line of history, or nothing of it.
pub async fn a_dropped_start_is_written_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, claim: PostClaim| async move {
            let line = HistoryEntry::new(at(0), HistoryKind::Started, "init");
            store.start(&claim, &StartStep::new(LEASE, line)).await
        },
        of_claim,
    )
    .await
}

/// What a step led to is written down whole, or nothing of it.
pub async fn a_dropped_record_is_written_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, claim: PostClaim| async move {
            let line = HistoryEntry::new(at(0), HistoryKind::Settled, "status");
            let moved = StoredCheckpoint {
                remote_ids: vec![named(claim.post.id.to_string())],
                ..checkpoint("status")
            };
            let step = RecordStep {
                checkpoint: Some(moved),
                history: vec![line.clone(), line],
                ..RecordStep::new(Next::Settle(Outcome::AwaitingUser, None), at(0))
            };
            store.record(&claim, &step).await
        },
        of_claim,
    )
    .await
}

/// A post is given back, or is not.
pub async fn a_dropped_release_gives_a_post_back_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, claim: PostClaim| async move { store.release(&claim, at(9_999)).await },
        of_claim,
    )
    .await
}

/// A renewal may be dropped: the claim goes on.
pub async fn a_dropped_renewal_ends_no_claim(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    let claim = claimed(Arc::clone(&store), 1).await?;
    undisturbed("renew", || store.renew(&claim, LEASE)).await?;
    let due = RecordStep::new(Next::At(at(9)), at(0));
    store.record(&claim, &due).await?;
    Ok(())
}

/// A post is edited with its line of history, or is as it was.
pub async fn a_dropped_edit_is_written_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, number| async move {
            let content = PostContent::new("another", vec![7], checkpoint("status"));
            let edit = PostEdit {
                content: Some(content),
                ..PostEdit::new(at(5), None)
            };
            let id = post_id(number_of(number));
            store
                .edit(&named("owner"), id, Revision(1), &edit, at(0))
                .await
        },
        shown,
    )
    .await
}

/// A queued post is cancelled with its lines of history, or is as it was.
pub async fn a_dropped_cancellation_cancels_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, number| async move {
            store
                .cancel(&named("owner"), post_id(number_of(number)), at(0))
                .await
        },
        shown,
    )
    .await
}

/// An undecided post is settled with its line of history, or is as it was.
pub async fn a_dropped_settlement_settles_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        undecided,
        |store, number| async move {
            let id = post_id(number_of(number));
            store
                .settle(&named("owner"), id, &Outcome::Cancelled, &[], None, at(9))
                .await
        },
        shown,
    )
    .await
}

/// Every post of an account is cancelled, or none is.
pub async fn a_dropped_cancellation_of_an_account_cancels_all_or_none(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        |store, number| async move {
            kept(Arc::clone(&store), number).await?;
            let second = NewPost {
                id: post_id(1_000_000 + number_of(number)),
                idempotency_key: IdempotencyKey::from_stored("second"),
                ..new_post(number)
            };
            store.submit(&second).await?;
            Ok(number)
        },
        |store, number| async move { store.cancel_account(&account(number), at(0)).await },
        |store, number| async move {
            let filter = PostFilter {
                account: Some(account(number)),
                ..PostFilter::default()
            };
            let posts = store.list(&named("owner"), &filter).await?;
            let states: Vec<_> = posts.iter().map(|post| post.state).collect();
            Ok(format!("{states:?}"))
        },
    )
    .await
}

/// Posts that were missed fail with their line of history, or are as they were.
pub async fn a_dropped_search_for_missed_posts_fails_them_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, _| async move { store.expire_missed(&[app()], at(101), 10_000).await },
        shown,
    )
    .await
}

/// Posts are marked with their line of history, or are as they were.
pub async fn a_dropped_mark_is_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, _| async move { store.mark_restored(at(9), at(9), LEASE).await },
        of_claim,
    )
    .await
}

/// Queued posts are kept held with their line of history, or are as they were.
pub async fn a_dropped_hold_of_all_that_is_queued_is_whole_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, _| async move { store.hold_queued(at(9)).await },
        shown,
    )
    .await
}

/// An account is held, or is not.
pub async fn a_dropped_hold_holds_or_not(harness: &impl Harness<Store: PostStore>) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, number| async move { store.hold(&account(number)).await },
        |store, _| async move { Ok(store.next_ready(None).await?.is_some().to_string()) },
    )
    .await
}

/// An account is resumed, or is still held.
pub async fn a_dropped_resumption_resumes_or_not(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        |store, number| async move {
            // The posts before, which were resumed, are in the way no more.
            store.expire_missed(&[app()], at(101), 10_000).await?;
            store.hold(&account(number)).await?;
            kept(store, number).await
        },
        |store, number| async move { store.resume(&account(number)).await },
        |store, _| async move { Ok(store.next_ready(None).await?.is_some().to_string()) },
    )
    .await
}

/// Looking at posts may be dropped.
pub async fn dropped_looks_at_posts_disturb_nothing(
    harness: &impl Harness<Store: PostStore>,
) -> Result<()> {
    let store = harness.store().await;
    claimed(Arc::clone(&store), 1).await?;
    let (id, filter) = (post_id(1), PostFilter::default());
    let owner = named("owner");
    undisturbed("load", || store.load(&owner, id)).await?;
    undisturbed("list", || store.list(&owner, &filter)).await?;
    undisturbed("history", || store.history(&owner, id)).await?;
    let key = account(1);
    undisturbed("pending", || store.pending(&key, at(0))).await?;
    undisturbed("statistics", || store.statistics(&owner, Some(&key))).await?;
    undisturbed("held", || store.held_accounts("", 9)).await?;
    let needs = || store.needs_no_connection(&key, 1, at(0));
    undisturbed("needs_no_connection", needs).await?;
    let (app, id) = (app(), named("v~1"));
    undisturbed("find_remote", || store.find_remote(&app, &id)).await?;
    let served = (&app, 1);
    undisturbed("next_ready", || store.next_ready(Some(served))).await?;
    let new = post(1, account(1));
    let (key, content) = (&new.idempotency_key, &new.fingerprint);
    undisturbed("submitted", || store.submitted(&new.account, key, content)).await
}
