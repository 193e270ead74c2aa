use async_trait::async_trait;
use chrono::TimeDelta;
use social_core::{
    Error, ErrorKind, Result,
    content::{
        ContentContext, Insight, InsightPage, InsightQuery, InsightSubject, InsightValue, Insights,
        Number, Period, TimeRange,
    },
    model::Platform,
};

use super::{Broken, Faults};
use crate::client::PLATFORM;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Begins at the start where it should not begin.
    BeginsAnywhere,
    /// Says 0 for what was not told.
    CountsNothing,
    /// Fails over one metric.
    FailsOverOne,
    /// Leaves a metric out without a word.
    Forgets,
    /// Sends when it is too late.
    IgnoresTheDeadline,
    /// Throws away what it has no field for.
    LosesTheRest,
    /// Says that there is always another page.
    NeverEnds,
    /// Prints the app's secret.
    Shows,
    /// Tells the numbers of other days.
    ShiftsDays,
    /// Leaves a dimension out that it does not know.
    SkipsDimensions,
    /// Tells all there is.
    TellsAll,
    /// Does not say of what part a number is.
    TellsNoParts,
    /// Calls trouble an empty page.
    TroubleIsEmpty,
}

impl Faults for Fault {
    const SHOWS: Self = Self::Shows;
}

#[async_trait]
impl Insights for Broken<Fault> {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn metrics(&self, subject: &InsightSubject, period: &Period) -> Vec<String> {
        self.0.metrics(subject, period)
    }

    async fn insights(
        &self,
        cx: &ContentContext<'_>,
        query: &InsightQuery,
        from: Option<&str>,
    ) -> Result<InsightPage> {
        let mut query = query.clone();
        if self.is(Fault::TellsAll) {
            query.metrics.clear();
        }
        if self.is(Fault::SkipsDimensions) {
            query.breakdowns.retain(|name| name == "country");
        }
        let later = super::later(cx.deadline);
        let late = ContentContext::new(cx.account, cx.tokens, cx.limits, &later);
        let cx = match self.is(Fault::IgnoresTheDeadline) {
            true => &late,
            false => cx,
        };
        if let (Fault::ShiftsDays, Period::Daily(range)) = (self.1, query.period) {
            let day = range.since - TimeDelta::days(1);
            query.period = Period::Daily(TimeRange::new(day, range.until)?);
        }
        let mut page = match self.0.insights(cx, &query, from).await {
            Err(error) if self.is(Fault::BeginsAnywhere) && error.kind() == ErrorKind::Invalid => {
                self.0.insights(cx, &query, None).await?
            }
            Err(_) if self.is(Fault::TroubleIsEmpty) => InsightPage::default(),
            page => page?,
        };
        match self.1 {
            Fault::CountsNothing => {
                let empty = |it: &&mut Insight| it.values.is_empty();
                for insight in page.insights.iter_mut().filter(empty) {
                    insight
                        .values
                        .push(InsightValue::new(Number::Whole(0), None));
                }
            }
            Fault::FailsOverOne if !page.unavailable.is_empty() => {
                return Err(Error::new(ErrorKind::Invalid, "one of them is unknown"));
            }
            Fault::Forgets => page.insights.retain(|it| it.metric != "stamps"),
            Fault::LosesTheRest => page.insights.iter_mut().for_each(|it| it.more.clear()),
            Fault::TellsNoParts => {
                let values = page.insights.iter_mut().flat_map(|it| &mut it.values);
                values.for_each(|it| it.breakdown.clear());
            }
            Fault::NeverEnds if page.next.is_none() => page.next = Some("2".to_owned()),
            _ => {}
        }
        Ok(page)
    }
}

super::faults! { insights, insights, Broken::new;
    paging_ends_and_tells_each_number_once finds NeverEnds, "paging ends";
    numbers_lie_in_the_time_asked_for finds ShiftsDays, "begins elsewhere";
    a_page_begins_only_where_one_ended finds BeginsAnywhere, "begins nowhere";
    nothing_is_sent_after_the_deadline finds IgnoresTheDeadline, "too late";
    an_absent_number_is_not_zero finds CountsNothing, "nothing was told of";
    an_unknown_metric_fails_no_other finds FailsOverOne, "one of them is unknown";
    only_what_is_asked_for_is_told finds TellsAll, "only this was asked for";
    numbers_are_broken_down_as_asked finds TellsNoParts, "a number of a part of";
    an_unknown_breakdown_tells_no_whole finds SkipsDimensions, "no number is of such a part";
    unknown_fields_do_no_harm finds LosesTheRest, "what has no field is kept";
    a_server_error_is_told finds TroubleIsEmpty, "trouble of the platform";
    no_secret_is_shown finds Shows, "shows secret";
}

mod more {
    use super::{Broken, Fault};

    super::super::faults! { insights, insights, Broken::new;
        paging_ends_and_tells_each_number_once finds Forgets, "was asked for";
    }
}
