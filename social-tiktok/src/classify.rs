//! The one table: what TikTok's codes mean, and what to do.
//!
//! The body decides, not the HTTP status: refusals have come with 200. Of a call that causes something, only a code that
//! the table calls a verdict says that it was not carried out; after any other answer that is open, whatever the status.
//! A code that is not in the table is kept; of a call that only asks it is judged by the status.

mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;
use social_core::{
    Error, ErrorKind, LimitScope, Reason, Remedy,
    http::Reply,
    publish::journal::backoff,
    wish::{LONGEST, heed},
};

use crate::{ByTikTok, wire::Answer};
use table::{API, EXCHANGE, FAIL_REASONS, OAUTH, Rule};

/// TikTok's windows are one minute long.
const WINDOW: Duration = Duration::from_secs(60);

/// What is known about the call that was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The call's name.
    pub(crate) name: &'static str,
    /// It causes nothing that an answer without a verdict could leave open.
    pub(crate) observation: bool,
    /// When the answer came.
    pub(crate) now: DateTime<Utc>,
}

/// The refusal that an answer of an API endpoint holds, if it holds one.
pub(crate) fn api(reply: &Reply, answer: &Answer, asked: Asked) -> Option<Error> {
    if answer.code.is_none() && reply.status.is_success() {
        return None;
    }
    let rule = find(&[API], answer);
    Some(refusal(rule, reply, answer, asked))
}

/// The refusal that an answer of an OAuth endpoint holds, if it holds one.
pub(crate) fn oauth(reply: &Reply, answer: &Answer, asked: Asked) -> Option<Error> {
    token(&[OAUTH, API], reply, answer, asked)
}

/// The refusal that the answer to the code of a login holds, if it holds one.
pub(crate) fn exchange(reply: &Reply, answer: &Answer, asked: Asked) -> Option<Error> {
    token(&[EXCHANGE, OAUTH, API], reply, answer, asked)
}

fn token(
    tables: &[&'static [Rule]],
    reply: &Reply,
    answer: &Answer,
    asked: Asked,
) -> Option<Error> {
    if answer.code.is_none() && reply.status.is_success() {
        return None;
    }
    let rule = find(tables, answer);
    Some(refusal(rule, reply, answer, asked))
}

/// What an error that the consent page came back with means.
pub(crate) fn callback(error: Error) -> Error {
    let known = OAUTH
        .iter()
        .find(|rule| error.code().is_some_and(|code| code == rule.code));
    let told = match known {
        Some(rule) => rule.error().with_code(rule.code),
        None => error,
    };
    told.by_tiktok().with_operation("callback")
}

/// Why a post failed, from the status' `fail_reason`. What is not in the table is for good, and for the operator to see.
pub(crate) fn fail_reason(reason: Option<&str>) -> Error {
    let code = reason.unwrap_or("unknown");
    let known = FAIL_REASONS.iter().find(|rule| rule.code == code);
    let error = match known {
        Some(rule) => rule.error(),
        None => Error::new(ErrorKind::Rejected, "TikTok could not make a post of it"),
    };
    error.with_code(code).by_tiktok().with_operation("status")
}

/// Whether a post that failed for this reason may be begun anew.
pub(crate) fn may_begin_anew(reason: Option<&str>) -> bool {
    reason == Some("internal")
}

/// Whether a post that TikTok fetches itself and that failed for this reason may be begun anew.
pub(crate) fn may_fetch_anew(reason: Option<&str>) -> bool {
    matches!(
        reason,
        Some("internal" | "video_pull_failed" | "photo_pull_failed")
    )
}

fn find(tables: &[&'static [Rule]], answer: &Answer) -> Option<&'static Rule> {
    let code = answer.code.as_deref()?;
    let mut rules = tables.iter().flat_map(|table| table.iter());
    rules.find(|rule| rule.code == code)
}

fn refusal(rule: Option<&Rule>, reply: &Reply, answer: &Answer, asked: Asked) -> Error {
    let mut error = match rule {
        Some(rule) => rule.error(),
        None => by_status(reply.status),
    };
    error = asked_to_wait(error, reply, asked);
    if !asked.observation && !rule.is_some_and(|rule| rule.verdict) {
        error = error.with_remedy(Remedy::Reconcile);
    }
    if let Some(code) = &answer.code {
        error = error.with_code(code);
    }
    if let Some(id) = &answer.log_id {
        error = error.with_request_id(id);
    }
    error.by_tiktok().with_operation(asked.name)
}

fn by_status(status: StatusCode) -> Error {
    match status {
        StatusCode::UNAUTHORIZED => Error::new(
            ErrorKind::Unauthorized,
            "TikTok does not accept the access token",
        ),
        StatusCode::TOO_MANY_REQUESTS => Error::new(ErrorKind::RateLimited, "too many calls")
            .with_reason(Reason::CallLimit)
            .with_remedy(wait(WINDOW, LimitScope::Endpoint)),
        _ if status.is_server_error() => {
            Error::new(ErrorKind::Unavailable, "TikTok failed on its side")
                .with_reason(Reason::PlatformFailed)
        }
        _ if status.is_redirection() => {
            Error::new(ErrorKind::Protocol, "TikTok answered with a redirect")
        }
        _ => Error::new(ErrorKind::Rejected, "TikTok refused"),
    }
}

/// A `Retry-After` overrides what the table assumes.
fn asked_to_wait(error: Error, reply: &Reply, asked: Asked) -> Error {
    let Some(asked_for) = reply.retry_after(asked.now) else {
        return error;
    };
    let scope = match error.remedy() {
        Remedy::After { scope, .. } => *scope,
        Remedy::Backoff if error.kind() == ErrorKind::Unavailable => LimitScope::Endpoint,
        _ => return error,
    };
    error.with_remedy(wait(heed(asked_for, backoff(1), LONGEST), scope))
}

fn wait(wait: Duration, scope: LimitScope) -> Remedy {
    Remedy::After { wait, scope }
}
