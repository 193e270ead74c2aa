//! What proofs and tests share: a stage with a store, keys, media and a sandbox, and processes to be killed on it. What
//! programs share: how they read their settings, and what they do about a database that is gone.

pub mod lost;
pub mod settings;
pub mod stage;
