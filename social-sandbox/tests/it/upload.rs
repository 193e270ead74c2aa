//! Chunks: in order, exact, once; and what is left after a broken one.

use http::StatusCode;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::client::{Stage, init_body, send, sha256};
use crate::raw;

fn video(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

#[tokio::test]
async fn wrong_chunks() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let (_, url) = stage.begin(&token, 10_000_001, 5_000_000).await;
    let chunk = video(5_000_000);
    let base = url.split('?').next().unwrap();
    let id = url
        .split("upload_id=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let no_token = format!("{base}?upload_id={id}");
    let wrong_token = format!("{base}?upload_id={id}&upload_token=guessed-token");
    let unknown = url.replace(id, "7000000000000000000");
    let good = "bytes 0-4999999/10000001";
    let mp4 = "video/mp4";
    let cases = [
        (base, mp4, good, 5_000_000, 404),
        (no_token.as_str(), mp4, good, 5_000_000, 404),
        (wrong_token.as_str(), mp4, good, 5_000_000, 404),
        (unknown.as_str(), mp4, good, 5_000_000, 404),
        (&url, "application/octet-stream", good, 5_000_000, 400),
        (&url, "text/plain", good, 5_000_000, 400),
        (&url, mp4, "", 5_000_000, 400),
        (&url, mp4, "bytes 0-4999999/*", 5_000_000, 400),
        (&url, mp4, "bytes=0-4999999/10000001", 5_000_000, 400),
        (&url, mp4, "bytes 0-5000000/10000001", 5_000_000, 400),
        (&url, mp4, good, 4_999_999, 400),
        (&url, mp4, "bytes 0-4999999/10000000", 5_000_000, 400),
        (&url, mp4, "bytes 0-3999999/10000001", 4_000_000, 400),
        (&url, mp4, "bytes 5000000-10000000/10000001", 5_000_001, 416),
        (&url, mp4, "bytes 1-5000000/10000001", 5_000_000, 416),
    ];
    let body = video(5_000_001);
    for (url, kind, range, len, status) in cases {
        let mut request = stage.http.put(url).header("content-type", kind);
        if !range.is_empty() {
            request = request.header("content-range", range);
        }
        let answer = send(request.body(body[..len].to_vec())).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{kind} {range}: {}",
            answer.text
        );
        assert_eq!(answer.code(), "invalid_file_upload");
        assert_eq!(answer.json()["error"]["log_id"].as_str().unwrap().len(), 34);
        let progress = if status == 416 {
            "bytes 0-0/10000001"
        } else {
            ""
        };
        assert_eq!(answer.header("content-range"), progress);
    }
    let first = stage.chunk(&url, &chunk, 0, 10_000_001).await;
    assert_eq!(first.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        (first.text.as_str(), first.header("x-tt-logid").len()),
        ("", 34)
    );
    let again = stage.chunk(&url, &chunk, 0, 10_000_001).await;
    assert_eq!(again.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(again.header("content-range"), "bytes 0-4999999/10000001");
    let last = stage.chunk(&url, &body, 5_000_000, 10_000_001).await;
    assert_eq!(last.status, StatusCode::CREATED);
    let again = stage.chunk(&url, &body, 5_000_000, 10_000_001).await;
    assert_eq!(again.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(again.header("content-range"), "bytes 0-10000000/10000001");
}

#[tokio::test]
async fn a_body_without_its_length_is_refused() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let (publish_id, url) = stage.begin(&token, 4, 4).await;
    let common = "Content-Type: video/mp4\nContent-Range: bytes 0-3/4\n";
    let chunked = raw::put_head(&url, &format!("{common}Transfer-Encoding: chunked\n"));
    let answer = raw::exchange(&stage, &chunked, b"4\r\nabcd\r\n0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let answer = raw::exchange(&stage, &raw::put_head(&url, common), b"").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let data = stage.status_data(&token, &publish_id).await;
    assert_eq!(data["uploaded_bytes"], 0);
}

#[tokio::test]
async fn of_a_broken_chunk_nothing_is_kept_and_the_upload_goes_on() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let bytes = video(10_000_001);
    let (publish_id, url) = stage.begin(&token, 10_000_001, 5_000_000).await;
    assert_eq!(
        stage
            .chunk(&url, &bytes[..5_000_000], 0, 10_000_001)
            .await
            .status
            .as_u16(),
        206
    );
    let headers = "Content-Type: video/mp4\nContent-Length: 5000001\n\
                   Content-Range: bytes 5000000-10000000/10000001\n";
    let head = raw::put_head(&url, headers);
    for sent in [0, 1, 4_000_000, 5_000_000] {
        let mut stream = raw::open(&stage, &head, &bytes[5_000_000..5_000_000 + sent]).await;
        stream.shutdown().await.unwrap();
        drop(stream);
        let data = stage.status_data(&token, &publish_id).await;
        assert_eq!(
            (&data["status"], &data["uploaded_bytes"]),
            (&json!("PROCESSING_UPLOAD"), &json!(5_000_000))
        );
    }
    assert_eq!(
        stage
            .chunk(&url, &bytes[5_000_000..], 5_000_000, 10_000_001)
            .await
            .status
            .as_u16(),
        201
    );
    stage.advance(1);
    let [post] = &stage.control().posts()[..] else {
        panic!("one post")
    };
    assert_eq!(
        post.sha256.as_deref(),
        Some(sha256(&bytes).as_str()),
        "no byte twice, none missing"
    );
}

#[tokio::test]
async fn of_two_that_send_the_same_chunk_one_counts() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let bytes = video(5_000_000);
    let (_, url) = stage.begin(&token, 5_000_000, 5_000_000).await;
    let range = "bytes 0-4999999/5000000";
    let headers =
        format!("Content-Type: video/mp4\nContent-Length: 5000000\nContent-Range: {range}\n");
    // The first stands still in the middle; the second overtakes it.
    let mut slow = raw::open(&stage, &raw::put_head(&url, &headers), &bytes[..1_000_000]).await;
    assert_eq!(
        stage
            .chunk(&url, &bytes, 0, 5_000_000)
            .await
            .status
            .as_u16(),
        201
    );
    slow.write_all(&bytes[1_000_000..]).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut slow, &mut answer)
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 416 "), "{answer}");
    stage.advance(1);
    let posts = stage.control().posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].sha256.as_deref(), Some(sha256(&bytes).as_str()));
}

#[tokio::test]
async fn the_url_is_good_for_an_hour() {
    let stage = Stage::new().await;
    let tokens = stage.grant("studio-account");
    let (publish_id, url) = stage
        .begin(&tokens.access_token, 10_000_001, 5_000_000)
        .await;
    stage.advance(3590);
    let bytes = video(5_000_001);
    assert_eq!(
        stage
            .chunk(&url, &bytes[..5_000_000], 0, 10_000_001)
            .await
            .status
            .as_u16(),
        206
    );
    stage.advance(10);
    let late = stage.chunk(&url, &bytes, 5_000_000, 10_000_001).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);
    let data = stage.status_data(&tokens.access_token, &publish_id).await;
    let expected = json!({
        "status": "FAILED",
        "fail_reason": "internal",
        "publicaly_available_post_id": [],
        "uploaded_bytes": 5_000_000,
    });
    assert_eq!(data, expected);
    assert!(stage.control().posts().is_empty());
}

#[tokio::test]
async fn no_authorization_is_needed_and_any_of_the_three_types_will_do() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    for kind in ["video/mp4", "video/quicktime", "video/webm"] {
        let (_, url) = stage.begin(&token, 3, 3).await;
        let request = stage.http.put(url).header("content-type", kind);
        let answer = send(request.header("content-range", "bytes 0-2/3").body("abc")).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{kind}");
    }
}

#[tokio::test]
async fn each_init_is_a_new_post() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    for _ in 0..2 {
        let (_, url) = stage.begin(&token, 3, 3).await;
        assert_eq!(stage.chunk(&url, b"abc", 0, 3).await.status.as_u16(), 201);
    }
    stage.init(&token, &init_body(3, 3, 1)).await;
    stage.advance(1);
    assert_eq!(stage.control().posts().len(), 2);
    assert_eq!(stage.control().publishes().len(), 3);
}

#[tokio::test]
async fn hashing_can_be_switched_off() {
    let stage = Stage::new().await;
    stage
        .control()
        .set(social_sandbox::Settings::default().hash(false));
    let token = stage.grant("studio-account").access_token;
    let (_, url) = stage.begin(&token, 3, 3).await;
    stage.chunk(&url, b"abc", 0, 3).await;
    stage.advance(1);
    assert_eq!(stage.control().posts()[0].sha256, None);
}
