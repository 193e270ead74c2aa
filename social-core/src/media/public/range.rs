//! Which part of a file a request wants. <https://www.rfc-editor.org/rfc/rfc9110#section-14>

use std::ops::Range;

use http::{HeaderMap, header};

use super::conditions::{Tag, only};

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A part.
    Part(Range<u64>),
    /// A part that the file has not.
    Unsatisfiable,
    Whole,
}

/// Several ranges, and what cannot be read, are answered with the whole file, as the standard allows: nobody who fetches
/// needs several at once, and a server that assembles them can be made to send much more than the file.
pub(super) fn wanted(headers: &HeaderMap, tag: &Tag<'_>, size: u64) -> Wanted {
    let Some(range) = only(headers, header::RANGE) else {
        return Wanted::Whole;
    };
    if headers.contains_key(header::IF_RANGE)
        && !only(headers, header::IF_RANGE).is_some_and(|given| tag.is(given))
    {
        return Wanted::Whole;
    }
    range
        .to_str()
        .ok()
        .and_then(|text| read(text, size))
        .unwrap_or(Wanted::Whole)
}

/// One range in bytes; nothing when it is none.
fn read(text: &str, size: u64) -> Option<Wanted> {
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let part = match (first, last) {
        ("", last) => size.saturating_sub(number(last)?)..size,
        (first, "") => number(first)?..size,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some(if part.is_empty() {
        Wanted::Unsatisfiable
    } else {
        Wanted::Part(part)
    })
}

/// Digits and nothing else. More than fit are more than any file has.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_has_it() {
        let part = |from, to| Some(Wanted::Part(from..to));
        let beyond = Some(Wanted::Unsatisfiable);
        let huge = "bytes=0-99999999999999999999999";
        for (text, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-99", part(0, 100)),
            ("bytes=10-19", part(10, 20)),
            ("bytes=10-", part(10, 100)),
            ("bytes=99-", part(99, 100)),
            ("bytes=-1", part(99, 100)),
            ("bytes=-500", part(0, 100)),
            ("bytes=0-500", part(0, 100)),
            ("Bytes= 5-6 ", part(5, 7)),
            (huge, part(0, 100)),
            ("bytes=0-18446744073709551615", part(0, 100)),
            ("bytes=100-", beyond.clone()),
            ("bytes=100-200", beyond.clone()),
            ("bytes=-0", beyond.clone()),
            ("bytes=99999999999999999999999-", beyond.clone()),
            ("bytes=18446744073709551615-18446744073709551615", beyond),
            ("bytes=5-4", None),
            ("bytes=0-1,5-6", None),
            ("bytes=,", None),
            ("bytes=-", None),
            ("bytes=", None),
            ("bytes", None),
            ("", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("bytes=1 -2", None),
            ("bytes=1--2", None),
            ("bytes=--1", None),
            ("items=0-1", None),
            ("bytes=\u{661}-2", None),
        ] {
            assert_eq!(read(text, 100), expected, "{text:?}");
        }
        for text in ["bytes=0-", "bytes=-5", "bytes=0-0"] {
            assert_eq!(read(text, 0), Some(Wanted::Unsatisfiable), "{text}");
        }
    }
}
