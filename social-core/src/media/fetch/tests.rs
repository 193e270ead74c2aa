use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{
    media::{MediaDir, MediaStoreExt},
    time::ManualClock,
};

/// A server that says these words to each connection and closes it. Returns its address, and what it heard.
async fn server(words: impl Into<Vec<u8>>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let words = words.into();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = read_head(&mut stream).await;
            log.lock().unwrap().push(head);
            let _ = stream.write_all(&words).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, heard)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            break;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut words = format!("HTTP/1.1 {status}\r\n{headers}\r\n").into_bytes();
    words.extend(body);
    words
}

/// Answers with these addresses, and counts the questions.
#[derive(Debug)]
struct Fixed(Vec<IpAddr>, AtomicUsize);

impl Fixed {
    fn new(ips: &[&str]) -> Arc<Self> {
        let ips = ips.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self(ips, AtomicUsize::new(0)))
    }
}

#[async_trait]
impl Resolver for Fixed {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(self.0.clone())
    }
}

fn fetcher(at: SocketAddr, clock: &ManualClock) -> FetcherBuilder {
    Fetcher::builder(Arc::new(clock.clone()))
        .resolver(Fixed::new(&["127.0.0.1"]))
        .loopback("media.example", at)
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn rule<T>(outcome: Result<T>) -> String {
    match outcome.err().unwrap().remedy() {
        Remedy::FixInput { rule, .. } => rule.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn addresses_that_are_never_fetched_are_refused_before_anything_is_asked() {
    let resolver = Fixed::new(&["1.1.1.1"]);
    let (at, heard) = server("").await;
    let fetcher = fetcher(at, &ManualClock::default()).resolver(resolver.clone());
    let fetcher = fetcher.build().unwrap();
    for (address, broken) in [
        ("http://media.example/a.jpg", "address.https"),
        ("ftp://media.example/a.jpg", "address.https"),
        ("file:///etc/passwd", "address.https"),
        ("data:image/png;base64,AA", "address.https"),
        ("https://ann@media.example/a.jpg", "address.userinfo"),
        ("https://ann:1@media.example/a.jpg", "address.userinfo"),
        ("https://127.0.0.1/", "address.public"),
        ("https://2130706433/", "address.public"),
        ("https://0x7f.1/", "address.public"),
        ("https://10.0.0.1/", "address.public"),
        ("https://169.254.169.254/latest/meta-data", "address.public"),
        ("https://[::1]/", "address.public"),
        ("https://[::ffff:127.0.0.1]/", "address.public"),
        ("https://[64:ff9b::7f00:1]/", "address.public"),
        ("https://[fd00::1]/", "address.public"),
    ] {
        assert_eq!(rule(fetcher.head(&url(address), 8).await), broken);
        let whole = fetcher.stream(&url(address)).await.map(|_| ());
        assert_eq!(rule(whole), broken, "{address}");
    }
    assert_eq!(resolver.1.load(Ordering::Relaxed), 0);
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn names_that_lead_inside_are_refused() {
    for ips in [
        &["127.0.0.1"][..],
        &["10.0.0.7"],
        &["1.1.1.1", "192.168.0.1"],
        &["::1"],
        &["::ffff:10.0.0.1"],
        &["64:ff9b::a00:1"],
        &["169.254.169.254"],
    ] {
        let resolver = Fixed::new(ips);
        let builder = Fetcher::builder(Arc::new(ManualClock::default()));
        let fetcher = builder
            .resolver(resolver.clone())
            .loopback("other.example", "127.0.0.1:1".parse().unwrap());
        let fetcher = fetcher.build().unwrap();
        let outcome = fetcher.head(&url("https://media.example/a.jpg"), 8).await;
        assert_eq!(rule(outcome), "address.public", "{ips:?}");
        assert_eq!(resolver.1.load(Ordering::Relaxed), 1, "looked up once");
    }
}

#[tokio::test]
async fn an_unknown_name_may_be_known_later() {
    let builder = Fetcher::builder(Arc::new(ManualClock::default())).resolver(Fixed::new(&[]));
    let fetcher = builder.loopback("other.example", "127.0.0.1:1".parse().unwrap());
    let outcome = fetcher.build().unwrap();
    let outcome = outcome
        .head(&url("https://media.example/a.jpg?key=sesame"), 8)
        .await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unavailable, &Remedy::Backoff)
    );
    assert!(!format!("{error:?} {error}").contains("sesame"));
}

#[tokio::test]
async fn the_beginning_is_asked_for_and_no_more_is_read() {
    let clock = ManualClock::default();
    let part = "Content-Range: bytes 0-3/100\r\nContent-Length: 4\r\n";
    let (at, heard) = server(answer("206 Partial Content", part, b"abcd")).await;
    let fetch = fetcher(at, &clock).build().unwrap();
    let head = fetch
        .head(&url("https://media.example/a.jpg?b=c"), 4)
        .await
        .unwrap();
    assert_eq!(
        (&head.bytes[..], head.is_whole, head.announced),
        (&b"abcd"[..], false, Some(100))
    );
    let asked = heard.lock().unwrap().remove(0).to_ascii_lowercase();
    assert!(asked.starts_with("get /a.jpg?b=c http/1.1"), "{asked}");
    assert!(asked.contains("range: bytes=0-3\r\n") && asked.contains("accept-encoding: identity"));
    // A server that does not know of parts, and one that sends more than it says.
    let (at, _) = server(answer("200 OK", "Content-Length: 6\r\n", b"abcdef")).await;
    let fetch = fetcher(at, &clock).build().unwrap();
    let head = fetch.head(&url("https://media.example/"), 4).await.unwrap();
    assert_eq!(
        (&head.bytes[..], head.is_whole, head.announced),
        (&b"abcd"[..], false, Some(6))
    );
    let (at, _) = server(answer("200 OK", "", b"abc")).await;
    let fetch = fetcher(at, &clock).build().unwrap();
    let head = fetch.head(&url("https://media.example/"), 4).await.unwrap();
    assert_eq!(
        (&head.bytes[..], head.is_whole, head.announced),
        (&b"abc"[..], true, None)
    );
    let liar = "Content-Range: bytes 0-3/4\r\n";
    let (at, _) = server(answer("206 Partial Content", liar, &[7; 9000])).await;
    let fetch = fetcher(at, &clock).build().unwrap();
    let head = fetch
        .head(&url("https://media.example/"), 64)
        .await
        .unwrap();
    assert_eq!((head.bytes.len(), head.is_whole), (64, false));
}

#[tokio::test]
async fn answers_without_a_file_are_told_apart() {
    let clock = ManualClock::default();
    let elsewhere = "Location: https://127.0.0.1/\r\n";
    for (status, headers, expected) in [
        ("302 Found", elsewhere, Some("address.redirect")),
        (
            "308 Permanent Redirect",
            elsewhere,
            Some("address.redirect"),
        ),
        ("404 Not Found", "", Some("address.answer")),
        ("403 Forbidden", "", Some("address.answer")),
        ("500 Internal Server Error", "", None),
        ("204 No Content", "", None),
        (
            "206 Partial Content",
            "Content-Range: bytes 5-8/100\r\n",
            None,
        ),
        ("206 Partial Content", "", None),
    ] {
        let (at, heard) = server(answer(status, headers, b"")).await;
        let fetch = fetcher(at, &clock).build().unwrap();
        let outcome = fetch.head(&url("https://media.example/a.jpg"), 4).await;
        match expected {
            Some(broken) => assert_eq!(rule(outcome), broken, "{status}"),
            None => {
                let error = outcome.unwrap_err();
                assert_eq!(error.remedy(), &Remedy::Backoff, "{status}");
            }
        }
        assert_eq!(heard.lock().unwrap().len(), 1, "asked once: {status}");
    }
}

#[tokio::test]
async fn a_file_is_stored_and_a_long_or_broken_one_is_not() {
    let clock = ManualClock::default();
    let folder = tempfile::tempdir().unwrap();
    let store = MediaDir::open(folder.path()).unwrap();
    let address = url("https://media.example/a.jpg");
    let (at, heard) = server(answer("200 OK", "Content-Length: 5\r\n", b"bytes")).await;
    let fetch = fetcher(at, &clock).build().unwrap();
    let media = store.import_url(&fetch, &address).await.unwrap();
    assert_eq!(media.size, 5);
    assert!(
        !heard.lock().unwrap()[0]
            .to_ascii_lowercase()
            .contains("range:")
    );
    let import = async |words: Vec<u8>| {
        let (at, _) = server(words).await;
        let fetch = fetcher(at, &clock).bytes_max(5).build().unwrap();
        store.import_url(&fetch, &address).await
    };
    let announced = answer("200 OK", "Content-Length: 6\r\n", b"longer");
    assert_eq!(rule(import(announced).await), "media.limit");
    assert_eq!(
        rule(import(answer("200 OK", "", b"longer")).await),
        "media.limit"
    );
    let broken = answer("200 OK", "Content-Length: 5\r\n", b"by");
    let error = import(broken).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(rule(import(answer("200 OK", "", b"")).await), "media.empty");
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let clock = ManualClock::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let fetch = fetcher(at, &clock)
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap();
    let reading = tokio::spawn(async move {
        let stream = fetch.stream(&url("https://media.example/a.mp4")).await?;
        stream.try_for_each(|_| async { Ok(()) }).await
    });
    let (mut stream, _) = listener.accept().await.unwrap();
    read_head(&mut stream).await;
    stream.write_all(&answer("200 OK", "", b"a")).await.unwrap();
    // It drips for ever: the whole is limited, not the pause between two bytes.
    for _ in 0..6 {
        stream.write_all(b"a").await.unwrap();
        clock.advance(Duration::from_secs(11));
    }
    let error = reading.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[test]
fn nothing_of_a_file_is_shown() {
    let head = Head {
        bytes: Bytes::from_static(b"sesame"),
        is_whole: true,
        announced: None,
    };
    assert!(!format!("{head:?}").contains("sesame"));
}
