use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{WebhookHarness, at, believed, signed};
use crate::{
    error::Result,
    webhook::{Delivery, EventSubject, VerifyError},
};

/// The same bytes have the same ids and subjects, whenever they are signed and read; other bytes have other ids.
pub async fn ids_are_the_same_for_the_same_bytes(harness: &impl WebhookHarness) -> Result<()> {
    let mut seen = BTreeSet::new();
    for body in harness.bodies() {
        let first = believed(harness, &body).events;
        let later = at(0) + TimeDelta::seconds(60);
        let headers = harness.sign(&body, later);
        let delivery = Delivery::new(&headers, &body);
        match harness.verifier().verify(delivery, later) {
            Ok(again) => assert_eq!(again.events, first, "sent again it is the same"),
            Err(error) => panic!("sent again it is not believed: {error:?}"),
        }
        for event in first {
            assert!(
                seen.insert(event.key()),
                "two events share the id {}",
                event.id
            );
        }
    }
    Ok(())
}

/// Of many events in one delivery none is lost, and no two are taken for one.
pub async fn a_batch_keeps_every_event(harness: &impl WebhookHarness) -> Result<()> {
    let Some((body, count)) = harness.batch() else {
        return Ok(());
    };
    let events = believed(harness, &body).events;
    assert_eq!(events.len(), count, "a batch keeps all");
    let keys: BTreeSet<_> = events.iter().map(|event| event.key()).collect();
    assert_eq!(keys.len(), count, "each has an id of its own");
    Ok(())
}

/// An event of a kind that nobody knows is kept, about nothing.
pub async fn an_unknown_kind_is_kept(harness: &impl WebhookHarness) -> Result<()> {
    let events = believed(harness, &harness.unknown()).events;
    assert_eq!(events.len(), 1, "an unknown kind is no error");
    assert_eq!(
        events[0].subject,
        EventSubject::Other,
        "nothing is known of it"
    );
    Ok(())
}

/// What is truly signed and nonsense is told to be unreadable, or is an event of an unknown kind. It is never a panic.
pub async fn garbage_with_a_true_signature_does_no_harm(
    harness: &impl WebhookHarness,
) -> Result<()> {
    let mut nonsense: Vec<Vec<u8>> = [
        "",
        " ",
        "null",
        "true",
        "7",
        "\"text\"",
        "[]",
        "[null]",
        "{}",
        "{\"\":{}}",
        "{\"entry\":[null]}",
        "{\"events\":[7]}",
        "\u{feff}{}",
        "1e999",
        "{\"a\":",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    nonsense.push(vec![0, 255, 254, 128]);
    nonsense.push(b"[".repeat(100_000));
    nonsense.push(b"{\"a\":".repeat(50_000));
    for body in harness.bodies() {
        nonsense.extend((0..body.len()).map(|length| body[..length].to_vec()));
        for place in 0..body.len() {
            let mut changed = body.clone();
            changed[place] = b'0';
            nonsense.push(changed);
        }
    }
    for body in nonsense {
        let answer = signed(harness, &body);
        let sane = matches!(answer, Ok(_) | Err(VerifyError::Unreadable));
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert!(
            sane,
            "{start:?} was truly signed, and is told as {answer:?}"
        );
    }
    Ok(())
}
