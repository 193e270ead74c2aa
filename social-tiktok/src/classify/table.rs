//! The tables themselves. Codes:
//! <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>,
//! <https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status>,
//! <https://developers.tiktok.com/doc/tiktok-api-v2-error-handling>,
//! <https://developers.tiktok.com/doc/oauth-error-handling>.

use std::time::Duration;

use social_core::{Error, ErrorKind, LimitScope, Reason, Remedy, error::words::Field};

use super::{WINDOW, wait};
use crate::ByTikTok;

/// The daily caps move with the last 24 hours: room may come at any time, and asking for the creator's state costs
/// nothing. So it is asked hourly rather than after a day.
const CAPPED: Duration = Duration::from_secs(3600);

/// What one code means.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) code: &'static str,
    /// It says for certain that the call was not carried out, with whatever status it comes.
    pub(super) verdict: bool,
    pub(super) reason: Option<Reason>,
    pub(super) kind: ErrorKind,
    pub(super) what_now: WhatNow,
    /// For a log. A person is told what the reason says.
    pub(super) message: &'static str,
    /// What is allowed, for the person's sentence; nothing where the reason needs no limit.
    pub(super) limit: Option<&'static str>,
}

/// A remedy that can stand in a table.
#[derive(Clone, Copy, Debug)]
pub(super) enum WhatNow {
    Backoff,
    Minute,
    Capped(LimitScope),
    Fix(&'static str, &'static str),
    Refresh,
    Reauthorize,
    Operator,
    Never,
}

impl Rule {
    pub(super) fn error(&self) -> Error {
        let mut error = Error::new(self.kind, self.message)
            .with_remedy(self.what_now.remedy())
            .by_tiktok();
        if let Some(reason) = self.reason {
            error = error.with_reason(reason);
        }
        match self.limit {
            Some(limit) => error.with_field(Field::Limit, limit),
            None => error,
        }
    }
}

impl WhatNow {
    fn remedy(self) -> Remedy {
        match self {
            Self::Backoff => Remedy::Backoff,
            Self::Minute => wait(WINDOW, LimitScope::Endpoint),
            Self::Capped(scope) => wait(CAPPED, scope),
            Self::Fix(field, rule) => Remedy::FixInput {
                field: field.to_owned(),
                rule: rule.to_owned(),
            },
            Self::Refresh => Remedy::Refresh,
            Self::Reauthorize => Remedy::Reauthorize,
            Self::Operator => Remedy::Operator,
            Self::Never => Remedy::Never,
        }
    }
}

/// What the column `verdict` holds.
const VERDICT: bool = true;
/// TikTok broke in the middle, and does not say whether it was before or after the work.
const OPEN: bool = false;

const fn rule(
    code: &'static str,
    verdict: bool,
    reason: Option<Reason>,
    kind: ErrorKind,
    what_now: WhatNow,
    message: &'static str,
    limit: &'static str,
) -> Rule {
    let limit = if limit.is_empty() { None } else { Some(limit) };
    Rule {
        code,
        verdict,
        reason,
        kind,
        what_now,
        message,
        limit,
    }
}

use ErrorKind::{
    Invalid, NotFound, Permission, Protocol, RateLimited, Rejected, Unauthorized, Unavailable,
};
use WhatNow::{Backoff, Capped, Fix, Minute, Never, Operator, Reauthorize, Refresh};

const FORMAT: &str = "MP4 with H.264 video and AAC sound";
/// As many as [`PENDING_PER_DAY`](crate::rules::PENDING_PER_DAY).
const PENDING: &str = "5";

/// Codes of the API endpoints.
#[rustfmt::skip]
pub(super) const API: &[Rule] = &[
    rule("invalid_param", VERDICT, None, Invalid, Never, "TikTok refused the parameters", ""),
    rule("invalid_params", VERDICT, None, Invalid, Never, "TikTok refused the parameters", ""),
    rule("app_version_check_failed", VERDICT, Some(Reason::AppOutdated), Rejected, Never, "the person's TikTok app is too old", ""),
    rule("invalid_publish_id", VERDICT, None, NotFound, Never, "TikTok knows no such publish id", ""),
    rule("token_not_authorized_for_specified_publish_id", VERDICT, None, Permission, Never, "the publish id belongs to another account", ""),
    rule("publish_not_cancellable", VERDICT, Some(Reason::TooLateToStop), Rejected, Never, "it can no longer be stopped", ""),
    rule("invalid_file_upload", VERDICT, Some(Reason::MediaRule), Invalid, Never, "TikTok refused the file", FORMAT),
    rule("scope_permission_missed", VERDICT, Some(Reason::ScopeMissing), Permission, Reauthorize, "a scope is missing", ""),
    rule("access_token_invalid", VERDICT, None, Unauthorized, Refresh, "TikTok does not accept the access token", ""),
    rule("scope_not_authorized", VERDICT, Some(Reason::ScopeMissing), Permission, Reauthorize, "the person did not grant the scope", ""),
    rule("spam_risk_too_many_posts", VERDICT, Some(Reason::DailyLimit), RateLimited, Capped(LimitScope::Account), "the account has posted too much in 24 hours", ""),
    rule("spam_risk_user_banned_from_posting", VERDICT, Some(Reason::AccountBanned), Rejected, Never, "the account may not post", ""),
    rule("spam_risk_too_many_pending_share", VERDICT, Some(Reason::PendingLimit), RateLimited, Capped(LimitScope::Account), "too many posts wait in the person's inbox", PENDING),
    rule("spam_risk", VERDICT, Some(Reason::Spam), Rejected, Never, "TikTok takes it for spam", ""),
    rule("reached_active_user_cap", VERDICT, Some(Reason::AppLimit), RateLimited, Capped(LimitScope::App), "the app has reached its daily number of posting users", ""),
    rule("unaudited_client_can_only_post_to_private_accounts", VERDICT, Some(Reason::AppNotAudited), Rejected, Fix("account", "account.private"), "an app that is not audited posts to private accounts only", ""),
    rule("url_ownership_unverified", VERDICT, Some(Reason::AddressNotVerified), Rejected, Operator, "the address of the media is not verified as the app's own", ""),
    rule("privacy_level_option_mismatch", VERDICT, Some(Reason::AudienceRefused), Invalid, Fix("privacy", "privacy.offered"), "the account does not offer this audience", ""),
    rule("rate_limit_exceeded", VERDICT, Some(Reason::CallLimit), RateLimited, Minute, "too many calls", ""),
    rule("internal_error", OPEN, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok failed on its side", ""),
];

/// What the words of the OAuth endpoints mean when a login's code is exchanged: no grant is there yet that could be dead.
#[rustfmt::skip]
pub(super) const EXCHANGE: &[Rule] = &[
    rule("invalid_grant", VERDICT, Some(Reason::LoginCodeRefused), Unauthorized, Reauthorize, "TikTok does not accept this code: it is expired, used or of another app", ""),
];

/// Codes of the OAuth endpoints. Only `invalid_grant` says that a grant is dead; what is wrong with the app says nothing
/// about it. The last two are for a consent page that failed; of a token request they tell no more than a broken
/// connection does.
#[rustfmt::skip]
pub(super) const OAUTH: &[Rule] = &[
    rule("access_denied", VERDICT, Some(Reason::ConsentRefused), Rejected, Reauthorize, "the person refused", ""),
    rule("invalid_grant", VERDICT, Some(Reason::AccessRemoved), Unauthorized, Reauthorize, "TikTok no longer accepts this grant", ""),
    rule("invalid_client", VERDICT, Some(Reason::AppMisconfigured), Unauthorized, Operator, "TikTok does not accept the client key or secret", ""),
    rule("unauthorized_client", VERDICT, Some(Reason::AppMisconfigured), Unauthorized, Operator, "the app may not do this", ""),
    rule("invalid_request", VERDICT, Some(Reason::AppMisconfigured), Rejected, Operator, "TikTok refused the request: redirect address, PKCE or parameters", ""),
    rule("invalid_scope", VERDICT, Some(Reason::AppMisconfigured), Permission, Operator, "the app may not ask for one of the scopes", ""),
    rule("unsupported_grant_type", VERDICT, Some(Reason::AppMisconfigured), Protocol, Operator, "TikTok does not know the grant type", ""),
    rule("unsupported_response_type", VERDICT, Some(Reason::AppMisconfigured), Protocol, Operator, "TikTok does not know the response type", ""),
    rule("server_error", OPEN, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok failed on its side", ""),
    rule("temporarily_unavailable", OPEN, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok is not available", ""),
];

/// Values of `fail_reason`, all of them TikTok's verdict on a post. What says so may succeed when the person posts it again.
#[rustfmt::skip]
pub(super) const FAIL_REASONS: &[Rule] = &[
    rule("file_format_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.format"), "TikTok cannot use the file's format", FORMAT),
    rule("duration_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.duration"), "TikTok refused the video's length", ""),
    rule("frame_rate_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.frame_rate"), "TikTok refused the frame rate", "23 to 60"),
    rule("picture_size_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.picture_size"), "TikTok refused the picture's size", ""),
    rule("internal", VERDICT, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok failed on its side", ""),
    rule("video_pull_failed", VERDICT, Some(Reason::MediaUnreachable), Unavailable, Backoff, "TikTok could not fetch the video", ""),
    rule("photo_pull_failed", VERDICT, Some(Reason::MediaUnreachable), Unavailable, Backoff, "TikTok could not fetch a picture", ""),
    rule("publish_cancelled", VERDICT, Some(Reason::Cancelled), Rejected, Never, "it was cancelled", ""),
    rule("auth_removed", VERDICT, Some(Reason::AccessRemoved), Unauthorized, Reauthorize, "the person disconnected the app", ""),
    rule("spam_risk_too_many_posts", VERDICT, Some(Reason::DailyLimit), RateLimited, Capped(LimitScope::Account), "the account has posted too much in 24 hours", ""),
    rule("spam_risk_user_banned_from_posting", VERDICT, Some(Reason::AccountBanned), Rejected, Never, "the account may not post", ""),
    rule("spam_risk_text", VERDICT, Some(Reason::Spam), Rejected, Fix("caption", "caption.spam"), "TikTok takes the caption for spam", ""),
    rule("spam_risk", VERDICT, Some(Reason::Spam), Rejected, Never, "TikTok takes it for spam", ""),
];
