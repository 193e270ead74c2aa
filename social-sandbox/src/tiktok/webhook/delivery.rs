//! One event on its way to a callback URL.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// An event that nobody took is dropped after this.
const GIVE_UP: TimeDelta = TimeDelta::hours(72);
/// The first gap between two tries; each further one is twice as long.
const FIRST_GAP_SECONDS: i64 = 10;

/// What has become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// Answered with 200.
    Delivered,
    /// Not taken for 72 hours, or the app has no callback URL any more.
    Dropped,
    /// Yet to be sent, or to be sent again.
    Pending,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// When, on the virtual clock.
    pub at: DateTime<Utc>,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub problem: Option<String>,
}

/// An event for one app's callback URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// Counts deliveries, copies too. It is not sent.
    pub id: u64,
    /// The app.
    pub client_key: String,
    /// The name of the event, as it is sent.
    pub event: String,
    /// The body, as it is sent.
    pub body: String,
    /// When it happened, on the virtual clock.
    pub happened_at: DateTime<Utc>,
    /// When it is to be sent next; of one that is no longer pending, when it last was.
    pub due_at: DateTime<Utc>,
    /// What has become of it.
    pub state: DeliveryState,
    /// The tries so far.
    pub attempts: Vec<DeliveryAttempt>,
    /// The time in the signature of the first try, in seconds.
    pub signed_at: Option<i64>,
}

impl WebhookDelivery {
    pub(crate) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.state == DeliveryState::Pending && self.due_at <= now
    }

    /// Notes a try: 200 ends it, anything else puts it off, and 72 hours end it too.
    pub(crate) fn tried(&mut self, now: DateTime<Utc>, answer: Result<u16, String>) {
        let status = answer.as_ref().ok().copied();
        self.attempts.push(DeliveryAttempt {
            at: now,
            status,
            problem: answer.err(),
        });
        if status == Some(200) {
            self.state = DeliveryState::Delivered;
            return;
        }
        let next = now + gap(self.attempts.len());
        if next > self.happened_at + GIVE_UP {
            self.state = DeliveryState::Dropped;
        } else {
            self.due_at = next;
        }
    }
}

/// How long to wait after so many tries.
fn gap(attempts: usize) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let seconds = FIRST_GAP_SECONDS.checked_shl(doublings.min(40));
    seconds.map_or(GIVE_UP, TimeDelta::seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> WebhookDelivery {
        WebhookDelivery {
            id: 1,
            client_key: String::new(),
            event: String::new(),
            body: String::new(),
            happened_at: DateTime::default(),
            due_at: DateTime::default(),
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            signed_at: None,
        }
    }

    #[test]
    fn the_gaps_double_until_72_hours_are_over() {
        let mut delivery = delivery();
        let mut gaps = Vec::new();
        while delivery.state == DeliveryState::Pending {
            let now = delivery.due_at;
            delivery.tried(now, Ok(500));
            gaps.push((delivery.due_at - now).num_seconds());
        }
        assert_eq!(gaps[..4], [10, 20, 40, 80]);
        assert_eq!(gaps.len(), 15);
        assert_eq!(delivery.state, DeliveryState::Dropped);
        let last = delivery.attempts.last().unwrap().at - delivery.happened_at;
        assert!(last < GIVE_UP && last > GIVE_UP / 2, "{last}");
    }

    #[test]
    fn only_200_counts() {
        for status in [201, 204, 301, 400, 503] {
            let mut delivery = delivery();
            delivery.tried(DateTime::default(), Ok(status));
            assert_eq!(delivery.state, DeliveryState::Pending, "{status}");
        }
        let mut delivery = delivery();
        delivery.tried(DateTime::default(), Err("no answer".to_owned()));
        assert!(!delivery.is_due(DateTime::default()));
        delivery.tried(DateTime::default(), Ok(200));
        assert_eq!(delivery.state, DeliveryState::Delivered);
    }
}
