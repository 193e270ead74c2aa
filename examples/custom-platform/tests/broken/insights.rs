use std::fmt;

use async_trait::async_trait;
use social_core::{
    Error, ErrorKind, Result,
    content::{
        ContentContext, Insight, InsightPage, InsightQuery, InsightSubject, InsightValue, Insights,
        Number, Period,
    },
    model::Platform,
};

use crate::{
    client::{Client, PLATFORM},
    content::Shown,
};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Says 0 for what was not told.
    CountsNothing,
    /// Fails over one metric.
    FailsOverOne,
    /// Leaves a metric out without a word.
    Forgets,
    /// Says that there is always another page.
    NeverEnds,
    /// Prints the app's secret.
    Shows,
    /// Tells all there is.
    TellsAll,
    /// Calls trouble an empty page.
    TroubleIsEmpty,
}

struct Broken(Shown, Fault);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, self.is(Fault::Shows))
    }
}

fn broken(client: Client, fault: Fault) -> Broken {
    Broken(Shown(client), fault)
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.1 == fault
    }
}

#[async_trait]
impl Insights for Broken {
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
        let mut page = match self.0.insights(cx, &query, from).await {
            Err(_) if self.is(Fault::TroubleIsEmpty) => InsightPage::default(),
            page => page?,
        };
        match self.1 {
            Fault::CountsNothing => {
                for unknown in std::mem::take(&mut page.unavailable) {
                    let zero = InsightValue::new(Number::Whole(0), None);
                    page.insights.push(Insight::new(unknown.metric, vec![zero]));
                }
            }
            Fault::FailsOverOne if !page.unavailable.is_empty() => {
                return Err(Error::new(ErrorKind::Invalid, "one of them is unknown"));
            }
            Fault::Forgets => page.insights.retain(|it| it.metric != "stamps"),
            Fault::NeverEnds if page.next.is_none() => page.next = Some("2".to_owned()),
            _ => {}
        }
        Ok(page)
    }
}

super::faults! { insights, insights, broken;
    paging_ends_and_tells_each_number_once finds NeverEnds, "paging ends";
    an_absent_number_is_not_zero finds CountsNothing, "nothing was told of";
    an_unknown_metric_fails_no_other finds FailsOverOne, "one of them is unknown";
    only_what_is_asked_for_is_told finds TellsAll, "only this was asked for";
    a_server_error_is_told finds TroubleIsEmpty, "trouble of the platform";
    no_secret_is_shown finds Shows, "shows secret";
}

mod more {
    use super::{Fault, broken};

    super::super::faults! { insights, insights, broken;
        paging_ends_and_tells_each_number_once finds Forgets, "was asked for";
    }
}
