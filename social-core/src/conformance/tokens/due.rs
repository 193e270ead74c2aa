use super::{keep, loaded, taken};
use crate::{
    conformance::{
        Harness,
        fixtures::{
            LEASE, account, app, app_beside, at, connector, micros, named, other_app, race, token,
        },
    },
    error::Result,
    model::{AccountStatus, NeedsReauth},
    store::{ClaimDue, Expect, TokenClaim, TokenRecord, TokenStore},
};

/// Keeps an account whose refresh is due at a second.
async fn due<S: TokenStore>(store: &S, number: usize, second: i64) -> Result<TokenRecord> {
    let record = TokenRecord {
        refresh_due_at: Some(at(second)),
        ..token(number)
    };
    store.save(&record, Expect::Absent).await?;
    Ok(record)
}

fn names(claims: &[TokenClaim]) -> Vec<&str> {
    let names = claims.iter().map(|claim| claim.record.name.as_str());
    names.collect()
}

/// Who has been due the longest comes first, and the limit holds.
pub async fn claims_due_accounts_longest_due_first(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, second) in [(1, -20), (2, -40), (3, 10), (4, -10), (5, -30)] {
        due(&*store, number, second).await?;
    }
    let claims = store.claim_due(&ClaimDue::new(at(0), LEASE, 2)).await?;
    assert_eq!(names(&claims), ["Name 2", "Name 5"], "longest due first");
    let claims = store.claim_due(&ClaimDue::new(at(0), LEASE, 9)).await?;
    assert_eq!(names(&claims), ["Name 1", "Name 4"], "then the others");
    Ok(())
}

/// Due at `now` is due; a microsecond later is not.
pub async fn claims_what_is_due_exactly_now(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    due(&*store, 1, 100).await?;
    let early = ClaimDue::new(at(100) - micros(1), LEASE, 9);
    assert_eq!(names(&store.claim_due(&early).await?), [""; 0], "not due");
    let claims = store.claim_due(&ClaimDue::new(at(100), LEASE, 9)).await?;
    assert_eq!(names(&claims), ["Name 1"], "due exactly now");
    Ok(())
}

/// What somebody holds is passed over, and takes no place of the limit.
pub async fn a_due_claim_passes_over_what_is_held(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    due(&*store, 1, -30).await?;
    due(&*store, 2, -20).await?;
    due(&*store, 3, -10).await?;
    taken(&*store, &account(1)).await?;
    let claims = store.claim_due(&ClaimDue::new(at(0), LEASE, 2)).await?;
    assert_eq!(names(&claims), ["Name 2", "Name 3"], "one is held");
    harness.advance(LEASE).await;
    let claims = store.claim_due(&ClaimDue::new(at(0), LEASE, 9)).await?;
    assert_eq!(names(&claims), ["Name 1", "Name 2", "Name 3"], "lapsed");
    Ok(())
}

/// Only connected accounts whose refresh is due at some time are claimed.
pub async fn a_due_claim_passes_over_what_is_not_connected(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let rows = [
        (AccountStatus::Disconnected, Some(at(-9))),
        (
            AccountStatus::NeedsReauth(NeedsReauth::Expired),
            Some(at(-9)),
        ),
        (AccountStatus::Connected, None),
    ];
    for (number, (status, refresh_due_at)) in rows.into_iter().enumerate() {
        let record = TokenRecord {
            status,
            refresh_due_at,
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
    }
    let claims = store.claim_due(&ClaimDue::new(at(0), LEASE, 9)).await?;
    assert_eq!(names(&claims), [""; 0]);
    Ok(())
}

/// A login is asked for by name; without a name all are meant.
pub async fn a_due_claim_keeps_to_its_login(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    due(&*store, 1, -10).await?;
    for (number, elsewhere) in [(2, other_app()), (3, app_beside())] {
        let elsewhere = TokenRecord {
            key: elsewhere.account(named("owner"), named("account-001")),
            app: elsewhere.app,
            refresh_due_at: Some(at(-20)),
            ..token(number)
        };
        store.save(&elsewhere, Expect::Absent).await?;
    }
    let by_another = TokenRecord {
        route: "desktop".to_owned(),
        refresh_due_at: Some(at(-20)),
        ..token(4)
    };
    store.save(&by_another, Expect::Absent).await?;
    let all = ClaimDue::new(at(0), LEASE, 9);
    let claims = store.claim_due(&all.clone().of(connector())).await?;
    assert_eq!(names(&claims), ["Name 1"], "of one login");
    let claims = store
        .claim_due(&all.clone().of(app_beside().connector("web")))
        .await?;
    assert_eq!(names(&claims), ["Name 3"], "of another app's");
    let desktop = app().connector("desktop");
    let claims = store.claim_due(&all.clone().of(desktop)).await?;
    assert_eq!(names(&claims), ["Name 4"], "of another login of the app");
    let claims = store.claim_due(&all).await?;
    assert_eq!(names(&claims), ["Name 2"], "of every login");
    Ok(())
}

/// What was claimed is held, and counted as one attempt.
pub async fn a_due_claim_takes_each_account_once(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let record = due(&*store, 1, 0).await?;
    let which = ClaimDue::new(at(0), LEASE, 9);
    let claims = store.claim_due(&which).await?;
    let [claim] = claims.as_slice() else {
        panic!("one account is due, got {claims:?}");
    };
    assert_eq!((&claim.record, claim.unknown_attempts), (&record, 0));
    assert_eq!(names(&store.claim_due(&which).await?), [""; 0], "held");
    harness.advance(LEASE).await;
    let again = store.claim_due(&which).await?;
    let attempts: Vec<_> = again.iter().map(|c| c.unknown_attempts).collect();
    assert_eq!(attempts, [1], "the first attempt was counted");
    Ok(())
}

/// However many claim at once, nobody gets what another got.
pub async fn of_many_due_claims_each_account_goes_to_one(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for number in 0..20 {
        due(&*store, number, -9).await?;
    }
    let answers = race(&store, |store, _| async move {
        store.claim_due(&ClaimDue::new(at(0), LEASE, 3)).await
    })
    .await;
    let mut claimed = Vec::new();
    for answer in answers {
        let claims = answer?;
        assert!(claims.len() <= 3, "the limit holds");
        claimed.extend(claims.into_iter().map(|claim| claim.record.key));
    }
    claimed.sort();
    let all: Vec<_> = (0..20).map(account).collect();
    assert_eq!(claimed, all, "each account goes to one");
    Ok(())
}

/// Connected accounts whose access token ends before the given time come soonest first, and the limit holds.
pub async fn lists_what_expires_soonest_first(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, expires_at) in [
        (1, Some(at(300))),
        (2, Some(at(100))),
        (3, None),
        (4, Some(at(200))),
    ] {
        let record = TokenRecord {
            expires_at,
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
    }
    let gone = TokenRecord {
        status: AccountStatus::Disconnected,
        expires_at: Some(at(50)),
        ..token(5)
    };
    store.save(&gone, Expect::Absent).await?;
    let ending = async |before, limit| {
        let records = store.expiring(before, limit).await?;
        Ok::<_, crate::Error>(records.into_iter().map(|r| r.name).collect::<Vec<_>>())
    };
    assert_eq!(ending(at(300), 9).await?, ["Name 2", "Name 4"], "before");
    assert_eq!(
        ending(at(300) + micros(1), 9).await?,
        ["Name 2", "Name 4", "Name 1"],
        "soonest first"
    );
    assert_eq!(ending(at(999), 1).await?, ["Name 2"], "the limit holds");
    Ok(())
}

/// Connected accounts whose grant ends before a time, soonest first.
pub async fn lists_whose_grant_ends(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    // The access tokens end in another order.
    for (number, ends, expires) in [
        (1, Some(300), Some(1)),
        (2, Some(100), Some(3)),
        (3, None, Some(2)),
        (4, Some(200), None),
    ] {
        let record = TokenRecord {
            expires_at: expires.map(at),
            grant_ends_at: ends.map(at),
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
    }
    for (number, status) in [
        (5, AccountStatus::Disconnected),
        (6, AccountStatus::NeedsReauth(NeedsReauth::Expired)),
    ] {
        let gone = TokenRecord {
            status,
            grant_ends_at: Some(at(50)),
            ..token(number)
        };
        store.save(&gone, Expect::Absent).await?;
    }
    let ending = async |before, limit| {
        let records = store.ending(before, limit).await?;
        Ok::<_, crate::Error>(records.into_iter().map(|r| r.name).collect::<Vec<_>>())
    };
    assert_eq!(ending(at(300), 9).await?, ["Name 2", "Name 4"], "before");
    assert_eq!(
        ending(at(300) + micros(1), 9).await?,
        ["Name 2", "Name 4", "Name 1"],
        "soonest first"
    );
    assert_eq!(ending(at(999), 1).await?, ["Name 2"], "the limit holds");
    let stored = loaded(&*store, &account(2)).await?;
    let renewed = TokenRecord {
        grant_ends_at: Some(at(900)),
        ..stored.value
    };
    store
        .save(&renewed, Expect::Revision(stored.revision))
        .await?;
    assert_eq!(ending(at(300), 9).await?, ["Name 4"], "a save moves it");
    Ok(())
}

/// The earliest due time of a connected account, whether or not somebody holds it.
pub async fn knows_when_the_next_refresh_is_due(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.next_due(None).await?, None, "nothing is kept");
    keep(&*store, 1).await?;
    due(&*store, 2, 77).await?;
    let gone = TokenRecord {
        status: AccountStatus::Disconnected,
        refresh_due_at: Some(at(5)),
        ..token(3)
    };
    store.save(&gone, Expect::Absent).await?;
    assert_eq!(store.next_due(None).await?, Some(at(77)));
    taken(&*store, &account(2)).await?;
    assert_eq!(store.next_due(None).await?, Some(at(77)), "leases aside");
    let beside = TokenRecord {
        key: app_beside().account(named("owner"), named("account-002")),
        app: app_beside().app,
        refresh_due_at: Some(at(44)),
        ..token(4)
    };
    store.save(&beside, Expect::Absent).await?;
    assert_eq!(store.next_due(None).await?, Some(at(44)), "of every app");
    for (app, due) in [
        (app(), Some(77)),
        (app_beside(), Some(44)),
        (other_app(), None),
    ] {
        assert_eq!(
            store.next_due(Some(&app.connector("web"))).await?,
            due.map(at),
            "of {app}"
        );
    }
    Ok(())
}
