use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    model::AccountKey,
    store::Revision,
};

/// What the platform refused of a connected account: while it is the same, asking again is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[non_exhaustive]
pub enum HeldFor {
    /// The account as its person connected it at that time: a right is missing, or the platform has locked it. Other tokens
    /// do not help, and those that rotate are other ones many times a day. Any other time is another connection, also an
    /// earlier one: it may have been written by a machine whose clock is behind.
    Person(DateTime<Utc>),
    /// The tokens of that revision, until their access token has ended. A refresh may bring others that are good.
    Tokens(Revision),
    /// Read from storage: a newer release wrote it. Nothing but a person who connects the account ends the hold here.
    #[serde(skip_serializing)]
    Unknown,
}

crate::newer::reads_unknown! { HeldFor: "person", "tokens" }

impl HeldFor {
    /// What a refusal of this kind concerns, of an account that was connected at `connected_at`, asked with the tokens of
    /// `revision`: the tokens where they were not accepted (`Unauthorized`), otherwise what only its person can change.
    pub fn of(refusal: &Error, connected_at: DateTime<Utc>, revision: Revision) -> Self {
        match refusal.kind() {
            ErrorKind::Unauthorized => Self::Tokens(revision),
            _ => Self::Person(connected_at),
        }
    }
}

/// An account whose lane is held, and why it may be held no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldAccount {
    /// The account; its owner is [`OwnerId::nobody`](crate::model::OwnerId::nobody), since lanes do not tell owners apart.
    pub account: AccountKey,
    /// What the platform refused. Nothing when it was not connected.
    pub held_for: Option<HeldFor>,
}

impl HeldAccount {
    /// Joins the parts.
    pub fn new(account: AccountKey, held_for: Option<HeldFor>) -> Self {
        Self { account, held_for }
    }
}
