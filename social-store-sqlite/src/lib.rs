#![doc = include_str!("../README.md")]

mod connections;
mod error;
mod installation;
mod later;
mod logins;
mod migrate;
mod posts;
mod sql;
mod store;
mod tokens;
mod values;

pub use store::{SqliteBuilder, SqliteStore};
