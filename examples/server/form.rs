//! The publish form as a pure function: fields and facts in, a valid form or every problem out.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

mod problems;
#[cfg(test)]
mod tests;

pub(crate) use problems::{Field, FieldProblem, FormProblems};

use crate::view::format::{bytes_above, count, length, playing_time};

/// Most UTF-16 units of a title (TikTok, "Direct Post": `post_info.title`).
pub(crate) const TITLE_MAX: usize = 2_200;
/// What TikTok's lists show of it.
pub(crate) const TITLE_SHOWN: usize = 150;
/// Said when disclosure is on and nothing is ticked. TikTok's own sentence.
pub(crate) const INDICATE: &str =
    "You need to indicate if your content promotes yourself, a third party, or both.";
/// Said of branded content and "Only me". TikTok's own sentence.
pub(crate) const NOT_PRIVATE: &str = "Branded content visibility cannot be set to private.";
/// The audience that branded content must not have.
pub(crate) const ONLY_ME: &str = "SELF_ONLY";
/// How late "Post if less than 30 minutes late" may be.
const GRACE: TimeDelta = TimeDelta::minutes(30);

/// The form's text fields as they were sent, kept for showing them again. Of a name that was sent
/// twice the first value counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct FormFields(BTreeMap<String, String>);

impl FormFields {
    /// From pairs, as a decoder yields them.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in pairs {
            fields.0.entry(name).or_insert(value);
        }
        fields
    }

    /// These fields, and of `other` those that are not among them.
    pub(crate) fn or(mut self, other: Self) -> Self {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// The value, or nothing.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether a box was ticked: browsers send a name only then.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.value(name).parse().ok()
    }

    /// What the browser could read of the chosen file (sent with a check instead of the file).
    /// None without a name and a size.
    pub(crate) fn file_facts(&self) -> Option<FileFacts> {
        let name = self.value("file_name");
        (!name.is_empty()).then_some(())?;
        Some(FileFacts {
            name: name.to_owned(),
            size: self.number("file_size")?,
            duration_ms: self.number("duration_ms"),
        })
    }
}

/// What is known of the chosen file before it is examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// The name the browser gave. Only its ending is looked at.
    pub(crate) name: String,
    /// In bytes.
    pub(crate) size: u64,
    /// In milliseconds, where it could be read.
    pub(crate) duration_ms: Option<u64>,
}

/// What the fields are held against.
#[derive(Clone, Debug)]
pub(crate) struct FormFacts {
    pub(crate) now: DateTime<Utc>,
    /// The creator's audiences, in the platform's order.
    pub(crate) audiences: Vec<String>,
    pub(crate) comment_off: bool,
    pub(crate) duet_off: bool,
    pub(crate) stitch_off: bool,
    /// Longest video of this creator, in seconds.
    pub(crate) max_seconds: u64,
    /// Largest file, in bytes.
    pub(crate) max_bytes: u64,
    /// The chosen file, or the one kept from the last try.
    pub(crate) file: Option<FileFacts>,
}

/// A form that may be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidForm {
    pub(crate) idempotency_key: String,
    /// Line breaks are `\n`.
    pub(crate) title: String,
    /// One of the creator's audiences.
    pub(crate) privacy: String,
    pub(crate) allow_comment: bool,
    pub(crate) allow_duet: bool,
    pub(crate) allow_stitch: bool,
    pub(crate) commercial: Commercial,
    pub(crate) schedule: Schedule,
}

/// What the post promotes. Without disclosure neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commercial {
    /// `brand_organic_toggle`.
    pub(crate) own_brand: bool,
    /// `brand_content_toggle`.
    pub(crate) branded: bool,
}

/// When to post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    Now,
    /// Not before `due`; later than `due + grace` not at all. `None`: not late at all.
    At {
        due: DateTime<Utc>,
        grace: Option<TimeDelta>,
    },
}

/// The declaration above the button, as it reads: part of the consent that is stored.
pub(crate) fn declaration(branded: bool) -> &'static str {
    if branded {
        "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation."
    } else {
        "By posting, you agree to TikTok's Music Usage Confirmation."
    }
}

/// What TikTok will label the video with, or what is missing.
pub(crate) fn disclosure_line(disclosed: bool, ticked: Commercial) -> &'static str {
    match (disclosed, ticked.branded, ticked.own_brand) {
        (false, ..) => "",
        (true, true, _) => "Your video will be labeled as “Paid partnership”.",
        (true, false, true) => "Your video will be labeled as “Promotional content”.",
        (true, false, false) => INDICATE,
    }
}

/// Line breaks as one `\n` each. A browser submits them as CRLF and counts them as one unit.
pub(crate) fn normalise(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// UTF-16 units, the way TikTok and browsers count.
pub(crate) fn utf16_units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Holds the form against the facts.
///
/// # Errors
/// Every problem at once, in the order of the page.
pub(crate) fn validate(fields: &FormFields, facts: &FormFacts) -> Result<ValidForm, FormProblems> {
    let mut problems = FormProblems::default();
    key(fields, &mut problems);
    file(facts, &mut problems);
    let title = title(fields, &mut problems);
    let commercial = commercial(fields);
    privacy(fields, facts, commercial, &mut problems);
    interactions(fields, facts, &mut problems);
    if fields.ticked("disclose") && commercial == Commercial::default() {
        problems.add(Field::OwnBrand, "Say what the content promotes", INDICATE);
    }
    let schedule = schedule(fields, facts.now, &mut problems);
    match schedule {
        Some(schedule) if problems.is_empty() => Ok(ValidForm {
            idempotency_key: fields.value("idempotency_key").to_owned(),
            title,
            privacy: fields.value("privacy").to_owned(),
            allow_comment: fields.ticked("allow_comment"),
            allow_duet: fields.ticked("allow_duet"),
            allow_stitch: fields.ticked("allow_stitch"),
            commercial,
            schedule,
        }),
        _ => Err(problems),
    }
}

fn key(fields: &FormFields, problems: &mut FormProblems) {
    let key = fields.value("idempotency_key");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if key.is_empty() || key.len() > 64 || !key.chars().all(plain) {
        let words = "This form was open too long. Your words are kept; press Post again.";
        problems.add(Field::Form, "Press Post again", words);
    }
}

fn file(facts: &FormFacts, problems: &mut FormProblems) {
    let Some(file) = &facts.file else {
        return problems.add(
            Field::File,
            "Choose a video",
            "Choose a video from this device.",
        );
    };
    let ending = file
        .name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    if !matches!(
        ending.as_deref(),
        Some("mp4" | "mov" | "webm" | "m4v" | "qt")
    ) {
        let words = format!(
            "“{}” is not a video TikTok takes. Choose an MP4, MOV or WebM file.",
            file.name
        );
        problems.add(Field::File, "Choose an MP4, MOV or WebM file", words);
    } else if file.size == 0 {
        problems.add(
            Field::File,
            "The file is empty",
            "The file is empty. Choose another video.",
        );
    } else if file.size > facts.max_bytes {
        let (size, max) = bytes_above(file.size, facts.max_bytes);
        let words = format!("The file is {size}; TikTok takes up to {max}. Export it smaller.");
        problems.add(Field::File, "The file is too large", words);
    }
    if let Some(ms) = file
        .duration_ms
        .filter(|ms| *ms > facts.max_seconds.saturating_mul(1_000))
    {
        let (long, max) = (playing_time(ms), length(facts.max_seconds));
        let words =
            format!("The video is {long} long; this account may post up to {max}. Shorten it.");
        problems.add(Field::File, "The video is too long", words);
    }
}

fn title(fields: &FormFields, problems: &mut FormProblems) -> String {
    let title = normalise(fields.value("title"));
    let used = utf16_units(&title);
    if used > TITLE_MAX {
        let words = format!(
            "Title is {} characters, {} too many",
            count(used as u64),
            count((used - TITLE_MAX) as u64)
        );
        problems.add(Field::Title, words.clone(), format!("{words}. Shorten it."));
    }
    title
}

/// Boxes under a switch that is off are out of sight, so they do not count.
fn commercial(fields: &FormFields) -> Commercial {
    let disclosed = fields.ticked("disclose");
    Commercial {
        own_brand: disclosed && fields.ticked("brand_organic"),
        branded: disclosed && fields.ticked("brand_content"),
    }
}

fn privacy(
    fields: &FormFields,
    facts: &FormFacts,
    commercial: Commercial,
    problems: &mut FormProblems,
) {
    let privacy = fields.value("privacy");
    if privacy.is_empty() {
        let words =
            "Choose who can see this post. TikTok asks each time, so nothing is chosen for you.";
        problems.add(Field::Privacy, "Choose who can see this post", words);
    } else if !facts.audiences.iter().any(|audience| audience == privacy) {
        let words = "The audiences of this account changed in TikTok. Choose again.";
        problems.add(Field::Privacy, "Choose again who can see this post", words);
    } else if commercial.branded && privacy == ONLY_ME {
        let words = format!("{NOT_PRIVATE} Choose another audience, or untick Branded content.");
        problems.add(Field::Privacy, "Branded content cannot be private", words);
    }
}

fn interactions(fields: &FormFields, facts: &FormFacts, problems: &mut FormProblems) {
    for (field, name, word, off) in [
        (
            Field::Comment,
            "allow_comment",
            "Comment",
            facts.comment_off,
        ),
        (Field::Duet, "allow_duet", "Duet", facts.duet_off),
        (Field::Stitch, "allow_stitch", "Stitch", facts.stitch_off),
    ] {
        if off && fields.ticked(name) {
            let words = format!(
                "{word} is off in this account's TikTok settings. It was unticked; look again."
            );
            problems.add(
                field,
                format!("{word} is not possible on this account"),
                words,
            );
        }
    }
}

fn schedule(
    fields: &FormFields,
    now: DateTime<Utc>,
    problems: &mut FormProblems,
) -> Option<Schedule> {
    match fields.value("when") {
        "" | "now" => return Some(Schedule::Now),
        "later" => {}
        _ => {
            problems.add(
                Field::When,
                "Choose when to post",
                "Choose Now or a set time.",
            );
            return None;
        }
    }
    let due = due(fields.value("due"));
    let grace = match fields.value("missed") {
        "30m" => Some(Some(GRACE)),
        "fail" => Some(None),
        _ => None,
    };
    match due {
        None => problems.add(Field::Due, "Give date and time", "Give a date and a time."),
        Some(due) if due <= now => {
            let words = "That time has passed. Give a later one, or choose Now.";
            problems.add(Field::Due, "Give a time that is still to come", words);
        }
        Some(_) => {}
    }
    if grace.is_none() {
        let words = "Choose what happens if that time is missed.";
        problems.add(
            Field::Missed,
            "Choose what happens if the time is missed",
            words,
        );
    }
    Some(Schedule::At {
        due: due?,
        grace: grace?,
    })
}

/// The value of a `datetime-local` control, read as UTC. Seconds may be absent.
fn due(text: &str) -> Option<DateTime<Utc>> {
    [
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%S%.f",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    .map(|local| local.and_utc())
}
