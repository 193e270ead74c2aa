use serde::{Deserialize, Serialize};

/// Which of two token sets is the later one, of one account or of accounts that share them. No clock has a part in it: the clocks of
/// two machines differ by more than the time between two consents.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[expect(clippy::exhaustive_structs, reason = "two numbers")]
pub struct TokenOrder {
    /// The consent that they come from, by the number that [`TokenStore::next_number`](super::TokenStore::next_number) gave before
    /// its code was exchanged. Of a disconnected account: the number that was given when the
    /// platform was asked to end its access; 0 where others keep that alive.
    pub consent: i64,
    /// How often tokens of that consent were refreshed.
    pub refresh: i64,
}

impl TokenOrder {
    /// The first set of a consent.
    pub fn first(consent: i64) -> Self {
        Self {
            consent,
            refresh: 0,
        }
    }

    /// The set that a refresh of this one gives.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            refresh: self.refresh.saturating_add(1),
            ..self
        }
    }
}
