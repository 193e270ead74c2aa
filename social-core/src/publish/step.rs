use std::{fmt, time::Duration};

use crate::model::RemoteId;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::Note;
use crate::error::Error;

/// What happens when the next remote step is carried out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[expect(clippy::exhaustive_enums, reason = "the journal must know all cases")]
pub enum Effect {
    /// Nothing worse than a spent call.
    Repeatable,
    /// A second post. It is never repeated: an interrupted one is reconciled.
    Once {
        /// How long after the last byte the platform may still act on it.
        settle: Duration,
    },
    /// Read from storage: a newer release wrote it, and this one does not know what a repetition does. Nothing is done.
    #[serde(skip_serializing)]
    Unknown,
}

crate::newer::reads_unknown! { Effect: "repeatable", "once" }

/// What can exist on the platform of all that was done so far, beside what is [linked](Checkpoint::links).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "the journal must know all cases")]
pub enum Exposure {
    /// No post, whatever the platform has been given and whatever ids it gave: an upload without its last part, a
    /// container that nobody has published. An error may end the post as `Failed`, or, with links, as `Published` without the rest.
    #[default]
    Nothing,
    /// A post, or more of it than is linked, in public or in the hands of the person. Only the platform's own word ends it.
    PostMayExist,
}

impl Exposure {
    /// Whether a post may exist.
    pub fn post_may_exist(self) -> bool {
        self == Self::PostMayExist
    }
}

/// Where a post stands on its platform. Written before and after every step.
///
/// Three facts that differ between platforms stand apart: `remote_ids` say which events are about the post, `exposure`
/// says whether a post may exist, and whether the platform can be asked is for the publisher to know from `state`. On one
/// platform the first id is that of the post, on another that of a container, which is none.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The name of the next step, for people and for tests.
    pub step: String,
    /// What repeating it would do.
    pub next: Effect,
    /// What can exist on the platform before `step` is carried out. What a started `Once` step may have led to is not
    /// counted in: the journal knows that it was started.
    pub exposure: Exposure,
    /// Every id of the platform by which an event can name this post, in the order in which they were given. They are for
    /// matching alone: an id does not say that a post exists.
    pub remote_ids: Vec<RemoteId>,
    /// Posts of the request that are there while more of it is to be done: the first parts of a thread, a video whose cover is
    /// still to be set. None before the first step. While there are any, the post neither fails nor is cancelled: what
    /// ends it leaves it `Published` with these, and a [note](super::Note) says that the rest is missing; unless `exposure` says
    /// that more may be there than these. A link stays until an answer to `cancel` leaves it out.
    pub links: Vec<PostLink>,
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
            exposure: Exposure::Nothing,
            remote_ids: Vec::new(),
            links: Vec::new(),
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

    /// Adds an id of the platform, unless it is there.
    #[must_use]
    pub fn with_remote_id(mut self, id: RemoteId) -> Self {
        if !self.remote_ids.contains(&id) {
            self.remote_ids.push(id);
        }
        self
    }

    /// Says what can exist on the platform.
    #[must_use]
    pub fn with_exposure(mut self, exposure: Exposure) -> Self {
        self.exposure = exposure;
        self
    }

    /// Adds a post of the request that is there, in the place of the one with its id.
    #[must_use]
    pub fn with_link(mut self, link: PostLink) -> Self {
        match self.links.iter_mut().find(|known| known.id == link.id) {
            Some(known) => *known = link,
            None => self.links.push(link),
        }
        self
    }

    /// Whether a post may exist: by the exposure, or since one is there.
    pub fn post_may_exist(&self) -> bool {
        self.exposure.post_may_exist() || !self.links.is_empty()
    }

    /// The id that the platform gave last.
    pub fn remote_id(&self) -> Option<&RemoteId> {
        self.remote_ids.last()
    }
}

impl fmt::Debug for Checkpoint {
    /// Leaves the state out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("step", &self.step)
            .field("next", &self.next)
            .field("exposure", &self.exposure)
            .field("remote_ids", &self.remote_ids)
            .field("links", &self.links)
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
        /// What to know beside the outcome, as far as it is known now. What was noted before stays, see
        /// [`PostRecord::notes`](crate::store::PostRecord::notes).
        notes: Vec<Note>,
    },
}

impl Step {
    /// More is to be done, and nothing went wrong.
    pub fn pending(checkpoint: Checkpoint, after: Duration) -> Self {
        Self::Pending {
            checkpoint,
            after,
            cause: None,
        }
    }

    /// More is to be done, and something went wrong, yet the checkpoint is to be written down. What leaves the checkpoint as
    /// it was is an error of the step instead.
    pub fn troubled(checkpoint: Checkpoint, after: Duration, cause: Error) -> Self {
        Self::Pending {
            checkpoint,
            after,
            cause: Some(cause),
        }
    }

    /// There is an outcome; it is looked at again after `watch`, if that is said.
    pub fn settled(checkpoint: Checkpoint, outcome: Outcome, watch: Option<Duration>) -> Self {
        Self::Settled {
            checkpoint,
            outcome,
            watch,
            notes: Vec::new(),
        }
    }

    /// Says something beside the outcome. Nothing while more is to be done: it is kept in the state until then.
    #[must_use]
    pub fn noting(mut self, note: Note) -> Self {
        if let Self::Settled { notes, .. } = &mut self {
            notes.push(note);
        }
        self
    }

    /// It did not become a post, and that is final.
    pub fn failed(checkpoint: Checkpoint, error: Error) -> Self {
        Self::settled(checkpoint, Outcome::Failed(error), None)
    }
}

/// How a post ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", remote = "Self")]
#[non_exhaustive]
pub enum Outcome {
    /// The platform handed it to the person, who finishes it in the platform's app.
    AwaitingUser,
    /// It was stopped before it became a post.
    Cancelled,
    /// It did not become a post, and why.
    Failed(Error),
    /// It is a post, or the part of one that a [note](super::NoteKind::Rest) tells of. The platform may give links later, or never.
    Published(Vec<PostLink>),
    /// Nobody can tell. It is not sent again.
    Undecided,
    /// Read from storage: one that a newer release wrote and this one does not know.
    #[serde(skip_serializing)]
    Unknown,
}

crate::newer::reads_unknown! { Outcome: "awaiting_user", "cancelled", "failed", "published", "undecided" }

impl Outcome {
    /// Since when the public can see nothing of what was published, as far as the platform has told.
    pub fn hidden_since(&self) -> Option<DateTime<Utc>> {
        let Self::Published(links) = self else {
            return None;
        };
        let since: Option<Vec<_>> = links.iter().map(|link| link.hidden_at).collect();
        since?.into_iter().max()
    }
}

/// A post on its platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PostLink {
    /// The platform's id of the post, as text: such ids exceed 2^53.
    pub id: String,
    /// Its public address, where one is known and leads to it.
    pub url: Option<Url>,
    /// Since when the platform says that the public cannot see it any more; it stays a post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_at: Option<DateTime<Utc>>,
}

impl PostLink {
    /// A post and its address.
    pub fn new(id: impl Into<String>, url: Option<Url>) -> Self {
        Self {
            id: id.into(),
            url,
            hidden_at: None,
        }
    }

    /// Whether this post is among them, whatever is said of it there.
    pub(crate) fn is_among(&self, links: &[Self]) -> bool {
        links.iter().any(|other| other.id == self.id)
    }

    /// Says since when the public cannot see it any more.
    #[must_use]
    pub fn hidden(mut self, at: DateTime<Utc>) -> Self {
        self.url = None;
        self.hidden_at = Some(at);
        self
    }
}
