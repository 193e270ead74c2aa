use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{client, manual, peer, post, soon, system};
use crate::error::{ErrorKind, Remedy};

#[tokio::test]
async fn a_refused_connection_is_certainly_unsent() {
    let clock = system();
    let deadline = soon(&clock);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let call = post(&base, &deadline).form(&[("a", "b")]);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.remedy(), &Remedy::Backoff);
    assert_eq!(error.operation(), Some("upload"));
}

#[tokio::test]
async fn an_unknown_name_and_a_failed_handshake_are_certainly_unsent() {
    let clock = system();
    let deadline = soon(&clock);
    let plain = peer::peer(|_, mut stream| async move {
        peer::say(&mut stream, "this is not TLS at all\r\n").await;
    })
    .await;
    let tls = plain.replace("http:", "https:");
    for base in ["http://name.invalid", tls.as_str()] {
        let call = post(base, &deadline).form(&[("a", "b")]);
        let error = client(&clock).send(call).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert_eq!(error.remedy(), &Remedy::Backoff, "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_drops_after_the_request_must_be_reconciled() {
    let clock = system();
    let deadline = soon(&clock);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let base = peer::peer(move |_, mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            peer::head(&mut stream).await;
            counter.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let call = post(&base, &deadline).form(&[("a", "b")]);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.remedy(), &Remedy::Reconcile);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "a mutation is sent once");
}

#[tokio::test]
async fn an_answer_that_breaks_off_must_be_reconciled() {
    let clock = system();
    let deadline = soon(&clock);
    let base = peer::peer(|_, mut stream| async move {
        peer::head(&mut stream).await;
        peer::say(&mut stream, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").await;
    })
    .await;
    let call = post(&base, &deadline).form(&[("a", "b")]);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Reconcile);
}

#[tokio::test]
async fn silence_is_a_timeout_on_the_given_clock() {
    let (hand, clock) = manual();
    let deadline = soon(&clock);
    let base = peer::peer(move |_, mut stream| {
        let hand = hand.clone();
        async move {
            peer::head(&mut stream).await;
            hand.advance(Duration::from_secs(5));
            peer::head(&mut stream).await;
        }
    })
    .await;
    let call = post(&base, &deadline)
        .form(&[("a", "b")])
        .timeout(Duration::from_secs(5));
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.remedy(), &Remedy::Reconcile);
}

#[tokio::test]
async fn an_observation_is_repeated_and_its_failure_causes_nothing() {
    let clock: Arc<dyn crate::time::Clock> = Arc::new(Impatient);
    let deadline = soon(&clock);
    let base = peer::peer(|nth, mut stream| async move {
        peer::head(&mut stream).await;
        if nth == 2 {
            let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
            peer::say(&mut stream, ok).await;
        }
    })
    .await;
    let call = || post(&base, &deadline).form(&[("a", "b")]).observation();
    let reply = client(&clock).send(call()).await.unwrap();
    assert_eq!(&reply.body[..], b"{}");
    let error = client(&clock).send(call()).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Backoff);
}

#[tokio::test]
async fn a_spent_budget_ends_the_repetitions() {
    let clock: Arc<dyn crate::time::Clock> = Arc::new(Impatient);
    let deadline = soon(&clock);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let base = peer::peer(move |_, mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            peer::head(&mut stream).await;
        }
    })
    .await;
    let client = client(&clock);
    for _ in 0..20 {
        let call = post(&base, &deadline).observation();
        client.send(call).await.unwrap_err();
    }
    // Twenty calls, and ten repetitions, which is all that the budget holds.
    assert_eq!(asked.load(Ordering::SeqCst), 30);
}

/// Waits between tries take no time; a call's own timeout never comes.
#[derive(Debug)]
struct Impatient;

#[async_trait::async_trait]
impl crate::time::Clock for Impatient {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, wait: Duration) {
        if wait > Duration::from_secs(10) {
            std::future::pending::<()>().await;
        }
    }
}
