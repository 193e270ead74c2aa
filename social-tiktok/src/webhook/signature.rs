//! `TikTok-Signature: t=SECONDS,s=HEX`, where HEX is the HMAC-SHA256 of `t.body` under the app's client secret.
//!
//! <https://developers.tiktok.com/doc/webhooks-verification>

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use social_core::{platform::hex, webhook::VerifyError};

const HEADER: &str = "tiktok-signature";

/// A signature as it came.
#[derive(Debug)]
pub(super) struct Signature<'a> {
    pub(super) signed_at: i64,
    /// As it was written: this text is signed.
    time: &'a str,
    mac: [u8; 32],
}

impl<'a> Signature<'a> {
    /// The signature of a delivery that has exactly one.
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, VerifyError> {
        let mut values = headers.get_all(HEADER).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().and_then(Self::parse),
            _ => None,
        }
        .ok_or(VerifyError::Malformed)
    }

    /// Keys that are not known are passed over; `t` and `s` are there once each.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (mut time, mut mac) = (None, None);
        for part in text.split(',') {
            let Some((key, value)) = part.split_once('=') else {
                continue;
            };
            let slot = match key.trim() {
                "t" => &mut time,
                "s" => &mut mac,
                _ => continue,
            };
            if slot.replace(value.trim()).is_some() {
                return None;
            }
        }
        let time = time.filter(|time| time.bytes().all(|byte| byte.is_ascii_digit()))?;
        let mut signature = Self {
            signed_at: time.parse().ok()?,
            time,
            mac: [0; 32],
        };
        hex::decode_to(mac?, &mut signature.mac)?;
        Some(signature)
    }

    /// Compares in constant time, under every secret.
    pub(super) fn check(&self, body: &[u8], secrets: &[SecretString]) -> Result<(), VerifyError> {
        let fits = |secret: &SecretString| {
            let key = secret.expose_secret().as_bytes();
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
                return false;
            };
            mac.update(self.time.as_bytes());
            mac.update(b".");
            mac.update(body);
            mac.verify_slice(&self.mac).is_ok()
        };
        if secrets.iter().any(fits) {
            Ok(())
        } else {
            Err(VerifyError::Signature)
        }
    }
}
