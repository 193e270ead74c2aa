use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ContentContext;
use crate::{
    error::{Error, Result},
    model::{More, Platform},
};

/// Reads numbers about an account or a medium: over its whole life, or over a time. Optional: a platform that offers none
/// has no such trait object. Only reads.
///
/// # Cancel safety
/// May be dropped at any time.
#[async_trait]
pub trait Insights: Debug + Send + Sync + 'static {
    /// The platform.
    fn platform(&self) -> Platform;

    /// The names by which the platform knows what it counts of such a subject, as far as it offers that over `period`.
    fn metrics(&self, subject: &InsightSubject, period: &Period) -> Vec<String>;

    /// What `query` asks for, from where the last page ended. One metric that is refused or not there fails none of the
    /// others: it is in [`unavailable`](InsightPage::unavailable). A number that the platform does not tell is left out,
    /// never 0.
    ///
    /// # Errors
    /// Where nothing can be answered: the platform's refusals, `NotFound` when there is no such medium, `Unsupported` for a
    /// period that this platform does not offer, `RateLimited` when a limit is spent, before anything is sent; `Invalid`
    /// when `from` is no place of a page.
    async fn insights(
        &self,
        cx: &ContentContext<'_>,
        query: &InsightQuery,
        from: Option<&str>,
    ) -> Result<InsightPage>;
}

/// What the numbers are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InsightSubject {
    /// The connected account.
    Account,
    /// One medium, by the platform's id of it.
    Media(String),
}

/// The time that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Period {
    /// One number for each of the platform's days that begins in the range. Where a day begins is the platform's affair and
    /// told with each value.
    Daily(TimeRange),
    /// All there was so far.
    Lifetime,
    /// One number for the whole range.
    Total(TimeRange),
}

/// From `since` until just before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimeRange {
    /// The first moment.
    pub since: DateTime<Utc>,
    /// The first moment after it.
    pub until: DateTime<Utc>,
}

impl TimeRange {
    /// A range.
    ///
    /// # Errors
    /// `Invalid` when it ends before it begins, or at once.
    pub fn new(since: DateTime<Utc>, until: DateTime<Utc>) -> Result<Self> {
        if since < until {
            return Ok(Self { since, until });
        }
        let message = "a time range ends after it begins";
        Err(Error::invalid("until", "range.order", message))
    }

    /// Whether `at` lies in it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.since <= at && at < self.until
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InsightQuery {
    /// About what.
    pub subject: InsightSubject,
    /// The platform's own names; none asks for all that [`Insights::metrics`] lists.
    pub metrics: Vec<String>,
    /// Over what time.
    pub period: Period,
    /// By which dimensions each number is broken down, by the platform's own names, for example `country`; none asks for the
    /// whole. Of several each number is of one part by all of them together. A metric that the platform does not count so is
    /// [unavailable](InsightPage::unavailable): the whole is never told in place of parts.
    pub breakdowns: Vec<String>,
}

impl InsightQuery {
    /// Asks for everything that is counted.
    pub fn new(subject: InsightSubject, period: Period) -> Self {
        Self {
            subject,
            metrics: Vec::new(),
            period,
            breakdowns: Vec::new(),
        }
    }

    /// Asks for these metrics only.
    #[must_use]
    pub fn metrics<M: Into<String>>(mut self, names: impl IntoIterator<Item = M>) -> Self {
        self.metrics = names.into_iter().map(Into::into).collect();
        self
    }

    /// Asks for the numbers of parts, by these dimensions together.
    #[must_use]
    pub fn breakdowns<D: Into<String>>(mut self, names: impl IntoIterator<Item = D>) -> Self {
        self.breakdowns = names.into_iter().map(Into::into).collect();
        self
    }
}

/// A page of numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InsightPage {
    /// What is known. A metric may go on in the next page.
    pub insights: Vec<Insight>,
    /// What was asked for and is not known.
    pub unavailable: Vec<UnavailableMetric>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<String>,
}

impl InsightPage {
    /// What is known, and where the next page begins.
    pub fn new(insights: Vec<Insight>, next: Option<String>) -> Self {
        Self {
            insights,
            unavailable: Vec::new(),
            next,
        }
    }

    /// Names what is not known.
    #[must_use]
    pub fn without(mut self, unavailable: Vec<UnavailableMetric>) -> Self {
        self.unavailable = unavailable;
        self
    }
}

/// One metric and its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Insight {
    /// The platform's own name for it, which also says the unit. What two platforms call alike need not count alike.
    pub metric: String,
    /// The numbers, oldest first; none when the platform has none, which is not 0.
    pub values: Vec<InsightValue>,
    /// What was sent and has no field here.
    pub more: More,
}

impl Insight {
    /// A metric and its numbers.
    pub fn new(metric: impl Into<String>, values: Vec<InsightValue>) -> Self {
        Self {
            metric: metric.into(),
            values,
            more: More::default(),
        }
    }
}

/// One number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InsightValue {
    /// The number.
    pub value: Number,
    /// The time it counts, as the platform tells it; `None` over a lifetime, or where it does not tell.
    pub range: Option<TimeRange>,
    /// Of what part of the whole it is, by each dimension that was [asked for](InsightQuery::breakdowns), for example `country`;
    /// empty for the whole.
    pub breakdown: BTreeMap<String, String>,
}

impl InsightValue {
    /// A number for the whole.
    pub fn new(value: Number, range: Option<TimeRange>) -> Self {
        Self {
            value,
            range,
            breakdown: BTreeMap::new(),
        }
    }

    /// Says of what part it is.
    #[must_use]
    pub fn of_part(mut self, dimension: impl Into<String>, part: impl Into<String>) -> Self {
        self.breakdown.insert(dimension.into(), part.into());
        self
    }
}

/// A whole number, or one with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "there is no third kind")]
pub enum Number {
    /// A count.
    Whole(i64),
    /// A mean or a share.
    Fraction(f64),
}

/// A metric that was asked for and is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnavailableMetric {
    /// Its name.
    pub metric: String,
    /// What the platform says; `None` when it just left it out.
    pub cause: Option<Error>,
}

impl UnavailableMetric {
    /// A metric, and why it is not known.
    pub fn new(metric: impl Into<String>, cause: Option<Error>) -> Self {
        Self {
            metric: metric.into(),
            cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_range_ends_after_it_begins_and_without_its_end() {
        let (start, day) = (DateTime::UNIX_EPOCH, TimeDelta::days(1));
        let range = TimeRange::new(start, start + day).unwrap();
        assert!(range.contains(start));
        assert!(!range.contains(start + day));
        assert!(TimeRange::new(start, start).is_err());
        assert!(TimeRange::new(start + day, start).is_err());
    }

    #[test]
    fn numbers_are_stored_as_they_are() {
        for (number, json) in [
            (Number::Whole(1 << 60), "1152921504606846976"),
            (Number::Fraction(0.5), "0.5"),
        ] {
            let written = serde_json::to_string(&number).unwrap();
            assert_eq!(written, json);
            assert_eq!(serde_json::from_str::<Number>(&written).unwrap(), number);
        }
    }
}
