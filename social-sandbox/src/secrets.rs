//! Every secret the sandbox has issued or received, so that a test can search for them.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Shorter received values are left out: a search for them would match everywhere.
const SHORTEST_RECEIVED: usize = 8;

/// One secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Secret {
    /// What it is: `access_token`, `refresh_token`, `code`, `state`, `code_verifier`,
    /// `upload_token`, `upload_url`, `media_url`, `session` or `client_secret`.
    pub kind: String,
    /// The value itself.
    pub value: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The register of secrets.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Secrets(BTreeSet<Secret>);

impl Secrets {
    /// Notes a secret the sandbox made or was configured with.
    pub(crate) fn issue(&mut self, kind: &str, value: &str) {
        self.0.insert(Secret {
            kind: kind.to_owned(),
            value: value.to_owned(),
        });
    }

    /// Notes a secret that somebody sent.
    pub(crate) fn receive(&mut self, kind: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| value.len() >= SHORTEST_RECEIVED) {
            self.issue(kind, value);
        }
    }

    pub(crate) fn list(&self) -> Vec<Secret> {
        self.0.iter().cloned().collect()
    }
}
