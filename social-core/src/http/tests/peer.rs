//! A peer that speaks HTTP by hand, so that it can misbehave at any byte.

use std::future::Future;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Serves one connection after another with `serve` and returns the address.
pub(super) async fn peer<F, R>(serve: F) -> String
where
    F: Fn(usize, TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for nth in 0.. {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            serve(nth, stream).await;
        }
    });
    base
}

/// Takes one connection and returns what came in until it was closed.
pub(super) async fn listener() -> (String, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        // A reset connection ends the request as well.
        let _ = stream.read_to_end(&mut heard).await;
        heard
    });
    (base, heard)
}

/// Reads a request's head, and what came with it.
pub(super) async fn head(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            break;
        }
    }
    bytes
}

pub(super) async fn say(stream: &mut TcpStream, words: &str) {
    // Whoever has gone away does not hear it.
    let _ = stream.write_all(words.as_bytes()).await;
}
