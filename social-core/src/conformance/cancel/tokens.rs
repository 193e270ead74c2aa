use std::sync::Arc;

use super::{Attempts, undisturbed, whole_or_nothing};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, account, at, named, token},
    },
    error::Result,
    model::NeedsReauth,
    store::{
        ClaimDue, Expect, Revision, TokenClaim, TokenClaimed, TokenRecord, TokenStore, Verdict,
    },
};

async fn nothing<S: TokenStore>(_: Arc<S>, number: usize) -> Result<usize> {
    Ok(number)
}

/// An account that is due.
async fn kept<S: TokenStore>(store: Arc<S>, number: usize) -> Result<usize> {
    let due = TokenRecord {
        refresh_due_at: Some(at(0)),
        ..token(number)
    };
    store.save(&due, Expect::Absent).await?;
    Ok(number)
}

async fn claimed<S: TokenStore>(store: Arc<S>, number: usize) -> Result<TokenClaim> {
    kept(Arc::clone(&store), number).await?;
    match store.claim(&account(number), LEASE).await? {
        TokenClaimed::Taken(claim) => Ok(claim),
        other => panic!("nobody holds this account, but the claim answers {other:?}"),
    }
}

async fn shown<S: TokenStore>(store: Arc<S>, number: usize) -> Result<String> {
    let stored = store.load(&account(number)).await?;
    let view = stored.map(|stored| {
        let record = stored.value;
        (stored.revision, record.status, record.suspected_at)
    });
    Ok(format!("{view:?}"))
}

/// Two accounts for each number.
async fn two<S: TokenStore>(store: Arc<S>, number: usize) -> Result<usize> {
    kept(Arc::clone(&store), 2 * number).await?;
    kept(store, 2 * number + 1).await?;
    Ok(number)
}

async fn shown_both<S: TokenStore>(store: Arc<S>, number: usize) -> Result<String> {
    let first = shown(Arc::clone(&store), 2 * number).await?;
    assert_eq!(first, shown(store, 2 * number + 1).await?, "both, or none");
    Ok(first)
}

async fn of_claim<S: TokenStore>(store: Arc<S>, claim: TokenClaim) -> Result<String> {
    let stored = store.load(&claim.record.key).await?;
    let status = stored.map(|stored| stored.value.status);
    Ok(format!("{status:?}"))
}

/// An account is kept, or is not.
pub async fn a_dropped_first_save_is_written_or_not(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        nothing,
        |store, number| async move { store.save(&token(number), Expect::Absent).await },
        shown,
    )
    .await
}

/// An account is at its next revision, or at the one it was.
pub async fn a_dropped_save_is_written_or_not(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, number| async move {
            let newer = TokenRecord {
                suspected_at: Some(at(7)),
                ..token(number)
            };
            store.save(&newer, Expect::Revision(Revision(1))).await
        },
        shown,
    )
    .await
}

/// All of several accounts are at their next revision, or all at the one they were.
pub async fn a_dropped_save_of_several_is_written_whole_or_not(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        two,
        |store, number| async move {
            let numbers = [2 * number, 2 * number + 1];
            let records = numbers.map(|number| (token(number), Expect::Revision(Revision(1))));
            store.save_all(&records).await
        },
        shown_both,
    )
    .await
}

/// An account is removed, or is still there.
pub async fn a_dropped_removal_removes_or_not(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        kept,
        |store, number| async move { store.remove(&account(number)).await },
        |store, number| async move {
            let there = store.holder(&account(number)).await?.is_some();
            Ok(there.to_string())
        },
    )
    .await
}

/// A verdict is written, or is not.
pub async fn a_dropped_verdict_is_written_or_not(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    whole_or_nothing(
        &store,
        claimed,
        |store, claim: TokenClaim| async move {
            let verdict = Verdict::Dead(NeedsReauth::Revoked);
            store.judge(&claim, verdict).await
        },
        of_claim,
    )
    .await
}

/// An account is held and its attempt counted, or neither.
pub async fn a_dropped_claim_holds_an_account_or_not(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut attempts = Attempts::default();
    while let Some(number) = attempts.next() {
        kept(Arc::clone(&store), number).await?;
        let key = account(number);
        let answer = attempts.drop_after(store.claim(&key, LEASE)).await;
        let mut again = store.claim(&key, LEASE).await?;
        let held = matches!(again, TokenClaimed::Busy(_));
        assert!(held || answer.is_none(), "what was answered is held");
        if held {
            harness.advance(LEASE).await;
            again = store.claim(&key, LEASE).await?;
        }
        let TokenClaimed::Taken(claim) = again else {
            panic!("nobody holds this account, but the claim answers {again:?}");
        };
        let counted = claim.unknown_attempts == 1;
        assert_eq!(counted, held, "held and counted, or neither");
    }
    Ok(())
}

/// Every due account is held and its attempt counted, or none is.
pub async fn a_dropped_claim_of_due_accounts_holds_all_or_none(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let due = ClaimDue::new(at(0), LEASE, 9);
    let mut attempts = Attempts::default();
    while let Some(number) = attempts.next() {
        for part in 0..3 {
            kept(Arc::clone(&store), 3 * number + part).await?;
        }
        let answer = attempts.drop_after(store.claim_due(&due)).await;
        let mut again = store.claim_due(&due).await?;
        let held = again.is_empty();
        assert!(held || answer.is_none(), "what was answered is held");
        if held {
            harness.advance(LEASE).await;
            again = store.claim_due(&due).await?;
        }
        assert_eq!(again.len(), 3, "all are held, or none");
        for claim in again {
            let counted = claim.unknown_attempts == 1;
            assert_eq!(counted, held, "held and counted, or neither");
            store.release(&claim, None, true).await?;
        }
    }
    Ok(())
}

/// An account is free, due again and its attempt taken back, or nothing of it.
pub async fn a_dropped_release_frees_an_account_or_not(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut attempts = Attempts::default();
    while let Some(number) = attempts.next() {
        let claim = claimed(Arc::clone(&store), number).await?;
        let release = store.release(&claim, Some(at(99)), true);
        if let Some(answer) = attempts.drop_after(release).await {
            answer?;
        }
        // Made again, it changes nothing that the first one did.
        store.release(&claim, Some(at(99)), true).await?;
        let TokenClaimed::Taken(next) = store.claim(&account(number), LEASE).await? else {
            panic!("the account was released");
        };
        assert_eq!(next.unknown_attempts, 0, "taken back once");
        assert_eq!(next.record.refresh_due_at, Some(at(99)), "due again");
    }
    Ok(())
}

/// Looking at accounts may be dropped.
pub async fn dropped_looks_at_accounts_disturb_nothing(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    claimed(Arc::clone(&store), 1).await?;
    let key = account(1);
    undisturbed("load", || store.load(&key)).await?;
    undisturbed("holder", || store.holder(&key)).await?;
    let (owner, alias) = (named("owner"), named("alias-1"));
    undisturbed("list", || store.list(&owner)).await?;
    let app = key.app_key();
    undisturbed("find", || store.find(&app, &alias)).await?;
    let person = named("person");
    undisturbed("of_principal", || store.of_principal(&app, &person)).await?;
    undisturbed("expiring", || store.expiring(at(99_999), 9)).await?;
    undisturbed("ending", || store.ending(at(99_999_999), 9)).await?;
    undisturbed("next_due", || store.next_due(None)).await
}
