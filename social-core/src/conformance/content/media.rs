use super::{ContentSourceHarness, cx, soon};
use crate::{
    conformance::{fixtures::refused, troubles::pages},
    error::{ErrorKind, Result},
};

/// The profile is that of the account.
pub async fn the_profile_is_that_of_the_account(harness: &impl ContentSourceHarness) -> Result<()> {
    let deadline = soon(harness);
    let profile = harness.source().profile(&cx(harness, &deadline)).await?;
    assert_eq!(
        profile.account,
        harness.account().key.account,
        "whose profile"
    );
    assert_eq!(harness.source().platform(), harness.account().key.platform);
    Ok(())
}

/// Pages end, and visit each medium once, newest first.
pub async fn paging_ends_and_visits_each_once(harness: &impl ContentSourceHarness) -> Result<()> {
    let shown = harness.show(45).await;
    let (deadline, source) = (soon(harness), harness.source());
    let cx = cx(harness, &deadline);
    let items = pages!(from => source.media(&cx, from).await);
    let ids: Vec<_> = items.into_iter().map(|item| item.id).collect();
    assert_eq!(ids, shown, "each once, newest first");
    Ok(())
}

/// An account that shows nothing has one page, which is empty and the last.
pub async fn nothing_to_show_is_one_empty_page(harness: &impl ContentSourceHarness) -> Result<()> {
    let deadline = soon(harness);
    let page = harness
        .source()
        .media(&cx(harness, &deadline), None)
        .await?;
    assert!(page.items.is_empty(), "it shows nothing");
    assert_eq!(page.next, None, "it is the last page");
    Ok(())
}

/// A page begins where one ended and nowhere else.
pub async fn a_page_begins_only_where_one_ended(harness: &impl ContentSourceHarness) -> Result<()> {
    let deadline = soon(harness);
    let cx = cx(harness, &deadline);
    for nowhere in ["nowhere", "-", "\u{1f600}", "1 2"] {
        let page = harness.source().media(&cx, Some(nowhere)).await;
        refused(page, ErrorKind::Invalid, "a page that begins nowhere");
    }
    Ok(())
}

/// Of media asked for by id those that are gone are left out, and as many may be asked for as one likes.
pub async fn of_media_by_id_what_is_gone_is_left_out(
    harness: &impl ContentSourceHarness,
) -> Result<()> {
    let shown = harness.show(45).await;
    let deadline = soon(harness);
    let cx = cx(harness, &deadline);
    let mut asked: Vec<_> = shown.iter().map(String::as_str).collect();
    asked.insert(7, "999999999999");
    let found = harness.source().media_by_id(&cx, &asked).await?;
    let mut ids: Vec<_> = found.into_iter().map(|item| item.id).collect();
    ids.sort();
    let mut expected = shown.clone();
    expected.sort();
    assert_eq!(ids, expected, "what is there, each once");
    assert!(
        harness.source().media_by_id(&cx, &[]).await?.is_empty(),
        "none asked for"
    );
    Ok(())
}

/// A number that the platform leaves out is absent, not 0.
pub async fn an_absent_number_is_not_zero(harness: &impl ContentSourceHarness) -> Result<()> {
    let deadline = soon(harness);
    harness.show(3).await;
    harness.tell_no_numbers().await;
    let (cx, source) = (cx(harness, &deadline), harness.source());
    let items = pages!(from => source.media(&cx, from).await);
    assert_eq!(items.len(), 3, "the media are there");
    for item in items {
        let metrics = item.metrics;
        assert!(
            metrics.is_empty(),
            "nothing was told of {}: {metrics:?}",
            item.id
        );
    }
    let counts = source.profile(&cx).await?.counts;
    assert!(counts.is_empty(), "nothing was told: {counts:?}");
    Ok(())
}

/// Fields that nobody knows do no harm, and are kept.
pub async fn unknown_fields_do_no_harm(harness: &impl ContentSourceHarness) -> Result<()> {
    let deadline = soon(harness);
    let shown = harness.show(3).await;
    harness.send_unknown_fields().await;
    let (cx, source) = (cx(harness, &deadline), harness.source());
    source.profile(&cx).await?;
    let items = pages!(from => source.media(&cx, from).await);
    assert_eq!(items.len(), shown.len(), "unknown fields hide nothing");
    for item in items {
        assert!(!item.more.is_empty(), "what has no field is kept");
    }
    Ok(())
}
