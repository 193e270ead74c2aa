use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use social_core::{
    Error, ErrorKind, Result,
    content::{
        ContentContext, Insight, InsightPage, InsightQuery, InsightSubject, InsightValue, Insights,
        Number, Period, TimeRange, UnavailableMetric,
    },
    model::{More, Platform},
};

use super::{Page, Shown};
use crate::client::PLATFORM;

#[derive(Deserialize)]
struct Count {
    metric: String,
    value: Option<i64>,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    #[serde(default)]
    part: BTreeMap<String, String>,
    #[serde(flatten)]
    more: More,
}

/// By which the platform breaks its numbers down.
const DIMENSION: &str = "country";

#[async_trait]
impl Insights for Shown {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn metrics(&self, _: &InsightSubject, _: &Period) -> Vec<String> {
        ["reads", "stamps"].map(str::to_owned).into()
    }

    async fn insights(
        &self,
        cx: &ContentContext<'_>,
        query: &InsightQuery,
        from: Option<&str>,
    ) -> Result<InsightPage> {
        let subject = match &query.subject {
            InsightSubject::Media(id) => id.as_str(),
            _ => "me",
        };
        let known = self.metrics(&query.subject, &query.period);
        let asked = match query.metrics.is_empty() {
            true => known.clone(),
            false => query.metrics.clone(),
        };
        // One that the platform does not know would fail the whole call, and so would a dimension.
        let parts = query.breakdowns.as_slice();
        let by_known = parts.iter().all(|name| name == DIMENSION) && parts.len() < 2;
        let (asked, unknown): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .partition(|name| by_known && known.contains(name));
        let mut asks = period(query.period)?;
        asks.extend(
            parts
                .iter()
                .filter(|_| by_known)
                .map(|by| ("by", by.clone())),
        );
        asks.push(("metrics", asked.join(",")));
        asks.extend(from.map(|from| ("from", from.to_owned())));
        let asks: Vec<_> = asks.iter().map(|(name, it)| (*name, it.as_str())).collect();
        let path = ["counts", subject];
        let page = self.0.get(&path, &asks, &cx.tokens.access, cx.deadline);
        let page = gather(page.await?);
        Ok(match from {
            None => page.without(unknown.into_iter().map(unavailable).collect()),
            Some(_) => page,
        })
    }
}

fn period(period: Period) -> Result<Vec<(&'static str, String)>> {
    let (name, range) = match period {
        Period::Daily(range) => ("daily", Some(range)),
        Period::Lifetime => ("lifetime", None),
        Period::Total(range) => ("total", Some(range)),
        _ => return Err(Error::new(ErrorKind::Unsupported, "no such period here")),
    };
    let mut asks = vec![("period", name.to_owned())];
    let time = |at: DateTime<Utc>| at.timestamp().to_string();
    asks.extend(range.map(|range| ("since", time(range.since))));
    asks.extend(range.map(|range| ("until", time(range.until))));
    Ok(asks)
}

fn unavailable(metric: String) -> UnavailableMetric {
    UnavailableMetric::new(metric, None)
}

/// The numbers by metric. One that is not told is none.
fn gather(page: Page<Count>) -> InsightPage {
    let mut insights: Vec<Insight> = Vec::new();
    for count in page.items {
        let range = count.from.zip(count.until);
        let range = range.and_then(|(since, until)| TimeRange::new(since, until).ok());
        let value = count.value.map(|it| {
            let mut value = InsightValue::new(Number::Whole(it), range);
            value.breakdown = count.part;
            value
        });
        let known = insights.iter().position(|it| it.metric == count.metric);
        let known = known.unwrap_or_else(|| {
            insights.push(Insight::new(count.metric, Vec::new()));
            insights.len() - 1
        });
        insights[known].values.extend(value);
        insights[known]
            .more
            .extend(serde_json::Map::from(count.more));
    }
    InsightPage::new(insights, page.next)
}
