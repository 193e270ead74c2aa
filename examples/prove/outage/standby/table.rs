use examples::stage::say;

/// What was found, and what must be.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) what: &'static str,
    pub(super) found: String,
    pub(super) must_be: &'static str,
    /// How many posts are out; of the line about retried keys, how many twice.
    pub(super) out: u64,
    pub(super) must_be_out: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table(Vec<Line>);

impl Table {
    pub(super) fn add(&mut self, line: Line) {
        self.0.push(line);
    }

    pub(super) fn deviations(&self) -> usize {
        let deviates =
            |line: &&Line| (line.found.as_str(), line.out) != (line.must_be, line.must_be_out);
        self.0.iter().filter(deviates).count()
    }

    pub(super) fn print(&self) {
        say(&format!(
            "{:<46} {:<22} {:<22} {:>5} {:>8}",
            "a standby takes over", "is", "must be", "posts", "must be"
        ));
        for line in &self.0 {
            let Line {
                what,
                found,
                must_be,
                out,
                must_be_out,
            } = line;
            say(&format!(
                "{what:<46} {found:<22} {must_be:<22} {out:>5} {must_be_out:>8}"
            ));
        }
    }
}
