//! Why a login did not connect an account: a short name for the address, and the words for the name.

use social_core::error::words::{ENGLISH, Field};
use social_core::{Error, ErrorKind, Reason, Remedy, login};

use super::trouble::facts;
use crate::view::problem::{Problem, Words};

/// Reasons and their names in the address.
const NAMES: [(&str, Reason); 13] = [
    ("browser", Reason::LoginElsewhere),
    ("code", Reason::LoginCodeRefused),
    ("disconnected", Reason::OfferEnded),
    ("ended", Reason::ConsentFailed),
    ("expired", Reason::LoginExpired),
    ("failed", Reason::PlatformFailed),
    ("none", Reason::NoAccount),
    ("over", Reason::OfferOver),
    ("refused", Reason::ConsentRefused),
    ("setup", Reason::AppMisconfigured),
    ("taken", Reason::AccountTaken),
    ("unknown", Reason::LoginUnknown),
    ("used", Reason::LoginUsed),
];
/// Kinds and their names, for what has no reason of its own.
const KINDS: [(&str, ErrorKind); 4] = [
    ("busy", ErrorKind::Unavailable),
    ("platform", ErrorKind::Rejected),
    ("silent", ErrorKind::Timeout),
    ("storage", ErrorKind::Storage),
];

/// A name and nothing that came from outside.
pub(crate) fn why(error: &Error) -> Why {
    let named = NAMES.iter().find(|(_, why)| Some(*why) == error.reason());
    Why(match (named, error.kind()) {
        (Some((name, _)), _) => name,
        _ if *error.remedy() == Remedy::Operator => "setup",
        (_, ErrorKind::Storage) => "storage",
        (_, ErrorKind::Timeout) => "silent",
        (_, ErrorKind::Unavailable | ErrorKind::RateLimited) => "busy",
        _ => "platform",
    })
}

/// One of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Why(pub(crate) &'static str);

/// The words for a name; an unknown one is a login that did not start here.
pub(crate) fn words(why: &str) -> Words {
    let kind = KINDS.iter().find(|(name, _)| *name == why);
    let reason = NAMES.iter().find(|(name, _)| *name == why);
    let limit = (ENGLISH.span)(login::LIFETIME);
    let facts = facts().over().with(Field::Limit, limit);
    let mut words = match (reason, kind) {
        (None, Some((_, kind))) => {
            let mut words = Problem::of(&ours(*kind), &facts).words();
            words.line = format!("{} Nothing was stored.", words.line);
            words
        }
        (reason, _) => {
            let reason = reason.map_or(Reason::LoginUnknown, |(_, reason)| *reason);
            Problem::because(reason, &facts).words()
        }
    };
    words.title = "TikTok did not connect".to_owned();
    words.button = Some("Connect TikTok again");
    words
}

/// Of a call to TikTok.
fn ours(kind: ErrorKind) -> Error {
    Error::new(kind, "as known here").with_platform(social_tiktok::PLATFORM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_the_title_and_says_what_to_do() {
        let kinds = [
            Error::new(ErrorKind::Unauthorized, "x").with_reason(Reason::LoginExpired),
            Error::new(ErrorKind::Conflict, "x").with_reason(Reason::LoginUsed),
            Error::new(ErrorKind::Unauthorized, "x").with_reason(Reason::LoginElsewhere),
            Error::new(ErrorKind::Conflict, "x").with_reason(Reason::AccountTaken),
            Error::new(ErrorKind::Rejected, "x").with_reason(Reason::ConsentRefused),
            Error::new(ErrorKind::NotFound, "x").with_reason(Reason::LoginUnknown),
            Error::storage("x"),
            Error::new(ErrorKind::Timeout, "x"),
            Error::new(ErrorKind::Unavailable, "x"),
            Error::new(ErrorKind::Unavailable, "x").with_reason(Reason::PlatformFailed),
            Error::new(ErrorKind::Rejected, "x").with_reason(Reason::ConsentFailed),
            Error::new(ErrorKind::Unauthorized, "x").with_remedy(Remedy::Operator),
            Error::new(ErrorKind::Unauthorized, "x").with_reason(Reason::LoginCodeRefused),
            Error::new(ErrorKind::Conflict, "x").with_reason(Reason::OfferEnded),
            Error::new(ErrorKind::NotFound, "x").with_reason(Reason::OfferOver),
            Error::new(ErrorKind::Rejected, "x").with_reason(Reason::NoAccount),
        ];
        let mut lines = std::collections::BTreeSet::new();
        for error in kinds {
            let words = words(why(&error).0);
            assert_eq!(words.title, "TikTok did not connect");
            assert_eq!(words.button, Some("Connect TikTok again"));
            assert!(
                lines.insert(words.line.clone()),
                "said twice: {}",
                words.line
            );
        }
        assert!(
            words("<script>")
                .line
                .starts_with("This sign-in did not start here.")
        );
    }
}
