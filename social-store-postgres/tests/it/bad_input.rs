//! Values that the database cannot hold: the caller's fault, and nothing of the call is written.

use chrono::{DateTime, Utc};
use social_core::{
    conformance::named,
    error::{Error, ErrorKind, Remedy},
    model::{AccountId, OwnerId},
    store::{Expect, LoginRecord, LoginStore, TokenRecord, TokenStore},
};

use crate::{
    fixtures::{app, at, key, token},
    schemas::Schemas,
};

#[track_caller]
fn is_invalid(error: &Error, expected: &str) {
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    let Remedy::FixInput { rule, .. } = error.remedy() else {
        panic!("{error:?}")
    };
    assert_eq!(rule, expected, "{error:?}");
    assert!(!format!("{error:?}").contains("VALUE"), "{error:?}");
}

/// Text that does not compress.
fn long() -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from(state >> 28).unwrap())
    };
    (0..30_000).map(|_| next()).collect()
}

#[tokio::test]
async fn what_cannot_be_kept_is_invalid_and_leaves_nothing_behind() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let fine = token("a");
    let revision = store.save(&fine, Expect::Absent).await.unwrap();
    let nul = "VALUE\0".to_owned();
    let changed = |change: &dyn Fn(&mut TokenRecord)| {
        let mut record = token("a");
        change(&mut record);
        record
    };
    let records = [
        ("text.nul", changed(&|r| r.name.clone_from(&nul))),
        (
            "text.nul",
            changed(&|r| r.aliases = vec![named("fine"), AccountId::from_stored(nul.as_str())]),
        ),
        (
            "text.nul",
            changed(&|r| r.scopes = [nul.as_str()].into_iter().collect()),
        ),
        (
            "text.length",
            changed(&|r| r.aliases = vec![named("fine"), AccountId::from_stored(long())]),
        ),
        (
            "value.range",
            changed(&|r| r.expires_at = Some(DateTime::<Utc>::MIN_UTC)),
        ),
        (
            "value.range",
            changed(&|r| r.connected_at = DateTime::<Utc>::MIN_UTC),
        ),
    ];
    for (rule, record) in records {
        let error = store
            .save(&record, Expect::Revision(revision))
            .await
            .unwrap_err();
        is_invalid(&error, rule);
        let mut other = record;
        other.key = key("b");
        is_invalid(&store.save(&other, Expect::Absent).await.unwrap_err(), rule);
    }
    let kept = TokenStore::load(&store, &key("a")).await.unwrap().unwrap();
    assert_eq!((kept.value, kept.revision), (fine, revision));
    assert!(TokenStore::load(&store, &key("b")).await.unwrap().is_none());
    assert_eq!(store.find(&app(), &named("fine")).await.unwrap(), []);
    // An id that went around its check.
    let strange = AccountId::from_stored(nul.as_str());
    let of_nobody = app().account(named("owner"), strange.clone());
    let loaded = TokenStore::load(&store, &of_nobody).await;
    is_invalid(&loaded.unwrap_err(), "text.nul");
    let found = store.find(&app(), &strange).await;
    is_invalid(&found.unwrap_err(), "text.nul");

    let mut login = LoginRecord::new(OwnerId::from_stored(nul), token("a").connector(), at(60));
    is_invalid(&store.put(&login).await.unwrap_err(), "text.nul");
    login.owner = named("owner");
    store.put(&login).await.unwrap();
}

#[tokio::test]
async fn the_longest_names_are_kept() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let store = schemas.connect(&name).await;
    let mut record = token("a");
    (record.name, record.consent) = (long(), long());
    store.save(&record, Expect::Absent).await.unwrap();
    assert_eq!(store.list(&named("owner")).await.unwrap(), [record]);
}
