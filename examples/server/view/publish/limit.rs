//! What of a limit is used, drawn as segments.

use crate::view::format::count;

/// A limit, drawn as segments.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    /// "Posts in the last 24 h".
    pub(crate) name: &'static str,
    pub(crate) used: u64,
    /// Posts in the queue for a place.
    pub(crate) waiting: u64,
    pub(crate) max: u64,
    /// The platform does not tell the figure exactly.
    pub(crate) about: bool,
    /// When a newcomer has a place, in words, if it must wait for one.
    pub(crate) free: Option<String>,
}

impl Limit {
    pub(crate) fn words(&self) -> String {
        let about = if self.about { "about " } else { "" };
        format!("{} / {about}{}", count(self.used), count(self.max))
    }

    /// What is left, in words.
    pub(crate) fn left(&self) -> String {
        let about = if self.about { "about " } else { "" };
        let queue = match self.waiting {
            0 => String::new(),
            1 => ", 1 post waits for a place".to_owned(),
            n => format!(", {} posts wait for a place", count(n)),
        };
        match (&self.free, self.max.saturating_sub(self.used)) {
            (Some(free), _) => format!("None left before {free}{queue}"),
            (None, 0) => "None left".to_owned(),
            (None, left) => format!("{about}{} left", count(left)),
        }
    }

    pub(crate) fn spoken(&self) -> String {
        let about = if self.about { "about " } else { "" };
        format!(
            "{}: {} of {about}{} used",
            self.name,
            count(self.used),
            count(self.max)
        )
    }

    /// At most thirty segments over a width of 3,000: left edge, width, used.
    pub(crate) fn segments(&self) -> Vec<(u64, u64, bool)> {
        let n = self.max.clamp(1, 30);
        let lit = u64::try_from(
            u128::from(self.used.min(self.max)) * u128::from(n) / u128::from(self.max.max(1)),
        )
        .unwrap_or(n);
        let step = 3_000 / n;
        (0..n).map(|i| (i * step, step - 40, i < lit)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Limit;

    #[test]
    fn what_is_left_is_never_less_than_nothing() {
        let of = |used, about| Limit {
            name: "x",
            used,
            waiting: 0,
            max: 15,
            about,
            free: None,
        };
        assert_eq!(of(3, true).left(), "about 12 left");
        assert_eq!(of(14, false).left(), "1 left");
        assert_eq!(of(15, true).left(), "None left");
        assert_eq!(of(20, false).left(), "None left");
        let full = Limit {
            waiting: 2,
            free: Some("14:20 UTC".to_owned()),
            ..of(15, true)
        };
        assert_eq!(
            full.left(),
            "None left before 14:20 UTC, 2 posts wait for a place"
        );
        assert!(of(20, false).segments().iter().all(|(.., lit)| *lit));
    }
}
