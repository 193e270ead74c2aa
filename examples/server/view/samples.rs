//! Every page with sample data, for the preview and for the tests of the templates.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use super::account::{AccountCan, AccountRow, AccountsPage, Connect, DisconnectPage, TIKTOK, Who};
use super::badge::Badge;
use super::format::{Moment, clock_seconds, due};
use super::overview::{Counts, Need, OverviewPage, Recent, Widget, WidgetBody};
use super::posts::{Filter, PostRow, PostsPage, StateFilter, short_title};
use super::problem::{Button, Problem};
use super::publish::{KeptFile, Limit, Poster, PublishBody, PublishForm, PublishPage};
use super::shell::{ErrorPage, Nav, SandboxNote, Shell, SignIn, SignInPage, Toast};
use crate::form::{FileFacts, FormFacts, FormFields, validate};

mod post;

pub(crate) use post::posts;

/// The words that come from outside: names, titles, keys. Tests put hostile ones here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given {
    pub(crate) user: &'static str,
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) key: &'static str,
}

/// What a well-behaved person gives.
pub(crate) const STUDIO: Given = Given {
    user: "demo",
    name: "studio-account",
    title: "Autumn teaser, first cut. Full film on Friday #autumn #studio",
    key: "k-7f3a",
};

/// The time of every sample.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_183_442, 0).unwrap_or_default()
}

fn shell(given: Given, current: Nav) -> Shell {
    Shell {
        user: Some(given.user.to_owned()),
        sandbox: Some(SandboxNote {
            transcript: "http://127.0.0.1:4100/_sandbox".to_owned(),
        }),
        current,
        reconnect_count: 1,
        toast: None,
    }
}

fn who(name: &str, detail: &str) -> Who {
    Who {
        platform: TIKTOK,
        name: name.to_owned(),
        detail: detail.to_owned(),
    }
}

/// Page name and HTML.
type Pages = BTreeMap<String, askama::Result<String>>;

/// Every page and every form it can take.
pub(crate) fn pages(given: Given) -> Pages {
    let mut pages = Pages::new();
    pages.insert("overview".to_owned(), overview(given).render());
    pages.insert("overview-quiet".to_owned(), quiet(given).render());
    accounts(given, &mut pages);
    publishing(given, &mut pages);
    list(given, &mut pages);
    for (name, page) in posts(given) {
        pages.insert(name.to_owned(), page.render());
    }
    elsewhere(given, &mut pages);
    troubles(given, &mut pages);
    pages
}

fn overview(given: Given) -> OverviewPage {
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
    OverviewPage {
        shell: shell(given, Nav::Overview),
        as_of: clock_seconds(now()),
        needs: vec![
            Need::reconnect(given.name, "access was removed in TikTok"),
            Need::undecided(given.title, "TikTok", "01JD4Z7Q8M3W"),
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

fn quiet(given: Given) -> OverviewPage {
    let mut page = overview(given);
    page.needs.clear();
    page.widgets.truncate(1);
    page.shell.reconnect_count = 0;
    page.shell.sandbox = None;
    page
}

fn accounts(given: Given, pages: &mut Pages) {
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
    let page = |tiktok, rows| AccountsPage {
        shell: shell(given, Nav::Accounts),
        tiktok,
        rows,
    };
    let mut full = page(Connect::Ready, rows);
    full.shell.toast = Some(Toast::done(
        format!("{} is connected", given.name),
        "You can publish with it now.",
    ));
    pages.insert("accounts".to_owned(), full.render());
    pages.insert(
        "accounts-empty".to_owned(),
        page(Connect::Ready, Vec::new()).render(),
    );
    pages.insert(
        "accounts-not-configured".to_owned(),
        page(Connect::NotConfigured, Vec::new()).render(),
    );
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

/// A creator whose stitches are off, and a file that is in order.
pub(crate) fn facts() -> FormFacts {
    FormFacts {
        now: now(),
        audiences: ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
            .map(str::to_owned)
            .to_vec(),
        comment_off: false,
        duet_off: false,
        stitch_off: true,
        max_seconds: 600,
        max_bytes: 4_000_000_000,
        file: None,
    }
}

/// The page around a form or around the reason why there is none.
pub(crate) fn publish_page(given: Given, body: PublishBody) -> PublishPage {
    PublishPage {
        shell: shell(given, Nav::Publish),
        poster: Poster {
            who: who(given.name, "Studio"),
            key: given.key.to_owned(),
            nickname: "Studio".to_owned(),
            can_change: true,
        },
        body,
    }
}

/// A form that comes back with what it was sent.
pub(crate) fn returned(
    key: &str,
    fields: FormFields,
    facts: FormFacts,
    kept: Option<KeptFile>,
) -> PublishForm {
    let problems = validate(&fields, &facts).err().unwrap_or_default();
    let mut form = PublishForm::returned(key, fields, facts, problems);
    form.kept = kept;
    form.limits = vec![Limit {
        name: "Posts in the last 24 h",
        used: 3,
        max: 15,
        about: true,
    }];
    form
}

fn publishing(given: Given, pages: &mut Pages) {
    let mut page =
        |name: &str, body| pages.insert(name.to_owned(), publish_page(given, body).render());
    let mut fresh = PublishForm::fresh("01JD4Z7Q8M3W", FormFields::default(), facts());
    fresh.limits = vec![Limit {
        name: "Posts in the last 24 h",
        used: 3,
        max: 15,
        about: true,
    }];
    page("publish", PublishBody::Form(Box::new(fresh)));

    let file = FileFacts {
        name: "autumn-teaser.mp4".to_owned(),
        size: 182_000_000,
        duration_ms: Some(42_000),
    };
    let kept = KeptFile {
        id: "m-1".to_owned(),
        name: file.name.clone(),
        size: file.size,
    };
    let facts = FormFacts {
        file: Some(file),
        ..facts()
    };
    let fields = |pairs: &[(&str, &str)]| {
        FormFields::from_pairs(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    };
    let long = "a".repeat(2_214);
    let refused = fields(&[
        ("idempotency_key", "01JD4Z7Q8M3W"),
        ("title", &long),
        ("allow_comment", "on"),
        ("allow_stitch", "on"),
        ("disclose", "on"),
        ("when", "later"),
        ("due", "2026-11-19T18:00"),
        ("missed", "fail"),
    ]);
    page(
        "publish-refused",
        PublishBody::Form(Box::new(returned(
            "01JD4Z7Q8M3W",
            refused,
            facts.clone(),
            None,
        ))),
    );
    let good = fields(&[
        ("idempotency_key", "01JD4Z7Q8M3W"),
        ("title", given.title),
        ("privacy", "PUBLIC_TO_EVERYONE"),
        ("allow_comment", "on"),
        ("disclose", "on"),
        ("brand_content", "on"),
        ("when", "later"),
        ("due", "2026-11-21T18:00"),
        ("missed", "30m"),
    ]);
    let mut form = returned("01JD4Z7Q8M3W", good, facts, Some(kept));
    form.passes = vec![
        "The account can post now".to_owned(),
        "H.264, 30 fps, 1080 × 1920".to_owned(),
    ];
    form.soft = vec!["The sound could not be read here; TikTok checks it".to_owned()];
    page("publish-checked", PublishBody::Form(Box::new(form)));
    page(
        "publish-blocked",
        PublishBody::Blocked(Problem::UserCap.words()),
    );
}

fn list(given: Given, pages: &mut Pages) {
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

fn elsewhere(given: Given, pages: &mut Pages) {
    for (name, why) in [
        ("sign-in", SignIn::Needed),
        ("sign-in-spent", SignIn::LinkSpent),
        ("signed-out", SignIn::SignedOut),
    ] {
        pages.insert(
            name.to_owned(),
            SignInPage {
                shell: Shell::signed_out(),
                why,
            }
            .render(),
        );
    }
    let words = Problem::LoginExpired { minutes: 10 }.words();
    let mut buttons: Vec<Button> = words
        .button
        .map(|label| Button::link(label, "/api/auth/tiktok"))
        .into_iter()
        .collect();
    buttons.push(Button::link("Back to accounts", "/accounts"));
    let mut page = ErrorPage {
        shell: shell(given, Nav::Elsewhere).on(Nav::Accounts),
        title: words.title,
        line: words.line,
        buttons,
        details: vec![
            ("What".to_owned(), "login.state_expired".to_owned()),
            ("TikTok said".to_owned(), given.title.to_owned()),
            ("When".to_owned(), "20 Nov 2026, 14:04:02 UTC".to_owned()),
        ],
        correlation: "c-9e02b4".to_owned(),
    };
    page.shell.toast = Some(Toast::trouble(
        format!("{} is still connected", given.name),
        "TikTok did not answer. Try again in a minute.",
    ));
    pages.insert("error".to_owned(), page.render());
    let words = Problem::NotFound.words();
    let page = ErrorPage {
        shell: Shell::signed_out(),
        title: words.title,
        line: words.line,
        buttons: vec![Button::link("To the start", "/")],
        details: Vec::new(),
        correlation: "c-9e02b5".to_owned(),
    };
    pages.insert("error-signed-out".to_owned(), page.render());
}

/// Every kind of trouble, as a page of its own.
fn troubles(given: Given, pages: &mut Pages) {
    for (number, problem) in problems(given).into_iter().enumerate() {
        let words = problem.words();
        let page = ErrorPage {
            shell: shell(given, Nav::Elsewhere),
            title: words.title,
            line: words.line,
            buttons: words
                .button
                .map(|label| Button::link(label, "/"))
                .into_iter()
                .collect(),
            details: Vec::new(),
            correlation: "c-9e02b6".to_owned(),
        };
        pages.insert(format!("problem-{number:02}"), page.render());
    }
}

fn problems(given: Given) -> Vec<Problem> {
    let text = |words: &str| words.to_owned();
    vec![
        Problem::AccessLost {
            account: text(given.name),
            why: text("access was removed in TikTok"),
        },
        Problem::NotAllowed { what: "Posting" },
        Problem::AskedToWait {
            until: text("14:20"),
        },
        Problem::DailyLimit {
            used: 15,
            max: 15,
            starts: due(now(), now()),
        },
        Problem::UserCap,
        Problem::Unaudited {
            account: text(given.name),
        },
        Problem::AudienceChanged,
        Problem::Media {
            finding: text("Frame rate is 15 fps; TikTok wants 23 to 60"),
            fix: text("Export it again at 30 fps."),
        },
        Problem::Spam,
        Problem::NoAnswer {
            next_try: text("14:03:10"),
        },
        Problem::Undecided {
            next: text("14:06:20"),
        },
        Problem::Storage,
        Problem::LoginExpired { minutes: 10 },
        Problem::LoginRefused,
        Problem::LoginUnknown,
        Problem::FormTooOld,
        Problem::TooLarge {
            size: 5_100_000_000,
            max: 4_000_000_000,
        },
        Problem::NotFound,
        Problem::Other {
            words: text(given.title),
        },
    ]
}
