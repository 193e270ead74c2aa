//! What the person is told. Each case has a code and a sentence of its own.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Reason, Remedy};

fn refused(kind: ErrorKind, reason: Reason, code: &'static str, message: &'static str) -> Error {
    Error::new(kind, message)
        .with_reason(reason)
        .with_code(code)
        .with_remedy(Remedy::Reauthorize)
}

const NOT_HERE: &str = "This sign-in did not start here. Nothing was stored.";

pub(super) fn unknown() -> Error {
    refused(
        ErrorKind::NotFound,
        Reason::LoginUnknown,
        "login_unknown",
        "the callback's state is missing, forged or long over",
    )
    .with_user_message(NOT_HERE)
}

pub(super) fn expired(lifetime: Duration) -> Error {
    let span = match lifetime.as_secs() {
        secs if secs >= 120 => format!("{} minutes", secs / 60),
        secs => format!("{secs} seconds"),
    };
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginExpired,
        "login_expired",
        "the callback came after the login's time",
    )
    .with_user_message(format!(
        "The sign-in was opened more than {span} ago, so it no longer counts."
    ))
}

pub(super) fn used() -> Error {
    refused(
        ErrorKind::Conflict,
        Reason::LoginUsed,
        "login_used",
        "the callback came a second time",
    )
    .with_user_message("This sign-in was already used. Look at your accounts, or start again.")
}

pub(super) fn other_browser() -> Error {
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginElsewhere,
        "login_other_browser",
        "the callback came from a browser that did not begin the login",
    )
    .with_user_message(
        "This sign-in was begun in another browser. Finish it there, or start again here. Nothing was stored.",
    )
}

pub(super) fn other_owner() -> Error {
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginUnknown,
        "login_other_owner",
        "the callback came in a session of another owner",
    )
    .with_user_message(NOT_HERE)
}

pub(super) fn elsewhere() -> Error {
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginUnknown,
        "login_elsewhere",
        "the callback came to another address or by another route than the login began with",
    )
    .with_user_message(NOT_HERE)
}

pub(super) fn no_account() -> Error {
    refused(
        ErrorKind::Rejected,
        Reason::NoAccount,
        "login_no_account",
        "the consent yields no account",
    )
    .with_user_message("The platform gave access to no account. Nothing was stored.")
}

pub(super) fn offer_unknown() -> Error {
    refused(
        ErrorKind::NotFound,
        Reason::LoginUnknown,
        "offer_unknown",
        "the offer is not this owner's, was accepted, or its time is over",
    )
    .with_user_message("This sign-in is over: it was accepted already, or it waited too long.")
}

pub(super) fn not_offered() -> Error {
    Error::invalid(
        "accounts",
        "accounts.offered",
        "at least one account of the offer is to be chosen, and only such",
    )
    .with_code("account_not_offered")
    .with_user_message("Choose at least one of the accounts shown.")
}

/// The account belongs to another owner.
pub(super) fn taken(name: &str) -> Error {
    let name = match name.trim() {
        "" => "This account",
        name => name,
    };
    Error::new(ErrorKind::Conflict, "another owner holds the account")
        .with_code("account_taken")
        .with_reason(Reason::AccountTaken)
        .with_user_message(format!(
            "{name} is connected by another user here. It has to be disconnected there first."
        ))
}
