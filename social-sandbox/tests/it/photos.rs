//! Photos: posted, and what fails a carousel.

use serde_json::{Value, json};

use crate::client::{Stage, sha256};
use crate::posting::{
    CONTENT, HOST, SAMPLE_JPEG, SAMPLE_WEBP, jpeg, photo_body, photo_share, with_media,
};

async fn outcome(stage: &Stage, token: &str, body: &Value) -> (Value, Value) {
    stage.advance(60);
    let id = stage.begun(CONTENT, token, body).await;
    stage.advance(10);
    let data = stage.status_data(token, &id).await;
    (data["status"].clone(), data["fail_reason"].clone())
}

#[tokio::test]
async fn a_carousel_is_posted_with_what_was_asked_for() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let id = stage
        .begun(CONTENT, &token, &photo_body(&[SAMPLE_JPEG, SAMPLE_WEBP]))
        .await;
    assert!(id.starts_with("p_pub_url~"), "{id}");
    stage.advance(2);
    let data = stage.status_data(&token, &id).await;
    assert_eq!(data["status"], "PUBLISH_COMPLETE");
    assert_eq!(
        data["publicaly_available_post_id"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert!(data.get("uploaded_bytes").is_none());
    let [post] = &stage.control().posts()[..] else {
        panic!("one post")
    };
    assert_eq!(
        (post.title.as_str(), post.description.as_str()),
        ("Photos", "Two of them")
    );
    assert_eq!(data["downloaded_bytes"], post.size);
    assert!(
        post.comment_disabled && post.stitch_disabled && !post.duet_disabled,
        "{post:?}"
    );
    assert_eq!(post.photos_sha256.len(), 2);
    assert_eq!(post.sha256, None);
    let [view] = &stage.control().publishes()[..] else {
        panic!("one publish")
    };
    assert_eq!(view.post_info["auto_add_music"], true);
}

#[tokio::test]
async fn a_videos_settings_are_ignored_and_the_transcript_warns_of_them() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let settings = json!({
        "disable_duet": true, "disable_stitch": false, "video_cover_timestamp_ms": "0", "is_aigc": 1,
    });
    let names = [
        "disable_duet",
        "disable_stitch",
        "is_aigc",
        "video_cover_timestamp_ms",
    ];
    for mut body in [photo_body(&[SAMPLE_JPEG]), photo_share(&[SAMPLE_JPEG])] {
        let post = body["post_info"].as_object_mut().unwrap();
        post.extend(settings.as_object().unwrap().clone());
        stage.begun(CONTENT, &token, &body).await;
        let transcript = stage.control_call("GET", "/transcript", &Value::Null).await;
        let transcript = transcript.json();
        let warnings = transcript.as_array().unwrap().last().unwrap()["warnings"].clone();
        let expected =
            names.map(|name| format!("{name} is a setting of videos, ignored for photos"));
        assert_eq!(warnings, json!(expected));
    }
    stage.advance(2);
    let [post] = &stage.control().posts()[..] else {
        panic!("one post")
    };
    assert!(!post.duet_disabled, "{post:?}");
    let page = stage.control_call("GET", "", &Value::Null).await;
    for name in names {
        assert!(
            page.text
                .contains(&format!("{name} is a setting of videos"))
        );
    }
    // What is not out of place warns of nothing.
    let plain = photo_body(&[SAMPLE_JPEG]);
    stage.begun(CONTENT, &token, &plain).await;
    let transcript = stage.control_call("GET", "/transcript", &Value::Null).await;
    let last = transcript
        .json()
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["warnings"], json!([]), "{last}");
}

#[tokio::test]
async fn the_creators_own_settings_win() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let mut open = photo_body(&[SAMPLE_JPEG]);
    open["post_info"]["disable_comment"] = json!(false);
    stage.begun(CONTENT, &token, &open).await;
    stage.advance(2);
    let closed = json!({ "comment_disabled": true });
    stage
        .control_call("PUT", "/accounts/studio-account", &closed)
        .await;
    stage.begun(CONTENT, &token, &open).await;
    stage.advance(2);
    let posts = stage.control().posts();
    let disabled: Vec<bool> = posts.iter().map(|post| post.comment_disabled).collect();
    assert_eq!(disabled, [false, true]);
}

#[tokio::test]
async fn one_bad_photo_fails_them_all() {
    let (stage, folder) = with_media().await;
    let token = stage.grant("studio-account").access_token;
    let large = vec![0; (20 << 20) + 1];
    let files: [(&str, Vec<u8>); 8] = [
        ("portrait.jpg", jpeg(1080, 1920)),
        ("landscape.jpg", jpeg(1920, 1080)),
        ("met.jpg", jpeg(941, 1672)),
        ("square.jpg", jpeg(1254, 1254)),
        ("over.jpg", jpeg(1086, 1448)),
        ("large.jpg", [jpeg(100, 100), large].concat()),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("note.txt", b"hello".to_vec()),
    ];
    for (name, bytes) in &files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let cases = [
        ("portrait.jpg", None),
        ("landscape.jpg", None),
        ("met.jpg", None),
        ("square.jpg", Some("picture_size_check_failed")),
        ("over.jpg", Some("picture_size_check_failed")),
        ("large.jpg", Some("picture_size_check_failed")),
        ("picture.png", Some("file_format_check_failed")),
        ("note.txt", Some("file_format_check_failed")),
        ("missing.jpg", Some("photo_pull_failed")),
    ];
    for (name, reason) in cases {
        let url = format!("{HOST}{name}");
        let body = photo_body(&[SAMPLE_JPEG, &url, SAMPLE_WEBP]);
        let expected = match reason {
            None => (json!("PUBLISH_COMPLETE"), Value::Null),
            Some(reason) => (json!("FAILED"), json!(reason)),
        };
        assert_eq!(outcome(&stage, &token, &body).await, expected, "{name}");
        let share = photo_share(&[&url]);
        let (status, got) = outcome(&stage, &token, &share).await;
        match reason {
            None => assert_eq!(status, "SEND_TO_USER_INBOX", "{name}"),
            Some(reason) => assert_eq!(got, reason, "{name}"),
        }
        for item in stage.control().inbox() {
            stage
                .control()
                .discard_from_inbox(&item.publish_id)
                .unwrap();
        }
    }
    assert_eq!(stage.control().posts().len(), 3);
}

#[tokio::test]
async fn hashes_are_in_the_order_of_the_photos() {
    let (stage, folder) = with_media().await;
    let token = stage.grant("studio-account").access_token;
    let mut expected = Vec::new();
    let mut urls = Vec::new();
    for number in [3_u16, 1, 2] {
        let bytes = jpeg(100 * number, 100);
        std::fs::write(folder.path().join(format!("{number}.jpg")), &bytes).unwrap();
        expected.push(sha256(&bytes));
        urls.push(format!("{HOST}{number}.jpg"));
    }
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    stage.begun(CONTENT, &token, &photo_body(&urls)).await;
    stage.advance(10);
    assert_eq!(stage.control().posts()[0].photos_sha256, expected);
}
