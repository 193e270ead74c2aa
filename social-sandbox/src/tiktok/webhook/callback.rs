//! Callback URLs, and a request to one. They lead to this machine only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::{Host, Url};

use crate::clock::within;

/// How long a receiver has for its answer, in real time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a callback URL can be delivered to.
pub(crate) fn check(url: &str) -> Result<(), String> {
    parse(url).map(|_| ())
}

fn parse(text: &str) -> Result<(Url, Vec<SocketAddr>), String> {
    let wrong = |why: &str| format!("webhook URL {text:?} {why}");
    let url = Url::parse(text).map_err(|_| wrong("is not an absolute URL"))?;
    if url.scheme() != "http" {
        return Err(wrong("must be http: it is called on this machine"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(wrong("must have no user name and no fragment"));
    }
    let port = url.port_or_known_default().unwrap_or(80);
    let hosts: Vec<IpAddr> = match url.host() {
        Some(Host::Domain("localhost")) => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        Some(Host::Ipv4(ip)) if ip.is_loopback() => vec![ip.into()],
        Some(Host::Ipv6(ip)) if ip.is_loopback() => vec![ip.into()],
        _ => return Err(wrong("must lead to localhost, 127.0.0.1 or [::1]")),
    };
    let addresses = hosts.into_iter().map(|ip| SocketAddr::new(ip, port));
    Ok((url, addresses.collect()))
}

/// Sends one delivery and returns the status, or why there is none.
///
/// Cancel safe in that the connection ends with the future; the receiver may have the request.
pub(crate) async fn post(url: &str, signature: &str, body: String) -> Result<u16, String> {
    let (url, addresses) = parse(url)?;
    let sent = within(PATIENCE, send(&url, &addresses, signature, body)).await;
    sent.unwrap_or_else(|| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

async fn send(
    url: &Url,
    addresses: &[SocketAddr],
    signature: &str,
    body: String,
) -> Result<u16, String> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(&url[url::Position::BeforePath..])
        .header(
            header::HOST,
            &url[url::Position::BeforeHost..url::Position::AfterPort],
        )
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .header("tiktok-signature", signature)
        .body(Body::from(body))
        .map_err(|error| format!("the request cannot be made: {error}"))?;
    let stream = TcpStream::connect(addresses)
        .await
        .map_err(|error| format!("no connection: {error}"))?;
    let handshake = http1::Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await;
    let (mut sender, connection) = handshake.map_err(|error| format!("no connection: {error}"))?;
    // The sender is gone with the answer, and the connection then ends too.
    let answer = async move {
        let answer = sender.send_request(request).await;
        answer.map(|answer| answer.status().as_u16())
    };
    let (status, _) = futures_util::future::join(answer, connection).await;
    status.map_err(|error| format!("no answer: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_lead_to_this_machine() {
        for good in [
            "http://127.0.0.1:8080/api/webhooks/tiktok",
            "http://localhost/hook?x=1",
            "http://[::1]:9/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "https://127.0.0.1:8080/hook",
            "http://example.com/hook",
            "http://127.0.0.1.example.com/hook",
            "http://localhost.example.com/hook",
            "http://10.0.0.1/hook",
            "http://[::]/hook",
            "http://user@127.0.0.1/hook",
            "http://127.0.0.1/hook#x",
            "ftp://127.0.0.1/",
            "/hook",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
