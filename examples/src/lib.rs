//! What proofs and tests share: a stage with a store, keys, media and a sandbox, and processes to be killed on it. What
//! programs share: how they read their settings, what they do about a database that is gone, the wish to stop, how they say
//! why they end, and how files are served over axum.

pub mod lost;
pub mod public_media;
pub mod settings;
pub mod signals;
pub mod stage;
mod told;

pub use told::told;
