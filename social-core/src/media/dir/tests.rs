use std::{
    fs::File,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::Path,
};

use bytes::Bytes;
use futures_util::{FutureExt, TryStreamExt, future, stream};
use proptest::prelude::*;

use super::*;
use crate::{media::MediaStoreExt, time::ManualClock};

pub(super) fn opened() -> (tempfile::TempDir, MediaDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = MediaDir::open(folder.path().join("media")).unwrap();
    (folder, store)
}

pub(super) fn pieces(pieces: impl IntoIterator<Item = Result<Bytes>>) -> ByteStream {
    Box::pin(stream::iter(pieces.into_iter().collect::<Vec<_>>()))
}

/// Bytes in which every position is recognised.
pub(super) fn content(length: usize) -> Bytes {
    (0..length).map(|at| (at / 251 + at) as u8).collect()
}

pub(super) async fn all(stream: ByteStream) -> Result<Vec<u8>> {
    stream
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
}

/// Every file below the folder.
/// All of them but the folder's lock.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, mut found): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    found.extend(folders.iter().flat_map(|folder| files(folder)));
    found.retain(|path| !path.ends_with(age::LOCK));
    found
}

pub(super) fn rule(error: &Error) -> &str {
    match error.remedy() {
        Remedy::FixInput { rule, .. } => rule,
        _ => "",
    }
}

#[tokio::test]
async fn a_file_is_kept_once_under_its_digest_for_its_owner_only() {
    let (_folder, store) = opened();
    let first = store.put_bytes("hello").await.unwrap();
    let again = store
        .put(
            pieces([Ok("hel".into()), Ok("".into()), Ok("lo".into())]),
            None,
        )
        .await
        .unwrap();
    assert_eq!(first, again);
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(first, Media::new(digest.parse().unwrap(), 5));
    assert_eq!(files(&store.root), [store.root.join("2c").join(digest)]);
    for (path, mode) in [
        ("", 0o700),
        ("incoming", 0o700),
        ("2c", 0o700),
        (&format!("2c/{digest}"), 0o600),
    ] {
        let facts = fs::metadata(store.root.join(path)).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, mode, "{path}");
    }
    assert_eq!(store.stat(&first.id).await.unwrap(), first);
    assert_eq!(
        store.public_url(&first.id, Duration::ZERO).await.unwrap(),
        None
    );
    let reopened = MediaDir::open(&store.root).unwrap();
    assert_eq!(
        all(reopened.read(&first.id, 0..5).await.unwrap())
            .await
            .unwrap(),
        b"hello"
    );
}

#[tokio::test]
async fn equal_files_sent_at_once_are_one() {
    let (_folder, store) = opened();
    let data = content(700_000);
    let sent = (0..8).map(|_| store.put_bytes(data.clone()));
    let stored = future::try_join_all(sent).await.unwrap();
    assert!(stored.iter().all(|media| *media == stored[0]));
    assert_eq!(files(&store.root).len(), 1);
    assert_eq!(
        all(store.read(&stored[0].id, 0..700_000).await.unwrap())
            .await
            .unwrap(),
        data
    );
}

#[tokio::test]
async fn ranges_are_read_exactly() {
    let (_folder, store) = opened();
    // Around the borders of the buffers for writing and reading.
    for length in [1, 262_143, 262_145, 524_288, 524_289, 2_000_000] {
        let data = content(length);
        let media = store.put_bytes(data.clone()).await.unwrap();
        for range in [
            0..length,
            0..1,
            length - 1..length,
            length / 3..length / 2,
            length..length,
        ] {
            let asked = range.start as u64..range.end as u64;
            let read = all(store.read(&media.id, asked).await.unwrap())
                .await
                .unwrap();
            assert!(read == data[range.clone()], "{range:?} of {length}");
        }
        for asked in [0..length as u64 + 1, u64::MAX - 1..u64::MAX] {
            let error = store.read(&media.id, asked).await.err().unwrap();
            assert_eq!(
                (error.kind(), rule(&error)),
                (ErrorKind::Invalid, "media.range")
            );
        }
    }
}

#[tokio::test]
async fn pieces_of_a_read_are_bounded() {
    let (_folder, store) = opened();
    let media = store.put_bytes(content(2_000_000)).await.unwrap();
    let read: Vec<Bytes> = store
        .read(&media.id, 0..2_000_000)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert!(read.iter().all(|piece| piece.len() <= 256 * 1024) && read.len() == 8);
}

#[tokio::test]
async fn wrong_lengths_are_refused_and_leave_nothing() {
    let (_folder, store) = opened();
    let store = store.with_limit(1_000_000);
    let mib = || Ok(content(1 << 20));
    for (sent, announced, told) in [
        (pieces([]), None, "media.empty"),
        (pieces([Ok(Bytes::new())]), None, "media.empty"),
        (pieces([Ok("abc".into())]), Some(0), "media.empty"),
        (pieces([Ok("abc".into())]), Some(4), "media.length"),
        (
            pieces([Ok("abc".into()), Ok("d".into())]),
            Some(3),
            "media.length",
        ),
        (pieces([mib()]), None, "media.limit"),
        (pieces([mib()]), Some(1 << 20), "media.limit"),
    ] {
        let error = store.put(sent, announced).await.unwrap_err();
        assert_eq!(
            (error.kind(), rule(&error)),
            (ErrorKind::Invalid, told),
            "{error}"
        );
        assert_eq!(files(&store.root), [] as [PathBuf; 0]);
    }
    let error = store.put(pieces([mib()]), None).await.unwrap_err();
    assert!(error.message().contains("1000000 bytes"), "{error}");
    store.put_bytes(content(1_000_000)).await.unwrap();
}

#[tokio::test]
async fn a_failed_stream_leaves_nothing() {
    let (_folder, store) = opened();
    let lost = Error::new(ErrorKind::Unavailable, "the sender is gone");
    let sent = pieces([Ok(content(1_500_000)), Err(lost.clone())]);
    assert_eq!(store.put(sent, None).await.unwrap_err(), lost);
    assert_eq!(files(&store.root), [] as [PathBuf; 0]);
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing() {
    let (_folder, store) = opened();
    let endless = stream::iter([Ok(content(1_500_000))]).chain(stream::pending());
    let mut sending = store.put(Box::pin(endless), None);
    let written = || {
        files(&store.root)
            .first()
            .is_some_and(|path| path.metadata().unwrap().len() > 1_000_000)
    };
    // Each try gives the threads that write some time.
    for _ in 0..10_000 {
        assert!((&mut sending).now_or_never().is_none());
        if written() {
            break;
        }
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
    assert!(written());
    drop(sending);
    for _ in 0..10_000 {
        if files(&store.root).is_empty() {
            return;
        }
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
    panic!("the draft is still there");
}

#[tokio::test]
async fn what_is_not_stored_is_not_found() {
    let (_folder, store) = opened();
    let id = MediaId::from_digest([7; 32]);
    assert_eq!(
        store.stat(&id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        store.read(&id, 0..1).await.err().unwrap().kind(),
        ErrorKind::NotFound
    );
    assert!(!store.remove(&id).await.unwrap());
    let media = store.put_bytes("gone soon").await.unwrap();
    assert!(store.remove(&media.id).await.unwrap());
    assert_eq!(
        store.stat(&media.id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_file_cut_while_it_is_read_is_an_error() {
    let (_folder, store) = opened();
    let media = store.put_bytes(content(1_000_000)).await.unwrap();
    let reading = store.read(&media.id, 0..1_000_000).await.unwrap();
    let file = File::options()
        .write(true)
        .open(&files(&store.root)[0])
        .unwrap();
    file.set_len(600_000).unwrap();
    let error = all(reading).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    // Storing the content again heals it.
    store.put_bytes(content(1_000_000)).await.unwrap();
    assert_eq!(store.stat(&media.id).await.unwrap().size, 1_000_000);
}

#[tokio::test]
async fn drafts_of_the_dead_are_swept_after_a_day() {
    let (_folder, store) = opened();
    let draft = store.root.join("incoming/1-0123456789abcdef");
    let clock = ManualClock::default();
    File::create(&draft)
        .unwrap()
        .set_modified(clock.now().into())
        .unwrap();
    clock.advance(Duration::from_secs(86_400));
    draft::sweep(&store.root, clock.now()).unwrap();
    assert!(draft.exists());
    clock.advance(Duration::from_secs(1));
    draft::sweep(&store.root, clock.now()).unwrap();
    assert!(!draft.exists());
}

#[tokio::test]
async fn only_regular_files_are_imported() {
    let (folder, store) = opened();
    let path = |name| folder.path().join(name);
    fs::write(path("clip.mp4"), content(300_000)).unwrap();
    let media = store.import(path("clip.mp4")).await.unwrap();
    assert_eq!(
        all(store.read(&media.id, 0..300_000).await.unwrap())
            .await
            .unwrap(),
        content(300_000)
    );

    std::os::unix::fs::symlink(path("clip.mp4"), path("link")).unwrap();
    let _listening = UnixListener::bind(path("socket")).unwrap();
    fs::write(path("empty"), "").unwrap();
    for (path, kind) in [
        (path("missing"), ErrorKind::NotFound),
        (path("link"), ErrorKind::Invalid),
        (path("socket"), ErrorKind::Invalid),
        (path("empty"), ErrorKind::Invalid),
        (folder.path().to_owned(), ErrorKind::Invalid),
        ("/dev/zero".into(), ErrorKind::Invalid),
    ] {
        let error = store.import(&path).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{}: {error}", path.display());
    }
    assert_eq!(files(&store.root).len(), 1);
}

#[test]
fn what_is_no_folder_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = MediaDir::open(file.path()).unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Storage, &Remedy::Operator)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the sender cuts it, and whatever part is read.
    #[test]
    fn what_is_put_is_read(
        cuts in proptest::collection::vec(0..400_000_usize, 1..6), a in 0.0..1.0, b in 0.0..1.0,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (_folder, store) = opened();
            let data = content(cuts.iter().sum::<usize>() + 1);
            let mut rest = data.clone();
            let mut sent: Vec<_> = cuts.iter().map(|cut| Ok(rest.split_to(*cut))).collect();
            sent.push(Ok(rest));
            let media = store.put(pieces(sent), None).await.unwrap();
            prop_assert_eq!(media.size, data.len() as u64);
            let [from, to] = [f64::min(a, b), f64::max(a, b)].map(|part| (part * data.len() as f64) as usize);
            let read = store.read(&media.id, from as u64..to as u64).await.unwrap();
            prop_assert!(all(read).await.unwrap() == data[from..to]);
            Ok(())
        })?;
    }
}
