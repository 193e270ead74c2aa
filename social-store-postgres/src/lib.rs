#![doc = include_str!("../README.md")]

mod db;
mod error;
mod migrate;
mod sql;
mod store;
mod values;

pub use store::{PgBuilder, PgStore};
