//! What is wrong with a form, by field.

use social_core::publish::Violation;

/// A control of the publish form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The form as a whole.
    Form,
    Way,
    File,
    VideoUrl,
    Photos,
    Cover,
    Title,
    PhotoTitle,
    Description,
    Privacy,
    Comment,
    Duet,
    Stitch,
    OwnBrand,
    CoverAt,
    Aigc,
    Music,
    When,
    Due,
    Missed,
}

impl Field {
    /// The id of the control a link leads to.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Form => "post",
            Self::Way => "way-direct",
            Self::File => "file",
            Self::VideoUrl => "video_url",
            Self::Photos => "photos",
            Self::Cover => "cover",
            Self::Title => "title",
            Self::PhotoTitle => "photo_title",
            Self::Description => "description",
            Self::Privacy => "privacy",
            Self::Comment => "allow_comment",
            Self::Duet => "allow_duet",
            Self::Stitch => "allow_stitch",
            Self::OwnBrand => "own-brand",
            Self::CoverAt => "cover_at",
            Self::Aigc => "is_aigc",
            Self::Music => "auto_music",
            Self::When => "now",
            Self::Due => "due",
            Self::Missed => "missed",
        }
    }
}

/// One thing to fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldProblem {
    pub(crate) field: Field,
    /// In the summary and the list of checks, as a link to the control.
    pub(crate) short: String,
    /// At the control: what is wrong and what to do.
    pub(crate) words: String,
    /// The limit that was passed, where the words do not name it.
    pub(crate) limit: Option<String>,
    /// A warning: it does not stand in the way.
    pub(crate) soft: bool,
}

impl FieldProblem {
    /// What the platform's rules found.
    pub(crate) fn of_rule(field: Field, violation: Violation) -> Self {
        let words = violation.line();
        let named = |limit: &String| !mentions(&words, limit);
        Self {
            field,
            short: short(&violation.finding),
            limit: violation.limit.clone().filter(named),
            soft: violation.soft,
            words,
        }
    }
}

/// A sentence as a link: without its full stop.
pub(crate) fn short(finding: &str) -> String {
    finding.trim_end_matches('.').to_owned()
}

/// Whether the limit stands in the words, not as a part of another figure.
fn mentions(words: &str, limit: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !limit.is_empty()
        && words.match_indices(limit).any(|(at, _)| {
            let (before, after) = (&words[..at], &words[at + limit.len()..]);
            !is_part(before.chars().next_back()) && !is_part(after.chars().next())
        })
}

/// Everything to fix, in the order of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FormProblems(Vec<FieldProblem>);

impl FormProblems {
    /// One more thing to fix; also for what only the server finds (a file that is not what its name says).
    pub(crate) fn add(&mut self, field: Field, short: impl Into<String>, words: impl Into<String>) {
        self.0.push(FieldProblem {
            field,
            short: short.into(),
            words: words.into(),
            limit: None,
            soft: false,
        });
    }

    /// One more thing to fix, as found elsewhere.
    pub(crate) fn push(&mut self, problem: FieldProblem) {
        self.0.push(problem);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &FieldProblem> {
        self.0.iter()
    }

    /// What is wrong at one control.
    pub(crate) fn at(&self, field: Field) -> Vec<&FieldProblem> {
        self.0
            .iter()
            .filter(|problem| problem.field == field)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_once() {
        let of = |words: &str, limit: &str| {
            let violation = Violation::new("r", "caption", words).limit(limit);
            FieldProblem::of_rule(Field::Title, violation).limit
        };
        assert_eq!(of("The title is too long.", "90"), Some("90".to_owned()));
        assert_eq!(of("There are 190 photos.", "90"), Some("90".to_owned()));
        assert_eq!(
            of("It has 95 characters, TikTok takes 90. Shorten it.", "90"),
            None
        );
        let rate = "The video has 15.0 frames a second, TikTok takes 23 to 60. Export it again.";
        assert_eq!(of(rate, "23 to 60"), None);
    }
}
