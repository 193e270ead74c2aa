//! What is counted.

use std::collections::BTreeMap;

use examples::stage::say;

/// How a row came out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) kills: u64,
    pub(crate) stops: u64,
    pub(crate) asked: u64,
    pub(crate) there: u64,
    pub(crate) twice: u64,
    pub(crate) lost: u64,
}

/// Rows by step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table(BTreeMap<(usize, &'static str), Row>);

impl Table {
    pub(crate) fn row(&mut self, order: usize, name: &'static str) -> &mut Row {
        self.0.entry((order, name)).or_default()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for ((order, name), row) in other.0 {
            self.row(order, name).add(&row);
        }
    }

    fn total(&self) -> Row {
        let mut total = Row::default();
        self.0.values().for_each(|row| total.add(row));
        total
    }

    pub(crate) fn is_clean(&self) -> bool {
        let total = self.total();
        total.twice == 0 && total.lost == 0 && total.asked == total.there
    }

    pub(crate) fn print(&self) {
        say(&format!(
            "{:<32} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}",
            "step", "kills", "stops", "asked", "there", "twice", "lost"
        ));
        for ((_, name), row) in &self.0 {
            row.print(name);
        }
        self.total().print("all");
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.stops += other.stops;
        self.asked += other.asked;
        self.there += other.there;
        self.twice += other.twice;
        self.lost += other.lost;
    }

    fn print(&self, name: &str) {
        say(&format!(
            "{name:<32} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}",
            self.kills, self.stops, self.asked, self.there, self.twice, self.lost
        ));
    }
}
