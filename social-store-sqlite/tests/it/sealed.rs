//! Sealed values: every field, page by page, and nothing else changes.

use social_core::{
    conformance::named,
    error::ErrorKind,
    store::{
        Expect, LoginRecord, LoginStore, OfferRecord, PostStore, Resealed, SealedField, SealedPage,
        SealedStore, SealedValue, TokenStore,
    },
};
use social_store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::fixtures::{at, kept, key, post, post_id, tamper, token};

const OLD: &[u8] = b"old key";

/// Three rows of each field, sealed under `OLD`.
async fn filled(folder: &tempfile::TempDir) -> SqliteStore {
    let path = folder.path().join("social.db");
    let store = SqliteStore::open(path).await.unwrap();
    for number in [3, 1, 2_u8] {
        let mut login = LoginRecord::new(named("owner"), token("a").connector(), at(60));
        login.state_hash = [number * 16; 32];
        login.sealed = sealed(number);
        store.put(&login).await.unwrap();
        let id = Uuid::from_u128(u128::from(number));
        let offer = OfferRecord::new(id, named("owner"), login.connector, sealed(number), at(60));
        store.put_offer(&offer).await.unwrap();
        let mut new = post(u64::from(number), "a");
        new.request = sealed(number);
        new.checkpoint.sealed = sealed(number);
        store.submit(&new).await.unwrap();
        let mut record = token(&format!("account-{number}"));
        record.sealed = Some(sealed(number));
        store.save(&record, Expect::Absent).await.unwrap();
    }
    let mut bare = token("without tokens");
    bare.sealed = None;
    store.save(&bare, Expect::Absent).await.unwrap();
    store
}

fn sealed(number: u8) -> Vec<u8> {
    [OLD, &[number]].concat()
}

async fn pages(store: &SqliteStore, field: SealedField, not_under: &[u8]) -> Vec<SealedValue> {
    let mut page = SealedPage::new(field, not_under.to_vec(), 2);
    let mut all = Vec::new();
    loop {
        let values = store.sealed(&page).await.unwrap();
        page.after = values.last().map(|value| value.row.clone());
        let is_last = values.len() < 2;
        all.extend(values);
        if is_last {
            return all;
        }
    }
}

#[tokio::test]
async fn every_value_is_shown_and_replaced_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let before = kept(&store, 1).await;
    for field in SealedField::ALL {
        assert!(pages(&store, field, OLD).await.is_empty(), "{field:?}");
        assert!(pages(&store, field, b"").await.is_empty(), "{field:?}");
        let values = pages(&store, field, b"new").await;
        assert_eq!(values.len(), 3, "{field:?}");
        let shown: Vec<_> = values.iter().map(|value| value.sealed.clone()).collect();
        assert_eq!(shown, [sealed(1), sealed(2), sealed(3)], "{field:?}");

        let new = |value: &SealedValue| {
            let sealed = [b"new", &value.sealed[3..]].concat();
            Resealed::new(value.clone(), sealed)
        };
        let mut resealed: Vec<_> = values.iter().map(new).collect();
        resealed[2].old.sealed.push(0);
        resealed.push(resealed[0].clone());
        let nowhere = SealedValue::new(field, "no such row", OLD.to_vec());
        resealed.push(Resealed::new(nowhere, Vec::new()));
        assert_eq!(store.reseal(&resealed).await.unwrap(), 2, "{field:?}");
        let left = pages(&store, field, b"new").await;
        assert_eq!(left, values[2..], "{field:?}");
    }
    let mut after = kept(&store, 1).await;
    assert_eq!(after.request, b"new key\x01");
    assert_eq!(after.checkpoint.sealed, b"new key\x01");
    (after.request, after.checkpoint.sealed) = (before.request.clone(), sealed(1));
    assert_eq!(after, before);
    let account = TokenStore::load(&store, &key("account-1"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(account.revision.0, 1);
}

#[tokio::test]
async fn rows_are_named_as_their_places_are() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let mut rows = Vec::new();
    for field in SealedField::ALL {
        rows.push(pages(&store, field, b"new").await.remove(0).row);
    }
    let expected = [
        "10".repeat(32),
        Uuid::from_u128(1).to_string(),
        post_id(1).to_string(),
        post_id(1).to_string(),
        key("account-1").row_id(),
    ];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn a_page_after_nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    for (field, after) in [
        (SealedField::Login, "xyz"),
        (SealedField::Login, "abc"),
        (SealedField::PostState, "1"),
    ] {
        let mut page = SealedPage::new(field, b"new".to_vec(), 2);
        page.after = Some(after.to_owned());
        let error = store.sealed(&page).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
}

#[tokio::test]
async fn a_damaged_row_ends_no_walk() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    let path = folder.path().join("social.db");
    // No text any more, and before all others.
    let damage = "UPDATE accounts SET id = CAST(x'01FF' AS TEXT) WHERE account = 'account-1'";
    tamper(&path, damage).await;
    let values = pages(&store, SealedField::Tokens, b"new").await;
    let shown: Vec<_> = values.iter().map(|value| value.sealed.clone()).collect();
    assert_eq!(shown, [sealed(2), sealed(3)], "the others, in pages of two");
}
