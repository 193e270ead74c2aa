use std::sync::Arc;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

use super::{SealingKey, unusable};
use crate::error::Result;

/// Reads the text form.
pub(super) fn keys(text: &str) -> Result<Vec<Arc<SealingKey>>> {
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = decode(line).ok_or_else(|| {
            unusable(format!(
                "line {number} of the keys is no key: one key is 32 bytes, as 64 hex digits or as base64"
            ))
        })?;
        keys.push(sealing_key(&key)?);
    }
    if keys.is_empty() {
        return Err(unusable(
            "the keys hold no key: one line with 64 hex digits is needed",
        ));
    }
    Ok(keys)
}

/// Expands a key, unless it is one byte repeated: a placeholder.
pub(super) fn sealing_key(key: &[u8; 32]) -> Result<Arc<SealingKey>> {
    if key.iter().all(|byte| *byte == key[0]) {
        return Err(unusable(
            "a key is one byte repeated 32 times: use a random one",
        ));
    }
    Ok(Arc::new(SealingKey::new(key)))
}

fn decode(line: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    if line.len() == 64 {
        for (byte, pair) in key.iter_mut().zip(line.as_bytes().chunks(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        return Some(key);
    }
    let digits = line.strip_suffix('=').unwrap_or(line);
    let engine = if digits.contains(['-', '_']) {
        URL_SAFE_NO_PAD
    } else {
        STANDARD_NO_PAD
    };
    // The decoder may use the room of its largest estimate, one byte more than there is.
    let mut room = Zeroizing::new([0; 33]);
    let length = engine.decode_slice(digits, room.as_mut()).ok()?;
    if length != 32 {
        return None;
    }
    key.copy_from_slice(&room[..32]);
    Some(key)
}

fn digit(hex: u8) -> Option<u8> {
    char::from(hex)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
