//! The Display API: what an account shows of itself.

mod account_stats;
mod fields;
mod library;
mod list;
mod metrics;
mod query;
mod video;

pub use account_stats::AccountStats;
pub(crate) use list::list;
pub use metrics::VideoMetrics;
pub(crate) use query::query;
pub(crate) use video::{find, public};
