use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::{client, manual, peer, post, soon, system};
use crate::{
    error::{Error, ErrorKind, Remedy},
    time::{Deadline, ManualClock},
};

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let (hand, clock) = manual();
    let deadline = soon(&clock);
    hand.advance(Duration::from_secs(60));
    let (base, heard) = peer::listener().await;
    let call = post(&base, &deadline).form(&[("a", "b")]);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Timeout, &Remedy::Backoff)
    );
    assert!(!heard.is_finished(), "nobody connected");
}

/// The moment between the connection and the body is where a stopped process goes on.
#[tokio::test]
async fn a_body_that_would_leave_late_stays_here() {
    let (hand, clock) = manual();
    let deadline = soon(&clock);
    let (base, heard) = peer::listener().await;
    let late = stream::once(async move {
        hand.advance(Duration::from_secs(60));
        Ok(Bytes::from_static(b"{\"a\":1}"))
    });
    let call = post(&base, &deadline).stream(Box::pin(late), 7);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Timeout, &Remedy::Backoff)
    );
    let heard = heard.await.unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("{\"a\":1}"));
}

#[tokio::test]
async fn json_is_held_back_when_the_deadline_passes_while_connecting() {
    let (hand, clock) = manual();
    let deadline = Deadline::after(std::sync::Arc::new(Passing(hand)), Duration::from_secs(60));
    let (base, heard) = peer::listener().await;
    let call = post(&base, &deadline).json(&[1, 2, 3]).unwrap();
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Timeout, &Remedy::Backoff)
    );
    assert!(!String::from_utf8_lossy(&heard.await.unwrap()).contains("[1,2,3]"));
}

#[tokio::test]
async fn a_deadline_that_passes_midway_leaves_the_request_incomplete() {
    let (hand, clock) = manual();
    let deadline = soon(&clock);
    let (base, heard) = peer::listener().await;
    let pieces = (0..10_u64).map(move |nth| {
        if nth == 6 {
            hand.advance(Duration::from_secs(60));
        }
        Ok(Bytes::from(vec![b'x'; 300_000]))
    });
    let call = post(&base, &deadline).stream(Box::pin(stream::iter(pieces)), 3_000_000);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let heard = heard.await.unwrap();
    let sent = heard.iter().filter(|byte| **byte == b'x').count();
    assert!(sent <= 1_800_000, "{sent} bytes");
    let text = String::from_utf8_lossy(&heard);
    assert!(text.contains("content-length: 3000000"));
}

#[tokio::test]
async fn a_body_of_another_length_is_never_complete() {
    let clock = system();
    let deadline = soon(&clock);
    for len in [999, 1001] {
        let (base, heard) = peer::listener().await;
        let body = stream::iter([Ok(Bytes::from(vec![b'x'; 1000]))]);
        let call = post(&base, &deadline).stream(Box::pin(body), len);
        let error = client(&clock).send(call).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        let heard = heard.await.unwrap();
        let sent = heard.iter().filter(|byte| **byte == b'x').count() as u64;
        assert!(sent < len, "{sent} of {len}");
    }
}

#[tokio::test]
async fn the_error_of_the_source_comes_through() {
    let clock = system();
    let deadline = soon(&clock);
    let (base, _heard) = peer::listener().await;
    let body = stream::iter([
        Ok(Bytes::from_static(b"abc")),
        Err(Error::storage("the file is gone")),
    ]);
    let call = post(&base, &deadline).stream(Box::pin(body), 6);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert_eq!(error.message(), "the file is gone");
}

#[tokio::test]
async fn what_a_dropped_call_had_not_sent_stays_unsent() {
    let clock = system();
    let deadline = soon(&clock);
    let (base, heard) = peer::listener().await;
    let (more, rest) = tokio::sync::oneshot::channel::<()>();
    let first = stream::iter([Ok(Bytes::from_static(b"first"))]);
    let second = stream::once(async move {
        // Whether it was sent or dropped, the wait is over.
        let _ = rest.await;
        Ok(Bytes::from_static(b"second"))
    });
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let on_sent = move |sent| {
        let _ = told.send(sent);
    };
    let client = client(&clock);
    let call = post(&base, &deadline)
        .stream(Box::pin(first.chain(second)), 11)
        .on_sent(&on_sent);
    tokio::select! {
        outcome = client.send(call) => panic!("no answer can have come: {outcome:?}"),
        Some(sent) = hears.recv() => assert_eq!(sent, 5),
    }
    let _ = more.send(());
    let text = String::from_utf8_lossy(&heard.await.unwrap()).into_owned();
    assert!(!text.contains("second"), "{text}");
}

/// Time passes whenever somebody looks, as in a process that is stopped between two looks.
#[derive(Debug)]
struct Passing(ManualClock);

#[async_trait::async_trait]
impl crate::time::Clock for Passing {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.0.advance(Duration::from_secs(40));
        self.0.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        self.0.sleep(wait).await;
    }
}
