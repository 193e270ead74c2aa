//! Contracts, hub and pure logic.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
pub mod http;
pub mod hub;
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
pub use hub::{BuildError, Change, OpenPost, PlatformKit, Post, PostStatus, Social, Stores};
pub use media::{MediaDir, MediaStore, MediaStoreExt};
pub use publish::PublishRequest;
pub use vault::{KeyRing, LocalKeyRing, Vault};
