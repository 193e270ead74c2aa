//! A post in a word of state and a line.

use chrono::{DateTime, TimeDelta, Utc};
use social_core::Post;
use social_core::model::Account;
use social_core::publish::Outcome;
use social_core::store::{PostRecord, PostState};
use social_core::{Error, Reason, Remedy};

use super::account::name_of;
use super::trouble::{self, at};
use crate::view::account::TIKTOK;
use crate::view::badge::Badge;
use crate::view::format::{Moment, due, percent};
use crate::view::posts::PostRow;

/// Where a post stands, finer than the store tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Scheduled,
    Queued,
    /// Put off by trouble, a limit, or an account that must be connected again.
    Waiting,
    /// A call that counts once has no answer that says what became of it: it is looked for, and not sent again.
    AnswerLost,
    Sending,
    Processing,
    AwaitingUser,
    Published,
    /// Published, and not public any more.
    Hidden,
    Undecided,
    Failed,
    Missed,
    Cancelled,
}

/// A shorter wait is part of the work.
const SHORT: TimeDelta = TimeDelta::seconds(3);

/// A post that an operator has to look at.
pub(crate) const HELD: &str =
    "Kept back: it may have been posted before a failover. Whoever runs this server looks";

/// Where a post stands.
pub(crate) fn stage(post: &Post, now: DateTime<Utc>) -> Stage {
    let later = post.next_at.is_some_and(|next| next - now > SHORT);
    match (post.state, &post.outcome) {
        (PostState::Queued, _) if post.cause.is_some() || post.held_due_at.is_some() => {
            Stage::Waiting
        }
        (PostState::Queued, _) if later => Stage::Scheduled,
        (PostState::Queued, _) => Stage::Queued,
        (PostState::Working, _) if is_open(post, now) => Stage::AnswerLost,
        (PostState::Working, _) if is_put_off(post, later) => Stage::Waiting,
        (PostState::Working, _) if is_sent(post) || is_fetched(post) => Stage::Processing,
        (PostState::Working, _) => Stage::Sending,
        (PostState::AwaitingUser, _) => Stage::AwaitingUser,
        (PostState::Cancelled, _) => Stage::Cancelled,
        (PostState::Failed, Some(Outcome::Failed(error)))
            if error.reason() == Some(Reason::Missed) =>
        {
            Stage::Missed
        }
        (PostState::Failed, _) => Stage::Failed,
        (PostState::Published, _) => Stage::Published,
        (PostState::Unknown, _) => Stage::Waiting,
        _ => Stage::Undecided,
    }
}

/// Why it waits.
pub(crate) fn cause(post: &Post) -> Option<Error> {
    match post.is_newer {
        true => Some(PostRecord::newer()),
        false => post.cause.clone(),
    }
}

/// A published post that is not public any more is shown as such.
pub(crate) fn shown(stage: Stage, is_hidden: bool) -> Stage {
    match stage {
        Stage::Published if is_hidden => Stage::Hidden,
        other => other,
    }
}

/// Whether a call that counts once was made, and nobody waits for its answer any more.
fn is_open(post: &Post, now: DateTime<Utc>) -> bool {
    let lost = |error: &social_core::Error| *error.remedy() == Remedy::Reconcile;
    // While a call is under way the post is due.
    let is_later = post.next_at.is_some_and(|next| next > now);
    post.started && (is_later || post.cause.as_ref().is_some_and(lost))
}

fn is_put_off(post: &Post, later: bool) -> bool {
    let needs_person = |error: &social_core::Error| *error.remedy() == Remedy::Reauthorize;
    post.cause
        .as_ref()
        .is_some_and(|cause| later || needs_person(cause))
}

/// Whether every byte is with the platform.
pub(crate) fn is_sent(post: &Post) -> bool {
    post.progress
        .is_some_and(|(sent, total)| total > 0 && sent >= total)
}

/// Whether the platform has taken it on and fetches the media itself: nothing is sent from here.
pub(crate) fn is_fetched(post: &Post) -> bool {
    post.progress.is_none() && !post.remote_ids.is_empty()
}

/// The word of state.
pub(crate) fn badge(stage: Stage) -> Badge {
    match stage {
        Stage::Scheduled => Badge::scheduled(),
        Stage::Queued => Badge::queued(),
        Stage::Waiting => Badge::waiting(),
        Stage::Sending => Badge::sending(),
        Stage::Processing => Badge::processing(),
        Stage::AwaitingUser => Badge::awaiting_user(),
        Stage::Published => Badge::published(),
        Stage::Hidden => Badge::no_longer_public(),
        Stage::AnswerLost | Stage::Undecided => Badge::undecided(),
        Stage::Failed => Badge::failed(),
        Stage::Missed => Badge::missed(),
        Stage::Cancelled => Badge::cancelled(),
    }
}

/// The line beside the word.
fn line(post: &Post, stage: Stage, account: &str, is_held: bool, now: DateTime<Utc>) -> String {
    match stage {
        Stage::Queued if is_held => "Waits: nothing is sent now".to_owned(),
        Stage::Scheduled => post.next_at.map(|next| due(next, now)).unwrap_or_default(),
        Stage::Queued => "Starts in a moment".to_owned(),
        Stage::AnswerLost => {
            let words = trouble::answer_lost(post.cause.as_ref(), post.next_at, now).words();
            format!("{}. {}", words.title, words.line)
        }
        Stage::Waiting if post.held_due_at.is_some() => HELD.to_owned(),
        Stage::Waiting => {
            let problem = cause(post)
                .as_ref()
                .map(|cause| trouble::waiting(cause, account, None, post.next_at, now));
            problem.map_or_else(
                || {
                    post.next_at
                        .map(|next| format!("Goes on at {}", at(next, now)))
                        .unwrap_or_default()
                },
                |problem| problem.words().line,
            )
        }
        Stage::Sending if post.cancel_requested => "Stopping".to_owned(),
        Stage::Sending => {
            let (sent, total) = post.progress.unwrap_or((0, 1));
            percent(sent, total)
        }
        Stage::Processing => {
            "TikTok is checking. Usually under a minute, sometimes hours".to_owned()
        }
        Stage::AwaitingUser => {
            let since = post
                .settled_at
                .map(|since| format!(" since {}", at(since, now)))
                .unwrap_or_default();
            format!("Waiting in the app's inbox{since}")
        }
        Stage::Hidden => "TikTok says it is not public any more".to_owned(),
        Stage::Published => match &post.outcome {
            Some(Outcome::Published(links)) if links.iter().any(|link| link.url.is_some()) => {
                "On the profile".to_owned()
            }
            _ => "TikTok says it is published".to_owned(),
        },
        Stage::Undecided if post.next_at.is_some() => {
            "Asking TikTok. Will not post twice".to_owned()
        }
        Stage::Undecided => "Not known. Will not post twice".to_owned(),
        Stage::Failed => match &post.outcome {
            Some(Outcome::Failed(error)) => trouble::failed(error, account).line,
            _ => String::new(),
        },
        Stage::Missed => "Its time passed. It was not posted".to_owned(),
        Stage::Cancelled => "Not posted by this server".to_owned(),
    }
}

/// What is known of a post beside its record.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// "Video 0:42", "5 photos".
    pub(crate) kind: String,
    pub(crate) title: String,
    /// The platform said that it is not public any more.
    pub(crate) is_hidden: bool,
    /// Nothing is sent now, whatever it is.
    pub(crate) is_held: bool,
}

/// One post in the list.
pub(crate) fn row(post: &Post, seen: Seen, accounts: &[Account], now: DateTime<Utc>) -> PostRow {
    let account = name_of(accounts, &post.account);
    let stage = shown(stage(post, now), seen.is_hidden);
    PostRow {
        id: post.id.to_string(),
        title: seen.title,
        platform: TIKTOK,
        kind: seen.kind,
        badge: badge(stage),
        line: line(post, stage, &account, seen.is_held, now),
        bar: (stage == Stage::Sending).then(|| post.progress.unwrap_or((0, 1))),
        account,
        at: Moment::ago(post.created_at, now),
    }
}
