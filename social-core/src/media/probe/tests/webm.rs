//! WebM files: what their headers say, and where they are cut.

use super::*;

/// An element: its id as it stands in a file, its length in one or eight bytes, its body.
fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let length = match body.len() {
        short @ 0..=126 => vec![0x80 | u8::try_from(short).unwrap()],
        long => (0x0100_0000_0000_0000 | long as u64).to_be_bytes().to_vec(),
    };
    [id, &length, body].concat()
}

const SEGMENT: &[u8] = &[0x18, 0x53, 0x80, 0x67];
const INFO: &[u8] = &[0x15, 0x49, 0xA9, 0x66];
const TRACKS: &[u8] = &[0x16, 0x54, 0xAE, 0x6B];
const CLUSTER: &[u8] = &[0x1F, 0x43, 0xB6, 0x75];

fn header() -> Vec<u8> {
    element(&[0x1A, 0x45, 0xDF, 0xA3], &element(&[0x42, 0x82], b"webm"))
}

fn track(kind: u8, codec: &[u8], more: &[u8]) -> Vec<u8> {
    let body = [
        element(&[0x83], &[kind]),
        element(&[0x86], codec),
        more.to_vec(),
    ];
    element(&[0xAE], &body.concat())
}

fn picture(width: u16, height: u16) -> Vec<u8> {
    let sides = [
        element(&[0xB0], &width.to_be_bytes()),
        element(&[0xBA], &height.to_be_bytes()),
    ];
    element(&[0xE0], &sides.concat())
}

fn file(elements: &[Vec<u8>]) -> Vec<u8> {
    [header(), element(SEGMENT, &elements.concat())].concat()
}

#[tokio::test]
async fn the_headers_of_a_webm_are_read() {
    let found = probed(fixture("clip.webm")).await.unwrap();
    assert_eq!(
        (found.container, found.content_type),
        (Container::WebM, Some("video/webm"))
    );
    let (video, rate) = video(&found);
    assert_eq!(
        (&video.codec, video.width, video.height),
        (&VideoCodec::Vp9, Some(360), Some(640))
    );
    assert_eq!(rate.pace, Pace::Declared);
    assert!((29.99..30.01).contains(&rate.mean), "{rate:?}");
    let opus = AudioCodec::Opus;
    assert_eq!(found.audios, [AudioFacts { codec: opus }]);
    assert_about(found.duration, 1.0);
    assert_eq!(found.not_checked, []);
}

#[tokio::test]
async fn a_webm_that_ends_before_it_says_is_incomplete() {
    let clip = fixture("clip.webm");
    for cut in [clip.len() - 1, 20_000, 650, 300, 100, 40] {
        let error = probed(clip[..cut].to_vec()).await.unwrap_err();
        assert!(error.message().contains("not complete"), "{error}");
    }
    let head = probe_head(&clip[..1000], Some(clip.len() as u64)).await;
    assert_eq!(head.unwrap(), probed(clip.clone()).await.unwrap());
    let cut = probe_head(&clip[..1000], Some(20_000)).await.unwrap_err();
    assert!(cut.message().contains("not complete"), "{cut}");
    let early = probe_head(&clip[..200], None).await.unwrap();
    assert!(early.is_video() && early.is_unchecked(Fact::Video));
    assert!(early.is_unchecked(Fact::Duration) && early.is_unchecked(Fact::Completeness));
}

/// As browsers record: the length is not known when the headers are written.
#[tokio::test]
async fn what_a_recording_does_not_say_is_not_checked() {
    let tracks = [
        track(1, b"V_VP8", &picture(640, 480)),
        track(2, b"A_VORBIS", &[]),
    ];
    let live = [
        header(),
        [SEGMENT, &[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]].concat(),
        element(INFO, &element(&[0x2A, 0xD7, 0xB1], &[0x0F, 0x42, 0x40])),
        element(TRACKS, &tracks.concat()),
        [CLUSTER, &[0xFF, 0xE7]].concat(),
    ];
    let found = probed(live.concat()).await.unwrap();
    let [video] = &found.videos[..] else {
        panic!("{found:?}")
    };
    assert_eq!((&video.codec, video.width), (&VideoCodec::Vp8, Some(640)));
    let told: Vec<_> = found.not_checked.iter().map(|entry| entry.fact).collect();
    assert_eq!(told, [Fact::FrameRate, Fact::Duration, Fact::Completeness]);
    // The length counts in ticks of so many nanoseconds.
    let scale = element(&[0x2A, 0xD7, 0xB1], &1_000_000_000_u32.to_be_bytes());
    let length = element(&[0x44, 0x89], &661_f32.to_be_bytes());
    let info = element(INFO, &[scale, length].concat());
    let cluster = element(CLUSTER, &[0; 300]);
    let found = probed(file(&[cluster, element(TRACKS, &tracks.concat()), info]));
    assert_about(found.await.unwrap().duration, 661.0);
}

#[tokio::test]
async fn tracks_that_are_off_and_files_without_a_picture_are_told() {
    let off = element(&[0xB9], &[0]);
    let slow = element(&[0x23, 0xE3, 0x83], &500_000_000_u32.to_be_bytes());
    let first = track(1, b"V_VP9", &[picture(100, 100), slow, off].concat());
    let second = track(1, b"V_MPEG4/ISO/AVC", &picture(360, 640));
    let info = element(INFO, &element(&[0x44, 0x89], &1000_f64.to_be_bytes()));
    let tracks = |tracks: &[Vec<u8>]| element(TRACKS, &tracks.concat());
    let both = file(&[info.clone(), tracks(&[first.clone(), second])]);
    let found = probed(both).await.unwrap();
    let [on] = &found.videos[..] else {
        panic!("{found:?}")
    };
    assert_eq!((&on.codec, on.height), (&VideoCodec::H264, Some(640)));
    let alone = probed(file(&[info.clone(), tracks(&[first])]))
        .await
        .unwrap();
    assert_eq!(alone.videos[0].frame_rate.unwrap().mean, 2.0);
    let sound = probed(file(&[info.clone(), tracks(&[track(2, b"A_OPUS", &[])])]));
    assert!(!sound.await.unwrap().is_video());
    // A file that is whole and names no tracks: nothing was looked at, and nothing passes for looked at.
    let none = probed(file(&[info])).await.unwrap();
    assert!(none.videos.is_empty() && none.is_unchecked(Fact::Video));
}

#[tokio::test]
async fn headers_of_absurd_lengths_are_refused_or_not_read() {
    let many = track(1, b"V_VP8", &[]).repeat(65);
    let error = probed(file(&[element(TRACKS, &many)])).await.unwrap_err();
    assert!(error.message().contains("more than 64 tracks"), "{error}");
    let long = probed(file(&[element(TRACKS, &vec![0xEC; 1 << 20 | 1])]));
    let long = long.await.unwrap();
    assert!(long.videos.is_empty() && long.is_unchecked(Fact::Video));
    let inside = element(TRACKS, &[0xAE, 0x90, 0x83]);
    let error = probed(file(&[inside])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let voids = element(&[0xEC], &[]).repeat(20_000);
    let found = probed(file(&[voids])).await.unwrap();
    assert!(found.is_video() && found.is_unchecked(Fact::Video));
}
