use super::*;

const SAMPLE: &[u8] = include_bytes!("../../../media/sample.mp4");

/// Where the sample's second box begins.
const TYPE_BOX: usize = 32;

fn scanned(bytes: &[u8]) -> Scanner {
    let mut scanner = Scanner::default();
    scanner.feed(bytes);
    scanner
}

/// The sample with bytes behind the first `marker` changed.
fn changed(marker: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut video = SAMPLE.to_vec();
    let found = video.windows(marker.len()).position(|part| part == marker);
    let at = found.unwrap() + marker.len() + offset;
    video[at..at + bytes.len()].copy_from_slice(bytes);
    video
}

fn verdict(video: &[u8]) -> Option<&'static str> {
    check(&scanned(video), &Limits::of_api())
}

#[test]
fn the_sample_is_read_as_it_is() {
    let facts = Facts::read(scanned(SAMPLE).moov().unwrap()).unwrap();
    let expected = Facts {
        duration_millis: facts.duration_millis,
        frame_rate: Some(30_000),
        size: Some((540, 960)),
        codec: Some(*b"avc1"),
    };
    assert_eq!(facts, expected);
    assert!((3000..3100).contains(&facts.duration_millis.unwrap()));
    assert_eq!(verdict(SAMPLE), None);
}

#[test]
fn the_creators_limit_counts_and_never_exceeds_the_apis() {
    let long = changed(b"mvhd", 16, &700_000_u32.to_be_bytes());
    let judge = |seconds| check(&scanned(&long), &Limits::of_creator(seconds));
    assert_eq!(judge(3600), Some("duration_check_failed"));
    assert_eq!(
        check(&scanned(SAMPLE), &Limits::of_creator(2)),
        Some("duration_check_failed")
    );
    assert_eq!(check(&scanned(SAMPLE), &Limits::of_creator(60)), None);
}

#[test]
fn each_rule_has_its_reason() {
    let small = changed(b"tkhd", 76, &(359_u32 << 16).to_be_bytes());
    assert_eq!(verdict(&small), Some("picture_size_check_failed"));
    let least = changed(b"tkhd", 76, &(360_u32 << 16).to_be_bytes());
    assert_eq!(verdict(&least), None);
    let slow = changed(b"stts", 8, &60_u32.to_be_bytes());
    assert_eq!(verdict(&slow), Some("frame_rate_check_failed"));
    let fast = changed(b"stts", 8, &190_u32.to_be_bytes());
    assert_eq!(verdict(&fast), Some("frame_rate_check_failed"));
    let odd = changed(b"stsd", 12, b"mp4v");
    assert_eq!(verdict(&odd), Some("file_format_check_failed"));
}

#[test]
fn what_is_no_video_is_refused_by_its_format() {
    let sound_only = changed(b"hdlr", 8, b"soun");
    for bytes in [
        b"".as_slice(),
        b"abc",
        b"\x89PNG\r\n\x1a\n",
        &SAMPLE[..400],
        &sound_only,
    ] {
        assert_eq!(verdict(bytes), Some("file_format_check_failed"));
    }
}

#[test]
fn a_movie_may_begin_with_any_box() {
    for first in [&b"\0\0\0\x08free"[..], b"\0\0\0\x08wide", b""] {
        let movie = [first, &SAMPLE[TYPE_BOX..]].concat();
        assert_eq!(verdict(&movie), None, "{first:?}");
    }
    let text = [&b"text text"[..], &SAMPLE[TYPE_BOX..]].concat();
    assert_eq!(verdict(&text), Some("file_format_check_failed"));
}

/// The samples' frames: one run of one length becomes three, of which the one between stands still.
#[test]
fn a_frame_rate_that_varies_is_not_judged_by_its_mean() {
    let table = |runs: &[(u32, u32)]| {
        let numbers = runs.iter().flat_map(|(count, length)| [*count, *length]);
        let count = u32::try_from(runs.len()).unwrap();
        let numbers = [0, count].into_iter().chain(numbers);
        numbers.flat_map(u32::to_be_bytes).collect::<Vec<u8>>()
    };
    assert!(!is_even(&table(&[(59, 1000), (1, 242_000), (59, 1000)])));
    assert!(is_even(&table(&[(59, 1001), (30, 1000), (1, 5)])));
    assert!(is_even(&table(&[(30, 512)])) && is_even(&table(&[])));
}

#[test]
fn webm_is_known_by_its_first_bytes() {
    let mut webm = vec![0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x82, 0x84];
    webm.extend(b"webm");
    assert_eq!(verdict(&webm), None);
    webm[8..12].copy_from_slice(b"mkvv");
    assert_eq!(verdict(&webm), Some("file_format_check_failed"));
}
