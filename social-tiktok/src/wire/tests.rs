//! The bodies of TikTok's documentation, and those that were met. What is not known passes through.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Answer, CreatorInfo, Privacy, PublishState, PublishStatus, User, UserField, Video, VideoField,
    VideoPage, token,
};

fn status(data: Value) -> PublishStatus {
    let body = json!({"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}});
    let answer = Answer::read(body.to_string().as_bytes());
    assert!(answer.code.is_none());
    answer.data().unwrap()
}

macro_rules! states {
    ($($name:ident: $word:literal $state:expr;)*) => {
        $(#[test]
        fn $name() {
            let read = status(json!({ "status": $word }));
            assert_eq!(read.state, Some($state));
            assert_eq!((read.fail_reason, read.post_ids.len()), (None, 0), "the least is enough");
        })*
    };
}

states! {
    status_processing_upload: "PROCESSING_UPLOAD" PublishState::ProcessingUpload;
    status_processing_download: "PROCESSING_DOWNLOAD" PublishState::ProcessingDownload;
    status_send_to_user_inbox: "SEND_TO_USER_INBOX" PublishState::SentToInbox;
    status_publish_complete: "PUBLISH_COMPLETE" PublishState::Complete;
    status_failed: "FAILED" PublishState::Failed;
    status_unknown: "BRAND_NEW" PublishState::Other("BRAND_NEW".to_owned());
}

#[test]
fn fields_of_a_status() {
    let read = status(json!({
        "status": "PUBLISH_COMPLETE",
        "fail_reason": "",
        "publicaly_available_post_id": [7_654_321_098_765_432_109_i64],
        "uploaded_bytes": 50_000_123,
        "downloaded_bytes": 7,
        "fresh": {"deep": [9_007_199_254_740_993_i64]},
    }));
    assert_eq!(read.state, Some(PublishState::Complete));
    assert_eq!(read.fail_reason, None);
    assert_eq!(read.post_ids, ["7654321098765432109"]);
    assert_eq!(
        (read.uploaded_bytes, read.downloaded_bytes),
        (Some(50_000_123), Some(7))
    );
    assert_eq!(
        read.more["fresh"]["deep"][0].as_i64(),
        Some(9_007_199_254_740_993)
    );
    assert_eq!(
        status(json!({})),
        PublishStatus::default(),
        "every field may be missing"
    );
}

#[test]
fn fields_of_a_creator() {
    let data = json!({
        "creator_avatar_url": "https://p16.tiktokcdn.example/a.webp",
        "creator_username": "ann",
        "creator_nickname": "Ann",
        "privacy_level_options": ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY", "BRAND_NEW"],
        "comment_disabled": true,
        "duet_disabled": true,
        "stitch_disabled": false,
        "max_video_post_duration_sec": 3600,
        "fresh": 1,
    });
    let read: CreatorInfo = serde_json::from_value(data).unwrap();
    assert_eq!(read.username.as_deref(), Some("ann"));
    assert_eq!(read.nickname.as_deref(), Some("Ann"));
    assert!(read.avatar_url.is_some_and(|url| url.ends_with("a.webp")));
    let fresh = Privacy::Other("BRAND_NEW".to_owned());
    let offered = [
        Privacy::Followers,
        Privacy::Friends,
        Privacy::SelfOnly,
        fresh,
    ];
    assert_eq!(read.privacy_options, offered);
    assert!(read.comment_disabled && read.duet_disabled && !read.stitch_disabled);
    assert_eq!(read.max_duration.map(|most| most.as_secs()), Some(3_600));
    assert_eq!(read.more["fresh"], 1);
    let least: CreatorInfo = serde_json::from_str("{}").unwrap();
    assert_eq!(least, CreatorInfo::default());
}

#[test]
fn fields_of_a_profile() {
    let data = json!({
        "open_id": "-000abc", "union_id": "u", "avatar_url": "a", "avatar_url_100": "b", "avatar_large_url": "c",
        "display_name": "Ann", "bio_description": "words", "profile_deep_link": "d", "is_verified": true,
        "username": "ann", "follower_count": 3_000_000_000_i64, "following_count": "2", "likes_count": 3,
        "video_count": 4, "fresh": [1],
    });
    let read: User = serde_json::from_value(data.clone()).unwrap();
    assert_eq!(
        read.open_id.as_deref(),
        Some("-000abc"),
        "the dash is part of it"
    );
    let texts = [
        read.union_id,
        read.avatar_url,
        read.avatar_url_100,
        read.avatar_large_url,
    ];
    let texts = texts.map(Option::unwrap_or_default);
    assert_eq!(texts, ["u", "a", "b", "c"]);
    let texts = [
        read.display_name,
        read.bio_description,
        read.profile_deep_link,
        read.username,
    ];
    assert_eq!(
        texts.map(Option::unwrap_or_default),
        ["Ann", "words", "d", "ann"]
    );
    assert_eq!(read.is_verified, Some(true));
    let counts = [
        read.follower_count,
        read.following_count,
        read.likes_count,
        read.video_count,
    ];
    assert_eq!(
        counts.map(Option::unwrap_or_default),
        [3_000_000_000, 2, 3, 4]
    );
    assert_eq!(read.more["fresh"][0], 1);
    for field in UserField::ALL {
        assert!(
            data.get(field.as_str()).is_some(),
            "{field:?} is a documented name"
        );
    }
}

#[test]
fn fields_of_a_video() {
    let data = json!({
        "id": "7080213458555737986", "create_time": 1_646_883_959, "cover_image_url": "a", "share_url": "b",
        "video_description": "words", "duration": 2, "height": 3, "width": 4, "title": "c", "embed_html": "d",
        "embed_link": "e", "like_count": 5, "comment_count": 6, "share_count": 7, "view_count": 3_000_000_000_i64,
        "fresh": true,
    });
    let read: Video = serde_json::from_value(data.clone()).unwrap();
    assert_eq!(read.id.as_deref(), Some("7080213458555737986"));
    assert_eq!(
        read.create_time.map(|at| at.timestamp()),
        Some(1_646_883_959)
    );
    let texts = [
        read.cover_image_url,
        read.share_url,
        read.video_description,
        read.title,
    ];
    assert_eq!(
        texts.map(Option::unwrap_or_default),
        ["a", "b", "words", "c"]
    );
    let texts = [read.embed_html, read.embed_link];
    assert_eq!(texts.map(Option::unwrap_or_default), ["d", "e"]);
    let counts = [read.duration, read.height, read.width, read.like_count];
    assert_eq!(counts.map(Option::unwrap_or_default), [2, 3, 4, 5]);
    let counts = [read.comment_count, read.share_count, read.view_count];
    assert_eq!(counts.map(Option::unwrap_or_default), [6, 7, 3_000_000_000]);
    assert_eq!(read.more["fresh"], true);
    for field in VideoField::ALL {
        assert!(
            data.get(field.as_str()).is_some(),
            "{field:?} is a documented name"
        );
    }
}

/// Errors as they come: nested, flat, with either name of the request's id, with data that is empty or missing.
#[test]
fn errors_of_every_shape_are_read() {
    for (body, code, log_id) in [
        (
            r#"{"data":{},"error":{"code":"invalid_params","message":"The chunk size is invalid","log_id":"20260809"}}"#,
            "invalid_params",
            Some("20260809"),
        ),
        (
            r#"{"error":{"code":"url_ownership_unverified","message":"Please review our URL ownership verification rules","logid":"20260809"}}"#,
            "url_ownership_unverified",
            Some("20260809"),
        ),
        (
            r#"{"code":"access_token_invalid","message":"The access token is invalid","log_id":"20260809"}"#,
            "access_token_invalid",
            Some("20260809"),
        ),
        (
            r#"{"error":"invalid_grant","error_description":"Refresh token is invalid or expired.","log_id":"20260809"}"#,
            "invalid_grant",
            Some("20260809"),
        ),
        (
            r#"{"data":null,"error":{"code":"brand_new","fresh":[1]},"more":2}"#,
            "brand_new",
            None,
        ),
    ] {
        let answer = Answer::read(body.as_bytes());
        assert_eq!(answer.code.as_deref(), Some(code), "{body}");
        assert_eq!(answer.log_id.as_deref(), log_id, "{body}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!([7, "8", null, {"a": 1}, [9]])),
        Just(json!({"a": {"b": []}})),
    ]
}

proptest! {
    #[test]
    fn a_status_is_read_whatever_its_fields_are(status in value(), reason in value(), ids in value(), bytes in value()) {
        let data = json!({
            "status": status, "fail_reason": reason, "publicaly_available_post_id": ids,
            "publicly_available_post_id": ids, "uploaded_bytes": bytes, "downloaded_bytes": bytes, "fresh": status,
        });
        let read: PublishStatus = serde_json::from_value(data).unwrap();
        prop_assert_eq!(&read.more["fresh"], &status);
    }

    #[test]
    fn everything_else_is_read_whatever_its_fields_are(name in 0..60_usize, value in value()) {
        let mut names: Vec<&str> = UserField::ALL.iter().map(|field| field.as_str()).collect();
        names.extend(VideoField::ALL.iter().map(|field| field.as_str()));
        names.extend([
            "creator_username", "privacy_level_options", "comment_disabled", "max_video_post_duration_sec", "videos",
            "cursor", "has_more", "access_token", "refresh_token", "expires_in", "scope",
        ]);
        let data = json!({ names[name % names.len()]: value });
        prop_assert!(serde_json::from_value::<User>(data.clone()).is_ok());
        prop_assert!(serde_json::from_value::<Video>(data.clone()).is_ok());
        prop_assert!(serde_json::from_value::<VideoPage>(data.clone()).is_ok());
        prop_assert!(serde_json::from_value::<CreatorInfo>(data.clone()).is_ok());
        prop_assert!(serde_json::from_value::<token::Sent>(data).is_ok());
    }

    #[test]
    fn any_bytes_are_survived_as_any_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let answer = Answer::read(&bytes);
        let _ = (answer.data::<User>(), answer.data::<VideoPage>(), answer.data::<PublishStatus>());
        let _ = (answer.data::<CreatorInfo>(), answer.data::<token::Sent>());
    }
}
