use std::{path::PathBuf, sync::Arc, time::Duration};

use proptest::prelude::*;

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
    let video = found.video.as_ref().unwrap();
    assert_eq!(video.codec, VideoCodec::H264);
    assert_eq!((video.width, video.height), (Some(360), Some(640)));
    assert_eq!(video.frame_rate, Some(30.0));
    assert_eq!(
        found.audio,
        Some(AudioFacts {
            codec: AudioCodec::Aac
        })
    );
    assert_about(found.duration, 1.0);
    assert!(found.not_checked.is_empty() && found.is_video());
}

#[tokio::test]
async fn a_frame_rate_is_that_of_the_samples() {
    let found = probed(fixture("clip-15fps.mp4")).await.unwrap();
    assert_eq!(found.video.unwrap().frame_rate, Some(15.0));
}

#[tokio::test]
async fn a_mov_with_its_index_at_the_end_is_told_completely() {
    let found = probed(fixture("clip.mov")).await.unwrap();
    assert_eq!(
        (found.container, found.content_type),
        (Container::Mov, Some("video/quicktime"))
    );
    let video = found.video.as_ref().unwrap();
    assert_eq!(
        (&video.codec, video.width, video.height),
        (&VideoCodec::H264, Some(360), Some(640))
    );
    assert_eq!(video.frame_rate, Some(30.0));
    assert_eq!(
        found.audio,
        Some(AudioFacts {
            codec: AudioCodec::Aac
        })
    );
    assert_about(found.duration, 1.0);
    assert_eq!(found.not_checked, []);
}

#[tokio::test]
async fn hevc_is_known_by_the_name_of_its_entry() {
    let found = probed(fixture("clip-hevc.mp4")).await.unwrap();
    let video = found.video.as_ref().unwrap();
    assert_eq!(
        (&video.codec, video.width, video.height),
        (&VideoCodec::H265, Some(360), Some(640))
    );
    assert_eq!(video.frame_rate, Some(30.0));
    assert_eq!(found.not_checked, []);
}

#[tokio::test]
async fn a_file_in_fragments_has_what_its_index_tells() {
    let found = probed(fixture("clip-fragmented.mp4")).await.unwrap();
    let video = found.video.as_ref().unwrap();
    assert_eq!(
        (&video.codec, video.width, video.height),
        (&VideoCodec::H264, Some(360), Some(640))
    );
    assert_eq!((video.frame_rate, found.duration), (None, None));
    assert!(found.is_unchecked(Fact::FrameRate) && found.is_unchecked(Fact::Duration));
    assert_eq!(found.not_checked.len(), 2, "{:?}", found.not_checked);
    assert!(found.is_video());
}

#[tokio::test]
async fn webm_is_recognised_and_not_checked() {
    let found = probed(fixture("clip.webm")).await.unwrap();
    assert_eq!(
        (found.container, found.content_type),
        (Container::WebM, Some("video/webm"))
    );
    assert!(
        found.is_video() && found.is_unchecked(Fact::Video) && found.is_unchecked(Fact::Duration)
    );
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
async fn absurd_counts_are_told_quickly() {
    let error = probed(fixture("absurd-counts.mp4")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(matches!(error.remedy(), Remedy::FixInput { rule, .. } if rule == "media.readable"));
    assert!(
        error
            .message()
            .contains("claims 4294967295 entries, and has room for"),
        "{error}"
    );
}

#[tokio::test]
async fn each_absurd_count_alone_is_told() {
    let clip = fixture("clip.mp4");
    for (table, count_at) in [
        (b"stts", 12),
        (b"stsc", 12),
        (b"stss", 12),
        (b"ctts", 12),
        (b"stco", 12),
        (b"stsd", 12),
        (b"stsz", 16),
    ] {
        let mut changed = clip.clone();
        let at = find(&clip, table) + count_at;
        changed[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        let error = probed(changed).await.unwrap_err();
        let name = String::from_utf8_lossy(table);
        assert!(
            error.message().contains(&format!("the table {name} ")),
            "{error}"
        );
    }
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
            b"\x1a\x45\xdf\xa3\x8f\x42\x82\x88matroska",
            Container::Matroska,
        ),
        (
            b"\x1a\x45\xdf\xa3\x93\x42\x82\x01\0\0\0\0\0\0\x04webm",
            Container::WebM,
        ),
        (b"\x1a\x45\xdf\xa3", Container::Unknown),
        (b"\0\0\0\x14ftypheic\0\0\0\0heic", Container::Unknown),
        (b"\0\0\0\x14ftyp", Container::Unknown),
        (b"G", Container::Unknown),
    ] {
        let found = probed(bytes).await.unwrap();
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
    let video = probed(clip).await.unwrap().video.unwrap();
    assert_eq!((video.width, video.height), (Some(640), Some(360)));
}

#[tokio::test]
async fn sound_alone_is_no_video() {
    let mut clip = fixture("clip.mp4");
    let first_track = find(&clip, b"trak") + 4;
    clip[first_track..first_track + 4].copy_from_slice(b"free");
    let found = probed(clip).await.unwrap();
    assert_eq!((found.video.as_ref(), found.is_video()), (None, false));
    assert_eq!(
        found.audio,
        Some(AudioFacts {
            codec: AudioCodec::Aac
        })
    );
}

#[tokio::test]
async fn an_index_without_tracks_is_no_video() {
    let found = probed([ftyp(), boxed(b"moov", &[])].concat())
        .await
        .unwrap();
    assert!(!found.is_video() && found.is_unchecked(Fact::Duration));
}

#[tokio::test]
async fn boxes_with_long_sizes_and_to_the_end_are_followed() {
    let clip = fixture("clip.mp4");
    let moov_at = find(&clip, b"moov");
    let moov_end = find(&clip, b"free");
    let long = [&[0, 0, 0, 1][..], b"mdat", &21_u64.to_be_bytes(), b"movie"].concat();
    let mut last = clip[moov_at..moov_end].to_vec();
    let found = probed([&ftyp(), &long, &last].map(Vec::as_slice).concat())
        .await
        .unwrap();
    assert_eq!(found.video.unwrap().frame_rate, Some(30.0));
    // A size of zero reaches to the end of the file.
    last[..4].fill(0);
    let found = probed([ftyp(), last].concat()).await.unwrap();
    assert!(found.is_video());
}

#[tokio::test]
async fn a_huge_index_is_not_read() {
    let size = u32::try_from(MAX_INDEX + 1).unwrap();
    let mut file = [ftyp(), size.to_be_bytes().to_vec(), b"moov".to_vec()].concat();
    file.resize(file.len() + size as usize - 8, 0);
    let found = probed(file).await.unwrap();
    assert!(found.is_video() && found.video.is_none());
    assert!(
        found.not_checked[0]
            .to_string()
            .starts_with("video not checked: the index has 16777217 bytes")
    );
}

/// A parser that keeps hundreds of bytes for each track of eight would need a gigabyte here.
#[tokio::test]
async fn a_great_many_tracks_are_refused() {
    let tracks = boxed(b"trak", &[]).repeat(1 << 20);
    let error = probed([ftyp(), boxed(b"moov", &[&tracks])].concat())
        .await
        .unwrap_err();
    assert!(error.message().contains("more than 64 tracks"), "{error}");
}

/// A parser that descends for every descriptor would exhaust its stack, and with it the process.
#[tokio::test]
async fn descriptors_nested_without_end_do_no_harm() {
    let mut nested = Vec::new();
    let mut length = 0_u32;
    while length < 8_000_000 {
        // In reverse, innermost first: flags, id, a length of four digits of seven bits, the tag.
        length += 3;
        let digits = [21, 14, 7, 0].map(|shift| (length >> shift) as u8 & 0x7F);
        let head = [
            3,
            digits[0] | 0x80,
            digits[1] | 0x80,
            digits[2] | 0x80,
            digits[3],
            0,
            0,
            0,
        ];
        nested.extend(head.iter().rev());
        length += 5;
    }
    nested.reverse();
    let esds = boxed(b"esds", &[&[0; 4], &nested]);
    let entry = boxed(b"mp4a", &[&[0; 28], &esds]);
    let stsd = boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1], &entry]);
    let handler = boxed(b"hdlr", &[&[0; 8], b"soun", &[0; 13]]);
    let media = boxed(
        b"mdia",
        &[&handler, &boxed(b"minf", &[&boxed(b"stbl", &[&stsd])])],
    );
    let moov = boxed(b"moov", &[&boxed(b"trak", &[&media])]);
    let found = probed([ftyp(), moov].concat()).await.unwrap();
    assert_eq!(
        found.audio,
        Some(AudioFacts {
            codec: AudioCodec::Other("mp4a".into())
        })
    );
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

/// Changes to a file: at a place in it, some bytes are overwritten.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, Vec<u8>)>> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..9),
        Just(vec![0xFF; 4]),
        Just(vec![0; 4]),
        Just(vec![0, 0, 0, 1]),
        Just(vec![0x7F, 0xFF, 0xFF, 0xFF]),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), bytes), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// 300 changes to the index of each of four files: a result or `Invalid`, no panic, nothing absurd.
    #[test]
    fn changed_files_do_no_harm(changes in changes()) {
        for name in ["clip.mp4", "clip.mov", "clip-hevc.mp4", "clip-fragmented.mp4"] {
            let file = fixture(name);
            let at = find(&file, b"moov");
            let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            let mut index = file[at..at + size].to_vec();
            for (place, bytes) in &changes {
                let at = 8 + place.index(index.len() - 8);
                let end = index.len().min(at + bytes.len());
                index[at..end].copy_from_slice(&bytes[..end - at]);
            }
            match movie::read(Container::Mp4, index) {
                Ok(found) => {
                    for video in found.video.iter() {
                        prop_assert!(video.frame_rate.is_none_or(|rate| rate.is_finite() && rate > 0.0));
                    }
                }
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Invalid),
            }
        }
    }

    /// Changes and cuts anywhere in a small file, through the store.
    #[test]
    fn changed_headers_do_no_harm(changes in changes(), cut in any::<prop::sample::Index>()) {
        let mut file = fixture("absurd-counts.mp4");
        for (place, bytes) in &changes {
            let at = place.index(1024);
            file[at..at + bytes.len()].copy_from_slice(bytes);
        }
        file.truncate(1 + cut.index(file.len()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        if let Err(error) = runtime.block_on(probed(file)) {
            prop_assert_eq!(error.kind(), ErrorKind::Invalid);
        }
    }
}
