use social_core::{
    error::Result,
    store::{Incarnation, Incarnations},
};
use sqlx::postgres::PgRow;

use crate::values::Cells;

/// The place of the timeline among the parts.
const TIMELINE: usize = 1;
/// So many parts have a place in the name. Of the others, which few servers tell, each has a word before it.
const LABELS_AT: usize = 4;
const LABELS: [&str; 3] = ["cluster", "tenant", "branch"];

/// The parts of the names. One that a server does not tell, now or when the other was accepted, is not compared.
pub(super) struct Lives {
    present: Vec<Option<String>>,
    accepted: Vec<Option<String>>,
}

impl Lives {
    pub(super) fn read(row: &PgRow) -> Result<Self> {
        let cells = Cells::new(row, "installation");
        let accepted: Vec<_> = cells.get("accepted")?;
        let present: Vec<_> = cells.get("present")?;
        if accepted.len() != present.len() {
            return Err(cells.damaged("incarnation"));
        }
        Ok(Self { present, accepted })
    }

    pub(super) fn names(&self) -> Incarnations {
        let name = |parts: &[Option<String>], others: &[Option<String>]| {
            let told = parts.iter().zip(others).map(|(part, other)| match part {
                Some(part) if other.is_some() => Some(part.as_str()),
                _ => None,
            });
            let told: Vec<_> = told.collect();
            let (first, labelled) = told.split_at(LABELS_AT.min(told.len()));
            let first: Vec<_> = first.iter().map(|part| part.unwrap_or("unknown")).collect();
            let labelled = LABELS.iter().zip(labelled);
            let labelled =
                labelled.filter_map(|(label, part)| Some(format!(", {label} {}", (*part)?)));
            Incarnation::new(first.join("/") + &labelled.collect::<String>())
        };
        Incarnations::new(
            name(&self.present, &self.accepted),
            name(&self.accepted, &self.present),
        )
    }

    /// Nothing differs but the timeline, which is higher; and the cluster tells who it is.
    pub(super) fn is_promotion(&self) -> bool {
        let timeline = |parts: &[Option<String>]| {
            let hex = parts.get(TIMELINE)?.as_deref()?;
            u32::from_str_radix(hex, 16).ok()
        };
        let later = timeline(&self.accepted).zip(timeline(&self.present));
        let mut pairs = self.present.iter().zip(&self.accepted).enumerate();
        let same = |(place, (present, accepted)): (usize, (&Option<String>, &Option<String>))| {
            place == TIMELINE || present == accepted && (present.is_some() || place >= LABELS_AT)
        };
        later.is_some_and(|(accepted, present)| accepted < present) && pairs.all(same)
    }

    /// What is not told now stays as it was known.
    pub(super) fn to_accept(&self) -> Vec<Option<String>> {
        let parts = self.present.iter().zip(&self.accepted);
        parts
            .map(|(present, accepted)| present.clone().or_else(|| accepted.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Lives;

    fn lives<const N: usize>(present: [Option<&str>; N], accepted: [Option<&str>; N]) -> Lives {
        let parts = |parts: [Option<&str>; N]| parts.map(|part| part.map(str::to_owned)).to_vec();
        Lives {
            present: parts(present),
            accepted: parts(accepted),
        }
    }

    #[test]
    fn a_part_that_is_not_told_makes_no_difference() {
        for (present, accepted, same) in [
            ([Some("1"), Some("2")], [Some("1"), Some("2")], true),
            ([Some("1"), Some("3")], [Some("1"), Some("2")], false),
            ([Some("1"), None], [Some("1"), Some("2")], true),
            ([Some("1"), Some("3")], [Some("1"), None], true),
            ([Some("9"), None], [Some("1"), Some("2")], false),
        ] {
            let names = lives(present, accepted).names();
            assert_eq!(names.is_same(), same, "{names:?}");
        }
    }

    #[test]
    fn what_is_accepted_keeps_what_is_not_told_now() {
        let accepted = lives([Some("9"), None], [Some("1"), Some("2")]).to_accept();
        assert_eq!(accepted, [Some("9".to_owned()), Some("2".to_owned())]);
    }

    const LIFE: [Option<&str>; 7] = [
        Some("7"),
        Some("0000000A"),
        Some("5"),
        Some("9"),
        Some("main"),
        None,
        None,
    ];

    fn with(place: usize, part: Option<&'static str>) -> [Option<&'static str>; 7] {
        let mut life = LIFE;
        life[place] = part;
        life
    }

    #[test]
    fn what_only_some_servers_tell_is_part_of_the_name_where_it_is_told() {
        let names = lives(LIFE, LIFE).names();
        assert_eq!(names.present.as_str(), "7/0000000A/5/9, cluster main");
        for place in 4..7 {
            let names = lives(with(place, Some("x")), with(place, Some("y"))).names();
            assert!(!names.is_same(), "{names:?}");
            let names = lives(with(place, Some("x")), with(place, None)).names();
            assert!(names.is_same(), "{names:?}");
        }
    }

    #[test]
    fn only_a_higher_timeline_and_nothing_else_is_a_promotion() {
        let promoted = |present, accepted| lives(present, accepted).is_promotion();
        assert!(promoted(with(1, Some("0000000B")), LIFE));
        assert!(promoted(with(1, Some("00000010")), LIFE), "it is a number");
        assert!(!promoted(LIFE, LIFE));
        assert!(!promoted(LIFE, with(1, Some("0000000B"))), "an older one");
        assert!(!promoted(with(1, None), LIFE));
        assert!(!promoted(with(1, Some("0000000B")), with(1, None)));
        for place in [0, 2, 3, 4] {
            let present = |part| {
                let mut life = with(1, Some("0000000B"));
                life[place] = part;
                life
            };
            assert!(!promoted(present(Some("other")), LIFE), "part {place}");
            assert!(!promoted(present(None), LIFE), "part {place} is not told");
        }
        let nameless = |mut life: [Option<&'static str>; 7]| {
            life[0] = None;
            life
        };
        let present = nameless(with(1, Some("0000000B")));
        assert!(
            !promoted(present, nameless(LIFE)),
            "any cluster may be this one"
        );
    }
}
