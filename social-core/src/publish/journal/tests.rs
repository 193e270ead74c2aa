//! A platform that posts on every once step it hears, killed holders, lost and late answers.

use proptest::{collection::vec, prelude::*};
use serde_json::json;

use super::*;
use crate::conformance::named;
use crate::{error::LimitScope, publish::Exposure};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const SETTLE: u64 = 5;
const DEADLINE: u64 = 10;

/// What a store would keep.
#[derive(Clone, Debug)]
struct Row {
    checkpoint: Checkpoint,
    settles_at: Option<u64>,
    attempts: u32,
    failures: u32,
    outcome: Option<Outcome>,
}

#[derive(Debug, Default)]
struct World {
    now: u64,
    posts: u32,
    /// A request that was sent and has not reached the platform yet, and when it does.
    under_way: Option<u64>,
}

/// Where a holder is killed, or what the network does to it.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Fine,
    KilledBeforeStart,
    KilledAfterStart,
    NotSent,
    KilledAfterSend { arrives_in: u64 },
    AnswerLost { arrives_in: u64 },
    KilledAfterAnswer,
}

fn fate() -> impl Strategy<Value = Fate> {
    let late = 0..SETTLE;
    prop_oneof![
        2 => Just(Fate::Fine),
        1 => Just(Fate::KilledBeforeStart),
        1 => Just(Fate::KilledAfterStart),
        1 => Just(Fate::NotSent),
        2 => late.clone().prop_map(|arrives_in| Fate::KilledAfterSend { arrives_in }),
        2 => late.prop_map(|arrives_in| Fate::AnswerLost { arrives_in }),
        1 => Just(Fate::KilledAfterAnswer),
    ]
}

impl World {
    fn pass(&mut self, seconds: u64) {
        self.now += seconds;
        if self.under_way.is_some_and(|at| at <= self.now) {
            self.under_way = None;
            self.posts += 1;
        }
    }
}

fn published(at: &Checkpoint) -> Step {
    Step::settled(at.clone(), Outcome::Published(Vec::new()), None)
}

/// One claim, up to its record or its death.
fn work(row: &mut Row, world: &mut World, fate: Fate) {
    row.attempts += 1;
    let facts = Facts {
        effect: row.checkpoint.next,
        started: row.settles_at.is_some(),
        settles_in: Duration::from_secs(
            row.settles_at.map_or(0, |at| at.saturating_sub(world.now)),
        ),
        attempts: row.attempts,
        settled: row.outcome.is_some(),
        ..Facts::new(row.checkpoint.next)
    };
    let patience = Patience {
        attempts: 1_000,
        ..Patience::default()
    };
    let at = row.checkpoint.clone();
    let (asked, result) = match next_action(&facts, patience) {
        Action::Wait(wait) => {
            row.attempts = 0;
            return world.pass(wait.as_secs());
        }
        Action::Reconcile => {
            // The platform can be asked: it knows how many there are.
            let step = if world.posts > 0 {
                published(&at)
            } else {
                Step::pending(at.clone(), Duration::ZERO)
            };
            (Asked::Reconcile, Ok(step))
        }
        Action::Start { .. } => {
            if matches!(fate, Fate::KilledBeforeStart) {
                return;
            }
            row.settles_at = Some(world.now + DEADLINE + SETTLE);
            match fate {
                Fate::KilledAfterStart | Fate::KilledBeforeStart => return,
                Fate::NotSent => (
                    Asked::Advance,
                    Err(Error::new(ErrorKind::Unavailable, "not sent")),
                ),
                Fate::KilledAfterSend { arrives_in } => {
                    world.under_way = Some(world.now + arrives_in);
                    return;
                }
                Fate::AnswerLost { arrives_in } => {
                    world.under_way = Some(world.now + arrives_in);
                    let error = Error::new(ErrorKind::Timeout, "no answer");
                    (Asked::Advance, Err(error.with_remedy(Remedy::Reconcile)))
                }
                Fate::KilledAfterAnswer => {
                    world.posts += 1;
                    return;
                }
                Fate::Fine => {
                    world.posts += 1;
                    (Asked::Advance, Ok(published(&at)))
                }
            }
        }
        other => panic!("unexpected {other:?}"),
    };
    let standing = Standing::new(&at, NOW).failing(row.failures, None);
    let written = after_step(asked, &standing, result, patience);
    row.attempts = 0;
    row.failures = written.failures;
    if !written.still_started {
        row.settles_at = None;
    }
    match written.next {
        Follow::After(wait) => world.pass(wait.as_secs()),
        Follow::Settle(outcome, _) => row.outcome = Some(outcome),
        Follow::Hold => {}
    }
}

proptest! {
    #[test]
    fn killed_at_every_transition_there_is_exactly_one_post(fates in vec(fate(), 0..24)) {
        let checkpoint = Checkpoint::new("publish", 1, json!({}))
            .once(Duration::from_secs(SETTLE));
        let mut row = Row { checkpoint, settles_at: None, attempts: 0, failures: 0, outcome: None };
        let mut world = World::default();
        // After the given fates everything goes well.
        for fate in fates.into_iter().chain([Fate::Fine; 8]) {
            if row.outcome.is_none() {
                work(&mut row, &mut world, fate);
            }
        }
        prop_assert_eq!(row.outcome, Some(Outcome::Published(Vec::new())));
        world.pass(1_000);
        prop_assert_eq!(world.posts, 1);
    }
}

fn standing(at: &Checkpoint) -> Standing<'_> {
    Standing::new(at, NOW)
}

#[test]
fn a_started_step_is_never_started_again() {
    let effect = Effect::Once {
        settle: Duration::from_secs(SETTLE),
    };
    let mut facts = Facts {
        started: true,
        ..Facts::new(effect)
    };
    facts.settles_in = Duration::from_secs(3);
    let patience = Patience::default();
    assert_eq!(
        next_action(&facts, patience),
        Action::Wait(Duration::from_secs(3))
    );
    facts.settles_in = Duration::ZERO;
    assert_eq!(next_action(&facts, patience), Action::Reconcile);
    facts.cancel_requested = true;
    assert_eq!(
        next_action(&facts, patience),
        Action::Reconcile,
        "first find out"
    );
    facts.attempts = 21;
    assert_eq!(next_action(&facts, patience), Action::Park);
}

#[test]
fn what_has_an_outcome_is_only_looked_at() {
    let once = Effect::Once {
        settle: Duration::from_secs(SETTLE),
    };
    for effect in [once, Effect::Repeatable] {
        for cancel_requested in [false, true] {
            let facts = Facts {
                settled: true,
                cancel_requested,
                ..Facts::new(effect)
            };
            assert_eq!(next_action(&facts, Patience::default()), Action::Look);
        }
    }
}

#[test]
fn only_a_certain_failure_clears_the_mark() {
    let at = Checkpoint::new("publish", 1, json!({})).once(Duration::from_secs(SETTLE));
    let written = |error: Error| {
        after_step(
            Asked::Advance,
            &standing(&at),
            Err(error),
            Patience::default(),
        )
    };
    let open = Error::new(ErrorKind::Timeout, "t").with_remedy(Remedy::Reconcile);
    assert!(written(open).still_started);
    assert!(!written(Error::new(ErrorKind::Unavailable, "refused")).still_started);
    let asked = after_step(
        Asked::Reconcile,
        &standing(&at),
        Err(Error::new(ErrorKind::Unavailable, "refused")),
        Patience::default(),
    );
    assert!(
        asked.still_started,
        "a question without an answer leaves it open"
    );
}

#[test]
fn an_error_once_a_post_may_exist_is_never_called_failed() {
    let error = || Error::new(ErrorKind::Protocol, "odd");
    let fresh = Checkpoint::new("init", 1, json!({}));
    // An id alone is no post: that of a container, of an upload.
    let named = fresh.clone().with_remote_id(named("id"));
    let known = named.clone().with_exposure(Exposure::PostMayExist);
    let failed = Follow::Settle(Outcome::Failed(error()), None);
    let undecided = Follow::Settle(Outcome::Undecided, Some(LOOK_LATER));
    for (at, restored, next) in [
        (&fresh, false, &failed),
        (&named, false, &failed),
        (&known, false, &undecided),
        // What was done in the data before they were restored is not written here.
        (&fresh, true, &undecided),
        (&named, true, &undecided),
    ] {
        let standing = standing(at).restored(restored);
        let asked = Asked::Advance;
        let written = after_step(asked, &standing, Err(error()), Patience::default());
        assert_eq!(written.next, *next, "{at:?}");
        assert_eq!(
            parked(&standing, false).next == undecided,
            *next == undecided
        );
    }
    let written = after_step(
        Asked::Advance,
        &old(&known),
        Err(down()),
        Patience::default(),
    );
    let watched = Follow::Settle(Outcome::Undecided, Some(LOOK_LATER));
    assert_eq!(written.next, watched);
}

/// Exposure speaks of what is not among the links: then nobody calls the rest missing.
#[test]
fn what_may_be_there_beside_links_is_never_called_missing() {
    let link = || PostLink::new("1", None);
    let part = Checkpoint::new("second", 1, json!({})).with_link(link());
    let open = part.clone().with_exposure(Exposure::PostMayExist);
    let refused = || Error::new(ErrorKind::Rejected, "no").with_remedy(Remedy::Never);
    let all = |at: &Checkpoint| {
        let step = |standing: &Standing<'_>, error| {
            after_step(Asked::Advance, standing, Err(error), Patience::default())
        };
        [
            step(&standing(at), refused()),
            step(&old(at), down()),
            parked(&standing(at), false),
            given_up(&standing(at), false, &refused()),
            cut_off(&standing(at), false),
        ]
    };
    for written in all(&part) {
        let published = Outcome::Published(vec![link()]);
        assert_eq!(written.next, Follow::Settle(published, None));
    }
    for written in all(&open) {
        assert!(
            matches!(written.next, Follow::Settle(Outcome::Undecided, _)),
            "{written:?}"
        );
        assert_eq!(written.notes, None);
    }
}

/// An answer without what was there leaves it there; what was deleted on the owner's word is gone.
#[test]
fn what_is_there_stays_where_an_answer_leaves_it_out() {
    let link = |id: &str| PostLink::new(id, None);
    let bare = Checkpoint::new("next", 1, json!({}));
    let at = bare.clone().with_link(link("1"));
    let failed = || Outcome::Failed(down());
    let published = || Outcome::Published(vec![link("2")]);
    let mut told = vec![Step::pending(bare.clone(), Duration::ZERO)];
    told.push(Step::pending(
        bare.clone().once(Duration::ZERO),
        Duration::ZERO,
    ));
    for outcome in [
        failed(),
        Outcome::Cancelled,
        Outcome::Undecided,
        Outcome::AwaitingUser,
        published(),
    ] {
        told.push(Step::settled(bare.clone(), outcome, None));
    }
    for (asked, step) in [Asked::Advance, Asked::Reconcile, Asked::Look]
        .iter()
        .flat_map(|asked| told.iter().map(move |step| (*asked, step)))
    {
        for restored in [false, true] {
            let standing = standing(&at).restored(restored);
            let written = after_step(asked, &standing, Ok(step.clone()), Patience::default());
            let kept = written.checkpoint.map(|at| at.links);
            assert_eq!(kept, Some(vec![link("1")]), "{asked:?}, {step:?}");
            match written.next {
                Follow::Settle(Outcome::Failed(_) | Outcome::Cancelled, _) => {
                    panic!("{asked:?}, {step:?}")
                }
                Follow::Settle(Outcome::Published(links), _) => {
                    assert!(links.contains(&link("1")), "{asked:?}, {step:?}");
                }
                _ => {}
            }
        }
    }
    let deleted = Step::settled(bare, Outcome::Cancelled, None);
    let written = after_step(
        Asked::Cancel,
        &standing(&at),
        Ok(deleted),
        Patience::default(),
    );
    assert_eq!(written.next, Follow::Settle(Outcome::Cancelled, None));
}

fn down() -> Error {
    Error::new(ErrorKind::Unavailable, "down")
}

/// It has failed for a day.
fn old(at: &Checkpoint) -> Standing<'_> {
    standing(at).failing(99, Some(NOW - TimeDelta::hours(25)))
}

/// A missing file, a wrong key: it waits for whoever runs this, and what fails afterwards fails for the first time.
#[test]
fn what_an_operator_must_do_is_waited_for_while_nothing_may_be_a_post() {
    let at = Checkpoint::new("init", 1, json!({}));
    let missing = || down().with_remedy(Remedy::Operator);
    let after = |asked, standing: &Standing<'_>| {
        after_step(asked, standing, Err(missing()), Patience::default())
    };
    let waits = after(Asked::Advance, &old(&at));
    assert_eq!(waits.next, Follow::After(Duration::from_secs(300)));
    assert_eq!(waits.failing_since, None);
    let exposed = at.clone().with_exposure(Exposure::PostMayExist);
    let watched = Follow::Settle(Outcome::Undecided, Some(LOOK_LATER));
    for (asked, standing) in [
        (Asked::Advance, old(&exposed)),
        (Asked::Reconcile, old(&at)),
        (Asked::Advance, old(&at).restored(true)),
    ] {
        assert_eq!(
            after(asked, &standing).next,
            watched,
            "it is not lost sight of"
        );
    }
}

#[test]
fn patience_counts_from_the_first_failure_in_a_row() {
    let at = Checkpoint::new("init", 1, json!({}));
    let after = |standing: &Standing<'_>, error| {
        after_step(Asked::Advance, standing, Err(error), Patience::default())
    };
    let first = after(&standing(&at), down());
    assert_eq!((first.failures, first.failing_since), (1, Some(NOW)));
    let given_up = after(&old(&at), down());
    assert_eq!(given_up.next, Follow::Settle(Outcome::Failed(down()), None));
    // Nobody tried in between: a machine was asleep, or no worker ran.
    let slept = standing(&at).failing(1, Some(NOW - TimeDelta::days(3)));
    let written = after(&slept, down());
    assert_eq!(written.next, Follow::After(Duration::from_secs(2)));
    assert_eq!(written.failing_since, slept.failing_since);
    // A day of waiting is not a day of failing, and neither is the time on hold.
    let wait = Duration::from_secs(86_400);
    let limit = LimitScope::Account;
    let limited = down().with_remedy(Remedy::After { wait, scope: limit });
    let failing = standing(&at).failing(5, Some(NOW - TimeDelta::hours(1)));
    let moved = Some(NOW + TimeDelta::hours(23));
    // The platform's refusal is one more in a row, which makes the next wait longer; our own queue's is none.
    for (error, failures) in [
        (limited.clone(), 6),
        (limited.with_code(crate::publish::LIMIT_BOOKED), 5),
    ] {
        let written = after(&failing, error);
        assert_eq!((written.failures, written.failing_since), (failures, moved));
    }
    let held = after(&failing, Error::new(ErrorKind::Permission, "scope"));
    assert_eq!((held.next, held.failing_since), (Follow::Hold, None));
    let moved_on = after_step(
        Asked::Advance,
        &failing,
        Ok(pending(&at, None)),
        Patience::default(),
    );
    assert_eq!((moved_on.failures, moved_on.failing_since), (0, None));
}

fn pending(at: &Checkpoint, cause: Option<Error>) -> Step {
    Step::Pending {
        checkpoint: at.clone(),
        after: Duration::ZERO,
        cause,
    }
}

#[test]
fn a_wait_in_a_new_checkpoint_counts_as_any_other() {
    let at = Checkpoint::new("init", 1, json!({}));
    let wait = Duration::from_secs(600);
    let scope = LimitScope::Account;
    let blocked = down().with_remedy(Remedy::After { wait, scope });
    let booked = blocked.clone().with_code(crate::publish::LIMIT_BOOKED);
    for (cause, failures) in [(booked, 3), (blocked, 4), (down(), 4)] {
        let failing = standing(&at).failing(3, None);
        let step = pending(&at, Some(cause));
        let written = after_step(Asked::Advance, &failing, Ok(step), Patience::default());
        assert_eq!(written.failures, failures);
    }
}

#[test]
fn an_open_step_is_asked_about_before_patience_ends() {
    let settle = Duration::from_secs(SETTLE);
    let at = Checkpoint::new("publish", 1, json!({})).once(settle);
    let lost = || down().with_remedy(Remedy::Reconcile);
    let written = after_step(Asked::Advance, &old(&at), Err(lost()), Patience::default());
    assert_eq!(
        (written.next, written.still_started),
        (Follow::After(settle), true)
    );
    // The question was never answered: nobody knows, and it is looked at again.
    let written = after_step(
        Asked::Reconcile,
        &old(&at),
        Err(down()),
        Patience::default(),
    );
    let watched = Follow::Settle(Outcome::Undecided, Some(LOOK_LATER));
    assert_eq!(
        (written.next, written.still_started),
        (watched.clone(), true)
    );
    let written = parked(&standing(&at), true);
    assert_eq!((written.next, written.still_started), (watched, true));
}

#[test]
fn nothing_that_can_become_a_post_begins_after_its_time() {
    let once = Effect::Once {
        settle: Duration::from_secs(SETTLE),
    };
    let action = |facts: Facts| next_action(&facts, Patience::default());
    for effect in [once, Effect::Repeatable] {
        let expired = Facts {
            expired: true,
            ..Facts::new(effect)
        };
        assert_eq!(action(expired), Action::Miss);
        let started = Facts {
            started: true,
            ..expired
        };
        assert_eq!(action(started), Action::Reconcile, "it may be a post");
        let settled = Facts {
            settled: true,
            ..expired
        };
        assert_eq!(action(settled), Action::Look);
        let cancelled = Facts {
            cancel_requested: true,
            ..expired
        };
        assert_eq!(action(cancelled), Action::Cancel, "the owner's word first");
        let exposed = Facts {
            exposed: true,
            ..expired
        };
        let goes_on = match effect {
            Effect::Once { settle } => Action::Start { settle },
            Effect::Repeatable => Action::Advance,
            Effect::Unknown => unreachable!("none of these"),
        };
        assert_eq!(action(exposed), goes_on, "it may be a post already");
    }
}

#[test]
fn waits_holds_and_refreshes_follow_the_remedy() {
    let at = Checkpoint::new("init", 1, json!({}));
    let after = |error: Error| {
        after_step(
            Asked::Advance,
            &standing(&at),
            Err(error),
            Patience::default(),
        )
    };
    let wait = Duration::from_secs(7_200);
    let limited = Error::new(ErrorKind::RateLimited, "full").with_remedy(Remedy::After {
        wait,
        scope: LimitScope::Account,
    });
    let written = after(limited.clone());
    assert_eq!((written.next, written.failures), (Follow::After(wait), 1));
    // A place in a queue of ours is no refusal.
    let written = after(limited.with_code(crate::publish::LIMIT_BOOKED));
    assert_eq!((written.next, written.failures), (Follow::After(wait), 0));
    assert_eq!(
        after(Error::new(ErrorKind::Permission, "scope")).next,
        Follow::Hold
    );
    let written = after(Error::new(ErrorKind::Unauthorized, "old"));
    assert!(written.refresh && written.next == Follow::After(Duration::ZERO));
}

#[test]
fn backs_off_to_five_minutes() {
    let seconds: Vec<_> = (1..=12).map(|n| backoff(n).as_secs()).collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
}
