//! What callers are told.

use std::time::Duration;

use crate::{
    error::{Error, ErrorKind, LimitScope, Reason, Remedy},
    model::{AccountStatus, Connector, NeedsReauth},
};

pub(super) fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "this owner has no such account")
}

/// Why an account that is not connected gives no tokens.
pub(crate) fn unusable(status: &AccountStatus) -> Error {
    match status {
        AccountStatus::NeedsReauth(reason) => needs_reauth(*reason),
        AccountStatus::Connected | AccountStatus::Disconnected => {
            Error::new(ErrorKind::Unauthorized, "the account is disconnected")
                .with_remedy(Remedy::Reauthorize)
                .with_reason(Reason::Disconnected)
        }
        AccountStatus::Unknown => Error::new(
            ErrorKind::Unsupported,
            "a newer release wrote down what became of the account, and this one does not know the word",
        )
        .with_remedy(Remedy::Operator)
        .with_reason(Reason::NewerRelease),
    }
}

pub(super) fn needs_reauth(why: NeedsReauth) -> Error {
    let message = match why {
        NeedsReauth::AnswerLost => {
            "a refresh was carried out but its answer was lost, and the old token is dead"
        }
        NeedsReauth::Expired => "the refresh token's time ran out",
        NeedsReauth::Revoked => "the platform says that the grant is dead",
        NeedsReauth::Unknown => {
            "a newer release wrote down why, in a word that this one does not know"
        }
    };
    Error::new(ErrorKind::Unauthorized, message)
        .with_remedy(Remedy::Reauthorize)
        .with_reason(why.reason())
}

pub(super) fn suspected(wait: Duration) -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        "the grant may be dead; it is tried again before that is believed",
    )
    .with_remedy(Remedy::After {
        wait,
        scope: LimitScope::Account,
    })
    .with_reason(Reason::GrantSuspected)
}

/// The platform gave these tokens a moment ago.
pub(super) fn too_soon(wait: Duration) -> Error {
    Error::new(
        ErrorKind::RateLimited,
        "the tokens were refreshed a moment ago; they are not refreshed again at once",
    )
    .with_remedy(Remedy::After {
        wait,
        scope: LimitScope::Account,
    })
    .with_reason(Reason::RefreshedJustNow)
}

/// Somebody else holds it for too long.
pub(super) fn busy() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "a refresh of this account is under way and takes long",
    )
    .with_reason(Reason::RefreshBusy)
}

/// The deadline passed before anything was sent.
pub(super) fn late() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the deadline passed before the refresh was sent",
    )
}

/// The task of a refresh ended without telling how.
pub(super) fn broken_off() -> Error {
    Error::new(ErrorKind::Unavailable, "the refresh was broken off")
}

/// The new tokens exist, but the store does not take them.
pub(super) fn unsaved() -> Error {
    Error::storage("new tokens wait to be saved").with_reason(Reason::TokensUnsaved)
}

pub(super) fn answer_late() -> Error {
    Error::new(ErrorKind::Timeout, "the answer to a refresh did not come")
        .with_remedy(Remedy::Reconcile)
}

/// Only a process with the account's login can refresh or revoke its tokens.
pub(super) fn no_provider(login: &Connector) -> Error {
    let message = format!(
        "this process has no login {login}, by which the account was connected: give it that login, or run one beside it that \
         has it and refreshes the account's tokens"
    );
    Error::new(ErrorKind::Unsupported, message).with_remedy(Remedy::Operator)
}
