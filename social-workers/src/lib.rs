//! Workers: they carry out what [`social_core::Social`] has stored.
//!
//! [`PublishWorker`] publishes posts, [`RefreshWorker`] keeps tokens fresh. Each has `run_once`, which does what is due
//! and answers what it did, and `run`, which goes on until a future of the caller's is done. Any number of them may run
//! in any number of processes on one store. No error ends a worker: errors are written to the post or the account, told
//! by `tracing`, and tried again.

mod pace;
mod publish;
mod refresh;

pub use publish::{PublishReport, PublishSettings, PublishWorker};
pub use refresh::{RefreshSettings, RefreshWorker};
