#![doc = include_str!("../README.md")]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod batch;
mod events;
mod maintenance;
mod pace;
mod platform_events;
mod publish;
mod refresh;
mod reseal;
mod subscriptions;

pub use events::{EventReport, EventSettings, EventWorker};
pub use maintenance::{MaintenanceReport, MaintenanceSettings, MaintenanceWorker};
pub use platform_events::PlatformEvents;
pub use publish::{PublishReport, PublishSettings, PublishWorker};
pub use refresh::{RefreshSettings, RefreshWorker};
pub use reseal::{ResealReport, ResealSettings, ResealWorker, Unreadable};
pub use subscriptions::{Refusal, SubscriptionReport, SubscriptionSettings, SubscriptionWorker};
