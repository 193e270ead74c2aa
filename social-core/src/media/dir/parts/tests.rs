use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;

use super::*;
use crate::{
    error::Remedy,
    media::{
        Media, MediaStore, MediaStoreExt,
        dir::{
            draft,
            tests::{all, content, files, opened, pieces, rule},
        },
    },
    time::{Clock, ManualClock},
};

fn part(bytes: impl Into<Bytes>) -> ByteStream {
    pieces([Ok(bytes.into())])
}

fn data(store: &MediaDir, id: &UploadId) -> PathBuf {
    store.root.join("uploads").join(id.as_str())
}

/// A part that goes on for as long as the sender lives.
fn open_part() -> (mpsc::UnboundedSender<Result<Bytes>>, ByteStream) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    (
        sender,
        Box::pin(stream::poll_fn(move |context| receiver.poll_recv(context))),
    )
}

/// Lets the threads that write go on until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if is_so() {
            return;
        }
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
    panic!("{what}");
}

#[tokio::test]
async fn what_arrives_is_one_file_for_its_owner_only() {
    let (_folder, store) = opened();
    let id = store.begin_upload(Some(11)).await.unwrap();
    assert!(id.as_str().ends_with("-11"), "{id}");
    assert_eq!(store.upload_part(&id, 0, part("hello ")).await.unwrap(), 6);
    assert_eq!(files(&store.root), [data(&store, &id)]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data(&store, &id)), 0o600);
    assert_eq!(mode(store.root.join("uploads")), 0o700);
    store.upload_part(&id, 6, part("world")).await.unwrap();
    let media = store.finish_upload(&id).await.unwrap();
    assert_eq!(media, store.put_bytes("hello world").await.unwrap());
    assert_eq!(mode(draft::path(&store.root, &media.id)), 0o600);
    let note = data(&store, &id).with_extension("done");
    assert_eq!(mode(note.clone()), 0o600);
    assert_eq!(files(&store.root).len(), 2);
    assert!(files(&store.root).contains(&note));
}

/// A process killed between two writes leaves a file that is longer than what it answered.
#[tokio::test]
async fn an_upload_goes_on_where_a_killed_process_was() {
    let (_folder, store) = opened();
    let whole = content(1_500_000);
    let id = store.begin_upload(None).await.unwrap();
    let first = part(whole.slice(..700_000));
    assert_eq!(store.upload_part(&id, 0, first).await.unwrap(), 700_000);
    let mut file = File::options()
        .append(true)
        .open(data(&store, &id))
        .unwrap();
    std::io::Write::write_all(&mut file, &whole[700_000..700_123]).unwrap();
    drop(file);

    let next = MediaDir::open(&store.root).unwrap();
    let again = part(whole.slice(700_000..));
    let error = next.upload_part(&id, 700_000, again).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(Arrived::of(&error), Some(700_123));
    assert_eq!(next.upload_length(&id).await.unwrap(), 700_123);
    let rest = part(whole.slice(700_123..));
    assert_eq!(
        next.upload_part(&id, 700_123, rest).await.unwrap(),
        1_500_000
    );
    let media = next.finish_upload(&id).await.unwrap();
    let read = next.read(&media.id, 0..media.size).await.unwrap();
    assert_eq!(all(read).await.unwrap(), whole);
}

/// Whatever a process that finished an upload had done when it was killed, the next one answers the same.
#[tokio::test]
async fn a_finish_goes_on_where_a_killed_process_was() {
    for killed_after in ["nothing", "half a note", "the note", "the file's name"] {
        let (_folder, store) = opened();
        let id = store.begin_upload(None).await.unwrap();
        store.upload_part(&id, 0, part("content")).await.unwrap();
        let data = data(&store, &id);
        let expected = MediaDir::open(store.root.join("other")).unwrap();
        let expected = expected.put_bytes("content").await.unwrap();
        let note = format!("{} 7", expected.id);
        match killed_after {
            "half a note" => fs::write(data.with_extension("tmp"), &note[..9]).unwrap(),
            "the note" => fs::write(data.with_extension("done"), &note).unwrap(),
            "the file's name" => {
                fs::write(data.with_extension("done"), &note).unwrap();
                draft::name(&store.root, &data, &expected.id).unwrap();
            }
            _ => {}
        }
        let next = MediaDir::open(&store.root).unwrap();
        assert_eq!(next.upload_length(&id).await.unwrap(), 7, "{killed_after}");
        for _ in 0..2 {
            let media = next.finish_upload(&id).await.unwrap();
            assert_eq!(media, expected, "{killed_after}");
        }
        assert_eq!(next.stat(&expected.id).await.unwrap(), expected);
        let error = next.upload_part(&id, 7, part("more")).await.unwrap_err();
        assert_eq!(Arrived::of(&error), Some(7), "{error}");
        assert!(error.message().contains("finished"), "{error}");
    }
}

#[tokio::test]
async fn a_finished_upload_whose_file_was_removed_is_not_found() {
    let (_folder, store) = opened();
    let id = store.begin_upload(None).await.unwrap();
    store.upload_part(&id, 0, part("content")).await.unwrap();
    let media = store.finish_upload(&id).await.unwrap();
    assert!(store.remove(&media.id).await.unwrap());
    let error = store.finish_upload(&id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// Also of another process: the lock is the file's.
#[tokio::test]
async fn while_a_part_is_written_nobody_else_writes_or_finishes() {
    let (_folder, store) = opened();
    let other = MediaDir::open(&store.root).unwrap();
    let id = store.begin_upload(None).await.unwrap();
    let (sender, open) = open_part();
    let writer = tokio::spawn({
        let (store, id) = (store.clone(), id.clone());
        async move { store.upload_part(&id, 0, open).await }
    });
    sender.send(Ok(content(600_000))).unwrap();
    let path = data(&store, &id);
    until("it is written", || path.metadata().unwrap().len() > 0).await;
    let length = path.metadata().unwrap().len();
    for offset in [0, length] {
        let error = other.upload_part(&id, offset, part("b")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(Arrived::of(&error), Some(length), "{error}");
    }
    let error = other.finish_upload(&id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let later = ManualClock::default().now() + TimeDelta::days(100_000);
    assert_eq!(other.sweep_uploads(later).await.unwrap(), 0, "it is in use");
    drop(sender);
    assert_eq!(writer.await.unwrap().unwrap(), 600_000);
    assert_eq!(
        other.upload_part(&id, 600_000, part("b")).await.unwrap(),
        600_001
    );
}

#[tokio::test]
async fn an_abort_ends_a_part_that_is_being_written() {
    let (_folder, store) = opened();
    let id = store.begin_upload(None).await.unwrap();
    let (sender, open) = open_part();
    let writer = tokio::spawn({
        let (store, id) = (store.clone(), id.clone());
        async move { store.upload_part(&id, 0, open).await }
    });
    sender.send(Ok(content(600_000))).unwrap();
    let path = data(&store, &id);
    until("it is written", || path.metadata().unwrap().len() > 0).await;
    assert!(store.abort_upload(&id).await.unwrap());
    drop(sender);
    let error = writer.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(files(&store.root), [] as [PathBuf; 0]);
    assert!(!store.abort_upload(&id).await.unwrap());
}

#[tokio::test]
async fn a_dropped_part_keeps_what_was_written_and_lets_go() {
    let (_folder, store) = opened();
    let id = store.begin_upload(None).await.unwrap();
    let endless = stream::iter([Ok(content(1_500_000))]).chain(stream::pending());
    let mut sending = store.upload_part(&id, 0, Box::pin(endless));
    let path = data(&store, &id);
    for _ in 0..10_000 {
        assert!((&mut sending).now_or_never().is_none());
        if path.metadata().unwrap().len() > 1_000_000 {
            break;
        }
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
    drop(sending);
    let length = store.upload_length(&id).await.unwrap();
    assert!(length > 1_000_000, "{length}");
    let is_free = || {
        let file = File::options().write(true).open(&path).unwrap();
        file.try_lock().is_ok()
    };
    until("the lock is let go", is_free).await;
    let rest = part(content(1_500_000).slice(length as usize..));
    store.upload_part(&id, length, rest).await.unwrap();
    let media = store.finish_upload(&id).await.unwrap();
    assert_eq!(media, store.put_bytes(content(1_500_000)).await.unwrap());
}

/// The device `/dev/full` fails every write as a full disk does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_told_and_what_arrived_stays() {
    let (_folder, store) = opened();
    let id = store.begin_upload(None).await.unwrap();
    store.upload_part(&id, 0, part("hello")).await.unwrap();
    let upload = store.upload(&id).unwrap();
    let full = Tail(File::options().write(true).open("/dev/full").unwrap());
    let error = store
        .write_to(full, &upload, 5, part(content(2_000_000)))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy(), Arrived::of(&error)),
        (ErrorKind::Storage, &Remedy::Operator, Some(5))
    );
    assert_eq!(
        error.message(),
        "no space left on the disk that holds the media folder; free some and try again; the upload has 5 bytes"
    );
    assert_eq!(store.upload_part(&id, 5, part("!")).await.unwrap(), 6);
}

#[tokio::test]
async fn an_upload_is_never_longer_than_the_store_takes() {
    let (_folder, store) = opened();
    let store = store.with_limit(1_000);
    let error = store.begin_upload(Some(1_001)).await.unwrap_err();
    assert_eq!(rule(&error), "media.limit");
    let id = store.begin_upload(None).await.unwrap();
    store.upload_part(&id, 0, part(content(999))).await.unwrap();
    let much = pieces([Ok("a".into()), Ok("b".into())]);
    let error = store.upload_part(&id, 999, much).await.unwrap_err();
    assert_eq!(
        (rule(&error), Arrived::of(&error)),
        ("media.limit", Some(1_000))
    );
    assert_eq!(store.finish_upload(&id).await.unwrap().size, 1_000);
}

/// Names that are good names, and not of this store.
#[tokio::test]
async fn names_of_other_files_lead_nowhere() {
    let (_folder, store) = opened();
    let media = store.put_bytes("kept").await.unwrap();
    let id = store.begin_upload(None).await.unwrap();
    let zeros = "0".repeat(32);
    let before = files(&store.root);
    for name in [
        "incoming".to_owned(),
        "uploads".to_owned(),
        media.id.to_string(),
        id.as_str().to_ascii_uppercase(),
        format!("{id}-"),
        format!("{id}-05"),
        format!("{id}-5-5"),
        format!("{id}-18446744073709551616"),
        format!("-{id}"),
        format!("{zeros}-5"),
        zeros,
        "-".to_owned(),
    ] {
        if name == id.as_str() {
            continue;
        }
        let name: UploadId = name.parse().unwrap();
        let told = [
            store.upload_part(&name, 0, part("a")).await.err(),
            store.upload_length(&name).await.err(),
            store.finish_upload(&name).await.err(),
        ];
        for error in told {
            assert_eq!(error.unwrap().kind(), ErrorKind::NotFound, "{name}");
        }
        assert!(!store.abort_upload(&name).await.unwrap(), "{name}");
    }
    assert_eq!(files(&store.root), before);
}

#[tokio::test]
async fn a_sweep_takes_what_was_not_written_to_since() {
    let (_folder, store) = opened();
    let clock = ManualClock::default();
    let mut made = Vec::new();
    for age in [10, 5, 1] {
        let unfinished = store.begin_upload(None).await.unwrap();
        store.upload_part(&unfinished, 0, part("a")).await.unwrap();
        let finished = store.begin_upload(None).await.unwrap();
        let text = format!("{age}");
        store.upload_part(&finished, 0, part(text)).await.unwrap();
        let media = store.finish_upload(&finished).await.unwrap();
        let at = clock.now() - TimeDelta::hours(age);
        let note = data(&store, &finished).with_extension("done");
        for path in [data(&store, &unfinished), note] {
            File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(at.into())
                .unwrap();
        }
        made.push((unfinished, finished, media));
    }
    // What is not of this store is left alone; half a note of an upload that is gone is not.
    let folder = store.root.join("uploads");
    let stray = folder.join(format!("{}.tmp", "a".repeat(32)));
    for path in [folder.join("README"), stray.clone()] {
        let file = File::create(path).unwrap();
        file.set_modified((clock.now() - TimeDelta::days(9)).into())
            .unwrap();
    }
    let before = clock.now() - TimeDelta::hours(5);
    assert_eq!(store.sweep_uploads(before).await.unwrap(), 2);
    assert!(!stray.exists() && folder.join("README").exists());
    clock.advance(Duration::from_secs(1));
    for (age, (unfinished, finished, media)) in [10, 5, 1].into_iter().zip(&made) {
        let is_there = age <= 5;
        for id in [unfinished, finished] {
            assert_eq!(store.upload_length(id).await.is_ok(), is_there, "{age}");
        }
        let stored: Media = store.stat(&media.id).await.unwrap();
        assert_eq!(stored, *media, "a finished file stays");
    }
    assert_eq!(
        store
            .sweep_uploads(clock.now() - TimeDelta::hours(5))
            .await
            .unwrap(),
        2
    );
}

/// Who is answered by a finish has the file, however old it was.
#[tokio::test]
async fn finished_again_it_is_young() {
    let (_folder, store) = opened();
    let id = store.begin_upload(None).await.unwrap();
    store.upload_part(&id, 0, part("abc")).await.unwrap();
    let media = store.finish_upload(&id).await.unwrap();
    let path = draft::path(&store.root, &media.id);
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    let before = chrono::DateTime::UNIX_EPOCH + TimeDelta::days(1);
    assert_eq!(store.finish_upload(&id).await.unwrap(), media);
    assert!(!store.remove_older(&media.id, before).await.unwrap());
}

/// One folder that cannot be read, here a link to itself, keeps none of the others from being listed.
#[tokio::test]
async fn a_folder_that_cannot_be_read_hides_no_other() {
    let (_folder, store) = opened();
    let media = store.put_bytes("abc").await.unwrap();
    let loops = store.root.join("00");
    std::os::unix::fs::symlink(&loops, &loops).unwrap();
    let listed = store.list(None, 9).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].media, media);
}
