//! What is counted, and what must have been counted.

use std::time::Duration;

use examples::stage::say;

/// How it came out on a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    store: &'static str,
    pub(crate) posts: u64,
    /// Events, each counted once.
    pub(crate) wanted: u64,
    pub(crate) inserted: u64,
    /// Of those inserted.
    pub(crate) new: u64,
    pub(crate) kills: u64,
    /// Effects that posts have counted.
    pub(crate) applied: u64,
    /// Of those, what had taken effect already.
    pub(crate) twice: u64,
    /// Posts that stand elsewhere than the model says.
    pub(crate) wrong: u64,
    pub(crate) dead: u64,
    pub(crate) unmatched: u64,
    /// Posts at the platform.
    pub(crate) posted: u64,
    pub(crate) took: Duration,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table(Vec<Line>);

impl Line {
    pub(crate) fn new(store: &'static str) -> Self {
        Self {
            store,
            ..Self::default()
        }
    }

    fn deviates(&self) -> bool {
        let all = self.wanted > 0 && self.new == self.wanted && self.applied == self.wanted;
        let clean = (self.twice, self.wrong, self.dead, self.unmatched) == (0, 0, 0, 0);
        !all || !clean || self.posted != self.posts || self.kills == 0
    }

    fn print(&self) {
        say(&format!(
            "{:<9} {:>6} {:>7} {:>9} {:>6} {:>8} {:>6} {:>6} {:>5} {:>10} {:>7} {:>7.1} s",
            self.store,
            self.posts,
            self.wanted,
            self.inserted,
            self.kills,
            self.applied,
            self.twice,
            self.wrong,
            self.dead,
            self.unmatched,
            self.posted,
            self.took.as_secs_f64(),
        ));
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
            "{:<9} {:>6} {:>7} {:>9} {:>6} {:>8} {:>6} {:>6} {:>5} {:>10} {:>7} {:>9}",
            "store",
            "posts",
            "events",
            "inserted",
            "kills",
            "applied",
            "twice",
            "wrong",
            "dead",
            "unmatched",
            "posted",
            "took"
        ));
        self.0.iter().for_each(Line::print);
    }
}
