use super::{
    CROWD, Duration, ErrorKind, Media, MediaStore, MediaStoreExt, absent, content, endless, id_of,
    lost, part, pieces, race, read_of, refused, whole,
};
use crate::{conformance::Harness, error::Result};

/// A file is read as it was put, and its name is the digest of its content.
pub async fn a_file_is_read_as_it_was_put(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    for length in [1, 4_096, 700_001] {
        let data = content(length);
        let media = store.put_bytes(data.clone()).await?;
        let expected = Media::new(id_of(&data), length as u64);
        assert_eq!(media, expected, "it has the name of its content");
        assert_eq!(store.stat(&media.id).await?, expected);
        assert!(whole(&*store, &media).await? == data, "{length} bytes");
    }
    Ok(())
}

/// However a sender cuts it and whether it says how long it is, the same content is one file.
pub async fn equal_contents_are_one_file(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let first = store.put_bytes("hello").await?;
    let cut = || pieces(["", "hel", "", "lo"].map(|piece| Ok(piece.into())));
    assert_eq!(store.put(cut(), None).await?, first, "not announced");
    assert_eq!(store.put(cut(), Some(5)).await?, first, "announced");
    assert!(store.remove(&first.id).await?, "it is there");
    assert!(!store.remove(&first.id).await?, "it was there once");
    Ok(())
}

/// A range is read exactly, also an empty one.
pub async fn ranges_are_read_exactly(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let data = content(600_000);
    let media = store.put_bytes(data.clone()).await?;
    for range in [
        0..600_000,
        0..1,
        599_999..600_000,
        262_143..262_145,
        100_000..500_000,
        0..0,
        600_000..600_000,
    ] {
        let asked = range.start as u64..range.end as u64;
        let read = read_of(&*store, &media.id, asked).await?;
        assert!(read == data[range.clone()], "{range:?} exactly");
    }
    Ok(())
}

/// A range that the file has not is refused, not cut.
pub async fn a_range_beyond_the_end_is_refused(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let media = store.put_bytes("hello").await?;
    for range in [0..6, 5..6, 6..6, u64::MAX - 1..u64::MAX] {
        let read = read_of(&*store, &media.id, range).await;
        refused(read, ErrorKind::Invalid, "beyond the end");
    }
    Ok(())
}

/// A file without content is refused, whatever was announced.
pub async fn an_empty_file_is_refused(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    for (sent, announced) in [
        (pieces([]), None),
        (part(""), None),
        (pieces([]), Some(0)),
        (part("a"), Some(0)),
    ] {
        let answer = store.put(sent, announced).await;
        refused(answer, ErrorKind::Invalid, "nothing is no file");
    }
    Ok(())
}

/// A file that is shorter or longer than announced is refused and not stored.
pub async fn a_file_of_another_length_than_announced_is_refused(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    for announced in [4, 6] {
        let answer = store.put(part("hello"), Some(announced)).await;
        refused(answer, ErrorKind::Invalid, "not as announced");
        for kept in ["hello", "hell"] {
            let stat = store.stat(&id_of(kept.as_bytes())).await;
            refused(stat, ErrorKind::NotFound, "nothing of it is stored");
        }
    }
    Ok(())
}

/// What breaks off is not stored, and the sender's own error is told.
pub async fn a_file_that_breaks_off_is_not_stored(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let data = content(700_000);
    let answer = store
        .put(pieces([Ok(data.clone()), Err(lost())]), None)
        .await;
    assert_eq!(answer, Err(lost()), "the sender's own error");
    let stat = store.stat(&id_of(&data)).await;
    refused(stat, ErrorKind::NotFound, "it is not stored");
    Ok(())
}

/// A call that is dropped while the file comes stores nothing.
pub async fn a_dropped_put_stores_nothing(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let data = content(700_000);
    for _ in 0..3 {
        let mut putting = store.put(endless(data.clone()), None);
        for _ in 0..20 {
            let now = std::future::poll_fn(|context| {
                std::task::Poll::Ready(putting.as_mut().poll(context).is_ready())
            });
            assert!(!now.await, "it has not ended");
            tokio::task::yield_now().await;
        }
        drop(putting);
        let stat = store.stat(&id_of(&data)).await;
        refused(stat, ErrorKind::NotFound, "it is not stored");
    }
    assert_eq!(store.put_bytes(data).await?.size, 700_000);
    Ok(())
}

/// What is not stored is not found, and has no address.
pub async fn what_is_not_stored_is_not_found(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    store.put_bytes("another").await?;
    let id = absent();
    refused(store.stat(&id).await, ErrorKind::NotFound, "stat");
    let read = read_of(&*store, &id, 0..1).await;
    refused(read, ErrorKind::NotFound, "read");
    match store.public_url(&id, Duration::from_secs(60)).await {
        Ok(address) => assert_eq!(address, None, "it has no address"),
        address => refused(address, ErrorKind::NotFound, "its address"),
    }
    assert!(!store.remove(&id).await?, "it was not there");
    Ok(())
}

/// Two files have two addresses, if they have any.
pub async fn an_address_is_of_one_file(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let hour = Duration::from_secs(3_600);
    let one = store.put_bytes("one").await?;
    let two = store.put_bytes("two").await?;
    let one = store.public_url(&one.id, hour).await?;
    let two = store.public_url(&two.id, hour).await?;
    assert_eq!(one.is_some(), two.is_some(), "all have one or none has");
    if let (Some(one), Some(two)) = (one, two) {
        assert!(one != two, "two files have two addresses");
        assert_eq!(one.expose().scheme(), "https", "an address is https");
    }
    Ok(())
}

/// A removed file is gone for good, until it is put again.
pub async fn a_removed_file_is_gone(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let gone = store.put_bytes("gone").await?;
    let kept = store.put_bytes("kept").await?;
    assert!(store.remove(&gone.id).await?, "it was there");
    refused(
        store.stat(&gone.id).await,
        ErrorKind::NotFound,
        "it is gone",
    );
    let read = read_of(&*store, &gone.id, 0..4).await;
    refused(read, ErrorKind::NotFound, "it is not read");
    assert!(!store.remove(&gone.id).await?, "it is not there any more");
    assert_eq!(whole(&*store, &kept).await?, b"kept", "the other one stays");
    assert_eq!(store.put_bytes("gone").await?, gone);
    assert_eq!(whole(&*store, &gone).await?, b"gone", "it is there again");
    Ok(())
}

/// Many put the same at once: each is answered the same, and the file is whole.
pub async fn of_many_equal_files_one_is_kept(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let data = content(300_000);
    let sent = data.clone();
    let answers = race(&store, move |store, _| {
        let data = sent.clone();
        async move { store.put_bytes(data).await }
    })
    .await;
    assert_eq!(answers.len(), CROWD);
    let expected = Media::new(id_of(&data), 300_000);
    for answer in answers {
        assert_eq!(answer?, expected, "each is answered the same");
    }
    assert!(whole(&*store, &expected).await? == data, "it is whole");
    assert!(store.remove(&expected.id).await?);
    refused(
        store.stat(&expected.id).await,
        ErrorKind::NotFound,
        "there was one",
    );
    Ok(())
}

/// A store says whether it takes parts, and one that does not refuses each of their methods so.
pub async fn a_store_says_whether_it_takes_parts(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let begun = store.begin_upload(None).await;
    if store.takes_parts() {
        let length = store.upload_length(&begun?).await?;
        assert_eq!(length, 0, "nothing has arrived");
        return Ok(());
    }
    let id = "an-upload".parse()?;
    let kind = ErrorKind::Unsupported;
    refused(begun, kind, "begin");
    refused(store.upload_part(&id, 0, part("a")).await, kind, "part");
    refused(store.upload_length(&id).await, kind, "length");
    refused(store.finish_upload(&id).await, kind, "finish");
    refused(store.abort_upload(&id).await, kind, "abort");
    let sweep = store.sweep_uploads(super::far_future()).await;
    refused(sweep, kind, "sweep");
    Ok(())
}
