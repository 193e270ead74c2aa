//! The list of posts: full, narrowed, empty.

use askama::Template as _;
use chrono::TimeDelta;

use super::{Given, Pages, now, shell};
use crate::view::account::TIKTOK;
use crate::view::badge::Badge;
use crate::view::format::{Moment, clock_seconds};
use crate::view::posts::{Filter, PostRow, PostsPage, StateFilter, short_title};
use crate::view::shell::Nav;

pub(super) fn list(given: Given, pages: &mut Pages) {
    let row = |id: &str, badge, line: &str, ago: TimeDelta| PostRow {
        id: id.to_owned(),
        title: short_title(given.title),
        account: given.name.to_owned(),
        platform: TIKTOK,
        kind: "Video 0:42".to_owned(),
        badge,
        line: line.to_owned(),
        bar: None,
        at: Moment::ago(now() - ago, now()),
    };
    let mut sending = row(
        "p1",
        Badge::sending(),
        "62%, part 12 of 18",
        TimeDelta::minutes(2),
    );
    sending.bar = Some((113_000_000, 182_000_000));
    let rows = vec![
        sending,
        row(
            "p2",
            Badge::undecided(),
            "Asking TikTok. Will not post twice",
            TimeDelta::minutes(9),
        ),
        row(
            "p3",
            Badge::waiting(),
            "Daily limit reached: starts at 16:40",
            TimeDelta::hours(1),
        ),
        row(
            "p4",
            Badge::scheduled(),
            "Sat 21 Nov, 18:00 UTC",
            TimeDelta::hours(3),
        ),
        row(
            "p5",
            Badge::queued(),
            "Starts in a moment",
            TimeDelta::seconds(2),
        ),
        row(
            "p6",
            Badge::processing(),
            "TikTok is checking. Usually under a minute, sometimes hours",
            TimeDelta::minutes(3),
        ),
        row(
            "p7",
            Badge::published(),
            "Link comes after TikTok's review",
            TimeDelta::days(1),
        ),
        row(
            "p8",
            Badge::failed(),
            "Frame rate is 15 fps; TikTok wants 23 to 60",
            TimeDelta::days(1),
        ),
        row(
            "p9",
            Badge::missed(),
            "Was due 18:00. Not posted",
            TimeDelta::days(2),
        ),
        row(
            "p10",
            Badge::cancelled(),
            "By demo, 17 Nov, 08:14",
            TimeDelta::days(400),
        ),
    ];
    let accounts = vec![
        (given.key.to_owned(), given.name.to_owned()),
        ("k2".to_owned(), "studio.news".to_owned()),
    ];
    let every = Filter {
        accounts,
        ..Filter::default()
    };
    let page = |filter, rows, total, before: Option<&str>| PostsPage {
        shell: shell(given, Nav::Posts),
        as_of: clock_seconds(now()),
        filter,
        rows,
        total,
        before: before.map(str::to_owned),
    };
    let narrow = Filter {
        q: given.title.to_owned(),
        state: StateFilter::from_query("failed"),
        account: given.key.to_owned(),
        ..every.clone()
    };
    pages.insert(
        "posts".to_owned(),
        page(every, rows.clone(), Some(1_214), Some("c/1")).render(),
    );
    pages.insert(
        "posts-narrowed".to_owned(),
        page(narrow.clone(), rows, None, Some("c/1")).render(),
    );
    pages.insert(
        "posts-none-fits".to_owned(),
        page(narrow, Vec::new(), None, None).render(),
    );
    pages.insert(
        "posts-empty".to_owned(),
        page(Filter::default(), Vec::new(), Some(0), None).render(),
    );
}
