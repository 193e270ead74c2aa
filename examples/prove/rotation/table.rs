//! What is counted.

use std::time::Duration;

use examples::stage::say;

use super::hands::Tally;

/// How it went on one store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) store: &'static str,
    pub(crate) rotations: u64,
    pub(crate) tally: Tally,
    /// Values sealed again.
    pub(crate) resealed: u64,
    /// Values in the store at the end.
    pub(crate) values: u64,
    /// Those not under the last key.
    pub(crate) old: u64,
    /// Those that the last key alone does not open, and accounts' writes that are missing.
    pub(crate) lost: u64,
    pub(crate) took: Duration,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table(Vec<Line>);

impl Line {
    fn deviates(&self) -> bool {
        let worked = self.tally.reads > 0 && self.tally.writes > 0 && self.resealed > 0;
        !worked || (self.tally.failed, self.old, self.lost) != (0, 0, 0)
    }
}

impl Table {
    pub(crate) fn add(&mut self, line: Line) {
        self.0.push(line);
    }

    pub(crate) fn deviations(&self) -> usize {
        self.0.iter().filter(|line| line.deviates()).count()
    }

    pub(crate) fn print(&self) {
        say(&format!(
            "{:<9} {:>9} {:>9} {:>8} {:>9} {:>7} {:>9} {:>7} {:>9} {:>5} {:>8}",
            "store",
            "rotations",
            "reads",
            "writes",
            "conflicts",
            "failed",
            "re-sealed",
            "values",
            "under old",
            "lost",
            "took"
        ));
        for line in &self.0 {
            let tally = &line.tally;
            say(&format!(
                "{:<9} {:>9} {:>9} {:>8} {:>9} {:>7} {:>9} {:>7} {:>9} {:>5} {:>6.1} s",
                line.store,
                line.rotations,
                tally.reads,
                tally.writes,
                tally.conflicts,
                tally.failed,
                line.resealed,
                line.values,
                line.old,
                line.lost,
                line.took.as_secs_f64()
            ));
            if let Some(reason) = &tally.reason {
                say(&format!("  first failure: {reason}"));
            }
        }
    }
}
