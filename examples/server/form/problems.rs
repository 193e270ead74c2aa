//! What is wrong with a form, by field.

/// A control of the publish form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The form as a whole.
    Form,
    File,
    Title,
    Privacy,
    Comment,
    Duet,
    Stitch,
    OwnBrand,
    When,
    Due,
    Missed,
}

impl Field {
    /// The id of the control a link leads to.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Form => "post",
            Self::File => "file",
            Self::Title => "title",
            Self::Privacy => "privacy",
            Self::Comment => "allow_comment",
            Self::Duet => "allow_duet",
            Self::Stitch => "allow_stitch",
            Self::OwnBrand => "own-brand",
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
        });
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
