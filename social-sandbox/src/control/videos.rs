//! The control surface's part for what accounts show.

use super::{Control, ControlError};
use crate::tiktok::account;
use crate::tiktok::display::{self, AccountStats, VideoMetrics};

impl Control {
    /// Sets the counts of a public video, which then stay as they are.
    ///
    /// # Errors
    /// There is no such public video.
    pub fn set_metrics(&self, video_id: &str, metrics: VideoMetrics) -> Result<(), ControlError> {
        self.0.change(|world, now| {
            let id = video_id.parse().ok();
            let id = id.filter(|id| display::find(world, *id, now).is_some());
            let none = || ControlError(format!("there is no public video {video_id:?}"));
            world.metrics.insert(id.ok_or_else(none)?, metrics);
            Ok(())
        })
    }

    /// Sets the counts of an account.
    ///
    /// # Errors
    /// There is no such account.
    pub fn set_account_stats(
        &self,
        account: &str,
        stats: AccountStats,
    ) -> Result<(), ControlError> {
        if account::find(account).is_none() {
            return Err(ControlError(format!("there is no account {account:?}")));
        }
        self.0
            .change(|world, _| world.stats.insert(account.to_owned(), stats));
        Ok(())
    }
}
