#![doc = include_str!("../README.md")]

mod batch;
mod events;
mod pace;
mod publish;
mod refresh;
mod reseal;

pub use events::{EventHandler, EventReport, EventSettings, EventWorker, Handled};
pub use publish::{PublishReport, PublishSettings, PublishWorker};
pub use refresh::{RefreshSettings, RefreshWorker};
pub use reseal::{ResealReport, ResealSettings, ResealWorker, Unreadable};
