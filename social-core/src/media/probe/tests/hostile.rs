//! Files made to harm who reads them, and files changed at random.

use std::{ops::Range, sync::Mutex};

use async_trait::async_trait;
use futures_util::stream;
use proptest::prelude::*;

use super::*;
use crate::media::{ByteStream, Media, PublicUrl};

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
async fn a_huge_index_is_not_read() {
    let size = u32::try_from(MAX_INDEX + 1).unwrap();
    let mut file = [ftyp(), size.to_be_bytes().to_vec(), b"moov".to_vec()].concat();
    file.resize(file.len() + size as usize - 8, 0);
    let found = probed(file).await.unwrap();
    assert!(found.is_video() && found.videos.is_empty());
    assert!(
        found.not_checked[0]
            .to_string()
            .starts_with("video not checked: the index has 16777217 bytes")
    );
}

/// What a hostile file makes a reader hold or do is bounded by what is in it, and that by limits.
#[tokio::test]
async fn more_fragments_than_are_read_are_not_checked() {
    let size = u32::try_from(MAX_INDEX + 1).unwrap();
    let mut file = fragments::file(&[fragments::Fragment::default(); 2]);
    file.extend([&size.to_be_bytes()[..], b"moof"].concat());
    file.resize(file.len() + size as usize - 8, 0);
    let found = probed(file).await.unwrap();
    for fact in [Fact::Duration, Fact::FrameRate, Fact::Completeness] {
        assert!(found.is_unchecked(fact), "{found:?}");
    }
    assert!(found.is_video() && found.duration.is_none());
}

/// A file of nothing but boxes of one length, of which only as much exists as is read.
#[derive(Debug)]
struct Endless {
    each: u32,
    reads: Mutex<Vec<u64>>,
}

#[async_trait]
impl MediaStore for Endless {
    async fn put(&self, _: ByteStream, _: Option<u64>) -> Result<Media> {
        unreachable!("nothing is stored")
    }

    async fn stat(&self, id: &MediaId) -> Result<Media> {
        Ok(Media::new(id.clone(), 1 << 50))
    }

    async fn read(&self, _: &MediaId, range: Range<u64>) -> Result<ByteStream> {
        let length = range.end - range.start;
        self.reads.lock().unwrap().push(length);
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        let head = [&self.each.to_be_bytes()[..], b"free"].concat();
        let each = u64::from(self.each);
        for first in (range.start / each..).map(|number| number * each) {
            if first >= range.end {
                break;
            }
            for (at, byte) in (first..).zip(&head) {
                if range.contains(&at) {
                    bytes[usize::try_from(at - range.start).unwrap()] = *byte;
                }
            }
        }
        Ok(Box::pin(stream::iter([Ok(bytes.into())])))
    }

    async fn public_url(&self, _: &MediaId, _: Duration) -> Result<Option<PublicUrl>> {
        Ok(None)
    }

    async fn remove(&self, _: &MediaId) -> Result<bool> {
        Ok(false)
    }
}

#[tokio::test]
async fn boxes_without_end_take_a_bounded_number_of_reads_and_little_memory() {
    for (each, most) in [
        (8, 10),
        (2_000, 2_000),
        (1 << 20, 40_001),
        (0xFF_FFFF, 40_001),
    ] {
        let store = Endless {
            each,
            reads: Mutex::default(),
        };
        let found = probe(&store, &MediaId::from_digest([1; 32])).await;
        let found = found.unwrap();
        assert!(found.videos.is_empty() && found.is_unchecked(Fact::Video));
        let reads = store.reads.into_inner().unwrap();
        assert!(reads.len() <= most, "{each}: {}", reads.len());
        assert!(reads.iter().all(|length| *length <= 256 * 1024), "{each}");
    }
    // Behind the index they only keep what follows them from being known.
    let boxes = boxed(b"free", &[]).repeat(250_000);
    let found = probed([fixture("clip.mp4"), boxes].concat()).await;
    let found = found.unwrap();
    assert!(found.is_video() && !found.is_unchecked(Fact::Duration));
}

/// A run that claims four billion samples in no bytes is multiplied, not counted.
#[tokio::test]
async fn a_run_of_absurdly_many_samples_is_told_quickly() {
    let absurd = fragments::Fragment {
        samples: u32::MAX,
        ..fragments::Fragment::default()
    };
    let found = probed(fragments::file_of(&[absurd], &[0; 64]));
    let error = found.await.unwrap_err();
    assert!(error.message().contains("not complete"), "{error}");
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
    let unknown = AudioCodec::Other("mp4a".into());
    assert_eq!(found.audios, [AudioFacts { codec: unknown }]);
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
            let boxes = boxes::Boxes {
                container: Container::Mp4,
                index,
                fragments: Vec::new(),
                unread: None,
                size: Some(file.len() as u64),
            };
            sound(&movie::read(boxes))?;
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
        sound(&runtime.block_on(probed(file)))?;
    }

    /// Changes to fragments and to headers, in a whole file and in the beginning of one.
    #[test]
    fn changed_fragments_and_headers_do_no_harm(
        changes in changes(),
        cut in any::<prop::sample::Index>(),
        size in prop::option::of(any::<u64>()),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let in_fragments = fragments::file(&[fragments::Fragment::default(); 3]);
        let webm = fixture("clip.webm")[..800].to_vec();
        for (mut file, reach) in [(in_fragments, usize::MAX), (webm, 700)] {
            for (place, bytes) in &changes {
                let at = place.index(file.len().min(reach));
                let end = file.len().min(at + bytes.len());
                file[at..end].copy_from_slice(&bytes[..end - at]);
            }
            sound(&runtime.block_on(probed(file.clone())))?;
            let head = &file[..cut.index(file.len() + 1)];
            sound(&runtime.block_on(probe_head(head, size)))?;
        }
    }
}

/// What may be said of a file that somebody has changed: that it is damaged, or nothing absurd.
fn sound(found: &Result<Probe>) -> std::result::Result<(), TestCaseError> {
    match found {
        Ok(found) => {
            for rate in found.videos.iter().filter_map(|video| video.frame_rate) {
                for rate in [rate.mean, rate.usual] {
                    prop_assert!(rate.is_finite() && rate > 0.0, "{:?}", found);
                }
            }
        }
        Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Invalid),
    }
    Ok(())
}
