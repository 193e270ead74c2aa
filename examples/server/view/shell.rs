//! What surrounds every page: navigation, the person, the sandbox note, the answer to the last action.

use askama::Template;

use super::badge::{Icon, Tone};
use super::problem::Button;
use crate::assets;

/// The pages of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nav {
    Overview,
    Publish,
    Posts,
    Accounts,
    /// A page outside the navigation, such as an error.
    Elsewhere,
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    /// Who is signed in. Without one there is no navigation and no sign-out.
    pub(crate) user: Option<String>,
    /// Set when the platform is the sandbox; else the foot says "Live".
    pub(crate) sandbox: Option<SandboxNote>,
    pub(crate) current: Nav,
    /// Accounts of this person that must be connected again; counted beside "Accounts".
    pub(crate) reconnect_count: usize,
    /// What keeps everything from being sent.
    pub(crate) hold: Option<Notice>,
    /// The answer to what the person did on the page before.
    pub(crate) toast: Option<Toast>,
}

/// A fact about the whole server: it stays on every page until it is no longer true.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) line: String,
}

/// What a person may want of the sandbox.
#[derive(Clone, Debug)]
pub(crate) struct SandboxNote {
    /// Address of the transcript page.
    pub(crate) transcript: String,
    /// Address of the page that stands for the app's inbox.
    pub(crate) inbox: String,
    /// Where media are that it can fetch.
    pub(crate) media: &'static str,
}

impl Shell {
    /// The frame for someone who is not signed in.
    pub(crate) fn signed_out() -> Self {
        Self {
            user: None,
            sandbox: None,
            current: Nav::Elsewhere,
            reconnect_count: 0,
            hold: None,
            toast: None,
        }
    }

    pub(super) fn is(&self, page: Nav) -> bool {
        self.current == page
    }

    pub(super) fn css(&self) -> &'static str {
        assets::css_address()
    }

    pub(super) fn js(&self) -> &'static str {
        assets::js_address()
    }

    pub(super) fn icon(&self) -> &'static str {
        assets::icon_address()
    }
}

/// The answer to the person's own action, shown once.
#[derive(Clone, Debug)]
pub(crate) struct Toast {
    pub(crate) tone: Tone,
    pub(crate) icon: Icon,
    pub(crate) title: String,
    /// One more sentence, or empty.
    pub(crate) line: String,
}

impl Toast {
    /// It worked.
    pub(crate) fn done(title: impl Into<String>, line: impl Into<String>) -> Self {
        Self {
            tone: Tone::Ok,
            icon: "published",
            title: title.into(),
            line: line.into(),
        }
    }

    /// It did not work; `line` says what to do.
    pub(crate) fn trouble(title: impl Into<String>, line: impl Into<String>) -> Self {
        Self {
            tone: Tone::Bad,
            icon: "failed",
            title: title.into(),
            line: line.into(),
        }
    }
}

/// A page for an address that needs a sign-in.
#[derive(Debug, Template)]
#[template(path = "sign-in.html")]
pub(crate) struct SignInPage {
    pub(crate) shell: Shell,
    pub(crate) why: SignIn,
    /// The operator's token opens; else a link that the server prints does.
    pub(crate) by_token: bool,
}

/// Why a sign-in is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// No session, or one that has ended.
    Needed,
    /// The link was used before, or is not one of this server's.
    LinkSpent,
    /// The person has just signed out.
    SignedOut,
    /// Not the operator's token.
    TokenWrong,
}

impl SignIn {
    fn title(&self) -> &'static str {
        match self {
            Self::Needed => "Sign in first",
            Self::LinkSpent => "This sign-in link no longer counts",
            Self::SignedOut => "You are signed out",
            Self::TokenWrong => "That is not the token",
        }
    }

    fn line(&self) -> &'static str {
        match self {
            Self::Needed => "This page belongs to someone, and this browser is not signed in.",
            Self::LinkSpent => "Each link signs in one browser, once. Nothing was changed.",
            Self::SignedOut => "Posts that were on their way go on without you.",
            Self::TokenWrong => {
                "Nothing was changed. Look at what you were given, and enter all of it."
            }
        }
    }
}

/// Any address that could not be answered as asked.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) shell: Shell,
    /// What happened.
    pub(crate) title: String,
    /// What it means, and what to do.
    pub(crate) line: String,
    /// The way on, the main one first.
    pub(crate) buttons: Vec<Button>,
    /// Name and value for support: code, the platform's words, time. Never a secret.
    pub(crate) details: Vec<(String, String)>,
    /// Equal to the one in the log.
    pub(crate) correlation: String,
}
