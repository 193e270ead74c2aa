use super::*;

#[test]
fn is_one_word_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}

#[test]
fn what_may_have_been_done_is_not_said_to_be_tried_again() {
    for kind in [ErrorKind::Timeout, ErrorKind::Unavailable] {
        let lost = Error::new(kind, "no answer").with_remedy(Remedy::Reconcile);
        assert!(!lost.user_message().contains("tried again"), "{kind:?}");
        let own = lost.with_user_message("Look at the profile.");
        assert_eq!(own.user_message(), "Look at the profile.");
    }
}

#[test]
fn survives_storage_without_its_source() {
    let error = Error::new(ErrorKind::Rejected, "refused")
        .with_reason(Reason::Spam)
        .with_code("spam_risk")
        .with_request_id("log-1")
        .with_platform(Platform::new("example"))
        .with_operation("publish")
        .with_source(std::io::Error::other("cause"));
    let text = serde_json::to_string(&error).unwrap();
    let back: Error = serde_json::from_str(&text).unwrap();
    assert_eq!(back, error);
    assert!(StdError::source(&error).is_some() && StdError::source(&back).is_none());
    assert_eq!(
        back.to_string(),
        "publish: refused (code spam_risk, request log-1)"
    );
}
