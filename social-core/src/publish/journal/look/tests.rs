use std::time::Duration;

use serde_json::json;

use super::*;
use crate::publish::{Checkpoint, Exposure, NoteKind, PostLink};

fn standing(at: &Checkpoint) -> Standing<'_> {
    Standing::new(at, chrono::DateTime::UNIX_EPOCH)
}

#[test]
fn a_look_never_makes_an_outcome_worse() {
    let at = Checkpoint::new("status", 1, json!({})).with_exposure(Exposure::PostMayExist);
    let link = || vec![PostLink::new("7", None)];
    let look = |known: &Outcome, result| after_look(known, &standing(&at), result).next;
    let settled = |outcome| Ok(Step::settled(at.clone(), outcome, None));
    let published = Outcome::Published(link());
    let failed = Outcome::Failed(Error::new(ErrorKind::Rejected, "no"));
    for worse in [failed, Outcome::Undecided, Outcome::Published(Vec::new())] {
        assert_eq!(
            look(&published, settled(worse)),
            Follow::Settle(published.clone(), None)
        );
    }
    let bare = Outcome::Published(Vec::new());
    assert_eq!(
        look(&bare, settled(published.clone())),
        Follow::Settle(published.clone(), None)
    );
    assert_eq!(
        look(&Outcome::AwaitingUser, settled(published.clone())),
        Follow::Settle(published.clone(), None)
    );
    let refused = Outcome::Failed(Error::new(ErrorKind::Rejected, "no"));
    for wrong in [Outcome::Cancelled, refused] {
        let stays = look(&wrong, settled(Outcome::AwaitingUser));
        assert_eq!(stays, Follow::Settle(wrong.clone(), None));
        let found = look(&wrong, settled(published.clone()));
        assert_eq!(found, Follow::Settle(published.clone(), None));
    }
    let odd = Err(Error::new(ErrorKind::Protocol, "odd"));
    assert_eq!(
        look(&published, odd),
        Follow::Settle(published.clone(), None)
    );
    let lost = Err(Error::new(ErrorKind::Unavailable, "gone"));
    assert!(matches!(
        look(&published, lost),
        Follow::Settle(Outcome::Published(_), Some(_))
    ));
}

#[test]
fn looks_that_fail_go_on_ever_more_rarely_for_three_days() {
    let at = Checkpoint::new("status", 1, json!({})).with_exposure(Exposure::PostMayExist);
    for kind in [
        ErrorKind::Unavailable,
        ErrorKind::Unauthorized,
        ErrorKind::Permission,
    ] {
        let (mut failures, mut waits) = (0, Vec::new());
        loop {
            let failing = standing(&at).failing(failures, None);
            let failed = Err(Error::new(kind, "not now"));
            let written = after_look(&Outcome::Undecided, &failing, failed);
            failures = written.failures;
            match written.next {
                Follow::Settle(Outcome::Undecided, Some(wait)) => waits.push(wait.as_secs() / 60),
                Follow::Settle(Outcome::Undecided, None) => break,
                next => panic!("{next:?}"),
            }
        }
        assert_eq!(waits[..4], [1, 2, 4, 8]);
        let days = waits.iter().sum::<u64>() / (24 * 60);
        assert!(waits.is_sorted() && days == 3, "{waits:?}");
    }
}

#[test]
fn a_look_begins_nothing() {
    let fresh = Checkpoint::new("init", 1, json!({}));
    let known = Checkpoint::new("status", 1, json!({})).with_exposure(Exposure::PostMayExist);
    let anew = |cause: Option<Error>| {
        Ok(Step::Pending {
            checkpoint: fresh.clone(),
            after: Duration::ZERO,
            cause,
        })
    };
    let cause = Error::new(ErrorKind::Unavailable, "the upload was lost");
    let look = |at, outcome: &Outcome, result| {
        let written = after_look(outcome, &standing(at), result);
        assert_eq!(written.checkpoint, None, "it stays where it is");
        written.next
    };
    let failed = Follow::Settle(Outcome::Failed(cause.clone()), None);
    for outcome in [Outcome::Undecided, Outcome::AwaitingUser] {
        assert_eq!(look(&known, &outcome, anew(Some(cause.clone()))), failed);
    }
    let published = Outcome::Published(Vec::new());
    let stays = Follow::Settle(published.clone(), None);
    assert_eq!(look(&known, &published, anew(Some(cause))), stays);
    // The step of which nobody knew came to nothing, by the platform's word.
    let not_there = Follow::Settle(Outcome::Failed(not_there()), None);
    assert_eq!(look(&fresh, &Outcome::Undecided, anew(None)), not_there);
    // Of what was done in the data before they were restored that word says nothing.
    let stays = Follow::Settle(Outcome::Undecided, None);
    for at in [&fresh, &known] {
        let restored = standing(at).restored(true);
        let written = after_look(&Outcome::Undecided, &restored, anew(None));
        assert_eq!(written.next, stays);
    }
}

#[test]
fn a_look_that_finds_it_under_way_looks_again() {
    let at = Checkpoint::new("status", 1, json!({})).with_exposure(Exposure::PostMayExist);
    let under_way = Ok(Step::pending(at.clone(), Duration::ZERO));
    let written = after_look(&Outcome::Undecided, &standing(&at), under_way);
    assert_eq!(written.checkpoint, Some(at));
    let soon = Some(Duration::from_secs(1));
    assert_eq!(written.next, Follow::Settle(Outcome::Undecided, soon));
}

#[test]
fn a_look_loses_no_link() {
    let at = Checkpoint::new("status", 1, json!({})).with_exposure(Exposure::PostMayExist);
    let link = |id: &str, shown: bool| {
        let url = format!("https://platform.example/{id}").parse().unwrap();
        PostLink::new(id, shown.then_some(url))
    };
    let known = Outcome::Published(vec![link("8", true), link("9", false)]);
    let outcome = Outcome::Published(vec![link("7", true), link("8", false), link("9", true)]);
    let looked = Ok(Step::settled(at.clone(), outcome, None));
    let all = vec![link("8", true), link("9", true), link("7", true)];
    assert_eq!(
        after_look(&known, &standing(&at), looked).next,
        Follow::Settle(Outcome::Published(all), None)
    );
}

fn refused() -> Error {
    Error::new(ErrorKind::Rejected, "no")
}

fn link(id: &str) -> PostLink {
    PostLink::new(id, None)
}

#[test]
fn what_is_noted_stays_with_its_outcome() {
    let at = Checkpoint::new("status", 1, json!({})).with_exposure(Exposure::PostMayExist);
    let (cover, audience) = (
        refused().with_code("cover"),
        refused().with_code("audience"),
    );
    let had = [Note::aside(cover.clone())];
    let look = |known: &Outcome, step| after_look(known, &standing(&at).noted(&had), Ok(step));
    let says = |outcome| Step::settled(at.clone(), outcome, None);
    let published = Outcome::Published(vec![link("7")]);
    // Nothing new is no news.
    assert_eq!(look(&published, says(published.clone())).notes, None);
    let again = cover
        .with_request_id("2")
        .with_message("it was refused again");
    let newest = Note::aside(again).about(vec![link("8")]);
    let written = look(&published, says(published.clone()).noting(newest.clone()));
    assert_eq!(written.notes, Some(vec![newest]), "the newest form");
    let more = Note::aside(audience);
    let written = look(
        &Outcome::AwaitingUser,
        says(published.clone()).noting(more.clone()),
    );
    let both = [had.to_vec(), vec![more.clone()]].concat();
    assert_eq!(written.notes, Some(both), "it is still the same post");
    for answered in [Outcome::Undecided, Outcome::Failed(refused())] {
        let written = look(&answered, says(published.clone()).noting(more.clone()));
        assert_eq!(written.notes, Some(vec![more.clone()]), "an answer");
        assert_eq!(look(&answered, says(published.clone())).notes, Some(vec![]));
    }
    // What is not believed notes nothing.
    let worse = says(Outcome::Undecided).noting(more);
    assert_eq!(look(&published, worse).notes, None);
}

#[test]
fn a_look_at_what_is_there_in_part_learns_that_the_rest_is_not() {
    let at = Checkpoint::new("second", 1, json!({})).once(Duration::from_secs(1));
    let at = at.with_link(link("7"));
    let part = Outcome::Published(vec![link("7")]);
    let absent = || Step::pending(at.clone(), Duration::ZERO);
    for step in [absent(), Step::failed(at.clone(), refused())] {
        let written = after_look(&Outcome::Undecided, &standing(&at), Ok(step.clone()));
        assert_eq!(written.next, Follow::Settle(part.clone(), None));
        let kinds = written
            .notes
            .map(|notes| notes.iter().map(|note| note.kind).collect());
        assert_eq!(kinds, Some(vec![NoteKind::Rest]));
        // Of what is published nothing is missing because a look does not find it.
        let written = after_look(&part, &standing(&at), Ok(step));
        assert_eq!(written.notes, None);
    }
    let restored = standing(&at).restored(true);
    let written = after_look(&Outcome::Undecided, &restored, Ok(absent()));
    // The same would be answered for ever.
    assert_eq!(written.next, Follow::Settle(Outcome::Undecided, None));
}

/// What is not told again is there as before: who knows better says since when it is hidden.
#[test]
fn a_look_that_leaves_out_what_was_there_takes_nothing_away() {
    let at = Checkpoint::new("second", 1, json!({})).with_link(link("7"));
    let part = Outcome::Published(vec![link("7")]);
    let bare = Checkpoint::new("status", 1, json!({}));
    let open = bare.clone().with_exposure(Exposure::PostMayExist);
    for (step, next) in [
        (Step::failed(bare.clone(), refused()), &part),
        (Step::pending(bare.clone(), Duration::ZERO), &part),
        (Step::settled(bare.clone(), part.clone(), None), &part),
        (Step::pending(open, Duration::ZERO), &Outcome::Undecided),
    ] {
        let written = after_look(&Outcome::Undecided, &standing(&at), Ok(step.clone()));
        let kept = written.checkpoint.map(|at| at.links);
        assert_eq!(kept, Some(vec![link("7")]), "{step:?}");
        assert!(
            matches!(&written.next, Follow::Settle(outcome, _) if outcome == next),
            "{step:?}: {:?}",
            written.next
        );
    }
    let more = bare.with_link(link("8"));
    let written = after_look(
        &part,
        &standing(&at),
        Ok(Step::pending(more, Duration::ZERO)),
    );
    let both = Outcome::Published(vec![link("7"), link("8")]);
    assert_eq!(written.next, Follow::Settle(both, None));
}

/// Beside what is there more may be: that the rest is missing nobody says.
#[test]
fn a_look_at_what_is_there_in_part_does_not_call_missing_what_may_be_there() {
    let at = Checkpoint::new("second", 1, json!({})).with_link(link("7"));
    let at = at.with_exposure(Exposure::PostMayExist);
    let under_way = || Ok(Step::pending(at.clone(), Duration::ZERO));
    for once in [false, true] {
        let mut told = at.clone();
        if once {
            told = told.once(Duration::from_secs(1));
        }
        let step = Ok(Step::pending(told, Duration::ZERO));
        let written = after_look(&Outcome::Undecided, &standing(&at), step);
        let soon = Some(LOOK_SOON);
        assert_eq!(written.next, Follow::Settle(Outcome::Undecided, soon));
    }
    let fresh = Checkpoint::new("first", 1, json!({}));
    for known in [Outcome::Failed(refused()), Outcome::Cancelled] {
        let written = after_look(&known, &standing(&fresh), under_way());
        assert_eq!(written.next, Written::undecided().next, "{known:?}");
    }
}

/// Every known outcome, every standing, everything told: no store refuses what is to be written.
#[test]
fn whatever_is_told_no_store_refuses_it() {
    use super::super::{Asked, Patience, after_event, after_step};
    let failed = || Outcome::Failed(Error::new(ErrorKind::Rejected, "no"));
    let bare = Checkpoint::new("bare", 1, json!({}));
    let there = bare.clone().with_link(PostLink::new("1", None));
    let more = there.clone().with_link(PostLink::new("2", None));
    let outcomes = || {
        [
            failed(),
            Outcome::Cancelled,
            Outcome::Undecided,
            Outcome::AwaitingUser,
            Outcome::Published(Vec::new()),
            Outcome::Published(vec![PostLink::new("1", None)]),
        ]
    };
    let second = Duration::from_secs(1);
    let mut told = Vec::new();
    for at in [&bare, &there, &more] {
        told.push(Step::pending(at.clone(), second));
        told.push(Step::pending(at.clone().once(second), second));
        told.extend(outcomes().map(|outcome| Step::settled(at.clone(), outcome, None)));
    }
    let standings = [
        (&bare, false),
        (&bare, true),
        (&there, false),
        (&there, true),
    ];
    let known = outcomes().into_iter().map(Some).chain([None]);
    let known: Vec<_> = known.collect();
    let mut all = 0;
    for (at, restored) in standings {
        let standing = standing(at).restored(restored);
        for (known, step) in known
            .iter()
            .flat_map(|known| told.iter().map(move |step| (known, step)))
        {
            let is_none =
                |outcome: &Outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Cancelled);
            if known.as_ref().is_some_and(is_none) && !at.links.is_empty() {
                // No store has this.
                continue;
            }
            let mut written = vec![after_event(known.as_ref(), &standing, false, step.clone())];
            match known {
                Some(known) => written.push(after_look(known, &standing, Ok(step.clone()))),
                None => written.extend([Asked::Advance, Asked::Reconcile].map(|asked| {
                    after_step(asked, &standing, Ok(step.clone()), Patience::default())
                })),
            }
            for written in written {
                all += 1;
                let kept = written.checkpoint.as_ref().unwrap_or(at);
                let hides = matches!(&written.next, Follow::Settle(outcome, _) if is_none(outcome));
                assert!(
                    !hides || kept.links.is_empty(),
                    "{known:?}, restored {restored}, at {at:?}, told {step:?}: {written:?}"
                );
            }
        }
    }
    assert!(all > 1_000, "{all}");
}
