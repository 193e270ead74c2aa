//! Requests no HTTP library would send: wrong lengths, broken transfers.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::client::Stage;

/// Sends `head` as it is, then `body`, and keeps the connection.
pub(crate) async fn open(stage: &Stage, head: &str, body: &[u8]) -> TcpStream {
    let address = stage.sandbox.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(head.replace('\n', "\r\n").as_bytes())
        .await
        .unwrap();
    stream.write_all(body).await.unwrap();
    stream
}

/// Sends a request and reads until the sandbox closes the connection.
pub(crate) async fn exchange(stage: &Stage, head: &str, body: &[u8]) -> String {
    let mut stream = open(stage, head, body).await;
    let mut answer = Vec::new();
    // A reset is an end like any other here.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// The head of a PUT; `headers` ends with a newline unless empty.
pub(crate) fn put_head(url: &str, headers: &str) -> String {
    let url = Url::parse(url).unwrap();
    let target = &url[url::Position::BeforePath..];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    format!("PUT {target} HTTP/1.1\nHost: {host}\nConnection: close\n{headers}\n")
}
