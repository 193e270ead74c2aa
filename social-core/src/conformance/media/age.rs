use super::{ErrorKind, MediaStore, MediaStoreExt, absent, far_future, refused};
use crate::{
    conformance::{Harness, Spoil},
    error::Result,
    media::{Media, StoredMedia},
};

/// How often something is done until the store's clock has moved.
const TRIES: usize = 2_000;

async fn listed(store: &dyn MediaStore, media: &Media) -> Result<Option<StoredMedia>> {
    let all = store.list(None, 1_000).await?;
    Ok(all.into_iter().find(|found| found.media == *media))
}

/// Until the store's clock has moved on.
async fn renewed(store: &dyn MediaStore, media: &Media) -> Result<(StoredMedia, StoredMedia)> {
    let first = listed(store, media).await?.expect("it is listed");
    for _ in 0..TRIES {
        assert_eq!(store.renew(&media.id).await?, *media, "renewed as it is");
        let now = listed(store, media).await?.expect("it is listed");
        if now.stored_at > first.stored_at {
            return Ok((first, now));
        }
    }
    panic!("what is renewed is younger")
}

/// All that is listed, so many at once.
async fn all(store: &dyn MediaStore, limit: u32) -> Result<Vec<Media>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.list(after.as_ref(), limit).await?;
        assert!(page.len() <= limit as usize, "at most so many");
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = Some(last.media.id.clone());
        found.extend(page.into_iter().map(|found| found.media));
    }
}

/// These files, by their ids.
async fn put(store: &dyn MediaStore, files: u32) -> Result<Vec<Media>> {
    let mut stored = Vec::new();
    for number in 0..files {
        stored.push(store.put_bytes(format!("file {number}")).await?);
    }
    stored.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    Ok(stored)
}

/// Every file is listed once, by its id, however many are asked for at once.
pub async fn every_file_is_listed_once(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.list(None, 10).await?, [], "nothing was stored");
    let stored = put(&*store, 25).await?;
    for limit in [1, 7, 25, 100] {
        assert_eq!(all(&*store, limit).await?, stored, "{limit} at once");
    }
    Ok(())
}

/// A file of which the store cannot tell is left out, and keeps none of the others.
pub async fn a_spoilt_file_keeps_none_of_the_others(
    harness: &impl Spoil<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let mut stored = put(&*store, 9).await?;
    // One in the middle, the first, two in a row, the last.
    for spoilt in [4, 0, 3, 5] {
        let spoilt = stored.remove(spoilt);
        harness.spoil(&store, &spoilt.id).await;
        for limit in [1, 2, 100] {
            match all(&*store, limit).await {
                Ok(found) => assert_eq!(found, stored, "all others, {limit} at once"),
                Err(error) => panic!("one file ends the listing: {error}"),
            }
        }
    }
    Ok(())
}

/// An upload that is not finished is no file; nor is what was removed.
pub async fn only_files_are_listed(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    if store.takes_parts() {
        super::begun(&*store, "a beginning".into()).await?;
    }
    let gone = store.put_bytes("gone").await?;
    store.remove(&gone.id).await?;
    assert_eq!(store.list(None, 10).await?, [], "there is no file");
    Ok(())
}

/// What is renewed, or stored again, counts its age anew.
pub async fn what_is_renewed_is_young(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let media = store.put_bytes("hello").await?;
    let (_, now) = renewed(&*store, &media).await?;
    let removed = store.remove_older(&media.id, now.stored_at).await?;
    assert!(!removed, "it is not older than when it was renewed");
    assert_eq!(store.put_bytes("hello").await?, media, "stored again");
    let removed = store.remove_older(&media.id, now.stored_at).await?;
    assert!(!removed, "it is not older than when it was stored again");
    assert_eq!(store.stat(&media.id).await?, media);
    Ok(())
}

/// What is older goes, and nothing else.
pub async fn what_is_older_goes(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let (old, other) = (
        store.put_bytes("old").await?,
        store.put_bytes("other").await?,
    );
    let gone = store.remove_older(&old.id, far_future()).await?;
    assert!(gone, "it was stored before");
    assert!(
        !store.remove_older(&old.id, far_future()).await?,
        "it was there once"
    );
    refused(store.stat(&old.id).await, ErrorKind::NotFound, "it is gone");
    refused(
        store.renew(&old.id).await,
        ErrorKind::NotFound,
        "it is gone",
    );
    assert_eq!(store.stat(&other.id).await?, other, "it stays");
    refused(
        store.renew(&absent()).await,
        ErrorKind::NotFound,
        "it never was",
    );
    Ok(())
}

/// Who stores or renews a file while its age is looked at keeps it.
pub async fn of_a_renewal_and_a_removal_the_file_is_kept_or_known_gone(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    for _ in 0..20 {
        let media = store.put_bytes("hello").await?;
        let (_, now) = renewed(&*store, &media).await?;
        let before = now.stored_at;
        let ((), put) = futures_util::future::join(
            async {
                for _ in 0..5 {
                    let _ = store.remove_older(&media.id, before).await;
                }
            },
            store.put_bytes("hello"),
        )
        .await;
        put?;
        assert_eq!(
            store.stat(&media.id).await?,
            media,
            "what was just stored stays"
        );
    }
    Ok(())
}
