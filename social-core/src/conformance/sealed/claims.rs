use super::{Sealing, keep, renewed};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, app, at, named, post_id, refused},
    },
    error::{ErrorKind, Result},
    store::{
        ClaimPosts, Expect, Next, PostClaim, PostEdit, PostStore, RecordStep, Revision,
        SealedField, SealedStore, TokenClaimed, TokenStore,
    },
};

async fn reseal(store: &impl SealedStore) -> Result<()> {
    let values = SealedField::ALL.map(|field| renewed(field, 1));
    let replaced = store.reseal(&values).await?;
    assert_eq!(replaced, 5, "each field is replaced");
    Ok(())
}

async fn begin(store: &impl PostStore) -> Result<PostClaim> {
    let which = ClaimPosts::new(at(0), LEASE, 1, vec![(app(), 1)]);
    let mut claims = store.claim(&which).await?;
    assert_eq!(claims.len(), 1, "one lane is ready: {claims:?}");
    Ok(claims.remove(0))
}

/// Nothing of an account changes but its sealed bytes: not its revision, so that who read it before may save.
pub async fn a_reseal_leaves_an_account_at_its_revision(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    reseal(&*store).await?;
    let stored = TokenStore::load(&*store, &account(1)).await?;
    let stored = stored.expect("the account is kept");
    assert_eq!(stored.revision, Revision(1), "no revision changes");
    let mut expected = super::record(1);
    expected.sealed = Some(renewed(SealedField::Tokens, 1).new);
    assert_eq!(stored.value, expected, "all else stays");
    let expect = Expect::Revision(Revision(1));
    let saved = store.save(&super::record(1), expect).await?;
    assert_eq!(saved, Revision(2), "who read it before may save");
    Ok(())
}

/// Who holds an account goes on holding it, saves, and takes its attempt back.
pub async fn a_reseal_leaves_the_claim_on_an_account(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let key = account(1);
    let TokenClaimed::Taken(first) = TokenStore::claim(&*store, &key, LEASE).await? else {
        panic!("nobody holds this account");
    };
    reseal(&*store).await?;
    let answer = TokenStore::claim(&*store, &key, LEASE).await?;
    let busy = matches!(answer, TokenClaimed::Busy(_));
    assert!(busy, "the lease goes on: {answer:?}");
    TokenStore::release(&*store, &first, Some(at(5)), true).await?;
    let TokenClaimed::Taken(second) = TokenStore::claim(&*store, &key, LEASE).await? else {
        panic!("it was released");
    };
    assert_eq!(second.unknown_attempts, 0, "its attempt was taken back");
    assert_eq!(second.record.refresh_due_at, Some(at(5)), "as released");
    let expect = Expect::Revision(first.revision);
    let saved = store.save(&second.record, expect).await?;
    assert!(saved > first.revision, "who claimed before may save");
    Ok(())
}

/// Who holds a post goes on holding it and records; what is recorded is kept.
pub async fn a_reseal_leaves_the_claim_on_a_post(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = begin(&*store).await?;
    reseal(&*store).await?;
    let mut expected = claim.post.clone();
    expected.request = renewed(SealedField::PostRequest, 1).new;
    expected.checkpoint.sealed = renewed(SealedField::PostState, 1).new;
    let post = PostStore::load(&*store, &named("owner"), post_id(1)).await?;
    assert_eq!(post, Some(expected.clone()), "only what is sealed changes");
    PostStore::renew(&*store, &claim, LEASE).await?;
    let moved = crate::conformance::fixtures::checkpoint("status");
    let step = RecordStep {
        checkpoint: Some(moved.clone()),
        ..RecordStep::new(Next::At(at(60)), at(0))
    };
    store.record(&claim, &step).await?;
    let post = PostStore::load(&*store, &named("owner"), post_id(1)).await?;
    let post = post.map(|post| (post.checkpoint, post.request));
    assert_eq!(post, Some((moved, expected.request)), "as recorded");
    Ok(())
}

/// A record that leaves the checkpoint keeps it as it was replaced.
pub async fn a_record_without_a_checkpoint_keeps_the_resealed_one(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = begin(&*store).await?;
    reseal(&*store).await?;
    let step = RecordStep::new(Next::At(at(60)), at(0));
    store.record(&claim, &step).await?;
    let post = PostStore::load(&*store, &named("owner"), post_id(1)).await?;
    let sealed = post.map(|post| post.checkpoint.sealed);
    assert_eq!(sealed, Some(renewed(SealedField::PostState, 1).new));
    Ok(())
}

/// A queued post stays at its revision: who read it before may edit it, once.
pub async fn a_reseal_leaves_a_post_at_its_revision(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    reseal(&*store).await?;
    let (id, first) = (post_id(1), Revision(1));
    let edit = PostEdit::new(at(60), None);
    let edited = store.edit(&named("owner"), id, first, &edit, at(0)).await?;
    assert_eq!(edited.revision, Revision(2), "who read it before may edit");
    let sealed = renewed(SealedField::PostRequest, 1).new;
    assert_eq!(edited.request, sealed, "as it was replaced");
    let answer = store.edit(&named("owner"), id, first, &edit, at(0)).await;
    refused(answer, ErrorKind::Conflict, "it was edited since");
    Ok(())
}
