#![doc = include_str!("../README.md")]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod address;
#[cfg(feature = "test-util")]
mod clock;
mod db;
mod error;
mod events;
mod installation;
mod limits;
mod logins;
mod migrate;
mod posts;
mod privileges;
mod sealed;
mod sql;
mod store;
mod tokens;
mod transaction;
mod values;
mod wakes;

pub use store::{PgBuilder, PgStore};
