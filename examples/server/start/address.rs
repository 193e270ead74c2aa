//! The address under which people reach the server.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::net::{TcpStream, lookup_host};
use url::Url;

/// That of the settings, or the one that is listened on. TikTok's desktop login knows `127.0.0.1` and `localhost` only.
pub(super) async fn base(public: Option<&Url>, listening: SocketAddr) -> Result<Url> {
    if let Some(url) = public {
        return Ok(url.clone());
    }
    if listening.is_ipv4() {
        return Ok(Url::parse(&format!("http://{listening}"))?);
    }
    let port = listening.port();
    let found = lookup_host(("localhost", port)).await;
    let found: Vec<_> = found.context("localhost cannot be looked up")?.collect();
    check(&found, listening).await?;
    Ok(Url::parse(&format!("http://localhost:{port}"))?)
}

/// Refuses an address that leads nowhere, or to another program: a browser may try each of those that the name has.
async fn check(found: &[SocketAddr], listening: SocketAddr) -> Result<()> {
    if !found.iter().any(|there| there.ip() == listening.ip()) {
        bail!(
            "localhost does not lead to {} on this machine, and TikTok's sign-in comes back to 127.0.0.1 and localhost only: \
             listen on 127.0.0.1, or give PUBLIC_URL",
            listening.ip()
        );
    }
    for other in found.iter().filter(|there| there.ip() != listening.ip()) {
        if TcpStream::connect(other).await.is_ok() {
            bail!(
                "localhost leads to {other} too, where another program listens: stop it, or choose another port with --listen \
                 [{}]:{}",
                listening.ip(),
                listening.port().wrapping_add(1).max(1024)
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_name_leads_to_this_server_and_to_no_other() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let other_at = other.local_addr().expect("its address");
        let here = SocketAddr::from((Ipv6Addr::LOCALHOST, other_at.port()));
        let refused = |found: Vec<SocketAddr>| async move {
            let refused = check(&found, here).await;
            refused.map_err(|error| error.to_string())
        };
        assert_eq!(refused(vec![here]).await, Ok(()));
        let elsewhere = refused(vec![other_at]).await.unwrap_err();
        assert!(elsewhere.contains("does not lead to ::1"), "{elsewhere}");
        let both = refused(vec![here, other_at]).await.unwrap_err();
        assert!(both.contains("another program listens"), "{both}");
        drop(other);
        assert_eq!(refused(vec![here, other_at]).await, Ok(()));
    }

    #[tokio::test]
    async fn an_address_of_its_own_is_told_as_it_is() {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let told = base(None, here).await.expect("told");
        assert_eq!(told.as_str(), "http://127.0.0.1:8080/");
        let public = Url::parse("https://social.example.com").expect("an address");
        assert_eq!(base(Some(&public), here).await.expect("told"), public);
    }
}
