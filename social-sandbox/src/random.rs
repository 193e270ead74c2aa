//! Identifiers, tokens and codes: hashes of a key and a counter.
//!
//! With a seed the same calls in the same order give the same values; the counter is part of the
//! state, so a restart does not repeat them.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const WORD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The source of everything the sandbox makes up.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Random {
    #[serde(skip)]
    key: [u8; 32],
    draws: u64,
}

impl Random {
    /// Gives the source its key, keeping the counter.
    pub(crate) fn rekey(&mut self, key: [u8; 32]) {
        self.key = key;
    }

    fn block(&mut self) -> [u8; 32] {
        self.draws += 1;
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(self.draws.to_be_bytes());
        hash.finalize().into()
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len + 32);
        while bytes.len() < len {
            bytes.extend_from_slice(&self.block());
        }
        bytes.truncate(len);
        bytes
    }

    /// `len` characters of `A-Z a-z 0-9 - _`.
    pub(crate) fn word(&mut self, len: usize) -> String {
        self.bytes(len)
            .into_iter()
            .map(|byte| char::from(WORD[usize::from(byte & 63)]))
            .collect()
    }

    /// `len` upper-case hexadecimal digits.
    pub(crate) fn hex_upper(&mut self, len: usize) -> String {
        let mut text = hex(&self.bytes(len.div_ceil(2))).to_ascii_uppercase();
        text.truncate(len);
        text
    }

    /// Puts `items` into another order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let block = self.block();
            let draw = u32::from_be_bytes([block[0], block[1], block[2], block[3]]);
            items.swap(last, draw as usize % (last + 1));
        }
    }

    /// An id as TikTok makes them: seconds in the upper half, so ids grow and exceed 2^53.
    pub(crate) fn snowflake(&mut self, seconds: i64) -> i64 {
        let block = self.block();
        let low = u32::from_be_bytes([block[0], block[1], block[2], block[3]]);
        ((seconds & 0x7fff_ffff) << 32) | i64::from(low)
    }
}

/// The key for a seed, or a fresh one from the operating system.
pub(crate) fn key(seed: Option<u64>) -> Result<[u8; 32], getrandom::Error> {
    match seed {
        Some(seed) => {
            let mut hash = Sha256::new();
            hash.update(b"social-sandbox seed");
            hash.update(seed.to_be_bytes());
            Ok(hash.finalize().into())
        }
        None => {
            let mut key = [0; 32];
            getrandom::fill(&mut key)?;
            Ok(key)
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// The bytes of lower- or upper-case hexadecimal text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_values_and_the_counter_moves_on() {
        let mut one = Random::default();
        one.rekey(key(Some(7)).unwrap());
        let mut two = one.clone();
        assert_eq!(one.word(40), two.word(40));
        assert_ne!(one.word(40), one.word(40));
    }

    #[test]
    fn ids_are_positive_and_beyond_what_a_double_holds() {
        let mut random = Random::default();
        for seconds in [1_600_000_000, 1_795_000_000, i64::from(i32::MAX)] {
            assert!(random.snowflake(seconds) > 1 << 53);
        }
    }

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(unhex(&hex(&[0, 15, 255])), Some(vec![0, 15, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}
