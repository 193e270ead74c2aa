//! What moderation does, and how the ids of posts are told.

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::{PostIds, Ruling};

use crate::client::Stage;
use crate::posting::{SAMPLE_VIDEO, VIDEO, patient, pull_body, unlimited};

const IDS: &str = "publicaly_available_post_id";

#[tokio::test]
async fn an_accounts_posts_fail_for_the_reason_that_is_set() {
    let stage = unlimited().await;
    let token = stage.grant("studio-account").access_token;
    for reason in [
        "spam_risk",
        "spam_risk_text",
        "duration_check_failed",
        "something_new",
    ] {
        let path = "/accounts/studio-account";
        let set = stage
            .control_call("PUT", path, &json!({ "fail_reason": reason }))
            .await;
        assert_eq!(set.status, StatusCode::OK);
        let id = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
        stage.advance(1);
        let data = stage.status_data(&token, &id).await;
        assert_eq!(
            (&data["status"], &data["fail_reason"]),
            (&json!("FAILED"), &json!(reason))
        );
    }
    let mut settings = stage.control().account("studio-account").unwrap();
    settings.fail_reason = None;
    stage
        .control()
        .set_account("studio-account", settings)
        .unwrap();
    let (id, url) = stage.begin(&token, 3, 3).await;
    stage.chunk(&url, b"abc", 0, 3).await;
    stage.advance(1);
    assert_eq!(
        stage.status_data(&token, &id).await["status"],
        "PUBLISH_COMPLETE"
    );
    let other = stage.control().account("studio-private").unwrap();
    assert_eq!(other.fail_reason, None);
}

#[tokio::test]
async fn one_post_is_ruled_on_before_it_is_made() {
    let stage = patient().await;
    let control = stage.control();
    let token = stage.grant("studio-account").access_token;
    let (failing, url) = stage.begin(&token, 3, 3).await;
    let path = format!("/publishes/{failing}/ruling");
    let ruled = stage
        .control_call("PUT", &path, &json!({ "fail_reason": "spam_risk" }))
        .await;
    assert_eq!(ruled.status, StatusCode::NO_CONTENT);
    stage.chunk(&url, b"abc", 0, 3).await;
    let withheld = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    control
        .rule(&withheld, Ruling::new().withhold_id(true))
        .unwrap();
    let slow = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    control
        .rule(&slow, Ruling::new().moderation_millis(3_600_000))
        .unwrap();
    let spared = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    control
        .rule(&spared, Ruling::new().fail("spam_risk"))
        .unwrap();
    control.rule(&spared, Ruling::new()).unwrap();
    let missing = pull_body("https://media.example.com/none.mp4");
    let missing = stage.begun(VIDEO, &token, &missing).await;
    control
        .rule(&missing, Ruling::new().fail("spam_risk"))
        .unwrap();
    let plain = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    stage.advance(125);
    assert_eq!(
        stage.status_data(&token, &failing).await["fail_reason"],
        "spam_risk"
    );
    let reason = stage.status_data(&token, &missing).await["fail_reason"].clone();
    assert_eq!(reason, "video_pull_failed", "there is nothing to moderate");
    let ids = async |id: &str| {
        stage.status_data(&token, id).await[IDS]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(ids(&plain).await, 1);
    assert_eq!(ids(&spared).await, 1, "a ruling replaces the one before");
    assert_eq!(ids(&withheld).await, 0);
    assert_eq!(ids(&slow).await, 0);
    stage.advance(3600);
    assert_eq!(ids(&withheld).await, 0, "some apps never got one");
    assert_eq!(ids(&slow).await, 1);
    assert_eq!(control.posts().len(), 4);
    let late = control
        .rule(&plain, Ruling::new().fail("spam_risk"))
        .unwrap_err();
    assert!(
        late.to_string().contains("not processing any more"),
        "{late}"
    );
    assert!(control.rule("v_pub_url~v2-1.7", Ruling::new()).is_err());
    let wrong = stage
        .control_call("PUT", &path, &json!({ "fail": 1 }))
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_account_may_have_its_own_moderation() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let slow = json!({ "moderation_millis": 3_600_000 });
    stage
        .control_call("PUT", "/accounts/studio-account", &slow)
        .await;
    let id = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    stage.advance(3000);
    let data = stage.status_data(&token, &id).await;
    assert_eq!(
        (&data["status"], &data[IDS]),
        (&json!("PUBLISH_COMPLETE"), &json!([]))
    );
    stage.advance(700);
    assert_eq!(
        stage.status_data(&token, &id).await[IDS]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn ids_come_in_every_form_that_was_met() {
    let stage = patient().await;
    let control = stage.control();
    let token = stage.grant("studio-account").access_token;
    let id = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    let form = async |form: PostIds| {
        control.set(control.settings().post_ids(form));
        stage.status_data(&token, &id).await[IDS].clone()
    };
    assert_eq!(form(PostIds::Scalar).await, Value::Null);
    assert_eq!(form(PostIds::Strings).await, json!([]));
    stage.advance(125);
    let post_id = control.posts()[0].post_id.clone();
    let number: i64 = post_id.parse().unwrap();
    assert!(number > 1 << 53);
    assert_eq!(form(PostIds::Integers).await, json!([number]));
    assert_eq!(form(PostIds::Strings).await, json!([post_id]));
    assert_eq!(form(PostIds::Scalar).await, json!(number));
    let set = stage
        .control_call("PUT", "/settings", &json!({ "post_ids": "strings" }))
        .await;
    assert_eq!(set.json()["post_ids"], "strings");
    let share = stage.delivered(&token).await;
    for _ in 0..2 {
        control.post_from_inbox(&share, None, None).unwrap();
    }
    stage.advance(125);
    control.set(control.settings().post_ids(PostIds::Scalar));
    let several = stage.status_data(&token, &share).await[IDS].clone();
    assert_eq!(
        several.as_array().unwrap().len(),
        2,
        "several are a list all the same"
    );
}

#[tokio::test]
async fn a_public_post_may_be_withdrawn_later() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let id = stage.begun(VIDEO, &token, &pull_body(SAMPLE_VIDEO)).await;
    stage.advance(60);
    let post = stage.control().posts()[0].clone();
    assert!(post.public);
    let path = format!("/posts/{}/withdraw", post.post_id);
    let withdrawn = async || stage.control_call("POST", &path, &json!({})).await;
    assert_eq!(withdrawn().await.status, StatusCode::NO_CONTENT);
    assert_eq!(withdrawn().await.status, StatusCode::BAD_REQUEST, "once");
    let data = stage.status_data(&token, &id).await;
    assert_eq!(
        (&data["status"], &data[IDS]),
        (&json!("PUBLISH_COMPLETE"), &json!([]))
    );
    assert!(!stage.control().posts()[0].public);
    for unknown in ["7", "x", "99999999999999999999"] {
        assert!(stage.control().withdraw(unknown).is_err(), "{unknown}");
    }
}

#[tokio::test]
async fn what_was_set_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let start = async || {
        let builder = social_sandbox::Sandbox::builder().state_file(&path);
        Stage::with(builder.start().await.unwrap())
    };
    let stage = start().await;
    let token = stage.grant("studio-account").access_token;
    let share = stage.delivered(&token).await;
    stage
        .control()
        .post_from_inbox(&share, Some("One"), None)
        .unwrap();
    let (ruled, url) = stage.begin(&token, 3, 3).await;
    stage
        .control()
        .rule(&ruled, Ruling::new().fail("spam_risk"))
        .unwrap();
    let mut settings = stage.control().account("studio-private").unwrap();
    settings.banned = true;
    stage
        .control()
        .set_account("studio-private", settings)
        .unwrap();
    stage.sandbox.stop().await;

    let stage = start().await;
    assert!(stage.control().account("studio-private").unwrap().banned);
    assert_eq!(stage.control().posts()[0].title, "One");
    assert_eq!(stage.control().inbox()[0].posts, 1);
    let rest = url.split_once("/open-upload.").unwrap().1;
    let url = format!("{}/open-upload.{rest}", stage.sandbox.url());
    assert_eq!(
        stage.chunk(&url, b"abc", 0, 3).await.status,
        StatusCode::CREATED
    );
    stage.advance(1);
    assert_eq!(
        stage.status_data(&token, &ruled).await["fail_reason"],
        "spam_risk"
    );
}
