//! Requests to the posting endpoints by those who may not: scopes, owners, accounts, apps.

use serde_json::{Value, json};
use social_sandbox::App;

use crate::client::{Stage, init_body};
use crate::posting::{
    CANCEL, CONTENT, INBOX, SAMPLE_JPEG, SAMPLE_VIDEO, STATUS, VIDEO, inbox_body, photo_body,
    photo_share, pull_body, unlimited,
};
use crate::refused_oauth::log_id;

/// What is wrong, path, body, status, code.
pub(crate) type Case = (&'static str, &'static str, Value, u16, &'static str);

const PARAMS: &str = "invalid_params";

fn params(case: &'static str, path: &'static str, body: Value) -> Case {
    (case, path, body, 400, PARAMS)
}

fn forbidden(case: &'static str, path: &'static str, body: Value, code: &'static str) -> Case {
    (case, path, body, 403, code)
}

fn unauthorized(case: &'static str, path: &'static str, body: Value, code: &'static str) -> Case {
    (case, path, body, 401, code)
}

/// Every case is sent; nothing may have begun.
pub(crate) async fn refused(stage: &Stage, token: &str, cases: Vec<Case>) {
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
            unauthorized("a share of a video", INBOX, inbox_body(3), no),
            unauthorized(
                "a share of photos",
                CONTENT,
                photo_share(&[SAMPLE_JPEG]),
                no,
            ),
        ],
    )
    .await;
    refused(
        &stage,
        &upload,
        vec![
            unauthorized("a direct video", VIDEO, init_body(3, 3, 1), no),
            unauthorized("direct photos", CONTENT, direct.clone(), no),
        ],
    )
    .await;
    refused(
        &stage,
        &basic,
        vec![
            unauthorized("a share", INBOX, inbox_body(3), no),
            unauthorized("photos", CONTENT, direct.clone(), no),
            unauthorized("a status", STATUS, id.clone(), no),
            unauthorized("a cancel", CANCEL, id.clone(), no),
        ],
    )
    .await;
    refused(
        &stage,
        "act.made-up",
        vec![
            unauthorized("a share", INBOX, inbox_body(3), "access_token_invalid"),
            unauthorized("photos", CONTENT, direct.clone(), "access_token_invalid"),
            unauthorized("a cancel", CANCEL, id, "access_token_invalid"),
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
            params("an empty id", CANCEL, id("")),
            params("no id", CANCEL, json!({})),
            params("a number", CANCEL, json!({ "publish_id": 7 })),
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
    let video = stage.call(INBOX, &token, &inbox_body(3)).await;
    assert_eq!(video.code(), "ok", "and of photos only");
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
            forbidden("a banned account", VIDEO, init_body(3, 3, 1), banned),
            forbidden("a banned account's photos", CONTENT, photo.clone(), banned),
            forbidden("a banned account's share", INBOX, inbox_body(3), banned),
            forbidden(
                "a banned account's shared photos",
                CONTENT,
                photo_share(&[SAMPLE_JPEG]),
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
}
