//! What a store keeps. Stores see ciphertext only; [`crate::Social`] seals and opens.
//!
//! `now` arguments decide what is due. Leases are durations, measured on the store's own clock, because the clocks of
//! processes differ. Every method is one transaction: dropped at any await it has either happened or not.

mod events;
mod installation;
mod limits;
mod logins;
mod posts;
mod sealed;
mod tokens;
mod wakes;

pub use events::{
    Backlog, ClaimEvents, EventClaim, EventFilter, EventRecord, EventState, EventStore, HandedOver,
    Purge, ReceivedEvent, Replay,
};
pub use installation::{
    Failover, Incarnation, Incarnations, Installation, InstallationStore, InstanceName, LastWrites,
};
pub use limits::{Block, Booking, Counting, Limit, Limits, Room, Usage, Window};
pub use logins::{LoginRecord, LoginStore, OfferRecord};
pub use posts::{
    Cancelled, ClaimPosts, Fence, HeldAccount, HeldFor, HistoryEntry, HistoryKind, NewPost, Next,
    PostClaim, PostContent, PostEdit, PostFilter, PostRecord, PostState, PostStore, RecordStep,
    Recorded, StartStep, Started, Statistics, StoredCheckpoint, Submitted, Told, ToldEvent,
};
pub use sealed::{Resealed, SealedField, SealedPage, SealedStore, SealedValue};
pub use tokens::{
    AccountPage, AccountPlace, ClaimDue, Epoch, Expect, Revision, Stored, TokenClaim, TokenClaimed,
    TokenOrder, TokenRecord, TokenStore, Verdict,
};
pub use wakes::{WakeSender, Wakes};
