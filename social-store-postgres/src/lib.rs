#![doc = include_str!("../README.md")]

#[cfg(feature = "test-util")]
mod clock;
mod db;
mod error;
mod events;
mod limits;
mod installation;
mod logins;
mod migrate;
mod posts;
mod sealed;
mod sql;
mod store;
mod tokens;
mod values;
mod wakes;

pub use store::{PgBuilder, PgStore};
