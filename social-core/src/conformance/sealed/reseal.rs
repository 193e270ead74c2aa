use super::{NEW, Sealing, all, bytes, keep, keep_each, login, offer, record, renewed, row, value};
use crate::{
    conformance::{
        Harness, Reopen,
        fixtures::{CROWD, account, at, named, post_id, race, uuid},
    },
    error::Result,
    store::{
        Expect, LoginRecord, LoginStore, OfferRecord, PostStore, Resealed, Revision, SealedField,
        SealedStore, SealedValue, TokenRecord, TokenStore,
    },
};

/// A value of each field is replaced, and all are counted; nothing is left under the old key.
pub async fn reseals_every_field(harness: &impl Harness<Store: Sealing>) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, 1..=2).await?;
    let values: Vec<_> = SealedField::ALL
        .into_iter()
        .flat_map(|field| [renewed(field, 1), renewed(field, 2)])
        .collect();
    assert_eq!(store.reseal(&values).await?, 10);
    for field in SealedField::ALL {
        assert_eq!(all(&*store, field).await?, [], "{field:?} is left");
    }
    let sealed = |field| [NEW, &bytes(field, 1)].concat();
    let tokens = TokenStore::load(&*store, &account(1)).await?;
    let tokens = tokens.and_then(|stored| stored.value.sealed);
    assert_eq!(tokens, Some(sealed(SealedField::Tokens)));
    let post = PostStore::load(&*store, &named("owner"), post_id(1)).await?;
    let post = post.map(|post| (post.request, post.checkpoint.sealed));
    let expected = (
        sealed(SealedField::PostRequest),
        sealed(SealedField::PostState),
    );
    assert_eq!(post, Some(expected));
    Ok(())
}

/// A value that changed since it was read is left as it is and not counted; the others are replaced.
pub async fn a_reseal_compares_what_is_stored(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, 1..=3).await?;
    let newer = TokenRecord {
        sealed: Some(b"newer".to_vec()),
        ..record(2)
    };
    store.save(&newer, Expect::Revision(Revision(1))).await?;
    let values = [1, 2, 3].map(|number| renewed(SealedField::Tokens, number));
    assert_eq!(store.reseal(&values).await?, 2, "one changed since");
    let left = all(&*store, SealedField::Tokens).await?;
    let row = row(SealedField::Tokens, 2);
    let expected = SealedValue::new(SealedField::Tokens, row, b"newer".to_vec());
    assert_eq!(left, [expected], "it is left as it is");
    assert_eq!(store.reseal(&values).await?, 0, "they were replaced before");
    Ok(())
}

/// Rows that are gone, or that never were, are passed over, and so is a value of which only the beginning is the same.
pub async fn a_reseal_passes_over_what_is_not_there(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, 1..=2).await?;
    store.remove(&account(1)).await?;
    store.take(&[1; 32], at(0)).await?;
    store.remove_offer(&named("owner"), uuid(1)).await?;
    let mut values = vec![
        renewed(SealedField::Tokens, 1),
        renewed(SealedField::Login, 1),
        renewed(SealedField::Offer, 1),
        renewed(SealedField::PostState, 9),
        renewed(SealedField::PostRequest, 9),
    ];
    for field in SealedField::ALL {
        let mut cut = renewed(field, 2);
        cut.old.sealed.pop();
        values.push(cut);
        let mut elsewhere = renewed(field, 2);
        elsewhere.old.row = "no such row".to_owned();
        values.push(elsewhere);
    }
    assert_eq!(store.reseal(&values).await?, 0);
    for field in SealedField::ALL {
        let left = all(&*store, field).await?;
        assert!(left.contains(&value(field, 2)), "unchanged: {left:?}");
    }
    assert_eq!(store.reseal(&[]).await?, 0, "nothing at all");
    Ok(())
}

/// Two fields of one row are replaced apart, though their bytes are the same.
pub async fn reseals_the_fields_of_a_row_apart(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    let mut new = super::new_post(1);
    new.request.clone_from(&new.checkpoint.sealed);
    store.submit(&new).await?;
    let old = SealedValue::new(
        SealedField::PostRequest,
        new.id.to_string(),
        new.request.clone(),
    );
    let value = Resealed::new(old, b"renewed".to_vec());
    assert_eq!(store.reseal(&[value]).await?, 1);
    let post = PostStore::load(&*store, &named("owner"), new.id).await?;
    let post = post.map(|post| (post.request, post.checkpoint.sealed));
    assert_eq!(post, Some((b"renewed".to_vec(), new.request)));
    Ok(())
}

/// A login and an offer come back with the new bytes, and all else as it was.
pub async fn logins_and_offers_come_back_resealed(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let values = [SealedField::Login, SealedField::Offer].map(|field| renewed(field, 1));
    assert_eq!(store.reseal(&values).await?, 2);
    let expected = LoginRecord {
        sealed: values[0].new.clone(),
        ..login(1)
    };
    assert_eq!(store.take(&[1; 32], at(0)).await?, Some(expected));
    let expected = OfferRecord {
        sealed: values[1].new.clone(),
        ..offer(1)
    };
    let kept = store.offer(&named("owner"), uuid(1), at(0)).await?;
    assert_eq!(kept, Some(expected));
    Ok(())
}

/// Many replace the same value at once: one does.
pub async fn of_many_reseals_of_one_value_one_is_written(
    harness: &impl Harness<Store: Sealing>,
) -> Result<()> {
    let store = harness.store().await;
    keep_each(&*store, 1..=3).await?;
    let answers = race(&store, |store, number| async move {
        let new = |of| Resealed::new(value(SealedField::Tokens, of), format!("{number}").into());
        let mut values = [1, 2, 3].map(new);
        if number % 2 == 0 {
            values.reverse();
        }
        Ok((number, store.reseal(&values).await?))
    })
    .await;
    let mut written = 0;
    for answer in answers {
        written += answer?.1;
    }
    assert_eq!(written, 3, "one of {CROWD} replaces each");
    Ok(())
}

/// A save and reseals at once: what was saved is never undone by a reseal of what was there before.
pub async fn a_reseal_never_undoes_a_save(harness: &impl Harness<Store: Sealing>) -> Result<()> {
    let store = harness.store().await;
    for number in 1..=4 {
        keep(&*store, number).await?;
        let answers = race(&store, |store, task| async move {
            if task == CROWD / 2 {
                let saved = TokenRecord {
                    sealed: Some(b"saved".to_vec()),
                    ..record(number)
                };
                let expect = Expect::Revision(Revision(1));
                return store.save(&saved, expect).await.map(drop);
            }
            let values = [renewed(SealedField::Tokens, number)];
            store.reseal(&values).await.map(drop)
        })
        .await;
        for answer in answers {
            answer?;
        }
        let key = account(number.into());
        let stored = TokenStore::load(&*store, &key).await?;
        let stored = stored.and_then(|stored| stored.value.sealed);
        assert_eq!(stored, Some(b"saved".to_vec()), "the save stays");
    }
    Ok(())
}

/// What was replaced is there in the next process.
pub async fn reseals_outlive_their_process(harness: &impl Reopen<Store: Sealing>) -> Result<()> {
    let store = harness.store().await;
    keep(&*store, 1).await?;
    let values = SealedField::ALL.map(|field| renewed(field, 1));
    assert_eq!(store.reseal(&values).await?, 5);
    let store = harness.reopen(store).await;
    for field in SealedField::ALL {
        assert_eq!(all(&*store, field).await?, [], "{field:?} is left");
    }
    assert_eq!(store.reseal(&values).await?, 0, "they are replaced");
    Ok(())
}
