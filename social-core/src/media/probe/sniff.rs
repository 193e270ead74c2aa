//! Recognising a container by its first bytes.

use super::Container;

/// How many bytes are looked at.
pub(super) const HEAD: u64 = 128;

/// The container that begins with `head`.
pub(super) fn container(head: &[u8]) -> Container {
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Container::Jpeg,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Container::Png,
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Container::WebP,
        [0x1A, 0x45, 0xDF, 0xA3, ..] => ebml(head),
        [b'%', b'P', b'D', b'F', b'-', ..] => Container::Pdf,
        [_, _, _, _, b'f', b't', b'y', b'p', rest @ ..] => rest
            .first_chunk()
            .map_or(Container::Unknown, |brand| iso(*brand)),
        [a, b, c, d, e, f, g, h, ..] => {
            match untyped(u32::from_be_bytes([*a, *b, *c, *d]), [*e, *f, *g, *h]) {
                Container::Unknown => captions(head),
                found => found,
            }
        }
        _ => captions(head),
    }
}

/// Timed text: WebVTT says what it is, and SRT begins with a number, which a line with two times follows.
fn captions(head: &[u8]) -> Container {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if let Some(rest) = text.strip_prefix(b"WEBVTT") {
        return match rest.first() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n') => Container::Vtt,
            Some(_) => Container::Unknown,
        };
    }
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut lines = lines.skip_while(|line| line.is_empty());
    let is_number = |line: &[u8]| !line.is_empty() && line.iter().all(u8::is_ascii_digit);
    let is_numbered = lines.next().is_some_and(is_number);
    match lines.next() {
        Some(times) if is_numbered && are_times(times) => Container::Srt,
        _ => Container::Unknown,
    }
}

/// `00:00:01,000 --> 00:00:04,000`, and perhaps a place behind it.
fn are_times(line: &[u8]) -> bool {
    const FORM: &[u8; 29] = b"00:00:00,000 --> 00:00:00,000";
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        // Some programs write the point of WebVTT.
        b',' => matches!(byte, b',' | b'.'),
        form => byte == form,
    };
    line.len() >= FORM.len() && line.iter().zip(FORM).all(fits)
}

/// ISO base media by its major brand. Pictures have brands of their own; everything else is taken for MP4.
pub(super) fn iso(brand: [u8; 4]) -> Container {
    match &brand {
        b"qt  " => Container::Mov,
        b"avif" | b"avis" | b"heic" | b"heim" | b"heis" | b"heix" | b"hevc" | b"hevx" | b"mif1"
        | b"msf1" => Container::Unknown,
        _ => Container::Mp4,
    }
}

/// EBML by its document type: element 0x4282, a length of up to eight bytes, the name.
fn ebml(head: &[u8]) -> Container {
    let Some(at) = head.windows(2).position(|pair| pair == [0x42, 0x82]) else {
        return Container::Unknown;
    };
    let element: Vec<u8> = head.iter().skip(at + 2).take(16).copied().collect();
    let named = |name: &[u8]| element.windows(name.len()).any(|window| window == name);
    if named(b"webm") {
        Container::WebM
    } else if named(b"matroska") {
        Container::Matroska
    } else {
        Container::Unknown
    }
}

/// A file type box is new with MP4, and even there it need not be the first. Whether the file is a movie shows when its
/// boxes are walked.
fn untyped(size: u32, name: [u8; 4]) -> Container {
    // Media may be of any length; a text is no box of more than 16 MB that happens to have such a name.
    let plausible = match &name {
        b"mdat" => size == 1 || size >= 8,
        b"PICT" | b"free" | b"junk" | b"moov" | b"pnot" | b"skip" | b"udta" | b"uuid" | b"wide" => {
            size == 1 || (8..1 << 24).contains(&size)
        }
        _ => false,
    };
    if plausible {
        Container::Mov
    } else {
        Container::Unknown
    }
}
