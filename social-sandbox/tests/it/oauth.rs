//! Tokens: rotation, lifetimes, revocation, what they open.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use social_sandbox::{App, DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox};

use crate::client::{SCOPES, Stage, form, init_body, send, value};

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_rotates_and_keeps_what_is_left() {
    let stage = Stage::new().await;
    let first = stage
        .exchange(&stage.code("studio-account").await)
        .await
        .json();
    stage.advance(3600);
    let second = stage.refresh(&text(&first, "refresh_token")).await.json();
    assert_ne!(second["access_token"], first["access_token"]);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(second["open_id"], first["open_id"]);
    assert_eq!(second["scope"], first["scope"]);
    assert_eq!(second["expires_in"], 7200);
    let left = second["refresh_expires_in"].as_i64().unwrap();
    assert!(
        (15_552_000 - 3600 - 60..=15_552_000 - 3600).contains(&left),
        "{left}"
    );

    let again = stage.refresh(&text(&first, "refresh_token")).await;
    assert_eq!(again.code(), "invalid_grant");
    assert_eq!(
        stage
            .creator_info(&text(&second, "access_token"))
            .await
            .code(),
        "ok"
    );
    let counts = stage.control().refresh_counts()["studio-account"];
    assert_eq!(
        (counts.refreshes, counts.successful, counts.rejected),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_wins() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").refresh_token;
    let answers = futures_util::future::join_all((0..20).map(|_| stage.refresh(&token))).await;
    let won = answers.iter().filter(|answer| answer.code() == "-").count();
    assert_eq!(won, 1);
    let counts = stage.control().refresh_counts()["studio-account"];
    assert_eq!(
        (counts.refreshes, counts.successful, counts.rejected),
        (20, 1, 19)
    );
}

#[tokio::test]
async fn lifetimes_follow_the_virtual_clock() {
    let stage = Stage::new().await;
    let code = stage.code("studio-account").await;
    stage.advance(601);
    assert_eq!(stage.exchange(&code).await.code(), "invalid_grant");
    let code = stage.code("studio-account").await;
    stage.advance(590);
    let tokens = stage.exchange(&code).await.json();
    stage.advance(7190);
    assert_eq!(
        stage
            .creator_info(&text(&tokens, "access_token"))
            .await
            .code(),
        "ok"
    );
    stage.advance(10);
    let expired = stage.creator_info(&text(&tokens, "access_token")).await;
    assert_eq!(
        (expired.status, expired.code().as_str()),
        (StatusCode::UNAUTHORIZED, "access_token_invalid")
    );
    stage
        .control()
        .advance(Duration::from_secs(180 * 24 * 3600 - 7190));
    assert_eq!(
        stage.refresh(&text(&tokens, "refresh_token")).await.code(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn revoking_ends_every_grant_of_the_user_to_the_app() {
    let stage = Stage::new().await;
    stage
        .control()
        .add_app(App::new("second", "second-secret"))
        .unwrap();
    let one = stage.grant("studio-account");
    let two = stage.grant("studio-account");
    let bystander = stage.grant("studio-private");
    let other = stage
        .control()
        .grant("second", "studio-account", &SCOPES)
        .unwrap();
    let (publish_id, url) = stage.begin(&one.access_token, 10, 10).await;
    let revoke = |token: &str| {
        let fields = [
            ("client_key", DEMO_CLIENT_KEY),
            ("client_secret", DEMO_CLIENT_SECRET),
            ("token", token),
        ];
        form(&fields)
    };
    let path = stage.api("/v2/oauth/revoke/");
    let answer = stage.post_form(&path, &revoke(&one.access_token)).await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::OK, "{}")
    );
    for token in [&one, &two] {
        assert_eq!(
            stage.creator_info(&token.access_token).await.code(),
            "access_token_invalid"
        );
        assert_eq!(
            stage.refresh(&token.refresh_token).await.code(),
            "invalid_grant"
        );
    }
    assert_eq!(stage.creator_info(&other.access_token).await.code(), "ok");
    // What was under way has failed, as seen after the user comes back.
    assert_eq!(
        stage.chunk(&url, &[0; 10], 0, 10).await.status,
        StatusCode::NOT_FOUND
    );
    let back = stage.grant("studio-account");
    let data = stage.status_data(&back.access_token, &publish_id).await;
    assert_eq!(
        (&data["status"], &data["fail_reason"]),
        (&json!("FAILED"), &json!("auth_removed"))
    );
    let answer = stage
        .post_form(&path, &revoke(&bystander.access_token))
        .await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (StatusCode::OK, ""),
        "an empty body as well"
    );
}

#[tokio::test]
async fn a_web_app_may_leave_pkce_out() {
    let web = "https://dev.example.com/auth/callback/";
    let stage = Stage::with(Sandbox::builder().redirect_uri(web).start().await.unwrap());
    let changes = [
        ("redirect_uri", Some(web)),
        ("code_challenge", None),
        ("code_challenge_method", None),
    ];
    // A verifier without a challenge is not looked at.
    for verifier in [None, Some("x")] {
        let url = stage.authorize_url(&changes);
        let code = value(&stage.allow(&url, "studio-account").await, "code");
        let answer = stage
            .token(&[
                ("grant_type", Some("authorization_code")),
                ("code", Some(&code)),
                ("redirect_uri", Some(web)),
                ("code_verifier", verifier),
            ])
            .await;
        assert_eq!(answer.code(), "-", "{}", answer.text);
    }
}

#[tokio::test]
async fn user_info_gives_what_was_asked_if_every_scope_is_there() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let ask = |query: &str| {
        stage
            .http
            .get(stage.api("/v2/user/info/") + query)
            .bearer_auth(&token)
    };
    let answer = send(ask(
        "?fields=open_id,union_id,avatar_url,display_name,username",
    ))
    .await;
    let user = answer.json()["data"]["user"].clone();
    assert_eq!(user.as_object().unwrap().len(), 5);
    assert_eq!(
        (&user["display_name"], &user["username"]),
        (&json!("Studio Account"), &json!("studio-account"))
    );
    assert_eq!(user["union_id"].as_str().unwrap().len(), 36);
    for (query, status, code) in [
        (
            "?fields=open_id,follower_count",
            400,
            "scope_permission_missed",
        ),
        ("?fields=open_id,nonsense", 400, "invalid_params"),
        ("?fields=", 400, "invalid_params"),
        ("", 400, "invalid_params"),
    ] {
        let answer = send(ask(query)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{query}"
        );
    }
}

#[tokio::test]
async fn ids_are_per_app_and_user() {
    let stage = Stage::new().await;
    stage
        .control()
        .add_app(App::new("second", "second-secret"))
        .unwrap();
    let grant = |app, account| {
        stage
            .control()
            .grant(app, account, &SCOPES)
            .unwrap()
            .open_id
    };
    let ids = [
        grant(DEMO_CLIENT_KEY, "studio-account"),
        grant(DEMO_CLIENT_KEY, "studio-private"),
        grant("second", "studio-account"),
    ];
    assert!(ids[0] != ids[1] && ids[0] != ids[2]);
    assert_eq!(ids[0], grant(DEMO_CLIENT_KEY, "studio-account"));
}

#[tokio::test]
async fn client_tokens_open_nothing_here() {
    let stage = Stage::new().await;
    let answer = stage
        .token(&[("grant_type", Some("client_credentials"))])
        .await
        .json();
    assert_eq!(answer["expires_in"], 7200);
    assert_eq!(answer.get("refresh_token"), None);
    let token = text(&answer, "access_token");
    assert!(token.starts_with("clt."));
    assert_eq!(
        stage.init(&token, &init_body(1, 1, 1)).await.code(),
        "access_token_invalid"
    );
}

#[tokio::test]
async fn creator_info_says_what_the_account_allows() {
    let stage = Stage::new().await;
    let private = stage
        .creator_info(&stage.grant("studio-private").access_token)
        .await
        .json();
    assert_eq!(
        private["data"]["privacy_level_options"],
        json!(["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"])
    );
    assert_eq!(private["data"]["duet_disabled"], true);
    let capped = stage
        .creator_info(&stage.grant("studio-capped").access_token)
        .await;
    assert_eq!(capped.status, StatusCode::OK);
    assert_eq!(capped.code(), "spam_risk_too_many_posts");
    assert_eq!(capped.json()["data"], json!({}));
}
