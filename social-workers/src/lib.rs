#![doc = include_str!("../README.md")]

mod pace;
mod publish;
mod refresh;

pub use publish::{PublishReport, PublishSettings, PublishWorker};
pub use refresh::{RefreshSettings, RefreshWorker};
