use secrecy::{ExposeSecret, SecretString};
use social_core::{ErrorKind, Remedy};

use crate::scripted::Scripted;

const TOKEN: &str = r#"{"access_token":"act.example67890","expires_in":7200,"open_id":"afd97af1-b87b-48b9-ac98-410aghda5344","refresh_expires_in":15400000,"refresh_token":"rft.example67890","scope":"user.info.basic,video.list","token_type":"Bearer"}"#;

#[tokio::test]
async fn the_new_pair_is_read_with_its_lives() {
    let scripted = Scripted::answering(200, TOKEN).await;
    let refresh = SecretString::from("rft.old");
    let token = scripted
        .client()
        .refresh(&refresh, &scripted.deadline())
        .await
        .unwrap();
    assert_eq!(token.access.expose_secret(), "act.example67890");
    assert_eq!(
        token.refresh.as_ref().unwrap().expose_secret(),
        "rft.example67890"
    );
    assert_eq!(
        (token.expires_in, token.refresh_expires_in),
        (Some(7200), Some(15_400_000))
    );
    assert!(!format!("{token:?}").contains("example67890"));
    let sent = &scripted.server.received_requests().await.unwrap()[0];
    assert_eq!(sent.url.path(), "/open.tiktokapis.com/v2/oauth/token/");
    assert_eq!(
        sent.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    let form = String::from_utf8(sent.body.clone()).unwrap();
    assert_eq!(
        form,
        "client_key=sbaw-demo&client_secret=demo-secret&grant_type=refresh_token&refresh_token=rft.old"
    );
}

#[tokio::test]
async fn what_a_refused_refresh_leads_to() {
    use ErrorKind::{Protocol, RateLimited, Rejected, Unauthorized, Unavailable};
    let minute = Remedy::After {
        wait: std::time::Duration::from_secs(60),
        scope: social_core::LimitScope::Endpoint,
    };
    let dead = r#"{"error":"invalid_grant","error_description":"Refresh token is invalid or expired.","log_id":"20260514191739EAFBD9174F26FC1A7DBF"}"#;
    let cases = [
        (400, dead, Unauthorized, Remedy::Reauthorize),
        (200, dead, Unauthorized, Remedy::Reauthorize),
        (
            401,
            r#"{"error":"invalid_client","log_id":"1"}"#,
            Unauthorized,
            Remedy::Operator,
        ),
        (
            400,
            r#"{"error":"unauthorized_client"}"#,
            Unauthorized,
            Remedy::Operator,
        ),
        (
            400,
            r#"{"error":"invalid_request","error_description":"Client secret is missed in request."}"#,
            Rejected,
            Remedy::Operator,
        ),
        (
            503,
            r#"{"error":"temporarily_unavailable"}"#,
            Unavailable,
            Remedy::Reconcile,
        ),
        (
            500,
            r#"{"error":"server_error"}"#,
            Unavailable,
            Remedy::Reconcile,
        ),
        (
            200,
            r#"{"error":"server_error"}"#,
            Unavailable,
            Remedy::Reconcile,
        ),
        (
            400,
            r#"{"error":"server_error"}"#,
            Unavailable,
            Remedy::Reconcile,
        ),
        (400, r#"{"error":"brand_new"}"#, Rejected, Remedy::Reconcile),
        (403, "<html>", Rejected, Remedy::Reconcile),
        (
            429,
            r#"{"data":{},"error":{"code":"rate_limit_exceeded"}}"#,
            RateLimited,
            minute,
        ),
        // Nobody says whether it was carried out.
        (500, "", Unavailable, Remedy::Reconcile),
        (
            502,
            "<html>Bad Gateway</html>",
            Unavailable,
            Remedy::Reconcile,
        ),
        (200, "", Protocol, Remedy::Reconcile),
        (200, "{}", Protocol, Remedy::Reconcile),
        (200, "<html>", Protocol, Remedy::Reconcile),
        (
            200,
            r#"{"access_token":"","refresh_token":""}"#,
            Protocol,
            Remedy::Reconcile,
        ),
        (200, r#"{"access_token":7}"#, Protocol, Remedy::Reconcile),
    ];
    for (status, body, kind, remedy) in cases {
        let scripted = Scripted::answering(status, body).await;
        let refresh = SecretString::from("rft.old");
        let answer = scripted
            .client()
            .refresh(&refresh, &scripted.deadline())
            .await;
        let error = answer.unwrap_err();
        assert_eq!(
            (error.kind(), error.remedy()),
            (kind, &remedy),
            "{status} {body}"
        );
        assert_eq!(error.operation(), Some("refresh"));
        assert!(!format!("{error:?} {error}").contains("rft.old"));
        let asked = scripted.server.received_requests().await.unwrap().len();
        assert_eq!(asked, 1, "a refresh is sent once");
    }
}

#[tokio::test]
async fn only_an_explicit_dead_grant_disconnects() {
    // Whatever else comes, a living grant is not called dead.
    for status in [200, 301, 400, 401, 403, 404, 408, 429, 500, 503] {
        for body in [
            "",
            "{}",
            "null",
            r#"{"error":"brand_new"}"#,
            r#"{"error":{"code":"access_token_invalid"}}"#,
        ] {
            let scripted = Scripted::answering(status, body).await;
            let refresh = SecretString::from("rft.old");
            let answer = scripted
                .client()
                .refresh(&refresh, &scripted.deadline())
                .await;
            let error = answer.unwrap_err();
            assert_ne!(error.remedy(), &Remedy::Reauthorize, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn revoking_takes_an_empty_answer() {
    for body in ["", "{}"] {
        let scripted = Scripted::answering(200, body).await;
        let access = SecretString::from("act.1");
        scripted
            .client()
            .revoke(&access, &scripted.deadline())
            .await
            .unwrap();
    }
}
