//! What was asked of the platform, and how it answered. No secret is kept here: paths are without
//! their query, bodies and headers are left out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::calls::Note;
use crate::endpoint::Endpoint;

/// Older requests are forgotten.
const KEPT: usize = 5000;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// Not yet: it is being worked on or held.
    Open,
    /// With an answer.
    Answered,
    /// The sandbox closed the connection, as a fault asked.
    Dropped,
    /// The client went away before the answer.
    ClientGone,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// When it arrived, on the virtual clock.
    pub at: DateTime<Utc>,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// How it ended.
    pub ending: Ending,
    /// The HTTP status; of a dropped or held call, the one that was made up but not sent.
    pub status: Option<u16>,
    /// The error code in the body, "ok" if it is none.
    pub code: Option<String>,
    /// The app.
    pub client_key: Option<String>,
    /// The publish it is about.
    pub publish_id: Option<String>,
    /// Counts the calls of this endpoint for the same publish or, where there is none, at all.
    pub attempt: u32,
    /// The log id of the answer.
    pub log_id: String,
    /// What was taken and did nothing.
    pub warnings: Vec<String>,
}

#[derive(Debug, Default)]
struct Log {
    first: u64,
    exchanges: VecDeque<Exchange>,
    attempts: BTreeMap<(Endpoint, Option<String>), u32>,
}

/// The requests so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transcript(Arc<Mutex<Log>>);

impl Transcript {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request that has just arrived.
    pub(crate) fn begin(
        &self,
        at: DateTime<Utc>,
        endpoint: Endpoint,
        method: &str,
        path: &str,
        log_id: &str,
    ) -> Open {
        let mut log = self.log();
        if log.exchanges.len() == KEPT {
            log.exchanges.pop_front();
            log.first += 1;
        }
        log.exchanges.push_back(Exchange {
            at,
            endpoint,
            method: method.to_owned(),
            path: path.to_owned(),
            ending: Ending::Open,
            status: None,
            code: None,
            client_key: None,
            publish_id: None,
            attempt: 0,
            log_id: log_id.to_owned(),
            warnings: Vec::new(),
        });
        let number = log.first + log.exchanges.len() as u64 - 1;
        Open {
            transcript: self.clone(),
            number,
            ended: false,
        }
    }

    /// Oldest first.
    pub(crate) fn list(&self) -> Vec<Exchange> {
        self.log().exchanges.iter().cloned().collect()
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Exchange)) {
        let mut log = self.log();
        let index = number
            .checked_sub(log.first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(exchange) = index.and_then(|index| log.exchanges.get_mut(index)) {
            change(exchange);
        }
    }

    fn attempt(&self, endpoint: Endpoint, publish_id: Option<&String>) -> u32 {
        let mut log = self.log();
        let count = log
            .attempts
            .entry((endpoint, publish_id.cloned()))
            .or_default();
        *count += 1;
        *count
    }
}

/// A request that has no end yet.
#[derive(Debug)]
pub(crate) struct Open {
    transcript: Transcript,
    number: u64,
    ended: bool,
}

impl Open {
    /// The work is done; whether the answer will leave is another matter.
    pub(crate) fn worked(&self, endpoint: Endpoint, status: Option<u16>, note: Option<&Note>) {
        let publish_id = note.and_then(|note| note.publish_id.clone());
        let attempt = self.transcript.attempt(endpoint, publish_id.as_ref());
        self.transcript.change(self.number, |exchange| {
            exchange.status = status;
            exchange.code = note.map(|note| note.code.to_owned());
            exchange.client_key = note.and_then(|note| note.client_key.clone());
            exchange.publish_id = publish_id;
            exchange.warnings = note.map(|note| note.warnings.clone()).unwrap_or_default();
            exchange.attempt = attempt;
        });
    }

    pub(crate) fn end(mut self, ending: Ending) {
        self.ended = true;
        self.transcript
            .change(self.number, |exchange| exchange.ending = ending);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.ended {
            self.transcript
                .change(self.number, |exchange| exchange.ending = Ending::ClientGone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_requests_make_room_and_open_ones_stay_right() {
        let transcript = Transcript::default();
        let at = DateTime::default();
        let begin = |id: usize| transcript.begin(at, Endpoint::Init, "POST", "/", &id.to_string());
        let first = begin(0);
        let second = begin(1);
        for id in 2..=KEPT {
            begin(id).end(Ending::Answered);
        }
        first.end(Ending::Dropped);
        second.end(Ending::Answered);
        let list = transcript.list();
        assert_eq!(list.len(), KEPT);
        assert_eq!(
            (list[0].log_id.as_str(), list[0].ending),
            ("1", Ending::Answered)
        );
        assert!(
            list.iter()
                .all(|exchange| exchange.ending == Ending::Answered)
        );
    }
}
