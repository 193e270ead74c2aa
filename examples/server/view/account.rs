//! Accounts: the list, connecting, and the question before disconnecting.

use std::collections::HashSet;

use askama::Template;

use super::badge::{Badge, Icon};
use super::format::things;
use super::shell::Shell;

/// A platform in words and as a glyph (generic, not a logo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlatformName {
    /// In words: "TikTok".
    pub(crate) word: &'static str,
    /// In ids and addresses: "tiktok".
    pub(crate) slug: &'static str,
    pub(crate) icon: Icon,
}

/// TikTok.
pub(crate) const TIKTOK: PlatformName = PlatformName {
    word: "TikTok",
    slug: "tiktok",
    icon: "tiktok",
};

/// An account as it is named everywhere: a letter in a circle, its name, one line.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) platform: PlatformName,
    /// The name people know it by (on TikTok the username if it may be read, else the display name).
    pub(crate) name: String,
    /// One line under it, after the platform: "Studio", "since 2 Feb 2026". May be empty.
    pub(crate) detail: String,
}

impl Who {
    pub(super) fn initial(&self) -> String {
        let first = self.name.chars().find(|c| c.is_alphanumeric());
        first.map_or_else(|| "?".to_owned(), |c| c.to_uppercase().collect())
    }

    /// One of three colours, always the same for a name.
    pub(super) fn colour(&self) -> u32 {
        self.name
            .chars()
            .fold(0_u32, |sum, c| sum.wrapping_mul(31).wrapping_add(c.into()))
            % 3
    }
}

/// `PLATFORM-NAME` for each account, as an id of an element: ASCII, and no two alike.
pub(crate) fn distinct_slugs<'a>(who: impl Iterator<Item = &'a Who>) -> Vec<String> {
    let mut taken = HashSet::new();
    who.map(|who| {
        let name: String = who
            .name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let base = format!("{}-{name}", who.platform.slug);
        let mut slug = base.clone();
        let mut next = 2;
        while !taken.insert(slug.clone()) {
            slug = format!("{base}-{next}");
            next += 1;
        }
        slug
    })
    .collect()
}

/// One account in the list.
#[derive(Clone, Debug)]
pub(crate) struct AccountRow {
    pub(crate) who: Who,
    /// The account's key in addresses.
    pub(crate) key: String,
    pub(crate) badge: Badge,
    /// One line in words: when access renews, what the account may do, or what is wrong and what to do.
    pub(crate) line: String,
    pub(crate) can: AccountCan,
}

/// What the buttons of an account are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountCan {
    /// Publish and Disconnect.
    Publish,
    /// Reconnect and Remove.
    Reconnect,
    /// Connect again; it was disconnected by its owner.
    ConnectAgain,
}

/// All accounts of a person. Rows with a problem come first; the caller orders them.
#[derive(Debug, Template)]
#[template(path = "accounts.html")]
pub(crate) struct AccountsPage {
    pub(crate) shell: Shell,
    pub(crate) rows: Vec<AccountRow>,
}

impl AccountsPage {
    fn title(&self) -> &'static str {
        if self.rows.is_empty() {
            "Connect an account"
        } else {
            "Accounts"
        }
    }

    fn listed(&self) -> Vec<(String, &AccountRow)> {
        let slugs = distinct_slugs(self.rows.iter().map(|row| &row.who));
        slugs.into_iter().zip(&self.rows).collect()
    }

    fn total(&self) -> String {
        things(self.rows.len(), "account", "accounts")
    }
}

/// The question before an account is disconnected.
#[derive(Debug, Template)]
#[template(path = "disconnect.html")]
pub(crate) struct DisconnectPage {
    pub(crate) shell: Shell,
    pub(crate) who: Who,
    pub(crate) key: String,
    /// Posts that are scheduled or waiting and will be cancelled.
    pub(crate) armed: usize,
    /// Posts of which parts were sent already: they may still appear.
    pub(crate) under_way: usize,
}

impl DisconnectPage {
    fn armed_line(&self) -> Option<String> {
        let posts = things(
            self.armed,
            "scheduled or waiting post",
            "scheduled or waiting posts",
        );
        (self.armed > 0).then(|| format!("{posts} will be cancelled."))
    }

    fn under_way_line(&self) -> Option<String> {
        let (posts, it) = match self.under_way {
            0 => return None,
            1 => ("1 post is".to_owned(), "It"),
            n => (format!("{n} posts are"), "They"),
        };
        let platform = self.who.platform.word;
        Some(format!(
            "{posts} with {platform} already. {it} may still appear, and this server can no longer ask."
        ))
    }
}
