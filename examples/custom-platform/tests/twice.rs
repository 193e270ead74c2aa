//! A publisher that posts twice: after a restore it looks for the post, and where it finds none it begins anew, though the other
//! copy may still be at it.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    PublishRequest, Result,
    model::Platform,
    publish::{Checkpoint, Outcome, Preflight, Publisher, Step, StepContext},
    webhook::VerifiedEvent,
};

use crate::{client::PLATFORM, publish::Publishing, stage::Stage};

#[derive(Debug)]
struct AnewWhereNothingIsFound(Publishing);

#[async_trait]
impl Publisher for AnewWhereNothingIsFound {
    fn platform(&self) -> Platform {
        PLATFORM
    }
    async fn preflight(&self, cx: &StepContext<'_>, request: &PublishRequest) -> Result<Preflight> {
        self.0.preflight(cx, request).await
    }
    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        self.0.plan(request)
    }
    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        self.0.advance(cx, at).await
    }
    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let step = self.0.reconcile(cx, at).await?;
        let nothing = matches!(
            &step,
            Step::Settled {
                outcome: Outcome::Undecided,
                ..
            }
        );
        Ok(if cx.restored && nothing {
            let checkpoint = self.0.plan(cx.request)?;
            Step::pending(checkpoint, Duration::ZERO)
        } else {
            step
        })
    }
    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        self.0.cancel(cx, at).await
    }
    fn apply(
        &self,
        at: &Checkpoint,
        outcome: Option<&Outcome>,
        event: &VerifiedEvent,
        now: DateTime<Utc>,
    ) -> Option<Step> {
        self.0.apply(at, outcome, event, now)
    }
    fn checkpoint_version(&self) -> u16 {
        self.0.checkpoint_version()
    }
    fn longest_settle(&self) -> Duration {
        self.0.longest_settle()
    }
}

async fn stage() -> Stage {
    let mut stage = Stage::new().await;
    stage.publisher = Box::new(AnewWhereNothingIsFound(Publishing(stage.client.clone())));
    stage
}

#[tokio::test]
async fn who_begins_anew_where_nothing_is_found_is_found() {
    let case = async {
        social_core::conformance::publisher::both_copies_of_a_post_make_one(&stage().await).await
    };
    super::broken::caught(case, "and there are 2 posts").await;
}
