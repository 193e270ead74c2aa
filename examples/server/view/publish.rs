//! The form that publishes a video.

use askama::Template;

use super::account::Who;
use super::badge::{Icon, Tone};
use super::format::{bytes, count, length, playing_time, things};
use super::problem::Words;
use super::shell::Shell;
use crate::form::{
    Commercial, Field, FieldProblem, FormFacts, FormFields, FormProblems, NOT_PRIVATE, ONLY_ME,
    TITLE_MAX, TITLE_SHOWN, disclosure_line, normalise, utf16_units, validate,
};

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
    /// There are others to choose from.
    pub(crate) can_change: bool,
}

/// What the page holds.
#[derive(Debug)]
pub(crate) enum PublishBody {
    /// The platform takes no posts from this account now.
    Blocked(Words),
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
    problems: FormProblems,
    show: Show,
    /// The file of an earlier try, which need not be chosen again.
    pub(crate) kept: Option<KeptFile>,
    /// What the server found to be in order, beyond what the form itself can tell.
    pub(crate) passes: Vec<String>,
    /// What may not turn out as wished, but does not block.
    pub(crate) soft: Vec<String>,
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
        let problems = validate(&keyed, &facts).err().unwrap_or_default();
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
        Self {
            idempotency_key,
            fields,
            facts,
            problems,
            show,
            kept: None,
            passes: Vec::new(),
            soft: Vec::new(),
            limits: Vec::new(),
        }
    }

    fn title(&self) -> String {
        normalise(self.fields.value("title"))
    }

    fn title_count(&self) -> String {
        let used = utf16_units(&self.title());
        let of = if used <= TITLE_SHOWN {
            TITLE_SHOWN
        } else {
            TITLE_MAX
        };
        format!("{} / {}", count(used as u64), count(of as u64))
    }

    fn title_is_over(&self) -> bool {
        utf16_units(&self.title()) > TITLE_MAX
    }

    fn ticked(&self, name: &str) -> bool {
        self.fields.ticked(name)
    }

    fn commercial(&self) -> Commercial {
        Commercial {
            own_brand: self.ticked("brand_organic"),
            branded: self.ticked("brand_content"),
        }
    }

    fn disclosure(&self) -> &'static str {
        disclosure_line(self.ticked("disclose"), self.commercial())
    }

    fn is_branded(&self) -> bool {
        self.ticked("disclose") && self.ticked("brand_content")
    }

    fn is_private(&self) -> bool {
        self.fields.value("privacy") == ONLY_ME
    }

    /// "Branded content" is closed while the audience is "Only me". With both chosen, both stay open,
    /// so that without script either can be changed.
    fn branded_is_closed(&self) -> bool {
        self.is_private() && !self.is_branded()
    }

    fn audiences(&self) -> Vec<Audience<'_>> {
        let chosen = self.fields.value("privacy");
        let closed = self.is_branded() && !self.is_private();
        let one = |value| Audience {
            value,
            words: audience_words(value),
            chosen: value == chosen,
            closed: closed && value == ONLY_ME,
        };
        self.facts
            .audiences
            .iter()
            .map(String::as_str)
            .map(one)
            .collect()
    }

    fn viewers(&self) -> [Viewers; 3] {
        let one = |name, word, off| Viewers {
            name,
            word,
            off,
            ticked: !off && self.ticked(name),
        };
        [
            one("allow_comment", "Comment", self.facts.comment_off),
            one("allow_duet", "Duet", self.facts.duet_off),
            one("allow_stitch", "Stitch", self.facts.stitch_off),
        ]
    }

    fn is_later(&self) -> bool {
        self.fields.value("when") == "later"
    }

    fn file_hint(&self) -> String {
        format!(
            "MP4, MOV or WebM, up to {}. This account may post up to {}.",
            bytes(self.facts.max_bytes),
            length(self.facts.max_seconds)
        )
    }

    /// What is wrong at a control, if that is to be said.
    fn at(&self, field: Field) -> Vec<&FieldProblem> {
        match self.show {
            Show::Fresh => Vec::new(),
            Show::Everything => self.problems.at(field),
        }
    }

    fn summary(&self) -> bool {
        self.show == Show::Everything && !self.problems.is_empty()
    }

    fn to_fix(&self) -> String {
        things(self.problems.len(), "thing to fix", "things to fix")
    }

    /// First what is wrong, then what is doubtful, then what is in order.
    fn checks(&self) -> Vec<Check> {
        let wrong = self.problems.iter().map(|problem| Check {
            tone: Tone::Bad,
            icon: "failed",
            words: problem.short.clone(),
            link: Some(problem.field.id()),
        });
        let plain = |tone, icon| {
            move |words: &String| Check {
                tone,
                icon,
                words: words.clone(),
                link: None,
            }
        };
        let own = self.own_passes();
        wrong
            .chain(self.soft.iter().map(plain(Tone::You, "alert")))
            .chain(
                own.iter()
                    .chain(&self.passes)
                    .map(plain(Tone::Ok, "published")),
            )
            .collect()
    }

    fn own_passes(&self) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(file) = self
            .facts
            .file
            .as_ref()
            .filter(|_| self.problems.at(Field::File).is_empty())
        {
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
        if self.is_later() && self.problems.at(Field::Due).is_empty() {
            let due = self.fields.value("due").replace('T', " at ");
            out.push(format!("It waits until {due} UTC"));
        }
        out
    }
}

/// One choice of audience.
#[derive(Debug)]
struct Audience<'a> {
    value: &'a str,
    words: &'a str,
    chosen: bool,
    closed: bool,
}

/// TikTok's audiences in words; one that is not known yet is shown as TikTok names it.
pub(crate) fn audience_words(level: &str) -> &str {
    match level {
        "PUBLIC_TO_EVERYONE" => "Everyone",
        "MUTUAL_FOLLOW_FRIENDS" => "Friends: followers you follow back",
        "FOLLOWER_OF_CREATOR" => "Followers",
        ONLY_ME => "Only me",
        other => other,
    }
}

/// One thing viewers may do.
#[derive(Debug)]
struct Viewers {
    name: &'static str,
    word: &'static str,
    off: bool,
    ticked: bool,
}

/// One line of the list of checks.
#[derive(Debug)]
struct Check {
    tone: Tone,
    icon: Icon,
    words: String,
    link: Option<&'static str>,
}

/// A limit, drawn as segments.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    /// "Posts in the last 24 h".
    pub(crate) name: &'static str,
    pub(crate) used: u64,
    pub(crate) max: u64,
    /// The platform does not tell the figure exactly.
    pub(crate) about: bool,
}

impl Limit {
    fn words(&self) -> String {
        let about = if self.about { "about " } else { "" };
        format!("{} / {about}{}", count(self.used), count(self.max))
    }

    fn spoken(&self) -> String {
        let about = if self.about { "about " } else { "" };
        format!(
            "{}: {} of {about}{} used",
            self.name,
            count(self.used),
            count(self.max)
        )
    }

    /// At most thirty segments over a width of 3,000: left edge, width, used.
    fn segments(&self) -> Vec<(u64, u64, bool)> {
        let n = self.max.clamp(1, 30);
        let lit = u64::try_from(
            u128::from(self.used.min(self.max)) * u128::from(n) / u128::from(self.max.max(1)),
        )
        .unwrap_or(n);
        let step = 3_000 / n;
        (0..n).map(|i| (i * step, step - 40, i < lit)).collect()
    }
}
