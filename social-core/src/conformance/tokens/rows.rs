use super::{keep, loaded};
use crate::{
    conformance::{
        Harness,
        fixtures::{
            OTHER, PLATFORM, UNICODE, account, app, app_beside, at, micros, named, other_app,
            refused, token,
        },
    },
    error::{ErrorKind, Result},
    model::{AccountKey, AccountStatus, NeedsReauth},
    store::{Expect, TokenRecord, TokenStore},
};

/// Every field comes back as it was saved.
pub async fn gives_back_what_was_saved(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    assert!(store.load(&account(1)).await?.is_none(), "not yet kept");
    let full = TokenRecord {
        app: app_beside().app,
        principal: Some(named("person")),
        suspected_at: Some(at(7)),
        ..token(1)
    };
    store.save(&full, Expect::Absent).await?;
    assert_eq!(loaded(&*store, &account(1)).await?.value, full);
    let bare = TokenRecord::new(account(2), "", at(0));
    store.save(&bare, Expect::Absent).await?;
    assert_eq!(loaded(&*store, &account(2)).await?.value, bare);
    Ok(())
}

/// Text of any script and sealed values of a megabyte come back unchanged.
pub async fn keeps_unicode_and_large_values(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let key = AccountKey::new(named(UNICODE), named(UNICODE), PLATFORM, named(UNICODE));
    let record = TokenRecord {
        key: key.clone(),
        app: named(UNICODE),
        consent: UNICODE.repeat(10),
        principal: Some(named(UNICODE)),
        name: UNICODE.repeat(100),
        aliases: vec![named(UNICODE), named("18446744073709551615")],
        scopes: [UNICODE].into_iter().collect(),
        sealed: Some(vec![0xa5; 1 << 20]),
        ..token(1)
    };
    store.save(&record, Expect::Absent).await?;
    assert!(loaded(&*store, &key).await?.value == record, "changed");
    assert_eq!(store.find(&key.app_key(), &named(UNICODE)).await?, [key]);
    assert_eq!(store.list(&named(UNICODE)).await?.len(), 1, "listed");
    Ok(())
}

/// Times come back to the microsecond, also before 1970 and far in the future.
pub async fn keeps_whole_microseconds(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let record = TokenRecord {
        connected_at: at(-2_000_000_000) + micros(1),
        expires_at: Some(at(0) + micros(999_999)),
        refresh_due_at: Some(at(200_000_000_000) + micros(123_456)),
        grant_ends_at: Some(at(400_000_000) + micros(7)),
        suspected_at: Some(at(0) - micros(1)),
        ..token(1)
    };
    store.save(&record, Expect::Absent).await?;
    assert_eq!(loaded(&*store, &account(1)).await?.value, record);
    Ok(())
}

/// A save of who does not know the status leaves it as it is stored, and writes the rest; a new account needs one.
pub async fn an_unknown_status_leaves_the_one_that_is_stored(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (number, status) in [
        (1, AccountStatus::NeedsReauth(NeedsReauth::Revoked)),
        (2, AccountStatus::Connected),
    ] {
        let mut record = TokenRecord {
            status: status.clone(),
            ..token(number)
        };
        let revision = store.save(&record, Expect::Absent).await?;
        record.status = AccountStatus::Unknown;
        record.name = "another".to_owned();
        store.save(&record, Expect::Revision(revision)).await?;
        let stored = loaded(&*store, &account(number)).await?.value;
        assert_eq!(
            (stored.status, &*stored.name),
            (status, "another"),
            "as it was"
        );
    }
    let new = TokenRecord {
        status: AccountStatus::Unknown,
        ..token(3)
    };
    let refused = store.save(&new, Expect::Absent).await;
    let kind = refused.map_err(|error| error.kind());
    assert_eq!(kind, Err(ErrorKind::Unsupported), "there is none to leave");
    Ok(())
}

/// Every status comes back as it was saved.
pub async fn keeps_every_status(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let statuses = [
        AccountStatus::Connected,
        AccountStatus::NeedsReauth(NeedsReauth::AnswerLost),
        AccountStatus::NeedsReauth(NeedsReauth::Expired),
        AccountStatus::NeedsReauth(NeedsReauth::Revoked),
        AccountStatus::Disconnected,
    ];
    for (number, status) in statuses.into_iter().enumerate() {
        let record = TokenRecord {
            status,
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
        assert_eq!(loaded(&*store, &account(number)).await?.value, record);
    }
    Ok(())
}

/// `load` answers the owner's account only.
pub async fn shows_a_record_to_its_owner_only(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    for other in ["another", "Owner", "owner ", "%"] {
        let key = AccountKey {
            owner: named(other),
            ..account(1)
        };
        assert!(store.load(&key).await?.is_none(), "{other:?} sees it");
        assert_eq!(store.list(&named(other)).await?, [], "{other:?} lists it");
    }
    Ok(())
}

/// `holder` answers whoever owns the account.
pub async fn shows_the_holder_to_anybody(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let asked = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    assert!(store.holder(&asked).await?.is_none(), "nobody holds it");
    let record = keep(&*store, 1).await?;
    let held = store.holder(&asked).await?.expect("somebody holds it");
    assert_eq!(held.value, record);
    Ok(())
}

/// `Expect::Absent` is a conflict when any owner has the account.
pub async fn keeps_one_row_per_account_whoever_owns_it(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let first = keep(&*store, 1).await?;
    let second = TokenRecord {
        key: AccountKey {
            owner: named("another"),
            ..account(1)
        },
        ..token(1)
    };
    for again in [&first, &second] {
        let answer = store.save(again, Expect::Absent).await;
        refused(answer, ErrorKind::Conflict, "one row per account");
    }
    assert_eq!(loaded(&*store, &account(1)).await?.value, first);
    Ok(())
}

/// The same account id of another app or platform is another account.
pub async fn tells_apps_and_platforms_apart(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let keys = [
        AccountKey::new(named("owner"), named("app"), PLATFORM, named("1")),
        AccountKey::new(named("owner"), named("app"), OTHER, named("1")),
        AccountKey::new(named("owner"), named("app-2"), PLATFORM, named("1")),
        AccountKey::new(named("owner"), named("APP"), PLATFORM, named("1")),
    ];
    for (number, key) in keys.iter().enumerate() {
        let record = TokenRecord {
            key: key.clone(),
            ..token(number)
        };
        store.save(&record, Expect::Absent).await?;
    }
    for (number, key) in keys.iter().enumerate() {
        let name = loaded(&*store, key).await?.value.name;
        assert_eq!(name, format!("Name {number}"), "of {key:?}");
    }
    Ok(())
}

/// Names that differ only in where one part ends are different accounts.
pub async fn never_mixes_up_accounts_whose_parts_join_to_the_same_text(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    for (app, id) in [
        ("a", "bc"),
        ("ab", "c"),
        ("a:b", "c"),
        ("a", "b:c"),
        ("a:", "bc"),
    ] {
        let key = AccountKey::new(named("owner"), named(app), PLATFORM, named(id));
        let record = TokenRecord {
            key: key.clone(),
            name: format!("{app}|{id}"),
            ..token(1)
        };
        store.save(&record, Expect::Absent).await?;
        assert_eq!(loaded(&*store, &key).await?.value, record);
    }
    assert_eq!(store.list(&named("owner")).await?.len(), 5, "five accounts");
    Ok(())
}

/// Removing erases the owner's record and says whether it was there.
pub async fn removes_for_its_owner_only(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let foreign = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    assert!(!store.remove(&foreign).await?, "another owner's");
    assert!(!store.remove(&account(2)).await?, "never kept");
    assert!(store.load(&account(1)).await?.is_some(), "still there");
    assert!(store.remove(&account(1)).await?, "it was there");
    assert!(!store.remove(&account(1)).await?, "it is gone");
    assert!(store.holder(&account(1)).await?.is_none(), "it is gone");
    assert_eq!(
        store.find(&app(), &named("alias-1")).await?,
        [],
        "it is gone"
    );
    assert_eq!(store.next_due(None).await?, None, "nothing is due");
    Ok(())
}

/// An account that was removed can be kept again, by anybody.
pub async fn a_removed_account_may_come_back(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    store.remove(&account(1)).await?;
    let key = AccountKey {
        owner: named("another"),
        ..account(1)
    };
    let record = TokenRecord { key, ..token(1) };
    store.save(&record, Expect::Absent).await?;
    assert_eq!(loaded(&*store, &record.key).await?.value, record);
    Ok(())
}

/// An owner's accounts come by platform, then by name.
pub async fn lists_an_owner_by_platform_and_name(
    harness: &impl Harness<Store: TokenStore>,
) -> Result<()> {
    let store = harness.store().await;
    let accounts = [
        (OTHER, "1", "b"),
        (PLATFORM, "2", "c"),
        (PLATFORM, "3", "a"),
        (OTHER, "4", "a"),
        (PLATFORM, "5", "b"),
    ];
    for (platform, id, name) in accounts {
        let record = TokenRecord {
            key: AccountKey::new(named("owner"), named("app"), platform, named(id)),
            name: name.to_owned(),
            ..token(1)
        };
        store.save(&record, Expect::Absent).await?;
    }
    let listed = store.list(&named("owner")).await?;
    let ids: Vec<_> = listed.iter().map(|r| r.key.account.as_str()).collect();
    assert_eq!(ids, ["3", "5", "2", "4", "1"], "by platform, then name");
    Ok(())
}

/// The list holds accounts that are disconnected or have to be connected again.
pub async fn lists_disconnected_accounts(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let record = TokenRecord {
        status: AccountStatus::Disconnected,
        sealed: None,
        ..token(1)
    };
    store.save(&record, Expect::Absent).await?;
    assert_eq!(store.list(&named("owner")).await?, [record]);
    Ok(())
}

/// Finds every account of the app by its id or an alias, exactly.
pub async fn finds_by_id_and_alias(harness: &impl Harness<Store: TokenStore>) -> Result<()> {
    let store = harness.store().await;
    let mut second = TokenRecord {
        aliases: vec![named("x"), named("account-001")],
        ..token(2)
    };
    second.key.owner = named("another");
    let [elsewhere, beside] =
        [(3, other_app()), (4, app_beside())].map(|(number, app)| TokenRecord {
            key: app.account(named("owner"), named("account-001")),
            aliases: vec![named("alias-1")],
            ..token(number)
        });
    let first = keep(&*store, 1).await?;
    for record in [&second, &elsewhere, &beside] {
        store.save(record, Expect::Absent).await?;
    }
    let mut found = store.find(&app(), &named("account-001")).await?;
    found.sort_by_key(AccountKey::row_id);
    assert_eq!(found, [first.key.clone(), second.key], "by id and by alias");
    assert_eq!(store.find(&app(), &named("alias-1")).await?, [first.key]);
    for id_or_alias in ["account-001", "alias-1"] {
        let found = store.find(&app_beside(), &named(id_or_alias)).await?;
        let expected = std::slice::from_ref(&beside.key);
        assert_eq!(found, expected, "of another app of the platform");
    }
    for unknown in ["alias", "account-00%", "ALIAS-1", "_", "x\",\"account-001"] {
        let found = store.find(&app(), &named(unknown)).await?;
        assert_eq!(found, [], "nothing goes by {unknown:?}");
    }
    Ok(())
}
