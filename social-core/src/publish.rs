//! Publishing: requests, and what a platform provides. [`journal`] is the state machine that makes it happen once.

mod booking;
pub mod journal;
mod note;
mod others;
mod publisher;
mod request;
mod step;

pub use booking::{LIMIT_BOOKED, is_booked};
pub use note::{Note, NoteKind};
pub use others::{OtherPost, OtherPosts};
pub use publisher::{Preflight, Progress, Publisher, StepContext, Violation, media_missing};
pub use request::{
    Consent, MediaItem, MediaRef, MediaRole, MediaType, MissedPolicy, PlatformOptions,
    PublishRequest,
};
pub use step::{Checkpoint, Effect, Exposure, Outcome, PostLink, Step};
