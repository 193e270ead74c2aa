//! One post: its state, the way its bytes take, and what happened.

use askama::Template;
use chrono::{DateTime, Utc};

use super::account::PlatformName;
use super::badge::{Badge, Icon, Tone};
use super::format::{Moment, bytes, day, percent};
use super::link::Link;
use super::problem::{Button, Words};
use super::shell::Shell;

mod entry;

pub(crate) use entry::{Entry, Raw};

/// The page of one post.
#[derive(Debug, Template)]
#[template(path = "post.html")]
pub(crate) struct PostPage {
    pub(crate) shell: Shell,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) platform: PlatformName,
    pub(crate) badge: Badge,
    /// Account, platform, kind, audience: one word or two each.
    pub(crate) facts: Vec<String>,
    /// "14:04:02 UTC".
    pub(crate) as_of: String,
    /// What a person should know first: why it failed, waits, was missed, is undecided.
    pub(crate) verdict: Option<Verdict>,
    /// What is to know beside it, each with a heading: that the rest is missing, what is not as asked.
    pub(crate) notes: Vec<(String, String)>,
    /// A person may settle an undecided post by looking.
    pub(crate) settle: bool,
    /// Of what is asked for some is there: a person's word is about the rest.
    pub(crate) is_there_in_part: bool,
    /// Nothing irreversible was sent, so the post can still be cancelled.
    pub(crate) cancel: bool,
    /// The public address, once there is one.
    pub(crate) open: Option<Link>,
    /// Every public address.
    pub(crate) links: Vec<Link>,
    /// `None` when nothing will be sent any more and nothing was.
    pub(crate) progress: Option<Progress>,
    pub(crate) timeline: Timeline,
    pub(crate) ids: Vec<Ident>,
    /// What stands for the public link: the link itself is `open`.
    pub(crate) link_line: &'static str,
    /// What was chosen on the form, name and words.
    pub(crate) options: Vec<(&'static str, String)>,
}

/// The notice on top of a post.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) tone: Tone,
    pub(crate) icon: Icon,
    pub(crate) title: String,
    pub(crate) line: String,
    pub(crate) buttons: Vec<Button>,
}

impl Verdict {
    fn new(badge: Badge, words: Words, buttons: Vec<Button>) -> Self {
        Self {
            tone: badge.tone,
            icon: badge.icon,
            title: words.title,
            line: words.line,
            buttons,
        }
    }

    /// Failed: the reason, and the form filled in again under a new key.
    pub(crate) fn failed(id: &str, words: Words) -> Self {
        Self::new(Badge::failed(), words, vec![again(id, "Post again as new")])
    }

    /// Undecided: what is done about it, and asking at once.
    pub(crate) fn undecided(id: &str, words: Words, profile: Option<&Link>) -> Self {
        let ask = words.button.map(|label| ask(id, label));
        let look = profile.map(|href| Button::link("Look at the profile", href.to_string()));
        Self::new(
            Badge::undecided(),
            words,
            [ask, look].into_iter().flatten().collect(),
        )
    }

    /// Waiting: for how long and why. It goes on by itself.
    pub(crate) fn waiting(words: Words) -> Self {
        Self::new(Badge::waiting(), words, Vec::new())
    }

    /// A call that counts once has no answer that tells: it is looked for, and not sent again.
    pub(crate) fn answer_lost(words: Words, buttons: Vec<Button>) -> Self {
        Self::new(Badge::undecided(), words, buttons)
    }

    /// Waiting for an account that must be connected again.
    pub(crate) fn access_lost(words: Words) -> Self {
        Self::new(
            Badge::reconnect(),
            words,
            vec![Button::link("Reconnect", "/accounts")],
        )
    }

    /// Missed: when it was due, in words.
    pub(crate) fn missed(id: &str, due: &str) -> Self {
        let words = Words {
            title: "Its time passed".to_owned(),
            line: format!("Was due {due}. Not posted, because you chose not to post late."),
            button: None,
        };
        Self::new(Badge::missed(), words, vec![again(id, "Post now")])
    }

    /// In the app's inbox: what the person does there, and why it is not seen here when that is done.
    pub(crate) fn awaiting_user(id: &str, account: &str, unseen: Option<&str>) -> Self {
        let more = unseen.map(|why| format!(" {why}")).unwrap_or_default();
        let words = Words {
            title: "Finish it in the TikTok app".to_owned(),
            line: format!(
                "TikTok has put it into the inbox of {account}. Open the notification there, then \
                 post it or discard it. Nothing is on the profile before that.{more}"
            ),
            button: None,
        };
        let ask = unseen.is_none().then(|| ask(id, "Ask now"));
        Self::new(Badge::awaiting_user(), words, ask.into_iter().collect())
    }

    /// It was public; `since` in words.
    pub(crate) fn no_longer_public(since: Option<&str>) -> Self {
        let since = since
            .map(|since| format!(" since {since}"))
            .unwrap_or_default();
        let words = Words {
            title: "No longer public".to_owned(),
            line: format!(
                "It was published. TikTok says that it is not public any more{since}: it was made \
                 private or removed there. Look at it in the app."
            ),
            button: None,
        };
        Self::new(Badge::no_longer_public(), words, Vec::new())
    }

    /// Cancelled; `when` in words (" at 14:03"). `doubted`: it was kept back until then, since it may be out.
    pub(crate) fn cancelled(id: &str, when: &str, doubted: bool) -> Self {
        let line = match doubted {
            false => format!("It was cancelled{when}. Nothing was posted."),
            true => format!(
                "It was cancelled{when}. This server has not sent it since its data were restored or failed over, but \
                 may have sent it before. Look at the profile before you post it again."
            ),
        };
        let words = Words {
            title: "Cancelled".to_owned(),
            line,
            button: None,
        };
        Self::new(
            Badge::cancelled(),
            words,
            vec![again(id, "Post again as new")],
        )
    }
}

/// Asks the platform at once.
fn ask(id: &str, label: &str) -> Button {
    Button::post(label, format!("/posts/{id}/reconcile"))
}

fn again(id: &str, label: &str) -> Button {
    Button::link(label, format!("/publish/tiktok?again={id}"))
}

/// A name and a value with a copy button.
#[derive(Clone, Debug)]
pub(crate) struct Ident {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

/// The way of the bytes: you, this server, the platform. Hops never share a bar.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// What the person may do meanwhile.
    pub(crate) line: &'static str,
    pub(crate) hops: Vec<Hop>,
}

impl Progress {
    /// Read out when it changes: by quarters, not by every part.
    fn say(&self) -> String {
        let [.., two, three] = self.hops.as_slice() else {
            return String::new();
        };
        match (two.state, three.state) {
            (_, HopState::Done) => "Published".to_owned(),
            (_, HopState::Failed) | (HopState::Failed, _) => "It did not work".to_owned(),
            (_, HopState::Running) => "TikTok is checking".to_owned(),
            (HopState::Running, _) => format!("{}{}", two.going, quarter(two.value, two.max)),
            (HopState::Done, _) => "TikTok has it".to_owned(),
            (HopState::Todo, _) => String::new(),
        }
    }
}

fn quarter(value: u64, max: u64) -> &'static str {
    match u128::from(value) * 4 / u128::from(max.max(1)) {
        0 => "",
        1 => ", more than a quarter done",
        2 => ", more than half done",
        3 => ", more than three quarters done",
        _ => ", all parts sent",
    }
}

/// Where a hop stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HopState {
    Todo,
    Running,
    Done,
    Failed,
}

/// One hop.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) state: HopState,
    /// In the ids of its elements.
    number: u8,
    label: &'static str,
    /// Read out while it goes on.
    going: &'static str,
    /// Beside the label: "62%", "Done", or empty.
    figure: String,
    value: u64,
    max: u64,
    /// Under the bar.
    pub(crate) words: String,
}

impl Hop {
    /// The file has arrived at this server (before that there is no post).
    pub(crate) fn received(size: u64) -> Self {
        Self {
            state: HopState::Done,
            number: 1,
            label: "You to this server",
            going: "",
            figure: "Done".to_owned(),
            value: 1,
            max: 1,
            words: bytes(size),
        }
    }

    /// This server to the platform: `words` are those of a progress event ([`sent_words`]).
    pub(crate) fn sending(state: HopState, sent: u64, size: u64, words: impl Into<String>) -> Self {
        let figure = match state {
            HopState::Done => "Done".to_owned(),
            HopState::Todo => String::new(),
            HopState::Running | HopState::Failed => percent(sent, size),
        };
        let (value, max) = if state == HopState::Done {
            (1, 1)
        } else {
            (sent, size.max(1))
        };
        Self {
            state,
            number: 2,
            label: "This server to TikTok",
            going: "Sending to TikTok",
            figure,
            value,
            max,
            words: words.into(),
        }
    }

    /// The platform fetches it; `figure` is how much of what, where that is told.
    pub(crate) fn fetching(state: HopState, figure: Option<(u64, u64)>, host: &str) -> Self {
        let (sent, size) = figure.unwrap_or((0, 1));
        Self {
            label: "TikTok fetches from your address",
            going: "TikTok fetches it",
            ..Self::sending(state, sent, size, format!("From {host}"))
        }
        .without_a_figure(state != HopState::Done && figure.is_none())
    }

    fn without_a_figure(mut self, unknown: bool) -> Self {
        if unknown {
            self.figure.clear();
        }
        self
    }

    /// What is left is the person's to do.
    pub(crate) fn in_the_inbox() -> Self {
        Self {
            label: "You finish it in the app",
            words: "Waiting in the TikTok inbox".to_owned(),
            ..Self::platform(HopState::Todo)
        }
    }

    /// The platform checks and publishes; it tells no figure.
    pub(crate) fn platform(state: HopState) -> Self {
        let (figure, value, words) = match state {
            HopState::Todo => ("", 0, "Usually under a minute, sometimes hours"),
            HopState::Running => (
                "",
                0,
                "TikTok is checking. Usually under a minute, sometimes hours",
            ),
            HopState::Done => ("Done", 1, "TikTok says it is published"),
            HopState::Failed => ("", 0, "TikTok did not publish it"),
        };
        Self {
            state,
            number: 3,
            label: "TikTok checks",
            going: "TikTok is checking",
            figure: figure.to_owned(),
            value,
            max: 1,
            words: words.to_owned(),
        }
    }

    fn tone(&self) -> &'static str {
        match self.state {
            HopState::Todo => "todo",
            HopState::Running => "run",
            HopState::Done => "ok",
            HopState::Failed => "bad",
        }
    }

    fn icon(&self) -> Icon {
        match self.state {
            HopState::Todo => "queued",
            HopState::Running => "working",
            HopState::Done => "published",
            HopState::Failed => "failed",
        }
    }

    /// Working, for a time the platform does not tell.
    fn is_open_ended(&self) -> bool {
        self.state == HopState::Running && self.value == 0 && self.max == 1
    }
}

/// The line under hop 2: "113 MB of 182 MB · part 12 of 18".
pub(crate) fn sent_words(sent: u64, size: u64, part: u64, parts: u64) -> String {
    format!(
        "{} of {} · part {part} of {parts}",
        bytes(sent),
        bytes(size)
    )
}

/// What happened, oldest first, then what comes.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// "20 Nov 2026".
    day: String,
    entries: Vec<Row>,
}

/// An entry with its time in words.
#[derive(Clone, Debug)]
struct Row {
    entry: Entry,
    at: Option<Moment>,
}

impl Timeline {
    /// Entries in the order they are to be shown; `now` is the time of a line that is going on.
    pub(crate) fn new(entries: Vec<Entry>, now: DateTime<Utc>) -> Self {
        let first = entries.iter().find_map(Entry::at).unwrap_or(now);
        let rows = entries.into_iter().map(|entry| Row {
            at: match (entry.at(), entry.is_now()) {
                (Some(at), _) => Some(Moment::exact(at, first)),
                (None, true) => Some(Moment::now(now)),
                (None, false) => None,
            },
            entry,
        });
        Self {
            day: day(first),
            entries: rows.collect(),
        }
    }
}
