use super::{
    CROWD, DateTime, ErrorKind, MediaStore, UploadId, begun, far_future, id_of, part, race,
    refused, stands_at, whole,
};
use crate::{conformance::Harness, error::Result};

/// A finished upload answers the same again, and takes no more.
pub async fn finishing_again_answers_the_same(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let id = begun(&*store, "hello".into()).await?;
    let media = store.finish_upload(&id).await?;
    assert_eq!(store.finish_upload(&id).await?, media, "the same again");
    assert_eq!(store.upload_length(&id).await?, 5, "all has arrived");
    for offset in [0, 5] {
        let answer = store.upload_part(&id, offset, part("!")).await;
        stands_at(answer, ErrorKind::Conflict, 5, "it takes no more");
    }
    assert_eq!(store.finish_upload(&id).await?, media, "as it was");
    assert_eq!(whole(&*store, &media).await?, b"hello");
    Ok(())
}

/// What is shorter than announced, or empty, is not finished, and can go on.
pub async fn what_is_too_short_is_not_finished(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let id = store.begin_upload(Some(5)).await?;
    let answer = store.finish_upload(&id).await;
    refused(answer, ErrorKind::Invalid, "nothing arrived");
    store.upload_part(&id, 0, part("hell")).await?;
    let answer = store.finish_upload(&id).await;
    refused(answer, ErrorKind::Invalid, "less than announced");
    store.upload_part(&id, 4, part("o")).await?;
    assert_eq!(store.finish_upload(&id).await?.id, id_of(b"hello"));
    let empty = store.begin_upload(None).await?;
    let answer = store.finish_upload(&empty).await;
    refused(answer, ErrorKind::Invalid, "nothing is no file");
    store.upload_part(&empty, 0, part("late")).await?;
    assert_eq!(store.finish_upload(&empty).await?.id, id_of(b"late"));
    Ok(())
}

/// Many finish at once: each is told the same file, or that another one is at it.
pub async fn of_many_finishes_none_answers_another_file(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let id = begun(&*store, super::content(300_000)).await?;
    let name = id.clone();
    let answers = race(&store, move |store, _| {
        let id = name.clone();
        async move { store.finish_upload(&id).await }
    })
    .await;
    assert_eq!(answers.len(), CROWD);
    let expected = id_of(&super::content(300_000));
    let mut finished = 0;
    for answer in answers {
        match answer {
            Ok(media) => {
                assert_eq!(media.id, expected, "the same file");
                finished += 1;
            }
            answer => refused(answer, ErrorKind::Conflict, "another one is at it"),
        }
    }
    assert!(finished > 0, "one finishes");
    assert_eq!(store.finish_upload(&id).await?.id, expected);
    Ok(())
}

/// The same content twice is one file, whichever way it came.
pub async fn an_upload_of_a_stored_content_is_that_file(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    use super::MediaStoreExt;

    let store = harness.store().await;
    let stored = store.put_bytes("hello").await?;
    let one = begun(&*store, "hello".into()).await?;
    let two = begun(&*store, "hello".into()).await?;
    assert_eq!(store.finish_upload(&one).await?, stored);
    assert_eq!(store.finish_upload(&two).await?, stored);
    assert_eq!(whole(&*store, &stored).await?, b"hello");
    Ok(())
}

/// An aborted upload is gone with all that arrived; the file of a finished one stays.
pub async fn an_abort_forgets_the_upload_and_no_file(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let kept = begun(&*store, "kept".into()).await?;
    let aborted = begun(&*store, "hello".into()).await?;
    assert!(store.abort_upload(&aborted).await?, "it was there");
    is_unknown(&*store, &aborted, "it is gone").await?;
    let stat = store.stat(&id_of(b"hello")).await;
    refused(stat, ErrorKind::NotFound, "nothing became of it");
    let media = store.finish_upload(&kept).await?;
    assert!(store.abort_upload(&kept).await?, "the upload was there");
    is_unknown(&*store, &kept, "the upload is gone").await?;
    assert_eq!(whole(&*store, &media).await?, b"kept", "the file stays");
    Ok(())
}

/// An id that nobody was given is not found, whatever it looks like.
pub async fn an_unknown_upload_is_not_found(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let id = begun(&*store, "hello".into()).await?;
    let long = "a".repeat(128);
    let zeros = "0".repeat(32);
    let digest = id_of(b"hello").to_string();
    let near = format!("{id}0");
    for text in ["a", "-", "_", "0", &zeros, &long, &digest, &near] {
        if text.len() <= 128 {
            is_unknown(&*store, &text.parse()?, text).await?;
        }
    }
    assert_eq!(store.upload_length(&id).await?, 5, "the other one stays");
    Ok(())
}

/// A sweep takes the uploads to which nothing was added since, and no file.
pub async fn a_sweep_takes_what_is_stale_and_no_file(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    assert_eq!(store.sweep_uploads(far_future()).await?, 0, "there is none");
    let begun_id = begun(&*store, "hello".into()).await?;
    let finished = begun(&*store, "kept".into()).await?;
    let media = store.finish_upload(&finished).await?;
    let past = DateTime::UNIX_EPOCH;
    assert_eq!(store.sweep_uploads(past).await?, 0, "none is that old");
    assert_eq!(store.upload_length(&begun_id).await?, 5, "it goes on");
    assert_eq!(
        store.sweep_uploads(far_future()).await?,
        2,
        "both are stale"
    );
    is_unknown(&*store, &begun_id, "it was swept away").await?;
    is_unknown(&*store, &finished, "it was swept away").await?;
    assert_eq!(whole(&*store, &media).await?, b"kept", "the file stays");
    assert_eq!(store.sweep_uploads(far_future()).await?, 0, "they are gone");
    Ok(())
}

async fn is_unknown(store: &dyn MediaStore, id: &UploadId, rule: &str) -> Result<()> {
    let kind = ErrorKind::NotFound;
    refused(store.upload_length(id).await, kind, rule);
    refused(store.upload_part(id, 0, part("a")).await, kind, rule);
    refused(store.finish_upload(id).await, kind, rule);
    assert!(!store.abort_upload(id).await?, "{rule}");
    Ok(())
}
