//! Errors, the sign-in, and every kind of trouble.

use askama::Template as _;
use social_core::error::words::Field;
use social_core::{Error, ErrorKind, Reason};

use super::{Given, Pages, now, shell};
use crate::present::trouble::facts_of;
use crate::view::format::due;
use crate::view::problem::{Button, Problem};
use crate::view::shell::{ErrorPage, Nav, Shell, SignIn, SignInPage, Toast};

pub(super) fn elsewhere(given: Given, pages: &mut Pages) {
    for (name, why, by_token) in [
        ("sign-in", SignIn::Needed, false),
        ("sign-in-spent", SignIn::LinkSpent, false),
        ("sign-in-token", SignIn::Needed, true),
        ("sign-in-wrong", SignIn::TokenWrong, true),
        ("signed-out", SignIn::SignedOut, false),
    ] {
        pages.insert(
            name.to_owned(),
            SignInPage {
                shell: Shell::signed_out(),
                why,
                by_token,
            }
            .render(),
        );
    }
    let words = crate::present::login::words("expired");
    let mut buttons: Vec<Button> = words
        .button
        .map(|label| Button::link(label, "/api/auth/tiktok"))
        .into_iter()
        .collect();
    buttons.push(Button::link("Back to accounts", "/accounts"));
    let mut page = ErrorPage {
        shell: shell(given, Nav::Accounts),
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
    let words = Problem::of(
        &Error::new(ErrorKind::NotFound, "x"),
        &facts_of(given.name).over(),
    )
    .words();
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
pub(super) fn troubles(given: Given, pages: &mut Pages) {
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
    let when = |when: &str| {
        let facts = facts_of(given.name).waits();
        facts.with(Field::When, when)
    };
    let rule = Error::invalid("media", "media.frame_rate", "x")
        .with_reason(Reason::MediaRule)
        .with_user_message("Frame rate is 15 fps; TikTok wants 23 to 60.")
        .with_advice("Export it again at 30 fps.");
    let mut all = vec![
        Problem::because(Reason::CallLimit, &when("14:20")),
        Problem::because(Reason::DailyLimit, &when(&due(now(), now()))),
        Problem::because(Reason::MediaUnreachable, &when("14:03:10")),
        Problem::of(&rule, &facts_of(given.name).over()),
        Problem::of(&Error::new(ErrorKind::Timeout, "x"), &when("14:03:10")),
        Problem::of(&Error::storage("x"), &facts_of(given.name).over()),
        Problem::Undecided {
            next: Some(text("14:06:20")),
        },
        Problem::Undecided { next: None },
        Problem::NotTold {
            why: "TikTok does not tell this app what became of it.",
        },
    ];
    all.extend(
        [
            Reason::AccessRemoved,
            Reason::AppLimit,
            Reason::AppNotAudited,
            Reason::AudienceRefused,
            Reason::ConsentRefused,
            Reason::LoginExpired,
            Reason::LoginUnknown,
            Reason::ScopeMissing,
            Reason::Spam,
        ]
        .map(|reason| Problem::because(reason, &facts_of(given.name).over())),
    );
    all
}
