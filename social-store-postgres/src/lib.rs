#![doc = include_str!("../README.md")]

mod db;
mod error;
mod events;
mod limits;
mod migrate;
mod posts;
mod sealed;
mod sql;
mod store;
mod values;
mod wakes;

pub use store::{PgBuilder, PgStore};
