//! By whose consent the tokens of a record are.

use super::{keep, loaded};
use crate::{
    conformance::{
        Harness,
        fixtures::{LEASE, OTHER, account, app, app_beside, at, named, token},
    },
    error::Result,
    model::{AccountKey, AccountStatus, AppKey, Connector, NeedsReauth, PrincipalId},
    store::{ClaimDue, Expect, Revision, TokenRecord, TokenStore},
};

fn person() -> PrincipalId {
    named("person")
}

fn of_person(number: usize) -> TokenRecord {
    TokenRecord {
        principal: Some(person()),
        ..token(number)
    }
}

/// An account of the usual space, connected through the app beside it.
fn by_another_app() -> TokenRecord {
    TokenRecord {
        app: app_beside().app,
        route: "other".to_owned(),
        principal: Some(person()),
        ..token(1)
    }
}

fn by_the_other() -> Connector {
    app_beside().connector("other")
}

async fn due_by<S: TokenStore>(store: &S, login: Connector) -> Result<usize> {
    let due = ClaimDue::new(at(90_000), LEASE, 9).of(login);
    Ok(store.claim_due(&due).await?.len())
}

/// The app of a login and the space of an account's id may differ: refreshes and persons go by the app, all else by the space.
pub async fn what_is_due_goes_by_the_app_of_the_login(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let record = by_another_app();
    store.save(&record, Expect::Absent).await?;
    assert_eq!(loaded(&*store, &account(1)).await?.value, record);

    let space = app().connector("other");
    assert_eq!(store.next_due(Some(&space)).await?, None, "by another app");
    assert_eq!(due_by(&*store, space).await?, 0, "by another app");
    let next = store.next_due(Some(&by_the_other())).await?;
    assert_eq!(next, record.refresh_due_at, "by the app of its login");
    let due = due_by(&*store, by_the_other()).await?;
    assert_eq!(due, 1, "by the app of its login");

    let theirs = store.of_principal(&app(), &person()).await?;
    assert!(theirs.is_empty(), "known to another app by this id");
    let theirs = store.of_principal(&app_beside(), &person()).await?;
    assert_eq!(theirs.len(), 1, "known to the app of its login by this id");

    let alias = named("alias-1");
    assert_eq!(store.find(&app(), &alias).await?, [account(1)]);
    assert_eq!(store.find(&app_beside(), &alias).await?, []);
    let page = store.connected(&app(), None, 9).await?;
    assert_eq!(page.accounts, [record.to_account()], "in its space");
    let page = store.connected(&app_beside(), None, 9).await?;
    assert!(page.accounts.is_empty(), "no space of its own");
    Ok(())
}

/// A login by another app of the space goes on with the row that is there, and from then on counts.
pub async fn a_later_login_by_another_app_goes_on_with_the_row(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let before = keep(&*store, 1).await?;
    let after = by_another_app();
    let saved = store.save(&after, Expect::Revision(Revision(1))).await?;
    assert_eq!(saved, Revision(2), "the same row");
    assert_eq!(store.list(&account(1).owner).await?.as_slice(), [after]);
    let due = due_by(&*store, before.connector()).await?;
    assert_eq!(due, 0, "the login before counts no more");
    let due = due_by(&*store, by_the_other()).await?;
    assert_eq!(due, 1, "the later login counts");
    Ok(())
}

/// All accounts of a person are found, whoever owns them, connected or not, also who has left; nobody else is.
pub async fn finds_the_accounts_of_a_person(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let theirs = [
        of_person(1),
        TokenRecord {
            key: account(2).with_owner(named("another")),
            ..of_person(2)
        },
        TokenRecord {
            status: AccountStatus::NeedsReauth(NeedsReauth::Revoked),
            ..of_person(3)
        },
        TokenRecord {
            status: AccountStatus::Disconnected,
            sealed: None,
            ..of_person(4)
        },
    ];
    let elsewhere = AppKey::new(OTHER, named("app"));
    let others = [
        TokenRecord {
            principal: Some(named("Person")),
            ..token(5)
        },
        token(6),
        TokenRecord {
            key: AccountKey {
                platform: elsewhere.platform.clone(),
                ..account(7)
            },
            ..of_person(7)
        },
    ];
    for record in theirs.iter().chain(&others) {
        store.save(record, Expect::Absent).await?;
    }
    let second = store
        .save(&theirs[0], Expect::Revision(Revision(1)))
        .await?;
    let mut found = store.of_principal(&app(), &person()).await?;
    found.sort_by(|a, b| a.value.name.cmp(&b.value.name));
    let records = Vec::from_iter(found.iter().map(|stored| &stored.value));
    assert_eq!(records, Vec::from_iter(&theirs), "all of the person");
    let revisions = Vec::from_iter(found.iter().map(|stored| stored.revision));
    assert_eq!(revisions[0], second);
    assert!(revisions[1..].iter().all(|it| *it == Revision(1)));
    let found = store.of_principal(&elsewhere, &person()).await?;
    assert_eq!(found.len(), 1, "of the other platform");
    Ok(())
}
