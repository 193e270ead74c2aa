use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::DateTime;
use http::HeaderValue;

use social_core::error::words::{Facts, Field};

use super::*;
use crate::PLATFORM;

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

const HOUR: u64 = 3_600;

fn check(error: &Error, code: &str, kind: ErrorKind, remedy: &Remedy, words: &str) {
    assert_eq!((error.kind(), error.remedy()), (kind, remedy), "{code}");
    assert_eq!(error.code(), Some(code));
    assert_eq!(error.platform(), Some(&PLATFORM));
    let told = error.words(&Facts::new().over()).line();
    assert!(told.contains(words), "{code}: {told:?} lacks {words:?}");
    assert!(
        !told.contains("the platform"),
        "{code}: {told:?} does not name TikTok"
    );
}

/// What a call that causes something is told. A code means the same with the documented status and with every other.
fn api_code(documented: u16, code: &str, kind: ErrorKind, remedy: &Remedy, words: &str) {
    for status in STATUSES.into_iter().chain([documented]) {
        let error = nested(status, code);
        check(&error, code, kind, remedy, words);
        assert_eq!(error.request_id(), Some("LOG1"));
    }
}

fn oauth_code(code: &str, kind: ErrorKind, remedy: &Remedy, words: &str) {
    for status in STATUSES {
        let error = flat(status, code);
        check(&error, code, kind, remedy, words);
        assert_eq!(error.request_id(), Some("LOG1"));
    }
}

const STATUSES: [u16; 19] = [
    200, 201, 206, 301, 400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 429, 500, 502, 503, 504,
];

/// Words that do not say whether the work was done. All others of the tables do.
const OPEN: [&str; 3] = ["internal_error", "server_error", "temporarily_unavailable"];

type Judge = fn(&Reply, &Answer, Asked) -> Option<Error>;

fn judged(judge: Judge, status: u16, body: &str, observation: bool) -> Error {
    let reply = reply(status, body);
    judge(&reply, &Answer::read(&reply.body), asked(observation)).unwrap()
}

/// Every row, with every status, of a call that asks and of one that causes something.
#[test]
fn only_a_verdict_says_that_nothing_was_carried_out() {
    let rows = |table: &'static [Rule], judge: Judge| table.iter().map(move |rule| (judge, rule));
    let api = rows(API, super::api).chain(rows(API, super::oauth));
    let mut seen = 0;
    for (judge, rule) in api.chain(rows(OAUTH, super::oauth)) {
        let code = rule.code;
        assert_eq!(rule.verdict, !OPEN.contains(&code), "{code}");
        let told = rule.error();
        for status in STATUSES {
            for body in [
                format!(r#"{{"data":{{}},"error":{{"code":"{code}","log_id":"LOG1"}}}}"#),
                format!(r#"{{"error":"{code}","log_id":"LOG1"}}"#),
            ] {
                let asks = judged(judge, status, &body, true);
                assert_eq!(asks.remedy(), told.remedy(), "{status} {code} asks");
                let causes = judged(judge, status, &body, false);
                let expected = match OPEN.contains(&code) {
                    true => &Remedy::Reconcile,
                    false => told.remedy(),
                };
                assert_eq!(causes.remedy(), expected, "{status} {code} causes");
                assert_eq!((causes.kind(), causes.code()), (told.kind(), Some(code)));
                seen += 2;
            }
        }
    }
    let rows = 2 * API.len() + OAUTH.len();
    assert_eq!(seen, rows * STATUSES.len() * 4);
}

/// What is not in the table, and an answer without a word, leave open what a call has caused.
#[test]
fn no_status_and_no_unknown_word_is_a_verdict() {
    for judge in [super::api as Judge, super::oauth as Judge] {
        for status in STATUSES {
            let unknown = [
                r#"{"error":{"code":"brand_new"}}"#,
                r#"{"error":"brand_new"}"#,
                r#"{"error":{"code":"https://a.example/?token=1"}}"#,
            ];
            let silent = ["", "{}", "null", "<html>"].into_iter();
            let silent = silent.filter(|_| status >= 300);
            for body in unknown.into_iter().chain(silent) {
                let causes = judged(judge, status, body, false);
                assert_eq!(causes.remedy(), &Remedy::Reconcile, "{status} {body}");
                let asks = judged(judge, status, body, true);
                assert_ne!(asks.remedy(), &Remedy::Reconcile, "{status} {body}");
                assert_eq!(asks.kind(), causes.kind());
            }
        }
    }
}

/// `anew`: whether a post is begun anew after it, an upload and a fetch.
fn reason(code: &str, kind: ErrorKind, remedy: &Remedy, anew: (bool, bool), words: &str) {
    let error = fail_reason(Some(code));
    check(&error, code, kind, remedy, words);
    assert_eq!(error.operation(), Some("status"));
    let again = (may_begin_anew(Some(code)), may_fetch_anew(Some(code)));
    assert_eq!(again, anew, "{code}");
}

/// One test for each code: what happened, what now, and what a person is told.
macro_rules! codes {
    ($all:ident $check:ident: $($name:ident[$($before:expr)?]($code:literal, $kind:ident, $remedy:expr, $($rest:expr),*);)*) => {
        const $all: &[&str] = &[$($code),*];
        $(#[test]
        fn $name() {
            $check($($before,)? $code, ErrorKind::$kind, &$remedy, $($rest),*);
        })*
    };
}

#[rustfmt::skip]
codes! { API_CODES api_code:
    code_invalid_param[400]("invalid_param", Invalid, Remedy::Never, "not allowed");
    code_invalid_params[400]("invalid_params", Invalid, Remedy::Never, "not allowed");
    code_app_version_check_failed[400]("app_version_check_failed", Rejected, Remedy::Never, "Update the TikTok app");
    code_invalid_publish_id[400]("invalid_publish_id", NotFound, Remedy::Never, "nothing here");
    code_token_not_authorized_for_specified_publish_id[400]("token_not_authorized_for_specified_publish_id", Permission, Remedy::Never, "did not allow this");
    code_publish_not_cancellable[400]("publish_not_cancellable", Rejected, Remedy::Never, "no longer be stopped");
    code_invalid_file_upload[400]("invalid_file_upload", Invalid, Remedy::Never, "Export it again as MP4 with H.264");
    code_scope_permission_missed[400]("scope_permission_missed", Permission, Remedy::Reauthorize, "leave it ticked");
    code_access_token_invalid[401]("access_token_invalid", Unauthorized, Remedy::Refresh, "does not accept the access of this account");
    code_scope_not_authorized[401]("scope_not_authorized", Permission, Remedy::Reauthorize, "leave it ticked");
    code_spam_risk_too_many_posts[403]("spam_risk_too_many_posts", RateLimited, after(HOUR, LimitScope::Account), "no more posts from this account today");
    code_spam_risk_user_banned_from_posting[403]("spam_risk_user_banned_from_posting", Rejected, Remedy::Never, "does not let this account post");
    code_spam_risk_too_many_pending_share[403]("spam_risk_too_many_pending_share", RateLimited, after(HOUR, LimitScope::Account), "as may: 5. Finish or discard one in the TikTok app, then post again");
    code_spam_risk[403]("spam_risk", Rejected, Remedy::Never, "for spam");
    code_reached_active_user_cap[403]("reached_active_user_cap", RateLimited, after(HOUR, LimitScope::App), "has used up what TikTok gives it for a while");
    code_unaudited_client_can_only_post_to_private_accounts[403]("unaudited_client_can_only_post_to_private_accounts", Rejected, fix("account", "account.private"), "Make this account private in TikTok");
    code_url_ownership_unverified[403]("url_ownership_unverified", Rejected, Remedy::Operator, "Verify it in TikTok's developer portal");
    code_privacy_level_option_mismatch[403]("privacy_level_option_mismatch", Invalid, fix("privacy", "privacy.offered"), "Choose again who may see it");
    code_rate_limit_exceeded[429]("rate_limit_exceeded", RateLimited, after(60, LimitScope::Endpoint), "only so many requests a minute");
    code_internal_error[500]("internal_error", Unavailable, Remedy::Reconcile, "did not say whether");
}

// Only `invalid_grant` says that a grant is dead.
#[rustfmt::skip]
codes! { OAUTH_CODES oauth_code:
    oauth_access_denied[]("access_denied", Rejected, Remedy::Reauthorize, "You refused");
    oauth_invalid_grant[]("invalid_grant", Unauthorized, Remedy::Reauthorize, "Connect the account again");
    oauth_invalid_client[]("invalid_client", Unauthorized, Remedy::Operator, "The operator of this service has to correct it");
    oauth_unauthorized_client[]("unauthorized_client", Unauthorized, Remedy::Operator, "The operator of this service has to correct it");
    oauth_invalid_request[]("invalid_request", Rejected, Remedy::Operator, "The operator of this service has to correct it");
    oauth_invalid_scope[]("invalid_scope", Permission, Remedy::Operator, "The operator of this service has to correct it");
    oauth_unsupported_grant_type[]("unsupported_grant_type", Protocol, Remedy::Operator, "The operator of this service has to correct it");
    oauth_unsupported_response_type[]("unsupported_response_type", Protocol, Remedy::Operator, "The operator of this service has to correct it");
    oauth_server_error[]("server_error", Unavailable, Remedy::Reconcile, "did not say whether");
    oauth_temporarily_unavailable[]("temporarily_unavailable", Unavailable, Remedy::Reconcile, "did not say whether");
}

#[rustfmt::skip]
codes! { REASONS reason:
    fail_file_format_check_failed[]("file_format_check_failed", Invalid, fix("media", "media.format"), (false, false), "Export it again as MP4 with H.264");
    fail_duration_check_failed[]("duration_check_failed", Invalid, fix("media", "media.duration"), (false, false), "refused the video's length");
    fail_frame_rate_check_failed[]("frame_rate_check_failed", Invalid, fix("media", "media.frame_rate"), (false, false), "takes 23 to 60 frames a second");
    fail_picture_size_check_failed[]("picture_size_check_failed", Invalid, fix("media", "media.picture_size"), (false, false), "width or height");
    fail_internal[]("internal", Unavailable, Remedy::Backoff, (true, true), "Try it again");
    fail_video_pull_failed[]("video_pull_failed", Unavailable, Remedy::Backoff, (false, true), "could not fetch the media");
    fail_photo_pull_failed[]("photo_pull_failed", Unavailable, Remedy::Backoff, (false, true), "could not fetch the media");
    fail_publish_cancelled[]("publish_cancelled", Rejected, Remedy::Never, (false, false), "It was cancelled");
    fail_auth_removed[]("auth_removed", Unauthorized, Remedy::Reauthorize, (false, false), "Connect the account again");
    fail_spam_risk_too_many_posts[]("spam_risk_too_many_posts", RateLimited, after(HOUR, LimitScope::Account), (false, false), "Post it tomorrow");
    fail_spam_risk_user_banned_from_posting[]("spam_risk_user_banned_from_posting", Rejected, Remedy::Never, (false, false), "does not let this account post");
    fail_spam_risk_text[]("spam_risk_text", Rejected, fix("caption", "caption.spam"), (false, false), "the caption for spam");
    fail_spam_risk[]("spam_risk", Rejected, Remedy::Never, (false, false), "for spam");
}

/// No grant is there yet that could be dead; of a refresh the same word says that it is.
#[test]
fn a_code_that_is_not_accepted_is_no_removed_access() {
    for status in STATUSES {
        let body = r#"{"error":"invalid_grant","log_id":"LOG1"}"#;
        let login = judged(super::exchange, status, body, false);
        assert_eq!(login.reason(), Some(Reason::LoginCodeRefused), "{status}");
        assert_eq!(login.remedy(), &Remedy::Reauthorize);
        assert!(login.user_message().contains("Start the sign-in again"));
        let refresh = judged(super::oauth, status, body, false);
        assert_eq!(refresh.reason(), Some(Reason::AccessRemoved), "{status}");
    }
    // Every other word means the same.
    let client = judged(super::exchange, 400, r#"{"error":"invalid_client"}"#, false);
    assert_eq!(client.reason(), Some(Reason::AppMisconfigured));
}

#[test]
fn the_table_names_the_limit_that_is_booked() {
    let full = nested(403, "spam_risk_too_many_pending_share");
    let most = crate::rules::PENDING_PER_DAY.to_string();
    assert_eq!(full.field(Field::Limit), Some(most.as_str()));
}

#[test]
fn every_row_of_the_tables_has_its_test() {
    for (table, tested) in [
        (API, API_CODES),
        (OAUTH, OAUTH_CODES),
        (FAIL_REASONS, REASONS),
    ] {
        let rows: BTreeSet<&str> = table.iter().map(|rule| rule.code).collect();
        assert_eq!(rows, tested.iter().copied().collect());
        assert_eq!(rows.len(), table.len(), "no code twice");
    }
}

/// The OAuth endpoints answer a limit in the words of the others.
#[test]
fn limits_of_the_oauth_endpoints_are_limits() {
    let error = flat(429, "rate_limit_exceeded");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

#[test]
fn unknown_codes_are_kept_and_judged_by_the_status() {
    for (status, kind, remedy) in [
        (200, ErrorKind::Rejected, Remedy::Never),
        (302, ErrorKind::Protocol, Remedy::Never),
        (400, ErrorKind::Rejected, Remedy::Never),
        (401, ErrorKind::Unauthorized, Remedy::Refresh),
        (429, ErrorKind::RateLimited, after(60, LimitScope::Endpoint)),
        (500, ErrorKind::Unavailable, Remedy::Backoff),
    ] {
        let error = judged(
            super::api,
            status,
            r#"{"error":{"code":"brand_new"}}"#,
            true,
        );
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

/// Now, never and yesterday are no waits that could be kept.
#[test]
fn a_retry_after_that_cannot_be_meant_is_bounded() {
    for (text, seconds) in [
        ("0", 1),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
        ("86401", 86_400),
        ("1000000000000", 86_400),
        ("99999999999999999999999999", 86_400),
        ("Fri, 14 Nov 2223 22:14:20 GMT", 86_400),
        ("soon", 60),
    ] {
        let mut reply = reply(429, r#"{"error":{"code":"rate_limit_exceeded"}}"#);
        let value = HeaderValue::from_static(text);
        reply.headers.insert("retry-after", value);
        let error = api(&reply, &Answer::read(&reply.body), asked(false)).unwrap();
        assert_eq!(
            error.remedy(),
            &after(seconds, LimitScope::Endpoint),
            "{text}"
        );
    }
}

#[test]
fn success_is_no_refusal() {
    let fine = reply(200, r#"{"data":{},"error":{"code":"ok"}}"#);
    assert!(api(&fine, &Answer::read(&fine.body), asked(true)).is_none());
}

#[test]
fn an_unknown_fail_reason_is_for_good_and_kept() {
    for reason in [Some("brand_new"), None] {
        let error = fail_reason(reason);
        assert_eq!(error.code(), Some(reason.unwrap_or("unknown")));
        assert_eq!(
            (error.kind(), error.remedy()),
            (ErrorKind::Rejected, &Remedy::Never)
        );
        assert!(!may_begin_anew(reason) && !may_fetch_anew(reason));
    }
}

#[test]
fn errors_of_a_callback_are_those_of_the_table() {
    let error = |query: &str| {
        let callback = social_core::oauth::Callback::parse(query);
        self::callback(callback.code().unwrap_err())
    };
    let denied = error("error=access_denied&error_description=User+denied&state=s");
    assert_eq!(
        (denied.kind(), denied.code()),
        (ErrorKind::Rejected, Some("access_denied"))
    );
    assert!(denied.user_message().contains("You refused"));
    let scope = error("error=invalid_scope&state=s");
    assert_eq!(
        (scope.kind(), scope.remedy()),
        (ErrorKind::Permission, &Remedy::Operator)
    );
    let fresh = error("error=brand_new&state=s");
    assert_eq!(
        (fresh.code(), fresh.remedy()),
        (Some("brand_new"), &Remedy::Reauthorize)
    );
    let none = error("state=s");
    assert_eq!((none.kind(), none.code()), (ErrorKind::Protocol, None));
    assert_eq!(none.operation(), Some("callback"));
}
