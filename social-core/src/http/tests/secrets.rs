use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber,
    span,
};

use super::{SECRET, client, peer, post, soon, system};

#[tokio::test]
async fn no_address_appears_in_errors_calls_or_spans() {
    let log = Log::default();
    let text = everything_that_goes_wrong()
        .with_subscriber(log.clone())
        .await;
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("upload"), "spans name the call: {log}");
    for heard in [&text, &log] {
        assert!(!heard.contains(SECRET), "{heard}");
        assert!(!heard.contains("/upload?"), "{heard}");
    }
}

async fn everything_that_goes_wrong() -> String {
    let clock = system();
    let deadline = soon(&clock);
    let client = client(&clock);
    let dropping = peer::peer(|_, mut stream| async move {
        peer::head(&mut stream).await;
    })
    .await;
    let mut text = String::new();
    for base in [
        dropping.as_str(),
        "http://name.invalid",
        "https://127.0.0.1:1",
        "ftp://127.0.0.1",
        "no address",
    ] {
        let call = post(base, &deadline).form(&[("code", SECRET)]);
        let call = call.bearer(&SECRET.into()).unwrap();
        write!(text, "{call:?} ").unwrap();
        let error = client.send(call).await.unwrap_err();
        write!(text, "{error} {error:?} ").unwrap();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            write!(text, "{cause} {cause:?} ").unwrap();
            source = cause.source();
        }
    }
    text
}

/// Keeps every field of every span and event of this crate, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let mut log = self.0.lock().unwrap();
        writeln!(log, "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("social_core")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut self.clone());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
