//! What a person is told of an [`Error`]: rendered from its reason and its fields, out of one table for each language.
//!
//! A [`Language`] is data: rows for each [`Reason`], for some rules and for each [`ErrorKind`], with slots for what only the
//! error or the caller knows ([`Field`]). [`ENGLISH`] is the one that is there. A platform's crate gives the fields; a
//! sentence of its own it gives only where no row can know it ([`Error::with_user_message`]).
//!
//! ```
//! use social_core::{Error, ErrorKind, Reason, error::words::{Facts, Field}};
//!
//! let error = Error::new(ErrorKind::RateLimited, "the posts of this day are spent")
//!     .with_reason(Reason::DailyLimit)
//!     .with_field(Field::Platform, "Example");
//! let words = error.words(&Facts::new().with(Field::Account, "studio").waits());
//! assert_eq!(words.title, "Daily limit reached");
//! assert_eq!(words.finding, "Example takes no more posts from studio today.");
//! assert_eq!(words.advice, "It starts by itself.");
//! let over = error.words(&Facts::new().over());
//! assert_eq!(over.advice, "Post it tomorrow, or in the Example app.");
//! ```

mod english;
mod template;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

pub use english::ENGLISH;

use super::{Error, ErrorKind, Reason, Remedy};

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Words {
    /// A heading, without a full stop.
    pub title: String,
    /// What happened, in whole sentences.
    pub finding: String,
    /// What to do now, or what goes on by itself, in whole sentences. Empty where the finding says it all.
    pub advice: String,
}

impl Words {
    /// Finding and advice, one behind the other.
    pub fn line(&self) -> String {
        match (self.finding.is_empty(), self.advice.is_empty()) {
            (false, false) => format!("{} {}", self.finding, self.advice),
            (true, _) => self.advice.clone(),
            (_, true) => self.finding.clone(),
        }
    }
}

/// Something that a sentence names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Field {
    /// The account, as people know it.
    Account,
    /// Where the media are, without anything secret: a host is enough.
    Address,
    /// What is allowed, as text: "23 to 60", "5".
    Limit,
    /// The platform, as people know it.
    Platform,
    /// What was not granted, at the beginning of a sentence: "Posting".
    Right,
    /// How long it takes, in words: "10 minutes". Taken from the remedy where it is not given.
    Wait,
    /// When it is tried again, in words: "14:20".
    When,
    /// One that this release does not know.
    #[serde(other)]
    Unknown,
}

/// What the caller knows beside the error, and in which language it is told.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    language: &'a Language,
    fields: BTreeMap<Field, String>,
    waits: Option<bool>,
}

impl<'a> Facts<'a> {
    /// None, told in English. Whether it goes on by itself is taken from the remedy.
    pub fn new() -> Self {
        Self {
            language: &ENGLISH,
            fields: BTreeMap::new(),
            waits: None,
        }
    }

    /// Tells it in another language.
    #[must_use]
    pub fn language(mut self, language: &'a Language) -> Self {
        self.language = language;
        self
    }

    /// Names something. What the error says of it itself goes before.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<String>) -> Self {
        self.fields.insert(field, value.into());
        self
    }

    /// Something goes on with it by itself: a worker that has the post, a timer.
    #[must_use]
    pub fn waits(mut self) -> Self {
        self.waits = Some(true);
        self
    }

    /// Nothing goes on with it: the post has failed, or a page was asked for that cannot be shown.
    #[must_use]
    pub fn over(mut self) -> Self {
        self.waits = Some(false);
        self
    }
}

impl Default for Facts<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// Every sentence of one language.
///
/// In a text `{account}` stands for a [`Field`], in lower case; a piece in square brackets is left out when a field in it
/// is not known.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a language is written down as a constant"
)]
pub struct Language {
    /// Its tag, for example `en`.
    pub tag: &'static str,
    /// What is said, by what it is about.
    pub rows: &'static [Row],
    /// What stands for a field that is not known.
    pub unknown: &'static [(Field, &'static str)],
    /// A length of time in words.
    pub span: fn(Duration) -> String,
}

/// What is said of one thing.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a language is written down as a constant"
)]
pub struct Row {
    /// What it is about.
    pub about: About,
    /// See [`Words::title`].
    pub title: &'static str,
    /// See [`Words::finding`].
    pub finding: &'static str,
    /// What to do where nothing goes on by itself.
    pub advice: &'static str,
    /// What goes on by itself, where something does; empty where a person has to do the same either way.
    pub waits: &'static str,
}

/// What a row is about. The first of these that fits an error and has a row is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "what there is of an error to tell it by"
)]
pub enum About {
    /// The remedy is [`Remedy::Reconcile`]: whatever was said, it is not known whether it was done.
    Lost,
    /// The remedy names this rule.
    Rule(&'static str),
    /// The error has this reason.
    Reason(Reason),
    /// The error is of this kind, and names neither a platform nor a call to one: not every silence is a platform's.
    Here(ErrorKind),
    /// The error is of this kind.
    Kind(ErrorKind),
}

/// Finds the row, fills it, and puts what the error says itself in its place.
pub(super) fn of(error: &Error, facts: &Facts<'_>) -> Words {
    // What a language lacks is told in English.
    let row = row(error, facts.language).or_else(|| row(error, &ENGLISH));
    let waits = facts.waits.unwrap_or_else(|| error.is_transient());
    let known = Known { error, facts };
    let fill = |text| template::fill(text, &known);
    let own = (error.0.finding.as_deref(), error.0.advice.as_deref());
    let advice = match row {
        Some(row) if waits && !row.waits.is_empty() => row.waits,
        Some(row) => row.advice,
        None => "",
    };
    Words {
        title: row.map_or_else(String::new, |row| fill(row.title)),
        finding: match own.0 {
            Some(finding) => finding.to_owned(),
            None => row.map_or_else(|| error.message().to_owned(), |row| fill(row.finding)),
        },
        advice: match own {
            (_, Some(advice)) => advice.to_owned(),
            (Some(_), None) => String::new(),
            (None, None) => fill(advice),
        },
    }
}

fn row<'a>(error: &Error, language: &'a Language) -> Option<&'a Row> {
    let find = |wanted: &dyn Fn(About) -> bool| language.rows.iter().find(|row| wanted(row.about));
    let lost = *error.remedy() == Remedy::Reconcile;
    let here = error.platform().is_none() && error.operation().is_none();
    let rule = match error.remedy() {
        Remedy::FixInput { rule, .. } => Some(rule.as_str()),
        _ => None,
    };
    find(&|about| lost && about == About::Lost)
        .or_else(|| find(&|about| matches!(about, About::Rule(id) if Some(id) == rule)))
        .or_else(|| {
            find(&|about| matches!(about, About::Reason(why) if Some(why) == error.reason()))
        })
        .or_else(|| find(&|about| here && about == About::Here(error.kind())))
        .or_else(|| find(&|about| about == About::Kind(error.kind())))
}

/// What is known for the slots of a text.
struct Known<'a> {
    error: &'a Error,
    facts: &'a Facts<'a>,
}

impl Known<'_> {
    fn value(&self, field: Field) -> Option<String> {
        let said = self.error.field(field).map(str::to_owned);
        said.or_else(|| self.facts.fields.get(&field).cloned())
            .or_else(|| match (field, self.error.remedy()) {
                (Field::Wait, Remedy::After { wait, .. }) => {
                    Some((self.facts.language.span)(*wait))
                }
                _ => None,
            })
    }

    fn unknown(&self, field: Field) -> &'static str {
        let known = self.facts.language.unknown.iter();
        let found = known.clone().find(|(of, _)| *of == field);
        found.map_or("", |(_, text)| text)
    }
}
