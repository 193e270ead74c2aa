use super::keep;
use crate::{
    conformance::{
        Harness,
        fixtures::{app, app_beside, at, named, other_app, token},
    },
    error::Result,
    model::{AccountStatus, AppKey, NeedsReauth},
    store::{AccountPlace, Expect, TokenRecord, TokenStore},
};

/// Every name that a walk meets, page by page.
async fn walk<S: TokenStore>(
    store: &S,
    of: &AppKey,
    from: Option<AccountPlace>,
    limit: u32,
) -> Result<Vec<String>> {
    let (mut met, mut after) = (Vec::new(), from);
    for _ in 0..1_000 {
        let page = store.connected(of, after.as_ref(), limit).await?;
        let most = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        assert!(page.accounts.len() <= most, "the limit holds");
        met.extend(page.accounts.into_iter().map(|account| account.name));
        let Some(next) = page.next else {
            return Ok(met);
        };
        assert!(
            after.as_ref().is_none_or(|after| next > *after),
            "it goes on"
        );
        after = Some(next);
    }
    panic!("a walk ends");
}

/// Keeps the account of this number, connected at a second.
async fn since<S: TokenStore>(store: &S, number: usize, second: i64) -> Result<TokenRecord> {
    let record = TokenRecord {
        connected_at: at(second),
        ..token(number)
    };
    store.save(&record, Expect::Absent).await?;
    Ok(record)
}

/// A walk meets each connected account of an app once, whoever owns it, in the order in which they were connected.
pub async fn walks_through_the_connected_accounts_of_an_app(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(walk(&*store, &app(), None, 7).await?, [""; 0], "none yet");
    let count = 28_u8;
    for number in 0..count {
        let mut record = TokenRecord {
            connected_at: at(-i64::from(number)),
            ..token(number.into())
        };
        record.key.owner = named(format!("owner-{}", number % 3));
        store.save(&record, Expect::Absent).await?;
    }
    for (number, other) in [(1, app_beside()), (2, other_app())] {
        let key = other.account(named("owner"), named(format!("account-00{number}")));
        let record = TokenRecord { key, ..token(99) };
        store.save(&record, Expect::Absent).await?;
    }
    let reauth = AccountStatus::NeedsReauth(NeedsReauth::Expired);
    for (number, status) in [(77, AccountStatus::Disconnected), (78, reauth)] {
        let record = TokenRecord {
            status,
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
    }
    let expected: Vec<_> = (0..count).rev().map(|n| format!("Name {n}")).collect();
    for limit in [0, 1, 7, 27, 28, 29, 10_000] {
        let met = walk(&*store, &app(), None, limit).await?;
        assert_eq!(met, expected, "each once, {limit} a page");
    }
    let beside = walk(&*store, &app_beside(), None, 7).await?;
    assert_eq!(beside, ["Name 99"], "of the other app");
    Ok(())
}

/// Accounts that were connected at the same moment follow each other by their id.
pub async fn accounts_of_one_moment_are_told_apart(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in [5, 3, 4, 1, 2] {
        keep(&*store, number).await?;
    }
    let expected = ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5"];
    for limit in [1, 2, 5] {
        let met = walk(&*store, &app(), None, limit).await?;
        assert_eq!(met, expected, "each once, {limit} a page");
    }
    Ok(())
}

/// A walk goes on where it was, whatever became of the account there; one that is connected again comes later.
pub async fn a_walk_goes_on_after_an_account_that_is_gone(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = since(&*store, 1, 10).await?;
    let second = since(&*store, 2, 20).await?;
    since(&*store, 3, 30).await?;
    let page = store.connected(&app(), None, 2).await?;
    let place = page.next.expect("there is one more");
    assert_eq!(
        place,
        AccountPlace::after(at(20), second.key.account.clone())
    );
    assert!(store.remove(&second.key).await?, "it was there");
    let again = TokenRecord {
        connected_at: at(40),
        ..first
    };
    store
        .save(&again, Expect::Revision(crate::store::Revision(1)))
        .await?;
    let met = walk(&*store, &app(), Some(place), 1).await?;
    assert_eq!(met, ["Name 3", "Name 1"], "and what is connected again");
    let met = walk(&*store, &app(), Some(AccountPlace::since(at(30))), 9).await?;
    assert_eq!(met, ["Name 3", "Name 1"], "from that moment on");
    Ok(())
}
