//! Requests per minute of one user token.
//!
//! TikTok counts per user access token; the sandbox counts per app and user, so that refreshing
//! does not open a new window. The window slides.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::calls::Endpoint;
use crate::clock::Millis;

const WINDOW: Millis = 60_000;

/// The accepted requests of the last minute, by endpoint and user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rates {
    taken: BTreeMap<String, VecDeque<Millis>>,
    #[serde(skip)]
    unlimited: bool,
}

/// How many requests a minute an endpoint takes from one user token.
pub(crate) fn per_minute(endpoint: Endpoint) -> Option<usize> {
    match endpoint {
        Endpoint::Init => Some(6),
        Endpoint::CreatorInfo => Some(20),
        Endpoint::Status => Some(30),
        Endpoint::UserInfo | Endpoint::VideoList | Endpoint::VideoQuery => Some(600),
        _ => None,
    }
}

impl Rates {
    /// Switches the limits on or off.
    pub(crate) fn limit(&mut self, limited: bool) {
        self.unlimited = !limited;
    }

    /// Counts a request. `false` means it is over the limit; such a request is not counted.
    pub(crate) fn take(&mut self, endpoint: Endpoint, user: &str, now: Millis) -> bool {
        let Some(limit) = per_minute(endpoint) else {
            return true;
        };
        if self.unlimited {
            return true;
        }
        let taken = self
            .taken
            .entry(format!("{} {user}", endpoint.name()))
            .or_default();
        while taken
            .front()
            .is_some_and(|at| now.saturating_sub(*at) >= WINDOW)
        {
            taken.pop_front();
        }
        if taken.len() >= limit {
            return false;
        }
        taken.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut rates = Rates::default();
        for second in 0..6 {
            assert!(rates.take(Endpoint::Init, "a", second * 1000));
        }
        assert!(!rates.take(Endpoint::Init, "a", 59_999));
        assert!(rates.take(Endpoint::Init, "b", 59_999));
        assert!(rates.take(Endpoint::Init, "a", 60_000));
        assert!(!rates.take(Endpoint::Init, "a", 60_999));
        assert!(rates.take(Endpoint::Init, "a", 61_000));
    }
}
