use serde::{Deserialize, Serialize};

use super::PostLink;
use crate::error::{
    Error, Reason,
    words::{Facts, Field, Words},
};

/// Something to know beside an outcome: a post may be there, and still not be all that was asked for.
///
/// What a newer release wrote beside it is left out when it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// What it says of the post.
    #[serde(default)]
    pub kind: NoteKind,
    /// What was refused, is missing, or is not as asked.
    pub cause: Error,
    /// What it is about: what may be the post, or what it is a duplicate of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<PostLink>,
}

/// What a [`Note`] says of a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoteKind {
    /// Something of it or beside it is not as asked: a cover, a first comment, an audience.
    #[default]
    Aside,
    /// Nobody can tell which of the linked posts it is.
    Candidates,
    /// Work on the rest of it has ended, and the cause says why: as far as anybody knows, no more of it is there.
    Rest,
    /// Read from storage: a newer release wrote it.
    #[serde(other)]
    Unknown,
}

impl Note {
    /// Something is not as asked.
    pub fn aside(cause: Error) -> Self {
        Self {
            kind: NoteKind::Aside,
            cause,
            links: Vec::new(),
        }
    }

    /// It may be one of these.
    pub fn candidates(cause: Error, links: Vec<PostLink>) -> Self {
        Self {
            kind: NoteKind::Candidates,
            cause,
            links,
        }
    }

    /// Work on the rest has ended.
    pub fn rest(why: Error) -> Self {
        Self {
            kind: NoteKind::Rest,
            ..Self::aside(why)
        }
    }

    /// Names the posts that it is about.
    #[must_use]
    pub fn about(mut self, links: Vec<PostLink>) -> Self {
        self.links = links;
        self
    }

    /// What a person is told, as [`Error::words`]. Of a post whose rest is missing that is said first, then why.
    pub fn words(&self, facts: &Facts<'_>) -> Words {
        let mut why = self.cause.words(facts);
        if self.kind != NoteKind::Rest {
            return why;
        }
        let mut rest = Error::new(self.cause.kind(), "").with_reason(Reason::RestMissing);
        if let Some(platform) = self.cause.field(Field::Platform) {
            rest = rest.with_field(Field::Platform, platform);
        }
        let rest = rest.words(facts);
        if !why.finding.is_empty() {
            why.finding = format!("{} {}", rest.finding, why.finding);
        }
        Words {
            title: rest.title,
            finding: why.finding,
            advice: rest.advice,
        }
    }

    /// Whether another one says the same, perhaps with other links or after another call.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        let what = |note: &Self| (note.kind, note.cause.kind(), note.cause.reason());
        let whose = |note: &Self| {
            let (operation, code) = (note.cause.operation(), note.cause.code());
            (operation.map(str::to_owned), code.map(str::to_owned))
        };
        what(self) == what(other) && whose(self) == whose(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn refused() -> Error {
        Error::new(ErrorKind::Rejected, "no").with_reason(Reason::Duplicate)
    }

    #[test]
    fn a_note_of_a_newer_release_is_read() {
        let text =
            r#"{"kind":"newer","cause":{"kind":"newer","remedy":"newer","message":"m"},"more":7}"#;
        let note: Note = serde_json::from_str(text).unwrap();
        assert_eq!(note.kind, NoteKind::Unknown);
        assert_eq!(note.cause.kind(), ErrorKind::Unknown);
        let note = Note::candidates(refused(), vec![PostLink::new("1", None)]);
        let text = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<Note>(&text).unwrap(), note);
        assert!(text.contains(r#""kind":"candidates""#));
    }

    #[test]
    fn that_the_rest_is_missing_is_said_before_why() {
        let facts = Facts::new().with(Field::Platform, "Example").over();
        let words = Note::rest(refused()).words(&facts);
        let why = refused().words(&facts);
        assert_eq!(words.title, "Part of it is missing");
        assert!(
            words
                .finding
                .starts_with("Part of this post is on Example, and the rest is not.")
        );
        assert!(words.finding.ends_with(&why.finding));
        assert_eq!(Note::aside(refused()).words(&facts), why);
    }
}
