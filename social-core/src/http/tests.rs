mod answers;
mod breaks;
mod guard;
mod peer;
mod secrets;

use std::{sync::Arc, time::Duration};

use ::http::Method;
use secrecy::SecretString;

use super::{ApiClient, Call};
use crate::{
    random::SeededRandom,
    time::{Clock, Deadline, ManualClock, SystemClock},
};

const SECRET: &str = "sesame-4711";

fn client(clock: &Arc<dyn Clock>) -> ApiClient {
    ApiClient::builder(Arc::clone(clock))
        .loopback_only()
        .random(Arc::new(SeededRandom::new(1)))
        .build()
        .unwrap()
}

fn system() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn manual() -> (ManualClock, Arc<dyn Clock>) {
    let clock = ManualClock::default();
    (clock.clone(), Arc::new(clock))
}

fn soon(clock: &Arc<dyn Clock>) -> Deadline {
    Deadline::after(Arc::clone(clock), Duration::from_secs(60))
}

/// A call to an address that carries a secret.
fn post<'a>(base: &str, deadline: &'a Deadline) -> Call<'a> {
    let url = SecretString::from(format!("{base}/upload?token={SECRET}"));
    Call::new("upload", Method::POST, url, deadline)
}
