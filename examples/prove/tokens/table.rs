//! What is counted, and what must have been counted.

use std::collections::BTreeMap;

use examples::stage::say;

/// Of one round, or of all rounds of a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) rounds: u64,
    /// Refreshes the platform saw.
    pub(crate) refreshes: u64,
    pub(crate) successful: u64,
    pub(crate) rejected: u64,
    /// Callers whose call the platform answered.
    pub(crate) served: u64,
    /// Callers who were told why not.
    pub(crate) refused: u64,
    /// Rounds at whose end the account was connected.
    pub(crate) connected: u64,
}

/// A scenario, how it came out and how one round must come out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) counted: Row,
    pub(crate) round: Row,
}

/// Lines in the order of the scenarios.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(BTreeMap<usize, Line>);

impl Row {
    pub(crate) fn add(&mut self, other: &Self) {
        self.rounds += other.rounds;
        self.refreshes += other.refreshes;
        self.successful += other.successful;
        self.rejected += other.rejected;
        self.served += other.served;
        self.refused += other.refused;
        self.connected += other.connected;
    }

    fn times(mut self, rounds: u64) -> Self {
        let one = self;
        (1..rounds).for_each(|_| self.add(&one));
        self
    }

    fn print(&self, name: &str) {
        say(&format!(
            "{name:<46} {:>6} {:>9} {:>10} {:>8} {:>6} {:>7} {:>9}",
            self.rounds,
            self.refreshes,
            self.successful,
            self.rejected,
            self.served,
            self.refused,
            self.connected
        ));
    }
}

impl Line {
    fn wanted(&self) -> Row {
        self.round.times(self.counted.rounds)
    }

    fn deviates(&self) -> bool {
        self.counted.rounds == 0 || self.counted != self.wanted()
    }
}

impl Table {
    pub(crate) fn add(&mut self, order: usize, line: Line) {
        self.0.insert(order, line);
    }

    pub(crate) fn deviations(&self) -> usize {
        self.0.values().filter(|line| line.deviates()).count()
    }

    pub(crate) fn print(&self) {
        say(&format!(
            "{:<46} {:>6} {:>9} {:>10} {:>8} {:>6} {:>7} {:>9}",
            "scenario",
            "rounds",
            "refreshes",
            "successful",
            "rejected",
            "served",
            "refused",
            "connected"
        ));
        let mut total = Row::default();
        for line in self.0.values() {
            line.counted.print(line.name);
            if line.deviates() {
                line.wanted().print("  must be");
            }
            total.add(&line.counted);
        }
        total.print("all");
    }
}
