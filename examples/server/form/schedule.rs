//! When to post.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Field, FormFields, FormProblems};

/// How late "Post if less than 30 minutes late" may be.
const GRACE: TimeDelta = TimeDelta::minutes(30);

/// When to post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    Now,
    /// Not before `due`; later than `due + grace` not at all. `None`: not late at all.
    At {
        due: DateTime<Utc>,
        grace: Option<TimeDelta>,
    },
}

pub(super) fn read(
    fields: &FormFields,
    now: DateTime<Utc>,
    problems: &mut FormProblems,
) -> Option<Schedule> {
    match fields.value("when") {
        "" | "now" => return Some(Schedule::Now),
        "later" => {}
        _ => {
            problems.add(
                Field::When,
                "Choose when to post",
                "Choose Now or a set time.",
            );
            return None;
        }
    }
    let due = due(fields.value("due"));
    let grace = match fields.value("missed") {
        "30m" => Some(Some(GRACE)),
        "fail" => Some(None),
        _ => None,
    };
    match due {
        None => problems.add(Field::Due, "Give date and time", "Give a date and a time."),
        Some(due) if due <= now => {
            let words = "That time has passed. Give a later one, or choose Now.";
            problems.add(Field::Due, "Give a time that is still to come", words);
        }
        Some(_) => {}
    }
    if grace.is_none() {
        let words = "Choose what happens if that time is missed.";
        problems.add(
            Field::Missed,
            "Choose what happens if the time is missed",
            words,
        );
    }
    Some(Schedule::At {
        due: due?,
        grace: grace?,
    })
}

/// The value of a `datetime-local` control, read as UTC. Seconds may be absent.
fn due(text: &str) -> Option<DateTime<Utc>> {
    [
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%S%.f",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    .map(|local| local.and_utc())
}
