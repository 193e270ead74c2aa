//! The refresh protocol of `social_core::tokens`, as a model.
//!
//! Two workers and an inline caller refresh one account on a platform that rotates refresh tokens and kills the old one
//! at once. How it corresponds to the code:
//!
//! | model | code |
//! |---|---|
//! | `Pc::Read` | `Tokens::valid` has read an expired token set at a revision |
//! | `claim` | `TokenStore::claim`, `claim_due`; the claim is counted as an attempt |
//! | `Pc::Claimed`, `Pc::Lost` | `Tokens::ask`, before the first send and before the one retry |
//! | `Pc::Got` | `Tokens::keep`, `keep_once`: save by compare-and-swap on the revision, then `put` |
//! | `Pc::Dead`, `Pc::Judge` | `Tokens::dead`: read again, then `TokenStore::judge` |
//! | `release` | `TokenStore::release` |
//! | `spool` | `Tokens::write_spool`, `replay_spool` |
//! | `Status::Mature` | `Tokens::has_matured` |
//!
//! The lease may lapse at any moment: that is a pause of its holder. A deadline passes before the lease lapses, so a
//! holder whose lease lapsed sends nothing. One assumption about time: whoever was paused with living tokens goes on,
//! and a spool is replayed, within the grace time of a suspicion.

mod clocks;
mod rules;
mod steps;

use super::explorer::{Found, Model, explore, hunt};
use rules::Rules;

/// What the store says of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Status {
    Connected,
    Suspected,
    /// Suspected for longer than the grace time.
    Mature,
    NeedsReauth,
}

/// Where an actor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Pc {
    Idle,
    /// Has read revision `at` and found its token expired.
    Read {
        at: u8,
    },
    Claimed,
    /// An answer was lost.
    Lost,
    /// Holds a new token that the store does not have. `failed`: a save failed, or its acknowledgement was lost.
    Got {
        token: u8,
        failed: bool,
    },
    Dead,
    Judge {
        suspect: bool,
    },
    Release {
        known: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Actor {
    pc: Pc,
    /// The claimed record.
    revision: u8,
    token: u8,
    /// Its lease has not lapsed.
    holds: bool,
    unknown: u8,
    lost: bool,
    /// How often it may still begin.
    left: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Save {
    spent: u8,
    token: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    /// The one refresh token that the platform takes.
    living: u8,
    /// The highest token that the platform has ended by time: below it a refresh is wanted.
    expired: u8,
    revision: u8,
    token: u8,
    status: Status,
    leased: bool,
    unknown: u8,
    actors: [Actor; 3],
    /// A request whose sender gave up, and which may still arrive.
    delayed: Option<u8>,
    spool: Option<Save>,
    crashes: u8,
    losses: u8,
    failing_saves: u8,
    expiries: u8,
    reseals: u8,
    reconnects: u8,
    /// How often the clocks may still drift apart.
    drifts: u8,
    /// A crash or a lost answer has taken the living token: nobody could have kept it.
    taken: bool,
    harm: Option<&'static str>,
}

impl Actor {
    /// What no later step looks at must not tell states apart.
    fn without_what_is_over(mut self) -> Self {
        match self.pc {
            Pc::Claimed | Pc::Lost | Pc::Dead => {}
            Pc::Got { .. } => (self.unknown, self.lost) = (0, false),
            Pc::Judge { .. } => (self.unknown, self.token) = (0, 0),
            Pc::Release { .. } => (self.unknown, self.token, self.lost) = (0, 0, false),
            Pc::Idle | Pc::Read { .. } => {
                (self.unknown, self.token, self.lost) = (0, 0, false);
                (self.revision, self.holds) = (0, false);
            }
        }
        self
    }
}

const LOST: &str = "the living token is lost";
const WRONG: &str = "a verdict against a living grant";
const SECOND: &str = "a second call";
const NEEDLESS: &str = "a call for a fresh token";

impl Model for Rules {
    type State = State;

    fn start(&self) -> State {
        let actor = Actor {
            pc: Pc::Idle,
            revision: 0,
            token: 0,
            holds: false,
            unknown: 0,
            lost: false,
            left: self.begins,
        };
        State {
            living: 0,
            expired: 1,
            revision: 0,
            token: 0,
            status: Status::Connected,
            leased: false,
            unknown: 0,
            actors: [actor, actor, Actor { left: 1, ..actor }],
            delayed: None,
            spool: None,
            crashes: self.crashes,
            losses: self.losses,
            failing_saves: self.failing_saves,
            expiries: self.expiries,
            reseals: self.reseals,
            reconnects: self.reconnects,
            drifts: self.drifts,
            taken: false,
            harm: None,
        }
    }

    fn steps(&self, state: &State) -> Vec<(String, State)> {
        steps::of(self, state)
    }

    fn harm(&self, state: &State, _last: bool) -> Vec<&'static str> {
        let mut harm = Vec::from_iter(state.harm);
        let quiet = state.actors.iter().all(|actor| actor.pc == Pc::Idle)
            && state.spool.is_none()
            && state.delayed.is_none();
        if quiet && state.token != state.living && !state.taken {
            harm.push(LOST);
        }
        if state.status == Status::NeedsReauth && (!state.taken || state.token == state.living) {
            harm.push(WRONG);
        }
        harm
    }
}

fn run(name: &str, rules: &Rules) -> Found {
    explore(&format!("refresh, {name}"), rules)
}

fn find(name: &str, rules: &Rules, what: &str) {
    hunt(&format!("refresh, {name}"), rules, what);
}

#[test]
fn pauses_and_late_answers_lose_nothing() {
    run("pauses", &Rules::designed()).is_safe(1_000);
}

#[test]
fn crashes_lose_nothing_that_could_be_kept() {
    let rules = Rules {
        crashes: 2,
        ..Rules::designed()
    };
    run("two crashes", &rules).is_safe(5_000);
}

#[test]
fn lost_and_delayed_answers_lead_to_no_wrong_verdict() {
    let rules = Rules {
        losses: 2,
        ..Rules::designed()
    };
    run("two lost answers", &rules).is_safe(5_000);
}

#[test]
fn failing_saves_and_a_crash_lose_nothing_that_was_spooled() {
    let rules = Rules {
        failing_saves: 1,
        crashes: 1,
        expiries: 1,
        ..Rules::designed()
    };
    run("failing saves, spool, a crash", &rules).is_safe(20_000);
}

#[test]
fn everything_at_once_is_safe() {
    let rules = Rules {
        begins: 1,
        crashes: 1,
        losses: 1,
        failing_saves: 1,
        reconnects: 1,
        ..Rules::designed()
    };
    run("everything at once", &rules).is_safe(50_000);
}

/// The same with more attempts.
#[test]
fn everything_at_once_and_again_is_safe() {
    let rules = Rules {
        crashes: 1,
        losses: 1,
        failing_saves: 1,
        expiries: 1,
        ..Rules::designed()
    };
    run("everything at once and again", &rules).is_safe(1_000_000);
}

#[test]
fn in_time_there_is_one_call() {
    let rules = Rules {
        late: false,
        expiries: 1,
        ..Rules::designed()
    };
    run("answers in time", &rules).is_safe(500);
}

#[test]
fn without_the_deadline_there_is_a_second_call() {
    let rules = Rules {
        late: false,
        deadline: false,
        ..Rules::designed()
    };
    find("no deadline", &rules, SECOND);
}

#[test]
fn without_the_look_after_the_claim_there_is_a_needless_call() {
    let rules = Rules {
        recheck: false,
        ..Rules::designed()
    };
    find("no look after the claim", &rules, NEEDLESS);
}

#[test]
fn saves_that_compare_the_lease_lose_the_living_token() {
    let rules = Rules {
        save_by_lease: true,
        ..Rules::designed()
    };
    find("saves compare the lease", &rules, LOST);
}

#[test]
fn without_the_revision_check_a_replayed_save_loses_the_living_token() {
    let rules = Rules {
        replay_compares: false,
        failing_saves: 1,
        expiries: 1,
        ..Rules::designed()
    };
    find("a replay that compares nothing", &rules, LOST);
}

#[test]
fn without_suspicion_the_verdict_is_wrong() {
    let rules = Rules {
        suspicion: false,
        ..Rules::designed()
    };
    find("no suspicion", &rules, WRONG);
}

#[test]
fn connecting_again_meanwhile_is_safe() {
    let rules = Rules {
        losses: 1,
        reconnects: 1,
        ..Rules::designed()
    };
    run("a lost answer, connected again", &rules).is_safe(10_000);
}

#[test]
fn without_the_compared_verdict_it_hits_a_new_grant() {
    let rules = Rules {
        verdict_compares: false,
        losses: 1,
        reconnects: 1,
        ..Rules::designed()
    };
    find("a verdict that compares nothing", &rules, WRONG);
}

#[test]
fn a_seal_renewed_by_a_save_that_forgets_attempts_leads_to_a_wrong_verdict() {
    let rules = Rules {
        reseals: 1,
        ..Rules::designed()
    };
    find("re-sealing forgets attempts", &rules, WRONG);
}

#[test]
fn a_seal_renewed_without_forgetting_attempts_loses_nothing() {
    let rules = Rules {
        reseals: 1,
        reseal_forgets: false,
        ..Rules::designed()
    };
    run("re-sealing keeps attempts", &rules).is_safe(1_000);
    let rules = Rules {
        put_compares_tokens: false,
        ..rules
    };
    find(
        "re-sealing, and saves that look at the revision only",
        &rules,
        LOST,
    );
}
