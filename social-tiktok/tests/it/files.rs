//! Files as phones, browsers and screen recorders write them: looked at whole, refused only for what is certain, and what
//! was not looked at is told.

use std::path::PathBuf;

use social_core::{
    MediaStore, MediaStoreExt, PublishRequest, Reason, Remedy,
    error::words::Facts,
    publish::{Consent, MediaRef, Preflight, Step, Violation},
};
use social_tiktok::{PostOptions, Privacy};

use crate::{
    play::{Play, direct},
    stage::Stage,
};

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/fixtures");
    std::fs::read(folder.join(name)).unwrap()
}

/// What the check of a post of this file finds.
async fn checked(file: Vec<u8>) -> Preflight {
    let play = Play::new(&["video.publish"]).await;
    play.says_creator().await;
    let media = play.media.inner.put_bytes(file).await.unwrap();
    let request = PublishRequest::video(media).options(direct()).unwrap();
    play.preflight(&request).await
}

fn about_media(found: &Preflight) -> Vec<&Violation> {
    let all = found.violations.iter();
    all.filter(|found| found.field == "media").collect()
}

/// The one finding about the file.
fn one<'a>(found: &'a Preflight, rule: &str) -> &'a Violation {
    let [violation] = about_media(found)[..] else {
        panic!("{rule} alone in {found:?}")
    };
    assert_eq!(violation.rule, rule, "{found:?}");
    violation
}

/// What says that it is longer than TikTok takes. That it is longer than this account may post is said beside it.
fn too_long(found: &Preflight) -> &Violation {
    let [long, account] = about_media(found)[..] else {
        panic!("two findings in {found:?}")
    };
    assert_eq!(account.rule, "media.duration_creator");
    assert!(long.rule == "media.duration" && !long.soft, "{long:?}");
    long
}

/// Sets the flags of the first track's header.
fn flags_of_first_track(file: &mut [u8], flags: u8) {
    let name = file.windows(4).position(|name| name == b"tkhd").unwrap();
    file[name + 7] = flags;
}

#[tokio::test]
async fn a_movie_that_begins_with_another_box_than_its_type_is_a_movie() {
    let found = checked(fixture("first-box-free.mov")).await;
    assert!(about_media(&found).is_empty(), "{found:?}");
    for told in ["container: MOV", "codec: H.264", "frame rate: 30.0"] {
        assert!(found.passed.contains(&told.to_owned()), "{told}: {found:?}");
    }
    assert!(found.not_checked.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_file_cut_off_behind_its_index_is_incomplete() {
    let found = checked(fixture("cut-behind-index.mp4")).await;
    let cut = one(&found, "media.readable");
    assert!(!cut.soft && cut.line().contains("incomplete"), "{cut:?}");
}

#[tokio::test]
async fn every_track_that_is_switched_on_is_judged_and_no_other() {
    let both = fixture("two-video-tracks.mp4");
    let found = checked(both.clone()).await;
    let slow = one(&found, "media.frame_rate");
    assert!(!slow.soft, "{slow:?}");
    assert!(
        slow.line().contains("2.0 frames") && slow.line().contains("Video track 1 of 2"),
        "{slow:?}"
    );
    let mut off = both;
    flags_of_first_track(&mut off, 0);
    let found = checked(off).await;
    assert!(about_media(&found).is_empty(), "{found:?}");
    assert!(found.passed.contains(&"frame rate: 30.0".to_owned()));
}

#[tokio::test]
async fn a_frame_rate_that_varies_is_a_warning_and_one_that_is_constant_is_not() {
    let found = checked(fixture("variable-rate.mp4")).await;
    let varies = one(&found, "media.frame_rate_varies");
    assert!(varies.soft && varies.line().contains("19.8"), "{varies:?}");
    let found = checked(fixture("clip-15fps.mp4")).await;
    assert!(!one(&found, "media.frame_rate").soft);
}

#[tokio::test]
async fn a_file_in_fragments_is_measured_and_judged_like_any_other() {
    let found = checked(fixture("eleven-minutes-fragmented.mp4")).await;
    let long = too_long(&found);
    assert!(long.line().contains("661 s"), "{long:?}");
    assert!(found.passed.contains(&"frame rate: 24.0".to_owned()));
    assert!(found.not_checked.is_empty(), "{found:?}");
}

#[tokio::test]
async fn webm_is_looked_into_as_far_as_its_headers_tell() {
    let found = checked(fixture("clip.webm")).await;
    assert!(about_media(&found).is_empty(), "{found:?}");
    for told in [
        "container: WebM",
        "codec: VP9",
        "duration: 1 s",
        "picture: 360 by 640",
    ] {
        assert!(found.passed.contains(&told.to_owned()), "{told}: {found:?}");
    }
    let mut long = fixture("clip.webm");
    let length = long.windows(3).position(|id| id == [0x44, 0x89, 0x88]);
    // In milliseconds, as a floating-point number.
    let at = length.unwrap() + 3;
    long[at..at + 8].copy_from_slice(&601_000_f64.to_be_bytes());
    let found = checked(long).await;
    assert!(too_long(&found).line().contains("601 s"));
    let half = fixture("clip.webm")[..20_000].to_vec();
    let found = checked(half).await;
    assert!(!one(&found, "media.readable").soft);
}

/// It may come back: the operator restores it, or names the folder rightly.
#[tokio::test]
async fn a_missing_file_holds_a_post_that_is_not_begun() {
    for photos in [false, true] {
        let stage = Stage::new().await;
        let id = stage.video(60_000).await;
        let options = PostOptions::direct(Privacy::SelfOnly, Consent::given_by("ann"));
        let request = match photos {
            false => PublishRequest::video(id.clone()),
            true => PublishRequest::photos([MediaRef::Stored(id.clone())]),
        };
        let request = request.options(options).unwrap();
        let at = stage.plan(&request);
        assert!(stage.media.remove(&id).await.unwrap());
        let error = stage.step(&request, &at).await.unwrap_err();
        assert_eq!(
            (error.reason(), error.remedy()),
            (Some(Reason::MediaMissing), &Remedy::Operator),
            "{error:?}"
        );
        let told = error.words(&Facts::new().waits()).line();
        assert!(told.contains("operator"), "{told}");
        assert!(stage.control().posts().is_empty());
        if !photos {
            stage.video(60_000).await;
            let next = stage.step(&request, &at).await.unwrap();
            assert!(matches!(next, Step::Pending { .. }), "{next:?}");
        }
    }
}
