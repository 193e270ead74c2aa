use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::{DateTime, Utc};
use http::HeaderMap;
use social_core::{
    model::Platform,
    webhook::{Answer, Delivery, EventSubject, Verified, VerifyError, WebhookVerifier},
};

use crate::{
    client::{Client, PLATFORM},
    peer::SECRET,
    story,
    webhook::{HEADER, Webhooks, sign},
};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Answers every question.
    AnswersAll,
    /// Answers whoever asks.
    AnswersAnybody,
    /// Agrees to what nobody asked for.
    AnswersTheUnasked,
    /// Answers as something else.
    AnswersAsAPage,
    /// Takes every address for the first.
    AnyAddress,
    /// Believes whatever has a signature.
    BelievesAll,
    /// Believes what has no signature.
    BelievesTheUnsigned,
    /// Believes nothing.
    BelievesNothing,
    /// Leaves out what it does not know.
    DropsTheUnknown,
    /// Names a request for deletion anew each time.
    NewCodes,
    /// Names an event anew each time.
    NewIds,
    /// Never finds a signature too old.
    NeverStale,
    /// Keeps the first of several events.
    FirstOfBatch,
    /// Ends its process over nonsense.
    Panics,
    /// Prints the app's secret.
    Shows,
}

struct Broken(Webhooks, Fault, AtomicUsize);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, self.is(Fault::Shows))
    }
}

fn broken(_: Client, fault: Fault) -> Broken {
    Broken(story::webhooks(), fault, AtomicUsize::new(0))
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.1 == fault
    }

    /// As if it had been signed truly, now.
    fn forge(&self, body: &[u8], now: DateTime<Utc>) -> Result<Verified, VerifyError> {
        let time = now.timestamp().to_string();
        let value = format!("t={time},s={}", sign(&SECRET.into(), &time, body));
        let headers = HeaderMap::from_iter([(HEADER.parse().unwrap(), value.parse().unwrap())]);
        self.0.verify(Delivery::new(&headers, body), now)
    }
}

impl WebhookVerifier for Broken {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn challenge(&self, query: &str) -> Result<Option<Answer>, VerifyError> {
        match (self.0.challenge(query), self.1) {
            (Ok(None), Fault::AnswersAll) => Ok(Some(Answer::text(query))),
            (Err(VerifyError::Signature), Fault::AnswersAnybody)
            | (Err(VerifyError::Unasked), Fault::AnswersTheUnasked) => {
                Ok(Some(Answer::text("a b")))
            }
            (Ok(Some(answer)), Fault::AnswersAsAPage) => {
                Ok(Some(Answer::new("text/html", answer.body)))
            }
            (answer, _) => answer,
        }
    }

    fn verify(&self, delivery: Delivery<'_>, now: DateTime<Utc>) -> Result<Verified, VerifyError> {
        if self.is(Fault::BelievesNothing) {
            return Err(VerifyError::Signature);
        }
        let mut delivery = delivery;
        if self.is(Fault::AnyAddress) && self.0.verify(delivery, now).is_err() {
            delivery = delivery.at("about=farewell");
        }
        let answer = self.0.verify(delivery, now);
        let answer = match (&answer, self.1) {
            (Err(VerifyError::Signature), Fault::BelievesAll)
            | (Err(VerifyError::Malformed), Fault::BelievesTheUnsigned)
            | (Err(VerifyError::Stale(_)), Fault::NeverStale) => self.forge(delivery.body, now),
            (Err(VerifyError::Unreadable), Fault::Panics) => panic!("it cannot be read"),
            _ => answer,
        };
        let mut verified = answer?;
        match self.1 {
            Fault::NewCodes if verified.reply.is_some() => {
                let code = self.2.fetch_add(1, Ordering::Relaxed).to_string();
                verified.reply = Some(Answer::text(code));
            }
            Fault::DropsTheUnknown => {
                let known = |subject: &EventSubject| *subject != EventSubject::Other;
                verified.events.retain(|event| known(&event.subject));
            }
            Fault::FirstOfBatch => verified.events.truncate(1),
            Fault::NewIds => {
                for event in &mut verified.events {
                    event.id = self.2.fetch_add(1, Ordering::Relaxed).to_string();
                }
            }
            _ => {}
        }
        Ok(verified)
    }
}

super::faults! { webhook, webhooks, broken;
    a_true_delivery_is_believed finds BelievesNothing, "a true delivery is not believed";
    a_changed_byte_is_refused finds BelievesAll, "was changed";
    another_secret_is_refused finds BelievesAll, "another secret";
    a_missing_signature_is_refused finds BelievesTheUnsigned, "no signature";
    a_stale_delivery_is_refused finds NeverStale, "a stale delivery";
    ids_are_the_same_for_the_same_bytes finds NewIds, "sent again it is the same";
    a_batch_keeps_every_event finds FirstOfBatch, "a batch keeps all";
    an_unknown_kind_is_kept finds DropsTheUnknown, "an unknown kind is no error";
    garbage_with_a_true_signature_does_no_harm finds Panics, "it cannot be read";
    a_challenge_is_answered_only_when_it_is_one finds AnswersAll, "is no question";
    a_question_about_what_nobody_asked_for_is_not_answered finds AnswersTheUnasked, "nobody asked for it";
    the_address_tells_what_a_delivery_is finds NewCodes, "its reply is";
    a_strange_address_tells_nothing finds AnyAddress, "it is nothing";
    no_secret_is_shown finds Shows, "shows secret";
}

mod more {
    use super::{Fault, broken};

    super::super::faults! { webhook, webhooks, broken;
        a_challenge_is_answered_only_when_it_is_one finds AnswersAnybody, "a wrong secret";
    }
}

mod forms {
    use super::{Fault, broken};

    super::super::faults! { webhook, webhooks, broken;
        a_challenge_is_answered_only_when_it_is_one finds AnswersAsAPage, "the type of the answer";
    }
}
