//! Errors of a post in words.

use chrono::{DateTime, Utc};
use social_core::publish::is_booked;
use social_core::{Error, ErrorKind, Reason, Remedy};

use crate::view::format::{clock_or_day, clock_seconds};
use crate::view::problem::{Problem, Words};
use crate::view::timeline::Raw;

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
    match (error.reason(), error.remedy(), error.kind()) {
        (Some(Reason::AppLimit), ..) => Problem::UserCap,
        (Some(Reason::PendingLimit), ..) => Problem::InboxFull { waits: true },
        (Some(Reason::DailyLimit), ..) => Problem::DailyLimit { starts: next },
        (Some(Reason::CallLimit), ..) if is_booked(error) => Problem::InTurn { starts: next },
        (Some(Reason::AddressNotVerified), ..) => Problem::UrlUnverified { host: None },
        (_, Remedy::Reauthorize, ErrorKind::Permission) => Problem::NotAllowed { what: "Posting" },
        (_, Remedy::Reauthorize, _) => Problem::AccessLost {
            account: account.to_owned(),
            why: "TikTok no longer accepts its access".to_owned(),
        },
        (_, Remedy::After { .. }, _) => Problem::AskedToWait { until: next },
        (Some(Reason::MediaUnreachable), ..) => Problem::NotFetched { next_try: next },
        (_, _, ErrorKind::Storage) => Problem::Storage,
        (_, _, ErrorKind::Unavailable | ErrorKind::Timeout) => Problem::NoAnswer { next_try: next },
        _ => Problem::Other {
            words: error.user_message().to_owned(),
        },
    }
}

/// Why a post failed.
pub(crate) fn failed(error: &Error, account: &str) -> Words {
    let problem = match (error.reason(), error.remedy()) {
        (Some(Reason::AppNotAudited), _) => Problem::Unaudited {
            account: account.to_owned(),
        },
        (Some(Reason::AudienceRefused), _) => Problem::AudienceChanged,
        (Some(Reason::PendingLimit), _) => Problem::InboxFull { waits: false },
        (Some(Reason::AddressNotVerified), _) => Problem::UrlUnverified { host: None },
        (Some(Reason::Spam), _) => Problem::Spam,
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
