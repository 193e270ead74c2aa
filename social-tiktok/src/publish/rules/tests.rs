use std::time::Duration;

use social_core::publish::Consent;

use super::*;
use crate::{publish::state::VideoType, rules::VIDEO_BYTES_MAX};

fn rules(found: &Preflight) -> Vec<&str> {
    let names = found.violations.iter();
    names.map(|violation| violation.rule.as_str()).collect()
}

fn creator_of(json: &str, privacy: Privacy, seconds: Option<u64>) -> Preflight {
    let info: CreatorInfo = serde_json::from_str(json).unwrap();
    let options = PostOptions::direct(privacy, Consent::given_by("ann"))
        .allow_comment()
        .allow_duet()
        .allow_stitch();
    let file = File {
        size: 1,
        kind: Some(VideoType::Mp4),
        duration: seconds.map(Duration::from_secs),
        ..File::default()
    };
    let mut found = Preflight::default();
    creator(&info, &options, &file, &mut found);
    found
}

const CREATOR: &str = r#"{"duet_disabled":true,"max_video_post_duration_sec":300,"privacy_level_options":["FOLLOWER_OF_CREATOR","MUTUAL_FOLLOW_FRIENDS","SELF_ONLY"],"stitch_disabled":true,"comment_disabled":false}"#;

#[test]
fn a_video_is_no_longer_than_the_creator_may_post() {
    let disabled = ["interaction.duet_disabled", "interaction.stitch_disabled"];
    let fits = creator_of(CREATOR, Privacy::Followers, Some(300));
    assert_eq!(rules(&fits), disabled);
    assert!(fits.is_clear(), "what is switched off is a warning");
    let long = creator_of(CREATOR, Privacy::Followers, Some(301));
    assert_eq!(rules(&long)[0], "media.duration_creator");
    let message = &long.violations[0].finding;
    assert!(message.contains("301") && message.contains("300"));
    // A creator whose limit TikTok does not say has none here.
    let unsaid = r#"{"privacy_level_options":["SELF_ONLY"]}"#;
    let unsaid = creator_of(unsaid, Privacy::SelfOnly, Some(9_999));
    assert!(unsaid.violations.is_empty() && unsaid.not_checked.is_empty());
    // A limit that nothing was compared with was not checked.
    let unknown = creator_of(CREATOR, Privacy::Followers, None);
    let told = ["whether the video is longer than the 300 s of this account"];
    assert_eq!(
        (rules(&unknown), &unknown.not_checked[..]),
        (disabled.to_vec(), &told.map(str::to_owned)[..])
    );
}

#[test]
fn sizes_are_refused_warned_about_or_well() {
    let found = |bytes| {
        let mut found = Preflight::default();
        video::size(bytes, &mut found);
        (rules(&found).join(","), found.is_clear())
    };
    assert_eq!(found(0), ("media.empty".to_owned(), false));
    assert_eq!(found(1), (String::new(), true));
    assert_eq!(found(4_000_000_000), (String::new(), true));
    assert_eq!(found(4_000_000_001), ("media.size_near".to_owned(), true));
    assert_eq!(found(VIDEO_BYTES_MAX), ("media.size_near".to_owned(), true));
    assert_eq!(found(VIDEO_BYTES_MAX + 1), ("media.size".to_owned(), false));
    assert!(unsendable(0).user_message().contains("empty"));
    assert_eq!(unsendable(VIDEO_BYTES_MAX + 1).kind(), ErrorKind::Invalid);
}
