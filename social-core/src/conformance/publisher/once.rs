use super::{
    PublisherHarness, Trouble,
    work::{Work, agree, is_there},
};
use crate::{
    error::Result,
    publish::{Checkpoint, Effect, Exposure, Outcome, Step, journal::Asked},
};

/// More steps than one post has before it is waited for.
pub(super) const STEPS: usize = 12;

fn is_once(at: &Checkpoint) -> bool {
    matches!(at.next, Effect::Once { .. })
}

/// One post a step: each meets the trouble at another of the steps that `which` picks. Tells how they ended.
async fn each_step<'a, H: PublisherHarness>(
    harness: &'a H,
    trouble: Trouble,
    which: impl Fn(&Checkpoint) -> bool + Send + Sync,
    rule: &str,
) -> Result<Vec<(Work<'a, H>, Outcome)>> {
    let mut ends = Vec::new();
    for turns in 0..STEPS {
        let mut work = Work::plan(harness, turns).await?;
        let before = harness.posts().await;
        if !work.turns(turns).await {
            break;
        }
        if !which(&work.at) {
            work.end().await;
            continue;
        }
        harness.trouble(&work.at, trouble).await;
        let rule = format!("{rule} at {}", work.at.step);
        let outcome = work.end().await;
        agree(&outcome, harness.posts().await - before, &rule);
        ends.push((work, outcome));
    }
    Ok(ends)
}

/// A `Once` step that was carried out though nobody heard so is asked about, and never carried out again.
pub async fn a_once_step_that_was_carried_out_is_never_carried_out_again(
    harness: &impl PublisherHarness,
) -> Result<()> {
    let ends = each_step(harness, Trouble::LostAfter, is_once, "carried out").await?;
    assert_eq!(
        harness.has_once_steps(),
        !ends.is_empty(),
        "a step happens once"
    );
    for (_, outcome) in ends {
        let lost = matches!(outcome, Outcome::Failed(_) | Outcome::Cancelled);
        assert!(!lost, "it is there, and told as {outcome:?}");
    }
    Ok(())
}

/// One that was not carried out leads to one post at most; who says that it came to nothing is right.
pub async fn a_once_step_that_was_not_carried_out_leads_to_one_post_at_most(
    harness: &impl PublisherHarness,
) -> Result<()> {
    let ends = each_step(harness, Trouble::LostBefore, is_once, "not carried out").await?;
    assert_eq!(
        harness.has_once_steps(),
        !ends.is_empty(),
        "a step happens once"
    );
    Ok(())
}

/// Any other step may lose its answer, and the post comes all the same.
pub async fn a_repeatable_step_may_lose_its_answer(harness: &impl PublisherHarness) -> Result<()> {
    for trouble in [
        Trouble::LostAfter,
        Trouble::LostBefore,
        Trouble::ServerError,
    ] {
        let which = |at: &Checkpoint| !is_once(at);
        for (work, outcome) in each_step(harness, trouble, which, "repeatable").await? {
            let errors = &work.errors;
            assert!(is_there(&outcome), "it goes on: {outcome:?}, {errors:?}");
        }
    }
    Ok(())
}

/// Only when there is no post a reconciliation says that the step may be carried out.
pub async fn what_is_told_not_to_exist_does_not_exist(
    harness: &impl PublisherHarness,
) -> Result<()> {
    for turns in 0..STEPS {
        let mut work = Work::plan(harness, turns).await?;
        let before = harness.posts().await;
        if !work.turns(turns).await {
            break;
        }
        if is_once(&work.at) {
            harness.trouble(&work.at, Trouble::LostAfter).await;
            work.turn().await;
        }
        let Ok(Step::Pending { checkpoint, .. }) = work.asks(Asked::Reconcile).await else {
            continue;
        };
        let there = harness.posts().await - before;
        let none = checkpoint.exposure == Exposure::Nothing;
        assert!(
            !none || there == 0,
            "none at {}, and there is one",
            work.at.step
        );
    }
    Ok(())
}

/// Asking what became of a post changes nothing on the platform, however often.
pub async fn asking_causes_nothing(harness: &impl PublisherHarness) -> Result<()> {
    for turns in 0..STEPS {
        let mut work = Work::plan(harness, turns).await?;
        let before = harness.posts().await;
        if !work.turns(turns).await {
            break;
        }
        let there = harness.posts().await;
        for _ in 0..3 {
            let _ = work.asks(Asked::Reconcile).await;
        }
        assert_eq!(harness.posts().await, there, "asked at {}", work.at.step);
        let outcome = work.end().await;
        agree(&outcome, harness.posts().await - before, "asked before");
    }
    Ok(())
}

/// No step that must happen once takes longer to settle than the publisher says: after a restore posts are asked about by that
/// time.
pub async fn no_step_settles_longer_than_is_said(harness: &impl PublisherHarness) -> Result<()> {
    let longest = harness.publisher().longest_settle();
    let mut seen = Vec::new();
    for turns in 0..STEPS {
        let mut work = Work::plan(harness, turns).await?;
        let goes_on = work.turns(turns).await;
        for asked in [Asked::Reconcile, Asked::Cancel] {
            if let Ok(Step::Pending { checkpoint, .. }) = work.asks(asked).await {
                seen.push(checkpoint);
            }
        }
        seen.append(&mut work.seen);
        if !goes_on {
            break;
        }
        work.end().await;
        seen.append(&mut work.seen);
    }
    for at in &seen {
        if let Effect::Once { settle } = at.next {
            let step = &at.step;
            let fits = settle <= longest;
            assert!(
                fits,
                "{step} settles in {settle:?}, and {longest:?} was said"
            );
        }
    }
    let has_once = seen.iter().any(is_once);
    assert_eq!(harness.has_once_steps(), has_once, "a step happens once");
    Ok(())
}

/// What the platform refuses before there is a post has failed, for certain.
pub async fn a_refused_post_has_failed_and_is_not_undecided(
    harness: &impl PublisherHarness,
) -> Result<()> {
    let refusable = harness.refusable();
    let which = |at: &Checkpoint| refusable.contains(&at.step.as_str());
    let ends = each_step(harness, Trouble::Refused, which, "refused").await?;
    assert!(!ends.is_empty(), "a platform can refuse a post");
    for (_, outcome) in ends {
        assert!(
            matches!(outcome, Outcome::Failed(_)),
            "it has failed, not {outcome:?}"
        );
    }
    Ok(())
}

/// What is published stays so, however often it is looked at.
pub async fn a_published_post_stays_published(harness: &impl PublisherHarness) -> Result<()> {
    let mut work = Work::plan(harness, 0).await?;
    let outcome = work.end().await;
    assert!(is_there(&outcome), "{outcome:?}");
    for _ in 0..3 {
        match work.asks(Asked::Look).await {
            Ok(Step::Settled { outcome, .. }) => {
                assert!(is_there(&outcome), "looked at, it is {outcome:?}");
            }
            Ok(Step::Pending { checkpoint, .. }) => {
                let exposed = checkpoint.exposure.post_may_exist();
                assert!(exposed, "looked at, it is said not to exist");
            }
            Err(_) => {}
        }
        work.look().await;
    }
    assert_eq!(harness.posts().await, 1, "one post");
    Ok(())
}
