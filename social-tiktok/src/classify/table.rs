//! The tables themselves. Codes:
//! <https://developers.tiktok.com/doc/content-posting-api-reference-direct-post>,
//! <https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status>,
//! <https://developers.tiktok.com/doc/tiktok-api-v2-error-handling>,
//! <https://developers.tiktok.com/doc/oauth-error-handling>.

use std::time::Duration;

use social_core::{Error, ErrorKind, LimitScope, Reason, Remedy};

use super::{WINDOW, wait};

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
    /// For a log.
    pub(super) message: &'static str,
    /// For a person; nothing where the kind's own sentence says it all.
    pub(super) words: Option<&'static str>,
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
        let mut error = Error::new(self.kind, self.message).with_remedy(self.what_now.remedy());
        if let Some(reason) = self.reason {
            error = error.with_reason(reason);
        }
        match self.words {
            Some(words) => error.with_user_message(words),
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
    words: &'static str,
) -> Rule {
    let words = if words.is_empty() { None } else { Some(words) };
    Rule {
        code,
        verdict,
        reason,
        kind,
        what_now,
        message,
        words,
    }
}

use ErrorKind::{
    Invalid, NotFound, Permission, Protocol, RateLimited, Rejected, Unauthorized, Unavailable,
};
use WhatNow::{Backoff, Capped, Fix, Minute, Never, Operator, Reauthorize, Refresh};

const BANNED: &str = "TikTok does not let this account post. The TikTok app says why.";
const RECONNECT: &str = "TikTok no longer accepts this connection. Connect the account again.";
const OURS: &str = "This service's TikTok app is not set up rightly. Its operator must look.";
const FORMAT: &str = "TikTok cannot use this file. Export it as MP4 with H.264 video and AAC sound, and post it again.";

/// Codes of the API endpoints.
#[rustfmt::skip]
pub(super) const API: &[Rule] = &[
    rule("invalid_param", VERDICT, None, Invalid, Never, "TikTok refused the parameters", ""),
    rule("invalid_params", VERDICT, None, Invalid, Never, "TikTok refused the parameters", ""),
    rule("app_version_check_failed", VERDICT, Some(Reason::AppOutdated), Rejected, Never, "the person's TikTok app is too old", "Update the TikTok app on your phone, then post again."),
    rule("invalid_publish_id", VERDICT, None, NotFound, Never, "TikTok knows no such publish id", ""),
    rule("token_not_authorized_for_specified_publish_id", VERDICT, None, Permission, Never, "the publish id belongs to another account", ""),
    rule("publish_not_cancellable", VERDICT, None, Rejected, Never, "it can no longer be stopped", "It can no longer be stopped."),
    rule("invalid_file_upload", VERDICT, Some(Reason::MediaRule), Invalid, Never, "TikTok refused the file", FORMAT),
    rule("scope_permission_missed", VERDICT, Some(Reason::ScopeMissing), Permission, Reauthorize, "a scope is missing", ""),
    rule("access_token_invalid", VERDICT, None, Unauthorized, Refresh, "TikTok does not accept the access token", ""),
    rule("scope_not_authorized", VERDICT, Some(Reason::ScopeMissing), Permission, Reauthorize, "the person did not grant the scope", "The account did not allow posting. Connect it again and allow all that is asked."),
    rule("spam_risk_too_many_posts", VERDICT, Some(Reason::DailyLimit), RateLimited, Capped(LimitScope::Account), "the account has posted too much in 24 hours", "TikTok takes no more posts from this account today. It is tried again by itself; or post it in the TikTok app."),
    rule("spam_risk_user_banned_from_posting", VERDICT, Some(Reason::AccountBanned), Rejected, Never, "the account may not post", BANNED),
    rule("spam_risk_too_many_pending_share", VERDICT, Some(Reason::PendingLimit), RateLimited, Capped(LimitScope::Account), "too many posts wait in the person's inbox", "Finish or discard the posts that wait in TikTok's inbox. It is tried again by itself."),
    rule("spam_risk", VERDICT, Some(Reason::Spam), Rejected, Never, "TikTok takes it for spam", "TikTok took this post for spam."),
    rule("reached_active_user_cap", VERDICT, Some(Reason::AppLimit), RateLimited, Capped(LimitScope::App), "the app has reached its daily number of posting users", "This service has reached TikTok's daily limit of people. It is tried again by itself."),
    rule("unaudited_client_can_only_post_to_private_accounts", VERDICT, Some(Reason::AppNotAudited), Rejected, Fix("account", "account.private"), "an app that is not audited posts to private accounts only", "Until TikTok has audited this service, it can post only to private accounts. Set the account to private in TikTok, then post again."),
    rule("url_ownership_unverified", VERDICT, Some(Reason::AddressNotVerified), Rejected, Operator, "the address of the media is not verified as the app's own", OURS),
    rule("privacy_level_option_mismatch", VERDICT, Some(Reason::AudienceRefused), Invalid, Fix("privacy", "privacy.offered"), "the account does not offer this audience", "Choose again who may see it: TikTok no longer offers this account that choice."),
    rule("rate_limit_exceeded", VERDICT, Some(Reason::CallLimit), RateLimited, Minute, "too many calls", ""),
    rule("internal_error", OPEN, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok failed on its side", ""),
];

/// Codes of the OAuth endpoints. Only `invalid_grant` says that a grant is dead; what is wrong with the app says nothing
/// about it. The last two are for a consent page that failed; of a token request they tell no more than a broken
/// connection does.
#[rustfmt::skip]
pub(super) const OAUTH: &[Rule] = &[
    rule("access_denied", VERDICT, Some(Reason::ConsentRefused), Rejected, Reauthorize, "the person refused", "You refused on TikTok's page. Nothing was stored."),
    rule("invalid_grant", VERDICT, Some(Reason::AccessRemoved), Unauthorized, Reauthorize, "TikTok no longer accepts this grant or code", RECONNECT),
    rule("invalid_client", VERDICT, Some(Reason::AppMisconfigured), Unauthorized, Operator, "TikTok does not accept the client key or secret", OURS),
    rule("unauthorized_client", VERDICT, Some(Reason::AppMisconfigured), Unauthorized, Operator, "the app may not do this", OURS),
    rule("invalid_request", VERDICT, Some(Reason::AppMisconfigured), Rejected, Operator, "TikTok refused the request: redirect address, PKCE or parameters", OURS),
    rule("invalid_scope", VERDICT, Some(Reason::AppMisconfigured), Permission, Operator, "the app may not ask for one of the scopes", OURS),
    rule("unsupported_grant_type", VERDICT, Some(Reason::AppMisconfigured), Protocol, Operator, "TikTok does not know the grant type", OURS),
    rule("unsupported_response_type", VERDICT, Some(Reason::AppMisconfigured), Protocol, Operator, "TikTok does not know the response type", OURS),
    rule("server_error", OPEN, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok failed on its side", ""),
    rule("temporarily_unavailable", OPEN, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok is not available", ""),
];

/// Values of `fail_reason`, all of them TikTok's verdict on a post. What says so may succeed when the person posts it again.
#[rustfmt::skip]
pub(super) const FAIL_REASONS: &[Rule] = &[
    rule("file_format_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.format"), "TikTok cannot use the file's format", FORMAT),
    rule("duration_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.duration"), "TikTok refused the video's length", "TikTok refused the video's length. Make it shorter or longer, and post it again."),
    rule("frame_rate_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.frame_rate"), "TikTok refused the frame rate", "TikTok takes 23 to 60 frames a second. Export the video again, and post it again."),
    rule("picture_size_check_failed", VERDICT, Some(Reason::MediaRule), Invalid, Fix("media", "media.picture_size"), "TikTok refused the picture's size", "TikTok refused the picture's width or height. Export it again, and post it again."),
    rule("internal", VERDICT, Some(Reason::PlatformFailed), Unavailable, Backoff, "TikTok failed on its side", "TikTok failed to make a post of it. Post it again."),
    rule("video_pull_failed", VERDICT, Some(Reason::MediaUnreachable), Unavailable, Backoff, "TikTok could not fetch the video", "TikTok could not fetch the video. Post it again."),
    rule("photo_pull_failed", VERDICT, Some(Reason::MediaUnreachable), Unavailable, Backoff, "TikTok could not fetch a picture", "TikTok could not fetch a picture. Post it again."),
    rule("publish_cancelled", VERDICT, Some(Reason::Cancelled), Rejected, Never, "it was cancelled", "It was cancelled."),
    rule("auth_removed", VERDICT, Some(Reason::AccessRemoved), Unauthorized, Reauthorize, "the person disconnected the app", RECONNECT),
    rule("spam_risk_too_many_posts", VERDICT, Some(Reason::DailyLimit), RateLimited, Capped(LimitScope::Account), "the account has posted too much in 24 hours", "TikTok takes no more posts from this account today. Post it tomorrow, or in the TikTok app."),
    rule("spam_risk_user_banned_from_posting", VERDICT, Some(Reason::AccountBanned), Rejected, Never, "the account may not post", BANNED),
    rule("spam_risk_text", VERDICT, Some(Reason::Spam), Rejected, Never, "TikTok takes the caption for spam", "TikTok took the caption for spam. Change it, and post it again."),
    rule("spam_risk", VERDICT, Some(Reason::Spam), Rejected, Never, "TikTok takes it for spam", "TikTok took this post for spam."),
];
