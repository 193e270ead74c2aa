//! The rows of a post's timeline. The constructors are the only kinds of row there are.

use chrono::{DateTime, Utc};

use crate::view::badge::{Icon, Tone};
use crate::view::link::Link;

/// One row: what happened, in words.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    when: When,
    pub(super) tone: Tone,
    pub(super) icon: Icon,
    pub(super) title: String,
    /// Marks a call that is never repeated.
    pub(super) once: bool,
    pub(super) line: String,
    /// An address that belongs to the line.
    pub(super) link: Option<Link>,
    /// The platform's answer, with tokens and addresses removed by the caller.
    pub(super) raw: Option<Raw>,
}

/// What support needs of a row.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) text: String,
    /// It is what the platform said, and not that it said nothing.
    pub(crate) is_answer: bool,
}

impl From<String> for Raw {
    fn from(text: String) -> Self {
        let is_answer = true;
        Self { text, is_answer }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    At(DateTime<Utc>),
    Now,
    Next,
}

impl Entry {
    fn new(when: When, tone: Tone, icon: Icon, title: impl Into<String>) -> Self {
        Self {
            when,
            tone,
            icon,
            title: title.into(),
            once: false,
            line: String::new(),
            link: None,
            raw: None,
        }
    }

    fn said(mut self, line: impl Into<String>) -> Self {
        self.line = line.into();
        self
    }

    /// The time of an entry that has one.
    pub(super) fn at(&self) -> Option<DateTime<Utc>> {
        match self.when {
            When::At(at) => Some(at),
            When::Now | When::Next => None,
        }
    }

    pub(super) fn is_now(&self) -> bool {
        self.when == When::Now
    }

    pub(super) fn has_body(&self) -> bool {
        !self.line.is_empty() || self.link.is_some() || self.raw.is_some()
    }

    pub(super) fn is_next(&self) -> bool {
        self.when == When::Next
    }

    /// The request is stored.
    pub(crate) fn accepted(at: DateTime<Utc>, consent_by: &str) -> Self {
        Self::new(When::At(at), Tone::Off, "check", "Accepted").said(format!(
            "Stored with its idempotency key: sending the form twice gives this same post. \
             Consent given by {consent_by}."
        ))
    }

    /// The file is in the media store; `facts` are its size and form in words.
    pub(crate) fn file_received(at: DateTime<Utc>, facts: &str) -> Self {
        Self::new(When::At(at), Tone::Ok, "upload", "File received").said(facts)
    }

    /// It waits for its time, in words.
    pub(crate) fn scheduled(at: DateTime<Utc>, due: &str) -> Self {
        Self::new(When::At(at), Tone::Off, "calendar", "Scheduled").said(format!("For {due}."))
    }

    /// The platform said what the creator may post.
    pub(crate) fn creator_asked(at: DateTime<Utc>) -> Self {
        Self::new(
            When::At(at),
            Tone::Ok,
            "check",
            "TikTok takes posts from this account",
        )
        .said("Asked again just before sending: audience, length and limits still fit.")
    }

    /// The call that starts the upload was written down. `once`: it is never repeated.
    pub(crate) fn asked_to_start(at: DateTime<Utc>, once: bool) -> Self {
        let line = if once {
            "Written down before the call, so a crash here leads to a question, never to a second post."
        } else {
            "Written down before the call. While TikTok has no byte of the file, asking again cannot post twice."
        };
        let entry = Self::new(When::At(at), Tone::Off, "lock", "Asked TikTok to start").said(line);
        Self { once, ..entry }
    }

    /// The platform gave its id; `valid_until` is when the upload address ends, in words.
    pub(crate) fn platform_accepted(
        at: DateTime<Utc>,
        valid_until: Option<&str>,
        raw: Option<Raw>,
    ) -> Self {
        let line = valid_until.map_or_else(
            || "Publish id saved.".to_owned(),
            |until| format!("Publish id saved. The upload address is valid until {until}."),
        );
        let entry = Self::new(When::At(at), Tone::Ok, "check", "TikTok accepted").said(line);
        Self { raw, ..entry }
    }

    /// Parts `first` to `last` (from 1) are with the platform.
    pub(crate) fn parts_sent(at: DateTime<Utc>, first: u64, last: u64) -> Self {
        let title = if first == last {
            format!("Part {first} sent")
        } else {
            format!("Parts {first} to {last} sent")
        };
        Self::new(When::At(at), Tone::Ok, "upload", title)
    }

    /// A worker's lease lapsed; `next_part` is where the next one went on.
    pub(crate) fn took_over(at: DateTime<Utc>, next_part: Option<u64>) -> Self {
        let line = next_part.map_or_else(
            || "Looked first at how far the other had come. Nothing was sent twice.".to_owned(),
            |part| format!("Continued at part {part}. Nothing was sent twice."),
        );
        Self::new(
            When::At(at),
            Tone::You,
            "takeover",
            "Worker stopped, another took over",
        )
        .said(line)
    }

    /// The data were restored: the post may have been sent from another copy.
    pub(crate) fn restored(at: DateTime<Utc>) -> Self {
        Self::new(
            When::At(at),
            Tone::You,
            "alert",
            "The server's data were restored from a copy",
        )
        .said("This post may have been sent before that. TikTok is asked first; nothing is sent twice.")
    }

    /// Put off; `line` says why and until when.
    pub(crate) fn put_off(at: DateTime<Utc>, line: &str) -> Self {
        Self::new(When::At(at), Tone::Off, "clock", "Put off").said(line)
    }

    /// A call failed and will be tried again; `line` says what and when.
    pub(crate) fn trouble(at: DateTime<Utc>, line: &str, raw: Option<Raw>) -> Self {
        let entry = Self::new(
            When::At(at),
            Tone::You,
            "alert",
            "Did not work, will be tried again",
        )
        .said(line);
        Self { raw, ..entry }
    }

    /// The platform has all of it and works.
    pub(crate) fn processing(at: DateTime<Utc>) -> Self {
        Self::new(When::At(at), Tone::Off, "check", "TikTok has all of it")
            .said("It checks the video, then publishes it.")
    }

    /// The platform says so.
    pub(crate) fn published(at: DateTime<Utc>, raw: Option<Raw>) -> Self {
        let entry = Self::new(When::At(at), Tone::Ok, "published", "Published");
        Self { raw, ..entry }
    }

    /// There is a public address.
    pub(crate) fn link_known(at: DateTime<Utc>, address: Link) -> Self {
        let entry = Self::new(When::At(at), Tone::Ok, "link", "Public link known");
        Self {
            link: Some(address),
            ..entry
        }
    }

    /// It will not be posted; `reason` with figures and limits.
    pub(crate) fn failed(at: DateTime<Utc>, reason: &str, raw: Option<Raw>) -> Self {
        let entry = Self::new(When::At(at), Tone::Bad, "failed", "Failed").said(reason);
        Self { raw, ..entry }
    }

    /// A call that must not be repeated has no answer.
    pub(crate) fn undecided(at: DateTime<Utc>) -> Self {
        Self::new(When::At(at), Tone::Odd, "undecided", "Undecided")
            .said("TikTok does not tell whether it did it. It is not sent again.")
    }

    /// The answer to a call that must not be repeated is lost; `how`, and what that means.
    pub(crate) fn answer_lost(at: DateTime<Utc>, how: &str, line: &str, raw: Option<Raw>) -> Self {
        let entry = Self::new(When::At(at), Tone::Odd, "undecided", how).said(line);
        Self { raw, ..entry }
    }

    /// The question what became of it had no answer either.
    pub(crate) fn question_failed(at: DateTime<Utc>, line: &str, raw: Option<Raw>) -> Self {
        let entry = Self::new(
            When::At(at),
            Tone::Odd,
            "undecided",
            "TikTok could not be asked what happened",
        )
        .said(format!("{line} The question is repeated, not the post."));
        Self { raw, ..entry }
    }

    /// Asked what became of a call without an answer.
    pub(crate) fn asked_again(at: DateTime<Utc>, line: &str) -> Self {
        Self::new(
            When::At(at),
            Tone::Odd,
            "undecided",
            "Asked TikTok what happened",
        )
        .said(line)
    }

    /// Its time passed; `due` in words.
    pub(crate) fn missed(at: DateTime<Utc>, due: &str) -> Self {
        Self::new(When::At(at), Tone::Bad, "clock", "Missed")
            .said(format!("Was due {due}. Not posted."))
    }

    /// Cancelled. `doubted`: it was kept back until then, since it may be out.
    pub(crate) fn cancelled(at: DateTime<Utc>, doubted: bool) -> Self {
        let line = match doubted {
            false => "Nothing was posted.",
            true => {
                "It was not sent since the data were restored or failed over. It may have been sent before."
            }
        };
        Self::new(When::At(at), Tone::Off, "cancelled", "Cancelled").said(line)
    }

    /// What was begun is to be cancelled: on the owner's word, or because the account was disconnected.
    pub(crate) fn cancel_asked(at: DateTime<Utc>) -> Self {
        Self::new(When::At(at), Tone::Off, "cancelled", "Asked to cancel")
            .said("Nothing more is sent. What TikTok has whole already it may still publish.")
    }

    /// The platform handed it to the person.
    pub(crate) fn in_the_inbox(at: DateTime<Utc>) -> Self {
        Self::new(
            When::At(at),
            Tone::You,
            "inbox",
            "Waiting in the TikTok inbox",
        )
        .said("TikTok has told the person. Finish it in the TikTok app.")
    }

    /// The platform fetches the media itself.
    pub(crate) fn fetching(at: DateTime<Utc>, host: &str) -> Self {
        Self::new(When::At(at), Tone::Off, "link", "TikTok fetches it").said(format!(
            "From {host}. Keep it online until the post is done."
        ))
    }

    /// It was public and is not any more.
    pub(crate) fn no_longer_public(at: DateTime<Utc>) -> Self {
        Self::new(When::At(at), Tone::Off, "hidden", "No longer public")
            .said("TikTok says so. It stays published: nothing is sent again.")
    }

    /// A person looked and settled it; `verdict` is what they found.
    pub(crate) fn settled_by(at: DateTime<Utc>, who: &str, verdict: &str) -> Self {
        Self::new(When::At(at), Tone::Off, "user", format!("Settled by {who}")).said(verdict)
    }

    /// What is going on: "Sending part 12 of 18".
    pub(crate) fn now(title: &str) -> Self {
        Self::new(When::Now, Tone::Run, "working", title)
    }

    /// What comes: "Then: ask TikTok how it went".
    pub(crate) fn then(title: &str, line: &str) -> Self {
        Self::new(When::Next, Tone::Off, "queued", format!("Then: {title}")).said(line)
    }
}
