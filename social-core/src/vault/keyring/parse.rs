use std::sync::Arc;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

use super::{SealingKey, unusable};
use crate::{error::Result, platform::hex};

const KEY_LEN: usize = 32;

/// Reads the text form.
pub(super) fn keys(text: &str) -> Result<Vec<Arc<SealingKey>>> {
    let keys = plain_keys(text)?;
    Ok(keys
        .iter()
        .map(|key| Arc::new(SealingKey::new(key)))
        .collect())
}

/// Expands a key, unless it is a placeholder.
pub(super) fn sealing_key(key: &[u8; KEY_LEN]) -> Result<Arc<SealingKey>> {
    check_key(key)?;
    Ok(Arc::new(SealingKey::new(key)))
}

/// The keys of the text form: one a line, 64 hex digits or base64.
pub(crate) fn plain_keys(text: &str) -> Result<Vec<Zeroizing<[u8; KEY_LEN]>>> {
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = decode(line).map_err(|flaw| {
            unusable(format!(
                "line {number} of the keys is no key: {}; one key is 32 bytes, as 64 hex digits or as base64",
                flaw.words()
            ))
        })?;
        check_key(&key)?;
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(unusable(
            "the keys hold no key: one line with 64 hex digits is needed",
        ));
    }
    Ok(keys)
}

/// Refuses a key that repeats itself: a placeholder.
pub(crate) fn check_key(key: &[u8; KEY_LEN]) -> Result<()> {
    let repeats = |period: &usize| key[*period..] == key[..KEY_LEN - period];
    match [1, 2, 4, 8, 16].iter().find(|period| repeats(period)) {
        None => Ok(()),
        Some(1) => Err(unusable(
            "a key is one byte repeated 32 times, a placeholder: use a random one",
        )),
        Some(period) => Err(unusable(format!(
            "a key is {period} bytes repeated, a placeholder: use a random one"
        ))),
    }
}

/// What is wrong with a line, without any of it.
enum Flaw {
    Form,
    Length(usize),
}

impl Flaw {
    fn words(&self) -> String {
        match self {
            Self::Form => "it is neither hex digits nor base64".to_owned(),
            Self::Length(bytes) if *bytes < KEY_LEN => format!("{bytes} bytes are too short"),
            Self::Length(bytes) => format!("{bytes} bytes are too long"),
        }
    }
}

fn decode(line: &str) -> Result<Zeroizing<[u8; KEY_LEN]>, Flaw> {
    let is_hex = line.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex && line.len() == 2 * KEY_LEN {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        return hex::decode_to(line, key.as_mut())
            .map(|()| key)
            .ok_or(Flaw::Form);
    }
    let bytes = base64(line);
    match bytes.as_deref().map(Vec::as_slice) {
        Some(bytes) if bytes.len() == KEY_LEN => {
            let mut key = Zeroizing::new([0; KEY_LEN]);
            key.copy_from_slice(bytes);
            Ok(key)
        }
        _ if is_hex => Err(Flaw::Length(line.len() / 2)),
        Some(bytes) => Err(Flaw::Length(bytes.len())),
        None => Err(Flaw::Form),
    }
}

fn base64(line: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = line.trim_end_matches('=');
    let engine = if digits.contains(['-', '_']) {
        URL_SAFE_NO_PAD
    } else {
        STANDARD_NO_PAD
    };
    // Room from the start: a growing vector would leave copies behind.
    let mut bytes = Zeroizing::new(vec![0; digits.len()]);
    let length = engine.decode_slice(digits, &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}
