use chrono::{DateTime, Utc};

use super::{PublisherHarness, work::Work};
use crate::{
    conformance::named,
    error::Result,
    model::Platform,
    publish::{Checkpoint, Outcome, Publisher, Step},
    webhook::VerifiedEvent,
};

/// A post that is there, the first checkpoint that names it, and what the platform sent about it.
async fn told(
    harness: &impl PublisherHarness,
) -> Result<Option<(Checkpoint, Vec<VerifiedEvent>, DateTime<Utc>)>> {
    let mut work = Work::plan(harness, 0).await?;
    work.end().await;
    harness.pass(std::time::Duration::from_secs(3_600)).await;
    let (events, now) = (harness.events().await, harness.clock().now());
    assert_eq!(harness.tells(), !events.is_empty(), "whether it tells");
    let first = work.seen.into_iter().find(|at| !at.remote_ids.is_empty());
    Ok(first
        .filter(|_| !events.is_empty())
        .map(|at| (at, events, now)))
}

/// Every order of up to four, and every rotation of more.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    if count > 4 {
        return (0..count)
            .map(|by| (0..count).map(|at| (at + by) % count).collect())
            .collect();
    }
    for next in 0..count {
        let before = std::mem::take(&mut orders);
        for order in before {
            for at in 0..=order.len() {
                let mut longer = order.clone();
                longer.insert(at, next);
                orders.push(longer);
            }
        }
    }
    orders
}

/// Where these events lead, each as often as told.
fn follow<'e>(
    publisher: &dyn Publisher,
    first: &Checkpoint,
    events: impl Iterator<Item = &'e VerifiedEvent>,
    times: usize,
    now: DateTime<Utc>,
) -> Option<Outcome> {
    let (mut at, mut outcome) = (first.clone(), None);
    for event in events {
        for time in 0..times {
            match publisher.apply(&at, outcome.as_ref(), event, now) {
                Some(Step::Settled { .. }) if time > 0 => {
                    panic!("an event says nothing new the second time");
                }
                Some(Step::Settled {
                    checkpoint,
                    outcome: next,
                    ..
                }) => (at, outcome) = (checkpoint, Some(next)),
                Some(Step::Pending { checkpoint, .. }) => at = checkpoint,
                None => {}
            }
        }
    }
    outcome.map(sorted)
}

/// With the links in one order.
fn sorted(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Published(mut links) => {
            links.sort_by(|a, b| a.id.cmp(&b.id));
            Outcome::Published(links)
        }
        other => other,
    }
}

/// In any order and doubled, events lead to one outcome.
pub async fn events_in_any_order_and_doubled_lead_to_the_same_outcome(
    harness: &impl PublisherHarness,
) -> Result<()> {
    let Some((first, events, now)) = told(harness).await? else {
        return Ok(());
    };
    let publisher = harness.publisher();
    let expected = follow(publisher, &first, events.iter(), 1, now);
    assert!(expected.is_some(), "the events tell what became of it");
    for order in orders(events.len()) {
        let ordered = order.iter().map(|at| &events[*at]);
        let outcome = follow(publisher, &first, ordered, 2, now);
        assert_eq!(outcome, expected, "events in the order {order:?}");
    }
    Ok(())
}

/// What another platform says about the same id, or about another id, is not about this post.
pub async fn an_event_about_something_else_says_nothing(
    harness: &impl PublisherHarness,
) -> Result<()> {
    let Some((first, events, now)) = told(harness).await? else {
        return Ok(());
    };
    let publisher = harness.publisher();
    let mut other = first.clone();
    other.remote_ids = vec![named("an id of nobody")];
    for event in events {
        let step = publisher.apply(&other, None, &event, now);
        assert!(step.is_none(), "an event of another post: {step:?}");
        let mut foreign = event;
        foreign.platform = Platform::new("a platform of nobody");
        let step = publisher.apply(&first, None, &foreign, now);
        assert!(step.is_none(), "an event of another platform: {step:?}");
    }
    Ok(())
}

/// A late event does not make a published post anything else.
pub async fn an_event_never_takes_a_post_back(harness: &impl PublisherHarness) -> Result<()> {
    let Some((first, events, now)) = told(harness).await? else {
        return Ok(());
    };
    let known = Outcome::Published(Vec::new());
    for event in events {
        let step = harness.publisher().apply(&first, Some(&known), &event, now);
        if let Some(Step::Settled { outcome, .. }) = step {
            let stays = matches!(outcome, Outcome::Published(_));
            assert!(stays, "published, and then {outcome:?}");
        }
    }
    Ok(())
}
