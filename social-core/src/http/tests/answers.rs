use std::time::Duration;

use ::http::StatusCode;
use bytes::Bytes;
use chrono::DateTime;
use tokio::io::AsyncReadExt;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, body_string, header, method, path},
};

use super::{client, peer, post, soon, system};
use crate::{
    error::{ErrorKind, Remedy},
    http::Reply,
};

#[tokio::test]
async fn forms_json_and_bearer_arrive_as_written() {
    let server = MockServer::start().await;
    let clock = system();
    let deadline = soon(&clock);
    let form = "application/x-www-form-urlencoded";
    Mock::given(method("POST"))
        .and(path("/upload"))
        .and(header("content-type", form))
        .and(body_string("code=a*%21%26&x=y+z"))
        .respond_with(ResponseTemplate::new(200).set_body_string("form"))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(header("authorization", "Bearer act.1"))
        .and(header("content-type", "application/json; charset=UTF-8"))
        .and(body_json(serde_json::json!({"publish_id": "v~1"})))
        .respond_with(ResponseTemplate::new(400).set_body_string("json"))
        .mount(&server)
        .await;
    let client = client(&clock);
    let call = post(&server.uri(), &deadline).form(&[("code", "a*!&"), ("x", "y z")]);
    assert_eq!(client.send(call).await.unwrap().body, "form");
    let call = post(&server.uri(), &deadline)
        .bearer(&"act.1".into())
        .unwrap()
        .json(&serde_json::json!({"publish_id": "v~1"}))
        .unwrap();
    let reply = client.send(call).await.unwrap();
    assert_eq!(
        (reply.status, &reply.body[..]),
        (StatusCode::BAD_REQUEST, &b"json"[..])
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = MockServer::start().await;
    let clock = system();
    let deadline = soon(&clock);
    let elsewhere = format!("{}/elsewhere", server.uri());
    Mock::given(path("/upload"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", elsewhere))
        .expect(1)
        .mount(&server)
        .await;
    let reply = client(&clock)
        .send(post(&server.uri(), &deadline).observation())
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let server = MockServer::start().await;
    let clock = system();
    let deadline = soon(&clock);
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2 * 1024 * 1024]))
        .mount(&server)
        .await;
    let call = post(&server.uri(), &deadline).form(&[("a", "b")]);
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(error.remedy(), &Remedy::Reconcile);
    let call = post(&server.uri(), &deadline).observation();
    let error = client(&clock).send(call).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Never);
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_counts() {
    let clock = system();
    let deadline = soon(&clock);
    let (told, heard) = tokio::sync::oneshot::channel();
    let told = std::sync::Mutex::new(Some(told));
    let base = peer::peer(move |_, mut stream| {
        let told = told.lock().unwrap().take();
        async move {
            peer::head(&mut stream).await;
            let refused = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n";
            peer::say(&mut stream, refused).await;
            let mut rest = 0_u64;
            let mut piece = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = stream.read(&mut piece).await {
                rest += read as u64;
            }
            told.unwrap().send(rest).unwrap();
        }
    })
    .await;
    let len = 1_u64 << 30;
    let piece = Bytes::from(vec![7; 64 * 1024]);
    let pieces = futures_util::stream::iter((0..len >> 16).map(move |_| Ok(piece.clone())));
    let call = post(&base, &deadline).stream(Box::pin(pieces), len);
    let reply = client(&clock).send(call).await.unwrap();
    assert_eq!(reply.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let rest = heard.await.unwrap();
    assert!(rest < len, "the rest stayed here: {rest}");
}

#[test]
fn retry_after_is_read_in_both_forms() {
    let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let wait = |headers: &[(&str, &str)]| {
        let mut reply = Reply {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers: ::http::HeaderMap::new(),
            body: Bytes::new(),
        };
        for (name, value) in headers {
            let name = ::http::HeaderName::try_from(*name).unwrap();
            reply.headers.insert(name, value.parse().unwrap());
        }
        reply.retry_after(now).map(|wait| wait.as_secs())
    };
    let date = ("retry-after", "Tue, 14 Nov 2023 22:14:20 GMT");
    assert_eq!(wait(&[("retry-after", "120")]), Some(120));
    assert_eq!(wait(&[date]), Some(60));
    let server = ("date", "Tue, 14 Nov 2023 22:14:00 GMT");
    assert_eq!(
        wait(&[date, server]),
        Some(20),
        "the peer's own clock counts"
    );
    assert_eq!(
        wait(&[("retry-after", "Tue, 14 Nov 2000 22:14:20 GMT")]),
        Some(0)
    );
    assert_eq!(wait(&[("retry-after", "0")]), Some(0));
    for ages in [
        "604800",
        "1000000000000",
        "99999999999999999999999999",
        "Fri, 14 Nov 2223 22:14:20 GMT",
    ] {
        assert_eq!(wait(&[("retry-after", ages)]), Some(86_400), "{ages}");
    }
    assert_eq!(wait(&[("retry-after", "-5")]), None);
    assert_eq!(wait(&[("retry-after", "")]), None);
    assert_eq!(wait(&[("retry-after", "soon")]), None);
    assert_eq!(wait(&[]), None);
}

#[tokio::test]
async fn an_overloaded_gateway_is_asked_again_as_late_as_it_says() {
    let server = MockServer::start().await;
    let (hand, clock) = super::manual();
    let deadline = soon(&clock);
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "3"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let client = client(&clock);
    let send = client.send(post(&server.uri(), &deadline).observation());
    tokio::pin!(send);
    // It waits on the clock: two seconds are too few.
    for _ in 0..20 {
        assert!(futures_util::poll!(&mut send).is_pending());
        tokio::task::yield_now().await;
        if server.received_requests().await.unwrap().len() == 1 {
            break;
        }
    }
    let reply = loop {
        tokio::select! {
            biased;
            reply = &mut send => break reply.unwrap(),
            () = tokio::task::yield_now() => hand.advance(Duration::from_millis(1)),
        }
    };
    assert_eq!(reply.status, StatusCode::OK);
    assert!(clock.elapsed() >= Duration::from_secs(3));
}
