use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use social_core::{
    Change, Social,
    model::{OwnerId, PostId},
    publish::Progress,
};

/// At most four times a second.
const APART: Duration = Duration::from_millis(250);

/// Tells listeners of this process how far an upload has come, and remembers it for the record.
#[derive(Debug)]
pub(crate) struct Teller {
    social: Social,
    owner: OwnerId,
    id: PostId,
    sent: AtomicU64,
    total: AtomicU64,
    told_at: AtomicU64,
}

impl Teller {
    pub(crate) fn new(social: Social, owner: OwnerId, id: PostId) -> Self {
        let (sent, total, told_at) = Default::default();
        Self {
            social,
            owner,
            id,
            sent,
            total,
            told_at,
        }
    }

    /// The last figures, if any were told.
    pub(crate) fn last(&self) -> Option<(u64, u64)> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.sent.load(Ordering::Relaxed), total))
    }
}

impl Progress for Teller {
    fn sent(&self, sent: u64, total: u64) {
        self.sent.store(sent, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        let now = u64::try_from(self.social.clock().elapsed().as_millis()).unwrap_or(u64::MAX);
        let apart = u64::try_from(APART.as_millis()).unwrap_or(u64::MAX);
        let told_at = self.told_at.load(Ordering::Relaxed);
        if sent < total && now.saturating_sub(told_at) < apart {
            return;
        }
        self.told_at.store(now, Ordering::Relaxed);
        let owner = self.owner.clone();
        self.social.worker().announce(Change::Progress {
            owner,
            id: self.id,
            sent,
            total,
        });
    }
}
