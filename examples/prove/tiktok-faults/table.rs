//! What is counted.

use std::collections::BTreeMap;

use examples::stage::say;

use super::lane::Job;

/// How posts came out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) asked: u64,
    /// Published, or waiting for the person.
    pub(crate) published: u64,
    pub(crate) undecided: u64,
    pub(crate) failed: u64,
    /// There at the platform.
    pub(crate) there: u64,
    /// Against what must hold.
    pub(crate) deviations: u64,
}

/// Rows by way and step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: BTreeMap<String, Row>,
    pub(crate) deviations: Vec<String>,
}

impl Table {
    pub(crate) fn row(&mut self, name: &str) -> &mut Row {
        self.rows.entry(name.to_owned()).or_default()
    }

    /// One whose outcome nobody saw.
    pub(crate) fn not_played(&mut self, job: Job, error: &anyhow::Error) {
        let row = self.row(&job.row());
        row.asked += 1;
        row.deviations += 1;
        let (row, trouble) = (job.row(), job.trouble.name());
        self.deviations.push(format!("{row}, {trouble}: {error:#}"));
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (name, row) in other.rows {
            self.row(&name).add(&row);
        }
        self.deviations.extend(other.deviations);
    }

    pub(crate) fn print(&self) {
        say(&format!(
            "{:<34} {:>6} {:>10} {:>10} {:>7} {:>6} {:>11}",
            "step", "asked", "published", "undecided", "failed", "there", "deviations"
        ));
        let mut total = Row::default();
        for (name, row) in &self.rows {
            row.print(name);
            total.add(row);
        }
        total.print("all");
        for deviation in &self.deviations {
            say(&format!("deviation: {deviation}"));
        }
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.published += other.published;
        self.undecided += other.undecided;
        self.failed += other.failed;
        self.there += other.there;
        self.deviations += other.deviations;
    }

    fn print(&self, name: &str) {
        say(&format!(
            "{name:<34} {:>6} {:>10} {:>10} {:>7} {:>6} {:>11}",
            self.asked, self.published, self.undecided, self.failed, self.there, self.deviations
        ));
    }
}
