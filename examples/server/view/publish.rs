//! The form that publishes a video or photos.

use askama::Template;

use super::account::Who;
use super::badge::{Icon, Tone};
use super::format::{Moment, bytes, length, playing_time, things};
use super::problem::{Button, Words};
use super::shell::Shell;
use crate::form::{
    Content, DESCRIPTION_MAX, Entered, Field, FieldProblem, FormFacts, FormFields, FormProblems,
    NOT_PRIVATE, PHOTO_TITLE_MAX, PHOTOS_MAX, TITLE_MAX, TITLE_SHOWN, read,
};

mod choices;
mod limit;

pub(crate) use choices::audience_words;
pub(crate) use limit::Limit;

/// The page with the form, or with the reason why there is none.
#[derive(Debug, Template)]
#[template(path = "publish.html")]
pub(crate) struct PublishPage {
    pub(crate) shell: Shell,
    pub(crate) poster: Poster,
    pub(crate) body: PublishBody,
}

/// Who will post.
#[derive(Clone, Debug)]
pub(crate) struct Poster {
    pub(crate) who: Who,
    pub(crate) key: String,
    /// The name the platform shows with the post (its creator info must be asked for at each rendering).
    pub(crate) nickname: String,
    /// When the platform told it, if it did.
    pub(crate) asked: Option<Moment>,
    /// Where this server shows the platform's picture of the account.
    pub(crate) avatar: Option<String>,
    /// There are others to choose from.
    pub(crate) can_change: bool,
}

/// What the page holds.
#[derive(Debug)]
pub(crate) enum PublishBody {
    /// The platform takes no posts from this account now, and what can be done instead.
    Blocked(Words, Option<Button>),
    Form(Box<PublishForm>),
}

/// How much is said about what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// Just opened: the list of checks only. No field is scolded.
    Fresh,
    /// Checked or refused: also at the fields, and in a summary on top.
    Everything,
}

/// The form and what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct PublishForm {
    /// A new key for a new form; the same one for a form that comes back.
    idempotency_key: String,
    fields: FormFields,
    facts: FormFacts,
    /// The fields, read.
    entered: Entered,
    problems: FormProblems,
    show: Show,
    /// The file of an earlier try, which need not be chosen again.
    pub(crate) kept: Option<KeptFile>,
    /// What the server found to be in order, beyond what the form itself can tell.
    pub(crate) passes: Vec<String>,
    /// What may not turn out as wished, but does not block.
    pub(crate) soft: Vec<FieldProblem>,
    /// What nobody has looked at, and when it is.
    pub(crate) unchecked: Vec<String>,
    pub(crate) limits: Vec<Limit>,
}

/// A file that arrived with an earlier try.
#[derive(Clone, Debug)]
pub(crate) struct KeptFile {
    /// The media object's id, sent back as `upload_id`.
    pub(crate) id: String,
    pub(crate) name: String,
    /// In bytes.
    pub(crate) size: u64,
}

impl KeptFile {
    fn size_words(&self) -> String {
        bytes(self.size)
    }
}

impl PublishForm {
    /// A new form: `fields` are empty, or those of the post to send again.
    pub(crate) fn fresh(key: impl Into<String>, fields: FormFields, facts: FormFacts) -> Self {
        let key = key.into();
        let keyed =
            FormFields::from_pairs([("idempotency_key".to_owned(), key.clone())]).or(fields);
        let (_, problems) = read(&keyed, &facts);
        Self::new(key, keyed, facts, problems, Show::Fresh)
    }

    /// A form that comes back, with everything the person entered.
    pub(crate) fn returned(
        key: impl Into<String>,
        fields: FormFields,
        facts: FormFacts,
        problems: FormProblems,
    ) -> Self {
        Self::new(key.into(), fields, facts, problems, Show::Everything)
    }

    fn new(
        idempotency_key: String,
        fields: FormFields,
        facts: FormFacts,
        problems: FormProblems,
        show: Show,
    ) -> Self {
        let (entered, _) = read(&fields, &facts);
        Self {
            idempotency_key,
            fields,
            facts,
            entered,
            problems,
            show,
            kept: None,
            passes: Vec::new(),
            soft: Vec::new(),
            unchecked: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// What is wrong at a control, if that is to be said, and what is doubtful.
    fn at(&self, field: Field) -> Vec<&FieldProblem> {
        let mut found = match self.show {
            Show::Fresh => Vec::new(),
            Show::Everything => self.problems.at(field),
        };
        found.extend(self.soft.iter().filter(|problem| problem.field == field));
        found
    }

    /// Whether the control is marked as wrong.
    fn is_wrong(&self, field: Field) -> bool {
        self.at(field).iter().any(|problem| !problem.soft)
    }

    /// What was entered, as it was read.
    pub(crate) fn entered(&self) -> &Entered {
        &self.entered
    }

    /// Whether the kept file is one that is not posted.
    fn file_is_refused(&self) -> bool {
        self.is_wrong(Field::File)
    }

    /// The file to show: a refused one is not.
    fn shown_file(&self) -> Option<&KeptFile> {
        self.kept.as_ref().filter(|_| !self.file_is_refused())
    }

    /// What all checks together say. A check that was not made passes nothing.
    fn verdict(&self) -> Check {
        let (tone, icon, words): (Tone, Icon, String) = if !self.problems.is_empty() {
            (Tone::Bad, "failed", self.to_fix())
        } else if !self.soft.is_empty() {
            let notes = things(self.soft.len(), "thing to know", "things to know");
            (Tone::You, "alert", notes)
        } else if !self.unchecked.is_empty() {
            (Tone::Off, "clock", "Nothing found so far".to_owned())
        } else {
            (Tone::Ok, "published", "All passed".to_owned())
        };
        Check {
            tone,
            icon,
            words,
            link: None,
        }
    }

    fn summary(&self) -> bool {
        self.show == Show::Everything && !self.problems.is_empty()
    }

    fn to_fix(&self) -> String {
        things(self.problems.len(), "thing to fix", "things to fix")
    }

    /// First what is wrong, then what is doubtful, then what nobody looked at, then what is in order.
    fn checks(&self) -> Vec<Check> {
        let of = |tone, icon| {
            move |problem: &FieldProblem| Check {
                tone,
                icon,
                words: problem.short.clone(),
                link: (problem.field != Field::Form).then(|| problem.field.id()),
            }
        };
        let wrong = self.problems.iter().map(of(Tone::Bad, "failed"));
        let soft = self.soft.iter().map(of(Tone::You, "alert"));
        let own = self.own_passes();
        let line = |tone, icon| {
            move |words: &String| Check {
                tone,
                icon,
                words: words.clone(),
                link: None,
            }
        };
        let unchecked = self.unchecked.iter().map(line(Tone::Off, "clock"));
        let passed = own
            .iter()
            .chain(&self.passes)
            .map(line(Tone::Ok, "published"));
        wrong.chain(soft).chain(unchecked).chain(passed).collect()
    }

    fn own_passes(&self) -> Vec<String> {
        let mut out = Vec::new();
        match &self.entered.content {
            Some(Content::Photos { photos, .. }) if self.problems.at(Field::Photos).is_empty() => {
                let photos = things(photos.len(), "photo", "photos");
                out.push(format!("{photos} of {PHOTOS_MAX} at most"));
            }
            Some(Content::VideoFile) => self.file_passes(&mut out),
            _ => {}
        }
        if self.is_later() && self.problems.at(Field::Due).is_empty() {
            let due = self.fields.value("due").replace('T', " at ");
            out.push(format!("It waits until {due} UTC"));
        }
        out
    }

    fn file_passes(&self, out: &mut Vec<String>) {
        let Some(file) = self
            .facts
            .file
            .as_ref()
            .filter(|_| self.problems.at(Field::File).is_empty())
        else {
            return;
        };
        let max = length(self.facts.max_seconds);
        out.extend(
            file.duration_ms
                .map(|ms| format!("{} is within {max}", playing_time(ms))),
        );
        out.push(format!(
            "{} is within {}",
            bytes(file.size),
            bytes(self.facts.max_bytes)
        ));
    }

    /// The host of the video that TikTok will fetch. The rest of the address may be a secret.
    fn fetched_from(&self) -> Option<&str> {
        match &self.entered.content {
            Some(Content::VideoUrl(url)) => url.host_str(),
            _ => None,
        }
    }
}

/// One line of the list of checks.
#[derive(Debug)]
struct Check {
    tone: Tone,
    icon: Icon,
    words: String,
    link: Option<&'static str>,
}
