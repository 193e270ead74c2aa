//! JSON as it comes from outside. Text that was cut in the middle of an emoji holds half of a character, which is JSON by its
//! grammar and no text in Rust; what else the message says must not be lost with it.

use serde_json::Value;

/// Reads JSON. Half a character, and bytes that are no text, become U+FFFD; nothing when it is no JSON.
pub(crate) fn read(sent: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(sent) {
        return Some(value);
    }
    serde_json::from_str(&mended(&String::from_utf8_lossy(sent))).ok()
}

/// The same text with every escape of half a character replaced.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let whole = match unit(rest) {
            Some(0xD800..=0xDBFF) => match unit(&rest[6..]) {
                Some(0xDC00..=0xDFFF) => 12,
                _ => 0,
            },
            Some(0xDC00..=0xDFFF) => 0,
            Some(_) => 6,
            // Another escape: what is escaped is no beginning of one.
            None => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        match whole {
            0 => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
            }
            length => {
                out.push_str(&rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The UTF-16 unit of an escape such as `\ud83d` at the beginning.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_a_character_loses_nothing_else() {
        for (sent, expected) in [
            (r#"{"a":"\ud83d\ude00"}"#, json!({"a": "\u{1F600}"})),
            (r#"{"a":"\ud83d","b":1}"#, json!({"a": "\u{FFFD}", "b": 1})),
            (
                r#"["\ude00x","\ud83d\ud83d\ude00"]"#,
                json!(["\u{FFFD}x", "\u{FFFD}\u{1F600}"]),
            ),
            (
                r#"["\ud83d\n","\\ud83d","\\\ud83d"]"#,
                json!(["\u{FFFD}\n", "\\ud83d", "\\\u{FFFD}"]),
            ),
            (r#"["\ud83d","\u00e9é"]"#, json!(["\u{FFFD}", "éé"])),
        ] {
            assert_eq!(read(sent.as_bytes()), Some(expected), "{sent}");
        }
        assert_eq!(read(b"[\"\xff\"]"), Some(json!(["\u{FFFD}"])));
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for sent in [
            &b"not json"[..],
            b"[\"\\ud83\"]",
            b"[\"\\u",
            b"[\"\\",
            b"\\",
            b"[\"\\ud83d",
            b"[\"\\uzzzz\"]",
            "[\"\\\u{e9}\"]".as_bytes(),
            "[\"\\u00é\"]".as_bytes(),
        ] {
            assert_eq!(read(sent), None, "{sent:?}");
        }
    }
}
