//! The publish form as a pure function: fields and facts in, what was entered and every problem out.

use chrono::{DateTime, TimeDelta, Utc};

mod content;
mod fields;
mod problems;
mod schedule;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use content::{Content, Kind, addresses};
pub(crate) use fields::{FileFacts, FormFields};
pub(crate) use problems::{Field, FieldProblem, FormProblems};
pub(crate) use schedule::Schedule;
pub(crate) use social_tiktok::rules::{
    CAPTION_MAX as TITLE_MAX, DESCRIPTION_MAX, PHOTOS_MAX, TITLE_MAX as PHOTO_TITLE_MAX,
};
pub(crate) use words::{normalise, utf16_units};

use content::Shape;

/// What TikTok's lists show of it.
pub(crate) const TITLE_SHOWN: usize = 150;
/// Said when disclosure is on and nothing is ticked. TikTok's own sentence.
pub(crate) const INDICATE: &str =
    "You need to indicate if your content promotes yourself, a third party, or both.";
/// Said of branded content and "Only me". TikTok's own sentence.
pub(crate) const NOT_PRIVATE: &str = "Branded content visibility cannot be set to private.";
/// The audience that branded content must not have.
pub(crate) const ONLY_ME: &str = "SELF_ONLY";
/// Said of the inbox when the right was not granted.
pub(crate) const NO_INBOX: &str = "Sending to the inbox was not allowed at sign-in. \
     Connect the account again and leave everything ticked.";

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
    /// The account may send to the inbox.
    pub(crate) may_inbox: bool,
    /// Why TikTok takes nothing on the profile now, if it does not.
    pub(crate) direct_closed: Option<String>,
    /// The chosen file, or the one kept from the last try.
    pub(crate) file: Option<FileFacts>,
}

/// What was entered, as far as it can be read. Without problems it may be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entered {
    pub(crate) idempotency_key: String,
    /// What is to be posted; nothing when it is missing or cannot be read.
    pub(crate) content: Option<Content>,
    pub(crate) kind: Kind,
    /// The caption of a video, or the text beside photos. Line breaks are `\n`.
    pub(crate) caption: String,
    /// Of photos.
    pub(crate) title: Option<String>,
    /// How it is to be posted; nothing when the person finishes it in TikTok's app.
    pub(crate) direct: Option<Direct>,
    pub(crate) schedule: Option<Schedule>,
}

/// What a post on the profile needs and a post to the inbox does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Direct {
    /// One of the creator's audiences; nothing when none was chosen.
    pub(crate) privacy: Option<String>,
    pub(crate) allow_comment: bool,
    pub(crate) allow_duet: bool,
    pub(crate) allow_stitch: bool,
    pub(crate) commercial: Commercial,
    /// Of videos: labelled as AI-generated.
    pub(crate) is_aigc: bool,
    /// Of videos: which frame is the cover, in milliseconds.
    pub(crate) cover_ms: Option<i32>,
    /// Of photos: with music that TikTok recommends.
    pub(crate) auto_music: bool,
}

/// What the post promotes. Without disclosure neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commercial {
    /// `brand_organic_toggle`.
    pub(crate) own_brand: bool,
    /// `brand_content_toggle`.
    pub(crate) branded: bool,
}

impl Entered {
    /// Whether it promotes somebody else's business.
    pub(crate) fn is_branded(&self) -> bool {
        self.direct
            .as_ref()
            .is_some_and(|direct| direct.commercial.branded)
    }
}

/// The declaration above the button, as it reads: part of the consent that is stored.
pub(crate) fn declaration(branded: bool) -> &'static str {
    if branded {
        "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation."
    } else {
        "By posting, you agree to TikTok's Music Usage Confirmation."
    }
}

/// What TikTok will label the post with, or what is missing.
pub(crate) fn disclosure_line(disclosed: bool, ticked: Commercial, kind: Kind) -> &'static str {
    match (disclosed, ticked.branded, ticked.own_brand, kind) {
        (false, ..) => "",
        (true, true, _, Kind::Video) => "Your video will be labeled as “Paid partnership”.",
        (true, true, _, Kind::Photos) => "Your photo will be labeled as “Paid partnership”.",
        (true, false, true, Kind::Video) => "Your video will be labeled as “Promotional content”.",
        (true, false, true, Kind::Photos) => "Your photo will be labeled as “Promotional content”.",
        (true, false, false, _) => INDICATE,
    }
}

/// Holds the form against the facts.
///
/// # Errors
/// Every problem at once, in the order of the page.
#[cfg(test)]
pub(crate) fn validate(fields: &FormFields, facts: &FormFacts) -> Result<Entered, FormProblems> {
    let (entered, problems) = read(fields, facts);
    problems.is_empty().then_some(entered).ok_or(problems)
}

/// Reads the form and holds it against the facts: every problem at once, in the order of the page. What is out of sight
/// for this kind of post does not count.
pub(crate) fn read(fields: &FormFields, facts: &FormFacts) -> (Entered, FormProblems) {
    let mut problems = FormProblems::default();
    let shape = Shape::of(fields);
    key(fields, &mut problems);
    let is_inbox = fields.value("way") == "inbox";
    if is_inbox && !facts.may_inbox {
        problems.add(Field::Way, "Sending to the inbox is not allowed", NO_INBOX);
    }
    if let Some(why) = facts.direct_closed.as_ref().filter(|_| !is_inbox) {
        let short = "TikTok takes nothing on the profile now";
        problems.add(Field::Way, short, why.clone());
    }
    let content = content::read(fields, facts, shape, &mut problems);
    let (title, caption) = words::read(fields, shape.kind, is_inbox, &mut problems);
    let direct = (!is_inbox).then(|| direct(fields, facts, shape.kind, &mut problems));
    let schedule = schedule::read(fields, facts.now, &mut problems);
    let entered = Entered {
        idempotency_key: fields.value("idempotency_key").to_owned(),
        content,
        kind: shape.kind,
        caption,
        title,
        direct,
        schedule,
    };
    (entered, problems)
}

fn key(fields: &FormFields, problems: &mut FormProblems) {
    let key = fields.value("idempotency_key");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if key.is_empty() || key.len() > 64 || !key.chars().all(plain) {
        let words = "This form was open too long. Your words are kept; press Post again.";
        problems.add(Field::Form, "Press Post again", words);
    }
}

fn direct(
    fields: &FormFields,
    facts: &FormFacts,
    kind: Kind,
    problems: &mut FormProblems,
) -> Direct {
    let commercial = commercial(fields);
    privacy(fields, facts, commercial, problems);
    interactions(fields, facts, kind, problems);
    if fields.ticked("disclose") && commercial == Commercial::default() {
        problems.add(Field::OwnBrand, "Say what the content promotes", INDICATE);
    }
    let is_video = kind == Kind::Video;
    let privacy = fields.value("privacy");
    Direct {
        privacy: (!privacy.is_empty()).then(|| privacy.to_owned()),
        allow_comment: fields.ticked("allow_comment"),
        allow_duet: is_video && fields.ticked("allow_duet"),
        allow_stitch: is_video && fields.ticked("allow_stitch"),
        commercial,
        is_aigc: is_video && fields.ticked("is_aigc"),
        cover_ms: is_video.then(|| cover_ms(fields, problems)).flatten(),
        auto_music: !is_video && fields.ticked("auto_music"),
    }
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

fn interactions(fields: &FormFields, facts: &FormFacts, kind: Kind, problems: &mut FormProblems) {
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
        let in_sight = kind == Kind::Video || field == Field::Comment;
        if off && in_sight && fields.ticked(name) {
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

/// The cover's time is given in seconds.
fn cover_ms(fields: &FormFields, problems: &mut FormProblems) -> Option<i32> {
    let text = fields.value("cover_at").trim().replace(',', ".");
    if text.is_empty() {
        return None;
    }
    let ms = text
        .parse::<f64>()
        .ok()
        .filter(|seconds| (0.0..=36_000.0).contains(seconds))
        .and_then(|seconds| TimeDelta::from_std(std::time::Duration::from_secs_f64(seconds)).ok())
        .and_then(|time| i32::try_from(time.num_milliseconds()).ok());
    if ms.is_none() {
        let words = "Give the second of the video that is its cover, for example 1.5.";
        problems.add(Field::CoverAt, "Give the cover's second", words);
    }
    ms
}
