#![doc = include_str!("../README.md")]

mod address;
#[cfg(feature = "test-util")]
mod clock;
mod db;
mod error;
mod installation;
mod logins;
mod migrate;
mod posts;
mod privileges;
mod sql;
mod store;
mod tokens;
mod values;

pub use store::{PgBuilder, PgStore};
