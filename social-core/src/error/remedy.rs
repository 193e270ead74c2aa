use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[non_exhaustive]
pub enum Remedy {
    /// Try the same again, later and ever more seldom. Of a call that causes something it also says: it was certainly
    /// not carried out.
    Backoff,
    /// Try the same again after `wait`; everything in `scope` has to wait.
    After {
        /// How long, at least.
        wait: Duration,
        /// What has to wait.
        scope: LimitScope,
    },
    /// Change `field`; `rule` names what it breaks.
    FixInput {
        /// The field, as the request names it.
        field: String,
        /// A stable id of the rule, for example `caption.length`.
        rule: String,
    },
    /// Refresh the access token once, then try again.
    Refresh,
    /// The person has to connect the account again.
    Reauthorize,
    /// The call may have been carried out: find out, never repeat.
    Reconcile,
    /// Whoever runs this has to change configuration, keys or storage.
    Operator,
    /// Nothing helps; do not try again.
    Never,
    /// Read from storage: one that a newer release wrote and this one does not know.
    Unknown,
}

crate::newer::reads_unknown! { Remedy: "backoff", "after", "fix_input", "refresh", "reauthorize", "reconcile", "operator", "never" }

/// What a limit covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitScope {
    /// One connected account.
    Account,
    /// The whole platform app.
    App,
    /// One endpoint of one account.
    Endpoint,
    /// Read from storage: one that a newer release wrote and this one does not know.
    #[serde(other)]
    Unknown,
}
