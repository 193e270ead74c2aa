//! A publisher that posts twice, and that the suite lets pass: after a restore it looks for the post, and where it finds none it
//! begins anew, though the other copy may still be at it.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    PublishRequest, Result,
    conformance::publisher::PublisherHarness,
    model::Platform,
    publish::{
        Checkpoint, Outcome, Preflight, Publisher, Step, StepContext,
        journal::{Action, Asked, Facts, Follow, Patience, Standing, after_step, next_action},
    },
    time::Deadline,
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
            Step::Pending {
                checkpoint,
                after: Duration::ZERO,
                cause: None,
            }
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
}

async fn stage() -> Stage {
    let mut stage = Stage::new().await;
    stage.publisher = Box::new(AnewWhereNothingIsFound(Publishing(stage.client.clone())));
    stage
}

/// One copy's post, turn by turn.
struct Copy {
    at: Checkpoint,
    open: bool,
    restored: bool,
    outcome: Option<Outcome>,
}

impl Copy {
    async fn turn(&mut self, stage: &Stage, request: &PublishRequest) {
        let mut facts = Facts::new(self.at.next);
        (facts.started, facts.restored) = (self.open, self.restored);
        facts.exposed = self.at.exposure.post_may_exist();
        let asked = match next_action(&facts, Patience::default()) {
            Action::Reconcile => Asked::Reconcile,
            Action::Start { .. } => {
                self.open = true;
                Asked::Advance
            }
            _ => Asked::Advance,
        };
        let clock = PublisherHarness::clock(stage);
        let deadline = Deadline::after(clock.clone(), Duration::from_secs(60));
        let tokens = PublisherHarness::tokens(stage).await;
        let cx = StepContext::new(
            PublisherHarness::account(stage),
            &tokens,
            request,
            PublisherHarness::media(stage),
            PublisherHarness::limits(stage),
            clock.now(),
            &deadline,
            &(),
        );
        let cx = cx.restored(self.restored);
        let result = match asked {
            Asked::Reconcile => stage.publisher.reconcile(&cx, &self.at).await,
            _ => stage.publisher.advance(&cx, &self.at).await,
        };
        let standing = Standing::new(&self.at, clock.now()).restored(self.restored);
        let written = after_step(asked, &standing, result, Patience::default());
        self.open = written.still_started;
        println!(
            "restored {}: {asked:?} at {} -> {:?}",
            self.restored, self.at.step, written.next
        );
        self.at = written.checkpoint.unwrap_or(self.at.clone());
        if let Follow::Settle(outcome, _) = written.next {
            self.outcome = Some(outcome);
        }
        PublisherHarness::pass(stage, Duration::from_secs(60)).await;
    }
}

mod suite {
    social_core::publisher_suite!(super::stage().await);
}

#[tokio::test]
async fn who_passes_the_suite_posts_once_while_both_copies_go_on() {
    let stage = stage().await;
    let request = PublisherHarness::request(&stage, 0).await;
    let at = stage.publisher.plan(&request).unwrap();
    let mut one = Copy {
        at: at.clone(),
        open: false,
        restored: false,
        outcome: None,
    };
    one.turn(&stage, &request).await;
    // Dumped before the first step, or here: it stands the same.
    let mut two = Copy {
        at,
        open: true,
        restored: true,
        outcome: None,
    };
    while two.outcome.is_none() {
        two.turn(&stage, &request).await;
    }
    while one.outcome.is_none() {
        one.turn(&stage, &request).await;
    }
    let posts = PublisherHarness::posts(&stage).await;
    println!("{posts} posts");
    assert_eq!(
        posts, 1,
        "a publisher that passes the suite has posted twice"
    );
}

/// Stops a post without asking whether the other copy has posted it.
#[derive(Debug)]
struct StopsRestored(Publishing);

#[async_trait]
impl Publisher for StopsRestored {
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
        self.0.reconcile(cx, at).await
    }
    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        // Without a container there is no post, it believes.
        if at.step == "create" && at.version <= self.checkpoint_version() {
            return Ok(Step::Settled {
                checkpoint: at.clone(),
                outcome: Outcome::Cancelled,
                watch: None,
            });
        }
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
}

async fn stopping() -> Stage {
    let mut stage = Stage::new().await;
    stage.publisher = Box::new(StopsRestored(Publishing(stage.client.clone())));
    stage
}

mod suite_of_the_stopping {
    social_core::publisher_suite!(super::stopping().await);
}

#[tokio::test]
async fn who_passes_the_suite_calls_no_restored_post_cancelled_that_is_there() {
    let stage = stopping().await;
    let request = PublisherHarness::request(&stage, 0).await;
    let at = stage.publisher.plan(&request).unwrap();
    let mut one = Copy {
        at: at.clone(),
        open: false,
        restored: false,
        outcome: None,
    };
    while one.outcome.is_none() {
        one.turn(&stage, &request).await;
    }
    // The copy, dumped before: it was asked about while the platform was away, and its owner stops it.
    let clock = PublisherHarness::clock(&stage);
    let deadline = Deadline::after(clock.clone(), Duration::from_secs(60));
    let tokens = PublisherHarness::tokens(&stage).await;
    let cx = StepContext::new(
        PublisherHarness::account(&stage),
        &tokens,
        &request,
        PublisherHarness::media(&stage),
        PublisherHarness::limits(&stage),
        clock.now(),
        &deadline,
        &(),
    );
    let result = stage.publisher.cancel(&cx.restored(true), &at).await;
    let standing = Standing::new(&at, clock.now()).restored(true);
    let written = after_step(Asked::Cancel, &standing, result, Patience::default());
    let posts = PublisherHarness::posts(&stage).await;
    println!("{posts} posts, and written down: {:?}", written.next);
    let cancelled = matches!(written.next, Follow::Settle(Outcome::Cancelled, _));
    assert!(!cancelled, "called cancelled, and there");
}
