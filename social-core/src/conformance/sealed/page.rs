use std::sync::Arc;

use super::{NEW, Sealing, all, bytes, keep, keep_each, page, record, row, sorted, value};
use crate::{
    conformance::{
        Harness,
        fixtures::{UNICODE, account, at, checkpoint, connector, named, post, post_id, uuid},
    },
    error::Result,
    model::AppKey,
    random::SeededRandom,
    store::{
        Expect, LoginRecord, LoginStore, NewPost, OfferRecord, PostStore, SealedField, SealedPage,
        SealedStore, StoredCheckpoint, TokenRecord, TokenStore,
    },
    vault::{LocalKeyRing, Vault},
};

/// Every field of every row is shown, with its bytes and the row of its place; fields are told apart.
pub async fn shows_every_sealed_value(harness: &impl Harness<Store: Sealing>) -> Result<()> {
    let store = harness.store().await;
    for field in SealedField::ALL {
        assert_eq!(all(&*store, field).await?, [], "nothing is kept");
    }
    keep_each(&*store, 1..=3).await?;
    for field in SealedField::ALL {
        let expected = sorted((1..=3).map(|number| value(field, number)).collect());
        assert_eq!(sorted(all(&*store, field).await?), expected, "{field:?}");
    }
    Ok(())
}

/// The row that is told is the one that a value was sealed for: each opens in its place, and in no other.
pub async fn a_value_opens_in_the_place_that_is_told(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    let ring = Arc::new(LocalKeyRing::from_keys([
        b"an example key, 32 bytes long...",
    ])?);
    let vault = Vault::new(uuid(1), ring, Arc::new(SeededRandom::new(1)));
    let key = AppKey::new(connector().app.platform, named(UNICODE))
        .account(named("owner"), named(UNICODE));
    let (id, state) = (post_id(77), [0xa5; 32]);
    let seal = async |field: SealedField, row: &str| {
        let plain = format!("{field:?}");
        vault.seal(&field.place(row), plain.as_bytes()).await
    };
    let record = TokenRecord {
        sealed: Some(seal(SealedField::Tokens, &key.row_id()).await?),
        ..TokenRecord::new(key, "web", at(0))
    };
    store.save(&record, Expect::Absent).await?;
    let login = LoginRecord {
        state_hash: state,
        sealed: seal(SealedField::Login, &"a5".repeat(32)).await?,
        ..LoginRecord::new(named("owner"), connector(), at(600))
    };
    store.put(&login).await?;
    let name = uuid(u128::MAX - 1);
    let sealed = seal(SealedField::Offer, &name.to_string()).await?;
    let offer = OfferRecord::new(name, named("owner"), connector(), sealed, at(600));
    store.put_offer(&offer).await?;
    let new = NewPost {
        request: seal(SealedField::PostRequest, &id.to_string()).await?,
        checkpoint: StoredCheckpoint {
            sealed: seal(SealedField::PostState, &id.to_string()).await?,
            ..checkpoint("init")
        },
        ..post(77, account(1))
    };
    store.submit(&new).await?;
    for field in SealedField::ALL {
        let values = all(&*store, field).await?;
        assert_eq!(values.len(), 1, "one of {field:?}: {values:?}");
        assert_eq!(values[0].field, field, "told with its field");
        let plain = vault
            .open(&field.place(&values[0].row), &values[0].sealed)
            .await?;
        assert_eq!(plain.as_slice(), format!("{field:?}").as_bytes());
    }
    Ok(())
}

/// An account that is disconnected has nothing sealed, and is passed over.
pub async fn an_account_without_tokens_is_passed_over(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let bare = TokenRecord {
        sealed: None,
        ..record(2)
    };
    store.save(&bare, Expect::Absent).await?;
    let values = all(&*store, SealedField::Tokens).await?;
    assert_eq!(values, [value(SealedField::Tokens, 1)]);
    Ok(())
}

/// Pages follow each other in one order: each value is on one page, and fewer than asked for are on the last one only.
pub async fn pages_show_each_value_once(harness: &impl Harness<Store: Sealing>) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, [9, 2, 7, 4, 200, 11, 1]).await?;
    for field in SealedField::ALL {
        let whole = all(&*store, field).await?;
        assert_eq!(whole.len(), 7, "{field:?}");
        let mut after = None;
        for part in [&whole[..3], &whole[3..6], &whole[6..], &[]] {
            let next = SealedPage {
                after: after.clone(),
                ..page(field, 3)
            };
            assert_eq!(store.sealed(&next).await?, part, "{field:?}");
            after = part.last().map(|value| value.row.clone()).or(after);
        }
        let exact = store.sealed(&page(field, 7)).await?;
        assert_eq!(exact, whole, "a page may be the whole");
        assert_eq!(store.sealed(&page(field, 0)).await?, [], "no place");
    }
    Ok(())
}

/// What begins with the prefix is passed over and takes no place on a page; the prefix is bytes, and must be there whole.
pub async fn passes_over_what_is_under_the_key(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    let prefix = [1_u8, 0, 0xff, b'%', b'_', b'\\', b'*', 0x80, 9];
    let longer = [&prefix[..], &[0]].concat();
    let mut upper = prefix.to_vec();
    upper[8] = 10;
    let rows: [&[u8]; 9] = [
        &longer,
        &prefix,
        &prefix[..8],
        &[],
        &upper,
        &[1],
        &[0, 1, 0, 0xff, b'%', b'_', b'\\', b'*', 0x80, 9],
        &[&prefix[..], &[0xff; 90]].concat(),
        &[0xff; 40],
    ];
    for (number, sealed) in (0..).zip(rows) {
        let record = TokenRecord {
            sealed: Some(sealed.to_vec()),
            ..record(number)
        };
        store.save(&record, Expect::Absent).await?;
    }
    let two = SealedPage::new(SealedField::Tokens, prefix.to_vec(), 2);
    let mut shown = Vec::new();
    let mut next = two.clone();
    loop {
        let values = store.sealed(&next).await?;
        let Some(last) = values.last() else { break };
        next.after = Some(last.row.clone());
        shown.extend(values);
    }
    let others = [2, 3, 4, 5, 6, 8];
    let expected: Vec<_> = others
        .iter()
        .map(|number| row(SealedField::Tokens, *number))
        .collect();
    let mut rows: Vec<_> = shown.into_iter().map(|value| value.row).collect();
    rows.sort();
    assert_eq!(rows, expected, "what does not begin with the prefix");
    Ok(())
}

/// A page may begin after a row that is gone, or that never was.
pub async fn a_page_may_begin_after_a_row_that_is_gone(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, 1..=5).await?;
    let whole = all(&*store, SealedField::Tokens).await?;
    store.remove(&account(3)).await?;
    let gone = row(SealedField::Tokens, 3);
    let at = whole
        .iter()
        .position(|value| value.row == gone)
        .unwrap_or(0);
    let next = SealedPage {
        after: Some(gone),
        ..page(SealedField::Tokens, 9)
    };
    assert_eq!(store.sealed(&next).await?, whole[at + 1..]);
    Ok(())
}

/// Values of a megabyte are shown whole.
pub async fn shows_large_values_whole(harness: &impl Harness<Store: Sealing>) -> Result<()> {
    let store = harness.store().await;
    let large = TokenRecord {
        sealed: Some([bytes(SealedField::Tokens, 1), vec![0xa5; 1 << 20]].concat()),
        ..record(1)
    };
    store.save(&large, Expect::Absent).await?;
    let values = all(&*store, SealedField::Tokens).await?;
    assert!(values.len() == 1 && Some(&values[0].sealed) == large.sealed.as_ref());
    assert!(!values[0].sealed.starts_with(NEW), "not under the new key");
    Ok(())
}
