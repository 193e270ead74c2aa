//! What TikTok takes in a day, as this server has booked it: for the page, and against what is to be posted.

use chrono::{DateTime, TimeDelta, Utc};
use social_core::Result;
use social_core::model::Account;
use social_tiktok::{Day, Room};

use crate::app::App;
use crate::form::{Entered, Field, FieldProblem, Schedule};
use crate::present::account::UPLOAD;
use crate::present::trouble::at;
use crate::view::publish::Limit;

/// What is booked. Nothing is spent by looking.
///
/// # Errors
/// `Storage` when it cannot be read.
pub(super) async fn day(app: &App, account: &Account) -> Result<Day> {
    let limits = app.social.limits();
    app.tiktok.publishing.day(limits, &account.key).await
}

/// For the page.
pub(super) fn shown(day: &Day, now: DateTime<Utc>) -> Vec<Limit> {
    let of = |name, room: &Room, about| Limit {
        name,
        used: u64::from(room.usage.used),
        waiting: u64::from(room.usage.waiting),
        max: u64::from(room.most),
        about,
        free: free_at(room, now).map(|free| at(free, now)),
    };
    vec![
        of("Pending uploads", &day.inbox, false),
        of("Posts in the last 24 h", &day.posts, true),
    ]
}

/// When a newcomer has a place, if it must wait for one.
fn free_at(room: &Room, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let wait = room.usage.wait;
    (!wait.is_zero()).then(|| now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1)))
}

/// What will keep this post waiting: which limit, what frees a place, and the other way. A post that is for later than
/// that does not wait.
pub(super) fn in_the_way(
    day: &Day,
    entered: &Entered,
    account: &Account,
    now: DateTime<Utc>,
) -> Vec<FieldProblem> {
    let not_before = match &entered.schedule {
        Some(Schedule::At { due, .. }) => *due,
        _ => now,
    };
    let waits = |room: &Room| free_at(room, now).filter(|free| *free > not_before);
    let note = |short: &str, words: String| FieldProblem {
        field: Field::Way,
        short: short.to_owned(),
        words,
        limit: None,
        soft: true,
    };
    let mut notes = Vec::new();
    if let Some(free) = waits(&day.people) {
        notes.push(note(
            "This app has reached TikTok's number of posting accounts",
            format!(
                "This app has reached TikTok's number of posting accounts for today. This post starts by itself at about {}.",
                at(free, now)
            ),
        ));
    }
    if entered.direct.is_none() {
        notes.extend(waits(&day.inbox).map(|free| {
            let other = match waits(&day.posts) {
                None => " Or post on the profile instead.",
                Some(_) => "",
            };
            note(
                "The TikTok inbox is full",
                format!(
                    "{} uploads already wait in the TikTok inbox. Finish one in the app and this one starts at once; without that it starts at {} at the latest.{other}",
                    day.inbox.most,
                    at(free, now)
                ),
            )
        }));
    } else {
        notes.extend(waits(&day.posts).map(|free| {
            let has_inbox = account.scopes.contains(UPLOAD) && waits(&day.inbox).is_none();
            let other = match has_inbox {
                true => " Or send it to the TikTok inbox instead.",
                false => "",
            };
            note(
                "The posts of 24 hours are used up",
                format!(
                    "TikTok takes about {} posts of one account in 24 hours, and {} were begun here. This one starts by itself at about {}.{other}",
                    day.posts.most,
                    day.posts.usage.used,
                    at(free, now)
                ),
            )
        }));
    }
    notes
}
