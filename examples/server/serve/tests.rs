use std::net::SocketAddr;

use axum::Extension;
use axum::routing::get;
use futures_util::stream;
use social_core::time::{ManualClock, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::net::TcpSocket;

use super::*;

/// Longer than any of this may take; what is tested runs on a clock of its own.
const PATIENCE: Duration = Duration::from_secs(60);
const NEVER: Duration = Duration::from_secs(1 << 40);
const LONG: usize = 1 << 20;

/// A server on a port of its own.
struct Bench {
    clock: ManualClock,
    address: SocketAddr,
    stop: CancellationToken,
}

impl Bench {
    async fn new(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (clock, stop) = (ManualClock::default(), CancellationToken::new());
        let router = Router::new()
            .route("/short", get(|| async { "short" }))
            .route("/long", get(|| async { "a".repeat(LONG) }))
            .route("/stream", get(endless));
        let serving = serve(
            listener,
            router,
            Arc::new(clock.clone()),
            stop.clone(),
            limits,
        );
        tokio::spawn(serving);
        Self {
            clock,
            address,
            stop,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address)
            .await
            .expect("a connection")
    }

    /// From another address of this machine.
    async fn connect_from(&self, from: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        let from = format!("{from}:0").parse().expect("an address");
        socket.bind(from).expect("an address of this machine");
        socket.connect(self.address).await.expect("a connection")
    }

    /// Asks for much and reads nothing of it.
    async fn connect_and_read_nothing(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("a small buffer");
        let mut stream = socket.connect(self.address).await.expect("a connection");
        let requests = "GET /long HTTP/1.1\r\nhost: a\r\n\r\n".repeat(64);
        stream.write_all(requests.as_bytes()).await.expect("asked");
        stream
    }

    /// Lets time pass until something has happened.
    async fn until<T>(&self, step: Duration, what: &str, happens: impl Future<Output = T>) -> T {
        let mut happens = pin!(happens);
        let watch = SystemClock::default();
        let mut over = pin!(watch.sleep(PATIENCE));
        loop {
            tokio::select! {
                biased;
                happened = happens.as_mut() => return happened,
                () = over.as_mut() => panic!("never: {what}"),
                () = tokio::task::yield_now() => self.clock.advance(step),
            }
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Says something, and never more; it holds its connection.
async fn endless(Extension(life): Extension<Life>) -> Body {
    let held = life.hold();
    let first = stream::once(async { Ok::<_, Infallible>("first".to_owned()) });
    let rest = stream::pending();
    Body::from_stream(futures_util::StreamExt::inspect(
        futures_util::StreamExt::chain(first, rest),
        move |_| _ = &held,
    ))
}

async fn ask(stream: &mut TcpStream, path: &str) -> Option<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = [0; 4_096];
    match stream.read(&mut answer).await {
        Ok(0) | Err(_) => None,
        Ok(length) => Some(String::from_utf8_lossy(&answer[..length]).into_owned()),
    }
}

/// Reads until the other side ends it.
async fn ended(stream: &mut TcpStream) {
    let mut bytes = [0; 4_096];
    while let Ok(1..) = stream.read(&mut bytes).await {}
}

#[tokio::test]
async fn who_reads_nothing_gives_the_place_to_others() {
    let bench = Bench::new(Limits {
        connections: 8,
        life: NEVER,
        ..Limits::default()
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(bench.connect_and_read_nothing().await);
    }
    let other = async {
        let mut stream = bench.connect().await;
        ask(&mut stream, "/short").await
    };
    let answer = bench
        .until(Duration::from_secs(5), "another is answered", other)
        .await;
    assert!(answer.expect("an answer").starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn who_reads_is_served_however_long_it_takes() {
    let bench = Bench::new(Limits {
        life: NEVER,
        ..Limits::default()
    })
    .await;
    let mut slow = bench.connect().await;
    let requests = "GET /long HTTP/1.1\r\nhost: a\r\n\r\n".repeat(64);
    slow.write_all(requests.as_bytes()).await.expect("asked");
    let whole = 64 * LONG;
    let mut bytes = vec![0; 32 * 1_024];
    let mut read = 0;
    let watch = SystemClock::default();
    // Never as long as patience lasts in one go, and many times as long in all.
    while read < whole {
        bench.clock.advance(Duration::from_millis(50));
        tokio::task::yield_now().await;
        let came = tokio::select! {
            came = slow.read(&mut bytes) => came.expect("served on"),
            () = watch.sleep(PATIENCE) => panic!("nothing more came"),
        };
        assert_ne!(came, 0, "cut after {read} bytes");
        read += came;
    }
    assert!(bench.clock.elapsed() > 2 * Limits::default().stall);
}

#[tokio::test]
async fn a_write_fails_when_none_of_it_has_moved_for_so_long() {
    let (near, mut far) = duplex(8);
    let clock = ManualClock::default();
    let mut near = Moving::new(near, Arc::new(clock.clone()), Duration::from_secs(30));
    near.write_all(&[0; 8]).await.expect("there is room");
    for _ in 0..3 {
        {
            let mut more = pin!(near.write_all(&[0; 8]));
            assert!(futures_util::poll!(more.as_mut()).is_pending());
            clock.advance(Duration::from_secs(29));
            assert!(futures_util::poll!(more.as_mut()).is_pending());
            far.read_exact(&mut [0; 8]).await.expect("read");
            more.await.expect("it moved");
        }
    }
    let mut more = pin!(near.write_all(&[0; 8]));
    assert!(futures_util::poll!(more.as_mut()).is_pending());
    clock.advance(Duration::from_secs(30));
    let error = more.await.expect_err("nothing moved");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_connection_ends_when_it_is_old_unless_it_carries_a_stream() {
    let bench = Bench::new(Limits {
        stall: NEVER,
        ..Limits::default()
    })
    .await;
    let (mut plain, mut streaming) = (bench.connect().await, bench.connect().await);
    assert!(ask(&mut plain, "/short").await.is_some());
    let mut said = ask(&mut streaming, "/stream").await.expect("an answer");
    while !said.contains("first") {
        let mut bytes = [0; 4_096];
        let length = streaming.read(&mut bytes).await.expect("more");
        assert_ne!(length, 0, "{said}");
        said.push_str(&String::from_utf8_lossy(&bytes[..length]));
    }
    bench
        .until(
            Duration::from_secs(60),
            "an old one ends",
            ended(&mut plain),
        )
        .await;
    assert!(bench.clock.elapsed() >= Limits::default().life);
    for _ in 0..100 {
        bench.clock.advance(Limits::default().life);
        tokio::task::yield_now().await;
    }
    let mut bytes = [0; 8];
    let more = pin!(streaming.read(&mut bytes));
    assert!(futures_util::poll!(more).is_pending(), "the stream goes on");
}

/// It asks on and reads so slowly that something always moves.
#[tokio::test]
async fn one_that_never_ends_what_it_has_begun_is_cut_at_the_end_of_its_life() {
    let bench = Bench::new(Limits {
        connections: 1,
        stall: NEVER,
        ..Limits::default()
    })
    .await;
    let _slow = bench.connect_and_read_nothing().await;
    let other = async {
        let mut stream = bench.connect().await;
        ask(&mut stream, "/short").await
    };
    let answer = bench
        .until(Duration::from_secs(60), "another is answered", other)
        .await;
    assert!(answer.is_some());
    let limits = Limits::default();
    assert!(bench.clock.elapsed() >= limits.life + limits.parting);
}

#[tokio::test]
async fn one_address_does_not_get_every_place_unless_it_is_a_proxy() {
    let limits = Limits {
        per_address: 2,
        ..Limits::default()
    };
    let bench = Bench::new(limits.clone()).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = bench.connect().await;
        assert!(ask(&mut stream, "/short").await.is_some());
        held.push(stream);
    }
    assert_eq!(ask(&mut bench.connect().await, "/short").await, None);
    let mut other = bench.connect_from("127.0.0.2").await;
    assert!(ask(&mut other, "/short").await.is_some());
    held.clear();
    let again = async {
        loop {
            if let Some(answer) = ask(&mut bench.connect().await, "/short").await {
                return answer;
            }
        }
    };
    bench
        .until(Duration::ZERO, "its places are free again", again)
        .await;

    let bench = Bench::new(Limits {
        proxies: Proxies::parse("127.0.0.0/8").expect("proxies"),
        ..limits
    })
    .await;
    for _ in 0..5 {
        let mut stream = bench.connect().await;
        assert!(ask(&mut stream, "/short").await.is_some());
        held.push(stream);
    }
}
