//! What is counted, and what must have been counted.

use examples::stage::say;
use social_core::publish::Outcome;

/// How one post came out.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// Whether the copy was another life before somebody accepted it.
    pub(crate) was_held: bool,
    pub(crate) asked_about: u64,
    /// Posts of the request at the platform.
    pub(crate) sent: u64,
    /// What the living data say, if they went on.
    pub(crate) living: Option<Outcome>,
    /// What the copy says.
    pub(crate) copy: Option<Outcome>,
}

#[derive(Clone, Debug)]
struct Line {
    store: &'static str,
    moment: &'static str,
    goes_on: bool,
    played: u64,
    asked_about: u64,
    sent: u64,
    twice: u64,
    /// Of the copies.
    published: u64,
    undecided: u64,
    wrong: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table(Vec<Line>);

impl Table {
    pub(crate) fn add(
        &mut self,
        store: &'static str,
        moment: &'static str,
        goes_on: bool,
        played: Played,
    ) {
        let name = (store, moment, goes_on);
        let at = (self.0.iter()).position(|line| (line.store, line.moment, line.goes_on) == name);
        let at = at.unwrap_or_else(|| {
            self.0.push(Line::new(name));
            self.0.len() - 1
        });
        if let Some(line) = self.0.get_mut(at) {
            line.count(&played);
        }
    }

    pub(crate) fn deviations(&self) -> usize {
        let deviates = |line: &&Line| line.played == 0 || line.twice + line.wrong > 0;
        self.0.iter().filter(deviates).count()
    }

    pub(crate) fn print(&self) {
        say(&format!(
            "{:<9} {:<38} {:<9} {:>6} {:>11} {:>5} {:>6} {:>9} {:>9} {:>6}",
            "store",
            "copied",
            "living",
            "played",
            "asked about",
            "sent",
            "twice",
            "published",
            "undecided",
            "wrong"
        ));
        for line in &self.0 {
            say(&format!(
                "{:<9} {:<38} {:<9} {:>6} {:>11} {:>5} {:>6} {:>9} {:>9} {:>6}",
                line.store,
                line.moment,
                if line.goes_on { "goes on" } else { "killed" },
                line.played,
                line.asked_about,
                line.sent,
                line.twice,
                line.published,
                line.undecided,
                line.wrong
            ));
        }
    }
}

impl Line {
    fn new((store, moment, goes_on): (&'static str, &'static str, bool)) -> Self {
        Self {
            store,
            moment,
            goes_on,
            played: 0,
            asked_about: 0,
            sent: 0,
            twice: 0,
            published: 0,
            undecided: 0,
            wrong: 0,
        }
    }

    fn count(&mut self, played: &Played) {
        self.played += 1;
        self.asked_about += played.asked_about;
        self.sent += played.sent;
        self.twice += played.sent.saturating_sub(1);
        let is_out = played.sent > 0;
        match &played.copy {
            // What is called published must be there.
            Some(Outcome::Published(_)) => {
                self.published += 1;
                self.wrong += u64::from(!is_out);
            }
            Some(Outcome::Undecided) => self.undecided += 1,
            _ => self.wrong += 1,
        }
        let living_is_right = match (&played.living, self.goes_on) {
            (Some(Outcome::Published(_)), true) => is_out,
            (None, false) => true,
            _ => false,
        };
        self.wrong += u64::from(!living_is_right || !played.was_held);
    }
}
