use std::{fmt, str::FromStr};

use crate::error::{Error, Result};

/// The caller's name for a post: submitting the same key with the same content for the same account again finds the post that is
/// there. 1 to [`MAX`](Self::MAX) bytes of any text but the character U+0000, which not every database can keep.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest, in bytes.
    pub const MAX: usize = 200;

    /// Checks a key.
    ///
    /// # Errors
    /// `Invalid` with the rule `idempotency_key.length` or `idempotency_key.nul`.
    pub fn new(key: impl Into<String>) -> Result<Self> {
        let key = key.into();
        let broken = |rule, message: String| Err(Error::invalid("idempotency_key", rule, message));
        let (length, most) = (key.len(), Self::MAX);
        if key.is_empty() || length > most {
            let message = format!("an idempotency key has 1 to {most} bytes, this one {length}");
            return broken("idempotency_key.length", message);
        }
        if key.contains('\0') {
            let message = "the key holds the character U+0000, which cannot be kept: take it out";
            return broken("idempotency_key.nul", message.to_owned());
        }
        Ok(Self(key))
    }

    /// Reads a stored one, which was checked when it came in.
    pub fn from_stored(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for IdempotencyKey {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for IdempotencyKey {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

impl FromStr for IdempotencyKey {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self> {
        Self::new(key)
    }
}

impl TryFrom<&str> for IdempotencyKey {
    type Error = Error;

    fn try_from(key: &str) -> Result<Self> {
        Self::new(key)
    }
}

impl TryFrom<&String> for IdempotencyKey {
    type Error = Error;

    fn try_from(key: &String) -> Result<Self> {
        Self::new(key.as_str())
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = Error;

    fn try_from(key: String) -> Result<Self> {
        Self::new(key)
    }
}

impl TryFrom<&Self> for IdempotencyKey {
    type Error = Error;

    fn try_from(key: &Self) -> Result<Self> {
        Ok(key.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Remedy;

    #[test]
    fn a_key_that_cannot_be_kept_is_refused_by_its_rule() {
        let longest = "k".repeat(IdempotencyKey::MAX);
        for key in ["order-17", "«» 日本", longest.as_str()] {
            assert_eq!(IdempotencyKey::new(key).unwrap(), key);
        }
        let longer = format!("{longest}k");
        for (key, broken) in [
            ("", "idempotency_key.length"),
            (longer.as_str(), "idempotency_key.length"),
            ("a\0b", "idempotency_key.nul"),
        ] {
            let error = IdempotencyKey::new(key).unwrap_err();
            let Remedy::FixInput { rule, .. } = error.remedy() else {
                panic!("{error:?}")
            };
            assert_eq!(rule, broken);
        }
    }
}
