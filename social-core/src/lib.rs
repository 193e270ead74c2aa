#![doc = include_str!("../README.md")]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]
//!
//! # A tour
//!
//! ```
//! use social_core::{
//!     BuildError, LocalKeyRing, MediaDir, MediaStoreExt, PlatformKit, Social, memory::MemoryStore,
//!     model::{AppId, AppKey, OwnerId, Platform},
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! // A platform crate gives the kit: its logins and its publisher. This one can do nothing.
//! let kit = PlatformKit::new(AppKey::new(Platform::new("example"), AppId::new("our app")?));
//! let social = Social::builder()
//!     .stores(MemoryStore::default())
//!     .keys(LocalKeyRing::file(folder.path().join("social.key")))
//!     .media(MediaDir::open(folder.path().join("media"))?)
//!     .platform(kit)
//!     .build()
//!     .await?;
//! let media = social.media().put_bytes(b"a video".to_vec()).await?;
//! assert_eq!(media.size, 7);
//! // Ids are checked once, where they come in.
//! let owner = OwnerId::new("somebody")?;
//! assert!(social.accounts(&owner).await?.is_empty());
//!
//! // Everything that is missing is named at once.
//! let Err(BuildError::Missing { names, .. }) = Social::builder().build().await else { panic!() };
//! assert_eq!(names, ["stores", "keys", "media", "platform"]);
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod content;
pub mod error;
pub mod http;
pub mod hub;
pub mod login;
pub mod media;
pub mod memory;
pub mod model;
mod newer;
pub mod oauth;
pub mod platform;
pub mod publish;
pub mod random;
pub mod store;
mod tasks;
pub mod time;
pub mod tokens;
pub mod vault;
pub mod webhook;
pub mod wish;

pub use error::{BuildError, Error, ErrorKind, LimitScope, Reason, Remedy, Result};
pub use hub::{Change, OpenPost, PlatformKit, Post, Social, Stores, Submission, WorkerContext};
pub use media::{MediaDir, MediaStore, MediaStoreExt, PublicMedia};
pub use publish::PublishRequest;
pub use vault::{KeyRing, LocalKeyRing, Vault};
