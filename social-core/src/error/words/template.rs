//! Filling the slots of a text.

use super::{Field, Known};

/// The text with its slots filled.
pub(super) fn fill(text: &str, known: &Known<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['[', '{']) {
        out.push_str(&rest[..at]);
        let (opening, closing) = match rest.as_bytes()[at] {
            b'[' => ('[', ']'),
            _ => ('{', '}'),
        };
        let inside = &rest[at + 1..];
        let Some(end) = inside.find(closing) else {
            out.push_str(&rest[at..]);
            return out;
        };
        let (piece, behind) = (&inside[..end], &inside[end + 1..]);
        if opening == '{' {
            slot(piece, known, &mut out);
        } else if slots(piece)
            .all(|name| of(name).is_some_and(|field| known.value(field).is_some()))
        {
            out.push_str(&fill(piece, known));
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// One slot; at the beginning of a sentence what stands for an unknown one has a capital letter.
fn slot(name: &str, known: &Known<'_>, out: &mut String) {
    let Some(field) = of(name) else {
        return;
    };
    if let Some(value) = known.value(field) {
        out.push_str(&value);
        return;
    }
    let unknown = known.unknown(field);
    let begins = out.is_empty() || out.ends_with(". ");
    let mut letters = unknown.chars();
    match letters.next().filter(|_| begins) {
        Some(first) => {
            out.extend(first.to_uppercase());
            out.push_str(letters.as_str());
        }
        None => out.push_str(unknown),
    }
}

/// The names of the slots of a text.
pub(super) fn slots(text: &str) -> impl Iterator<Item = &str> {
    let opened = text.split('{').skip(1);
    opened.filter_map(|piece| piece.split_once('}').map(|(name, _)| name))
}

/// The field that a slot names.
pub(super) fn of(name: &str) -> Option<Field> {
    Some(match name {
        "account" => Field::Account,
        "address" => Field::Address,
        "limit" => Field::Limit,
        "platform" => Field::Platform,
        "right" => Field::Right,
        "wait" => Field::Wait,
        "when" => Field::When,
        _ => return None,
    })
}
