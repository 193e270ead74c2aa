//! Figures and times in words. Pure: the current time is an argument.

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Utc};

/// A point in time as a page shows it: `<time datetime="machine" title="full">words</time>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// RFC 3339, for the `datetime` attribute.
    pub(crate) machine: String,
    /// Date, time and zone, for the `title` attribute.
    pub(crate) full: String,
    /// What is read.
    pub(crate) words: String,
}

impl Moment {
    fn new(at: DateTime<Utc>, words: String) -> Self {
        Self {
            machine: at.to_rfc3339_opts(SecondsFormat::Millis, true),
            full: format!("{}, {}", day(at), clock_seconds(at)),
            words,
        }
    }

    /// Relative under an hour ("8 min ago"), else the clock, with the day unless it is today. Of
    /// another year only the day is told.
    pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let past = now - at;
        let words = if past >= TimeDelta::zero() && past < TimeDelta::minutes(1) {
            "just now".to_owned()
        } else if past >= TimeDelta::zero() && past < TimeDelta::hours(1) {
            format!("{} min ago", past.num_minutes())
        } else if at.year() == now.year() {
            clock_or_day(at, now)
        } else {
            day(at)
        };
        Self::new(at, words)
    }

    /// To the millisecond, for a timeline whose first entry is of the day `first`.
    pub(crate) fn exact(at: DateTime<Utc>, first: DateTime<Utc>) -> Self {
        let time = at.format("%H:%M:%S%.3f");
        let words = if at.date_naive() == first.date_naive() {
            time.to_string()
        } else {
            format!("{} {} {time}", at.day(), at.format("%b"))
        };
        Self::new(at, words)
    }

    /// The line of the timeline that is going on.
    pub(crate) fn now(now: DateTime<Utc>) -> Self {
        Self::new(now, "now".to_owned())
    }
}

/// "14:04", with the day unless `at` is on the day of `now`: "19 Nov, 14:04", "31 Dec 2025, 14:04".
pub(crate) fn clock_or_day(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let clock = at.format("%H:%M");
    if at.date_naive() == now.date_naive() {
        clock.to_string()
    } else if at.year() == now.year() {
        format!("{} {}, {clock}", at.day(), at.format("%b"))
    } else {
        format!("{}, {clock}", day(at))
    }
}

/// "20 Nov 2026".
pub(crate) fn day(at: DateTime<Utc>) -> String {
    format!("{} {}", at.day(), at.format("%b %Y"))
}

/// "14:04:02 UTC".
pub(crate) fn clock_seconds(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S UTC").to_string()
}

/// When something is due: "Fri 20 Nov, 18:00 UTC", with the year unless it is that of `now`.
pub(crate) fn due(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let year = if at.year() == now.year() {
        String::new()
    } else {
        format!(" {}", at.year())
    };
    format!(
        "{} {} {}{year}, {}",
        at.format("%a"),
        at.day(),
        at.format("%b"),
        at.format("%H:%M UTC")
    )
}

/// A count with thousands separated: "2,200".
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "1 thing", "2 things".
pub(crate) fn things(n: usize, one: &str, many: &str) -> String {
    let word = if n == 1 { one } else { many };
    format!("{} {word}", count(n as u64))
}

const UNITS: [(&str, u64); 4] = [
    ("bytes", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// A size in decimal units, one figure after the point below ten: "512 bytes", "4.2 MB", "182 MB", "4 GB".
pub(crate) fn bytes(n: u64) -> String {
    // The unit is chosen after rounding, so that 999,999 bytes are 1 MB and not 1,000 kB.
    let unit = UNITS
        .iter()
        .rposition(|(_, size)| n >= size - size / 2_000)
        .unwrap_or(0);
    let (name, size) = UNITS[unit];
    if unit == 0 {
        return if n == 1 {
            "1 byte".to_owned()
        } else {
            format!("{n} {name}")
        };
    }
    format!(
        "{} {name}",
        figure(n, size, u32::from(n < 10 * size - size / 20))
    )
}

/// Two sizes, the first above the second, with as many figures as it takes to tell them apart.
pub(crate) fn bytes_above(n: u64, limit: u64) -> (String, String) {
    let (short, max) = (bytes(n), bytes(limit));
    if short != max {
        return (short, max);
    }
    (
        format!("{} bytes", count(n)),
        format!("{} bytes", count(limit)),
    )
}

/// Rounds to `places` (0 or 1) without floating point; "4.0" is written "4".
fn figure(n: u64, size: u64, places: u32) -> String {
    let tens = 10_u128.pow(places);
    let rounded = (u128::from(n) * tens + u128::from(size) / 2) / u128::from(size);
    match (rounded / tens, rounded % tens) {
        (whole, 0) => count(u64::try_from(whole).unwrap_or(u64::MAX)),
        (whole, part) => format!("{whole}.{part}"),
    }
}

/// A playing time: "0:42", "1:02:03".
pub(crate) fn playing_time(ms: u64) -> String {
    let seconds = (ms + 500) / 1_000;
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if h > 0 {
        format!("{h}:{m:02}:{s:02}")
    } else {
        format!("{m}:{s:02}")
    }
}

/// A length of time as a limit is spoken of: "45 seconds", "10 minutes", "1 hour", "1 minute 30 seconds".
pub(crate) fn length(seconds: u64) -> String {
    let part = |n: u64, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let parts: Vec<String> = [
        part(seconds / 3_600, "hour"),
        part(seconds / 60 % 60, "minute"),
        part(seconds % 60, "second"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "0 seconds".to_owned()
    } else {
        parts.join(" ")
    }
}

/// Whole percent, never "100%" before the end.
pub(crate) fn percent(value: u64, max: u64) -> String {
    let whole = if max == 0 {
        0
    } else {
        u128::from(value.min(max)) * 100 / u128::from(max)
    };
    format!("{whole}%")
}

#[cfg(test)]
mod tests;
