//! What an event tells of a post.

use std::time::Duration;

use super::{
    Follow, Standing, Written, look,
    there::{beside, is_same_kind, joined, lacks, noted, shows_what_is_there},
};
use crate::publish::{Outcome, Step};

/// What to write down after an event told something new of a post: `known` is its outcome, if it has one, and `started` says
/// whether a `Once` step of it has no known outcome.
///
/// An event only moves a post on. That it did not become one is not believed while a started step is open, and never of a
/// [restored](super::Facts::restored) post: the event may be about an earlier try. Nor does an event begin a restored post anew,
/// or take back that a post may exist. Then the platform is asked.
pub fn after_event(
    known: Option<&Outcome>,
    standing: &Standing<'_>,
    started: bool,
    told: Step,
) -> Written {
    shows_what_is_there(heard(known, standing, started, told), standing)
}

fn heard(known: Option<&Outcome>, standing: &Standing<'_>, started: bool, told: Step) -> Written {
    match (known, told) {
        // That what was there is gone, the platform says when it is asked.
        (
            known,
            Step::Settled {
                ref checkpoint,
                ref outcome,
                ..
            },
        ) if says_none(outcome) && lacks(&checkpoint.links, &standing.at.links) => {
            asks(known, standing, started)
        }
        (known, Step::Settled { outcome, .. }) if says_none(&outcome) && standing.restored => {
            asks(known, standing, started)
        }
        (_, Step::Settled { outcome, .. }) if says_none(&outcome) && started => {
            asks(known, standing, started)
        }
        (
            _,
            Step::Settled {
                outcome: Outcome::Undecided,
                notes,
                ..
            },
        ) => {
            let mut written = asks(known, standing, started);
            if let Some(known @ Outcome::Undecided) = known {
                written.notes = noted(Some(known), standing.notes, known, notes);
            }
            written
        }
        (_, told) if takes_back(standing, &told) => asks(known, standing, started),
        (
            known,
            Step::Settled {
                mut checkpoint,
                outcome,
                watch,
                notes,
            },
        ) => {
            checkpoint.links = joined(&standing.at.links, checkpoint.links);
            let (told, notes) = match known {
                Some(Outcome::Published(_)) => (outcome, notes),
                _ => beside(&checkpoint.links, outcome, notes),
            };
            let outcome = known.map_or_else(|| told.clone(), |known| newer(known, &told));
            let believed = is_same_kind(&outcome, &told);
            let notes = if believed { notes } else { Vec::new() };
            let mut written = Written::settled(outcome.clone());
            written.notes = noted(known, standing.notes, &outcome, notes);
            written.checkpoint = Some(checkpoint);
            written.next = Follow::Settle(outcome, watch);
            written
        }
        // What is open is open at the checkpoint of its start. Of a restored post nothing is gone on with.
        (None, Step::Pending { .. }) if started || standing.restored => {
            asks(known, standing, started)
        }
        (
            None,
            Step::Pending {
                checkpoint, after, ..
            },
        ) => {
            let mut written = asks(None, standing, started);
            written.checkpoint = Some(checkpoint);
            written.next = Follow::After(after);
            written
        }
        (known, Step::Pending { .. }) => asks(known, standing, started),
    }
}

/// Whether it says that no post can exist where one may and no more of it is there now, or that one is not there which was.
fn takes_back(standing: &Standing<'_>, told: &Step) -> bool {
    let Step::Pending { checkpoint, .. } = told else {
        return false;
    };
    let (had, has) = (standing.at, checkpoint);
    let found = lacks(&had.links, &has.links);
    had.exposure.post_may_exist() && !has.exposure.post_may_exist() && !found
        || lacks(&has.links, &had.links)
}

fn says_none(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Cancelled | Outcome::Failed(_))
}

/// The post stays as it is, and the platform is asked now.
fn asks(known: Option<&Outcome>, standing: &Standing<'_>, started: bool) -> Written {
    let mut written = Written::settled(Outcome::Undecided);
    written.next = match known {
        Some(known) => Follow::Settle(known.clone(), Some(look::LOOK_SOON)),
        None => Follow::After(Duration::ZERO),
    };
    written.still_started = started;
    (written.failures, written.failing_since) = (standing.failures, standing.failing_since);
    written
}

/// Which links lead nowhere any more is for the event to say, not whether there is a post. One that it leaves out stays.
fn newer(known: &Outcome, told: &Outcome) -> Outcome {
    match (known, told) {
        (Outcome::Published(had), Outcome::Published(has)) => {
            let left_out = had.iter().filter(|link| !link.is_among(has)).cloned();
            Outcome::Published(has.iter().cloned().chain(left_out).collect())
        }
        _ => look::better(known, told.clone()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        error::{Error, ErrorKind},
        publish::{Checkpoint, PostLink},
    };

    fn at(step: &str) -> Checkpoint {
        Checkpoint::new(step, 1, serde_json::Value::Null)
    }

    fn standing(at: &Checkpoint) -> Standing<'_> {
        Standing::new(at, DateTime::UNIX_EPOCH).failing(3, Some(DateTime::UNIX_EPOCH))
    }

    fn settled(outcome: Outcome) -> Step {
        Step::settled(at("told"), outcome, None)
    }

    fn failed() -> Outcome {
        Outcome::Failed(Error::new(ErrorKind::Rejected, "the platform refused it"))
    }

    fn published() -> Outcome {
        Outcome::Published(vec![PostLink::new("1", None)])
    }

    #[test]
    fn that_there_is_none_is_not_believed_while_a_step_is_open_or_after_a_restore() {
        let here = at("here");
        for told in [failed(), Outcome::Cancelled] {
            let restored = standing(&here).restored(true);
            for (standing, started) in [(standing(&here), true), (restored, false)] {
                let written = after_event(None, &standing, started, settled(told.clone()));
                assert_eq!(written.next, Follow::After(Duration::ZERO));
                assert_eq!(written.still_started, started, "the question stays open");
                assert_eq!(written.failures, 3, "patience is not begun anew");
                assert_eq!(written.checkpoint, None);
            }
            let believed = after_event(None, &standing(&here), false, settled(told.clone()));
            assert_eq!(believed.next, Follow::Settle(told.clone(), None));
            let undecided = Some(&Outcome::Undecided);
            let looked = after_event(undecided, &restored, false, settled(told));
            let soon = Some(look::LOOK_SOON);
            assert_eq!(looked.next, Follow::Settle(Outcome::Undecided, soon));
        }
    }

    #[test]
    fn a_post_that_is_there_ends_a_question_and_an_earlier_verdict() {
        let here = at("here");
        let standing = standing(&here).restored(true);
        for (known, started) in [(None, true), (Some(failed()), false)] {
            let told = settled(published());
            let written = after_event(known.as_ref(), &standing, started, told);
            assert_eq!(written.next, Follow::Settle(published(), None));
            assert!(!written.still_started && written.checkpoint == Some(at("told")));
        }
        let standing = standing.restored(false);
        let written = after_event(Some(&published()), &standing, false, settled(failed()));
        assert_eq!(written.next, Follow::Settle(published(), None));
    }

    #[test]
    fn what_is_open_stays_open_at_the_checkpoint_of_its_start() {
        let here = at("here");
        let told = || Step::pending(at("told"), Duration::from_secs(7));
        let open = after_event(None, &standing(&here), true, told());
        assert_eq!((open.checkpoint, open.still_started), (None, true));
        let moved = after_event(None, &standing(&here), false, told());
        assert_eq!(moved.checkpoint, Some(at("told")));
        assert_eq!(moved.next, Follow::After(Duration::from_secs(7)));
        let looked = after_event(Some(&published()), &standing(&here), false, told());
        assert_eq!(looked.checkpoint, None);
        let soon = Some(look::LOOK_SOON);
        assert_eq!(looked.next, Follow::Settle(published(), soon));
    }

    #[test]
    fn an_event_takes_nothing_back_and_begins_no_restored_post() {
        let here = at("here").with_exposure(crate::publish::Exposure::PostMayExist);
        let told = || Step::pending(at("told"), Duration::ZERO);
        let asked = after_event(None, &standing(&here), false, told());
        assert_eq!(
            (asked.checkpoint, asked.next),
            (None, Follow::After(Duration::ZERO))
        );
        let here = at("here");
        let restored = standing(&here).restored(true);
        assert_eq!(after_event(None, &restored, false, told()).checkpoint, None);
        let undecided = Some(&Outcome::Undecided);
        let open = after_event(undecided, &standing(&here), true, settled(failed()));
        assert!(open.still_started, "the question stays open");
        let waits = Some(&Outcome::AwaitingUser);
        let kept = after_event(waits, &standing(&here), false, settled(Outcome::Undecided));
        let soon = Some(look::LOOK_SOON);
        assert_eq!(kept.next, Follow::Settle(Outcome::AwaitingUser, soon));
    }

    #[test]
    fn an_event_takes_no_exposure_beside_links_back_and_no_link_away() {
        let link = |id: &str| PostLink::new(id, None);
        let part = at("here").with_link(link("1"));
        let open = part
            .clone()
            .with_exposure(crate::publish::Exposure::PostMayExist);
        let told = |at: Checkpoint| Step::pending(at, Duration::ZERO);
        let asked = after_event(None, &standing(&open), false, told(part.clone()));
        assert_eq!(asked.checkpoint, None, "another may be there");
        let both = part.clone().with_link(link("2"));
        let found = after_event(None, &standing(&open), false, told(both.clone()));
        assert_eq!(found.checkpoint, Some(both.clone()), "it is among them now");
        for known in [None, Some(Outcome::Published(vec![link("1")]))] {
            let told = settled(Outcome::Published(vec![link("2")]));
            let written = after_event(known.as_ref(), &standing(&part), false, told);
            let kept = written.checkpoint.map(|at| at.links);
            assert_eq!(kept, Some(vec![link("1")]));
            assert!(
                matches!(&written.next, Follow::Settle(Outcome::Published(has), _)
                    if has.contains(&link("1")) && has.contains(&link("2"))),
                "{:?}",
                written.next
            );
        }
    }

    #[test]
    fn a_link_that_an_event_takes_away_is_gone() {
        let here = at("here");
        let url = "https://example.com/1".parse().ok();
        let known = Outcome::Published(vec![PostLink::new("1", url)]);
        let written = after_event(Some(&known), &standing(&here), false, settled(published()));
        assert_eq!(written.next, Follow::Settle(published(), None));
    }

    #[test]
    fn a_link_that_an_event_leaves_out_stays() {
        let here = at("here");
        let url = || "https://example.com/2".parse().ok();
        let had = [PostLink::new("1", None), PostLink::new("2", url())];
        let known = Outcome::Published(had.to_vec());
        let told = Outcome::Published(vec![PostLink::new("3", None), PostLink::new("1", url())]);
        let written = after_event(Some(&known), &standing(&here), false, settled(told));
        let all = vec![
            PostLink::new("3", None),
            PostLink::new("1", url()),
            PostLink::new("2", url()),
        ];
        assert_eq!(written.next, Follow::Settle(Outcome::Published(all), None));
    }
}
