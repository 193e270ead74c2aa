//! Things made to go wrong at an endpoint.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::endpoint::Endpoint;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The connection is closed without an answer; nothing was done.
    DropBefore,
    /// The work is done, then the connection is closed without an answer.
    DropAfter,
    /// The call has arrived and nothing is done until the fault is removed.
    HoldBefore,
    /// The work is done; the answer waits until the fault is removed or the client is gone.
    Hold,
    /// This answer is sent; nothing is done.
    Status {
        /// The HTTP status.
        status: u16,
        /// The body: text is sent as it is, anything else as JSON, nothing as an empty body.
        #[serde(default)]
        body: Value,
    },
    /// This answer is sent in place of the platform's, with these headers.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Headers by name, such as `retry-after`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// As of `status`.
        #[serde(default)]
        body: Value,
        /// Whether the work is done before.
        #[serde(default)]
        done: bool,
    },
    /// The work is done; the answer waits for this long on the virtual clock.
    Slow {
        /// Milliseconds.
        millis: u64,
    },
    /// The platform's own 429; nothing is done.
    Throttle,
    /// The access token of the call becomes invalid before the call is looked at.
    ExpireToken,
}

/// A fault to be armed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// Where it strikes.
    pub endpoint: Endpoint,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How many calls it strikes, 1 unless said.
    #[serde(default = "one")]
    pub times: u64,
    /// How many calls it lets pass first, none unless said.
    #[serde(default)]
    pub skip: u64,
}

fn one() -> u64 {
    1
}

impl Fault {
    /// A fault that strikes the next call.
    pub fn new(endpoint: Endpoint, kind: FaultKind) -> Self {
        Self {
            endpoint,
            kind,
            times: 1,
            skip: 0,
        }
    }

    /// Strikes this many calls.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Lets this many calls pass first.
    #[must_use]
    pub fn skip(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    fn check(&self) -> Result<(), String> {
        let Self { endpoint, kind, .. } = self;
        if matches!(
            endpoint,
            Endpoint::Authorize | Endpoint::Consent | Endpoint::Inbox | Endpoint::Unknown
        ) {
            return Err(format!(
                "no fault strikes {endpoint}; the consent page has its own"
            ));
        }
        match kind {
            FaultKind::ExpireToken | FaultKind::Throttle if !endpoint.takes_bearer() => Err(
                format!("{endpoint} takes no access token: use the kind \"status\" instead"),
            ),
            FaultKind::Status { status, .. } | FaultKind::Answer { status, .. }
                if !(200..=599).contains(status) =>
            {
                Err(format!("{status} is not a status that ends a call"))
            }
            FaultKind::Answer { headers, .. } => {
                let bad = headers.iter().find(|(name, value)| {
                    HeaderName::try_from(name.as_str()).is_err()
                        || HeaderValue::try_from(value.as_str()).is_err()
                });
                match bad {
                    Some((name, _)) => Err(format!("{name:?} is no header that can be sent")),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// An armed fault and what it has done.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ArmedFault {
    /// Its id.
    pub id: u64,
    /// What was asked for.
    #[serde(flatten)]
    pub fault: Fault,
    /// How many calls it has struck.
    pub hits: u64,
    /// How many calls it is holding.
    pub held: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    fault: Fault,
    skip: u64,
    times: u64,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    hits: watch::Sender<u64>,
    held: AtomicU64,
    released: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct List {
    last: u64,
    entries: Vec<Entry>,
}

/// Every armed fault.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<List>);

impl Faults {
    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a fault and returns its id.
    pub(crate) fn arm(&self, fault: Fault) -> Result<u64, String> {
        fault.check()?;
        let mut list = self.list();
        list.last += 1;
        let id = list.last;
        let (skip, times) = (fault.skip, fault.times);
        list.entries.push(Entry {
            id,
            fault,
            skip,
            times,
            tally: Arc::default(),
        });
        Ok(id)
    }

    /// The fault that strikes this call: of those armed for the endpoint, the first that has
    /// nothing left to skip and something left to do.
    pub(crate) fn claim(&self, endpoint: Endpoint) -> Option<Struck> {
        let mut list = self.list();
        for entry in list
            .entries
            .iter_mut()
            .filter(|entry| entry.fault.endpoint == endpoint)
        {
            if entry.times == 0 {
                continue;
            }
            if entry.skip > 0 {
                entry.skip -= 1;
                continue;
            }
            entry.times -= 1;
            return Some(Struck {
                kind: entry.fault.kind.clone(),
                tally: Arc::clone(&entry.tally),
            });
        }
        None
    }

    pub(crate) fn armed(&self) -> Vec<ArmedFault> {
        let view = |entry: &Entry| ArmedFault {
            id: entry.id,
            fault: entry.fault.clone(),
            hits: *entry.tally.hits.borrow(),
            held: entry.tally.held.load(Ordering::SeqCst),
        };
        self.list().entries.iter().map(view).collect()
    }

    /// Removes a fault and lets go what it holds. `false` if there is none with this id.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut list = self.list();
        let before = list.entries.len();
        list.entries.retain(|entry| {
            if entry.id == id {
                entry.tally.released.send_replace(true);
            }
            entry.id != id
        });
        list.entries.len() < before
    }

    /// Removes every fault.
    pub(crate) fn clear(&self) {
        for entry in self.list().entries.drain(..) {
            entry.tally.released.send_replace(true);
        }
    }

    /// Waits until a fault has struck. `false` if there is none with this id.
    pub(crate) async fn struck(&self, id: u64) -> bool {
        let hits = {
            let list = self.list();
            list.entries
                .iter()
                .find(|entry| entry.id == id)
                .map(|entry| entry.tally.hits.subscribe())
        };
        match hits {
            Some(mut hits) => hits.wait_for(|hits| *hits > 0).await.is_ok(),
            None => false,
        }
    }
}

/// A fault that strikes one call.
#[derive(Debug)]
pub(crate) struct Struck {
    pub(crate) kind: FaultKind,
    tally: Arc<Tally>,
}

impl Struck {
    /// Counts the call.
    pub(crate) fn hit(&self) {
        self.tally.hits.send_modify(|hits| *hits += 1);
    }

    /// Counts the call and waits until the fault is removed.
    pub(crate) async fn hold(&self) {
        let mut released = self.tally.released.subscribe();
        self.tally.held.fetch_add(1, Ordering::SeqCst);
        let _held = Held(&self.tally);
        self.hit();
        // The sender lives in `self.tally`, so this ends only when it is released.
        let _ = released.wait_for(|released| *released).await;
    }
}

/// Counts a held call until it is released or its client is gone.
struct Held<'a>(&'a Tally);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(faults: &Faults, endpoint: Endpoint) -> Option<u16> {
        match faults.claim(endpoint)?.kind {
            FaultKind::Status { status, .. } => Some(status),
            _ => None,
        }
    }

    #[test]
    fn one_fault_strikes_a_call_and_the_oldest_ready_one() {
        let faults = Faults::default();
        let kind = |status| FaultKind::Status {
            status,
            body: Value::Null,
        };
        faults
            .arm(Fault::new(Endpoint::Init, kind(500)).skip(2))
            .unwrap();
        faults
            .arm(Fault::new(Endpoint::Init, kind(502)).times(2))
            .unwrap();
        assert_eq!(status(&faults, Endpoint::Status), None);
        let struck: Vec<Option<u16>> = (0..5).map(|_| status(&faults, Endpoint::Init)).collect();
        assert_eq!(struck, [Some(502), Some(502), Some(500), None, None]);
    }

    #[test]
    fn headers_that_cannot_be_sent_are_refused() {
        let answer = |name: &str, value: &str| FaultKind::Answer {
            status: 429,
            headers: [(name.to_owned(), value.to_owned())].into(),
            body: Value::Null,
            done: false,
        };
        let faults = Faults::default();
        for (name, value) in [("retry after", "1"), ("", "1"), ("retry-after", "1\n2")] {
            let fault = Fault::new(Endpoint::Upload, answer(name, value));
            assert!(faults.arm(fault).is_err(), "{name:?} {value:?}");
        }
        let fault = Fault::new(Endpoint::Upload, answer("Retry-After", "1000000000000"));
        assert!(faults.arm(fault).is_ok());
        let json = serde_json::json!({"endpoint": "upload", "kind": "answer", "status": 200});
        let fault: Fault = serde_json::from_value(json).unwrap();
        let FaultKind::Answer { headers, done, .. } = fault.kind else {
            panic!("another kind")
        };
        assert!(headers.is_empty() && !done);
    }

    #[test]
    fn json_names_the_kind_beside_the_rest() {
        let fault = Fault::new(Endpoint::CreatorInfo, FaultKind::Slow { millis: 5 }).skip(1);
        let json = serde_json::json!({
            "endpoint": "creator_info", "kind": "slow", "millis": 5, "times": 1, "skip": 1,
        });
        assert_eq!(serde_json::to_value(&fault).unwrap(), json);
        assert_eq!(serde_json::from_value::<Fault>(json).unwrap(), fault);
    }
}
