use super::{
    ErrorKind, Media, MediaStore, begun, content, endless, id_of, lost, part, pieces, race,
    refused, stands_at, whole,
};
use crate::{conformance::Harness, error::Result};

/// What came in parts is the file that a put makes.
pub async fn parts_make_the_file(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let data = content(1_300_000);
    for expected in [None, Some(1_300_000)] {
        let id = store.begin_upload(expected).await?;
        let mut offset = 0;
        for end in [1, 600_000, 600_000, 1_299_999, 1_300_000] {
            let piece = data.slice(offset..end);
            let length = store.upload_part(&id, offset as u64, part(piece)).await?;
            assert_eq!(length, end as u64, "a part tells the new length");
            assert_eq!(store.upload_length(&id).await?, length);
            offset = end;
        }
        let media = store.finish_upload(&id).await?;
        assert_eq!(media, Media::new(id_of(&data), 1_300_000));
        assert_eq!(store.stat(&media.id).await?, media);
        assert!(whole(&*store, &media).await? == data, "it is whole");
        assert!(store.remove(&media.id).await?);
    }
    Ok(())
}

/// What is not finished is no file.
pub async fn what_is_not_finished_is_no_file(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    begun(&*store, "hello".into()).await?;
    let stat = store.stat(&id_of(b"hello")).await;
    refused(stat, ErrorKind::NotFound, "it is no file yet");
    Ok(())
}

/// A part that does not begin where the upload ends is refused with where that is, and changes nothing.
pub async fn a_part_elsewhere_is_refused_with_the_length(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let id = begun(&*store, "hello".into()).await?;
    for offset in [0, 4, 6, 1 << 40, u64::MAX] {
        let answer = store.upload_part(&id, offset, part("XXXXXXXX")).await;
        stands_at(answer, ErrorKind::Conflict, 5, "a part elsewhere");
    }
    let answer = store.upload_part(&id, 0, part("")).await;
    stands_at(answer, ErrorKind::Conflict, 5, "an empty one too");
    assert_eq!(
        store.upload_part(&id, 5, part("")).await?,
        5,
        "an empty part"
    );
    assert_eq!(store.finish_upload(&id).await?.id, id_of(b"hello"));
    Ok(())
}

/// A part whose sender is cut off keeps what arrived, and tells how far that is.
pub async fn a_part_cut_off_keeps_what_arrived(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let data = content(900_000);
    let id = begun(&*store, data.slice(..100)).await?;
    let cut = pieces([
        Ok(data.slice(100..600_000)),
        Ok(data.slice(600_000..700_000)),
        Err(lost()),
    ]);
    let answer = store.upload_part(&id, 100, cut).await;
    stands_at(answer, lost().kind(), 700_000, "what arrived is kept");
    assert_eq!(store.upload_length(&id).await?, 700_000);
    let at_once = store.upload_part(&id, 700_000, pieces([Err(lost())])).await;
    stands_at(at_once, lost().kind(), 700_000, "nothing arrived");
    let rest = part(data.slice(700_000..));
    store.upload_part(&id, 700_000, rest).await?;
    assert_eq!(store.finish_upload(&id).await?.id, id_of(&data));
    Ok(())
}

/// A call that is dropped leaves the beginning of what came, and the upload goes on.
pub async fn a_dropped_part_leaves_a_beginning(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let data = content(1_400_000);
    for polls in [0, 1, 2, 5, 20] {
        let id = begun(&*store, data.slice(..100)).await?;
        let mut sending = store.upload_part(&id, 100, endless(data.slice(100..)));
        for _ in 0..polls {
            let now = std::future::poll_fn(|context| {
                std::task::Poll::Ready(sending.as_mut().poll(context).is_ready())
            });
            assert!(!now.await, "it has not ended");
            tokio::task::yield_now().await;
        }
        drop(sending);
        // It may go on writing for a moment.
        let mut done = false;
        for _ in 0..100_000 {
            let length = store.upload_length(&id).await?;
            assert!((100..=1_400_000).contains(&length), "{length}");
            let at = usize::try_from(length).unwrap_or(usize::MAX);
            match store.upload_part(&id, length, part(data.slice(at..))).await {
                Ok(_) => {
                    done = true;
                    break;
                }
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        assert!(done, "the upload goes on");
        assert_eq!(store.finish_upload(&id).await?.id, id_of(&data));
    }
    Ok(())
}

/// Many write at one offset at once: one part is taken, whole, and the others are refused.
pub async fn of_many_parts_at_one_offset_one_is_taken(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let id = begun(&*store, "head:".into()).await?;
    let name = id.clone();
    let answers = race(&store, move |store, number| {
        let id = name.clone();
        let bytes = vec![u8::try_from(number).unwrap_or_default(); 100_000];
        async move { Ok((number, store.upload_part(&id, 5, part(bytes)).await)) }
    })
    .await;
    let mut taken = Vec::new();
    for answer in answers {
        let (number, answer) = answer?;
        match answer {
            Ok(length) => {
                assert_eq!(length, 100_005, "it is taken whole");
                taken.push(u8::try_from(number).unwrap_or_default());
            }
            answer => refused(answer, ErrorKind::Conflict, "another one came first"),
        }
    }
    let [winner] = taken[..] else {
        panic!("one part is taken: {taken:?}")
    };
    let expected = [b"head:", &vec![winner; 100_000][..]].concat();
    let media = store.finish_upload(&id).await?;
    assert_eq!(media.id, id_of(&expected), "nothing of the others");
    Ok(())
}

/// What comes for one upload does not come into another.
pub async fn uploads_are_told_apart(harness: &impl Harness<Store: MediaStore>) -> Result<()> {
    let store = harness.store().await;
    let one = begun(&*store, "one".into()).await?;
    let two = begun(&*store, "two".into()).await?;
    assert_ne!(one, two, "each has a name of its own");
    store.upload_part(&one, 3, part(" and more")).await?;
    assert_eq!(store.upload_length(&two).await?, 3);
    assert_eq!(store.finish_upload(&two).await?.id, id_of(b"two"));
    assert_eq!(store.finish_upload(&one).await?.id, id_of(b"one and more"));
    Ok(())
}

/// More than announced is refused, and what fits stays.
pub async fn more_than_announced_is_refused(
    harness: &impl Harness<Store: MediaStore>,
) -> Result<()> {
    let store = harness.store().await;
    let id = store.begin_upload(Some(5)).await?;
    let much = pieces([Ok("hell".into()), Ok("o and more".into())]);
    let answer = store.upload_part(&id, 0, much).await;
    stands_at(answer, ErrorKind::Invalid, 4, "more than announced");
    assert_eq!(store.upload_part(&id, 4, part("o")).await?, 5);
    let answer = store.upload_part(&id, 5, part("!")).await;
    stands_at(answer, ErrorKind::Invalid, 5, "it is full");
    assert_eq!(store.finish_upload(&id).await?.id, id_of(b"hello"));
    let nothing = store.begin_upload(Some(0)).await;
    refused(nothing, ErrorKind::Invalid, "nothing is no file");
    Ok(())
}
