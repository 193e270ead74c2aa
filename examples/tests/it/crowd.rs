//! One who connects very often takes nobody else's place.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{Server, within};

/// More than the server takes in all.
const MANY: usize = 520;
/// Long before anything that is pending ends by itself.
const AT_ONCE: Duration = Duration::from_secs(10);

/// Asks for much and reads nothing.
async fn flood(server: &Server) -> Vec<TcpStream> {
    let address = server.base.trim_start_matches("http://");
    let requests = "GET /assets/app.css HTTP/1.1\r\nhost: a\r\n\r\n".repeat(64);
    let mut held = Vec::new();
    for _ in 0..MANY {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("a small buffer");
        let address = address.parse().expect("an address");
        let Ok(mut stream) = socket.connect(address).await else {
            continue;
        };
        // Those above the limit are closed already.
        drop(stream.write_all(requests.as_bytes()).await);
        held.push(stream);
    }
    held
}

/// The status line that somebody at another address of this machine gets.
async fn ask_from_elsewhere(server: &Server) -> String {
    let address = server.base.trim_start_matches("http://");
    let socket = TcpSocket::new_v4().expect("a socket");
    let own = "127.0.0.2:0".parse().expect("an address");
    socket.bind(own).expect("an address of this machine");
    let there = address.parse().expect("an address");
    let mut stream = socket.connect(there).await.expect("a connection");
    let request = format!("GET /assets/app.css HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_flood_of_connections_from_one_address_leaves_room_for_others() {
    let server = Server::start().await;
    let held = flood(&server).await;
    let answer = within(AT_ONCE, "an answer for others", ask_from_elsewhere(&server)).await;
    assert_eq!(answer, "HTTP/1.1 200");
    let log = server.log();
    assert!(
        log.contains("too many connections") && log.contains("PROXIES"),
        "{log}"
    );
    assert_eq!(
        log.matches("too many connections").count(),
        1,
        "one line a minute"
    );
    drop(held);
}

/// A form whose first field never begins is held by nobody, and looked through by nobody.
#[tokio::test]
async fn a_form_without_fields_is_not_read_on() {
    const WHOLE: usize = 64 << 20;
    const PIECE: usize = 64 << 10;
    let server = Server::start().await;
    let browser = server.visitor().await;
    let address = server.base.trim_start_matches("http://");
    let (cookie, session) = (browser.cookies.iter())
        .find(|(name, _)| name.starts_with("session"))
        .expect("signed in");
    for beginning in ["", "--X\r\ncontent-disposition: form-data; name=\"a\"; b="] {
        let head = format!(
            "POST /publish/tiktok HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}={session}\r\n\
             sec-fetch-site: same-origin\r\ncontent-type: multipart/form-data; boundary=X\r\n\
             content-length: {WHOLE}\r\n\r\n{beginning}"
        );
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("begun");
        let mut sent = 0;
        let sending = async {
            while sent < WHOLE && stream.write_all(&[b'a'; PIECE]).await.is_ok() {
                sent += PIECE;
            }
        };
        within(AT_ONCE, "an end", sending).await;
        assert!(sent < WHOLE / 2, "{sent} bytes were taken");
    }
    let again = browser
        .request(reqwest::Method::GET, "/accounts")
        .send()
        .await;
    assert_eq!(again.expect("an answer").status(), 200);
}
