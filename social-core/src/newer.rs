//! Words of a newer release. After a release is rolled back the older one meets rows that the newer one wrote: a word that it does
//! not know is read as `Unknown`, and what has it is left alone.

use serde_json::Value;

/// Whether a stored value of an enum, as serde writes it, has another word than these.
pub(crate) fn is_unknown(value: &Value, known: &[&str]) -> bool {
    let word = match value {
        Value::String(word) => Some(word.as_str()),
        Value::Object(map) if map.len() == 1 => map.keys().next().map(String::as_str),
        _ => None,
    };
    word.is_some_and(|word| !known.contains(&word))
}

/// Serde for an enum with data, whose derives have `#[serde(remote = "Self")]`: a word that is none of these is read as `Unknown`.
/// What has a known word and another form than that word's is an error all the same.
macro_rules! reads_unknown {
    ($type:ident: $($word:literal),+) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> ::std::result::Result<S::Ok, S::Error> {
                Self::serialize(self, to)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D>(from: D) -> ::std::result::Result<Self, D::Error>
            where
                D: ::serde::Deserializer<'de>,
            {
                let value = ::serde_json::Value::deserialize(from)?;
                if $crate::newer::is_unknown(&value, &[$($word),+]) {
                    return Ok(Self::Unknown);
                }
                Self::deserialize(value).map_err(::serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use reads_unknown;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use serde::{Serialize, de::DeserializeOwned};

    use crate::{
        error::{Error, ErrorKind, LimitScope, Remedy},
        model::{AccountStatus, NeedsReauth},
        publish::{Effect, Outcome, PostLink},
        store::{HeldFor, HistoryKind, PostState, Revision},
    };

    fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
        let written = serde_json::to_string(value).unwrap();
        let read: T = serde_json::from_str(&written).unwrap();
        assert_eq!(read, *value, "{written}");
    }

    #[test]
    fn every_word_of_this_release_is_known() {
        let wait = Duration::from_secs(1);
        for remedy in [
            Remedy::Backoff,
            Remedy::After {
                wait,
                scope: LimitScope::Endpoint,
            },
            Remedy::FixInput {
                field: "caption".to_owned(),
                rule: "caption.length".to_owned(),
            },
            Remedy::Refresh,
            Remedy::Reauthorize,
            Remedy::Reconcile,
            Remedy::Operator,
            Remedy::Never,
        ] {
            comes_back(&remedy);
        }
        let mut link = PostLink::new("1", None);
        link.hidden_at = DateTime::from_timestamp(1, 0);
        for outcome in [
            Outcome::AwaitingUser,
            Outcome::Cancelled,
            Outcome::Failed(Error::new(ErrorKind::Rejected, "no")),
            Outcome::Published(vec![link]),
            Outcome::Undecided,
        ] {
            comes_back(&outcome);
        }
        for effect in [Effect::Repeatable, Effect::Once { settle: wait }] {
            comes_back(&effect);
        }
        for status in [
            AccountStatus::Connected,
            AccountStatus::NeedsReauth(NeedsReauth::AnswerLost),
            AccountStatus::NeedsReauth(NeedsReauth::Expired),
            AccountStatus::NeedsReauth(NeedsReauth::Revoked),
            AccountStatus::Disconnected,
        ] {
            comes_back(&status);
        }
        for held_for in [
            HeldFor::Person(DateTime::UNIX_EPOCH),
            HeldFor::Tokens(Revision(7)),
        ] {
            comes_back(&held_for);
        }
        PostState::ALL.iter().for_each(comes_back);
        HistoryKind::ALL.iter().for_each(comes_back);
    }

    fn read<T: DeserializeOwned>(text: &str) -> T {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_word_of_a_newer_release_is_unknown() {
        for text in ["\"newer\"", "{\"newer\":{\"a\":[1]}}"] {
            assert_eq!(read::<Remedy>(text), Remedy::Unknown);
            assert_eq!(read::<Outcome>(text), Outcome::Unknown);
            assert_eq!(read::<Effect>(text), Effect::Unknown);
            assert_eq!(read::<AccountStatus>(text), AccountStatus::Unknown);
            assert_eq!(read::<HeldFor>(text), HeldFor::Unknown);
        }
        let why = read::<AccountStatus>("{\"needs_reauth\":\"newer\"}");
        assert_eq!(why, AccountStatus::NeedsReauth(NeedsReauth::Unknown));
        assert_eq!(read::<ErrorKind>("\"newer\""), ErrorKind::Unknown);
        assert_eq!(read::<LimitScope>("\"newer\""), LimitScope::Unknown);
        assert_eq!(read::<PostState>("\"newer\""), PostState::Unknown);
        assert_eq!(read::<HistoryKind>("\"newer\""), HistoryKind::Unknown);
    }

    #[test]
    fn another_form_of_a_known_word_is_damage() {
        for text in [
            "{}",
            "7",
            "{\"published\":7}",
            "{\"a\":1,\"b\":2}",
            "\"published\"",
        ] {
            assert!(serde_json::from_str::<Outcome>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_decides_what_becomes_of_a_row_is_never_written_as_unknown() {
        assert!(serde_json::to_string(&Outcome::Unknown).is_err());
        assert!(serde_json::to_string(&Effect::Unknown).is_err());
        assert!(serde_json::to_string(&AccountStatus::Unknown).is_err());
        assert!(serde_json::to_string(&PostState::Unknown).is_err());
        assert!(serde_json::to_string(&HeldFor::Unknown).is_err());
    }
}
