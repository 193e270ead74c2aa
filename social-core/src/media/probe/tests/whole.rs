//! Files whose boxes stand in another order than usual, that end too early, or have several tracks.

use super::*;

async fn refused(file: &[u8]) -> String {
    let error = probed(file.to_vec()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.user_message().contains("damaged or incomplete"));
    error.message().to_owned()
}

#[tokio::test]
async fn a_movie_may_begin_with_any_box() {
    let found = probed(fixture("first-box-free.mov")).await.unwrap();
    assert_eq!(found.container, Container::Mov);
    assert_eq!(video(&found).1, constant(30.0));
    assert_about(found.duration, 1.0);
    assert_eq!(found.not_checked, []);
    let clip = fixture("clip.mp4");
    for first in [b"free", b"skip", b"wide", b"uuid", b"junk", b"PICT"] {
        let body = vec![0; 9000];
        // The places of the media move with the box.
        let file = moved(&clip, &boxed(first, &[&body]));
        let found = probed(file).await.unwrap();
        // The type box that follows counts.
        assert_eq!(found.container, Container::Mp4, "{first:?}");
        assert_eq!(found.not_checked, []);
    }
    let picture = [boxed(b"free", &[]), boxed(b"ftyp", &[b"heic\0\0\0\0"])].concat();
    assert_eq!(probed(picture).await.unwrap().container, Container::Unknown);
}

/// `file` behind `first`, its chunks where they are then.
fn moved(file: &[u8], first: &[u8]) -> Vec<u8> {
    let mut moved = file.to_vec();
    let mut from = 0;
    while let Some(place) = moved[from..].windows(4).position(|name| name == b"stco") {
        let table = from + place + 4;
        let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
        for entry in 0..number(table + 4) as usize {
            let at = table + 8 + 4 * entry;
            let place = number(at) + u32::try_from(first.len()).unwrap();
            moved[at..at + 4].copy_from_slice(&place.to_be_bytes());
        }
        from = table;
    }
    [first, &moved].concat()
}

#[tokio::test]
async fn a_file_that_ends_before_its_media_is_incomplete_wherever_it_is_cut() {
    let cut = refused(&fixture("cut-behind-index.mp4")).await;
    assert!(cut.contains("not complete"), "{cut}");
    let early = fixture("first-box-free.mov");
    let cut = refused(&early[..find(&early, b"moov")]).await;
    assert!(cut.contains("not complete"), "{cut}");
    let clip = fixture("clip.mp4");
    for cut in [
        find(&clip, b"mdat"),
        find(&clip, b"mdat") + 9,
        clip.len() - 1,
    ] {
        assert!(refused(&clip[..cut]).await.contains("not complete"));
    }
}

/// What the boxes do not show, the places of the samples do.
#[tokio::test]
async fn samples_behind_the_end_of_the_file_are_missed() {
    let mut clip = fixture("clip.mp4");
    let media = find(&clip, b"mdat");
    // Media to the end of the file: no box is too long now.
    clip[media..media + 4].fill(0);
    assert!(probed(clip.clone()).await.is_ok());
    clip.truncate(clip.len() - 100);
    let error = refused(&clip).await;
    assert!(error.contains("there are media up to byte"), "{error}");
    // In a table of eight bytes a chunk too.
    let file = fixture("first-box-free.mov");
    let table = find(&file, b"stco");
    let wide = [1_u32.to_be_bytes(), [0; 4], 16_u32.to_be_bytes()].concat();
    let wide = boxed(b"co64", &[&[0; 4], &wide]);
    let mut file = [&file[..table], &wide, &file[table + 20..]].concat();
    for outer in [b"moov", b"trak", b"mdia", b"minf", b"stbl"] {
        let at = find(&file, outer);
        let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
        file[at..at + 4].copy_from_slice(&(size + 4).to_be_bytes());
    }
    let found = probed(file.clone()).await.unwrap();
    assert_eq!(found.not_checked, []);
    let place = find(&file, b"co64") + 16;
    file[place..place + 8].copy_from_slice(&(1_u64 << 33).to_be_bytes());
    assert!(refused(&file).await.contains("there are media up to byte"));
}

#[tokio::test]
async fn what_stands_behind_the_last_box_is_no_fault() {
    let clip = fixture("clip.mp4");
    for rest in [
        &b"\0\0\0\0"[..],
        b"\0\0",
        b"a note of another program",
        b"\0\0\0\x02free",
        &[0; 40],
    ] {
        let found = probed([&clip, rest].concat()).await.unwrap();
        assert_eq!(found.not_checked, [], "{rest:?}");
    }
    // More media are announced there than the file has.
    let more = [&clip[..], b"\0\0\x10\0mdat1234"].concat();
    assert!(refused(&more).await.contains("the box mdat"));
}

#[tokio::test]
async fn boxes_with_long_sizes_and_to_the_end_are_followed() {
    let clip = fixture("clip.mp4");
    let long = [&[0, 0, 0, 1][..], b"free", &21_u64.to_be_bytes(), b"movie"].concat();
    let found = probed(moved(&clip, &[ftyp(), long].concat()))
        .await
        .unwrap();
    assert_eq!(video(&found).1, constant(30.0));
    // A size of zero reaches to the end of the file.
    let mut last = fixture("clip.mov");
    let index = find(&last, b"moov");
    last[index..index + 4].fill(0);
    let found = probed(last).await.unwrap();
    assert!(found.is_video() && found.not_checked.is_empty());
}

#[tokio::test]
async fn every_track_that_is_on_is_told_in_order_and_a_picture_beside_them_is_none() {
    let mut both = fixture("two-video-tracks.mp4");
    let rates = |found: &Probe| -> Vec<f64> {
        let rates = found.videos.iter().filter_map(|video| video.frame_rate);
        rates.map(|rate| rate.mean).collect()
    };
    assert_eq!(rates(&probed(both.clone()).await.unwrap()), [2.0, 30.0]);
    let first = find(&both, b"tkhd") + 11;
    both[first] = 0;
    assert_eq!(rates(&probed(both.clone()).await.unwrap()), [30.0]);
    // Where none is on, players take what there is.
    let second = first + 4 + find(&both[first + 4..], b"tkhd") + 11;
    both[second] = 0;
    assert_eq!(rates(&probed(both.clone()).await.unwrap()), [2.0, 30.0]);
    let codec = find(&both, b"stsd") + 20;
    assert_eq!(&both[codec..codec + 4], b"avc1");
    both[codec..codec + 4].copy_from_slice(b"jpeg");
    let settings = find(&both, b"avcC") + 4;
    both[settings..settings + 4].copy_from_slice(b"free");
    let found = probed(both).await.unwrap();
    assert_eq!((rates(&found), found.videos.len()), (vec![30.0], 1));
}

#[tokio::test]
async fn a_rate_that_varies_is_told_with_its_mean_and_with_what_is_usual() {
    let found = probed(fixture("variable-rate.mp4")).await.unwrap();
    let (_, rate) = video(&found);
    assert_eq!((rate.usual, rate.pace), (60.0, Pace::Varies));
    assert!((19.7..19.9).contains(&rate.mean), "{rate:?}");
    assert_about(found.duration, 6.0);
}
