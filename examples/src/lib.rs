//! What proofs and tests share: a stage with a store, keys, media and a sandbox, and processes to be killed on it. What
//! programs share: how they read their settings, what they do about a database that is gone, and the wish to stop. And how
//! files are served over axum.

pub mod lost;
pub mod public_media;
pub mod settings;
pub mod signals;
pub mod stage;
