//! The account's picture, fetched by this server: pages ask nobody else for anything.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::TryStreamExt as _;
use social_core::Result;
use social_core::media::fetch::Fetcher;
use social_core::media::probe::{Container, image_head};
use social_core::time::Clock;
use social_tiktok::CreatorInfo;
use url::Url;

use crate::app::App;
use crate::errors::Failure;
use crate::session::Signed;

/// How long a picture may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of a picture.
const LARGEST: u64 = 512 * 1024;
/// The platform's hosts of pictures, with those below them. A list, since a pattern of names is anybody's to register
/// under; a picture of another host is not shown, and the account is shown by its name.
const HOSTS: [&str; 3] = ["tiktokcdn.com", "tiktokcdn-eu.com", "tiktokcdn-us.com"];

/// Fetches pictures through the guard of addresses that come from outside.
///
/// # Errors
/// `Unavailable` when the machine's certificates cannot be read.
pub(crate) fn fetcher(clock: Arc<dyn Clock>) -> Result<Fetcher> {
    Fetcher::builder(clock)
        .timeout(PATIENCE)
        .bytes_max(LARGEST)
        .build()
}

/// Where a page finds the picture that belongs to a form; nothing where it is not fetched.
pub(super) fn address(info: &CreatorInfo, form: &str) -> Option<String> {
    platform_address(info)?;
    Some(format!("/publish/avatar/{form}"))
}

/// Only the platform's own hosts are asked, whatever an answer names.
fn platform_address(info: &CreatorInfo) -> Option<Url> {
    let url = Url::parse(info.avatar_url.as_deref()?).ok()?;
    let host = url.domain()?;
    let is_below = |known: &&str| {
        host.strip_suffix(known)
            .is_some_and(|below| below.is_empty() || below.ends_with('.'))
    };
    let own = HOSTS.iter().any(is_below);
    let plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    (own && plain).then_some(url)
}

/// The picture of the account of a form that was shown to this person.
pub(crate) async fn show(
    State(app): State<App>,
    signed: Signed,
    form: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let Path(form) = form?;
    let now = app.social.clock().now();
    let info = app.forms.find(signed.user().as_str(), &form, now);
    let url = info.as_ref().and_then(platform_address);
    let (fetcher, url) = app
        .pictures
        .as_ref()
        .zip(url)
        .ok_or_else(Failure::not_found)?;
    match fetch(fetcher, &url).await {
        Some((kind, bytes)) => {
            let headers = [
                (CONTENT_TYPE, kind),
                (CACHE_CONTROL, "private, max-age=3600"),
            ];
            Ok((headers, Body::from(bytes)).into_response())
        }
        None => Err(Failure::not_found()),
    }
}

/// Nothing when there is no picture of a size and kind that a page shows. What it is its own bytes say.
async fn fetch(fetcher: &Fetcher, url: &Url) -> Option<(&'static str, Vec<u8>)> {
    let bytes = read(fetcher, url)
        .await
        .inspect_err(|error| tracing::debug!(%error, "a picture was not fetched"))
        .ok()?;
    let kind = match image_head(&bytes, true).ok()?.format {
        Container::Jpeg => "image/jpeg",
        Container::Png => "image/png",
        Container::WebP => "image/webp",
        _ => return None,
    };
    Some((kind, bytes))
}

async fn read(fetcher: &Fetcher, url: &Url) -> Result<Vec<u8>> {
    let mut pieces = fetcher.stream(url).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use social_core::time::SystemClock;

    use super::*;

    const HOST: &str = "p16.tiktokcdn-us.com";

    fn offered(address: &str) -> bool {
        let mut info = CreatorInfo::default();
        info.avatar_url = Some(address.to_owned());
        platform_address(&info).is_some()
    }

    #[test]
    fn only_the_platforms_own_hosts_are_asked() {
        for good in [
            "https://p16-sign-va.tiktokcdn.com/a~720x720.jpeg?x-signature=s",
            "https://p16.tiktokcdn-us.com/a.webp",
            "https://p16-pu-sign-no.tiktokcdn-eu.com/a.webp",
        ] {
            assert!(offered(good), "{good}");
        }
        for bad in [
            "http://p16.tiktokcdn.com/a.jpeg",
            "https://p16.tiktokcdn.com:8443/a.jpeg",
            "https://tiktokcdn.com.evil.example/a.jpeg",
            "https://eviltiktokcdn.com/a.jpeg",
            "https://p16.tiktokcdn-evil.com/a.jpeg",
            "https://p16.tiktokcdn-us.com.evil.example/a.jpeg",
            "https://p16-sign.tiktokcdn.example/a.jpeg",
            "https://169.254.169.254/a.jpeg",
            "https://a@p16.tiktokcdn.com/a.jpeg",
            "nonsense",
        ] {
            assert!(!offered(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_picture_is_one_by_its_own_bytes_and_of_a_bounded_size() {
        /// One pixel.
        const PNG: [u8; 33] = [
            0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0,
            0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89,
        ];
        const CALLED_ONE: [(&str, &str); 1] = [("content-type", "image/png")];
        let mut large = PNG.to_vec();
        large.resize(usize::try_from(LARGEST).expect("small") + 1, 0);
        let router = Router::new()
            .route(
                "/good",
                get(|| async { ([("content-type", "text/html")], PNG) }),
            )
            .route("/large", get(|| async { (CALLED_ONE, large) }))
            .route("/page", get(|| async { (CALLED_ONE, "<script>") }))
            .route(
                "/moved",
                get(|| async { (StatusCode::FOUND, CALLED_ONE, [("location", "/good")]) }),
            );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        let fetcher = Fetcher::builder(Arc::new(SystemClock::default()))
            .bytes_max(LARGEST)
            .loopback(HOST, address)
            .build()
            .expect("a fetcher");
        let of = async |path: &str| {
            let url = Url::parse(&format!("https://{HOST}{path}")).expect("an address");
            fetch(&fetcher, &url).await
        };
        assert_eq!(of("/good").await, Some(("image/png", PNG.to_vec())));
        for none in ["/large", "/page", "/moved", "/absent"] {
            assert_eq!(of(none).await, None, "{none}");
        }
    }
}
