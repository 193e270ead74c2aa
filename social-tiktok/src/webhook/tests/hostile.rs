//! Whatever comes is survived, and nothing is believed that was not signed.

use proptest::prelude::*;

use super::*;
use crate::webhook::signature::Signature;

/// Whichever bit is wrong, of the header or of the body. Only a capital in the hexadecimal digits says the same.
#[test]
fn every_flipped_bit_is_noticed() {
    let body = body("post.publish.complete", r#"{"publish_id":"p"}"#);
    let header = sign(SECRET, &SIGNED.to_string(), &body);
    for bit in 0..8 * body.len() {
        let mut changed = body.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let answer = verify(&webhooks(), &header, &changed);
        assert_eq!(answer.unwrap_err(), VerifyError::Signature, "bit {bit}");
    }
    let digits = header.find("s=").unwrap() + 2;
    for bit in 0..8 * header.len() {
        let mut changed = header.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        let same = bit / 8 >= digits && changed.eq_ignore_ascii_case(header.as_bytes());
        // What no header may hold does not even arrive.
        let Ok(value) = HeaderValue::from_bytes(&changed) else {
            continue;
        };
        let headers =
            HeaderMap::from_iter([(http::HeaderName::from_static("tiktok-signature"), value)]);
        let answer = webhooks().verify(Delivery::new(&headers, &body), at(2));
        assert_eq!(answer.is_ok(), same, "bit {bit}");
    }
}

#[test]
fn the_time_is_signed_too() {
    let body = body("post.publish.complete", r#"{"publish_id":"p"}"#);
    let header = sign(SECRET, &SIGNED.to_string(), &body);
    let later = header.replace("t=1800000000", "t=1800000001");
    let answer = verify(&webhooks(), &later, &body);
    assert_eq!(answer.unwrap_err(), VerifyError::Signature);
}

proptest! {
    #[test]
    fn any_header_and_body_is_survived_and_none_is_believed(
        header in "[ -~]{0,120}",
        body in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        prop_assert!(verify(&webhooks(), &header, &body).is_err());
        let _ = Signature::parse(&header);
        let _ = Webhook::read(&body);
    }

    #[test]
    fn any_bytes_of_a_header_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..120), text in ".{0,120}") {
        let _ = Signature::parse(&text);
        // What no header may hold does not even arrive.
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let headers = HeaderMap::from_iter([(http::HeaderName::from_static("tiktok-signature"), value)]);
            let verified = webhooks().verify(Delivery::new(&headers, b"a body"), at(0));
            prop_assert!(verified.is_err());
        }
    }

    #[test]
    fn only_the_right_signature_is_believed(
        body in "\\PC{0,200}",
        mac in prop::array::uniform32(any::<u8>()),
        time in 0_i64..4_000_000_000,
    ) {
        let header = format!("t={time},s={}", hex::encode(mac));
        let answer = verify(&webhooks(), &header, body.as_bytes());
        prop_assert_eq!(answer.unwrap_err(), VerifyError::Signature);
    }

    #[test]
    fn any_content_of_a_known_event_is_read(
        event in prop::sample::select(vec![
            "authorization.removed", "post.publish.complete", "post.publish.failed", "portability.download.ready",
        ]),
        content in "\\PC{0,200}",
    ) {
        let verified = signed(&body(event, &content));
        prop_assert_eq!(verified.events.len(), 1);
    }
}
