//! How much may be posted: by a creator, through an app, into an inbox, and how often asked.

use serde_json::{Value, json};
use social_sandbox::{App, DEMO_CLIENT_KEY, Settings};

use crate::client::{Stage, init_body};
use crate::posting::{
    CANCEL, CONTENT, INBOX, SAMPLE_JPEG, VIDEO, inbox_body, photo_body, photo_share,
};

const DAY: u64 = 24 * 60 * 60;
const TOO_MANY: &str = "spam_risk_too_many_posts";
const PENDING: &str = "spam_risk_too_many_pending_share";
const CREATORS: &str = "reached_active_user_cap";

/// The code of an init, a minute after the one before. Tokens are made anew: they die.
async fn paced(stage: &Stage, key: &str, account: &str, path: &str, body: &Value) -> String {
    stage.advance(60);
    let scopes = ["video.publish", "video.upload"];
    let token = stage
        .control()
        .grant(key, account, &scopes)
        .unwrap()
        .access_token;
    stage.call(path, &token, body).await.code()
}

/// What creator_info says, with its HTTP status.
async fn creator(stage: &Stage, key: &str, account: &str) -> (u16, String) {
    let token = stage
        .control()
        .grant(key, account, &["video.publish"])
        .unwrap();
    let answer = stage.creator_info(&token.access_token).await;
    (answer.status.as_u16(), answer.code())
}

#[tokio::test]
async fn a_creator_posts_so_often_a_day_through_all_apps() {
    let stage = Stage::new().await;
    let control = stage.control();
    control.set(Settings::default().posts_per_day(3));
    control
        .add_app(App::new("second", "second-secret"))
        .unwrap();
    let (video, photos) = (init_body(3, 3, 1), photo_body(&[SAMPLE_JPEG]));
    let demo = DEMO_CLIENT_KEY;
    let name = "studio-account";
    assert_eq!(paced(&stage, demo, name, VIDEO, &video).await, "ok");
    assert_eq!(paced(&stage, "second", name, CONTENT, &photos).await, "ok");
    assert_eq!(creator(&stage, demo, name).await, (200, "ok".to_owned()));
    let shared = paced(&stage, demo, name, INBOX, &inbox_body(3)).await;
    assert_eq!(shared, "ok", "which is no post of the day");
    assert_eq!(paced(&stage, demo, name, VIDEO, &video).await, "ok");
    assert_eq!(paced(&stage, demo, name, VIDEO, &video).await, TOO_MANY);
    assert_eq!(
        paced(&stage, "second", name, CONTENT, &photos).await,
        TOO_MANY
    );
    assert_eq!(
        creator(&stage, demo, name).await,
        (200, TOO_MANY.to_owned())
    );
    assert_eq!(
        paced(&stage, demo, name, INBOX, &inbox_body(3)).await,
        "ok",
        "shares are others"
    );
    assert_eq!(
        paced(&stage, demo, "studio-private", INBOX, &inbox_body(3)).await,
        "ok"
    );
    stage.advance(3600);
    assert_eq!(
        paced(&stage, demo, name, VIDEO, &video).await,
        "ok",
        "the uploads have failed"
    );
    stage.advance(DAY);
    assert_eq!(creator(&stage, demo, name).await, (200, "ok".to_owned()));
}

#[tokio::test]
async fn fifteen_unless_said() {
    let stage = Stage::new().await;
    let photos = photo_body(&[SAMPLE_JPEG]);
    let mut codes = Vec::new();
    for _ in 0..16 {
        codes.push(paced(&stage, DEMO_CLIENT_KEY, "studio-account", CONTENT, &photos).await);
    }
    assert!(codes[..15].iter().all(|code| code == "ok"), "{codes:?}");
    assert_eq!(codes[15], TOO_MANY);
}

#[tokio::test]
async fn five_shares_wait_and_places_come_free() {
    let stage = Stage::new().await;
    let control = stage.control();
    let name = "studio-account";
    let token = stage.grant(name).access_token;
    let first = stage.delivered(&token).await;
    let second = stage.delivered(&token).await;
    for _ in 0..2 {
        let code = paced(&stage, DEMO_CLIENT_KEY, name, INBOX, &inbox_body(3)).await;
        assert_eq!(code, "ok");
    }
    let photos = photo_share(&[SAMPLE_JPEG]);
    let next = || paced(&stage, DEMO_CLIENT_KEY, name, CONTENT, &photos);
    assert_eq!(next().await, "ok");
    assert_eq!(next().await, PENDING);
    let video = paced(&stage, DEMO_CLIENT_KEY, name, INBOX, &inbox_body(3)).await;
    assert_eq!(video, PENDING);
    let direct = paced(&stage, DEMO_CLIENT_KEY, name, VIDEO, &init_body(3, 3, 1)).await;
    assert_eq!(direct, "ok", "direct posts do not wait");
    control.post_from_inbox(&first, None, None).unwrap();
    assert_eq!(next().await, "ok", "the user has posted one");
    assert_eq!(next().await, PENDING);
    control.discard_from_inbox(&second).unwrap();
    assert_eq!(next().await, "ok", "the user has thrown one away");
    assert_eq!(next().await, PENDING);
    stage.advance(3600);
    assert_eq!(next().await, "ok", "uploads that never came have failed");
    stage.advance(DAY);
    assert_eq!(next().await, "ok", "a day later none waits");
}

#[tokio::test]
async fn an_app_posts_for_so_many_creators_a_day() {
    let stage = Stage::new().await;
    let app = App::new("small", "small-secret").daily_creators(1);
    stage.control().add_app(app).unwrap();
    let video = init_body(3, 3, 1);
    let mut own = init_body(3, 3, 1);
    own["post_info"]["privacy_level"] = json!("SELF_ONLY");
    assert_eq!(creator(&stage, "small", "studio-private").await.1, "ok");
    assert_eq!(
        paced(&stage, "small", "studio-account", VIDEO, &video).await,
        "ok"
    );
    assert_eq!(
        paced(&stage, "small", "studio-account", VIDEO, &video).await,
        "ok",
        "the same one"
    );
    assert_eq!(
        paced(&stage, "small", "studio-private", VIDEO, &own).await,
        CREATORS
    );
    let photos = photo_share(&[SAMPLE_JPEG]);
    assert_eq!(
        paced(&stage, "small", "studio-private", CONTENT, &photos).await,
        CREATORS
    );
    assert_eq!(
        paced(&stage, "small", "studio-private", INBOX, &inbox_body(3)).await,
        "ok"
    );
    assert_eq!(
        creator(&stage, "small", "studio-private").await,
        (200, CREATORS.to_owned())
    );
    assert_eq!(creator(&stage, "small", "studio-account").await.1, "ok");
    stage.advance(DAY);
    assert_eq!(
        paced(&stage, "small", "studio-private", VIDEO, &own).await,
        "ok"
    );
}

#[tokio::test]
async fn creator_info_says_that_an_account_is_banned_with_200() {
    let stage = Stage::new().await;
    let banned = "spam_risk_user_banned_from_posting";
    let change =
        json!({ "banned": true, "comment_disabled": true, "max_video_post_duration_sec": 60 });
    stage
        .control_call("PUT", "/accounts/studio-account", &change)
        .await;
    let name = "studio-account";
    assert_eq!(
        creator(&stage, DEMO_CLIENT_KEY, name).await,
        (200, banned.to_owned())
    );
    stage
        .control_call(
            "PUT",
            "/accounts/studio-account",
            &json!({ "banned": false }),
        )
        .await;
    let token = stage.grant(name).access_token;
    let data = stage.creator_info(&token).await.json()["data"].clone();
    assert_eq!(data["comment_disabled"], true);
    assert_eq!(data["max_video_post_duration_sec"], 60);
    for wrong in [json!({ "baned": true }), json!({ "banned": 1 }), json!([])] {
        let answer = stage
            .control_call("PUT", "/accounts/studio-account", &wrong)
            .await;
        assert_eq!(answer.status.as_u16(), 400, "{wrong}");
    }
    let nobody = stage
        .control_call("PUT", "/accounts/nobody", &json!({}))
        .await;
    assert_eq!(nobody.status.as_u16(), 400);
}

#[tokio::test]
async fn the_inits_share_six_calls_a_minute_and_cancel_has_its_own() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let inits = [
        (VIDEO, init_body(3, 3, 1)),
        (INBOX, inbox_body(3)),
        (CONTENT, photo_body(&[SAMPLE_JPEG])),
    ];
    for (path, body) in inits.iter().cycle().take(6) {
        assert_eq!(stage.call(path, &token, body).await.code(), "ok");
    }
    for (path, body) in &inits {
        let answer = stage.call(path, &token, body).await;
        assert_eq!(answer.status.as_u16(), 429, "{path}");
        assert_eq!(answer.code(), "rate_limit_exceeded");
    }
    let body = json!({ "publish_id": "v_pub_url~v2-1.7" });
    for _ in 0..30 {
        assert_eq!(
            stage.call(CANCEL, &token, &body).await.code(),
            "invalid_publish_id"
        );
    }
    assert_eq!(stage.call(CANCEL, &token, &body).await.status.as_u16(), 429);
    stage.advance(60);
    assert_eq!(stage.call(VIDEO, &token, &inits[0].1).await.code(), "ok");
}
