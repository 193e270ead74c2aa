use tokio::sync::broadcast;

use super::{Social, WorkerContext};
use crate::model::{OwnerId, PostId};

/// Something changed in this process. A hint to look again: other processes' changes are not told, and a slow listener
/// misses some.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// An account of this owner.
    Account {
        /// Whose.
        owner: OwnerId,
    },
    /// A post.
    Post {
        /// Whose.
        owner: OwnerId,
        /// Which.
        id: PostId,
    },
    /// Bytes of a post have been sent.
    Progress {
        /// Whose.
        owner: OwnerId,
        /// Which.
        id: PostId,
        /// Bytes sent.
        sent: u64,
        /// Bytes to send.
        total: u64,
    },
}

impl Social {
    /// What changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.worker.inner.changes.subscribe()
    }
}

impl WorkerContext {
    /// Tells listeners of a change.
    pub fn announce(&self, change: Change) {
        // Nobody listening is fine.
        let _ = self.inner.changes.send(change);
    }

    /// Wakes a publish worker of this process.
    pub fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Waits for the next [`wake`](Self::wake), or one that came while nobody waited.
    pub async fn woken(&self) {
        self.inner.wake.notified().await;
    }
}
