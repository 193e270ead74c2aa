//! What is counted, and what must have been counted.

use std::time::Duration;

use examples::stage::say;

/// How a scene came out on a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) scene: String,
    pub(crate) store: &'static str,
    /// What there was to do.
    pub(crate) wanted: u64,
    /// What was done.
    pub(crate) done: u64,
    /// What was done a second time.
    pub(crate) twice: u64,
    /// What was done before its time.
    pub(crate) early: u64,
    /// Whatever else must not happen.
    pub(crate) wrong: u64,
    pub(crate) took: Duration,
    /// A figure in words.
    pub(crate) note: String,
}

/// Lines in the order in which they were played.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(Vec<Line>);

impl Line {
    fn deviates(&self) -> bool {
        let clean = (self.twice, self.early, self.wrong) == (0, 0, 0);
        self.wanted == 0 || self.done != self.wanted || !clean
    }

    fn print(&self) {
        let line = format!(
            "{:<52} {:<8} {:>7} {:>7} {:>6} {:>6} {:>6} {:>6.1} s  {}",
            self.scene,
            self.store,
            self.wanted,
            self.done,
            self.twice,
            self.early,
            self.wrong,
            self.took.as_secs_f64(),
            self.note
        );
        say(line.trim_end());
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
            "{:<52} {:<8} {:>7} {:>7} {:>6} {:>6} {:>6} {:>8}",
            "scene", "store", "wanted", "done", "twice", "early", "wrong", "took"
        ));
        let sum = |figure: fn(&Line) -> u64| self.0.iter().map(figure).sum::<u64>();
        self.0.iter().for_each(Line::print);
        say(&format!(
            "{:<61} {:>7} {:>7} {:>6} {:>6} {:>6}",
            "all",
            sum(|line| line.wanted),
            sum(|line| line.done),
            sum(|line| line.twice),
            sum(|line| line.early),
            sum(|line| line.wrong),
        ));
    }
}
