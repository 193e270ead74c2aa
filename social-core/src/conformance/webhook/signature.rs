use std::time::Duration;

use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue};

use super::{WebhookHarness, at, believed, verify};
use crate::{error::Result, webhook::VerifyError};

/// What the platform signs is believed, and says what it is about.
pub async fn a_true_delivery_is_believed(harness: &impl WebhookHarness) -> Result<()> {
    let bodies = harness.bodies();
    assert!(bodies.len() > 1, "two bodies at least");
    for body in bodies {
        let verified = believed(harness, &body);
        assert!(!verified.events.is_empty(), "it tells something");
        for event in verified.events {
            assert_eq!(event.platform, harness.verifier().platform());
            assert!(!event.id.is_empty() && !event.kind.is_empty());
            assert!(!event.body.is_empty(), "what was sent is kept");
        }
    }
    Ok(())
}

/// One changed byte, wherever it is, and it is not believed.
pub async fn a_changed_byte_is_refused(harness: &impl WebhookHarness) -> Result<()> {
    for body in harness.bodies() {
        let headers = harness.sign(&body, at(0));
        for place in 0..body.len() {
            let mut changed = body.clone();
            changed[place] ^= 1;
            let answer = verify(harness, &headers, &changed);
            let refused = matches!(answer, Err(VerifyError::Signature));
            assert!(refused, "byte {place} was changed: {answer:?}");
        }
        for changed in [&body[1..], &[body.as_slice(), b" "].concat()] {
            let answer = verify(harness, &headers, changed);
            let refused = matches!(answer, Err(VerifyError::Signature));
            assert!(refused, "it became longer or shorter: {answer:?}");
        }
    }
    Ok(())
}

/// The secret of another app signs nothing here.
pub async fn another_secret_is_refused(harness: &impl WebhookHarness) -> Result<()> {
    for body in harness.bodies() {
        let answer = verify(harness, &harness.sign_wrongly(&body, at(0)), &body);
        let refused = matches!(answer, Err(VerifyError::Signature));
        assert!(refused, "another secret: {answer:?}");
    }
    Ok(())
}

/// Without its signature, or with half of one, nothing is believed.
pub async fn a_missing_signature_is_refused(harness: &impl WebhookHarness) -> Result<()> {
    for body in harness.bodies() {
        let answer = verify(harness, &HeaderMap::new(), &body);
        let refused = matches!(answer, Err(VerifyError::Malformed));
        assert!(refused, "no signature: {answer:?}");
        let signed = harness.sign(&body, at(0));
        for (name, value) in &signed {
            for length in 0..value.len() {
                let mut cut = signed.clone();
                let Ok(half) = HeaderValue::from_bytes(&value.as_bytes()[..length]) else {
                    continue;
                };
                cut.insert(name, half);
                let answer = verify(harness, &cut, &body);
                assert!(answer.is_err(), "the first {length} bytes of {name}");
            }
        }
    }
    Ok(())
}

/// Where a signature says its time, one of too long ago or too far ahead is told as such, and one within is believed.
pub async fn a_stale_delivery_is_refused(harness: &impl WebhookHarness) -> Result<()> {
    let Some((past, ahead)) = harness.window() else {
        return Ok(());
    };
    let second = Duration::from_secs(1);
    let far = |by: Duration| TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    for body in harness.bodies() {
        let back = |by| verify(harness, &harness.sign(&body, at(0) - far(by)), &body);
        let forth = |by| verify(harness, &harness.sign(&body, at(0) + far(by)), &body);
        let age = back(past).map(|verified| verified.age);
        assert_eq!(age, Ok(Some(past)), "as old as allowed");
        let answer = back(past + second);
        let stale = matches!(answer, Err(VerifyError::Stale(_)));
        assert!(stale, "a stale delivery: {answer:?}");
        assert!(forth(ahead).is_ok(), "as far ahead as allowed");
        let answer = forth(ahead + second);
        let early = matches!(answer, Err(VerifyError::Ahead(_)));
        assert!(early, "a delivery from ahead: {answer:?}");
    }
    Ok(())
}
