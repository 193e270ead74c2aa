use bytes::Bytes;
use futures_util::stream;
use secrecy::SecretString;
use social_core::{ErrorKind, Remedy, Result, media::ByteStream};
use social_tiktok::{Chunk, ChunkAnswer};
use wiremock::ResponseTemplate;

use crate::scripted::Scripted;

const CHUNK: Chunk = Chunk {
    content_type: "video/mp4",
    first: 10,
    len: 5,
    total: 20,
};

fn bytes(text: &'static [u8]) -> ByteStream {
    Box::pin(stream::iter([Ok(Bytes::from_static(text))]))
}

async fn put(scripted: &Scripted) -> Result<ChunkAnswer> {
    let url = SecretString::from(format!(
        "{}/open-upload.tiktokapis.com/video/?upload_id=1&upload_token=sesame",
        scripted.server.uri()
    ));
    let deadline = scripted.deadline();
    scripted
        .client()
        .upload_chunk(&url, CHUNK, bytes(b"abcde"), &|_| (), &deadline)
        .await
}

async fn answered(status: u16, range: Option<&str>) -> Result<ChunkAnswer> {
    let scripted = Scripted::new().await;
    let answer = ResponseTemplate::new(status);
    let answer = match range {
        Some(range) => answer.insert_header("content-range", range),
        None => answer,
    };
    scripted.answer(answer).await;
    put(&scripted).await
}

#[tokio::test]
async fn a_chunk_is_sent_as_documented() {
    let scripted = Scripted::answering(206, "").await;
    put(&scripted).await.unwrap();
    let sent = &scripted.server.received_requests().await.unwrap()[0];
    assert_eq!(sent.method.as_str(), "PUT");
    assert_eq!(sent.url.query(), Some("upload_id=1&upload_token=sesame"));
    assert_eq!(sent.headers["content-type"], "video/mp4");
    assert_eq!(sent.headers["content-length"], "5");
    assert_eq!(sent.headers["content-range"], "bytes 10-14/20");
    assert!(
        !sent.headers.contains_key("authorization"),
        "the address is the credential"
    );
    assert_eq!(sent.body, b"abcde");
}

#[tokio::test]
async fn every_documented_status_has_its_meaning() {
    use ChunkAnswer::{Gone, OutOfStep, Stored};
    let stored = |complete, progress| Stored { complete, progress };
    assert_eq!(
        answered(206, Some("bytes 0-14/20")).await.unwrap(),
        stored(false, Some(14))
    );
    assert_eq!(answered(206, None).await.unwrap(), stored(false, None));
    assert_eq!(
        answered(201, Some("bytes 0-20/20")).await.unwrap(),
        stored(true, Some(20))
    );
    assert_eq!(answered(200, None).await.unwrap(), stored(false, None));
    let progress = Some(9);
    assert_eq!(
        answered(416, Some("bytes 0-9/20")).await.unwrap(),
        OutOfStep { progress }
    );
    assert_eq!(
        answered(416, None).await.unwrap(),
        OutOfStep { progress: None }
    );
    assert_eq!(answered(403, None).await.unwrap(), Gone);
    assert_eq!(answered(404, None).await.unwrap(), Gone);
    for (status, kind, remedy) in [
        (400, ErrorKind::Rejected, Remedy::Never),
        (500, ErrorKind::Unavailable, Remedy::Reconcile),
        (502, ErrorKind::Unavailable, Remedy::Reconcile),
        (204, ErrorKind::Protocol, Remedy::Reconcile),
    ] {
        let error = answered(status, None).await.unwrap_err();
        assert_eq!((error.kind(), error.remedy()), (kind, &remedy), "{status}");
        assert!(!format!("{error:?} {error}").contains("sesame"));
    }
}

#[tokio::test]
async fn nothing_is_sent_elsewhere() {
    let scripted = Scripted::answering(206, "").await;
    let url = SecretString::from("http://127.0.0.1:1/video/?upload_token=sesame");
    let deadline = scripted.deadline();
    let answer = scripted
        .client()
        .upload_chunk(&url, CHUNK, bytes(b"abcde"), &|_| (), &deadline)
        .await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_stream_of_another_length_is_never_a_whole_chunk() {
    let scripted = Scripted::answering(206, "").await;
    let url = SecretString::from(format!(
        "{}/open-upload.tiktokapis.com/video/",
        scripted.server.uri()
    ));
    let deadline = scripted.deadline();
    let answer = scripted
        .client()
        .upload_chunk(&url, CHUNK, bytes(b"abcd"), &|_| (), &deadline)
        .await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(
        scripted
            .server
            .received_requests()
            .await
            .unwrap()
            .is_empty()
    );
}
