//! A state is a shape and a word; the tone's colour only repeats it.

use std::fmt;

/// The six tones of the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Done.
    Ok,
    /// Working.
    Run,
    /// Waits for a person.
    You,
    /// Broken.
    Bad,
    /// Unknown.
    Odd,
    /// Neutral.
    Off,
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Run => "run",
            Self::You => "you",
            Self::Bad => "bad",
            Self::Odd => "odd",
            Self::Off => "off",
        })
    }
}

/// A symbol of the sprite (`#i-NAME`), by name.
pub(crate) type Icon = &'static str;

/// A word of state. The constructors are the only words there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) tone: Tone,
    pub(crate) icon: Icon,
    pub(crate) word: &'static str,
}

/// Words for a post.
impl Badge {
    const fn new(tone: Tone, icon: Icon, word: &'static str) -> Self {
        Self { tone, icon, word }
    }

    /// Due later.
    pub(crate) const fn scheduled() -> Self {
        Self::new(Tone::Off, "calendar", "Scheduled")
    }

    /// Ready, and no worker has taken it yet.
    pub(crate) const fn queued() -> Self {
        Self::new(Tone::Off, "queued", "Queued")
    }

    /// Put off by a limit, a pause of the platform or a held account.
    pub(crate) const fn waiting() -> Self {
        Self::new(Tone::Off, "clock", "Waiting")
    }

    /// This server sends to the platform.
    pub(crate) const fn sending() -> Self {
        Self::new(Tone::Run, "working", "Sending")
    }

    /// The platform has everything and works on it.
    pub(crate) const fn processing() -> Self {
        Self::new(Tone::Run, "working", "Processing")
    }

    /// The platform handed it to the person.
    pub(crate) const fn awaiting_user() -> Self {
        Self::new(Tone::You, "inbox", "Finish in TikTok")
    }

    /// It was public and is not any more.
    pub(crate) const fn no_longer_public() -> Self {
        Self::new(Tone::Off, "hidden", "No longer public")
    }

    /// The platform says it is published; a link may follow.
    pub(crate) const fn published() -> Self {
        Self::new(Tone::Ok, "published", "Published")
    }

    /// A call that must not be repeated has no answer.
    pub(crate) const fn undecided() -> Self {
        Self::new(Tone::Odd, "undecided", "Undecided")
    }

    /// The platform's verdict, or an error nothing can be done about.
    pub(crate) const fn failed() -> Self {
        Self::new(Tone::Bad, "failed", "Failed")
    }

    /// Its time passed, and the policy says not to post late.
    pub(crate) const fn missed() -> Self {
        Self::new(Tone::Bad, "clock", "Missed")
    }

    /// Cancelled before anything was posted.
    pub(crate) const fn cancelled() -> Self {
        Self::new(Tone::Off, "cancelled", "Cancelled")
    }
}

/// Words for an account.
impl Badge {
    /// Usable, with everything that was asked for.
    pub(crate) const fn connected() -> Self {
        Self::new(Tone::Ok, "published", "Connected")
    }

    /// Usable, with less than was asked for.
    pub(crate) const fn limited() -> Self {
        Self::new(Tone::You, "alert", "Limited")
    }

    /// Its access is gone; a person has to connect it again.
    pub(crate) const fn reconnect() -> Self {
        Self::new(Tone::Bad, "key", "Reconnect needed")
    }

    /// Disconnected by its owner; the history is kept.
    pub(crate) const fn disconnected() -> Self {
        Self::new(Tone::Off, "cancelled", "Disconnected")
    }
}
