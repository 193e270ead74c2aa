//! Reads the structure of a video as its bytes come by, in pieces of any size, keeping only what is
//! looked at: the first bytes and the `moov` box.

use serde::{Deserialize, Serialize};

use crate::random::{hex, unhex};

/// Larger boxes are passed over: no video of ten minutes comes near this.
const MOOV_MAX: u64 = 16 << 20;

/// Enough to tell the container.
const HEAD: usize = 64;

/// Where the scan is, also across a restart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Scanner {
    #[serde(with = "as_hex")]
    head: Vec<u8>,
    /// The header of the box that begins here, as far as it has come.
    #[serde(with = "as_hex")]
    header: Vec<u8>,
    #[serde(with = "as_hex")]
    moov: Vec<u8>,
    in_moov: bool,
    /// What is left of the payload of the box.
    left: u64,
    /// Nothing further is looked at.
    ended: bool,
}

impl Scanner {
    /// Takes in what comes next.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend(&bytes[..room]);
        while !bytes.is_empty() && !self.ended {
            if self.left > 0 {
                let len =
                    usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
                if self.in_moov {
                    self.moov.extend(&bytes[..len]);
                }
                self.left -= len as u64;
                bytes = &bytes[len..];
                self.ended = self.in_moov && self.left == 0;
            } else {
                let wanted = if self.header.get(..4) == Some(&[0, 0, 0, 1]) {
                    16
                } else {
                    8
                };
                let len = (wanted - self.header.len()).min(bytes.len());
                self.header.extend(&bytes[..len]);
                bytes = &bytes[len..];
                self.begin_box();
            }
        }
    }

    /// How many of the bytes that come next do not matter.
    pub(crate) fn indifferent(&self) -> u64 {
        if self.head.len() < HEAD || (self.in_moov && !self.ended) {
            0
        } else if self.ended {
            u64::MAX
        } else {
            self.left
        }
    }

    /// Passes over that many.
    pub(crate) fn pass(&mut self, len: u64) {
        self.left = self.left.saturating_sub(len);
    }

    /// The first bytes.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The payload of `moov`, when all of it has come.
    pub(crate) fn moov(&self) -> Option<&[u8]> {
        (self.in_moov && self.left == 0).then_some(&self.moov)
    }

    fn begin_box(&mut self) {
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
        };
        let (size, payload) = match (self.header.len(), self.header.get(..4)) {
            (8, Some(size)) if size != [0, 0, 0, 1] => (number(size), number(size).checked_sub(8)),
            (16, Some(_)) => {
                let size = number(&self.header[8..]);
                (size, size.checked_sub(16))
            }
            _ => return,
        };
        let is_moov = self.header.get(4..8) == Some(b"moov");
        self.header.clear();
        match payload {
            // A box to the end of the file: only `mdat` does that, and nothing follows.
            _ if size == 0 => self.ended = true,
            None => self.ended = true,
            Some(payload) => {
                self.left = payload;
                self.in_moov = is_moov && (1..=MOOV_MAX).contains(&payload);
            }
        }
    }
}

mod as_hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        super::unhex(&text).ok_or_else(|| de::Error::custom("what was read of a video is not hex"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../media/sample.mp4");

    fn scanned<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Scanner {
        let mut scanner = Scanner::default();
        pieces.into_iter().for_each(|piece| scanner.feed(piece));
        scanner
    }

    #[test]
    fn pieces_of_any_size_give_the_same() {
        let whole = scanned([SAMPLE]);
        let moov = whole.moov().unwrap();
        assert_eq!(&moov[4..8], b"mvhd");
        for size in [1, 7, 8, 9, 1000] {
            assert_eq!(scanned(SAMPLE.chunks(size)).moov(), Some(moov), "{size}");
        }
        let mut half = scanned([&SAMPLE[..500]]);
        assert_eq!(half.moov(), None);
        let text = serde_json::to_string(&half).unwrap();
        half = serde_json::from_str(&text).unwrap();
        half.feed(&SAMPLE[500..]);
        assert_eq!(half.moov(), Some(moov));
    }

    #[test]
    fn a_long_size_and_what_lies_before_are_passed_over() {
        let mut bytes = vec![0, 0, 0, 1];
        bytes.extend(b"mdat");
        bytes.extend(1016_u64.to_be_bytes());
        bytes.extend([7; 1000]);
        bytes.extend([0, 0, 0, 12]);
        bytes.extend(b"moovabcd");
        assert_eq!(scanned([&bytes[..]]).moov(), Some(b"abcd".as_slice()));
        let mut seeking = scanned([&bytes[..64]]);
        let skip = seeking.indifferent();
        assert_eq!(skip, 952);
        seeking.pass(skip);
        seeking.feed(&bytes[64 + 952..]);
        assert_eq!(seeking.moov(), Some(b"abcd".as_slice()));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall_over(bytes: Vec<u8>, cut in 0..2000_usize) {
            let scanner = scanned([&SAMPLE[..cut], &bytes[..], &SAMPLE[cut..]]);
            let _ = crate::media::check(&scanner, &crate::media::Limits::of_api());
        }
    }
}
