#![doc = include_str!("../README.md")]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod clock;
mod connections;
mod error;
mod events;
mod installation;
mod life;
mod limits;
mod logins;
mod migrate;
mod posts;
mod sealed;
mod sql;
mod store;
mod tokens;
mod values;

pub use store::{SqliteBuilder, SqliteStore};
