//! Fields of an answer that may have another type than documented: what cannot be read counts as missing, so that one field
//! does not cost the whole answer.
//!
//! For `serde`'s `deserialize_with`, beside `default`. Nothing here fails on JSON that `serde_json` can read. Do not read with it what decides
//! whether something exists on the platform: there, a form that is not known must be an error.
//!
//! ```
//! use serde::Deserialize;
//! use social_core::platform::lenient;
//!
//! #[derive(Deserialize)]
//! struct Video {
//!     #[serde(default, deserialize_with = "lenient::id")]
//!     id: Option<String>,
//!     #[serde(default, deserialize_with = "lenient::int")]
//!     likes: Option<i64>,
//! }
//!
//! let video: Video = serde_json::from_str(r#"{"id": 7123456789012345678, "likes": {}}"#)?;
//! assert_eq!(video.id.as_deref(), Some("7123456789012345678"));
//! assert_eq!(video.likes, None);
//! # Ok::<(), serde_json::Error>(())
//! ```

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// A string, or nothing.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// A whole number, also one written as a string, or nothing.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn int<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// `true`; anything else is `false`.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(from)? == Value::Bool(true))
}

/// Strings of a list; what else is in it is left out.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let Value::Array(items) = Value::deserialize(from)? else {
        return Ok(Vec::new());
    };
    let text = |item| match item {
        Value::String(text) => Some(text),
        _ => None,
    };
    Ok(items.into_iter().filter_map(text).collect())
}

/// Ids: whole numbers or strings, in a list or alone. Kept as text, because they exceed 2^53; a number that was written
/// as a fraction has lost digits and is left out.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn ids<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let id = |value: Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    };
    let ids = match Value::deserialize(from)? {
        Value::Array(items) => items.into_iter().filter_map(id).collect(),
        alone => id(alone).into_iter().collect(),
    };
    Ok(ids)
}

/// One id, as [`ids`] reads them.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(ids(from)?.into_iter().next())
}

/// `true` or `false`, or nothing.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn flag_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(Value::deserialize(from)?.as_bool())
}

/// A time in seconds since 1970, or nothing.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(int(from)?.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
}

/// What of a list can be read; what else is in it is left out.
///
/// # Errors
/// Only those of the format: what is no JSON.
pub fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(items) = Value::deserialize(from)? else {
        return Ok(Vec::new());
    };
    Ok(items
        .into_iter()
        .filter_map(|item| T::deserialize(item).ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_and_flags_are_taken_as_they_are() {
        assert_eq!(text(json!("a")).unwrap().as_deref(), Some("a"));
        assert_eq!(text(json!(1)).unwrap(), None);
        assert_eq!(texts(json!(["a", 1, null, "b"])).unwrap(), ["a", "b"]);
        assert!(texts(json!("a")).unwrap().is_empty());
        for (value, plain, known) in [
            (json!(true), true, Some(true)),
            (json!(false), false, Some(false)),
            (json!("true"), false, None),
            (json!(1), false, None),
            (json!(null), false, None),
        ] {
            assert_eq!(flag(value.clone()).unwrap(), plain, "{value}");
            assert_eq!(flag_opt(value.clone()).unwrap(), known, "{value}");
        }
    }

    #[test]
    fn numbers_may_be_written_as_text() {
        for (value, expected) in [
            (json!(7), Some(7)),
            (json!(" -7 "), Some(-7)),
            (json!(7.5), None),
            (json!(u64::MAX), None),
            (json!("seven"), None),
            (json!([7]), None),
        ] {
            assert_eq!(int(value.clone()).unwrap(), expected, "{value}");
        }
        let at = seconds(json!("1800000000")).unwrap();
        assert_eq!(at, DateTime::from_timestamp(1_800_000_000, 0));
        assert_eq!(seconds(json!(i64::MAX)).unwrap(), None);
    }

    #[test]
    fn ids_keep_every_digit() {
        let large = u64::MAX;
        assert_eq!(id(json!(large)).unwrap(), Some(large.to_string()));
        assert_eq!(ids(json!([1, " b ", "", 2.5, null])).unwrap(), ["1", "b"]);
        assert_eq!(ids(json!("a")).unwrap(), ["a"]);
        assert_eq!(id(json!({})).unwrap(), None);
    }

    #[test]
    fn what_of_a_list_cannot_be_read_is_left_out() {
        let numbers: Vec<u8> = list(json!([1, "2", 300, 4])).unwrap();
        assert_eq!(numbers, [1, 4]);
        let none: Vec<u8> = list(json!({"0": 1})).unwrap();
        assert!(none.is_empty());
    }

    proptest! {
        #[test]
        fn no_text_fails(text_of in "\\PC{0,40}") {
            let value = Value::String(text_of);
            prop_assert!(text(value.clone()).is_ok());
            prop_assert!(int(value.clone()).is_ok());
            prop_assert!(seconds(value.clone()).is_ok());
            prop_assert!(ids(value).is_ok());
        }
    }
}
