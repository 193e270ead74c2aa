//! One refresh of a record at a time in this process; the others follow it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::{error::Result, store::Revision};

pub(super) type Outcome = Option<Result<Flown>>;

/// What a flight that did not fail has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flown {
    /// The tokens were refreshed, by it or by somebody else.
    Refreshed,
    /// Nothing was asked: what is stored has changed, perhaps to tokens that have ended too.
    Changed,
}

#[derive(Clone, Default)]
pub(super) struct Flights(Arc<Mutex<Board>>);

/// By row and revision.
type Board = HashMap<(String, Revision), watch::Receiver<Outcome>>;

pub(super) enum Boarding {
    Follow(watch::Receiver<Outcome>),
    Lead(Pilot, watch::Receiver<Outcome>),
}

/// Must land. When it is dropped instead, by a panic, its followers learn that too: nobody waits for ever.
pub(super) struct Pilot {
    flights: Flights,
    flight: (String, Revision),
    outcome: watch::Sender<Outcome>,
}

impl Flights {
    /// Follows the refresh of the row at this revision, or leads it. A flight of another revision is left to itself.
    pub(super) fn board(&self, row: &str, at: Revision) -> Boarding {
        let mut board = self.lock();
        let flight = (row.to_owned(), at);
        if let Some(outcome) = board.get(&flight) {
            return Boarding::Follow(outcome.clone());
        }
        let (sender, outcome) = watch::channel(None);
        board.insert(flight.clone(), outcome.clone());
        let pilot = Pilot {
            flights: self.clone(),
            flight,
            outcome: sender,
        };
        Boarding::Lead(pilot, outcome)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pilot {
    /// Tells the followers.
    pub(super) fn land(self, result: Result<Flown>) {
        self.outcome.send_replace(Some(result));
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.flight);
    }
}
