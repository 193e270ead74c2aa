use http::header::RETRY_AFTER;

use super::*;
use crate::vault::tests::logs;

#[tokio::test]
async fn all_that_leads_nowhere_looks_the_same() {
    let stage = Stage::new();
    let id = stage.put(b"photo").await;
    let target = stage.target(&id).await;
    let mut wrong = target.clone();
    let last = if wrong.ends_with('0') { "1" } else { "0" };
    wrong.replace_range(wrong.len() - 1.., last);
    let gone = stage.put(b"gone").await;
    let removed = stage.target(&gone).await;
    stage.media.remove(&gone).await.unwrap();
    let mut told = Vec::new();
    for (method, bad) in [
        (Method::GET, wrong.as_str()),
        (Method::GET, &removed),
        (Method::GET, "/nothing"),
        (Method::HEAD, &wrong),
        (Method::HEAD, &removed),
    ] {
        told.push(stage.ask(method, bad, &[]).await);
    }
    let range = [(header::RANGE, "bytes=99-"), (header::IF_MATCH, "\"a\"")];
    told.push(stage.ask(Method::GET, &removed, &range).await);
    stage.clock.advance(HOUR * 2);
    let asked = stage.times();
    told.push(stage.get(&target).await);
    assert_eq!(stage.times(), asked, "for an expired one no store is asked");
    let [first, others @ ..] = &told[..] else {
        panic!("some")
    };
    assert_eq!((first.status.as_u16(), first.body.len()), (404, 0));
    for other in others {
        assert_eq!(other, first);
    }
}

#[tokio::test]
async fn a_store_that_fails_is_a_503_and_the_address_is_not_logged() {
    let healthy = Stage::new();
    let id = healthy.put(b"photo").await;
    let target = healthy.target(&id).await;
    for kind in [
        ErrorKind::Storage,
        ErrorKind::Unavailable,
        ErrorKind::Invalid,
    ] {
        let (heard, _listening) = logs::hear();
        let stage = Stage::with(BASE, &[1], |store| store.fails = Some(kind));
        for method in [Method::GET, Method::HEAD] {
            let told = stage.ask(method, &target, &[]).await;
            assert_eq!(
                (told.status.as_u16(), told.header(RETRY_AFTER)),
                (503, "10")
            );
            assert!(told.body.is_empty());
        }
        let text = heard.text();
        assert!(text.contains("the share is not mounted"), "{text}");
        let signature = target.split("signature=").last().unwrap();
        for secret in [signature, "expires", "signature", "?"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// What was announced cannot be taken back, so the answer breaks off.
#[tokio::test]
async fn a_body_of_another_length_than_announced_fails() {
    for gives in [-1, 1] {
        let stage = Stage::with(BASE, &[1], |store| store.gives = gives);
        let id = stage.put(&[7; 300]).await;
        let target = stage.target(&id).await;
        let request = Request::get(&target).header(header::RANGE, "bytes=0-199");
        let response = stage.media.respond(&request.body(()).unwrap()).await;
        let mut body = response.into_body().into_stream();
        let mut came = 0;
        let error = loop {
            match body.try_next().await {
                Ok(Some(piece)) => came += piece.len(),
                Ok(None) => panic!("it is not all there, or too much"),
                Err(error) => break error,
            }
        };
        assert!(came <= 200, "{came}");
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert_eq!(body.try_next().await.unwrap(), None);
    }
}
