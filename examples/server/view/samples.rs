//! Every page with sample data, for the preview and for the tests of the templates.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, Utc};

use super::account::{TIKTOK, Who};
use super::shell::{Nav, SandboxNote, Shell};

mod accounts;
mod elsewhere;
mod list;
mod post;
mod publish;

#[cfg(test)]
pub(crate) use post::posts;
pub(crate) use publish::{facts, publish_page, returned};

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
            inbox: "http://127.0.0.1:4100/www.tiktok.com/inbox".to_owned(),
            media: social_sandbox::SAMPLE_MEDIA_URL,
        }),
        current,
        reconnect_count: 1,
        hold: None,
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
    pages.insert("overview".to_owned(), accounts::overview(given).render());
    pages.insert("overview-quiet".to_owned(), accounts::quiet(given).render());
    accounts::accounts(given, &mut pages);
    publish::publishing(given, &mut pages);
    list::list(given, &mut pages);
    for (name, page) in post::posts(given) {
        pages.insert(name.to_owned(), page.render());
    }
    elsewhere::elsewhere(given, &mut pages);
    elsewhere::troubles(given, &mut pages);
    pages
}
