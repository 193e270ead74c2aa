//! The clocks drift apart: a wall clock is set forward, or the machine sleeps.
//!
//! Setting one back makes leases on it last longer, which is a pause of nobody.

use super::{DOUBLE, Mark, find, rules::Rules, run, steps::Steps};

impl Steps<'_> {
    pub(super) fn drift(&mut self) {
        let (rules, state) = (self.rules, self.state);
        if state.drifts == 0 || !(state.leased || state.mark.is_some()) {
            return;
        }
        self.push("the wall clock is set forward", |s| {
            s.drifts -= 1;
            if rules.either {
                s.workers.iter_mut().for_each(|w| w.in_time = false);
            }
            if !rules.steady {
                s.leased = false;
                s.mark = s.mark.map(|mark| Mark {
                    settled: mark.settled || !rules.catches,
                });
            }
        });
        // Time passes meanwhile, at the platform too.
        if !state.delayed {
            self.push("the machine sleeps for long", |s| {
                s.drifts -= 1;
                if rules.awake {
                    s.workers.iter_mut().for_each(|w| w.in_time = false);
                }
                s.leased = false;
                s.mark = s.mark.map(|_| Mark { settled: true });
            });
        }
    }
}

/// SQLite: leases on the boot clock.
#[test]
fn clocks_that_drift_apart_lead_to_no_second_post() {
    let rules = Rules {
        drifts: 2,
        ..Rules::designed()
    };
    run("drifting clocks", &rules).is_safe(10_000);
}

/// PostgreSQL: leases on the wall clock of the server, which is looked after.
#[test]
fn a_servers_clock_that_is_set_leads_to_no_second_post() {
    let rules = Rules {
        drifts: 2,
        steady: false,
        ..Rules::designed()
    };
    run("a server whose clock is set", &rules).is_safe(10_000);
}

#[test]
fn with_leases_on_a_wall_clock_there_is_a_second_post() {
    let rules = Rules {
        drifts: 1,
        steady: false,
        catches: false,
        ..Rules::designed()
    };
    find("leases on a wall clock", &rules, DOUBLE);
}

#[test]
fn with_deadlines_on_a_clock_that_stops_in_sleep_there_is_a_second_post() {
    let rules = Rules {
        drifts: 1,
        awake: false,
        ..Rules::designed()
    };
    find("deadlines stop in sleep", &rules, DOUBLE);
}

/// Where nothing is delayed, a deadline that sees the jump of its database's clock is enough, and without it there is harm.
#[test]
fn with_deadlines_that_do_not_look_at_the_wall_clock_there_is_a_second_post() {
    let rules = Rules {
        losses: 0,
        drifts: 1,
        steady: false,
        catches: false,
        ..Rules::designed()
    };
    run("a database on this machine, nothing delayed", &rules).is_safe(100);
    let rules = Rules {
        either: false,
        ..rules
    };
    find("deadlines on one clock", &rules, DOUBLE);
}
