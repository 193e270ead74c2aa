//! The list of posts.

use askama::Template;

use super::account::PlatformName;
use super::badge::Badge;
use super::format::Moment;
use super::shell::Shell;

/// One post in the list.
#[derive(Clone, Debug)]
pub(crate) struct PostRow {
    /// The post's id: in its address and in the ids of the row's elements.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) account: String,
    pub(crate) platform: PlatformName,
    /// "Video 0:42".
    pub(crate) kind: String,
    pub(crate) badge: Badge,
    /// The line beside the badge.
    pub(crate) line: String,
    /// Sent and whole size in bytes, while sending. Its progress events are named `post-ID-bar`.
    pub(crate) bar: Option<(u64, u64)>,
    pub(crate) at: Moment,
}

/// The list, newest first.
#[derive(Debug, Template)]
#[template(path = "posts.html")]
pub(crate) struct PostsPage {
    pub(crate) shell: Shell,
    pub(crate) as_of: String,
    pub(crate) filter: Filter,
    pub(crate) rows: Vec<PostRow>,
    /// How many posts fit the filter in all, where that is known.
    pub(crate) total: Option<u64>,
    /// The cursor of the next page ("Older").
    pub(crate) before: Option<String>,
}

impl PostsPage {
    fn shown(&self) -> String {
        match self.total {
            Some(total) => format!("{} of {}", self.rows.len(), super::format::count(total)),
            None => super::format::things(self.rows.len(), "post", "posts"),
        }
    }
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Words of the title.
    pub(crate) q: String,
    pub(crate) state: StateFilter,
    /// The key of the account, or empty for every account.
    pub(crate) account: String,
    /// Key and name of each account to choose from.
    pub(crate) accounts: Vec<(String, String)>,
}

impl Filter {
    /// Whether anything is narrowed.
    pub(crate) fn is_set(&self) -> bool {
        !self.q.is_empty() || self.state != StateFilter::Every || !self.account.is_empty()
    }
}

/// States in the groups a person looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StateFilter {
    #[default]
    Every,
    /// Scheduled, queued, waiting, sending, processing.
    Working,
    /// Undecided or missed.
    NeedsYou,
    Published,
    Failed,
    Cancelled,
}

impl StateFilter {
    const ALL: [Self; 6] = [
        Self::Every,
        Self::Working,
        Self::NeedsYou,
        Self::Published,
        Self::Failed,
        Self::Cancelled,
    ];

    /// From the query; an unknown word is every state.
    pub(crate) fn from_query(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|state| state.query() == word)
            .unwrap_or_default()
    }

    /// In the query.
    pub(crate) const fn query(self) -> &'static str {
        match self {
            Self::Every => "",
            Self::Working => "working",
            Self::NeedsYou => "needs-you",
            Self::Published => "published",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Every => "Every state",
            Self::Working => "Working",
            Self::NeedsYou => "Needs you",
            Self::Published => "Published",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    fn choices(&self) -> Vec<(&'static str, &'static str, bool)> {
        Self::ALL
            .iter()
            .map(|s| (s.query(), s.word(), s == self))
            .collect()
    }
}

/// A caption as a heading: its first line, at most 80 characters.
pub(crate) fn short_title(caption: &str) -> String {
    const MAX: usize = 80;
    let line = caption
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("Untitled video");
    match line.char_indices().nth(MAX) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}
