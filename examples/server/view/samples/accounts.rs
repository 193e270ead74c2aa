//! The overview, the accounts and the question before disconnecting.

use askama::Template as _;
use social_core::model::NeedsReauth;

use super::{Given, Pages, now, shell, who};
use crate::present::account::lost_account;
use crate::view::account::{AccountCan, AccountRow, AccountsPage, DisconnectPage};
use crate::view::badge::Badge;
use crate::view::format::clock_seconds;
use crate::view::overview::{Counts, Need, OverviewPage, Recent, Widget, WidgetBody};
use crate::view::shell::{Nav, Notice, Toast};

pub(super) fn overview(given: Given) -> OverviewPage {
    let recent = |badge: Badge, words: &str| Recent {
        post: "01JD4Z7Q8M3W".to_owned(),
        title: given.title.to_owned(),
        badge,
        words: words.to_owned(),
    };
    let widget = |who, badge, body| Widget {
        who,
        key: given.key.to_owned(),
        badge,
        body,
    };
    let counts = Counts {
        total: 1_128,
        pending: 3,
        published: 1_121,
        failed: 4,
    };
    let mut shell = shell(given, Nav::Overview);
    shell.hold = Some(Notice {
        title: "Nothing is sent now".to_owned(),
        line: "The data of this server were restored.".to_owned(),
    });
    OverviewPage {
        shell,
        as_of: clock_seconds(now()),
        needs: vec![
            Need::reconnect(given.name, lost_account(NeedsReauth::Revoked).words().line),
            Need::undecided(given.title, true, "01JD4Z7Q8M3W"),
            Need::undecided(given.title, false, "01JD4Z7Q8M3W"),
            Need::more(),
            Need::missed(given.title, "today at 12:00", "01JD4Z7Q8M3X"),
        ],
        widgets: vec![
            widget(who(given.name, "Studio"), Badge::connected(), WidgetBody::Counts {
                counts,
                recent: vec![
                    recent(Badge::sending(), "Sending 62%"),
                    recent(Badge::waiting(), "Waiting until 16:40"),
                    recent(Badge::published(), "Published"),
                ],
            }),
            widget(who("studio.news", ""), Badge::connected(), WidgetBody::Fresh),
            // The same name twice: their ids must still differ.
            widget(who(given.name, "Backup"), Badge::reconnect(), WidgetBody::Reconnect(
                "TikTok says access was removed on 20 Nov, 11:32. Nothing can be posted until you \
                 connect it again. 1 scheduled post waits."
                    .to_owned(),
            )),
            widget(who("studio.old", ""), Badge::limited(), WidgetBody::Unreadable),
        ],
    }
}

pub(super) fn quiet(given: Given) -> OverviewPage {
    let mut page = overview(given);
    page.needs.clear();
    page.widgets.truncate(1);
    page.shell.reconnect_count = 0;
    page.shell.sandbox = None;
    page
}

pub(super) fn accounts(given: Given, pages: &mut Pages) {
    let row = |who, badge, line: &str, can| AccountRow {
        who,
        key: given.key.to_owned(),
        badge,
        line: line.to_owned(),
        can,
    };
    let rows = vec![
        row(
            who("studio-backup", "since 2 Feb 2026"),
            Badge::reconnect(),
            "Access was removed in TikTok on 20 Nov, 11:32. Connect again to go on; your posts and history stay.",
            AccountCan::Reconnect,
        ),
        row(
            who("studio.news", ""),
            Badge::limited(),
            "Posting was not allowed at sign-in. Connect the account again and leave it ticked.",
            AccountCan::Reconnect,
        ),
        row(
            who(given.name, "Studio"),
            Badge::connected(),
            "Access renews itself, next at 15:20. May post videos.",
            AccountCan::Publish,
        ),
        row(
            who("studio.old", "until 3 Mar 2026"),
            Badge::disconnected(),
            "You disconnected it. Its history stays.",
            AccountCan::ConnectAgain,
        ),
    ];
    let page = |rows| AccountsPage {
        shell: shell(given, Nav::Accounts),
        rows,
    };
    let mut full = page(rows);
    full.shell.toast = Some(Toast::done(
        format!("{} is connected", given.name),
        "You can publish with it now.",
    ));
    pages.insert("accounts".to_owned(), full.render());
    pages.insert("accounts-empty".to_owned(), page(Vec::new()).render());
    for (name, armed, under_way) in [("disconnect", 2, 1), ("disconnect-idle", 0, 0)] {
        let page = DisconnectPage {
            shell: shell(given, Nav::Accounts),
            who: who(given.name, "Studio"),
            key: given.key.to_owned(),
            armed,
            under_way,
        };
        pages.insert(name.to_owned(), page.render());
    }
}
