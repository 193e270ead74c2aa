//! What uploads in parts are told by.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// The longest name of an upload.
const LONGEST: usize = 128;

/// Names an upload in parts, from its beginning until it is swept away.
///
/// It is one to 128 letters, digits, `-` and `_`, so it is safe in an address and in the name of a file. Nobody can guess it,
/// and it is no permission: a service remembers whose upload it is, and looks before it goes on with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadId(String);

impl UploadId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UploadId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text))
        } else {
            Err(Error::new(
                ErrorKind::NotFound,
                "this is not the id of an upload",
            ))
        }
    }
}

impl FromStr for UploadId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl From<UploadId> for String {
    fn from(id: UploadId) -> Self {
        id.0
    }
}

/// How much of an upload a store has, as the source of the error of a part that was not taken whole: the sender goes on
/// from there.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{length} bytes have arrived")]
pub struct Arrived {
    length: u64,
    #[source]
    cause: Option<Error>,
}

impl Arrived {
    /// The error of a part that does not begin where the upload ends.
    pub fn elsewhere(length: u64) -> Error {
        let message =
            format!("the upload has {length} bytes: go on there, or ask for its length again");
        Self::conflict(length, message)
    }

    /// The error of a call that comes while another one writes or finishes.
    pub fn busy(length: u64) -> Error {
        let message = format!(
            "another call writes to the upload or finishes it; it has {length} bytes so far"
        );
        Self::conflict(length, message)
    }

    /// The error of a part for an upload that is finished.
    pub fn finished(length: u64) -> Error {
        let message = format!("the upload is finished, with {length} bytes, and takes no more");
        Self::conflict(length, message)
    }

    /// The error of a part that was cut off: what cut it off, and how far the upload has come.
    pub fn cut_off(length: u64, cause: Error) -> Error {
        let message = format!("{}; the upload has {length} bytes", cause.message());
        let told = cause.clone().with_message(message);
        told.with_source(Self {
            length,
            cause: Some(cause),
        })
    }

    /// How many bytes the upload has, if this error tells.
    pub fn of(error: &Error) -> Option<u64> {
        let source = std::error::Error::source(error)?;
        source.downcast_ref::<Self>().map(|arrived| arrived.length)
    }

    fn conflict(length: u64, message: String) -> Error {
        Error::new(ErrorKind::Conflict, message).with_source(Self {
            length,
            cause: None,
        })
    }
}

/// What a store answers that does not tell what it has.
pub(super) fn not_told<T>() -> Result<T> {
    Err(Error::new(
        ErrorKind::Unsupported,
        "this media store does not tell what it has: nothing is removed from it by age",
    ))
}

/// What a store answers that takes no parts.
pub(super) fn no_parts<T>() -> Result<T> {
    Err(Error::new(
        ErrorKind::Unsupported,
        "this media store takes no uploads in parts: send the file at once",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Remedy;

    #[test]
    fn ids_are_plain_words() {
        let longest = "a".repeat(LONGEST);
        for good in ["a", "Az09-_", &longest] {
            assert_eq!(good.parse::<UploadId>().unwrap().as_str(), good);
        }
        let long = "a".repeat(LONGEST + 1);
        for bad in [
            "", ".", "..", "../a", "a/b", "a\\b", "a.b", "a b", "a\0", "ä", "a\n", "%2e", &long,
        ] {
            let error = bad.parse::<UploadId>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{bad:?}");
            let json = serde_json::to_string(bad).unwrap();
            assert!(serde_json::from_str::<UploadId>(&json).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn errors_tell_how_far_an_upload_came() {
        let conflicts = [
            Arrived::elsewhere(7),
            Arrived::busy(7),
            Arrived::finished(7),
        ];
        for error in conflicts {
            assert_eq!(error.kind(), ErrorKind::Conflict);
            assert_eq!(Arrived::of(&error), Some(7));
            assert!(error.message().contains("7 bytes"), "{error}");
        }
        let lost = Error::storage("no space left").with_remedy(Remedy::Operator);
        let error = Arrived::cut_off(9, lost.clone());
        assert_eq!(
            (error.kind(), error.remedy(), error.message()),
            (
                ErrorKind::Storage,
                &Remedy::Operator,
                "no space left; the upload has 9 bytes"
            )
        );
        assert_eq!(Arrived::of(&error), Some(9));
        assert_eq!(Arrived::of(&lost), None);
    }
}
