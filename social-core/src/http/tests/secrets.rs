use std::fmt::Write;

use super::{SECRET, client, peer, post, soon, system};
use crate::vault::tests::logs;

#[tokio::test]
async fn no_address_appears_in_errors_calls_or_spans() {
    let (heard, _listening) = logs::hear();
    let text = everything_that_goes_wrong().await;
    let log = heard.text();
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
