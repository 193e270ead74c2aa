//! Conditions of a request. <https://www.rfc-editor.org/rfc/rfc9110#section-13>

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::model::MediaId;

/// The strong entity tag of a file: its content is its name.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a>(pub(super) &'a MediaId);

impl Tag<'_> {
    pub(super) fn text(self) -> String {
        format!("\"{}\"", self.0)
    }

    /// Whether the value is this tag. A weak one, or a date, is not.
    pub(super) fn is(&self, value: &HeaderValue) -> bool {
        value.as_bytes().trim_ascii() == self.text().as_bytes()
    }

    /// Whether a list of tags holds this one. Digits of an id need no quoting, so a comma always separates.
    fn is_among(self, headers: &HeaderMap, name: HeaderName, weak_too: bool) -> bool {
        let own = self.text();
        headers.get_all(name).iter().any(|value| {
            value.as_bytes().split(|byte| *byte == b',').any(|given| {
                let given = given.trim_ascii();
                let weak = given.strip_prefix(b"W/").filter(|_| weak_too);
                given == b"*" || weak.unwrap_or(given) == own.as_bytes()
            })
        })
    }
}

/// What to answer instead of the file, when a condition does not hold. Dates are passed over: a file has none.
pub(super) fn unmet(headers: &HeaderMap, tag: Tag<'_>) -> Option<StatusCode> {
    if headers.contains_key(header::IF_MATCH) && !tag.is_among(headers, header::IF_MATCH, false) {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    let known = tag.is_among(headers, header::IF_NONE_MATCH, true);
    known.then_some(StatusCode::NOT_MODIFIED)
}

/// The value of a header that is there once.
pub(super) fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
