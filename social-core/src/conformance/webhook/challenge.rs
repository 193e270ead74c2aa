use super::{WebhookHarness, at, verify};
use crate::{conformance::troubles::hides, error::Result, webhook::VerifyError};

/// A question about the address is answered when its secret is right, in the form that the platform reads; what is no question
/// is none.
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
        let answer = match verifier.challenge(&asked.query) {
            Ok(Some(answer)) => answer,
            other => panic!("a true question is answered, not {other:?}"),
        };
        let (told, expected) = (answer.content_type, asked.answer.content_type);
        assert_eq!(told, expected, "the type of the answer");
        assert_eq!(answer.body, asked.answer.body, "the same each time");
    }
    let answer = verifier.challenge(&asked.wrong);
    assert_eq!(answer, Err(VerifyError::Signature), "a wrong secret");
    Ok(())
}

/// A question about something that nobody asked for is told as that: to answer it would be to agree.
pub async fn a_question_about_what_nobody_asked_for_is_not_answered(
    harness: &impl WebhookHarness,
) -> Result<()> {
    let Some(asked) = harness.challenge() else {
        return Ok(());
    };
    for query in &asked.unasked {
        let answer = harness.verifier().challenge(query);
        assert_eq!(answer, Err(VerifyError::Unasked), "nobody asked for it");
    }
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
