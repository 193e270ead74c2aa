//! What the processes were told is safe.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use examples::stage::rows;
use social_core::time::{Clock, SystemClock};

use super::note::{Kind, Note};

#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Posts by their ids.
    pub(crate) submitted: BTreeSet<String>,
    /// Posts, and the platform's ids of them.
    pub(crate) settled: BTreeMap<String, String>,
    /// The newest revision of each account, and the name it was saved under.
    pub(crate) saved: BTreeMap<String, (i64, String)>,
    pub(crate) inserted: BTreeSet<String>,
    pub(crate) handled: BTreeSet<String>,
    /// Granted bookings by key.
    pub(crate) booked: BTreeMap<String, u64>,
    /// How often each task was acknowledged something.
    pub(crate) acknowledged: BTreeMap<Kind, u64>,
    /// Calls that failed.
    pub(crate) failed: BTreeMap<Kind, u64>,
    /// What no outage explains.
    pub(crate) unexpected: Vec<String>,
    /// Processes that ended without being asked.
    pub(crate) ended: Vec<String>,
    /// When each task of each process was last acknowledged something.
    heard: BTreeMap<(u64, Kind), Duration>,
}

impl Ledger {
    pub(crate) fn enter(&mut self, process: u64, note: Note) {
        if let Some(kind) = note.kind() {
            *self.acknowledged.entry(kind).or_default() += 1;
            self.heard
                .insert((process, kind), SystemClock::default().elapsed());
        }
        match note {
            Note::Submitted(number) => {
                self.submitted.insert(rows::post_id(number).to_string());
            }
            Note::Settled { post, remote } => {
                if self.settled.insert(post, remote).is_some() {
                    self.unexpected.push("a post was settled twice".to_owned());
                }
            }
            Note::Saved {
                account,
                revision,
                name,
            } => {
                let newest = self.saved.entry(account).or_default();
                if newest.0 == revision {
                    self.unexpected
                        .push("a revision was given twice".to_owned());
                }
                if newest.0 < revision {
                    *newest = (revision, name);
                }
            }
            Note::Inserted(ids) => self.inserted.extend(ids),
            Note::Handled(ids) => {
                for id in ids {
                    if !self.handled.insert(id) {
                        self.unexpected.push("an event was done twice".to_owned());
                    }
                }
            }
            Note::Booked(key) => *self.booked.entry(key).or_default() += 1,
            Note::Failed(kind) => *self.failed.entry(kind).or_default() += 1,
            Note::Unexpected(what) => self.unexpected.push(what),
            Note::Ended => {}
        }
    }

    /// Since when every task of every process has been acknowledged something after `since`; nothing while one has not.
    pub(crate) fn all_since(&self, since: Duration, processes: u64) -> Option<Duration> {
        let all = (0..processes).flat_map(|process| Kind::ALL.map(|kind| (process, kind)));
        let heard = all.map(|task| self.heard.get(&task).filter(|at| **at > since).copied());
        heard.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Forgets when it heard of whom, so that the next hearing is the first.
    pub(crate) fn listen_anew(&mut self) {
        self.heard.clear();
    }
}
