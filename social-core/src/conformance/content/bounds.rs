use super::{ContentSourceHarness, Trouble, cx, passed, soon};
use crate::{
    conformance::troubles::{error_of, hides},
    error::Result,
};

/// Trouble of the platform is told, and is not an empty page or an unknown medium.
pub async fn a_server_error_is_told(harness: &impl ContentSourceHarness) -> Result<()> {
    let shown = harness.show(3).await;
    let (deadline, source) = (soon(harness), harness.source());
    let cx = cx(harness, &deadline);
    harness.trouble(Trouble::ServerError).await;
    error_of(source.media(&cx, None).await, "a page");
    harness.trouble(Trouble::ServerError).await;
    error_of(source.media_by_id(&cx, &[&shown[0]]).await, "media by id");
    harness.trouble(Trouble::ServerError).await;
    error_of(source.profile(&cx).await, "a profile");
    Ok(())
}

/// Once the deadline has passed nothing is sent.
pub async fn nothing_is_sent_after_the_deadline(harness: &impl ContentSourceHarness) -> Result<()> {
    let (deadline, source) = (passed(harness), harness.source());
    let (cx, heard) = (cx(harness, &deadline), harness.heard().await);
    error_of(source.profile(&cx).await, "a profile, too late");
    error_of(source.media(&cx, None).await, "a page, too late");
    error_of(source.media_by_id(&cx, &["1"]).await, "media, too late");
    assert_eq!(harness.heard().await, heard, "it is sent too late");
    Ok(())
}

/// No secret is in what is printed or told as an error.
pub async fn no_secret_is_shown(harness: &impl ContentSourceHarness) -> Result<()> {
    let (deadline, source) = (soon(harness), harness.source());
    let cx = cx(harness, &deadline);
    let mut shown = vec![format!("{source:?} {cx:?}")];
    for trouble in [Trouble::LostBefore, Trouble::ServerError, Trouble::Refused] {
        harness.trouble(trouble).await;
        let error = error_of(source.media(&cx, None).await, "trouble");
        shown.push(format!("{error:?} {error} {}", error.user_message()));
        shown.push(format!("{:?}", source.media(&cx, None).await));
    }
    let secrets = harness.secrets();
    assert!(!secrets.is_empty(), "a platform has secrets");
    for text in shown {
        hides(&text, &secrets, "what a source prints");
    }
    Ok(())
}
