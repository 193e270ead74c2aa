use std::collections::BTreeSet;

use super::{Addressed, WebhookHarness, at, believed};
use crate::{
    error::Result,
    webhook::{Delivery, Verified, VerifyError},
};

/// A body that means something only at its address is told by it, and replied to the same each time.
pub async fn the_address_tells_what_a_delivery_is(harness: &impl WebhookHarness) -> Result<()> {
    let all = harness.addressed();
    let mut seen = BTreeSet::new();
    for addressed in &all {
        let mut events = Vec::new();
        for _ in 0..2 {
            let verified = match delivered(harness, &addressed.body, &addressed.query) {
                Ok(verified) => verified,
                Err(error) => panic!("at its address it is not believed: {error:?}"),
            };
            is_replied(addressed, &verified);
            events = verified.events;
        }
        assert_eq!(events.len(), 1, "it tells one thing");
        let subject = &events[0].subject;
        assert_eq!(*subject, addressed.subject, "what it is about");
        assert!(seen.insert(events[0].key()), "the address is in its id");
    }
    Ok(())
}

/// What is sent to an address that means nothing is not taken for what it would be at another.
pub async fn a_strange_address_tells_nothing(harness: &impl WebhookHarness) -> Result<()> {
    for addressed in harness.addressed() {
        for query in ["", "a=b", "&&&===", "%", "%ff%fe", "\u{1f600}"] {
            let answer = delivered(harness, &addressed.body, query);
            let known = answer.is_ok_and(|verified| {
                let mut events = verified.events.iter();
                events.any(|event| event.subject == addressed.subject)
            });
            assert!(!known, "at {query:?} it is nothing");
        }
    }
    // What says of itself what it is says so anywhere, or is refused.
    for body in harness.bodies() {
        let expected = believed(harness, &body).events;
        for query in ["a=b", "&&&===", "%", "%ff%fe"] {
            match delivered(harness, &body, query) {
                Ok(verified) => assert_eq!(verified.events, expected, "at {query:?}"),
                Err(VerifyError::Unasked | VerifyError::Unreadable) => {}
                Err(other) => panic!("truly signed, and at {query:?} told as {other:?}"),
            }
        }
    }
    Ok(())
}

#[track_caller]
fn is_replied(addressed: &Addressed, verified: &Verified) {
    let (told, expected) = (&verified.reply, &addressed.reply);
    assert!(
        told == expected,
        "its reply is {told:?} and not {expected:?}"
    );
}

fn delivered(
    harness: &impl WebhookHarness,
    body: &[u8],
    query: &str,
) -> std::result::Result<Verified, VerifyError> {
    let headers = harness.sign(body, at(0));
    let delivery = Delivery::new(&headers, body).at(query);
    harness.verifier().verify(delivery, at(0))
}
