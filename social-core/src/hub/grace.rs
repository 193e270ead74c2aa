//! How long posts are left alone after a restore.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::Social;
use crate::{model::AppKey, publish::Publisher};

/// What a step of the other copy needs beside its settle time: its lease, in which it is begun and sent.
const STEP: Duration = Duration::from_secs(60);

/// What was set, or what the publishers need. Where less was set than one of them needs, the log says so.
pub(super) fn restore_grace(
    set: Option<Duration>,
    publishers: &BTreeMap<AppKey, Arc<dyn Publisher>>,
) -> Duration {
    let needs = |publisher: &Arc<dyn Publisher>| publisher.longest_settle().saturating_add(STEP);
    let Some(set) = set else {
        return publishers.values().map(needs).max().unwrap_or(STEP);
    };
    for (app, publisher) in publishers {
        let needed = needs(publisher);
        if set < needed {
            tracing::warn!(
                %app,
                set_seconds = set.as_secs_f64(),
                needed_seconds = needed.as_secs_f64(),
                "the grace after a restore is shorter than this app needs: a request of the other copy of the data may arrive \
                 after its post was asked about, and the post be sent twice. Set `SocialBuilder::restore_grace` to at least what \
                 is needed, or do not set it"
            );
        }
    }
    set
}

impl Social {
    /// How long after [`accept_incarnation`](Self::accept_incarnation) posts that the other copy may have sent are asked about
    /// at the earliest, see [`SocialBuilder::restore_grace`](super::SocialBuilder::restore_grace).
    pub fn restore_grace(&self) -> Duration {
        self.worker.inner.restore_grace
    }
}
