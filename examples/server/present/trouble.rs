//! Errors of a post in words.

use chrono::{DateTime, Utc};
use social_core::error::words::{Facts, Field};
use social_core::publish::Note;
use social_core::{Error, ErrorKind};

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

/// What is known beside every error here.
pub(crate) fn facts() -> Facts<'static> {
    Facts::new().with(Field::Platform, social_tiktok::NAME)
}

/// As [`facts`], and whose account it is.
pub(crate) fn facts_of(account: &str) -> Facts<'static> {
    facts().with(Field::Account, account)
}

/// Why a post waits; `host` is where its media are, if they are elsewhere.
pub(crate) fn waiting(
    error: &Error,
    account: &str,
    host: Option<&str>,
    next: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Problem {
    let mut facts = facts_of(account).waits();
    if let Some(host) = host {
        facts = facts.with(Field::Address, host);
    }
    if let Some(next) = next {
        facts = facts.with(Field::When, at(next, now));
    }
    Problem::of(error, &facts)
}

/// Why a post failed.
pub(crate) fn failed(error: &Error, account: &str) -> Words {
    Problem::of(error, &facts_of(account).over()).words()
}

/// What is to know beside an outcome: a heading, and a line.
pub(crate) fn noted(note: &Note, account: &str) -> (String, String) {
    let words = note.words(&facts_of(account).over());
    let line = words.line();
    (words.title, line)
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
