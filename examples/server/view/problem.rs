//! Words of trouble: what is wrong, what to do, and the button that does it.
//!
//! A route maps an error's kind and remedy to a [`Problem`]; the sentences live only here.

/// A way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Button {
    pub(crate) label: String,
    pub(crate) href: String,
    /// A form that posts to `href` instead of a link to it.
    pub(crate) post: bool,
}

impl Button {
    /// A link.
    pub(crate) fn link(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
            post: false,
        }
    }

    /// A form with this one button.
    pub(crate) fn post(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            post: true,
            ..Self::link(label, href)
        }
    }
}

/// What went wrong, as far as a person can act on it. Times are already in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The grant is dead; `why` ends the sentence ("access was removed in TikTok").
    AccessLost { account: String, why: String },
    /// A right was not granted at sign-in.
    NotAllowed { what: &'static str },
    /// The platform throttles; the post goes on by itself.
    AskedToWait { until: String },
    /// The account's posts of the day are used up.
    DailyLimit { starts: String },
    /// Only so many are begun in a minute.
    InTurn { starts: String },
    /// The app's posting accounts of the day are used up.
    UserCap,
    /// As many uploads wait in the app's inbox as may.
    InboxFull {
        /// This post goes on by itself once a place is free.
        waits: bool,
    },
    /// The platform fetches from the app's own domains only; `host` is where the media are.
    UrlUnverified { host: Option<String> },
    /// An app that TikTok has not audited posts only for private accounts.
    Unaudited { account: String },
    /// The choice of audiences is not what it was when the form was shown.
    AudienceChanged,
    /// The platform does not take this file: the measured value with its limit, and what to do.
    Media { finding: String, fix: String },
    /// The platform's judgement of the content or of the account.
    Spam,
    /// The platform did not get what the person's address should give; there will be another try.
    NotFetched { next_try: String },
    /// No answer; there will be another try.
    NoAnswer { next_try: String },
    /// A call that must not be repeated has no answer that tells; `how` it was lost, and when it is looked for.
    AnswerLost {
        how: &'static str,
        next: Option<String>,
    },
    /// Nobody knows whether it was published. It is asked again at `next`, or when somebody wants it.
    Undecided { next: Option<String> },
    /// Nobody knows whether it was published, and the platform cannot be asked; `why` is a sentence.
    NotTold { why: &'static str },
    /// This server's own database.
    Storage,
    /// A sign-in that took longer than it may.
    LoginExpired { minutes: u64 },
    /// The person refused on the platform's page.
    LoginRefused,
    /// A state this server did not give, gave to another browser, or took already.
    LoginUnknown,
    /// No such address, or nothing of this person at it.
    NotFound,
    /// Anything else, in the error's own words fit to show a person.
    Other { words: String },
}

/// A problem in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) line: String,
    /// The label of the button that is the remedy.
    pub(crate) button: Option<&'static str>,
}

impl Problem {
    /// Title, line and button. With TikTok the only platform, its name is part of the sentences.
    pub(crate) fn words(&self) -> Words {
        let (title, line, button) = self.parts();
        Words {
            title: title.to_owned(),
            line,
            button,
        }
    }

    /// What was in the way, told afterwards: without the time of a try that has long been.
    pub(crate) fn afterwards(&self) -> String {
        let Words { title, line, .. } = self.words();
        match self {
            Self::AskedToWait { .. }
            | Self::DailyLimit { .. }
            | Self::InTurn { .. }
            | Self::NotFetched { .. }
            | Self::NoAnswer { .. } => format!("{title}."),
            Self::AnswerLost { .. } => {
                "It was not known whether TikTok did it. It was not sent again.".to_owned()
            }
            _ => line,
        }
    }

    fn parts(&self) -> (&'static str, String, Option<&'static str>) {
        match self {
            Self::AccessLost { .. } | Self::NotAllowed { .. } => self.access(),
            Self::LoginExpired { .. } | Self::LoginRefused | Self::LoginUnknown => self.login(),
            Self::AskedToWait { .. }
            | Self::DailyLimit { .. }
            | Self::InTurn { .. }
            | Self::UserCap
            | Self::InboxFull { .. }
            | Self::UrlUnverified { .. }
            | Self::NotFetched { .. }
            | Self::NoAnswer { .. }
            | Self::AnswerLost { .. }
            | Self::Undecided { .. }
            | Self::NotTold { .. } => self.waiting(),
            _ => self.refused(),
        }
    }

    fn access(&self) -> (&'static str, String, Option<&'static str>) {
        match self {
            Self::AccessLost { account, why } => (
                "Reconnect needed",
                format!("{account} must be connected again: {why}."),
                Some("Reconnect"),
            ),
            Self::NotAllowed { what } => (
                "Not allowed at sign-in",
                format!(
                    "{what} was not allowed at sign-in. Connect the account again and leave it ticked."
                ),
                Some("Reconnect"),
            ),
            _ => self.refused(),
        }
    }

    fn login(&self) -> (&'static str, String, Option<&'static str>) {
        let why = match self {
            Self::LoginExpired { minutes } => {
                format!(
                    "The sign-in was opened more than {minutes} minutes ago, so it no longer counts."
                )
            }
            Self::LoginRefused => "You refused on TikTok's page.".to_owned(),
            _ => "This sign-in did not start here.".to_owned(),
        };
        let line = format!("{why} Nothing was stored and nothing changed.");
        ("TikTok did not connect", line, Some("Connect TikTok again"))
    }

    fn waiting(&self) -> (&'static str, String, Option<&'static str>) {
        match self {
            Self::AskedToWait { until } => (
                "TikTok asks us to wait",
                format!("This goes on by itself at {until}."),
                None,
            ),
            Self::DailyLimit { starts } => (
                "Daily limit reached",
                format!(
                    "TikTok takes no more posts from this account today. This post starts at {starts}."
                ),
                None,
            ),
            Self::InTurn { starts } => (
                "It has its turn",
                format!(
                    "TikTok takes only so many requests a minute for one account. This post goes on at {starts}."
                ),
                None,
            ),
            Self::UserCap => (
                "TikTok's number of posting accounts is reached",
                "This app has reached TikTok's number of posting accounts for today. \
                 Reconnecting does not help; the post waits."
                    .to_owned(),
                None,
            ),
            Self::InboxFull { waits } => (
                "The TikTok inbox is full",
                format!(
                    "5 uploads already wait in the TikTok inbox. Finish or discard one in the app, or \
                     post on the profile instead.{}",
                    if *waits {
                        " This one goes on when a place is free."
                    } else {
                        ""
                    }
                ),
                None,
            ),
            Self::UrlUnverified { host } => (
                "TikTok does not know this address",
                format!(
                    "TikTok does not know that {} is yours. Verify it in TikTok's developer portal, \
                     or upload the file.",
                    host.as_deref().unwrap_or("the address")
                ),
                None,
            ),
            Self::NotFetched { next_try } => (
                "TikTok could not fetch the media",
                format!(
                    "An address of the media must answer everybody, without a redirect. Next try at \
                     {next_try}."
                ),
                None,
            ),
            Self::NoAnswer { next_try } => (
                "TikTok does not answer",
                format!("Next try at {next_try}."),
                None,
            ),
            Self::AnswerLost { how, next } => (
                how,
                format!(
                    "It is not known whether TikTok did it. It is not sent again. TikTok is asked {}.",
                    next.as_ref().map_or_else(
                        || "as soon as it can be".to_owned(),
                        |next| format!("at {next}")
                    )
                ),
                None,
            ),
            Self::Undecided { .. } | Self::NotTold { .. } => self.not_known(),
            _ => self.refused(),
        }
    }

    fn not_known(&self) -> (&'static str, String, Option<&'static str>) {
        let title = "We do not know yet whether TikTok published this.";
        match self {
            Self::Undecided { next: Some(next) } => (
                title,
                format!("It is not sent again. TikTok is asked what became of it, next at {next}."),
                Some("Ask now"),
            ),
            Self::Undecided { next: None } => (
                title,
                "It is not sent again. TikTok is not asked by itself any more. Ask it now, or look at the profile and \
                 settle it here."
                    .to_owned(),
                Some("Ask now"),
            ),
            Self::NotTold { why } => (
                title,
                format!("It is not sent again. {why} Look at the profile and settle it here."),
                None,
            ),
            _ => self.refused(),
        }
    }

    fn refused(&self) -> (&'static str, String, Option<&'static str>) {
        match self {
            Self::Unaudited { account } => (
                "TikTok has not audited this app",
                format!(
                    "So it posts only for private accounts. Make {account} private in TikTok, then try again."
                ),
                Some("Check again"),
            ),
            Self::AudienceChanged => (
                "The audiences changed",
                "The audiences of this account changed in TikTok. Choose again.".to_owned(),
                None,
            ),
            Self::Media { finding, fix } => (
                "TikTok does not take this video",
                format!("{finding}. {fix}"),
                Some("Replace"),
            ),
            Self::Spam => (
                "TikTok refused this as likely spam",
                "Do not send it again; look at the account in the app.".to_owned(),
                None,
            ),
            Self::Storage => (
                "This server cannot reach its database",
                "What you sent before is safe. Try again in a minute.".to_owned(),
                Some("Try again"),
            ),
            Self::NotFound => (
                "There is nothing at this address",
                "Nothing was stored and nothing changed.".to_owned(),
                None,
            ),
            Self::Other { words } => ("This did not work", words.clone(), None),
            _ => ("This did not work", String::new(), None),
        }
    }
}

#[cfg(test)]
mod tests;
