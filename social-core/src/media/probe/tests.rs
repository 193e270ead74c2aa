mod documents;
mod fragments;
mod hostile;
mod webm;
mod whole;

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::*;
use crate::{
    error::{ErrorKind, Remedy},
    media::{MediaDir, MediaStoreExt},
};

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/fixtures")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

async fn probed(bytes: impl Into<bytes::Bytes> + Send) -> Result<Probe> {
    let folder = tempfile::tempdir().unwrap();
    let store = MediaDir::open(folder.path()).unwrap();
    let media = store.put_bytes(bytes).await.unwrap();
    probe(&store, &media.id).await
}

/// A box: its size, its name, its body.
fn boxed(name: &[u8; 4], body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let size = u32::try_from(8 + body.len()).unwrap();
    [&size.to_be_bytes()[..], name, &body].concat()
}

/// Where the first box of that name starts.
fn find(bytes: &[u8], name: &[u8; 4]) -> usize {
    bytes.windows(4).position(|window| window == name).unwrap() - 4
}

/// The only video track, and its frame rate.
fn video(found: &Probe) -> (&VideoFacts, FrameRate) {
    let [video] = &found.videos[..] else {
        panic!("one video track in {found:?}")
    };
    (video, video.frame_rate.unwrap())
}

fn constant(rate: f64) -> FrameRate {
    FrameRate::new(rate, rate, Pace::Constant)
}

const AAC: AudioFacts = AudioFacts {
    codec: AudioCodec::Aac,
};

fn ftyp() -> Vec<u8> {
    boxed(b"ftyp", &[b"isom\0\0\0\0isom"])
}

fn assert_about(duration: Option<Duration>, seconds: f64) {
    let found = duration.unwrap().as_secs_f64();
    assert!((found - seconds).abs() < 0.05, "{found} s");
}

#[tokio::test]
async fn an_mp4_is_told_completely() {
    let found = probed(fixture("clip.mp4")).await.unwrap();
    assert_eq!(
        (found.container, found.content_type),
        (Container::Mp4, Some("video/mp4"))
    );
    let (video, rate) = video(&found);
    assert_eq!(video.codec, VideoCodec::H264);
    assert_eq!((video.width, video.height), (Some(360), Some(640)));
    assert_eq!(rate, constant(30.0));
    assert_eq!(found.audios, [AAC]);
    assert_about(found.duration, 1.0);
    assert!(found.not_checked.is_empty() && found.is_video());
}

#[tokio::test]
async fn a_frame_rate_is_that_of_the_samples() {
    let found = probed(fixture("clip-15fps.mp4")).await.unwrap();
    assert_eq!(video(&found).1, constant(15.0));
}

#[tokio::test]
async fn a_mov_with_its_index_at_the_end_is_told_completely() {
    let found = probed(fixture("clip.mov")).await.unwrap();
    assert_eq!(
        (found.container, found.content_type),
        (Container::Mov, Some("video/quicktime"))
    );
    let (video, rate) = video(&found);
    assert_eq!(
        (&video.codec, video.width, video.height),
        (&VideoCodec::H264, Some(360), Some(640))
    );
    assert_eq!(rate, constant(30.0));
    assert_eq!(found.audios, [AAC]);
    assert_about(found.duration, 1.0);
    assert_eq!(found.not_checked, []);
}

#[tokio::test]
async fn hevc_is_known_by_the_name_of_its_entry() {
    let found = probed(fixture("clip-hevc.mp4")).await.unwrap();
    let (video, rate) = video(&found);
    assert_eq!(
        (&video.codec, video.width, video.height),
        (&VideoCodec::H265, Some(360), Some(640))
    );
    assert_eq!(rate, constant(30.0));
    assert_eq!(found.not_checked, []);
}

#[tokio::test]
async fn a_text_is_no_video_whatever_its_name() {
    let found = probed(fixture("not-a-video.mp4")).await.unwrap();
    assert_eq!(
        (found.container, found.content_type),
        (Container::Unknown, None)
    );
    assert!(!found.is_video());
}

#[tokio::test]
async fn an_unfinished_file_is_told_to_be_incomplete() {
    let (clip, mov) = (fixture("clip.mp4"), fixture("clip.mov"));
    for cut in [
        &clip[..40],
        &clip[..1000],
        &mov[..mov.len() / 2],
        &mov[..mov.len() - 1],
        &ftyp(),
    ] {
        let error = probed(cut.to_vec()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains("not complete"), "{error}");
        assert!(error.user_message().contains("damaged or incomplete"));
    }
}

#[tokio::test]
async fn containers_are_told_by_their_first_bytes() {
    for (bytes, container) in [
        (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Container::Jpeg),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Container::Png),
        (b"RIFF\x24\0\0\0WEBPVP8 ", Container::WebP),
        (b"RIFF\x24\0\0\0WAVEfmt ", Container::Unknown),
        (
            b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska",
            Container::Matroska,
        ),
        (
            b"\x1a\x45\xdf\xa3\x8e\x42\x82\x01\0\0\0\0\0\0\x04webm",
            Container::WebM,
        ),
        (b"\x1a\x45\xdf\xa3", Container::Unknown),
        (b"\0\0\0\x08free\0\0\0\0mdat", Container::Mov),
        (b"\0\0\0\x01wide\0\0\0\0\0\0\0\x10", Container::Mov),
        (b"\xff\0\0\0mdat", Container::Mov),
        (b"\0\0\0\x04free", Container::Unknown),
        (b"It's free, and no movie", Container::Unknown),
        (b"\0\0\0\x14ftypheic\0\0\0\0heic", Container::Unknown),
        (b"\0\0\0\x14ftyp", Container::Unknown),
        (b"G", Container::Unknown),
    ] {
        // Of what is elsewhere, only its first bytes are here: it may be whole.
        let found = probe_head(bytes, None).await.unwrap();
        assert_eq!(found.container, container, "{}", bytes.escape_ascii());
        assert_eq!(found.is_video(), container.holds_video());
    }
}

#[tokio::test]
async fn a_turned_picture_is_told_as_shown() {
    let mut clip = fixture("clip.mp4");
    // The matrix of the first track's header: a quarter turn.
    let at = find(&clip, b"tkhd") + 8 + 40;
    let one = 0x0001_0000_i32;
    for (index, value) in [0, one, 0, -one, 0, 0].into_iter().enumerate() {
        clip[at + index * 4..at + index * 4 + 4].copy_from_slice(&i32::to_be_bytes(value));
    }
    let found = probed(clip).await.unwrap();
    let (video, _) = video(&found);
    assert_eq!((video.width, video.height), (Some(640), Some(360)));
}

#[tokio::test]
async fn sound_alone_is_no_video() {
    let mut clip = fixture("clip.mp4");
    let first_track = find(&clip, b"trak") + 4;
    clip[first_track..first_track + 4].copy_from_slice(b"free");
    let found = probed(clip).await.unwrap();
    assert!(found.videos.is_empty() && !found.is_video());
    assert_eq!(found.audios, [AAC]);
}

#[tokio::test]
async fn an_index_without_tracks_is_no_video() {
    let found = probed([ftyp(), boxed(b"moov", &[])].concat())
        .await
        .unwrap();
    assert!(!found.is_video() && found.is_unchecked(Fact::Duration));
}

#[tokio::test]
async fn what_is_not_stored_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn MediaStore> = Arc::new(MediaDir::open(folder.path()).unwrap());
    let error = probe(&*store, &MediaId::from_digest([1; 32]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_beginning_of_a_video_tells_what_its_index_says_when_that_comes_first() {
    let first = fixture("clip.mp4");
    let index = find(&first, b"mdat");
    let whole = probed(first.clone()).await.unwrap();
    let size = first.len() as u64;
    let head = probe_head(&first[..index], Some(size)).await;
    assert_eq!(head.unwrap(), whole);
    // Of a file that is shorter than its index says, no more is needed to know that it is cut off.
    let cut = probe_head(&first[..index], Some(size - 1)).await;
    assert!(cut.unwrap_err().message().contains("not complete"));
    let unsaid = probe_head(&first[..index], None).await.unwrap();
    assert_eq!(unsaid.videos, whole.videos);
    assert!(unsaid.is_unchecked(Fact::Completeness) && unsaid.not_checked.len() == 1);
    let within = find(&first, b"moov") + 100;
    let cut = probe_head(&first[..within], Some(size)).await.unwrap();
    assert_eq!(cut.container, Container::Mp4);
    assert!(cut.is_video() && cut.is_unchecked(Fact::Duration));
    let last = fixture("clip.mov");
    let head = probe_head(&last[..4096], None).await.unwrap();
    assert!(head.container == Container::Mov && head.is_unchecked(Fact::Size));
    let text = probe_head(b"this is no video at all", None).await.unwrap();
    assert_eq!(text.container, Container::Unknown);
    for bytes in [
        &b""[..],
        b"\0\0\0\x01ftyp",
        b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x02moov",
    ] {
        // Whatever it is, it ends.
        let _ = probe_head(bytes, None).await;
        let _ = probe_head(bytes, Some(bytes.len() as u64)).await;
    }
}
