//! `Content-Range: bytes FIRST-LAST/TOTAL`, both ends included.

/// A parsed range: `first <= last < total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) total: u64,
}

impl ContentRange {
    /// Reads a header value, exactly: no spaces but the one, no signs, no unknown parts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let range = Self {
            first: number(first)?,
            last: number(last)?,
            total: number(total)?,
        };
        (range.first <= range.last && range.last < range.total).then_some(range)
    }

    /// How many bytes it covers.
    pub(crate) fn len(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// The header that reports progress: the last byte stored, or 0 when there is none.
pub(crate) fn progress(received: u64, total: u64) -> String {
    format!("bytes 0-{}/{total}", received.saturating_sub(1))
}

fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(first in 0..1_u64 << 40, len in 1..1_u64 << 32, more in 0..9_u64) {
            let last = first + len - 1;
            let total = last + 1 + more;
            let range = ContentRange::parse(&format!("bytes {first}-{last}/{total}"));
            prop_assert_eq!(range, Some(ContentRange { first, last, total }));
            prop_assert_eq!(range.map(|range| range.len()), Some(len));
        }

        #[test]
        fn nothing_else_is_read(text in "(bytes|byte|)[ =]?[-+ 0-9]{0,6}-?[0-9]{0,4}/?[*0-9]{0,24}") {
            if let Some(range) = ContentRange::parse(&text) {
                prop_assert!(range.first <= range.last && range.last < range.total);
                let rest = text.strip_prefix("bytes ").unwrap_or_default();
                prop_assert!(rest.bytes().all(|byte| byte.is_ascii_digit() || b"-/".contains(&byte)));
            }
        }

        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = ContentRange::parse(&text);
        }
    }

    #[test]
    fn near_misses() {
        for text in [
            "",
            "bytes",
            "bytes ",
            "bytes 0-4/*",
            "bytes */5",
            "bytes 5-4/9",
            "bytes 0-5/5",
            "bytes=0-4/5",
            "Bytes 0-4/5",
            "bytes  0-4/5",
            "bytes 0-4/5 ",
            "bytes +0-4/5",
            "bytes 0-4",
            "bytes -4/5",
            "bytes 0-/5",
            "bytes 0-4/18446744073709551616",
        ] {
            assert_eq!(ContentRange::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn progress_names_the_last_byte() {
        assert_eq!(progress(10_000_000, 50_000_123), "bytes 0-9999999/50000123");
        assert_eq!(progress(0, 5), "bytes 0-0/5");
    }
}
