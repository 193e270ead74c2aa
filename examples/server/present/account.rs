//! Accounts: names, keys in addresses, and the line that says what they may do.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use social_core::Reason;
use social_core::error::words::Field;
use social_core::model::{Account, AccountKey, AccountStatus, NeedsReauth, Scopes};
use social_core::platform::hex;

use super::trouble::{facts, facts_of};
use crate::errors::Failure;
use crate::view::account::{AccountCan, AccountRow, TIKTOK, Who};
use crate::view::badge::Badge;
use crate::view::format::clock_or_day;
use crate::view::problem::Problem;

/// What publishing needs.
pub(crate) const PUBLISH: &str = "video.publish";
/// What sending to the inbox needs.
pub(crate) const UPLOAD: &str = "video.upload";

/// An account's key in addresses and forms: it tells accounts of one owner apart and nothing else.
pub(crate) fn key(account: &AccountKey) -> String {
    hex::encode(&Sha256::digest(account.row_id().as_bytes())[..8])
}

/// The account of this key.
///
/// # Errors
/// `404` when it is not among them.
pub(crate) fn find<'a>(accounts: &'a [Account], wanted: &str) -> Result<&'a Account, Failure> {
    let found = accounts.iter().find(|account| key(&account.key) == wanted);
    found.ok_or_else(Failure::not_found)
}

/// An account in words.
pub(crate) fn who(account: &Account) -> Who {
    let name = if account.name.trim().is_empty() {
        "TikTok account".to_owned()
    } else {
        account.name.clone()
    };
    Who {
        platform: TIKTOK,
        name,
        detail: String::new(),
    }
}

/// The name of a post's account, also of one that was disconnected.
pub(crate) fn name_of(accounts: &[Account], wanted: &AccountKey) -> String {
    let found = accounts.iter().find(|account| account.key == *wanted);
    found.map_or_else(
        || "An account of before".to_owned(),
        |account| who(account).name,
    )
}

/// Whether it may do all that this server needs.
pub(crate) fn is_limited(account: &Account) -> bool {
    let needed: Scopes = [PUBLISH].into_iter().collect();
    !account.scopes.missing(&needed).is_empty()
}

/// Why an account must be connected again.
pub(crate) fn lost(why: NeedsReauth, account: &str) -> Problem {
    Problem::because(why.reason(), &facts_of(account).waits())
}

/// As [`lost`], beside the account's name.
pub(crate) fn lost_account(why: NeedsReauth) -> Problem {
    Problem::because(why.reason(), &facts().waits())
}

/// Posting was not allowed at sign-in.
pub(crate) fn not_allowed(account: &str) -> Problem {
    let facts = facts_of(account).with(Field::Right, "Posting");
    Problem::because(Reason::ScopeMissing, &facts)
}

/// The state of an account.
pub(crate) fn badge(account: &Account) -> Badge {
    match account.status {
        AccountStatus::Connected if is_limited(account) => Badge::limited(),
        AccountStatus::Connected => Badge::connected(),
        AccountStatus::Disconnected => Badge::disconnected(),
        _ => Badge::reconnect(),
    }
}

/// What became of the access of a disconnected account at the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessEnd {
    /// The platform ended it.
    GivenBack,
    /// The platform could not be told.
    NotTold,
    Unknown,
}

impl AccessEnd {
    const ALL: [Self; 3] = [Self::GivenBack, Self::NotTold, Self::Unknown];

    /// As it is kept.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::GivenBack => "given back",
            Self::NotTold => "not told",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn read(word: Option<&str>) -> Self {
        let known = Self::ALL.into_iter().find(|end| Some(end.word()) == word);
        known.unwrap_or(Self::Unknown)
    }

    fn line(self) -> &'static str {
        match self {
            Self::GivenBack => "Access was given back and deleted. Its posts are still listed.",
            Self::NotTold => {
                "Access was deleted here, and TikTok could not be told. Remove this app in TikTok's settings too. \
                 Its posts are still listed."
            }
            Self::Unknown => {
                "Access was deleted here. TikTok's settings list the apps that still have some. Its posts are still \
                 listed."
            }
        }
    }
}

/// One account in the list; `end` counts for a disconnected one.
pub(crate) fn row(account: &Account, end: AccessEnd, now: DateTime<Utc>) -> AccountRow {
    let who = who(account);
    let (line, can) = match &account.status {
        AccountStatus::Connected if is_limited(account) => {
            (not_allowed(&who.name).words().line, AccountCan::Reconnect)
        }
        AccountStatus::Connected => (renewal(account, now), AccountCan::Publish),
        AccountStatus::Disconnected => (end.line().to_owned(), AccountCan::ConnectAgain),
        AccountStatus::NeedsReauth(why) => {
            (lost(*why, &who.name).words().line, AccountCan::Reconnect)
        }
        _ => {
            let newer = Problem::because(Reason::NewerRelease, &facts_of(&who.name));
            (newer.words().line, AccountCan::Reconnect)
        }
    };
    AccountRow {
        who,
        key: key(&account.key),
        badge: badge(account),
        line,
        can,
    }
}

/// From then on a person is told that access ends.
const ENDS_SOON: TimeDelta = TimeDelta::days(30);

/// Times come from the tokens.
fn renewal(account: &Account, now: DateTime<Utc>) -> String {
    if let Some(ends) = account.grant_ends_at.filter(|at| *at < now + ENDS_SOON) {
        return format!(
            "May post until {} UTC: then TikTok ends the access. Connect the account again before that.",
            clock_or_day(ends, now)
        );
    }
    match account.refresh_due_at.or(account.expires_at) {
        Some(at) if at > now => format!(
            "May post. Access renews itself, next at {} UTC.",
            clock_or_day(at, now)
        ),
        Some(_) => "May post. Access is being renewed.".to_owned(),
        None => "May post until you disconnect it.".to_owned(),
    }
}

/// Those with a problem first, disconnected ones last, then by name.
pub(crate) fn sort(accounts: &mut [Account]) {
    let rank = |account: &Account| match account.status {
        AccountStatus::Disconnected => 2,
        AccountStatus::Connected => i32::from(!is_limited(account)),
        _ => 0,
    };
    accounts.sort_by(|a, b| (rank(a), &a.name, &a.key).cmp(&(rank(b), &b.name, &b.key)));
}
