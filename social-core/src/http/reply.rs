use std::{fmt, time::Duration};

use ::http::{HeaderMap, HeaderName, StatusCode, header};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};

use super::failure::Failure;
use crate::{error::Result, wish::LONGEST};

/// An answer with its whole body.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Reply {
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most as long as the client reads.
    pub body: Bytes,
}

impl Reply {
    /// How long the platform asks to wait (`Retry-After`, seconds or a date), at most
    /// [a day](crate::wish::LONGEST). A date is measured from the answer's own `Date`, or from `now` when it has none. A
    /// wish, which may be for no time at all: [`heed`](crate::wish::heed) makes a wait of it.
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let value = self.text(header::RETRY_AFTER)?;
        let wait = match value.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            // More seconds than can be counted.
            Err(_) if is_number(value) => LONGEST,
            Err(_) => {
                let base = self.text(header::DATE).and_then(date).unwrap_or(now);
                // A date that has passed asks for no wait.
                (date(value)? - base).to_std().unwrap_or(Duration::ZERO)
            }
        };
        Some(wait.min(LONGEST))
    }

    fn text(&self, name: HeaderName) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().ok()?.trim())
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text)
        .ok()
        .map(|date| date.to_utc())
}

impl fmt::Debug for Reply {
    /// Leaves headers and body out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

pub(super) async fn read(
    mut response: reqwest::Response,
    max: usize,
    failure: &Failure,
) -> Result<Reply> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    let next = |error| failure.broken_answer(error);
    while let Some(piece) = response.chunk().await.map_err(next)? {
        if body.len() + piece.len() > max {
            return Err(failure.large_answer(max));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Reply {
        status,
        headers,
        body: body.freeze(),
    })
}
