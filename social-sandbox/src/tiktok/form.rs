//! Reading query strings and form bodies: every name once, nothing invented.

use std::collections::BTreeMap;

use http::{HeaderMap, header};
use url::form_urlencoded;

/// The fields of one form or query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(BTreeMap<String, Vec<String>>);

impl Form {
    /// Reads `text`, percent-decoded once.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            fields
                .entry(name.into_owned())
                .or_default()
                .push(value.into_owned());
        }
        Self(fields)
    }

    /// The value of a field that is there once and not empty.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        match self.0.get(name)?.as_slice() {
            [value] if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Every value of a field.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether some field appears more than once.
    pub(crate) fn repeats(&self) -> bool {
        self.0.values().any(|values| values.len() > 1)
    }
}

/// Whether the body is declared as `kind`, whatever its parameters.
pub(crate) fn is_content_type(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case(kind))
}

/// Percent-encodes everything but the unreserved characters, as TikTok does: `*` and `!` of a code
/// arrive encoded.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                out.push_str(&crate::random::hex(&[byte]).to_ascii_uppercase());
            }
        }
    }
    out
}

/// `uri` with these query parameters appended.
pub(crate) fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    format!("{uri}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_encoded_as_the_platform_encodes_them() {
        assert_eq!(encode("Y*0!6410"), "Y%2A0%216410");
        assert_eq!(
            encode("user.info.basic,video.list"),
            "user.info.basic%2Cvideo.list"
        );
        assert_eq!(encode("User denied access"), "User+denied+access");
    }

    #[test]
    fn repeated_and_empty_fields_do_not_count_as_one() {
        let form = Form::parse(b"a=1&a=2&b=&c=%2A");
        assert_eq!(form.one("a"), None);
        assert_eq!(form.one("b"), None);
        assert_eq!(form.one("c"), Some("*"));
        assert!(form.repeats());
    }
}
