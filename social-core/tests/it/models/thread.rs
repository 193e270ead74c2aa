//! A request that becomes two posts, one after the other, of which the second one may never come: the journal itself, asked on
//! every way that a platform, an owner and time can take.
//!
//! | model | code |
//! |---|---|
//! | `Row` | what a store keeps: the checkpoint with its links, the mark of a start, the outcome, the notes |
//! | `act` | `next_action`, with the wish to stop and the time that has passed |
//! | `send` | `Publisher::advance` of a step that happens once: done, refused for good, its answer lost, out of patience |
//! | `commit` | the same of a part whose upload is begun once and is its own key: repeatable, and it may be there before it is answered |
//! | `ask` | `Publisher::reconcile`, before and after there is an outcome |
//! | `Wishes::cut` | `cut_off`: the account was disconnected |
//! | `around` | `after_event` with an event that says that it failed |
//! | `killed` | the holder dies once the start is written down; so often, and the post is parked |
//!
//! Two workers at once, deadlines and settle times are in the model of publishing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use social_core::{
    Error, ErrorKind, Remedy, Result,
    publish::{
        Checkpoint, Exposure, Note, NoteKind, Outcome, PostLink, Step,
        journal::{
            Action, Asked, Facts, Follow, Patience, Standing, Written, after_event, after_look,
            after_step, cut_off, given_up, next_action, parked,
        },
    },
    store::PostRecord,
};

use super::explorer::{Model, explore, hunt};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const PARTS: u8 = 2;

/// The outcome, with the parts that are linked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum End {
    Cancelled,
    Failed,
    Published(Vec<u8>),
    Undecided,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Row {
    /// Which part is sent next.
    next: u8,
    /// Its upload is begun: what comes next makes it a part.
    begun: bool,
    links: Vec<u8>,
    started: bool,
    attempts: u8,
    end: Option<End>,
    /// That the rest is missing is noted.
    rest: bool,
    /// Something that the publisher noted: which one it may be.
    other: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Wishes {
    cancelled: bool,
    expired: bool,
    cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// How often each part is on the platform.
    parts: [u8; PARTS as usize],
    row: Row,
    wishes: Wishes,
    kills: u8,
    losses: u8,
    events: u8,
    looks: u8,
    /// A note was there and is not any more, and the outcome is what it was.
    forgot: bool,
}

#[derive(Clone, Debug)]
struct Rules {
    /// Each part is sent by a step that happens once; otherwise by an upload, which may be repeated.
    once: bool,
    /// The publisher says what is there.
    links: bool,
    /// And says it again with each answer.
    repeats: bool,
    /// What was there goes with it to the next answer.
    hands: bool,
    /// Exposure is asked for what is not among the links.
    exposes: bool,
    /// The platform can tell what became of a request.
    tells: bool,
    /// What was noted goes with it to the next answer.
    notes: bool,
}

const DESIGNED: Rules = Rules {
    once: true,
    links: true,
    repeats: true,
    hands: true,
    exposes: true,
    tells: true,
    notes: true,
};

const DOUBLE: &str = "a part that was posted twice";
const HIDDEN: &str = "something is there, and it is called failed or cancelled";
const LOST: &str = "something is there, and it is called missing";
const SILENT: &str = "published in part, and nobody is told";
const FALSE: &str = "published as a whole, and said to lack something";
const UNLINKED: &str = "published without something that is known to be there";
const FORGOT: &str = "a note that is gone";

fn link(part: u8) -> PostLink {
    PostLink::new(part.to_string(), None)
}

fn parts(links: &[PostLink]) -> Vec<u8> {
    let mut parts: Vec<_> = links
        .iter()
        .filter_map(|link| link.id.parse().ok())
        .collect();
    parts.sort();
    parts
}

fn end(outcome: &Outcome) -> End {
    match outcome {
        Outcome::Cancelled => End::Cancelled,
        Outcome::Failed(_) => End::Failed,
        Outcome::Published(links) => End::Published(parts(links)),
        // Nobody says anything else.
        _ => End::Undecided,
    }
}

fn refused() -> Error {
    Error::new(ErrorKind::Rejected, "the platform does not take it").with_remedy(Remedy::Never)
}

fn candidates() -> Note {
    Note::candidates(refused(), vec![link(7)])
}

impl Row {
    fn outcome(&self) -> Option<Outcome> {
        Some(match self.end.as_ref()? {
            End::Cancelled => Outcome::Cancelled,
            End::Failed => Outcome::Failed(refused()),
            End::Published(parts) => Outcome::Published(parts.iter().map(|n| link(*n)).collect()),
            End::Undecided => Outcome::Undecided,
        })
    }

    fn notes(&self) -> Vec<Note> {
        let rest = self.rest.then(|| Note::rest(refused()));
        rest.into_iter()
            .chain(self.other.then(candidates))
            .collect()
    }
}

impl Rules {
    /// Before this part is sent.
    fn before(&self, next: u8, begun: bool) -> Checkpoint {
        let at = Checkpoint::new(format!("part {next}"), 1, json!([next, u8::from(begun)]));
        if self.once {
            return at.once(Duration::from_secs(1));
        }
        at.with_exposure(match begun && self.exposes {
            true => Exposure::PostMayExist,
            false => Exposure::Nothing,
        })
    }

    /// The same as a publisher tells it, with the parts before it.
    fn at(&self, next: u8) -> Checkpoint {
        let first = match self.repeats {
            true => 0,
            false => next.saturating_sub(1),
        };
        let parts = (first..next).filter(|_| self.links).map(link);
        parts.fold(self.before(next, false), Checkpoint::with_link)
    }

    /// The same as the journal is given it.
    fn stands(&self, row: &Row) -> Checkpoint {
        let parts = row.links.iter().filter(|_| self.hands).copied().map(link);
        parts.fold(self.before(row.next, row.begun), Checkpoint::with_link)
    }

    /// This part is there.
    fn done(&self, part: u8) -> Step {
        match part + 1 {
            PARTS => {
                let first = if self.repeats { 0 } else { part };
                let all = Outcome::Published((first..PARTS).map(link).collect());
                Step::settled(self.at(PARTS), all, None)
            }
            next => Step::pending(self.at(next), Duration::ZERO),
        }
    }

    /// What the platform tells of the part that may have been sent.
    fn told(&self, state: &State) -> Vec<(&'static str, Step)> {
        let (next, at) = (state.row.next, self.at(state.row.next));
        let at = match self.repeats {
            true => at,
            false => self.before(next, false),
        };
        if next == PARTS {
            return vec![("shows all of it", self.done(PARTS - 1))];
        }
        let is_there = state.parts[usize::from(next)] > 0;
        let cannot = self.before(next, state.row.begun);
        let cannot = at.links.iter().cloned().fold(cannot, Checkpoint::with_link);
        let cannot = Step::settled(cannot, Outcome::Undecided, None).noting(candidates());
        match (self.tells, is_there) {
            (false, _) => vec![("cannot tell", cannot)],
            (true, true) => vec![("shows it", self.done(next))],
            (true, false) if matches!(state.row.end, Some(End::Published(_))) => {
                let outcome = Outcome::Published(at.links.clone());
                let more = Step::settled(at.clone(), outcome, None).noting(candidates());
                let absent = Step::pending(at, Duration::ZERO);
                vec![("does not have it", absent), ("says more", more)]
            }
            (true, false) => vec![("does not have it", Step::pending(at, Duration::ZERO))],
        }
    }
}

struct Turn<'a> {
    rules: &'a Rules,
    state: &'a State,
    next: Vec<(String, State)>,
}

impl Turn<'_> {
    fn push(&mut self, name: &str, change: impl FnOnce(&mut State)) {
        let mut state = self.state.clone();
        change(&mut state);
        self.next.push((name.to_owned(), state));
    }

    /// What is written down of it, as a store does.
    fn writes(&mut self, name: &str, written: Written, change: impl FnOnce(&mut State)) {
        let known = self.state.row.end.clone();
        self.push(name, |s| {
            change(s);
            let row = &mut s.row;
            let had = (row.rest, row.other);
            row.started = written.still_started;
            row.attempts = 0;
            if let Some(at) = &written.checkpoint {
                // Every checkpoint is made by `before`.
                let number = |n: usize| at.state.get(n).and_then(serde_json::Value::as_u64);
                row.next = number(0).and_then(|n| n.try_into().ok()).unwrap_or(0);
                row.begun = number(1) == Some(1);
                row.links = parts(&at.links);
            }
            if let Some(notes) = &written.notes {
                let has = |kind| notes.iter().any(|note| note.kind == kind);
                row.rest = has(NoteKind::Rest);
                row.other = has(NoteKind::Candidates);
            }
            if let Follow::Settle(outcome, _) = &written.next {
                row.end = Some(end(outcome));
            }
            let same = matches!(
                (&known, &row.end),
                (Some(End::Published(_)), Some(End::Published(_)))
                    | (Some(End::Undecided), Some(End::Undecided))
            );
            s.forgot |= same && (had.0 && !row.rest || had.1 && !row.other);
        });
    }

    /// What the journal makes of an answer.
    fn after(&self, asked: Asked, tired: bool, result: Result<Step>) -> Written {
        let row = &self.state.row;
        let (at, notes) = (self.rules.stands(row), row.notes());
        let mut standing = Standing::new(&at, NOW);
        if self.rules.notes {
            standing = standing.noted(&notes);
        }
        if tired {
            standing = standing.failing(99, Some(NOW - TimeDelta::days(9)));
        }
        match row.outcome() {
            Some(known) => after_look(&known, &standing, result),
            None => after_step(asked, &standing, result, Patience::default()),
        }
    }

    fn act(&mut self) {
        let (rules, s) = (self.rules, self.state);
        let at = rules.stands(&s.row);
        let standing = Standing::new(&at, NOW);
        if s.row.end.is_none() && s.wishes.cut {
            let written = cut_off(&standing, s.row.started);
            return self.writes("is cut off", written, |_| {});
        }
        let mut facts = Facts::new(at.next);
        facts.started = s.row.started;
        facts.attempts = u32::from(s.row.attempts) * 10 + 1;
        facts.cancel_requested = s.wishes.cancelled;
        facts.expired = s.wishes.expired;
        facts.exposed = at.post_may_exist();
        facts.settled = s.row.end.is_some();
        match next_action(&facts, Patience::default()) {
            Action::Park if s.row.end.is_some() => {}
            Action::Park => self.writes("is parked", parked(&standing, s.row.started), |_| {}),
            Action::Miss => {
                let written = given_up(&standing, false, &PostRecord::missed());
                self.writes("has missed its time", written, |_| {});
            }
            Action::Cancel => self.cancel(at),
            Action::Reconcile => self.ask(Asked::Reconcile, |_| {}),
            Action::Look if s.looks > 0 => self.ask(Asked::Look, |s| s.looks -= 1),
            Action::Look | Action::Wait(_) => {}
            Action::Advance if s.row.begun => self.commit(),
            Action::Advance => {
                let mut begun = rules.before(s.row.next, true);
                if rules.repeats {
                    begun.links.clone_from(&rules.at(s.row.next).links);
                }
                let step = Step::pending(begun, Duration::ZERO);
                let written = self.after(Asked::Advance, false, Ok(step));
                self.writes("begins an upload", written, |_| {});
            }
            Action::Start { .. } => self.send(),
        }
    }

    /// What may be there already is not stopped. An answer to a wish to stop says all that is there.
    fn cancel(&mut self, at: Checkpoint) {
        let (row, parts) = (&self.state.row, &self.state.parts);
        let is_there = parts
            .get(usize::from(row.next))
            .is_some_and(|count| *count > 0);
        let step = match (row.begun, self.rules.tells, is_there) {
            (true, false, _) => return,
            (true, true, true) => {
                let whole = Rules {
                    repeats: true,
                    ..self.rules.clone()
                };
                whole.done(row.next)
            }
            _ => Step::settled(at, Outcome::Cancelled, None),
        };
        let written = self.after(Asked::Cancel, false, Ok(step));
        self.writes("is stopped", written, |_| {});
    }

    /// However often the last of an upload arrives, it is one part. An error tells nothing of it.
    fn commit(&mut self) {
        let part = self.state.row.next;
        let arrives = move |s: &mut State| s.parts[usize::from(part)] = 1;
        let written = self.after(Asked::Advance, false, Ok(self.rules.done(part)));
        self.writes("commits and is answered", written, arrives);
        let down = Error::new(ErrorKind::Unavailable, "down").with_remedy(Remedy::Backoff);
        for (name, tired, error) in [
            ("commits and is refused for good", false, refused()),
            ("commits without an answer, and gives up", true, down),
        ] {
            let written = self.after(Asked::Advance, tired, Err(error));
            self.writes(&format!("{name}; it arrives"), written.clone(), arrives);
            self.writes(name, written, |_| {});
        }
        if self.state.kills > 0 {
            self.push("commits and is killed", |s| {
                s.kills -= 1;
                s.row.attempts += 1;
                arrives(s);
            });
        }
    }

    fn ask(&mut self, asked: Asked, change: fn(&mut State)) {
        for (name, step) in self.rules.told(self.state) {
            let written = self.after(asked, false, Ok(step));
            self.writes(&format!("asks; the platform {name}"), written, change);
        }
        let error = Error::new(ErrorKind::Unavailable, "no answer");
        let written = self.after(asked, true, Err(error));
        self.writes("asks once more and gives up", written, change);
    }

    fn send(&mut self) {
        let (part, losses) = (self.state.row.next, self.state.losses);
        let count = move |s: &mut State| s.parts[usize::from(part)] += 1;
        let written = self.after(Asked::Advance, false, Ok(self.rules.done(part)));
        self.writes("sends and is answered", written, count);
        let written = self.after(Asked::Advance, false, Err(refused()));
        self.writes("sends and is refused for good", written, |_| {});
        let down = Error::new(ErrorKind::Unavailable, "down").with_remedy(Remedy::Backoff);
        let written = self.after(Asked::Advance, true, Err(down));
        self.writes("cannot send, and gives up", written, |_| {});
        if losses > 0 {
            let lost = Error::new(ErrorKind::Timeout, "lost").with_remedy(Remedy::Reconcile);
            let written = self.after(Asked::Advance, false, Err(lost));
            self.writes("sends; the request is lost", written.clone(), |s| {
                s.losses -= 1
            });
            self.writes("sends; the answer is lost", written, move |s| {
                s.losses -= 1;
                count(s);
            });
        }
        if self.state.kills > 0 {
            let killed = move |s: &mut State| {
                s.kills -= 1;
                s.row.started = true;
                s.row.attempts += 1;
            };
            self.push("starts and is killed", killed);
            self.push("sends and is killed", |s| {
                killed(s);
                count(s);
            });
        }
    }

    /// What is told or wished at any time.
    fn around(&mut self) {
        let s = self.state;
        if s.row.end.is_none() {
            self.push("its owner cancels", |s| s.wishes.cancelled = true);
            self.push("its time passes", |s| s.wishes.expired = true);
            self.push("its account is disconnected", |s| s.wishes.cut = true);
        }
        // What an event says is true: the next part is not there, and does not come.
        let is_there = |part: u8| {
            s.parts
                .get(usize::from(part))
                .is_some_and(|count| *count > 0)
        };
        if s.events == 0 || is_there(s.row.next) {
            return;
        }
        let (at, notes) = (self.rules.stands(&s.row), s.row.notes());
        for (name, told) in [
            (
                "an event says that it failed",
                Step::failed(at.clone(), refused()),
            ),
            (
                "an event says that nothing is there",
                Step::failed(self.rules.at(0), refused()),
            ),
        ] {
            let standing = Standing::new(&at, NOW).noted(&notes);
            let known = s.row.outcome();
            let written = after_event(known.as_ref(), &standing, s.row.started, told);
            self.writes(name, written, |s| s.events -= 1);
        }
    }
}

impl Model for Rules {
    type State = State;

    fn start(&self) -> State {
        State {
            parts: [0; PARTS as usize],
            row: Row {
                next: 0,
                begun: false,
                links: Vec::new(),
                started: false,
                attempts: 0,
                end: None,
                rest: false,
                other: false,
            },
            wishes: Wishes::default(),
            kills: 3,
            losses: 2,
            events: 1,
            looks: 2,
            forgot: false,
        }
    }

    fn steps(&self, state: &State) -> Vec<(String, State)> {
        let mut turn = Turn {
            rules: self,
            state,
            next: Vec::new(),
        };
        turn.around();
        turn.act();
        turn.next
    }

    fn harm(&self, state: &State, _last: bool) -> Vec<&'static str> {
        let mut harm = Vec::new();
        if state.parts.iter().any(|count| *count > 1) {
            harm.push(DOUBLE);
        }
        let is_there = state.parts.iter().any(|count| *count > 0);
        match &state.row.end {
            Some(End::Cancelled | End::Failed) if is_there => harm.push(HIDDEN),
            Some(End::Published(links)) => {
                let there = (0..PARTS).filter(|part| state.parts[usize::from(*part)] > 0);
                if state.row.rest && there.into_iter().any(|part| !links.contains(&part)) {
                    harm.push(LOST);
                }
                let whole = links.len() == usize::from(PARTS);
                match (whole, state.row.rest) {
                    (false, false) => harm.push(SILENT),
                    (true, true) => harm.push(FALSE),
                    _ => {}
                }
                if state.row.links.iter().any(|part| !links.contains(part)) {
                    harm.push(UNLINKED);
                }
            }
            _ => {}
        }
        if state.forgot {
            harm.push(FORGOT);
        }
        harm
    }
}

#[test]
fn what_is_there_is_said_whatever_happens() {
    for (once, repeats) in [(true, true), (true, false), (false, true), (false, false)] {
        for tells in [true, false] {
            let rules = Rules {
                once,
                repeats,
                tells,
                ..DESIGNED
            };
            let name = format!("thread, once {once}, repeats {repeats}, tells {tells}");
            explore(&name, &rules).is_safe(100);
        }
    }
}

#[test]
fn without_links_a_part_that_is_there_is_called_lost() {
    let rules = Rules {
        links: false,
        ..DESIGNED
    };
    hunt("thread, no links", &rules, HIDDEN);
}

#[test]
fn without_what_was_there_an_answer_that_leaves_it_out_takes_it_away() {
    let rules = Rules {
        repeats: false,
        hands: false,
        ..DESIGNED
    };
    hunt("thread, links are not handed on", &rules, HIDDEN);
}

/// Beside a part that is there, another one may be.
#[test]
fn without_exposure_beside_links_a_part_that_is_there_is_called_missing() {
    let rules = Rules {
        once: false,
        exposes: false,
        ..DESIGNED
    };
    hunt("thread, exposure is not asked beside links", &rules, LOST);
}

#[test]
fn without_the_notes_of_before_a_look_forgets_them() {
    let rules = Rules {
        notes: false,
        ..DESIGNED
    };
    hunt("thread, notes are not handed on", &rules, FORGOT);
}
