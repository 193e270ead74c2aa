use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::error::Error;

/// What happens when the next remote step is carried out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "the journal must know all cases")]
pub enum Effect {
    /// Nothing worse than a spent call.
    Repeatable,
    /// A second post. It is never repeated: an interrupted one is reconciled.
    Once {
        /// How long after the last byte the platform may still act on it.
        settle: Duration,
    },
}

/// Where a post stands on its platform. Written before and after every step.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The name of the next step, for people and for tests.
    pub step: String,
    /// What repeating it would do.
    pub next: Effect,
    /// The platform's id, once it gave one.
    pub remote_id: Option<String>,
    /// The form of `state`. A release reads the next form and writes this one.
    pub version: u16,
    /// What the platform crate needs to go on. Sealed at rest: it may hold an upload address.
    pub state: Value,
}

impl Checkpoint {
    /// The state before a repeatable step.
    pub fn new(step: impl Into<String>, version: u16, state: Value) -> Self {
        Self {
            step: step.into(),
            next: Effect::Repeatable,
            remote_id: None,
            version,
            state,
        }
    }

    /// Says that the next step must happen at most once.
    #[must_use]
    pub fn once(mut self, settle: Duration) -> Self {
        self.next = Effect::Once { settle };
        self
    }

    /// Keeps the platform's id.
    #[must_use]
    pub fn with_remote_id(mut self, id: impl Into<String>) -> Self {
        self.remote_id = Some(id.into());
        self
    }
}

impl fmt::Debug for Checkpoint {
    /// Leaves the state out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("step", &self.step)
            .field("next", &self.next)
            .field("remote_id", &self.remote_id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What one remote step led to.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all cases")]
pub enum Step {
    /// More is to be done.
    Pending {
        /// Where it stands now.
        checkpoint: Checkpoint,
        /// How long to wait before the next step.
        after: Duration,
        /// Why it waits, when something went wrong.
        cause: Option<Error>,
    },
    /// There is an outcome.
    Settled {
        /// Where it stands now.
        checkpoint: Checkpoint,
        /// The outcome.
        outcome: Outcome,
        /// Whether to look again later, for example for the public link.
        watch: Option<Duration>,
    },
}

/// How a post ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The platform handed it to the person, who finishes it in the platform's app.
    AwaitingUser,
    /// It was stopped before it became a post.
    Cancelled,
    /// It did not become a post, and why.
    Failed(Error),
    /// It is a post. The platform may give links later, or never.
    Published(Vec<PostLink>),
    /// Nobody can tell. It is not sent again.
    Undecided,
}

/// A post on its platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PostLink {
    /// The platform's id of the post, as text: such ids exceed 2^53.
    pub id: String,
    /// Its public address, where one is known.
    pub url: Option<Url>,
}

impl PostLink {
    /// A post and its address.
    pub fn new(id: impl Into<String>, url: Option<Url>) -> Self {
        Self { id: id.into(), url }
    }
}
