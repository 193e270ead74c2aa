//! What `auto_explain` writes into the server's log.

use std::time::Duration;

use anyhow::{Context, Result};

/// The plan of one statement that ran.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Its lines, each a node or what is said of one.
    lines: Vec<String>,
}

/// Every plan in `log` of a statement that contains `mark`.
pub(crate) fn plans(log: &[u8], mark: &str) -> Vec<Plan> {
    let log = String::from_utf8_lossy(log);
    let mut entries: Vec<Vec<&str>> = Vec::new();
    for line in log.lines() {
        // What goes on begins with a tab.
        match (line.strip_prefix('\t'), entries.last_mut()) {
            (Some(rest), Some(entry)) => entry.push(rest),
            _ => entries.push(vec![line]),
        }
    }
    let plan = |entry: Vec<&str>| {
        let first = entry.iter().position(|line| line.contains("(cost="))?;
        let text = entry[..first].join("\n");
        let lines = entry[first..].iter().map(|line| (*line).to_owned());
        (text.contains("Query Text:") && text.contains(mark)).then(|| Plan {
            lines: lines.collect(),
        })
    };
    entries.into_iter().filter_map(plan).collect()
}

impl Plan {
    /// The nodes with their indexes, without any figure.
    pub(crate) fn shape(&self) -> String {
        let nodes = self.lines.iter().filter(|line| line.contains("(cost="));
        let nodes = nodes.filter_map(|line| line.split("  (cost=").next());
        nodes.collect::<Vec<_>>().join("\n")
    }

    /// Buffers that the whole statement touched, found in memory or not.
    pub(crate) fn buffers(&self) -> Result<u64> {
        let line = self
            .lines
            .iter()
            .find(|line| line.trim_start().starts_with("Buffers: shared"));
        let line = line.context("a plan with its buffers")?;
        let figure = |name: &str| {
            let value = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix(name));
            value.map_or(Ok(0), str::parse::<u64>)
        };
        Ok(figure("hit=")? + figure("read=")?)
    }

    /// The time after which the first `node` had all its rows.
    pub(crate) fn ended(&self, node: &str) -> Result<Duration> {
        let is_node = |line: &&String| {
            let text = line.trim_start().trim_start_matches("->").trim_start();
            text.starts_with(node)
        };
        let line = self.lines.iter().find(is_node);
        let line = line.with_context(|| format!("{node} in the plan"))?;
        let (_, times) = line.split_once("actual time=").context("its time")?;
        let (_, rest) = times.split_once("..").context("its end")?;
        let end: f64 = rest.split(' ').next().context("a figure")?.parse()?;
        Ok(Duration::from_secs_f64(end / 1e3))
    }

    /// Its lines.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &String> {
        self.lines.iter()
    }
}
