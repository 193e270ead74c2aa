use std::time::Duration;

use super::{PublisherHarness, Trouble, work::Work};
use crate::{
    conformance::troubles::hides,
    error::Result,
    publish::{Step, journal::Asked},
};

/// Once the deadline has passed nothing is sent, whatever is asked.
pub async fn nothing_is_sent_after_the_deadline(harness: &impl PublisherHarness) -> Result<()> {
    let mut work = Work::plan(harness, 0).await?;
    for _ in 0..super::once::STEPS {
        let heard = harness.heard().await;
        for asked in [Asked::Advance, Asked::Reconcile, Asked::Cancel] {
            let _ = work.ask(asked, Duration::ZERO).await;
            let sent = harness.heard().await - heard;
            assert_eq!(sent, 0, "{asked:?} at {} sends too late", work.at.step);
        }
        if !work.turns(1).await {
            break;
        }
    }
    Ok(())
}

/// No secret is in what is printed or told as an error, whatever goes wrong.
pub async fn no_secret_is_shown(harness: &impl PublisherHarness) -> Result<()> {
    let troubles = [
        Trouble::LostAfter,
        Trouble::LostBefore,
        Trouble::Refused,
        Trouble::ServerError,
    ];
    let mut shown = vec![format!("{:?}", harness.publisher())];
    for (number, trouble) in troubles.into_iter().enumerate() {
        let mut work = Work::plan(harness, number).await?;
        for _ in 0..super::once::STEPS {
            harness.trouble(&work.at, trouble).await;
            if !work.turns(1).await {
                break;
            }
            shown.push(format!("{:?}", work.asks(Asked::Reconcile).await));
        }
        shown.extend(work.seen.iter().map(|at| format!("{at:?}")));
        for error in &work.errors {
            shown.push(format!("{error:?} {error} {}", error.user_message()));
        }
        if let Ok(Step::Settled { outcome, notes, .. }) = work.asks(Asked::Cancel).await {
            shown.push(format!("{outcome:?} {notes:?}"));
        }
    }
    assert!(shown.len() > 8, "there was something to look at");
    let secrets = harness.secrets();
    assert!(!secrets.is_empty(), "a platform has secrets");
    for text in shown {
        hides(&text, &secrets, "what a publisher prints");
    }
    Ok(())
}
