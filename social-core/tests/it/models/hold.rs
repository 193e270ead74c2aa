//! Holds (the doc comments of `WorkerContext::let_go` and `PostStore::held`), as a model: posts wait for an account that must be
//! connected again, and go on however that comes about.
//!
//! | model | code |
//! |---|---|
//! | `Pc::Claimed` | the worker has the post, and asks for the account and the platform |
//! | `Pc::Refused` | the account was not connected, or the platform refused its connection or its tokens: `HeldFor` |
//! | `hold` | `PostStore::record` with `Next::Hold` |
//! | `Person::Saved` | `Logins::accept` has saved the account; `PostStore::resume` is still to come |
//! | `walk` | `WorkerContext::let_go`, for whoever `PostStore::held` lists |
//!
//! A lease is left out: one worker at a time has the post, and a killed one has it no more.

use super::explorer::{Found, Model, explore, hunt};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Pc {
    Idle,
    Claimed,
    /// None: it was not connected.
    Refused(Option<HeldFor>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum HeldFor {
    Person(u8),
    Tokens(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Person {
    Away,
    Saved,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    connected: bool,
    /// The platform lets the account post, at the present connection.
    allowed: bool,
    /// The platform accepts the access token.
    accepted: bool,
    /// Counts the times at which a person has connected it.
    connection: u8,
    revision: u8,
    published: bool,
    /// What was refused.
    held: Option<Option<HeldFor>>,
    worker: Pc,
    person: Person,
    /// How often the platform has refused the present connection since it was found.
    refusals: u8,
    /// How often the platform has stopped to accept a token before its time.
    ended: u8,
    kills: u8,
    deaths: u8,
    returns: u8,
    late: u8,
}

#[derive(Clone, Debug)]
struct Rules {
    kills: u8,
    /// How often the grant dies or loses a right, or its token ends.
    deaths: u8,
    /// How often a person connects the account again.
    returns: u8,
    /// How often there is a refresh, or one that was believed to have failed turns out well.
    late: u8,
    /// Held accounts that are connected are found.
    walks: bool,
    /// What a hold knows of a refusal.
    knows: Knows,
    /// Who connects an account cannot be cut off before its posts go on, other than by a kill.
    whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Knows {
    Nothing,
    /// The connection, whatever was refused.
    Connection,
    /// The revision, whatever was refused.
    Revision,
    /// Of a right the connection, of a token the revision.
    Both,
}

impl Rules {
    fn designed() -> Self {
        Self {
            kills: 2,
            deaths: 3,
            returns: 2,
            late: 2,
            walks: true,
            knows: Knows::Both,
            whole: true,
        }
    }
}

const HELD: &str = "connected and held, and nobody will find it";
const VAIN: &str = "asks again though nothing has changed";

impl State {
    fn stands(&self) -> bool {
        match self.held {
            Some(held_for) => {
                !self.connected
                    || match held_for {
                        Some(HeldFor::Person(connection)) => connection == self.connection,
                        Some(HeldFor::Tokens(revision)) => revision == self.revision,
                        None => false,
                    }
            }
            None => false,
        }
    }

    /// Another set of tokens, by whomever.
    fn renew(&mut self) {
        if !self.connected {
            self.refusals = 0;
        }
        self.connected = true;
        self.accepted = true;
        self.revision += 1;
    }

    fn refused(&mut self, knows: Knows) {
        self.refusals = self.refusals.saturating_add(1).min(9);
        let person = HeldFor::Person(self.connection);
        let tokens = HeldFor::Tokens(self.revision);
        self.worker = Pc::Refused(match knows {
            Knows::Nothing => None,
            Knows::Connection => Some(person),
            Knows::Revision => Some(tokens),
            Knows::Both if self.accepted => Some(person),
            Knows::Both => Some(tokens),
        });
    }
}

impl Model for Rules {
    type State = State;

    fn start(&self) -> State {
        State {
            connected: true,
            allowed: true,
            accepted: true,
            connection: 1,
            revision: 1,
            published: false,
            held: None,
            worker: Pc::Idle,
            person: Person::Away,
            refusals: 0,
            ended: 0,
            kills: self.kills,
            deaths: self.deaths,
            returns: self.returns,
            late: self.late,
        }
    }

    fn steps(&self, state: &State) -> Vec<(String, State)> {
        let mut steps = Steps {
            rules: self,
            state,
            next: Vec::new(),
        };
        steps.account();
        steps.person();
        steps.worker();
        steps.next
    }

    fn harm(&self, state: &State, last: bool) -> Vec<&'static str> {
        let mut harm = Vec::new();
        if last && state.connected && state.allowed && state.accepted && !state.published {
            harm.push(HELD);
        }
        // Once more after each kill, after each person who lets posts go on, and where a token was refused before.
        if state.refusals > 1 + self.kills + self.returns + state.ended {
            harm.push(VAIN);
        }
        harm
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

    fn account(&mut self) {
        let state = self.state;
        if state.deaths > 0 && state.connected && !state.published {
            self.push("a refresh names the grant dead", |s| {
                s.deaths -= 1;
                s.connected = false;
            });
            self.push("the person takes a right back", |s| {
                s.deaths -= 1;
                s.allowed = false;
            });
            self.push("the platform accepts the token no more", |s| {
                s.deaths -= 1;
                s.ended += 1;
                s.accepted = false;
            });
        }
        if state.late > 0 && !state.published {
            self.push("a refresh turns out well", |s| {
                s.late -= 1;
                s.renew();
            });
        }
    }

    fn person(&mut self) {
        let state = self.state;
        match state.person {
            Person::Away if state.returns > 0 && !(state.connected && state.allowed) => {
                self.push("the account is connected again", |s| {
                    s.returns -= 1;
                    s.allowed = true;
                    s.renew();
                    s.refusals = 0;
                    s.connection += 1;
                    s.person = Person::Saved;
                });
            }
            Person::Away => {}
            Person::Saved => {
                self.push("its posts go on", |s| {
                    s.held = None;
                    s.person = Person::Away;
                });
                if state.kills > 0 {
                    self.push("its process is killed", |s| {
                        s.kills -= 1;
                        s.person = Person::Away;
                    });
                }
                if !self.rules.whole {
                    self.push("the browser goes away", |s| s.person = Person::Away);
                }
            }
        }
        if self.rules.walks && state.held.is_some() && !state.stands() {
            self.push("a walk lets it go", |s| s.held = None);
        }
    }

    fn worker(&mut self) {
        let state = self.state;
        if state.worker != Pc::Idle && state.kills > 0 {
            self.push("the worker is killed", |s| {
                s.kills -= 1;
                s.worker = Pc::Idle;
            });
        }
        match state.worker {
            Pc::Idle if state.published || state.held.is_some() => {}
            Pc::Idle => self.push("a worker claims", |s| s.worker = Pc::Claimed),
            Pc::Claimed if !state.connected => {
                self.push("the worker gets no tokens", |s| {
                    s.worker = Pc::Refused(None)
                });
            }
            Pc::Claimed if !(state.allowed && state.accepted) => {
                let knows = self.rules.knows;
                self.push("the platform refuses the worker", |s| s.refused(knows));
            }
            Pc::Claimed => self.push("the worker publishes", |s| {
                s.published = true;
                s.worker = Pc::Idle;
            }),
            Pc::Refused(held_for) => self.push("the worker holds the lane", |s| {
                s.held = Some(held_for);
                s.worker = Pc::Idle;
            }),
        }
    }
}

fn run(name: &str, rules: &Rules) -> Found {
    explore(&format!("hold, {name}"), rules)
}

fn find(name: &str, rules: &Rules, what: &str) {
    hunt(&format!("hold, {name}"), rules, what);
}

/// Nothing but what is left in.
fn only() -> Rules {
    Rules {
        kills: 0,
        deaths: 1,
        returns: 1,
        late: 0,
        ..Rules::designed()
    }
}

#[test]
fn what_is_connected_is_never_held_for_good() {
    run("as designed", &Rules::designed()).is_safe(1_000);
}

#[test]
fn without_the_walk_a_kill_a_late_success_and_a_race_leave_it_held() {
    let walks = false;
    let kill = Rules {
        kills: 1,
        walks,
        ..only()
    };
    find("no walk, a kill", &kill, HELD);
    let late = Rules {
        late: 1,
        returns: 0,
        walks,
        ..only()
    };
    find("no walk, a late success", &late, HELD);
    // The account is connected again between the refusal and the hold.
    find("no walk, a race", &Rules { walks, ..only() }, HELD);
}

#[test]
fn a_browser_that_goes_away_leaves_it_held_without_the_walk() {
    let rules = Rules {
        walks: false,
        whole: false,
        ..only()
    };
    find("no walk, a browser that goes away", &rules, HELD);
    let walks = Rules {
        whole: false,
        ..Rules::designed()
    };
    run("a browser that goes away", &walks).is_safe(1_000);
}

#[test]
fn a_hold_that_does_not_know_what_was_refused_is_asked_about_in_vain() {
    let rules = Rules {
        knows: Knows::Nothing,
        ..only()
    };
    find("forgets what was refused", &rules, VAIN);
}

#[test]
fn a_right_that_is_missing_is_asked_for_in_vain_with_each_token() {
    let rules = Rules {
        knows: Knows::Revision,
        returns: 0,
        late: 2,
        ..only()
    };
    find("a right, by revision", &rules, VAIN);
}

#[test]
fn a_token_that_is_refused_is_never_asked_with_again_where_only_a_person_ends_it() {
    let rules = Rules {
        knows: Knows::Connection,
        returns: 0,
        late: 1,
        ..only()
    };
    find("a token, by connection", &rules, HELD);
}
