//! Webhooks: what happened, told to the app's callback URL.
//!
//! <https://developers.tiktok.com/doc/webhooks-overview>: one event a request, at least once, in no
//! promised order. Only 200 counts; anything else is tried again with growing gaps for 72 hours.

pub(crate) mod callback;
pub(crate) mod courier;
pub(crate) mod delivery;
pub(crate) mod event;
mod happened;
pub(crate) mod outbox;
pub(crate) mod settings;
mod signature;
