//! Statuses and sentences for errors of the crates and of HTTP.

use std::error::Error as _;
use std::io;

use axum::http::StatusCode;
use social_core::{Error, ErrorKind, Reason, Remedy};

use crate::present::trouble::facts;
use crate::view::problem::{Problem, Words};

/// Whether there is no room: the disk is full, or a quota or a limit of the process is reached.
pub(crate) fn is_disk_full(error: &Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};

    let io = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    let full = |kind| matches!(kind, FileTooLarge | QuotaExceeded | StorageFull);
    io.is_some_and(|error| full(error.kind())) || error.reason() == Some(Reason::StorageFull)
}

/// 401 is kept for a missing sign-in here: access that the platform no longer accepts is another matter.
pub(super) fn status(error: &Error) -> StatusCode {
    match error.kind() {
        _ if is_disk_full(error) => StatusCode::INSUFFICIENT_STORAGE,
        ErrorKind::Conflict | ErrorKind::Unauthorized => StatusCode::CONFLICT,
        ErrorKind::Invalid | ErrorKind::Rejected | ErrorKind::Unsupported => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Permission => StatusCode::FORBIDDEN,
        ErrorKind::Protocol => StatusCode::BAD_GATEWAY,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Storage | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

pub(super) fn code(error: &Error) -> &'static str {
    match error.kind() {
        _ if is_disk_full(error) => "disk_full",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Unauthorized => "reconnect",
        ErrorKind::Invalid => "invalid",
        ErrorKind::Rejected => "rejected",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Permission => "permission",
        ErrorKind::Protocol => "protocol",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::Storage => "storage",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Timeout => "timeout",
        _ => "internal",
    }
}

/// In seconds.
pub(super) fn retry_after(error: &Error) -> Option<u64> {
    match (error.remedy(), error.kind()) {
        (Remedy::After { wait, .. }, _) => Some(wait.as_secs().max(1)),
        (_, ErrorKind::Storage | ErrorKind::Unavailable) => Some(60),
        _ => None,
    }
}

/// No worker goes on with a page.
pub(super) fn of_error(error: &Error) -> Words {
    let facts = facts().over();
    if is_disk_full(error) {
        return Problem::because(Reason::StorageFull, &facts).words();
    }
    Problem::of(error, &facts).words()
}

/// Code, title and line for an answer of the HTTP layers.
pub(super) fn of_status(status: StatusCode) -> (&'static str, &'static str, &'static str) {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => (
            "method",
            "This address is not for that",
            "Nothing was stored and nothing changed. Go back and use the buttons of the page.",
        ),
        StatusCode::FORBIDDEN => (
            "cross_site",
            "This did not come from a page of this server",
            "Nothing was stored and nothing changed. Open the page here and press the button again.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "too_large",
            "This is too large",
            "Nothing was stored and nothing changed. Send less at once.",
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            "too_many",
            "Too many at once",
            "Close some of the pages of this server in this browser, then load this one again.",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            "too_slow",
            "The request came too slowly",
            "Nothing was posted. Look at the connection and send it again.",
        ),
        StatusCode::MISDIRECTED_REQUEST => (
            "misdirected",
            "This server is not at that address",
            "Open the address that it printed at its start.",
        ),
        status if status.is_client_error() => (
            "bad_request",
            "This request is not as the server expects it",
            "Nothing was stored and nothing changed. Go back and try again.",
        ),
        _ => (
            "internal",
            "Something broke on this server",
            "What was stored before is safe. Try again; if it breaks again, give the number below to whoever runs this server.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_a_broken_one() {
        let of = |kind: io::ErrorKind| Error::storage("x").with_source(io::Error::from(kind));
        let full = of(io::ErrorKind::StorageFull);
        assert_eq!(
            (status(&full), code(&full)),
            (StatusCode::INSUFFICIENT_STORAGE, "disk_full")
        );
        assert!(
            of_error(&full)
                .line
                .contains("The operator of this server has to free space")
        );
        let broken = of(io::ErrorKind::PermissionDenied);
        assert_eq!(
            (status(&broken), code(&broken)),
            (StatusCode::SERVICE_UNAVAILABLE, "storage")
        );
        assert_eq!(retry_after(&broken), Some(60));
    }

    /// No worker goes on with a page.
    #[test]
    fn a_page_that_must_wait_says_for_how_long() {
        let limited = |seconds| {
            let wait = std::time::Duration::from_secs(seconds);
            let scope = social_core::LimitScope::Endpoint;
            Error::new(ErrorKind::RateLimited, "x").with_remedy(Remedy::After { wait, scope })
        };
        for (seconds, words) in [
            (1, "in a minute."),
            (61, "in 2 minutes."),
            (86_400, "in 24 hours."),
        ] {
            let line = of_error(&limited(seconds)).line;
            assert!(line.ends_with(words), "{line}");
            assert!(!line.contains("by itself"), "{line}");
        }
    }

    #[test]
    fn lost_access_is_not_a_missing_sign_in() {
        let lost = Error::new(ErrorKind::Unauthorized, "x")
            .with_remedy(Remedy::Reauthorize)
            .with_reason(Reason::AccessRemoved);
        assert_eq!(status(&lost), StatusCode::CONFLICT);
        assert_eq!(of_error(&lost).title, "Reconnect needed");
        let wait = std::time::Duration::from_secs(600);
        let scope = social_core::LimitScope::Account;
        let suspected = lost
            .with_reason(Reason::GrantSuspected)
            .with_remedy(Remedy::After { wait, scope });
        let words = of_error(&suspected);
        assert!(!words.title.contains("must be"), "{}", words.title);
        assert!(
            words.line.contains("asked again in 10 minutes"),
            "{}",
            words.line
        );
    }
}
