use super::{WebhookHarness, at, verify};
use crate::{conformance::troubles::hides, error::Result, webhook::VerifyError};

/// A question about the address is answered when its secret is right; what is no question is none.
pub async fn a_challenge_is_answered_only_when_it_is_one(
    harness: &impl WebhookHarness,
) -> Result<()> {
    let verifier = harness.verifier();
    for query in [
        "",
        "a=b",
        "&&&===",
        "%",
        "%ff%fe",
        "challenge",
        "hub.mode=7",
    ] {
        let answer = verifier.challenge(query);
        assert_eq!(answer, Ok(None), "{query:?} is no question");
    }
    let Some(asked) = harness.challenge() else {
        return Ok(());
    };
    for _ in 0..2 {
        let answer = verifier.challenge(&asked.query);
        assert_eq!(answer, Ok(Some(asked.answer.clone())), "the same each time");
    }
    let answer = verifier.challenge(&asked.wrong);
    assert_eq!(answer, Err(VerifyError::Signature), "a wrong secret");
    Ok(())
}

/// No secret is printed, whatever came.
pub async fn no_secret_is_shown(harness: &impl WebhookHarness) -> Result<()> {
    let secrets = harness.secrets();
    assert!(!secrets.is_empty(), "an app has a secret");
    let mut shown = vec![format!("{:?}", harness.verifier())];
    for body in harness.bodies() {
        let wrong = harness.sign_wrongly(&body, at(0));
        for headers in [harness.sign(&body, at(0)), wrong] {
            shown.push(format!("{:?}", verify(harness, &headers, &body)));
        }
    }
    for text in shown {
        hides(&text, &secrets, "what a verifier prints");
    }
    Ok(())
}
