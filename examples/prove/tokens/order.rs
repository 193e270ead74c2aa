//! What the proof and its processes say to each other: one line of JSON each way.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::bail;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use social_core::{platform::hex, tokens::TokenSettings};

/// How fast a process is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// The usual times.
    Usual,
    /// Leases and grace of seconds, so that a proof need not wait long for them.
    Hasty,
}

/// The grace of [`Pace::Hasty`].
pub(crate) const GRACE: Duration = Duration::from_secs(2);

impl Pace {
    pub(crate) fn named(name: &str) -> anyhow::Result<Self> {
        match name {
            "usual" => Ok(Self::Usual),
            "hasty" => Ok(Self::Hasty),
            _ => bail!("no such pace"),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Hasty => "hasty",
        }
    }

    pub(crate) fn tokens(self) -> TokenSettings {
        let mut settings = TokenSettings::default();
        // One account is made due again and again.
        settings.distance = Duration::from_millis(50);
        settings.refused_distance = Duration::from_millis(50);
        if matches!(self, Self::Hasty) {
            settings.lease = Duration::from_secs(4);
            settings.deadline = Duration::from_secs(2);
            settings.poll = Duration::from_millis(50);
            settings.grace = GRACE;
            settings.backoff = Duration::from_millis(300);
            settings.save_attempts = 2;
        }
        settings
    }

    /// How long a write waits for another process.
    pub(crate) fn busy(self) -> Option<Duration> {
        matches!(self, Self::Hasty).then_some(Duration::from_millis(500))
    }
}

/// Set the clock, then ask with so many callers at once.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) skew: i64,
    pub(crate) callers: usize,
    /// Whether a refresh worker runs beside them.
    pub(crate) worker: bool,
    /// Whether the callers go away before they are answered.
    pub(crate) leaves: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Callers whose call the platform answered.
    pub(crate) served: u64,
    /// The others, by the code of their error.
    pub(crate) refused: BTreeMap<String, u64>,
    /// The tokens the served ones used, as digests.
    pub(crate) tokens: BTreeSet<String>,
}

impl Report {
    pub(crate) fn all_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// Tells tokens apart without showing them.
pub(crate) fn mark(token: &SecretString) -> String {
    hex::encode(&Sha256::digest(token.expose_secret().as_bytes())[..8])
}
