//! What a platform asks for, turned into a wait.
//!
//! A platform may ask to be left alone for no time at all, for thirty years, or until yesterday. Whoever obeyed would ask it
//! in a circle, or never again. So every such wish goes through [`heed`]: it is never less than what one would wait anyway
//! after so many refusals in a row, and never more than what a limit of a platform can mean.

use std::time::Duration;

use crate::{
    error::{Error, LimitScope, Remedy},
    publish::{is_booked, journal::backoff},
};

/// The longest wait for a token endpoint. Tokens end meanwhile, and nobody can post.
pub const LONGEST_OF_TOKENS: Duration = Duration::from_secs(3_600);

/// The longest wait for anything else. The longest window of a platform is a day; what it holds back for longer is booked
/// and waits in a queue of ours, whose promises are no wishes.
pub const LONGEST: Duration = Duration::from_secs(86_400);

/// How long to wait when a platform asks for `wish`: at least the `usual` wait, and at most the `longest`, unless the usual
/// one is longer still.
pub fn heed(wish: Duration, usual: Duration, longest: Duration) -> Duration {
    wish.min(longest).max(usual)
}

/// The error with its wait made one that can be kept, after `failures` in a row before it. What a queue of ours has
/// promised stays.
pub(crate) fn heeded(error: Error, failures: u32) -> Error {
    let Some((wait, scope)) = wished(&error) else {
        return error;
    };
    let wait = heed(wait, backoff(failures.saturating_add(1)), LONGEST);
    error.with_remedy(Remedy::After { wait, scope })
}

/// Whether a platform asks for the wait: one more refusal in a row.
pub(crate) fn is_wish(error: &Error) -> bool {
    wished(error).is_some()
}

fn wished(error: &Error) -> Option<(Duration, LimitScope)> {
    match error.remedy() {
        Remedy::After { wait, scope } if !is_booked(error) => Some((*wait, *scope)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const SECOND: Duration = Duration::from_secs(1);

    fn asks(wait: Duration) -> Error {
        let scope = LimitScope::Endpoint;
        Error::new(ErrorKind::RateLimited, "too many").with_remedy(Remedy::After { wait, scope })
    }

    fn waits(wish: Duration, failures: u32) -> u64 {
        match heeded(asks(wish), failures).remedy() {
            Remedy::After { wait, .. } => wait.as_secs(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wish_has_a_floor_that_rises_and_a_ceiling() {
        let none: Vec<_> = (0..10).map(|n| waits(Duration::ZERO, n)).collect();
        assert_eq!(none, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        let minute: Vec<_> = (0..10).map(|n| waits(60 * SECOND, n)).collect();
        assert_eq!(minute, [60, 60, 60, 60, 60, 60, 64, 128, 256, 300]);
        for ages in [
            8 * LONGEST,
            Duration::from_secs(1_000_000_000_000),
            Duration::MAX,
        ] {
            assert_eq!(waits(ages, 0), 86_400);
        }
        assert_eq!(waits(LONGEST, 99), 86_400);
    }

    #[test]
    fn the_usual_wait_is_kept_even_where_it_is_the_longest() {
        let (day, hour) = (LONGEST, LONGEST_OF_TOKENS);
        assert_eq!(heed(Duration::ZERO, day, hour), day);
        assert_eq!(heed(Duration::MAX, SECOND, hour), hour);
    }

    #[test]
    fn a_promise_of_our_own_queue_is_kept() {
        let promise = asks(3 * LONGEST).with_code(crate::publish::LIMIT_BOOKED);
        assert_eq!(heeded(promise.clone(), 9), promise);
        assert!(!is_wish(&promise) && is_wish(&asks(SECOND)));
        let other = Error::new(ErrorKind::Unavailable, "no answer");
        assert_eq!(heeded(other.clone(), 9), other);
    }
}
