use super::{InsightsHarness, queries};
use crate::{
    conformance::{
        Trouble,
        content::{cx, passed, soon},
        fixtures::refused,
        troubles::{error_of, hides},
    },
    error::{ErrorKind, Result},
};

/// A page begins where one ended and nowhere else.
pub async fn a_page_begins_only_where_one_ended(harness: &impl InsightsHarness) -> Result<()> {
    let deadline = soon(harness);
    let cx = cx(harness, &deadline);
    for query in queries(harness).await {
        let page = harness.insights().insights(&cx, &query, Some("nowhere"));
        refused(page.await, ErrorKind::Invalid, "a page that begins nowhere");
    }
    Ok(())
}

/// Trouble of the platform is told, and is no empty page.
pub async fn a_server_error_is_told(harness: &impl InsightsHarness) -> Result<()> {
    let deadline = soon(harness);
    let cx = cx(harness, &deadline);
    for query in queries(harness).await {
        harness.trouble(Trouble::ServerError).await;
        let page = harness.insights().insights(&cx, &query, None);
        error_of(page.await, "trouble of the platform");
    }
    Ok(())
}

/// Once the deadline has passed nothing is sent.
pub async fn nothing_is_sent_after_the_deadline(harness: &impl InsightsHarness) -> Result<()> {
    let deadline = passed(harness);
    let cx = cx(harness, &deadline);
    let (queries, heard) = (queries(harness).await, harness.heard().await);
    for query in queries {
        let page = harness.insights().insights(&cx, &query, None);
        error_of(page.await, "too late");
    }
    assert_eq!(harness.heard().await, heard, "it is sent too late");
    Ok(())
}

/// No secret is in what is printed or told as an error.
pub async fn no_secret_is_shown(harness: &impl InsightsHarness) -> Result<()> {
    let (deadline, insights) = (soon(harness), harness.insights());
    let cx = cx(harness, &deadline);
    let mut shown = vec![format!("{insights:?}")];
    for query in queries(harness).await {
        for trouble in [Trouble::LostBefore, Trouble::ServerError, Trouble::Refused] {
            harness.trouble(trouble).await;
            let page = insights.insights(&cx, &query, None).await;
            let error = error_of(page, "trouble");
            shown.push(format!("{error:?} {error} {}", error.user_message()));
        }
    }
    for text in shown {
        hides(&text, &harness.secrets(), "what is printed of insights");
    }
    Ok(())
}
