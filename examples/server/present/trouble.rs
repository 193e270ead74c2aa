//! Errors of a post in words.

use chrono::{DateTime, Utc};
use social_core::{Error, ErrorKind, Remedy};

use crate::view::format::{clock_or_day, clock_seconds};
use crate::view::problem::{Problem, Words};
use crate::view::timeline::Raw;

/// The code of a post whose time passed before it was begun.
pub(crate) const MISSED: &str = "missed";

/// A time as it is spoken of: to the second when it is near.
pub(crate) fn at(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if time - now < chrono::TimeDelta::minutes(10) && time.date_naive() == now.date_naive() {
        clock_seconds(time)
    } else {
        format!("{} UTC", clock_or_day(time, now))
    }
}

/// A call that counts once, and no answer that says what became of it.
pub(crate) fn answer_lost(
    error: Option<&Error>,
    next: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Problem {
    Problem::AnswerLost {
        how: match error {
            None => "This server stopped before TikTok answered",
            Some(error) if is_answer(error) => "TikTok answered without saying whether it did it",
            Some(error) if error.kind() == ErrorKind::Timeout => "TikTok did not answer in time",
            Some(_) => "The connection broke before TikTok answered",
        },
        next: next.map(|next| at(next, now)),
    }
}

/// Whether the error is what the platform said, and not that it said nothing.
fn is_answer(error: &Error) -> bool {
    error.code().is_some() || error.request_id().is_some()
}

/// Why a post waits.
pub(crate) fn waiting(
    error: &Error,
    account: &str,
    next: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Problem {
    let next = next.map_or_else(|| "the next try".to_owned(), |next| at(next, now));
    match (error.code(), error.remedy(), error.kind()) {
        (Some("reached_active_user_cap" | "limit_booked.people"), ..) => Problem::UserCap,
        (Some("spam_risk_too_many_pending_share" | "limit_booked.inbox"), ..) => {
            Problem::InboxFull { waits: true }
        }
        (Some("limit_booked.posts"), ..) => Problem::DailyLimit { starts: next },
        (Some("limit_booked.minute"), ..) => Problem::InTurn { starts: next },
        (Some("url_ownership_unverified"), ..) => Problem::UrlUnverified { host: None },
        (Some("spam_risk_too_many_posts"), ..) => Problem::DailyLimit { starts: next },
        (_, Remedy::Reauthorize, ErrorKind::Permission) => Problem::NotAllowed { what: "Posting" },
        (_, Remedy::Reauthorize, _) => Problem::AccessLost {
            account: account.to_owned(),
            why: "TikTok no longer accepts its access".to_owned(),
        },
        (_, Remedy::After { .. }, _) => Problem::AskedToWait { until: next },
        (Some("video_pull_failed"), ..) => not_fetched("the video", next),
        (Some("photo_pull_failed"), ..) => not_fetched("a photo", next),
        (_, _, ErrorKind::Storage) => Problem::Storage,
        (_, _, ErrorKind::Unavailable | ErrorKind::Timeout) => Problem::NoAnswer { next_try: next },
        _ => Problem::Other {
            words: error.user_message().to_owned(),
        },
    }
}

fn not_fetched(what: &'static str, next_try: String) -> Problem {
    Problem::NotFetched { what, next_try }
}

/// Why a post failed.
pub(crate) fn failed(error: &Error, account: &str) -> Words {
    let problem = match (error.code(), error.remedy()) {
        (Some("unaudited_client_can_only_post_to_private_accounts"), _) => Problem::Unaudited {
            account: account.to_owned(),
        },
        (Some("privacy_level_option_mismatch"), _) => Problem::AudienceChanged,
        (Some("spam_risk_too_many_pending_share"), _) => Problem::InboxFull { waits: false },
        (Some("url_ownership_unverified"), _) => Problem::UrlUnverified { host: None },
        (Some("spam_risk" | "spam_risk_text"), _) => Problem::Spam,
        (_, Remedy::FixInput { field, .. }) if field == "media" => {
            let (finding, fix) = sentences(error.user_message());
            Problem::Media { finding, fix }
        }
        _ => Problem::Other {
            words: error.user_message().to_owned(),
        },
    };
    problem.words()
}

/// The first sentence, without its end, and the rest.
pub(crate) fn sentences(text: &str) -> (String, String) {
    match text.split_once(". ") {
        Some((first, rest)) => (first.to_owned(), rest.to_owned()),
        None => (
            text.trim_end_matches('.').to_owned(),
            "Choose another file.".to_owned(),
        ),
    }
}

/// What support needs of an error; it holds no secret.
pub(crate) fn raw(error: &Error) -> Option<Raw> {
    let lines: Vec<String> = [
        error.operation().map(|call| format!("call: {call}")),
        error.code().map(|code| format!("code: {code}")),
        error.request_id().map(|id| format!("request: {id}")),
        Some(format!("words: {}", error.message())),
    ]
    .into_iter()
    .flatten()
    .collect();
    error.platform().map(|_| Raw {
        text: lines.join("\n"),
        is_answer: is_answer(error),
    })
}
