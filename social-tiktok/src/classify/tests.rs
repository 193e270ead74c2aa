use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::DateTime;
use http::HeaderValue;

use super::*;

fn asked(observation: bool) -> Asked {
    Asked {
        name: "test",
        observation,
        now: DateTime::UNIX_EPOCH,
    }
}

fn reply(status: u16, body: &str) -> Reply {
    let mut reply = Reply::default();
    reply.status = StatusCode::from_u16(status).unwrap();
    reply.body = Bytes::copy_from_slice(body.as_bytes());
    reply
}

fn nested(status: u16, code: &str) -> Error {
    let body = format!(r#"{{"data":{{}},"error":{{"code":"{code}","log_id":"LOG1"}}}}"#);
    let reply = reply(status, &body);
    api(&reply, &Answer::read(&reply.body), asked(false)).unwrap()
}

fn flat(status: u16, code: &str) -> Error {
    let reply = reply(status, &format!(r#"{{"error":"{code}","log_id":"LOG1"}}"#));
    oauth(&reply, &Answer::read(&reply.body), asked(false)).unwrap()
}

fn after(seconds: u64, scope: LimitScope) -> Remedy {
    wait(Duration::from_secs(seconds), scope)
}

fn fix(field: &str, rule: &str) -> Remedy {
    Remedy::FixInput {
        field: field.to_owned(),
        rule: rule.to_owned(),
    }
}

#[test]
fn every_documented_api_code_has_its_meaning() {
    use ErrorKind::{
        Invalid, NotFound, Permission, RateLimited, Rejected, Unauthorized, Unavailable,
    };
    let account = after(3600, LimitScope::Account);
    #[rustfmt::skip]
    let expected = [
        (400, "invalid_param", Invalid, Remedy::Never),
        (400, "invalid_params", Invalid, Remedy::Never),
        (400, "app_version_check_failed", Rejected, Remedy::Never),
        (400, "invalid_publish_id", NotFound, Remedy::Never),
        (400, "token_not_authorized_for_specified_publish_id", Permission, Remedy::Never),
        (400, "publish_not_cancellable", Rejected, Remedy::Never),
        (400, "invalid_file_upload", Invalid, Remedy::Never),
        (400, "scope_permission_missed", Permission, Remedy::Reauthorize),
        (401, "access_token_invalid", Unauthorized, Remedy::Refresh),
        (401, "scope_not_authorized", Permission, Remedy::Reauthorize),
        (403, "spam_risk_too_many_posts", RateLimited, account.clone()),
        (200, "spam_risk_too_many_posts", RateLimited, account.clone()),
        (403, "spam_risk_user_banned_from_posting", Rejected, Remedy::Never),
        (200, "spam_risk_user_banned_from_posting", Rejected, Remedy::Never),
        (403, "spam_risk_too_many_pending_share", RateLimited, account),
        (403, "spam_risk", Rejected, Remedy::Never),
        (403, "reached_active_user_cap", RateLimited, after(3600, LimitScope::App)),
        (200, "reached_active_user_cap", RateLimited, after(3600, LimitScope::App)),
        (403, "unaudited_client_can_only_post_to_private_accounts", Rejected, fix("account", "account.private")),
        (403, "url_ownership_unverified", Rejected, Remedy::Operator),
        (403, "privacy_level_option_mismatch", Invalid, fix("privacy", "privacy.offered")),
        (429, "rate_limit_exceeded", RateLimited, after(60, LimitScope::Endpoint)),
        (500, "internal_error", Unavailable, Remedy::Reconcile),
    ];
    let tested: BTreeSet<&str> = expected.iter().map(|(_, code, ..)| *code).collect();
    let known: BTreeSet<&str> = API.iter().map(|rule| rule.code).collect();
    assert_eq!(tested, known);
    for (status, code, kind, remedy) in expected {
        let error = nested(status, code);
        assert_eq!((error.kind(), error.remedy()), (kind, &remedy), "{code}");
        assert_eq!(
            (error.code(), error.request_id()),
            (Some(code), Some("LOG1"))
        );
        assert_eq!(error.platform(), Some(&PLATFORM));
        assert!(!error.user_message().is_empty());
    }
}

#[test]
fn only_invalid_grant_is_a_dead_grant() {
    use ErrorKind::{Permission, Protocol, Rejected, Unauthorized, Unavailable};
    #[rustfmt::skip]
    let expected = [
        ("access_denied", Rejected, Remedy::Reauthorize),
        ("invalid_grant", Unauthorized, Remedy::Reauthorize),
        ("invalid_client", Unauthorized, Remedy::Operator),
        ("unauthorized_client", Unauthorized, Remedy::Operator),
        ("invalid_request", Rejected, Remedy::Operator),
        ("invalid_scope", Permission, Remedy::Operator),
        ("unsupported_grant_type", Protocol, Remedy::Operator),
        ("unsupported_response_type", Protocol, Remedy::Operator),
        ("server_error", Unavailable, Remedy::Backoff),
        ("temporarily_unavailable", Unavailable, Remedy::Backoff),
    ];
    assert_eq!(expected.len(), OAUTH.len());
    for (code, kind, remedy) in expected {
        for status in [200, 400, 401, 503] {
            let error = flat(status, code);
            assert_eq!(
                (error.kind(), error.remedy()),
                (kind, &remedy),
                "{status} {code}"
            );
            assert_eq!(
                (error.code(), error.request_id()),
                (Some(code), Some("LOG1"))
            );
        }
    }
    assert_eq!(
        flat(429, "rate_limit_exceeded").kind(),
        ErrorKind::RateLimited
    );
}

#[test]
fn every_fail_reason_has_its_meaning() {
    use ErrorKind::{Invalid, RateLimited, Rejected, Unauthorized, Unavailable};
    #[rustfmt::skip]
    let expected = [
        ("file_format_check_failed", Invalid, fix("media", "media.format")),
        ("duration_check_failed", Invalid, fix("media", "media.duration")),
        ("frame_rate_check_failed", Invalid, fix("media", "media.frame_rate")),
        ("picture_size_check_failed", Invalid, fix("media", "media.picture_size")),
        ("internal", Unavailable, Remedy::Backoff),
        ("video_pull_failed", Unavailable, Remedy::Backoff),
        ("photo_pull_failed", Unavailable, Remedy::Backoff),
        ("publish_cancelled", Rejected, Remedy::Never),
        ("auth_removed", Unauthorized, Remedy::Reauthorize),
        ("spam_risk_too_many_posts", RateLimited, after(3600, LimitScope::Account)),
        ("spam_risk_user_banned_from_posting", Rejected, Remedy::Never),
        ("spam_risk_text", Rejected, Remedy::Never),
        ("spam_risk", Rejected, Remedy::Never),
    ];
    assert_eq!(expected.len(), FAIL_REASONS.len());
    for (code, kind, remedy) in expected {
        let error = fail_reason(Some(code));
        assert_eq!((error.kind(), error.remedy()), (kind, &remedy), "{code}");
        assert_eq!(error.code(), Some(code));
        assert_eq!(may_begin_anew(Some(code)), code == "internal");
    }
    let unknown = fail_reason(Some("brand_new"));
    assert_eq!(unknown.code(), Some("brand_new"));
    assert_eq!(unknown.remedy(), &Remedy::Never);
    assert!(!may_begin_anew(None));
}

#[test]
fn unknown_codes_are_kept_and_judged_by_the_status() {
    for (status, kind, remedy) in [
        (200, ErrorKind::Rejected, Remedy::Never),
        (302, ErrorKind::Protocol, Remedy::Never),
        (400, ErrorKind::Rejected, Remedy::Never),
        (401, ErrorKind::Unauthorized, Remedy::Refresh),
        (429, ErrorKind::RateLimited, after(60, LimitScope::Endpoint)),
        (500, ErrorKind::Unavailable, Remedy::Reconcile),
    ] {
        let error = nested(status, "brand_new");
        assert_eq!((error.kind(), error.remedy()), (kind, &remedy), "{status}");
        assert_eq!(error.code(), Some("brand_new"));
    }
}

#[test]
fn a_break_without_a_verdict_leaves_a_mutation_open() {
    for body in [
        "",
        "<html>bad gateway</html>",
        "{}",
        r#"{"error":{"code":"internal_error"}}"#,
    ] {
        let reply = reply(502, body);
        let answer = Answer::read(&reply.body);
        let remedy = |observation| {
            let error = api(&reply, &answer, asked(observation)).unwrap();
            error.remedy().clone()
        };
        assert_eq!(remedy(false), Remedy::Reconcile, "{body}");
        assert_eq!(remedy(true), Remedy::Backoff, "{body}");
        let refresh = oauth(&reply, &answer, asked(false)).unwrap();
        assert_eq!(refresh.remedy(), &Remedy::Reconcile);
    }
}

#[test]
fn a_retry_after_is_honoured() {
    let waiting = |status, body: &str| {
        let mut reply = reply(status, body);
        reply
            .headers
            .insert("retry-after", HeaderValue::from_static("7"));
        let error = api(&reply, &Answer::read(&reply.body), asked(true)).unwrap();
        error.remedy().clone()
    };
    let endpoint = after(7, LimitScope::Endpoint);
    assert_eq!(
        waiting(429, r#"{"error":{"code":"rate_limit_exceeded"}}"#),
        endpoint
    );
    assert_eq!(waiting(503, ""), endpoint);
    assert_eq!(
        waiting(400, r#"{"error":{"code":"invalid_params"}}"#),
        Remedy::Never
    );
}

#[test]
fn success_is_no_refusal() {
    let fine = reply(200, r#"{"data":{},"error":{"code":"ok"}}"#);
    assert!(api(&fine, &Answer::read(&fine.body), asked(true)).is_none());
}
