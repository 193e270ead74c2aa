//! The first page: what needs a person, then each account.

use askama::Template;

use super::account::{Who, distinct_slugs};
use super::badge::{Badge, Icon, Tone};
use super::format::count;
use super::shell::Shell;

/// The first page after sign-in.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub(crate) struct OverviewPage {
    pub(crate) shell: Shell,
    /// "14:04:02 UTC".
    pub(crate) as_of: String,
    /// Worst first.
    pub(crate) needs: Vec<Need>,
    pub(crate) widgets: Vec<Widget>,
}

impl OverviewPage {
    fn listed(&self) -> Vec<(String, &Widget)> {
        let slugs = distinct_slugs(self.widgets.iter().map(|widget| &widget.who));
        slugs.into_iter().zip(&self.widgets).collect()
    }
}

/// One thing that waits for a person: a sentence and a button.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) tone: Tone,
    pub(crate) icon: Icon,
    /// What it is about, set off at the start of the sentence.
    pub(crate) subject: String,
    /// The rest of the sentence.
    pub(crate) rest: String,
    pub(crate) button: &'static str,
    pub(crate) href: String,
}

impl Need {
    /// An account has lost its access; `line` says why.
    pub(crate) fn reconnect(account: &str, line: String) -> Self {
        Self {
            tone: Tone::Bad,
            icon: "key",
            subject: account.to_owned(),
            rest: line,
            button: "Reconnect",
            href: "/accounts".to_owned(),
        }
    }

    /// A post of which nobody knows yet whether it is there; `asked`: the platform is asked again by itself.
    pub(crate) fn undecided(title: &str, asked: bool, post: &str) -> Self {
        Self {
            tone: Tone::Odd,
            icon: "undecided",
            subject: title.to_owned(),
            rest: match asked {
                true => "is undecided. TikTok is asked, and it is not posted twice.",
                false => "is undecided, and not posted twice. Look at the profile and settle it.",
            }
            .to_owned(),
            button: "Open",
            href: format!("/posts/{post}"),
        }
    }

    /// A post that waits in the app.
    pub(crate) fn inbox(title: &str, post: &str) -> Self {
        Self {
            tone: Tone::You,
            icon: "inbox",
            subject: title.to_owned(),
            rest: "waits in the TikTok inbox. Finish it in the TikTok app.".to_owned(),
            button: "Open",
            href: format!("/posts/{post}"),
        }
    }

    /// A scheduled post whose time has passed; `due` is in words.
    pub(crate) fn missed(title: &str, due: &str, post: &str) -> Self {
        Self {
            tone: Tone::Bad,
            icon: "clock",
            subject: title.to_owned(),
            rest: format!("was due {due} and was not posted."),
            button: "Open",
            href: format!("/posts/{post}"),
        }
    }
}

impl Need {
    /// There is more than is listed here.
    pub(crate) fn more() -> Self {
        Self {
            tone: Tone::You,
            icon: "list",
            subject: "More posts".to_owned(),
            rest: "need you than are listed here.".to_owned(),
            button: "All of them",
            href: "/posts?state=needs-you".to_owned(),
        }
    }
}

/// One account on the first page.
#[derive(Clone, Debug)]
pub(crate) struct Widget {
    pub(crate) who: Who,
    pub(crate) key: String,
    pub(crate) badge: Badge,
    pub(crate) body: WidgetBody,
}

/// What an account's widget holds.
#[derive(Clone, Debug)]
pub(crate) enum WidgetBody {
    /// Its posts in figures, and the last three.
    Counts { counts: Counts, recent: Vec<Recent> },
    /// Nothing was posted yet.
    Fresh,
    /// Access is lost: what the platform said and what waits, in sentences.
    Reconnect(String),
    /// The figures could not be read; the rest of the page stays.
    Unreadable,
}

/// Posts of an account, by what became of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) pending: u64,
    pub(crate) published: u64,
    pub(crate) failed: u64,
}

impl Counts {
    fn listed(&self) -> [(&'static str, String); 4] {
        [
            ("Total", count(self.total)),
            ("Pending", count(self.pending)),
            ("Published", count(self.published)),
            ("Failed", count(self.failed)),
        ]
    }
}

/// One of the last three posts.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    pub(crate) post: String,
    pub(crate) title: String,
    pub(crate) badge: Badge,
    /// The word of state with a figure: "Sending 62%", "Published".
    pub(crate) words: String,
}
