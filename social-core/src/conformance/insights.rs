//! The rules of [`Insights`].

mod bounds;
mod values;

pub use bounds::*;
pub use values::*;

use std::time::Duration;

use super::{
    content::{ContentHarness, cx, soon},
    fixtures::at,
};
use crate::{
    content::{InsightPage, InsightQuery, InsightSubject, Insights, Period, TimeRange},
    error::Result,
};

/// Plays a platform that counts.
pub trait InsightsHarness: ContentHarness {
    /// What is under test.
    fn insights(&self) -> &dyn Insights;

    /// A period of some whole days that the platform offers of the account, if it offers any.
    fn days(&self) -> Option<Period>;

    /// A dimension by which the platform breaks down every metric of the queries of these cases, into two parts or more, if it
    /// has one.
    fn dimension(&self) -> Option<&'static str>;
}

const DAY: Duration = Duration::from_secs(86_400);

/// A time of so many days that ended.
pub fn days(count: u32) -> Result<TimeRange> {
    TimeRange::new(at(0) - DAY * count, at(0))
}

/// All pages, joined.
async fn all(harness: &impl InsightsHarness, query: &InsightQuery) -> Result<InsightPage> {
    let deadline = soon(harness);
    let cx = cx(harness, &deadline);
    let (mut whole, mut places) = (InsightPage::default(), Vec::<String>::new());
    loop {
        let from = places.last().map(String::as_str);
        let page = harness.insights().insights(&cx, query, from).await?;
        whole.insights.extend(page.insights);
        whole.unavailable.extend(page.unavailable);
        let Some(next) = page.next else {
            return Ok(whole);
        };
        assert!(!places.contains(&next), "paging ends: {next:?} comes again");
        places.push(next);
    }
}

/// What is asked for in every case: of the account over days, of a medium over its life.
async fn queries(harness: &impl InsightsHarness) -> Vec<InsightQuery> {
    let media = InsightSubject::Media(harness.show(1).await.remove(0));
    let days = harness.days();
    let of_account = days.map(|days| InsightQuery::new(InsightSubject::Account, days));
    let of_media = InsightQuery::new(media, Period::Lifetime);
    of_account.into_iter().chain([of_media]).collect()
}
