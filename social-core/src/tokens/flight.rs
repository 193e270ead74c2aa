//! One refresh of a record at a time in this process; the others follow it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::{error::Result, store::Revision};

pub(super) type Outcome = Option<Result<()>>;

#[derive(Clone, Default)]
pub(super) struct Flights(Arc<Mutex<Board>>);

#[derive(Default)]
struct Board {
    next: u64,
    flights: HashMap<String, Flight>,
}

struct Flight {
    id: u64,
    at: Revision,
    outcome: watch::Receiver<Outcome>,
}

pub(super) enum Boarding {
    Follow(watch::Receiver<Outcome>),
    Lead(Pilot, watch::Receiver<Outcome>),
}

/// Must land. When it is dropped instead, by a panic, its followers learn that too: nobody waits for ever.
pub(super) struct Pilot {
    flights: Flights,
    row: String,
    id: u64,
    outcome: watch::Sender<Outcome>,
}

impl Flights {
    /// Follows the refresh of the row at this revision, or leads it. A flight of another revision is left to itself.
    pub(super) fn board(&self, row: &str, at: Revision) -> Boarding {
        let mut board = self.lock();
        if let Some(flight) = board.flights.get(row).filter(|flight| flight.at == at) {
            return Boarding::Follow(flight.outcome.clone());
        }
        let (sender, outcome) = watch::channel(None);
        board.next += 1;
        let flight = Flight {
            id: board.next,
            at,
            outcome: outcome.clone(),
        };
        let pilot = Pilot {
            flights: self.clone(),
            row: row.to_owned(),
            id: flight.id,
            outcome: sender,
        };
        board.flights.insert(row.to_owned(), flight);
        Boarding::Lead(pilot, outcome)
    }

    /// Waits until nothing flies.
    pub(super) async fn idle(&self) {
        loop {
            let next = self
                .lock()
                .flights
                .values()
                .next()
                .map(|f| f.outcome.clone());
            let Some(mut outcome) = next else { return };
            // Ends when the pilot is gone, and with it the entry.
            while outcome.changed().await.is_ok() {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pilot {
    /// Tells the followers.
    pub(super) fn land(self, result: Result<()>) {
        self.outcome.send_replace(Some(result));
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        let mut board = self.flights.lock();
        if board
            .flights
            .get(&self.row)
            .is_some_and(|f| f.id == self.id)
        {
            board.flights.remove(&self.row);
        }
    }
}
