//! Ids and keys that are texts given by others. Each is a type of its own and checked once, where it comes in.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The check that all of them share; `field` names the input and begins the name of the rule, `what` is for the message.
fn check(text: String, field: &str, what: &str, most: usize) -> Result<String> {
    let broken =
        |rule: &str, message: String| Error::invalid(field, format!("{field}.{rule}"), message);
    let length = text.len();
    if length == 0 || length > most {
        let message = format!("{what} has 1 to {most} bytes, this one {length}");
        return Err(broken("length", message));
    }
    if text.contains('\0') {
        let message = "it holds the character U+0000, which cannot be kept: take it out";
        return Err(broken("nul", message.to_owned()));
    }
    Ok(text)
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $field:literal, $what:literal, $most:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The longest, in bytes.
            pub const MAX: usize = $most;

            /// Checks a text.
            ///
            /// # Errors
            #[doc = concat!("`Invalid` with the rule `", $field, ".length` or `", $field, ".nul`.")]
            pub fn new(text: impl Into<String>) -> Result<Self> {
                check(text.into(), $field, $what, Self::MAX).map(Self)
            }

            /// Reads a stored one, which was checked when it came in.
            pub fn from_stored(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == **other
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Error;

            fn try_from(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<&String> for $name {
            type Error = Error;

            fn try_from(text: &String) -> Result<Self> {
                Self::new(text.as_str())
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<&Self> for $name {
            type Error = Error;

            fn try_from(text: &Self) -> Result<Self> {
                Ok(text.clone())
            }
        }
    };
}

text! {
    /// The platform's id of an account, for one app. 1 to [`MAX`](Self::MAX) bytes of any text but the character U+0000.
    AccountId, "account", "the id of an account", 512
}

text! {
    /// The id of an app, as the platform gave it to the developer. 1 to [`MAX`](Self::MAX) bytes of any text but the
    /// character U+0000.
    AppId, "app", "the id of an app", 512
}

text! {
    /// The caller's name for a post: submitting the same key with the same content for the same account again finds the post that is
    /// there. 1 to [`MAX`](Self::MAX) bytes of any text but the character U+0000, which not every database can keep.
    IdempotencyKey, "idempotency_key", "an idempotency key", 200
}

text! {
    /// The embedding service's own id of the user or team whose accounts and posts these are. 1 to [`MAX`](Self::MAX) bytes of
    /// any text but the character U+0000.
    OwnerId, "owner", "the id of an owner", 512
}

text! {
    /// The platform's id of the person who consented, for one app. 1 to [`MAX`](Self::MAX) bytes of any text but the character
    /// U+0000.
    PrincipalId, "principal", "the id of a person", 512
}

text! {
    /// A platform's id of a post, or of what becomes one, by which an event can name it. 1 to [`MAX`](Self::MAX) bytes of any
    /// text but the character U+0000.
    RemoteId, "remote_id", "a platform's id of a post", 512
}

impl OwnerId {
    /// The owner of what does not tell owners apart: no text that comes in can be it.
    pub fn nobody() -> Self {
        Self(String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Remedy;

    fn rule(error: &Error) -> &str {
        let Remedy::FixInput { rule, .. } = error.remedy() else {
            panic!("{error:?}")
        };
        rule
    }

    macro_rules! refuses_what_cannot_be_kept {
        ($($name:ident: $field:literal),*) => {$(
            let longest = "k".repeat($name::MAX);
            for text in ["order-17", "«» 日本", longest.as_str()] {
                assert_eq!($name::new(text).unwrap(), text);
            }
            let longer = format!("{longest}k");
            for (text, broken) in [("", "length"), (longer.as_str(), "length"), ("a\0b", "nul")] {
                let broken = format!("{}.{broken}", $field);
                assert_eq!(rule(&$name::new(text).unwrap_err()), broken);
                let json = serde_json::to_string(text).unwrap();
                assert!(serde_json::from_str::<$name>(&json).is_err(), "{broken}");
            }
            let json = serde_json::to_string(&$name::new("a").unwrap()).unwrap();
            assert_eq!(json, "\"a\"");
        )*};
    }

    #[test]
    fn a_text_that_cannot_be_kept_is_refused_by_its_rule() {
        refuses_what_cannot_be_kept! {
            AccountId: "account",
            AppId: "app",
            IdempotencyKey: "idempotency_key",
            OwnerId: "owner",
            PrincipalId: "principal",
            RemoteId: "remote_id"
        }
    }
}
