//! What proofs and tests share: a stage with a store, keys, media and a sandbox, and processes to be killed on it.

pub mod stage;
