//! Contracts, hub and pure logic.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
pub mod login;
pub mod media;
pub mod memory;
pub mod model;
pub mod oauth;
pub mod publish;
pub mod random;
pub mod store;
pub mod time;
pub mod tokens;
pub mod vault;

pub use error::{Error, ErrorKind, LimitScope, Remedy, Result};
pub use vault::{KeyRing, LocalKeyRing, Vault};
