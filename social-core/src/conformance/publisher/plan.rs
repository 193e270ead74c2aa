use super::{
    PublisherHarness,
    work::{Work, agree, is_there},
};
use crate::{
    conformance::troubles::error_of,
    error::Result,
    publish::{Exposure, Outcome, Step, journal::Asked},
};

const ALL: [Asked; 3] = [Asked::Advance, Asked::Reconcile, Asked::Cancel];

/// A plan sends nothing, is the same each time, and stands for nothing on the platform.
pub async fn a_plan_is_pure_and_stable(harness: &impl PublisherHarness) -> Result<()> {
    let heard = harness.heard().await;
    let request = harness.request(0).await;
    let publisher = harness.publisher();
    let plan = publisher.plan(&request)?;
    assert_eq!(
        plan,
        publisher.plan(&request)?,
        "a plan is the same each time"
    );
    assert_eq!(plan.exposure, Exposure::Nothing, "nothing is there yet");
    assert!(plan.links.is_empty(), "nothing is linked yet");
    assert!(plan.remote_ids.is_empty(), "the platform gave no id yet");
    assert_eq!(harness.heard().await, heard, "a plan sends nothing");
    Ok(())
}

/// A check finds nothing wrong with a request that the platform takes, and posts nothing.
pub async fn a_check_posts_nothing(harness: &impl PublisherHarness) -> Result<()> {
    let work = Work::plan(harness, 0).await?;
    for _ in 0..2 {
        let found = work.preflight().await?;
        assert!(found.is_clear(), "it can be posted: {:?}", found.violations);
    }
    assert_eq!(harness.posts().await, 0, "a check posts nothing");
    Ok(())
}

/// A request that the platform takes becomes one post, in steps whose form this build can read.
pub async fn a_request_becomes_one_post(harness: &impl PublisherHarness) -> Result<()> {
    let mut work = Work::plan(harness, 0).await?;
    let outcome = work.end().await;
    assert!(
        is_there(&outcome),
        "it is posted: {outcome:?}, {:?}",
        work.errors
    );
    agree(&outcome, harness.posts().await, "one request");
    let newest = harness.publisher().checkpoint_version();
    for at in &work.seen {
        assert!(at.version <= newest, "{at:?} is read by who wrote it");
    }
    Ok(())
}

/// A checkpoint of a newer build is refused whatever is asked, and nothing is sent.
pub async fn a_newer_checkpoint_is_refused_and_nothing_is_sent(
    harness: &impl PublisherHarness,
) -> Result<()> {
    let mut work = Work::plan(harness, 0).await?;
    work.end().await;
    let newer = harness.publisher().checkpoint_version() + 1;
    let heard = harness.heard().await;
    for mut at in work.seen.clone() {
        at.version = newer;
        work.at = at;
        for asked in ALL {
            let rule = format!("a newer checkpoint, {asked:?} at {}", work.at.step);
            error_of(work.asks(asked).await, &rule);
        }
    }
    assert_eq!(
        harness.heard().await,
        heard,
        "nothing is sent for a newer checkpoint"
    );
    Ok(())
}

/// A step that this build does not know is not carried out.
pub async fn an_unknown_step_is_refused_and_nothing_is_sent(
    harness: &impl PublisherHarness,
) -> Result<()> {
    let mut work = Work::plan(harness, 0).await?;
    let heard = harness.heard().await;
    work.at.step = "a step of nobody".to_owned();
    error_of(work.asks(Asked::Advance).await, "an unknown step");
    assert_eq!(
        harness.heard().await,
        heard,
        "nothing is sent for an unknown step"
    );
    Ok(())
}

/// Before anything can be there the owner's word stops a post, and nothing follows.
pub async fn a_post_is_cancelled_before_it_is_there(harness: &impl PublisherHarness) -> Result<()> {
    for turns in 0..super::once::STEPS {
        let mut work = Work::plan(harness, turns).await?;
        let before = harness.posts().await;
        if !work.turns(turns).await || work.at.post_may_exist() {
            break;
        }
        match work.asks(Asked::Cancel).await? {
            Step::Settled {
                outcome: Outcome::Cancelled,
                ..
            } => {}
            other => panic!("it is cancelled at {}: {other:?}", work.at.step),
        }
        assert_eq!(harness.posts().await, before, "nothing is posted");
    }
    Ok(())
}

/// What is published is not called cancelled.
pub async fn a_published_post_is_not_cancelled(harness: &impl PublisherHarness) -> Result<()> {
    let mut work = Work::plan(harness, 0).await?;
    work.end().await;
    for at in work.seen.clone() {
        if !at.post_may_exist() {
            continue;
        }
        work.at = at;
        if let Ok(Step::Settled { outcome, .. }) = work.asks(Asked::Cancel).await {
            let lost = matches!(outcome, Outcome::Cancelled | Outcome::Failed(_));
            assert!(!lost, "{outcome:?} at {}, and a post", work.at.step);
        }
    }
    assert_eq!(harness.posts().await, 1, "it stays");
    Ok(())
}
