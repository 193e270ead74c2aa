//! Why a login is refused. The reason says it, and [`error::words`](crate::error::words) tells it to the person.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Reason, Remedy, words::Field};

fn refused(kind: ErrorKind, reason: Reason, message: &'static str) -> Error {
    Error::new(kind, message)
        .with_reason(reason)
        .with_remedy(Remedy::Reauthorize)
}

pub(super) fn unknown() -> Error {
    refused(
        ErrorKind::NotFound,
        Reason::LoginUnknown,
        "the callback's state is missing, forged or long over",
    )
}

pub(super) fn expired(lifetime: Duration) -> Error {
    let span = match lifetime.as_secs() {
        secs if secs >= 120 => format!("{} minutes", secs / 60),
        secs => format!("{secs} seconds"),
    };
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginExpired,
        "the callback came after the login's time",
    )
    .with_field(Field::Limit, span)
}

pub(super) fn used() -> Error {
    refused(
        ErrorKind::Conflict,
        Reason::LoginUsed,
        "the callback came a second time",
    )
}

pub(super) fn other_browser() -> Error {
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginElsewhere,
        "the callback came from a browser that did not begin the login",
    )
}

pub(super) fn other_owner() -> Error {
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginUnknown,
        "the callback came in a session of another owner",
    )
}

pub(super) fn elsewhere() -> Error {
    refused(
        ErrorKind::Unauthorized,
        Reason::LoginUnknown,
        "the callback came to another address or by another route than the login began with",
    )
}

pub(super) fn no_account() -> Error {
    refused(
        ErrorKind::Rejected,
        Reason::NoAccount,
        "the consent yields no account",
    )
}

pub(super) fn offer_over() -> Error {
    refused(
        ErrorKind::NotFound,
        Reason::OfferOver,
        "the offer is not this owner's, was accepted, or its time is over",
    )
}

pub(super) fn offer_ended() -> Error {
    refused(
        ErrorKind::Conflict,
        Reason::OfferEnded,
        "the access that the offer gives was ended since, when an account of the same person was disconnected",
    )
}

/// The platform was asked for the consent page, and nothing came.
pub(super) fn unanswered() -> Error {
    let message = "the platform did not answer in time when a login began";
    Error::new(ErrorKind::Timeout, message)
}

pub(super) fn not_offered() -> Error {
    Error::invalid(
        "accounts",
        "accounts.offered",
        "at least one account of the offer is to be chosen, and only such",
    )
}

/// The account belongs to another owner.
pub(super) fn taken(name: &str) -> Error {
    let error = Error::new(ErrorKind::Conflict, "another owner holds the account")
        .with_reason(Reason::AccountTaken);
    match name.trim() {
        "" => error,
        name => error.with_field(Field::Account, name),
    }
}
