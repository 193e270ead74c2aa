//! What a picture is and how large, from its first bytes.

/// A picture the platform could take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Picture {
    /// Reads a JPEG or WebP. `None` for everything else, PNG among it.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            jpeg(bytes)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            webp(bytes)
        } else {
            None
        }
    }
}

/// The first frame header of a JPEG.
fn jpeg(bytes: &[u8]) -> Option<Picture> {
    let mut at = 2;
    loop {
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let marker = *bytes.get(at + 1).filter(|_| bytes.get(at) == Some(&0xff))?;
        let len = usize::from(be16(bytes, at + 2)?);
        match marker {
            // Start of frame; DHT, JPG and DAC share the range.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return sized(be16(bytes, at + 7)?.into(), be16(bytes, at + 5)?.into());
            }
            // The scan begins, or the picture ends, without a frame.
            0xda | 0xd9 => return None,
            _ => at += 2 + len,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<Picture> {
    let le = |at: usize, len: usize| {
        let part = bytes.get(at..at + len)?;
        Some(
            part.iter()
                .rev()
                .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)),
        )
    };
    match bytes.get(12..16)? {
        b"VP8 " => sized(le(26, 2)? & 0x3fff, le(28, 2)? & 0x3fff),
        b"VP8L" => {
            let bits = le(21, 4)?;
            sized((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
        }
        b"VP8X" => sized(le(24, 3)? + 1, le(27, 3)? + 1),
        _ => None,
    }
}

fn sized(width: u32, height: u32) -> Option<Picture> {
    (width > 0 && height > 0).then_some(Picture { width, height })
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JPEG: &[u8] = include_bytes!("../../media/sample.jpg");
    const WEBP: &[u8] = include_bytes!("../../media/sample.webp");

    #[test]
    fn the_samples_have_their_size() {
        let expected = Some(Picture {
            width: 720,
            height: 900,
        });
        assert_eq!(Picture::read(JPEG), expected);
        assert_eq!(Picture::read(WEBP), expected);
    }

    #[test]
    fn the_other_forms_of_webp() {
        let mut extended = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
        extended.extend([0x37, 4, 0, 0xff, 7, 0]);
        let size = |width, height| Some(Picture { width, height });
        assert_eq!(Picture::read(&extended), size(1080, 2048));
        let mut lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".to_vec();
        lossless.extend(((1080_u32 - 1) | (1920 - 1) << 14).to_le_bytes());
        assert_eq!(Picture::read(&lossless), size(1080, 1920));
    }

    #[test]
    fn other_formats_and_fragments_are_nothing() {
        for bytes in [
            b"\x89PNG\r\n\x1a\n".as_slice(),
            b"GIF89a",
            b"",
            b"\xff\xd8\xff",
            &JPEG[..100],
            &WEBP[..20],
        ] {
            assert_eq!(Picture::read(bytes), None);
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall_over(bytes: Vec<u8>, cut in 0..200_usize) {
            let _ = Picture::read(&bytes);
            let mut damaged = JPEG[..cut].to_vec();
            damaged.extend(bytes);
            let _ = Picture::read(&damaged);
        }
    }
}
