//! Words of trouble: what is wrong, what to do, and the button that does it.
//!
//! What the crates' errors say comes from their table, `social_core::error::words`; here are the states of a page only.

use social_core::error::words::Facts;
use social_core::{Error, ErrorKind, Reason, Remedy};

/// A way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Button {
    pub(crate) label: String,
    pub(crate) href: String,
    /// A form that posts to `href` instead of a link to it.
    pub(crate) post: bool,
}

impl Button {
    /// A link.
    pub(crate) fn link(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
            post: false,
        }
    }

    /// A form with this one button.
    pub(crate) fn post(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            post: true,
            ..Self::link(label, href)
        }
    }
}

/// What went wrong, as far as a person can act on it. Times are already in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// What the crates say, in the words of their table.
    Told(Told),
    /// A call that must not be repeated has no answer that tells; `how` it was lost, and when it is looked for.
    AnswerLost {
        how: &'static str,
        next: Option<String>,
    },
    /// Nobody knows whether it was published. It is asked again at `next`, or when somebody wants it.
    Undecided { next: Option<String> },
    /// Nobody knows whether it was published, and the platform cannot be asked; `why` is a sentence.
    NotTold { why: &'static str },
}

/// An error in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    title: String,
    finding: String,
    line: String,
    /// It goes on by itself, at a time that is told.
    is_timed: bool,
    button: Option<&'static str>,
}

/// A problem in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) line: String,
    /// The label of the button that is the remedy.
    pub(crate) button: Option<&'static str>,
}

/// The label of the button that leads to a new login of a lost account.
const RECONNECT: &str = "Reconnect";

impl Problem {
    /// What an error says, with what is known beside it.
    pub(crate) fn of(error: &Error, facts: &Facts<'_>) -> Self {
        let words = error.words(facts);
        Self::Told(Told {
            line: words.line(),
            title: words.title,
            finding: words.finding,
            is_timed: error.is_transient(),
            button: button(error),
        })
    }

    /// What a reason says where there is no error at hand.
    pub(crate) fn because(reason: Reason, facts: &Facts<'_>) -> Self {
        Self::of(
            &Error::new(ErrorKind::Rejected, "as known here").with_reason(reason),
            facts,
        )
    }

    /// Whether a new login is what helps.
    pub(crate) fn is_access(&self) -> bool {
        matches!(self, Self::Told(told) if told.button == Some(RECONNECT))
    }

    /// Title, line and button. With TikTok the only platform, its name is part of the sentences.
    pub(crate) fn words(&self) -> Words {
        let (title, line, button) = self.parts();
        Words {
            title: title.to_owned(),
            line,
            button,
        }
    }

    /// What was in the way, told afterwards: without the time of a try that has long been.
    pub(crate) fn afterwards(&self) -> String {
        match self {
            Self::Told(told) if told.is_timed => told.finding.clone(),
            Self::AnswerLost { .. } => {
                "It was not known whether TikTok did it. It was not sent again.".to_owned()
            }
            _ => self.words().line,
        }
    }

    fn parts(&self) -> (&str, String, Option<&'static str>) {
        let unknown = "We do not know yet whether TikTok published this.";
        match self {
            Self::Told(told) => (&told.title, told.line.clone(), told.button),
            Self::AnswerLost { how, next } => {
                let when = next.as_ref().map_or_else(
                    || "as soon as it can be".to_owned(),
                    |next| format!("at {next}"),
                );
                let line = format!(
                    "It is not known whether TikTok did it. It is not sent again. TikTok is asked {when}."
                );
                (how, line, None)
            }
            Self::Undecided { next: Some(next) } => (
                unknown,
                format!("It is not sent again. TikTok is asked what became of it, next at {next}."),
                Some("Ask now"),
            ),
            Self::Undecided { next: None } => (
                unknown,
                "It is not sent again. TikTok is not asked by itself any more. Ask it now, or look at the profile and \
                 settle it here."
                    .to_owned(),
                Some("Ask now"),
            ),
            Self::NotTold { why } => (
                unknown,
                format!("It is not sent again. {why} Look at the profile and settle it here."),
                None,
            ),
        }
    }
}

/// The button that does what the words advise.
fn button(error: &Error) -> Option<&'static str> {
    match (error.reason(), error.remedy(), error.kind()) {
        (
            Some(
                Reason::ConsentFailed
                | Reason::ConsentRefused
                | Reason::LoginCodeRefused
                | Reason::LoginElsewhere
                | Reason::LoginExpired
                | Reason::LoginUnknown
                | Reason::LoginUsed
                | Reason::NoAccount
                | Reason::OfferOver
                | Reason::OfferEnded,
            ),
            ..,
        ) => Some("Connect TikTok again"),
        (
            Some(
                Reason::AccessExpired
                | Reason::AccessRemoved
                | Reason::RefreshAnswerLost
                | Reason::ScopeMissing,
            ),
            ..,
        )
        | (_, Remedy::Reauthorize, _) => Some(RECONNECT),
        (Some(Reason::AppNotAudited), ..) => Some("Check again"),
        (Some(Reason::MediaRule), ..) => Some("Replace"),
        (_, _, ErrorKind::Storage) => Some("Try again"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
