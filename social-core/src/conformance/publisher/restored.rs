use super::{
    PublisherHarness,
    work::{Work, agree},
};
use crate::{error::Result, publish::Outcome};

/// A post that the other copy of the data has finished is found or left alone, from wherever this copy stands.
pub async fn a_restored_post_is_never_begun_anew(harness: &impl PublisherHarness) -> Result<()> {
    let mut work = Work::plan(harness, 0).await?;
    work.end().await;
    assert_eq!(harness.posts().await, 1, "the other copy has posted it");
    for at in &work.seen {
        let rule = format!("restored at {}", at.step);
        let mut copy = work.restored_at(at);
        let outcome = copy.end().await;
        agree(&outcome, harness.posts().await, &rule);
    }
    Ok(())
}

/// Of one that the other copy has not finished no word about this copy's ids says that it failed.
pub async fn a_restored_post_has_not_failed(harness: &impl PublisherHarness) -> Result<()> {
    for turns in 0..super::once::STEPS {
        let mut work = Work::plan(harness, turns).await?;
        let before = harness.posts().await;
        if !work.turns(turns).await {
            break;
        }
        let mut copy = work.restored_at(&work.at);
        let outcome = copy.end().await;
        let there = harness.posts().await - before;
        agree(&outcome, there, "restored");
        let failed = matches!(outcome, Outcome::Failed(_) | Outcome::Cancelled);
        assert!(
            !failed,
            "restored at {}, and told as {outcome:?}",
            work.at.step
        );
    }
    Ok(())
}

/// Both copies of the data may be at work: whatever the restored one does, the other one goes on with the post, and there is one.
pub async fn both_copies_of_a_post_make_one(harness: &impl PublisherHarness) -> Result<()> {
    for turns in 0..super::once::STEPS {
        let before = harness.posts().await;
        let mut work = Work::plan(harness, turns).await?;
        if !work.turns(turns).await {
            break;
        }
        let step = work.at.step.clone();
        let mut copy = work.restored_at(&work.at);
        copy.end().await;
        work.end().await;
        let there = harness.posts().await - before;
        assert!(there <= 1, "copied at {step}, and there are {there} posts");
    }
    Ok(())
}
