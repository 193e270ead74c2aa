//! The clocks drift apart: a wall clock is set forward, or the machine sleeps.

use super::{
    SECOND, find,
    rules::Rules,
    run,
    steps::{Steps, is_sending},
};

impl Steps<'_> {
    pub(super) fn drift(&mut self) {
        let (rules, state) = (self.rules, self.state);
        // Between the send and the save it is a pause of its holder, as without drift.
        let late = rules.late || !state.actors.iter().any(is_sending);
        if state.drifts == 0 || !state.leased || !late {
            return;
        }
        self.push("the wall clock is set forward", |s| {
            s.drifts -= 1;
            if rules.either {
                s.actors.iter_mut().for_each(|a| a.holds = false);
            }
            if !rules.steady {
                s.leased = false;
            }
        });
        self.push("the machine sleeps for long", |s| {
            s.drifts -= 1;
            if rules.awake {
                s.actors.iter_mut().for_each(|a| a.holds = false);
            }
            s.leased = false;
        });
    }
}

/// Answers in time, and clocks that drift.
fn in_time() -> Rules {
    Rules {
        late: false,
        expiries: 1,
        drifts: 2,
        ..Rules::designed()
    }
}

#[test]
fn with_clocks_that_drift_apart_there_is_one_call() {
    run("drifting clocks", &in_time()).is_safe(500);
    let rules = Rules {
        late: true,
        expiries: 0,
        losses: 1,
        drifts: 1,
        ..in_time()
    };
    run("a clock that drifts, a lost answer", &rules).is_safe(1_000);
}

#[test]
fn with_leases_on_a_wall_clock_the_deadline_sees_it_set() {
    let rules = Rules {
        steady: false,
        ..in_time()
    };
    run("leases on a wall clock", &rules).is_safe(500);
    let rules = Rules {
        either: false,
        ..rules
    };
    find("leases on a wall clock, deadlines not", &rules, SECOND);
}

#[test]
fn with_deadlines_on_a_clock_that_stops_in_sleep_there_is_a_second_call() {
    let rules = Rules {
        awake: false,
        ..in_time()
    };
    find("deadlines stop in sleep", &rules, SECOND);
}
