use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, at, named, race, refused, token},
    },
    error::{ErrorKind, Result},
    model::{AccountKey, AccountStatus, NeedsReauth},
    store::{Expect, Revision, TokenClaimed, TokenRecord, TokenStore, Verdict},
};

fn called(name: &str) -> TokenRecord {
    TokenRecord {
        name: name.to_owned(),
        sealed: Some(name.as_bytes().to_owned()),
        ..token(1)
    }
}

/// The first save is revision 1, each later one the next.
pub async fn counts_revisions_from_one(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    for revision in 1..4 {
        let expect = Expect::Revision(Revision(revision));
        let next = Revision(revision + 1);
        assert_eq!(store.save(&token(1), expect).await?, next);
        assert_eq!(loaded(&*store, &account(1)).await?.revision, next);
    }
    Ok(())
}

/// A save at any other revision is a conflict and writes nothing.
pub async fn a_save_conflicts_with_a_later_revision(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    store
        .save(&called("second"), Expect::Revision(Revision(1)))
        .await?;
    for other in [0, 1, 3] {
        let expect = Expect::Revision(Revision(other));
        let answer = store.save(&called("late"), expect).await;
        refused(answer, ErrorKind::Conflict, "the revision is compared");
    }
    let stored = loaded(&*store, &account(1)).await?;
    assert_eq!(stored.revision, Revision(2), "nothing was written");
    assert_eq!(stored.value, called("second"), "nothing was written");
    Ok(())
}

/// A save at a revision of what is not there is a conflict.
pub async fn a_save_of_a_removed_record_conflicts(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let expect = Expect::Revision(Revision(1));
    let answer = store.save(&token(1), expect).await;
    refused(answer, ErrorKind::Conflict, "never kept");
    keep(&*store, 1).await?;
    store.remove(&account(1)).await?;
    let answer = store.save(&token(1), expect).await;
    refused(answer, ErrorKind::Conflict, "removed");
    assert!(store.load(&account(1)).await?.is_none(), "still removed");
    Ok(())
}

/// The owner may change between saves; the row stays the same.
pub async fn a_save_may_change_the_owner(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let moved = TokenRecord {
        key: AccountKey {
            owner: named("another"),
            ..account(1)
        },
        ..token(1)
    };
    let expect = Expect::Revision(Revision(1));
    assert_eq!(store.save(&moved, expect).await?, Revision(2));
    assert!(store.load(&account(1)).await?.is_none(), "it has moved");
    assert_eq!(store.list(&named("owner")).await?, [], "it has moved");
    assert_eq!(store.list(&named("another")).await?, [moved]);
    Ok(())
}

/// Of many saves that expect the same revision one is written, and all others are conflicts.
pub async fn of_many_saves_on_one_revision_one_wins(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let answers = race(&store, |store, number| async move {
        let record = called(&number.to_string());
        let expect = Expect::Revision(Revision(1));
        store.save(&record, expect).await.map(|_| record)
    })
    .await;
    one_won(&*store, answers, Revision(2)).await
}

/// Of many first saves one is written, and all others are conflicts.
pub async fn of_many_first_saves_one_wins(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let answers = race(&store, |store, number| async move {
        let record = called(&number.to_string());
        store.save(&record, Expect::Absent).await.map(|_| record)
    })
    .await;
    one_won(&*store, answers, Revision(1)).await
}

async fn one_won<S: TokenStore>(
    store: &S,
    answers: Vec<Result<TokenRecord>>,
    revision: Revision,
) -> Result<()> {
    let mut winners = Vec::new();
    for answer in answers {
        match answer {
            Ok(record) => winners.push(record),
            lost => refused(lost, ErrorKind::Conflict, "one save wins"),
        }
    }
    let stored = loaded(store, &account(1)).await?;
    assert_eq!(winners, [stored.value], "the winner is stored");
    assert_eq!(stored.revision, revision, "one save was counted");
    Ok(())
}

/// A record is saved whether or not somebody claimed it.
pub async fn a_save_needs_no_lease(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let expect = Expect::Revision(Revision(1));
    assert_eq!(store.save(&called("b"), expect).await?, Revision(2));
    taken(&*store, &account(1)).await?;
    let expect = Expect::Revision(Revision(2));
    assert_eq!(store.save(&called("c"), expect).await?, Revision(3));
    Ok(())
}

/// The lease of a claim goes on after a save.
pub async fn a_save_does_not_end_a_lease(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    store
        .save(&called("b"), Expect::Revision(claim.revision))
        .await?;
    let again = store.claim(&account(1), LEASE).await?;
    assert!(
        matches!(again, TokenClaimed::Busy(_)),
        "a save does not end the lease: {again:?}"
    );
    Ok(())
}

/// The holder of the only living token saves it even after its lease lapsed and another claimed the account.
pub async fn a_late_save_is_accepted_while_its_revision_is_stored(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let late = taken(&*store, &account(1)).await?;
    harness.advance(LEASE).await;
    taken(&*store, &account(1)).await?;
    let expect = Expect::Revision(late.revision);
    let saved = store.save(&called("living"), expect).await;
    let Ok(Revision(2)) = saved else {
        panic!("a late save is accepted while its revision is stored, got {saved:?}");
    };
    assert_eq!(loaded(&*store, &account(1)).await?.value, called("living"));
    Ok(())
}

/// A late save never overwrites what was saved since.
pub async fn a_late_save_conflicts_after_another_save(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let late = taken(&*store, &account(1)).await?;
    harness.advance(LEASE).await;
    let next = taken(&*store, &account(1)).await?;
    store
        .save(&called("next"), Expect::Revision(next.revision))
        .await?;
    let expect = Expect::Revision(late.revision);
    let answer = store.save(&called("late"), expect).await;
    refused(answer, ErrorKind::Conflict, "saved since");
    assert_eq!(loaded(&*store, &account(1)).await?.value, called("next"));
    Ok(())
}

/// Success overrides a verdict that was written on the same revision.
pub async fn a_save_overrides_a_verdict_on_the_same_revision(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let late = taken(&*store, &account(1)).await?;
    harness.advance(LEASE).await;
    let next = taken(&*store, &account(1)).await?;
    let dead = Verdict::Dead(NeedsReauth::Revoked);
    assert!(store.judge(&next, dead).await?, "the verdict is written");
    store
        .save(&called("living"), Expect::Revision(late.revision))
        .await?;
    let record = loaded(&*store, &account(1)).await?.value;
    assert_eq!(record, called("living"), "success overrides the verdict");
    assert_eq!(record.status, AccountStatus::Connected);
    Ok(())
}

/// After a save nothing is unknown any more.
pub async fn a_save_forgets_attempts_of_unknown_outcome(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    for _ in 0..2 {
        taken(&*store, &account(1)).await?;
        harness.advance(LEASE).await;
    }
    store.save(&token(1), Expect::Revision(Revision(1))).await?;
    let claim = taken(&*store, &account(1)).await?;
    assert_eq!(claim.unknown_attempts, 0, "a save forgets the attempts");
    Ok(())
}

/// A save writes `suspected_at` as the record has it, so a success can clear it.
pub async fn a_save_writes_the_suspicion_as_it_is(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let claim = taken(&*store, &account(1)).await?;
    store.judge(&claim, Verdict::Suspected(at(5))).await?;
    store.save(&token(1), Expect::Revision(Revision(1))).await?;
    let record = loaded(&*store, &account(1)).await?.value;
    assert_eq!(record.suspected_at, None, "the save cleared it");
    Ok(())
}
