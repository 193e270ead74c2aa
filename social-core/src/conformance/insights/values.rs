use std::collections::BTreeSet;

use super::{InsightsHarness, all, queries};
use crate::{content::Period, error::Result};

/// Pages end; every metric that is offered is told or said not to be known, and no number twice.
pub async fn paging_ends_and_tells_each_number_once(harness: &impl InsightsHarness) -> Result<()> {
    for query in queries(harness).await {
        let page = all(harness, &query).await?;
        let mut numbers = BTreeSet::new();
        for insight in &page.insights {
            for value in &insight.values {
                let range = value.range.map(|range| (range.since, range.until));
                let number = (&insight.metric, range, &value.breakdown);
                assert!(numbers.insert(number), "told twice: {number:?}");
            }
        }
        for metric in harness.insights().metrics(&query.subject, &query.period) {
            let told = page.insights.iter().any(|insight| insight.metric == metric);
            let unknown = page.unavailable.iter().any(|it| it.metric == metric);
            assert!(told || unknown, "{metric} was asked for");
        }
        assert!(!numbers.is_empty(), "something is counted");
    }
    Ok(())
}

/// Numbers of days lie in the time that was asked for, and do not overlap.
pub async fn numbers_lie_in_the_time_asked_for(harness: &impl InsightsHarness) -> Result<()> {
    let Some(Period::Daily(asked)) = harness.days() else {
        return Ok(());
    };
    let query = queries(harness).await.remove(0);
    for insight in all(harness, &query).await?.insights {
        let ranges: Vec<_> = insight.values.iter().filter_map(|it| it.range).collect();
        assert!(!ranges.is_empty(), "numbers of days say which");
        for range in &ranges {
            assert!(asked.contains(range.since), "{range:?} begins elsewhere");
        }
        for pair in ranges.windows(2) {
            assert!(pair[0].until <= pair[1].since, "oldest first: {pair:?}");
        }
    }
    Ok(())
}

/// A number that the platform leaves out is absent, not 0, and is said not to be known.
pub async fn an_absent_number_is_not_zero(harness: &impl InsightsHarness) -> Result<()> {
    let queries = queries(harness).await;
    harness.tell_no_numbers().await;
    for query in queries {
        let page = all(harness, &query).await?;
        for insight in &page.insights {
            let values = &insight.values;
            assert!(
                values.is_empty(),
                "nothing was told of {}: {values:?}",
                insight.metric
            );
        }
    }
    Ok(())
}

/// A metric that nobody knows is said not to be known, and fails no other.
pub async fn an_unknown_metric_fails_no_other(harness: &impl InsightsHarness) -> Result<()> {
    for query in queries(harness).await {
        let known = harness.insights().metrics(&query.subject, &query.period);
        let asked = ["a_metric_of_nobody".to_owned(), known[0].clone()];
        let page = all(harness, &query.metrics(asked)).await?;
        let told: Vec<_> = page.insights.iter().map(|it| &it.metric).collect();
        assert!(told.contains(&&known[0]), "the other is told: {told:?}");
        let unknown = page.unavailable.iter().map(|it| it.metric.as_str());
        let unknown: Vec<_> = unknown
            .filter(|name| *name == "a_metric_of_nobody")
            .collect();
        assert_eq!(unknown.len(), 1, "it is said once that it is not known");
    }
    Ok(())
}

/// Only what was asked for is told.
pub async fn only_what_is_asked_for_is_told(harness: &impl InsightsHarness) -> Result<()> {
    for query in queries(harness).await {
        let known = harness.insights().metrics(&query.subject, &query.period);
        let page = all(harness, &query.metrics([known[0].clone()])).await?;
        for insight in page.insights {
            assert_eq!(insight.metric, known[0], "only this was asked for");
        }
    }
    Ok(())
}

/// Without a breakdown each number is of the whole; with one each is of a part by it, and there are several.
pub async fn numbers_are_broken_down_as_asked(harness: &impl InsightsHarness) -> Result<()> {
    let Some(dimension) = harness.dimension() else {
        return Ok(());
    };
    for query in queries(harness).await {
        for insight in all(harness, &query).await?.insights {
            let whole = insight.values.iter().all(|it| it.breakdown.is_empty());
            assert!(whole, "nobody asked for parts of {}", insight.metric);
        }
        let page = all(harness, &query.breakdowns([dimension])).await?;
        let (mut numbers, mut parts) = (BTreeSet::new(), BTreeSet::new());
        for insight in &page.insights {
            for value in &insight.values {
                let names: Vec<_> = value.breakdown.keys().collect();
                assert_eq!(
                    names,
                    [dimension],
                    "a number of a part of {}",
                    insight.metric
                );
                let range = value.range.map(|range| (range.since, range.until));
                let number = (&insight.metric, range, &value.breakdown);
                assert!(numbers.insert(number), "told twice: {number:?}");
                parts.extend(value.breakdown.values());
            }
        }
        assert!(parts.len() > 1, "there are several parts: {parts:?}");
    }
    Ok(())
}

/// Of a dimension that nobody knows no number is told, also not that of the whole: the metrics are said not to be known.
pub async fn an_unknown_breakdown_tells_no_whole(harness: &impl InsightsHarness) -> Result<()> {
    for query in queries(harness).await {
        let known = harness.insights().metrics(&query.subject, &query.period);
        let page = all(harness, &query.breakdowns(["a_dimension_of_nobody"])).await?;
        let told = page.insights.iter().flat_map(|it| &it.values).count();
        assert_eq!(told, 0, "no number is of such a part");
        for metric in known {
            let unknown = page.unavailable.iter().filter(|it| it.metric == metric);
            assert_eq!(unknown.count(), 1, "{metric} is said once not to be known");
        }
    }
    Ok(())
}

/// Fields that nobody knows do no harm, and are kept.
pub async fn unknown_fields_do_no_harm(harness: &impl InsightsHarness) -> Result<()> {
    let queries = queries(harness).await;
    harness.send_unknown_fields().await;
    for query in queries {
        let page = all(harness, &query).await?;
        assert!(!page.insights.is_empty(), "unknown fields hide nothing");
        for insight in page.insights {
            assert!(!insight.values.is_empty(), "what is known is read");
            assert!(!insight.more.is_empty(), "what has no field is kept");
        }
    }
    Ok(())
}
