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
        Endpoint::Init | Endpoint::InboxInit | Endpoint::PhotoInit => Some(6),
        Endpoint::CreatorInfo => Some(20),
        // Of cancel it is only said that there is a limit.
        Endpoint::Status | Endpoint::Cancel => Some(30),
        Endpoint::UserInfo | Endpoint::VideoList | Endpoint::VideoQuery => Some(600),
        _ => None,
    }
}

/// The endpoints that share a count have one name. Whether the inits do is not said; a client that
/// counts them together is right either way.
fn bucket(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::InboxInit | Endpoint::PhotoInit => Endpoint::Init.name(),
        other => other.name(),
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
            .entry(format!("{} {user}", bucket(endpoint)))
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

    #[test]
    fn the_inits_share_one_count() {
        let mut rates = Rates::default();
        let inits = [Endpoint::Init, Endpoint::InboxInit, Endpoint::PhotoInit];
        for endpoint in inits.into_iter().cycle().take(6) {
            assert!(rates.take(endpoint, "a", 0));
        }
        assert!(inits.into_iter().all(|init| !rates.take(init, "a", 0)));
        assert!(rates.take(Endpoint::Cancel, "a", 0));
    }
}
