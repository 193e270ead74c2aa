//! What is there already, and what is noted beside it: no outcome may hide either.

use super::{
    super::{Note, NoteKind, Outcome, PostLink, Step},
    Follow, Standing, Written,
};
use crate::error::{Error, ErrorKind, Reason};

/// The outcome of a post of which these are there. It did not fail and was not cancelled: the rest of it is missing, and a note
/// says why.
pub(super) fn beside(
    there: &[PostLink],
    outcome: Outcome,
    mut notes: Vec<Note>,
) -> (Outcome, Vec<Note>) {
    if there.is_empty() {
        return (outcome, notes);
    }
    let why = match outcome {
        Outcome::Published(has) => return (Outcome::Published(joined(there, has)), notes),
        Outcome::Failed(error) => error,
        Outcome::Cancelled => stopped(),
        other => return (other, notes),
    };
    notes.insert(0, Note::rest(why));
    (Outcome::Published(there.to_vec()), notes)
}

/// An answer that leaves out what was there before does not take it away: who knows that it is gone says when it was
/// [hidden](PostLink::hidden), and who deletes it answers to `cancel`.
pub(super) fn kept(mut step: Step, standing: &Standing<'_>) -> Step {
    let (Step::Pending { checkpoint, .. } | Step::Settled { checkpoint, .. }) = &mut step;
    let told = std::mem::take(&mut checkpoint.links);
    checkpoint.links = joined(&standing.at.links, told);
    step
}

/// No outcome says that nothing is there beside a checkpoint that has links, or leaves one of them out, whoever told the one and
/// the other.
pub(super) fn shows_what_is_there(mut written: Written, standing: &Standing<'_>) -> Written {
    let checkpoint = written.checkpoint.as_ref().unwrap_or(standing.at);
    let there = &checkpoint.links;
    let (outcome, watch) = match &mut written.next {
        Follow::Settle(Outcome::Published(has), _) => {
            let missing = there.iter().filter(|link| !link.is_among(has));
            let missing: Vec<_> = missing.cloned().collect();
            has.extend(missing);
            return written;
        }
        Follow::Settle(outcome @ (Outcome::Failed(_) | Outcome::Cancelled), watch)
            if !there.is_empty() =>
        {
            (outcome.clone(), *watch)
        }
        _ => return written,
    };
    if standing.restored || checkpoint.exposure.post_may_exist() {
        // What became of the rest nobody here can tell.
        written.next = Written::undecided().next;
    } else {
        let noted = written.notes.take();
        let noted = noted.unwrap_or_else(|| standing.notes.to_vec());
        let (outcome, notes) = beside(there, outcome, noted);
        written.notes = Some(notes);
        written.next = Follow::Settle(outcome, watch);
    }
    written
}

/// What an outcome on a person's word becomes of a post of which these are there: that there is none is said of the rest.
pub fn on_word(there: &[PostLink], outcome: &Outcome) -> (Outcome, Vec<Note>) {
    beside(there, outcome.clone(), Vec::new())
}

/// Every link that is known, also one that was told before and is not now.
pub(super) fn joined(had: &[PostLink], has: Vec<PostLink>) -> Vec<PostLink> {
    let mut links = had.to_vec();
    for link in has {
        match links.iter_mut().find(|known| known.id == link.id) {
            Some(known) if link.url.is_some() || link.hidden_at.is_some() => *known = link,
            Some(_) => {}
            None => links.push(link),
        }
    }
    links
}

/// The notes of a post once `told` was told with the outcome `next`, where they are others than those it `had`. What was noted
/// stays, the same one in its newest form. Those of a question go when it is answered, and those of a verdict when it is taken
/// back: the history has them.
pub(super) fn noted(
    known: Option<&Outcome>,
    had: &[Note],
    next: &Outcome,
    told: Vec<Note>,
) -> Option<Vec<Note>> {
    let turned = |known: &Outcome| !is_same_kind(known, next) && *known != Outcome::AwaitingUser;
    let mut notes = if known.is_some_and(turned) {
        Vec::new()
    } else {
        had.to_vec()
    };
    if let (Some(Outcome::Published(had)), Outcome::Published(has)) = (known, next)
        && lacks(had, has)
    {
        // More is there than when the rest was missing.
        notes.retain(|note| note.kind != NoteKind::Rest);
    }
    for note in told {
        match notes.iter_mut().find(|known| known.is_of(&note)) {
            Some(known) => *known = note,
            None => notes.push(note),
        }
    }
    (notes != had).then_some(notes)
}

/// Whether both say the same of it, whatever links or error they have.
pub(super) fn is_same_kind(one: &Outcome, other: &Outcome) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// Whether a link of `had` is in `has` no more.
pub(super) fn lacks(has: &[PostLink], had: &[PostLink]) -> bool {
    !had.iter().all(|link| link.is_among(has))
}

/// Why the rest is missing of a post that was stopped.
pub(super) fn stopped() -> Error {
    Error::new(ErrorKind::Rejected, "the rest of the post was cancelled")
        .with_reason(Reason::Cancelled)
}

/// The same where its account was disconnected.
pub(super) fn disconnected() -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        "the account was disconnected before the rest of the post was sent",
    )
    .with_reason(Reason::Disconnected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Once more of it is found, the rest is not missing any more; what else was noted stays.
    #[test]
    fn the_rest_is_missing_until_more_is_there() {
        let cause = || Error::new(ErrorKind::Rejected, "refused");
        let had = [Note::rest(cause()), Note::aside(cause())];
        let is = |ids: &[&str]| {
            let links = ids.iter().map(|id| PostLink::new(*id, None));
            Outcome::Published(links.collect())
        };
        let known = is(&["1"]);
        let same = noted(Some(&known), &had, &is(&["1"]), Vec::new());
        assert_eq!(same, None, "nothing changed");
        let more = noted(Some(&known), &had, &is(&["1", "2"]), Vec::new());
        assert_eq!(more, Some(vec![Note::aside(cause())]));
    }
}
