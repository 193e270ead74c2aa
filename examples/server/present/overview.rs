//! The first page: what needs a person, and each account.

use chrono::{DateTime, Utc};
use social_core::Post;
use social_core::model::{Account, AccountStatus};
use social_core::store::Statistics;

use super::account::{badge, key, lost, lost_account, who};
use super::post::{self, Stage, stage};
use crate::view::format::due;
use crate::view::overview::{Counts, Need, Recent, Widget, WidgetBody};
use crate::view::posts::short_title;

/// Posts that may be among what waits for a person.
#[derive(Debug, Default)]
pub(crate) struct Open {
    pub(crate) posts: Vec<Post>,
    /// There are more of them.
    pub(crate) more: bool,
}

/// What waits for a person, worst first.
pub(crate) fn needs(accounts: &[Account], open: &Open, now: DateTime<Utc>) -> Vec<Need> {
    let lost = accounts.iter().filter_map(|account| match &account.status {
        AccountStatus::NeedsReauth(why) => {
            let name = who(account).name;
            Some(Need::reconnect(&name, lost_account(*why).words().line))
        }
        _ => None,
    });
    let stages: Vec<_> = open
        .posts
        .iter()
        .map(|post| (post, stage(post, now)))
        .collect();
    let of = |wanted: Stage| {
        stages
            .iter()
            .filter(move |(_, stage)| *stage == wanted)
            .map(|(post, _)| *post)
    };
    let undecided = of(Stage::Undecided).map(|post| {
        Need::undecided(
            &short_title(&post.caption),
            post.next_at.is_some(),
            &post.id.to_string(),
        )
    });
    let missed = of(Stage::Missed).map(|post| {
        let was_due = post
            .next_at
            .or(post.expires_at)
            .map_or_else(|| "earlier".to_owned(), |time| due(time, now));
        Need::missed(&short_title(&post.caption), &was_due, &post.id.to_string())
    });
    let inbox = of(Stage::AwaitingUser)
        .map(|post| Need::inbox(&short_title(&post.caption), &post.id.to_string()));
    let more = open.more.then(Need::more);
    lost.chain(undecided)
        .chain(inbox)
        .chain(missed)
        .chain(more)
        .collect()
}

/// One account with its figures and its last posts, where they could be read.
pub(crate) fn widget(
    account: &Account,
    read: Option<(Statistics, Vec<Post>)>,
    now: DateTime<Utc>,
) -> Widget {
    let body = match (&account.status, read) {
        (AccountStatus::NeedsReauth(why), read) => {
            let waiting = read.map_or(0, |(statistics, _)| statistics.processing);
            let waits = match waiting {
                0 => String::new(),
                1 => " 1 post waits for it.".to_owned(),
                n => format!(" {n} posts wait for it."),
            };
            let line = lost(*why, &who(account).name).words().line;
            WidgetBody::Reconnect(format!("{line}{waits}"))
        }
        (_, None) => WidgetBody::Unreadable,
        (_, Some((statistics, _))) if statistics.total == 0 => WidgetBody::Fresh,
        (_, Some((statistics, recent))) => WidgetBody::Counts {
            counts: Counts {
                total: statistics.total,
                pending: statistics.processing + statistics.awaiting_user,
                published: statistics.published,
                failed: statistics.failed,
            },
            recent: recent.iter().map(|post| one(post, now)).collect(),
        },
    };
    Widget {
        who: who(account),
        key: key(&account.key),
        badge: badge(account),
        body,
    }
}

fn one(post: &Post, now: DateTime<Utc>) -> Recent {
    let stage = stage(post, now);
    let badge = post::badge(stage);
    let words = match (stage, post.progress) {
        (Stage::Sending, Some((sent, total))) => {
            format!(
                "{} {}",
                badge.word,
                crate::view::format::percent(sent, total)
            )
        }
        _ => badge.word.to_owned(),
    };
    Recent {
        post: post.id.to_string(),
        title: short_title(&post.caption),
        badge,
        words,
    }
}
