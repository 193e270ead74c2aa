//! Contracts, hub and pure logic.

pub mod error;
pub mod http;
pub mod media;
pub mod model;
pub mod oauth;
pub mod publish;
pub mod random;
pub mod store;
pub mod time;
pub mod vault;

pub use error::{Error, ErrorKind, LimitScope, Remedy, Result};
