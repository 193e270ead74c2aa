//! What is counted.

use std::{collections::BTreeMap, time::Duration};

use examples::stage::say;

use super::{ledger::Ledger, note::Kind, verify::Found};

/// Outages of one sort.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outages {
    pub(crate) count: u64,
    /// The longest time until everybody went on.
    pub(crate) longest: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    kind: Kind,
    acknowledged: u64,
    failed: u64,
    there: u64,
    lost: u64,
    more: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    outages: BTreeMap<&'static str, Outages>,
    lines: Vec<Line>,
    /// What must not happen at all.
    wrong: Vec<String>,
}

impl Table {
    pub(crate) fn outages(&mut self, name: &'static str) -> &mut Outages {
        self.outages.entry(name).or_default()
    }

    /// Compares what was acknowledged with what was found.
    pub(crate) fn held(&mut self, ledger: &Ledger, found: &Found) {
        let of =
            |counts: &BTreeMap<Kind, u64>, kind| counts.get(&kind).copied().unwrap_or_default();
        self.lines = (Kind::ALL.into_iter())
            .map(|kind| Line {
                kind,
                acknowledged: of(&ledger.acknowledged, kind),
                failed: of(&ledger.failed, kind),
                there: of(&found.there, kind),
                lost: of(&found.lost, kind),
                more: of(&found.more, kind),
            })
            .collect();
        self.wrong.extend(ledger.unexpected.iter().cloned());
        self.wrong.extend(ledger.ended.iter().cloned());
    }

    pub(crate) fn deviations(&self) -> usize {
        let wrong = |line: &&Line| line.acknowledged == 0 || (line.lost, line.more) != (0, 0);
        self.wrong.len() + self.lines.iter().filter(wrong).count()
    }

    pub(crate) fn print(&self) {
        say(&format!(
            "{:<32} {:>7} {:>22}",
            "the server", "times", "all went on within"
        ));
        for (name, Outages { count, longest }) in &self.outages {
            say(&format!(
                "{name:<32} {count:>7} {:>20.1} s",
                longest.as_secs_f64()
            ));
        }
        say(&format!(
            "{:<18} {:>13} {:>7} {:>7} {:>7} {:>7}",
            "load", "acknowledged", "failed", "rows", "lost", "more"
        ));
        for line in &self.lines {
            let Line {
                kind,
                acknowledged,
                failed,
                there,
                lost,
                more,
            } = line;
            say(&format!(
                "{kind:<18} {acknowledged:>13} {failed:>7} {there:>7} {lost:>7} {more:>7}"
            ));
        }
        let sum = |figure: fn(&Line) -> u64| self.lines.iter().map(figure).sum::<u64>();
        say(&format!(
            "{:<18} {:>13} {:>7} {:>7} {:>7} {:>7}",
            "all",
            sum(|line| line.acknowledged),
            sum(|line| line.failed),
            sum(|line| line.there),
            sum(|line| line.lost),
            sum(|line| line.more),
        ));
        self.wrong.iter().for_each(|wrong| say(wrong));
    }
}
