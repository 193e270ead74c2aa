use super::{ErrorKind, MediaStore, MediaStoreExt, begun, content, id_of, part, refused, whole};
use crate::{conformance::Reopen, error::Result};

/// Files are there in the next process, and removed ones are not.
pub async fn files_outlive_their_process(harness: &impl Reopen<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let data = content(700_000);
    let kept = store.put_bytes(data.clone()).await?;
    let gone = store.put_bytes("gone").await?;
    store.remove(&gone.id).await?;
    let store = harness.reopen(store).await;
    assert_eq!(store.stat(&kept.id).await?, kept);
    assert!(whole(&*store, &kept).await? == data, "it is whole");
    refused(
        store.stat(&gone.id).await,
        ErrorKind::NotFound,
        "it is gone",
    );
    Ok(())
}

/// An upload goes on in the next process where it was, and is finished and forgotten there; for a store that takes parts.
pub async fn uploads_outlive_their_process(harness: &impl Reopen<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    if !store.takes_parts() {
        return Ok(());
    }
    let empty = store.begin_upload(Some(5)).await?;
    let half = begun(&*store, "hel".into()).await?;
    let finished = begun(&*store, "done".into()).await?;
    let media = store.finish_upload(&finished).await?;
    let aborted = begun(&*store, "gone".into()).await?;
    store.abort_upload(&aborted).await?;
    let store = harness.reopen(store).await;
    assert_eq!(store.upload_length(&empty).await?, 0);
    assert_eq!(store.upload_length(&half).await?, 3);
    assert_eq!(store.upload_part(&half, 3, part("lo")).await?, 5);
    assert_eq!(store.finish_upload(&half).await?.id, id_of(b"hello"));
    assert_eq!(store.finish_upload(&finished).await?, media, "the same");
    let length = store.upload_length(&aborted).await;
    refused(length, ErrorKind::NotFound, "it is forgotten");
    let much = store.upload_part(&empty, 0, part("hello!")).await;
    refused(much, ErrorKind::Invalid, "what was announced is known");
    Ok(())
}
