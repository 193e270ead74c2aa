use social_core::conformance::named;
use social_core::media::{MediaDir, MediaStoreExt as _};
use social_core::random::SystemRandom;

use super::*;

async fn kept(own: &Own, media: &MediaDir, content: &'static [u8], now: DateTime<Utc>) -> Kept {
    let stored = media.put_bytes(content).await.expect("stored");
    let kept = Kept::new(
        &SystemRandom::default(),
        "clip.mp4".to_owned(),
        &stored,
        Examined::default(),
    );
    let kept = kept.expect("an id");
    own.keep_upload(media, &named("ann"), &kept, now)
        .await
        .expect("kept");
    kept
}

#[tokio::test]
async fn a_file_is_its_owners_for_a_day_and_then_removed_unless_posted() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Own::open(&folder.path().join("server.db"))
        .await
        .expect("opened");
    let media = MediaDir::open(folder.path().join("media")).expect("a media folder");
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let forgotten = kept(&own, &media, b"forgotten", now).await;
    let posted = kept(&own, &media, b"posted", now).await;
    let again = kept(&own, &media, b"posted", now).await;
    own.mark_posted(&posted.id).await.expect("marked");

    assert_eq!(
        own.upload(&named("ann"), &forgotten.id, now)
            .await
            .expect("read"),
        Some(forgotten.clone())
    );
    assert_eq!(
        own.upload(&named("bob"), &forgotten.id, now)
            .await
            .expect("read"),
        None
    );
    assert_eq!(
        own.upload(&named("ann"), &again.id, now + WAITS)
            .await
            .expect("read"),
        None
    );

    assert_eq!(own.purge_uploads(&media, now).await.expect("purged"), 0);
    assert_eq!(
        own.purge_uploads(&media, now + WAITS)
            .await
            .expect("purged"),
        1
    );
    assert!(media.stat(&forgotten.media).await.is_err());
    assert!(media.stat(&posted.media).await.is_ok());
    let known = own
        .posted_upload(&named("ann"), &posted.media, now)
        .await
        .expect("read");
    assert_eq!(known.map(|known| known.id), Some(posted.id));
}

/// Where the store keeps a file.
fn place(folder: &std::path::Path, id: &MediaId) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains(id.as_str()) {
                return path;
            }
        }
    }
    panic!("no file of {id:?}")
}

#[tokio::test]
async fn a_file_that_cannot_be_removed_is_removed_later_and_keeps_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Own::open(&folder.path().join("server.db"))
        .await
        .expect("opened");
    let media = MediaDir::open(folder.path().join("media")).expect("a media folder");
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let stuck = kept(&own, &media, b"stuck", now).await;
    let other = kept(&own, &media, b"other", now).await;
    let place = place(&folder.path().join("media"), &stuck.media);
    // Not removed as a file is.
    std::fs::remove_file(&place).expect("removed");
    std::fs::create_dir(&place).expect("a folder in its place");
    let later = now + WAITS;
    assert!(own.purge_uploads(&media, later).await.is_err());
    assert!(media.stat(&other.media).await.is_err(), "the other is gone");

    std::fs::remove_dir(&place).expect("removed");
    std::fs::write(&place, b"stuck").expect("written");
    assert_eq!(own.purge_uploads(&media, later).await.expect("purged"), 1);
    assert!(media.stat(&stuck.media).await.is_err(), "nothing is left");
    assert_eq!(own.purge_uploads(&media, later).await.expect("purged"), 0);
}

#[tokio::test]
async fn a_file_that_is_gone_is_neither_kept_nor_posted() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = Own::open(&folder.path().join("server.db"))
        .await
        .expect("opened");
    let media = MediaDir::open(folder.path().join("media")).expect("a media folder");
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let old = kept(&own, &media, b"the same", now).await;
    // It arrived again, and before it was kept the old one was removed.
    let later = now + WAITS;
    assert_eq!(own.purge_uploads(&media, later).await.expect("purged"), 1);
    let again = own.keep_upload(&media, &named("ann"), &old, later).await;
    assert_eq!(again.expect_err("gone").kind(), ErrorKind::Unavailable);
    assert_eq!(
        own.upload(&named("ann"), &old.id, later)
            .await
            .expect("read"),
        None
    );
    assert!(
        own.mark_posted(&old.id).await.is_err(),
        "it cannot be posted"
    );
}
