//! A platform whose first id is that of a container, which is no post, and a database that is restored from a dump taken at
//! any moment (the doc comments of `Exposure`, `PostStore::mark_restored` and `StepContext::restored`), as a model.
//!
//! One worker at a time: leases, fences and lost requests of two workers are in the model of publishing.
//!
//! | model | code |
//! |---|---|
//! | `Step::Create` | a `Repeatable` step that yields an id |
//! | `Step::Publish` | a `Once` step; the id of the checkpoint is that of the container |
//! | `mark` | `PostStore::start`, `PostStore::mark_restored` |
//! | `refused` | `after_step` with an error that says that nothing was done |
//! | `reconcile` | `Publisher::reconcile`, which can ask about the container that it knows, and about no other |
//! | `anew` | a container that came to nothing: the publisher makes another |
//! | `restore` | `Social::accept_incarnation`, once the original is stopped and its requests have arrived or never will |
//!
//! The platform publishes a container as often as it is asked to: the journal does not rely on a refusal.

use super::explorer::{Found, Model, explore, hunt};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Container {
    Open,
    Expired,
    Published,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Create,
    Publish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Outcome {
    Failed,
    Published,
    Undecided,
}

/// What a copy of the database says of the post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Row {
    step: Step,
    /// The container that the checkpoint names.
    id: Option<u8>,
    /// A `Once` step was started and its outcome is not known.
    mark: bool,
    restored: bool,
    outcome: Option<Outcome>,
}

/// What the worker has sent and not written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Pc {
    Idle,
    /// The platform has answered with this container.
    Created(u8),
    Published,
    /// Certainly nothing was done.
    Refused,
    /// The answer is lost.
    Ambiguous,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    containers: Vec<Container>,
    posts: u8,
    /// The copy that the worker works on.
    row: Row,
    dump: Option<Row>,
    worker: Pc,
    /// The dump is at work; the original is gone.
    is_copy: bool,
    kills: u8,
    losses: u8,
    expiries: u8,
    /// It ended as undecided on a word that nothing was done, in the data in which all was done.
    gave_up: bool,
}

#[derive(Clone, Debug)]
struct Rules {
    /// After a restore every post counts as one whose `Once` step was started. Else only those without an id are doubted.
    marks_all: bool,
    /// A publisher does not begin a restored post anew.
    holds_back: bool,
    /// An id is no post: what may exist is said apart.
    exposure: bool,
}

const DOUBLE: &str = "a second post";
const GHOST: &str = "recorded as published without a post";
const GAVE_UP: &str = "undecided though the platform said that nothing was done";
const LIE: &str = "failed though there is a post";
const STUCK: &str = "no outcome";

impl Rules {
    fn designed() -> Self {
        Self {
            marks_all: true,
            holds_back: true,
            exposure: true,
        }
    }
}

impl Model for Rules {
    type State = State;

    fn start(&self) -> State {
        State {
            containers: Vec::new(),
            posts: 0,
            row: Row {
                step: Step::Create,
                id: None,
                mark: false,
                restored: false,
                outcome: None,
            },
            dump: None,
            worker: Pc::Idle,
            is_copy: false,
            kills: 2,
            losses: 2,
            expiries: 2,
            gave_up: false,
        }
    }

    fn steps(&self, state: &State) -> Vec<(String, State)> {
        let mut steps = Steps {
            rules: self,
            state,
            next: Vec::new(),
        };
        steps.around();
        match state.worker {
            _ if state.row.outcome.is_some() => {}
            Pc::Idle if state.row.mark => steps.reconcile(),
            Pc::Idle => steps.act(),
            answered => steps.record(answered),
        }
        steps.next
    }

    fn harm(&self, state: &State, last: bool) -> Vec<&'static str> {
        let outcome = state.row.outcome;
        let found = [
            (state.posts > 1, DOUBLE),
            (
                outcome == Some(Outcome::Published) && state.posts == 0,
                GHOST,
            ),
            (outcome == Some(Outcome::Failed) && state.posts > 0, LIE),
            (state.gave_up, GAVE_UP),
            (last && outcome.is_none(), STUCK),
        ];
        let harm = found.into_iter().filter(|(is_so, _)| *is_so);
        harm.map(|(_, what)| what).collect()
    }
}

struct Steps<'a> {
    rules: &'a Rules,
    state: &'a State,
    next: Vec<(String, State)>,
}

impl Steps<'_> {
    fn push(&mut self, step: &str, change: impl FnOnce(&mut State)) {
        let mut state = self.state.clone();
        change(&mut state);
        self.next.push((step.to_owned(), state));
    }

    /// What happens without the worker.
    fn around(&mut self) {
        let state = self.state;
        if state.dump.is_none() {
            self.push("the database is dumped", |s| s.dump = Some(s.row));
        }
        if let (Some(dump), false) = (state.dump, state.is_copy) {
            let rules = self.rules;
            self.push("the original is stopped, and the dump accepted", |s| {
                s.is_copy = true;
                s.worker = Pc::Idle;
                s.row = rules.restored(dump);
            });
        }
        if state.worker != Pc::Idle && state.kills > 0 {
            self.push("the worker is killed", |s| {
                s.kills -= 1;
                s.worker = Pc::Idle;
            });
        }
        for (number, container) in state.containers.iter().enumerate() {
            if *container == Container::Open && state.expiries > 0 {
                self.push("a container expires", |s| {
                    s.expiries -= 1;
                    s.containers[number] = Container::Expired;
                });
            }
        }
    }

    fn act(&mut self) {
        let state = self.state;
        match state.row.step {
            Step::Create if state.containers.len() < 6 => {
                self.push("a container is made", |s| {
                    s.containers.push(Container::Open);
                    let made = u8::try_from(s.containers.len() - 1);
                    s.worker = Pc::Created(made.unwrap_or(u8::MAX));
                });
            }
            Step::Create => {}
            Step::Publish => {
                // The mark is on disk before anything is sent.
                let Some(id) = state.row.id else { return };
                self.push("writes the start and publishes", |s| {
                    s.row.mark = true;
                    s.worker = s.publish(id);
                });
                if state.losses > 0 {
                    self.push("writes the start and publishes; the answer is lost", |s| {
                        s.losses -= 1;
                        s.row.mark = true;
                        s.publish(id);
                        s.worker = Pc::Ambiguous;
                    });
                    self.push("writes the start; nothing is sent", |s| {
                        s.losses -= 1;
                        s.row.mark = true;
                        s.worker = Pc::Ambiguous;
                    });
                }
            }
        }
    }

    fn record(&mut self, answered: Pc) {
        let rules = self.rules;
        self.push("records what it was answered", |s| {
            s.worker = Pc::Idle;
            match answered {
                Pc::Idle | Pc::Ambiguous => {}
                Pc::Created(id) => {
                    s.row.id = Some(id);
                    s.row.step = Step::Publish;
                }
                Pc::Published => {
                    s.row.mark = false;
                    s.row.outcome = Some(Outcome::Published);
                }
                Pc::Refused => {
                    s.row.mark = false;
                    rules.refused(s);
                }
            }
        });
    }

    /// Only the container that the checkpoint names can be asked about.
    fn reconcile(&mut self) {
        let (rules, row) = (self.rules, self.state.row);
        let known = row.id.map(|id| self.state.containers[usize::from(id)]);
        self.push("asks what became of it", |s| {
            s.row.mark = false;
            match known {
                Some(Container::Published) => s.row.outcome = Some(Outcome::Published),
                // The platform says so: it can be published.
                Some(Container::Open) => {}
                Some(Container::Expired) => rules.anew(s),
                // Of what was made after the dump nobody can be asked.
                None if row.restored => s.row.outcome = Some(Outcome::Undecided),
                None => {}
            }
        });
    }
}

impl Rules {
    fn restored(&self, dump: Row) -> Row {
        match (dump.outcome, self.marks_all) {
            (Some(_), _) => dump,
            (None, true) => Row {
                mark: true,
                restored: true,
                ..dump
            },
            (None, false) if dump.id.is_none() => Row {
                outcome: Some(Outcome::Undecided),
                restored: true,
                ..dump
            },
            (None, false) => dump,
        }
    }

    /// The container came to nothing.
    fn anew(&self, s: &mut State) {
        if s.row.restored && self.holds_back {
            s.row.outcome = Some(Outcome::Undecided);
        } else {
            (s.row.step, s.row.id) = (Step::Create, None);
        }
    }

    /// `media_publish` was plainly refused: where that is for good, the post ends.
    fn refused(&self, s: &mut State) {
        let may_be_a_post = s.row.restored || (!self.exposure && s.row.id.is_some());
        s.row.outcome = Some(if may_be_a_post {
            s.gave_up |= !s.row.restored;
            Outcome::Undecided
        } else {
            Outcome::Failed
        });
    }
}

impl State {
    fn publish(&mut self, id: u8) -> Pc {
        let container = &mut self.containers[usize::from(id)];
        if *container == Container::Expired {
            return Pc::Refused;
        }
        *container = Container::Published;
        self.posts += 1;
        Pc::Published
    }
}

fn run(name: &str, rules: &Rules) -> Found {
    explore(&format!("restore, {name}"), rules)
}

fn find(name: &str, rules: &Rules, what: &str) {
    hunt(&format!("restore, {name}"), rules, what);
}

#[test]
fn a_restored_database_makes_no_second_post_of_a_container() {
    run("as designed", &Rules::designed()).is_safe(1_000);
}

/// A container id is taken for something that the platform will be asked about anyway.
#[test]
fn where_only_posts_without_an_id_are_doubted_there_is_a_second_post() {
    let rules = Rules {
        marks_all: false,
        ..Rules::designed()
    };
    find("posts with an id are not marked", &rules, DOUBLE);
}

/// The container of the dump expired, and the original has made and published another.
#[test]
fn where_a_restored_post_is_begun_anew_there_is_a_second_post() {
    let rules = Rules {
        holds_back: false,
        ..Rules::designed()
    };
    find("begun anew", &rules, DOUBLE);
}

#[test]
fn where_an_id_counts_as_a_post_a_plain_refusal_ends_undecided() {
    let rules = Rules {
        exposure: false,
        ..Rules::designed()
    };
    find("an id is a post", &rules, GAVE_UP);
}
