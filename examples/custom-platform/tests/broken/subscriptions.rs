use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use social_core::{
    Result,
    content::ContentContext,
    model::Platform,
    webhook::{CallbackContext, EventSubscriptions},
};
use url::Url;

use crate::{
    client::{Client, PLATFORM},
    subscriptions::{KINDS, Subscribing},
};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Asks for each thing once more each time.
    AsksTwice,
    /// Believes that what was once asked for is sent.
    AsksOnce,
    /// Takes the end of what has ended for trouble.
    FailsWhenEnded,
    /// Says that all of it is sent.
    HidesRefusals,
    /// Sends when it is too late.
    IgnoresTheDeadline,
    /// Asks for nothing.
    Idle,
    /// Leaves the address as it was registered.
    RegistersOnce,
    /// Writes the list as if nobody else were in it.
    ReplacesAll,
    /// Prints the app's secret.
    Shows,
    /// Wants to look each second.
    TooOften,
    /// Calls trouble a success.
    TroubleIsFine,
}

struct Broken {
    inner: Subscribing,
    fault: Fault,
    /// It has asked, or registered.
    done: AtomicBool,
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, self.is(Fault::Shows))
    }
}

fn broken(client: Client, fault: Fault) -> Broken {
    Broken {
        inner: Subscribing(client),
        fault,
        done: AtomicBool::new(false),
    }
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Writes the list of the mailbox, after what is in it by now.
    async fn write(&self, cx: &ContentContext<'_>, callback: &Url, after: bool) -> Result<Value> {
        let (client, access) = (&self.inner.0, &cx.tokens.access);
        let path = ["subscriptions"];
        let list: Value = client.get(&path, &[], access, cx.deadline).await?;
        let mut items = list["items"].as_array().filter(|_| after).cloned();
        let items = items.get_or_insert_default();
        items.extend(KINDS.map(|kind| json!({"kind": kind, "to": callback.as_str()})));
        let body = json!({ "items": items });
        client.post(&path, &body, access, cx.deadline).await
    }
}

#[async_trait]
impl EventSubscriptions for Broken {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn account_every(&self) -> Duration {
        match self.is(Fault::TooOften) {
            true => Duration::from_secs(1),
            false => self.inner.account_every(),
        }
    }

    fn callback_every(&self) -> Option<Duration> {
        self.inner.callback_every()
    }

    async fn subscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<Vec<String>> {
        let later = super::later(cx.deadline);
        let late = ContentContext::new(cx.account, cx.tokens, cx.limits, &later);
        let was_done = self.done.swap(true, Ordering::SeqCst);
        match self.fault {
            Fault::Idle => Ok(Vec::new()),
            Fault::AsksOnce if was_done => Ok(Vec::new()),
            Fault::AsksTwice => self.write(cx, callback, true).await.map(|_| Vec::new()),
            Fault::ReplacesAll => self.write(cx, callback, false).await.map(|_| Vec::new()),
            Fault::IgnoresTheDeadline => self.inner.subscribe(&late, callback).await,
            Fault::HidesRefusals => {
                let asked = self.inner.subscribe(cx, callback).await;
                asked.map(|_| Vec::new())
            }
            Fault::TroubleIsFine => {
                let asked = self.inner.subscribe(cx, callback).await;
                Ok(asked.unwrap_or_default())
            }
            _ => self.inner.subscribe(cx, callback).await,
        }
    }

    async fn unsubscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<()> {
        let (client, access) = (&self.inner.0, &cx.tokens.access);
        if self.is(Fault::FailsWhenEnded) {
            let list: Value = client
                .get(&["subscriptions"], &[], access, cx.deadline)
                .await?;
            if list["items"] == json!([]) {
                let kind = social_core::ErrorKind::NotFound;
                return Err(social_core::Error::new(kind, "there is none to end"));
            }
        }
        self.inner.unsubscribe(cx, callback).await
    }

    async fn keep_callback(&self, cx: &CallbackContext<'_>) -> Result<Vec<String>> {
        if self.is(Fault::RegistersOnce) && self.done.swap(true, Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        self.inner.keep_callback(cx).await
    }
}

super::faults! { subscriptions, subscriptions, broken;
    what_happens_is_sent_once_it_was_asked_for finds Idle, "what happens is sent";
    asking_again_changes_nothing finds AsksTwice, "asked again, it is the same";
    what_lapsed_is_there_again finds AsksOnce, "what lapsed is there again";
    what_is_refused_is_named finds HidesRefusals, "what is refused is named";
    what_others_asked_for_stays finds ReplacesAll, "what others asked for stays";
    what_was_ended_is_not_sent finds FailsWhenEnded, "there is none to end";
    an_address_that_was_switched_off_is_on_again finds RegistersOnce, "the address is on";
    looks_come_at_a_bearable_pace finds TooOften, "between a minute and a month";
    trouble_is_told finds TroubleIsFine, "a look at an account";
    nothing_is_sent_after_the_deadline finds IgnoresTheDeadline, "too late";
    no_secret_is_shown finds Shows, "shows secret";
}
