//! The journal of publishing (the doc comments of `social_core::publish` and `social_core::store::PostStore`), as a
//! model.
//!
//! Two workers carry one post over a `Once` step, in which a second request means a second post.
//!
//! | model | code |
//! |---|---|
//! | `claim` | `PostStore::claim`, with `PostClaim::settles_in` |
//! | `Pc::Claimed` | the worker has the record: starts the step, or reconciles one that was started or is undecided |
//! | `start` | `PostStore::start`: compares the fence, writes the mark |
//! | `Pc::Started` | `Publisher::advance`, whose transport refuses to send after the deadline |
//! | `Pc::Answered` | `PostStore::record`: compares the fence; `still_started` keeps the mark |
//! | `Pc::Reconciling` | `Publisher::reconcile` has answered |
//! | `Mark::settled` | `StartStep::settles_in` has passed on the store's clock |
//! | `clocks` | `Deadline`, the stores' own clocks, `ClockGuard::ran_ahead` |
//!
//! The lease outlives the deadline; both may pass at any moment, which is a pause. Assumptions about the platform: what
//! was sent before the deadline happens, if ever, before the settle time ends; and `tells` says whether it can be asked
//! what became of a request.

mod clocks;
mod rules;
mod steps;

use super::explorer::{Found, Model, explore, hunt};
use rules::Rules;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Answer {
    /// The platform's id.
    Accepted,
    /// Certainly nothing was sent or carried out.
    NotSent,
    /// Nobody knows.
    Ambiguous,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Verdict {
    Found,
    Absent,
    CannotTell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Pc {
    Idle,
    Claimed,
    Started,
    Answered(Answer),
    Reconciling(Verdict),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Worker {
    pc: Pc,
    /// Nobody has claimed since.
    fence: bool,
    /// What the claim told: a step was started.
    marked: bool,
    /// Its deadline has not passed.
    in_time: bool,
    /// How often it may still begin.
    left: u8,
}

/// A `Once` step was started and its outcome is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Mark {
    settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Post {
    Pending,
    Published,
    Undecided,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// Posts on the platform.
    posts: u8,
    /// A request that has left its sender and not arrived.
    delayed: bool,
    post: Post,
    mark: Option<Mark>,
    leased: bool,
    workers: [Worker; 2],
    kills: u8,
    losses: u8,
    /// How often the clocks may still drift apart.
    drifts: u8,
}

const DOUBLE: &str = "a second post";
const GHOST: &str = "recorded as published without a post";
const GAVE_UP: &str = "undecided though the platform can tell";
const STUCK: &str = "no outcome";

impl Model for Rules {
    type State = State;

    fn start(&self) -> State {
        let worker = Worker {
            pc: Pc::Idle,
            fence: false,
            marked: false,
            in_time: false,
            left: self.begins,
        };
        State {
            posts: 0,
            delayed: false,
            post: Post::Pending,
            mark: None,
            leased: false,
            workers: [worker, worker],
            kills: self.kills,
            losses: self.losses,
            drifts: self.drifts,
        }
    }

    fn steps(&self, state: &State) -> Vec<(String, State)> {
        steps::of(self, state)
    }

    fn harm(&self, state: &State, last: bool) -> Vec<&'static str> {
        let mut harm = Vec::new();
        if state.posts > 1 {
            harm.push(DOUBLE);
        }
        if state.post == Post::Published && state.posts == 0 {
            harm.push(GHOST);
        }
        if state.post == Post::Undecided && (self.tells || self.finds_undecided) {
            harm.push(GAVE_UP);
        }
        let willing = state.workers.iter().any(|worker| worker.left > 0);
        if last && willing && state.post == Post::Pending {
            harm.push(STUCK);
        }
        harm
    }
}

fn run(name: &str, rules: &Rules) -> Found {
    explore(&format!("publish, {name}"), rules)
}

fn find(name: &str, rules: &Rules, what: &str) {
    hunt(&format!("publish, {name}"), rules, what);
}

#[test]
fn there_is_one_post_whatever_happens() {
    run("the platform can tell", &Rules::designed()).is_safe(5_000);
}

#[test]
fn there_is_at_most_one_post_where_the_platform_cannot_tell() {
    let rules = Rules {
        tells: false,
        ..Rules::designed()
    };
    run("the platform cannot tell", &rules).is_safe(1_000);
}

#[test]
fn an_outcome_that_is_taken_for_none_leads_to_a_second_post() {
    let rules = Rules {
        tells: false,
        looks: false,
        ..Rules::designed()
    };
    find("no looks", &rules, DOUBLE);
}

#[test]
fn undisturbed_it_is_published() {
    for tells in [true, false] {
        let rules = Rules {
            tells,
            pauses: false,
            kills: 0,
            losses: 0,
            finds_undecided: true,
            ..Rules::designed()
        };
        run("undisturbed", &rules).is_safe(5);
    }
}

#[test]
fn without_the_settle_time_there_is_a_second_post() {
    let rules = Rules {
        settle: false,
        ..Rules::designed()
    };
    find("no settle time", &rules, DOUBLE);
}

#[test]
fn without_the_started_mark_there_is_a_second_post() {
    let rules = Rules {
        mark: false,
        ..Rules::designed()
    };
    find("no mark", &rules, DOUBLE);
    let rules = Rules {
        losses: 0,
        pauses: false,
        kills: 1,
        ..rules
    };
    find("no mark, one kill", &rules, DOUBLE);
}

#[test]
fn without_the_fence_there_is_a_second_post() {
    let rules = Rules {
        fence: false,
        ..Rules::designed()
    };
    find("no fence", &rules, DOUBLE);
    let rules = Rules {
        losses: 0,
        kills: 0,
        ..rules
    };
    find("no fence, pauses only", &rules, DOUBLE);
}

#[test]
fn without_the_deadline_there_is_a_second_post() {
    let rules = Rules {
        deadline: false,
        ..Rules::designed()
    };
    find("no deadline", &rules, DOUBLE);
}

#[test]
fn an_ambiguous_answer_taken_for_a_refusal_leads_to_a_second_post() {
    let rules = Rules {
        honest: false,
        ..Rules::designed()
    };
    find("ambiguous means not sent", &rules, DOUBLE);
}
