//! Machines that restart, sleep and set their clocks share one file, in every order.

use proptest::prelude::*;

use super::*;

const MACHINES: usize = 3;
const SECOND: i64 = 1_000_000;

#[derive(Clone, Debug)]
enum Step {
    /// Time passes for all.
    Pass(i64),
    /// A transaction that reads, of the machine.
    Poll(usize),
    /// A transaction that writes a lease.
    Write(usize),
    /// The machine is started again, after a time.
    Restart(usize, i64),
    /// Its wall clock is set.
    Jump(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let machine = 0..MACHINES;
    prop_oneof![
        3 => (0..100 * SECOND).prop_map(Step::Pass),
        4 => machine.clone().prop_map(Step::Poll),
        4 => machine.clone().prop_map(Step::Write),
        1 => (machine.clone(), 0..100 * SECOND).prop_map(|(m, off)| Step::Restart(m, off)),
        1 => (machine, -1_000_000 * SECOND..1_000_000 * SECOND).prop_map(|(m, by)| Step::Jump(m, by)),
    ]
}

/// The database, the machines, and the time that really is.
#[derive(Clone, Debug)]
struct World {
    time: i64,
    kept: Kept,
    by: Option<usize>,
    /// The anchors of the names, which are numbers.
    anchors: Vec<Option<Anchor>>,
    /// The name of each machine, when it was started, and how its wall clock was set.
    machines: Vec<(usize, i64, i64)>,
    /// Whether restarts give a machine another name.
    are_named: bool,
}

impl World {
    fn new(are_named: bool, uptimes: [i64; MACHINES]) -> Self {
        Self {
            time: 0,
            kept: Kept {
                clock: 0,
                wall: 0,
                away: 0,
                turn: 0,
                is_mine: false,
                anchor: None,
            },
            by: None,
            anchors: vec![None; MACHINES],
            machines: (0..MACHINES).map(|m| (m, -uptimes[m], 0)).collect(),
            are_named,
        }
    }

    /// As [`Machine::begin`] and the end of a transaction.
    fn look(&mut self, machine: usize, write: bool) -> Now {
        let (name, started, set) = self.machines[machine];
        let kept = Kept {
            is_mine: self.by == Some(name),
            anchor: self.anchors[name],
            ..self.kept
        };
        let machine = Reading {
            elapsed: self.time - started,
            wall: self.time + set,
        };
        let (now, anchor) = now(&kept, machine);
        if anchor.is_some() {
            self.anchors[name] = anchor;
        }
        if write {
            [self.kept.clock, self.kept.wall, self.kept.away] = now.kept();
            self.kept.turn += i64::from(self.by != Some(name));
            self.by = Some(name);
        }
        now
    }

    fn take(&mut self, step: &Step) -> Option<Now> {
        match *step {
            Step::Pass(by) => self.time += by,
            Step::Poll(machine) => return Some(self.look(machine, false)),
            Step::Write(machine) => return Some(self.look(machine, true)),
            Step::Restart(machine, off) => {
                self.time += off;
                self.machines[machine].1 = self.time;
                if self.are_named {
                    self.machines[machine].0 = self.anchors.len();
                    self.anchors.push(None);
                }
            }
            Step::Jump(machine, by) => self.machines[machine].2 += by,
        }
        None
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// No lease that is written is over for anybody before its time has passed.
    #[test]
    fn it_never_moves_by_more_than_the_time_that_has_passed(
        steps in prop::collection::vec(step(), 1..60),
        uptimes in prop::array::uniform3(0..1_000_000 * SECOND),
    ) {
        let mut world = World::new(true, uptimes);
        let mut written: Vec<(i64, i64)> = Vec::new();
        for step in steps {
            let Some(now) = world.take(&step) else { continue };
            for (at, clock) in &written {
                prop_assert!(now.leases - clock <= world.time - at, "{step:?}");
                prop_assert!(now.leases >= *clock, "it went back: {step:?}");
            }
            if matches!(step, Step::Write(_)) {
                written.push((world.time, now.leases));
            }
        }
    }

    /// The same on one machine whose starts have no names, as on macOS.
    #[test]
    fn without_names_of_starts_one_machine_is_safe(
        steps in prop::collection::vec(step(), 1..60),
        uptime in 0..1_000_000 * SECOND,
    ) {
        let mut world = World::new(false, [uptime; MACHINES]);
        let mut written: Vec<(i64, i64)> = Vec::new();
        for step in steps {
            let step = match step {
                Step::Poll(_) => Step::Poll(0),
                Step::Write(_) => Step::Write(0),
                Step::Restart(_, off) => Step::Restart(0, off),
                Step::Jump(_, by) => Step::Jump(0, by),
                pass @ Step::Pass(_) => pass,
            };
            let Some(now) = world.take(&step) else { continue };
            for (at, clock) in &written {
                prop_assert!(now.leases - clock <= world.time - at, "{step:?}");
                prop_assert!(now.leases >= *clock, "it went back: {step:?}");
            }
            if matches!(step, Step::Write(_)) {
                written.push((world.time, now.leases));
            }
        }
    }

    /// Whatever came before: once a machine has looked, and nobody else writes, all the time that passes counts for it, so
    /// that no lease is held for ever.
    #[test]
    fn who_is_not_overtaken_sees_all_the_time_pass(
        are_named: bool,
        steps in prop::collection::vec(step(), 1..60),
        uptimes in prop::array::uniform3(0..1_000_000 * SECOND),
        polls in prop::collection::vec((0..MACHINES, 0..100 * SECOND), 1..20),
    ) {
        let mut world = World::new(are_named, uptimes);
        for step in &steps {
            world.take(step);
        }
        let one = |machine| if are_named { machine } else { 0 };
        let firsts = [0, 1, 2].map(|machine| (world.look(one(machine), false).leases, world.time));
        for (machine, by) in polls {
            world.time += by;
            let now = world.look(one(machine), false);
            let (first, at) = firsts[machine];
            prop_assert_eq!(now.leases - first, world.time - at);
        }
    }

    /// The time that the machine was off counts for limits, as far as its wall clock knows.
    #[test]
    fn limits_count_the_time_that_the_machine_was_off(off in 0..100_000 * SECOND) {
        let mut world = World::new(true, [0; MACHINES]);
        let before = world.look(0, true);
        world.take(&Step::Restart(0, off));
        let after = world.look(0, false);
        prop_assert_eq!(after.leases, before.leases);
        prop_assert_eq!(after.limits - before.limits, off);
    }
}
