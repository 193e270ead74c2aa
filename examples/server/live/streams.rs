//! The open streams of each sign-in: a browser opens one a page, and six a server at most.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::session::store::Session;

/// The most streams of one sign-in.
const MOST: usize = 8;

/// Every open stream. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<[u8; 32], Of>>>);

/// The streams of one sign-in.
#[derive(Debug, Default)]
struct Of {
    open: usize,
    ended: CancellationToken,
}

/// One open stream's place; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    streams: Streams,
    session: [u8; 32],
    /// The person has signed out.
    pub(super) ended: CancellationToken,
}

impl Streams {
    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Of>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, if there is one.
    pub(super) fn open(&self, session: &Session) -> Option<Place> {
        let mut all = self.all();
        let of = all.entry(session.hash).or_default();
        (of.open < MOST).then(|| {
            of.open += 1;
            Place {
                streams: self.clone(),
                session: session.hash,
                ended: of.ended.clone(),
            }
        })
    }

    /// Ends every stream of a sign-in.
    pub(crate) fn end(&self, session: &Session) {
        if let Some(of) = self.all().get(&session.hash) {
            of.ended.cancel();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.streams.all();
        if let Some(of) = all.get_mut(&self.session) {
            of.open -= 1;
            if of.open == 0 {
                all.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use social_core::conformance::named;

    use super::*;

    #[test]
    fn a_sign_in_has_eight_places_and_signing_out_ends_them() {
        let streams = Streams::default();
        let session = |n| Session {
            user: named("local"),
            hash: [n; 32],
        };
        let places: Vec<Place> = (0..MOST)
            .filter_map(|_| streams.open(&session(1)))
            .collect();
        assert_eq!(places.len(), MOST);
        assert!(streams.open(&session(1)).is_none());
        let other = streams.open(&session(2)).expect("another sign-in's place");
        streams.end(&session(1));
        assert!(
            places.iter().all(|place| place.ended.is_cancelled()) && !other.ended.is_cancelled()
        );
        drop(places);
        let again = streams.open(&session(1)).expect("a place again");
        assert!(!again.ended.is_cancelled());
    }
}
