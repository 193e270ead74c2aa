//! Wrong requests to the posting endpoints, each with the status and code it is refused with.

use serde_json::{Value, json};
use social_sandbox::{App, DEMO_CLIENT_KEY};

use crate::client::{Stage, init_body};
use crate::posting::{
    CANCEL, CONTENT, INBOX, SAMPLE_JPEG, SAMPLE_VIDEO, STATUS, VIDEO, inbox_body, photo_body,
    photo_share, pull_body, unlimited,
};
use crate::refused_oauth::log_id;

type Case = (&'static str, &'static str, Value, u16, &'static str);

const PARAMS: &str = "invalid_params";
const OWNERSHIP: &str = "url_ownership_unverified";

/// `body` with one field of one part set, or removed by null.
fn with(mut body: Value, part: &str, field: &str, value: Value) -> Value {
    let target = if part.is_empty() {
        &mut body
    } else {
        &mut body[part]
    };
    let fields = target.as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), value);
    }
    body
}

fn photo(part: &str, field: &str, value: Value) -> Value {
    with(photo_body(&[SAMPLE_JPEG, SAMPLE_JPEG]), part, field, value)
}

fn share(part: &str, field: &str, value: Value) -> Value {
    with(photo_share(&[SAMPLE_JPEG]), part, field, value)
}

/// Every case is sent; nothing may have begun.
async fn refused(stage: &Stage, token: &str, cases: Vec<Case>) {
    let before = stage.control().publishes().len();
    for (case, path, body, status, code) in cases {
        let answer = stage.call(path, token, &body).await;
        let got = (answer.status.as_u16(), answer.code());
        assert_eq!(got, (status, code.to_owned()), "{case}: {}", answer.text);
        let json = answer.json();
        assert!(json["error"]["message"].is_string(), "{case}");
        log_id(&json["error"]["log_id"]);
        let data = json.get("data");
        assert!(data.is_none() || data == Some(&json!({})), "{case}");
    }
    assert_eq!(stage.control().publishes().len(), before);
}

#[tokio::test]
async fn videos() {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    let direct =
        |field: &str, value: Value| with(pull_body(SAMPLE_VIDEO), "post_info", field, value);
    let share = |field: &str, value: Value| with(inbox_body(3), "source_info", field, value);
    let cases = vec![
        (
            "a photo's text",
            VIDEO,
            direct("description", json!("x")),
            400,
            PARAMS,
        ),
        (
            "a photo's music",
            VIDEO,
            direct("auto_add_music", json!(true)),
            400,
            PARAMS,
        ),
        (
            "a photo's mode",
            VIDEO,
            with(
                pull_body(SAMPLE_VIDEO),
                "",
                "post_mode",
                json!("DIRECT_POST"),
            ),
            400,
            PARAMS,
        ),
        (
            "a photo's type",
            VIDEO,
            with(pull_body(SAMPLE_VIDEO), "", "media_type", json!("PHOTO")),
            400,
            PARAMS,
        ),
        (
            "another audience",
            VIDEO,
            direct("privacy_level", json!("FOLLOWER_OF_CREATOR")),
            403,
            "privacy_level_option_mismatch",
        ),
        (
            "a long title",
            VIDEO,
            direct("title", json!("x".repeat(2201))),
            400,
            PARAMS,
        ),
        (
            "no address",
            VIDEO,
            with(pull_body(""), "source_info", "video_url", Value::Null),
            400,
            PARAMS,
        ),
        (
            "http",
            VIDEO,
            pull_body("http://media.example.com/sample.mp4"),
            400,
            PARAMS,
        ),
        (
            "an IPv4 host",
            VIDEO,
            pull_body("https://192.0.2.1/sample.mp4"),
            400,
            PARAMS,
        ),
        (
            "an IPv6 host",
            VIDEO,
            pull_body("https://[2001:db8::1]/sample.mp4"),
            400,
            PARAMS,
        ),
        (
            "a number for a host",
            VIDEO,
            pull_body("https://3221225985/sample.mp4"),
            400,
            PARAMS,
        ),
        (
            "a host of others",
            VIDEO,
            pull_body("https://other.example.net/a.mp4"),
            403,
            OWNERSHIP,
        ),
        (
            "a host that looks alike",
            VIDEO,
            pull_body("https://media.example.com.evil.example/a.mp4"),
            403,
            OWNERSHIP,
        ),
        (
            "a user that looks like a host",
            VIDEO,
            pull_body("https://media.example.com@evil.example/a.mp4"),
            403,
            OWNERSHIP,
        ),
        ("an inbox without source", INBOX, json!({}), 400, PARAMS),
        (
            "an inbox with a plan that is wrong",
            INBOX,
            share("total_chunk_count", json!(2)),
            400,
            PARAMS,
        ),
        (
            "an inbox without size",
            INBOX,
            share("video_size", Value::Null),
            400,
            PARAMS,
        ),
        (
            "an inbox from elsewhere",
            INBOX,
            share("source", json!("CLOUD")),
            400,
            PARAMS,
        ),
        (
            "an inbox by an unknown host",
            INBOX,
            json!({ "source_info": pull_body("https://other.example.net/a.mp4")["source_info"] }),
            403,
            OWNERSHIP,
        ),
    ];
    refused(&stage, &token, cases).await;
}

#[tokio::test]
async fn photos() {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    let many = vec![SAMPLE_JPEG; 36];
    let branded = with(
        photo("post_info", "brand_content_toggle", json!(true)),
        "post_info",
        "privacy_level",
        json!("SELF_ONLY"),
    );
    let images = |value: Value| photo("source_info", "photo_images", value);
    let cover = |value: Value| photo("source_info", "photo_cover_index", value);
    let cases = vec![
        (
            "no media type",
            CONTENT,
            photo("", "media_type", Value::Null),
            400,
            PARAMS,
        ),
        (
            "a video",
            CONTENT,
            photo("", "media_type", json!("VIDEO")),
            400,
            PARAMS,
        ),
        (
            "no mode",
            CONTENT,
            photo("", "post_mode", Value::Null),
            400,
            PARAMS,
        ),
        (
            "a mode with a blank",
            CONTENT,
            photo("", "post_mode", json!("DIRECT POST")),
            400,
            PARAMS,
        ),
        (
            "no post info",
            CONTENT,
            photo("", "post_info", Value::Null),
            400,
            PARAMS,
        ),
        (
            "no source info",
            CONTENT,
            photo("", "source_info", Value::Null),
            400,
            PARAMS,
        ),
        (
            "no audience",
            CONTENT,
            photo("post_info", "privacy_level", Value::Null),
            400,
            PARAMS,
        ),
        (
            "an unknown audience",
            CONTENT,
            photo("post_info", "privacy_level", json!("FRIENDS")),
            400,
            PARAMS,
        ),
        (
            "another audience",
            CONTENT,
            photo("post_info", "privacy_level", json!("FOLLOWER_OF_CREATOR")),
            403,
            "privacy_level_option_mismatch",
        ),
        ("branded and private", CONTENT, branded, 400, PARAMS),
        (
            "a title of 91 units",
            CONTENT,
            photo("post_info", "title", json!("x".repeat(91))),
            400,
            PARAMS,
        ),
        (
            "a title of 92 units",
            CONTENT,
            photo("post_info", "title", json!("😀".repeat(46))),
            400,
            PARAMS,
        ),
        (
            "a long description",
            CONTENT,
            photo("post_info", "description", json!("x".repeat(4001))),
            400,
            PARAMS,
        ),
        (
            "a Duet",
            CONTENT,
            photo("post_info", "disable_duet", json!(true)),
            400,
            PARAMS,
        ),
        (
            "a stitch",
            CONTENT,
            photo("post_info", "disable_stitch", json!(false)),
            400,
            PARAMS,
        ),
        (
            "an AI label",
            CONTENT,
            photo("post_info", "is_aigc", json!(true)),
            400,
            PARAMS,
        ),
        (
            "a cover time",
            CONTENT,
            photo("post_info", "video_cover_timestamp_ms", json!(0)),
            400,
            PARAMS,
        ),
        (
            "music that is no truth value",
            CONTENT,
            photo("post_info", "auto_add_music", json!("yes")),
            400,
            PARAMS,
        ),
        (
            "an upload",
            CONTENT,
            photo("source_info", "source", json!("FILE_UPLOAD")),
            400,
            PARAMS,
        ),
        ("no photos", CONTENT, images(json!([])), 400, PARAMS),
        ("36 photos", CONTENT, images(json!(many)), 400, PARAMS),
        (
            "photos that are no list",
            CONTENT,
            images(json!(SAMPLE_JPEG)),
            400,
            PARAMS,
        ),
        (
            "a photo that is no address",
            CONTENT,
            images(json!([SAMPLE_JPEG, 7])),
            400,
            PARAMS,
        ),
        (
            "a photo over http",
            CONTENT,
            images(json!(["http://media.example.com/sample.jpg"])),
            400,
            PARAMS,
        ),
        (
            "one photo of others",
            CONTENT,
            images(json!([SAMPLE_JPEG, "https://other.example.net/a.jpg"])),
            403,
            OWNERSHIP,
        ),
        ("no cover", CONTENT, cover(Value::Null), 400, PARAMS),
        (
            "a cover behind the last",
            CONTENT,
            cover(json!(2)),
            400,
            PARAMS,
        ),
        (
            "a cover before the first",
            CONTENT,
            cover(json!(-1)),
            400,
            PARAMS,
        ),
        ("a cover in words", CONTENT, cover(json!("0")), 400, PARAMS),
        (
            "a share with an audience",
            CONTENT,
            share("post_info", "privacy_level", json!("SELF_ONLY")),
            400,
            PARAMS,
        ),
        (
            "a share with music",
            CONTENT,
            share("post_info", "auto_add_music", json!(true)),
            400,
            PARAMS,
        ),
        (
            "a share with comments",
            CONTENT,
            share("post_info", "disable_comment", json!(true)),
            400,
            PARAMS,
        ),
        (
            "a share's title of 91 units",
            CONTENT,
            share("post_info", "title", json!("x".repeat(91))),
            400,
            PARAMS,
        ),
        (
            "a share without cover",
            CONTENT,
            share("source_info", "photo_cover_index", Value::Null),
            400,
            PARAMS,
        ),
    ];
    refused(&stage, &token, cases).await;
}

#[tokio::test]
async fn scopes() {
    let stage = unlimited().await;
    let publish = stage.scoped("studio-account", &["video.publish"]);
    let upload = stage.scoped("studio-account", &["video.upload"]);
    let basic = stage.scoped("studio-account", &["user.info.basic"]);
    let id = json!({ "publish_id": "v_inbox_url~v2.1" });
    let no = "scope_not_authorized";
    let direct = photo_body(&[SAMPLE_JPEG]);
    refused(
        &stage,
        &publish,
        vec![
            ("a share of a video", INBOX, inbox_body(3), 401, no),
            (
                "a share of photos",
                CONTENT,
                photo_share(&[SAMPLE_JPEG]),
                401,
                no,
            ),
        ],
    )
    .await;
    refused(
        &stage,
        &upload,
        vec![
            ("a direct video", VIDEO, init_body(3, 3, 1), 401, no),
            ("direct photos", CONTENT, direct.clone(), 401, no),
        ],
    )
    .await;
    refused(
        &stage,
        &basic,
        vec![
            ("a share", INBOX, inbox_body(3), 401, no),
            ("photos", CONTENT, direct.clone(), 401, no),
            ("a status", STATUS, id.clone(), 401, no),
            ("a cancel", CANCEL, id.clone(), 401, no),
        ],
    )
    .await;
    refused(
        &stage,
        "act.made-up",
        vec![
            ("a share", INBOX, inbox_body(3), 401, "access_token_invalid"),
            (
                "photos",
                CONTENT,
                direct.clone(),
                401,
                "access_token_invalid",
            ),
            ("a cancel", CANCEL, id, 401, "access_token_invalid"),
        ],
    )
    .await;
    assert_eq!(
        stage.call(INBOX, &upload, &inbox_body(3)).await.code(),
        "ok"
    );
    assert_eq!(stage.call(CONTENT, &publish, &direct).await.code(), "ok");
    assert_eq!(
        stage
            .call(CONTENT, &upload, &photo_share(&[SAMPLE_JPEG]))
            .await
            .code(),
        "ok"
    );
}

#[tokio::test]
async fn publishes_of_others_and_what_cannot_be_cancelled() {
    let stage = unlimited().await;
    let control = stage.control();
    control
        .add_app(App::new("second", "second-secret"))
        .unwrap();
    let token = stage.grant("studio-account").access_token;
    let second = control
        .grant("second", "studio-account", &["video.publish"])
        .unwrap()
        .access_token;
    let other_user = stage.grant("studio-private").access_token;
    let id = |id: &str| json!({ "publish_id": id });
    let pulled = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    let (uploaded, _) = stage.begin(&token, 3, 3).await;
    let foreign = "token_not_authorized_for_specified_publish_id";
    for token in [&second, &other_user] {
        refused(
            &stage,
            token,
            vec![
                ("another's status", STATUS, id(&pulled), 400, foreign),
                ("another's cancel", CANCEL, id(&pulled), 400, foreign),
            ],
        )
        .await;
    }
    refused(
        &stage,
        &token,
        vec![
            (
                "an unknown id",
                CANCEL,
                id("v_pub_url~v2-1.7"),
                400,
                "invalid_publish_id",
            ),
            (
                "an unknown id's status",
                STATUS,
                id("v_pub_url~v2-1.7"),
                400,
                "invalid_publish_id",
            ),
            ("an empty id", CANCEL, id(""), 400, PARAMS),
            ("no id", CANCEL, json!({}), 400, PARAMS),
            ("a number", CANCEL, json!({ "publish_id": 7 }), 400, PARAMS),
            (
                "an upload",
                CANCEL,
                id(&uploaded),
                400,
                "publish_not_cancellable",
            ),
        ],
    )
    .await;
    stage.advance(60);
    refused(
        &stage,
        &token,
        vec![(
            "a post",
            CANCEL,
            id(&pulled),
            400,
            "publish_not_cancellable",
        )],
    )
    .await;
    assert_eq!(
        stage.status_data(&token, &pulled).await["status"],
        "PUBLISH_COMPLETE"
    );
}

#[tokio::test]
async fn accounts() {
    let stage = unlimited().await;
    let control = stage.control();
    control
        .add_app(App::new("unaudited", "unaudited-secret").audited(false))
        .unwrap();
    let scopes = ["video.publish", "video.upload"];
    let change = |name: &str, body: Value| {
        let path = format!("/accounts/{name}");
        let stage = &stage;
        async move {
            let answer = stage.control_call("PUT", &path, &body).await;
            assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        }
    };
    let token = stage.grant("studio-account").access_token;
    let photo = photo_body(&[SAMPLE_JPEG]);
    change("studio-account", json!({ "old_app": true })).await;
    refused(
        &stage,
        &token,
        vec![(
            "an old app",
            CONTENT,
            photo_share(&[SAMPLE_JPEG]),
            400,
            "app_version_check_failed",
        )],
    )
    .await;
    assert_eq!(
        stage.call(CONTENT, &token, &photo).await.code(),
        "ok",
        "only shares need it"
    );
    change(
        "studio-account",
        json!({ "old_app": false, "banned": true }),
    )
    .await;
    let banned = "spam_risk_user_banned_from_posting";
    refused(
        &stage,
        &token,
        vec![
            ("a banned account", VIDEO, init_body(3, 3, 1), 403, banned),
            (
                "a banned account's photos",
                CONTENT,
                photo.clone(),
                403,
                banned,
            ),
            (
                "a banned account's share",
                INBOX,
                inbox_body(3),
                403,
                banned,
            ),
            (
                "a banned account's shared photos",
                CONTENT,
                photo_share(&[SAMPLE_JPEG]),
                403,
                banned,
            ),
        ],
    )
    .await;
    change(
        "studio-account",
        json!({ "banned": false, "private": true }),
    )
    .await;
    refused(
        &stage,
        &token,
        vec![(
            "a private account to everyone",
            CONTENT,
            photo.clone(),
            403,
            "privacy_level_option_mismatch",
        )],
    )
    .await;
    let private_only = "unaudited_client_can_only_post_to_private_accounts";
    let unaudited = |name: &str| {
        control
            .grant("unaudited", name, &scopes)
            .unwrap()
            .access_token
    };
    refused(
        &stage,
        &unaudited("studio-private"),
        vec![(
            "an unaudited app to everyone",
            CONTENT,
            photo.clone(),
            403,
            private_only,
        )],
    )
    .await;
    change("studio-private", json!({ "private": false })).await;
    let mut own = photo;
    own["post_info"]["privacy_level"] = json!("SELF_ONLY");
    refused(
        &stage,
        &unaudited("studio-private"),
        vec![(
            "an unaudited app on a public account",
            CONTENT,
            own.clone(),
            403,
            private_only,
        )],
    )
    .await;
    assert_eq!(
        stage
            .call(CONTENT, &unaudited("studio-account"), &own)
            .await
            .code(),
        "ok"
    );
    assert_eq!(
        control.grant(DEMO_CLIENT_KEY, "nobody", &scopes).is_err(),
        true
    );
}

#[tokio::test]
async fn the_most_of_everything_passes() {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    let mut most = photo_body(&[SAMPLE_JPEG; 35]);
    most["post_info"]["title"] = json!("😀".repeat(45));
    most["post_info"]["description"] = json!("😀".repeat(2000));
    most["source_info"]["photo_cover_index"] = json!(34);
    assert_eq!(stage.call(CONTENT, &token, &most).await.code(), "ok");
    let mut least = photo_share(&[SAMPLE_JPEG]);
    least.as_object_mut().unwrap().remove("post_info");
    assert_eq!(stage.call(CONTENT, &token, &least).await.code(), "ok");
    let mut titled = inbox_body(3);
    titled["post_info"] = json!({ "title": "A draft", "privacy_level": "whatever", "is_aigc": 1 });
    assert_eq!(
        stage.call(INBOX, &token, &titled).await.code(),
        "ok",
        "settings are ignored"
    );
}
