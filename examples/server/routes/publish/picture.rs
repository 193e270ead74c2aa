//! The account's picture, fetched by this server: pages ask nobody else for anything.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use reqwest::redirect::Policy;
use social_core::time::Clock;
use social_tiktok::CreatorInfo;
use url::Url;

use crate::app::App;
use crate::errors::Failure;
use crate::session::Signed;

/// How long a picture may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of a picture.
const LARGEST: usize = 512 * 1024;

/// Where a page finds the picture that belongs to a form; nothing where it is not fetched.
pub(super) fn address(info: &CreatorInfo, form: &str) -> Option<String> {
    platform_address(info)?;
    Some(format!("/publish/avatar/{form}"))
}

/// Only the platform's own hosts are asked, whatever an answer names.
fn platform_address(info: &CreatorInfo) -> Option<Url> {
    let url = Url::parse(info.avatar_url.as_deref()?).ok()?;
    let mut labels = url.domain()?.rsplit('.');
    let (top, name) = (labels.next()?, labels.next()?);
    let own = name == "tiktokcdn" || name.starts_with("tiktokcdn-");
    let plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    (top == "com" && own && plain).then_some(url)
}

/// The picture of the account of a form that was shown to this person.
pub(crate) async fn show(
    State(app): State<App>,
    signed: Signed,
    form: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let Path(form) = form?;
    let now = app.social.clock().now();
    let info = app.forms.find(signed.user(), &form, now);
    let url = info.as_ref().and_then(platform_address);
    let url = url.ok_or_else(Failure::not_found)?;
    match fetch(app.social.clock(), url).await {
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

/// Nothing when there is no picture of a size and kind that a page shows.
async fn fetch(clock: &Arc<dyn Clock>, url: Url) -> Option<(&'static str, Vec<u8>)> {
    let fetched = async {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .ok()?;
        let answer = client.get(url).send().await.ok()?;
        let sent = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = ["image/jpeg", "image/png", "image/webp"]
            .into_iter()
            .find(|kind| sent.split(';').next().map(str::trim) == Some(kind))?;
        if !answer.status().is_success() {
            return None;
        }
        let (mut bytes, mut pieces) = (Vec::new(), answer.bytes_stream());
        while let Some(piece) = pieces.next().await {
            bytes.extend_from_slice(&piece.ok()?);
            if bytes.len() > LARGEST {
                return None;
            }
        }
        Some((kind, bytes))
    };
    tokio::select! {
        fetched = fetched => fetched,
        () = clock.sleep(PATIENCE) => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use social_core::time::SystemClock;

    use super::*;

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
        ] {
            assert!(offered(good), "{good}");
        }
        for bad in [
            "http://p16.tiktokcdn.com/a.jpeg",
            "https://p16.tiktokcdn.com:8443/a.jpeg",
            "https://tiktokcdn.com.evil.example/a.jpeg",
            "https://eviltiktokcdn.com/a.jpeg",
            "https://p16-sign.tiktokcdn.example/a.jpeg",
            "https://169.254.169.254/a.jpeg",
            "https://a@p16.tiktokcdn.com/a.jpeg",
            "nonsense",
        ] {
            assert!(!offered(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_picture_is_of_a_known_kind_and_of_a_bounded_size() {
        const IMAGE: [(&str, &str); 1] = [("content-type", "image/webp")];
        let router = Router::new()
            .route("/good", get(|| async { (IMAGE, vec![7; 9]) }))
            .route("/large", get(|| async { (IMAGE, vec![7; LARGEST + 1]) }))
            .route("/page", get(|| async { "words" }))
            .route(
                "/moved",
                get(|| async { (StatusCode::FOUND, IMAGE, [("location", "/good")]) }),
            );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let of = async |path: &str| {
            let url = Url::parse(&format!("{base}{path}")).expect("an address");
            fetch(&clock, url).await
        };
        assert_eq!(of("/good").await, Some(("image/webp", vec![7; 9])));
        for none in ["/large", "/page", "/moved", "/absent"] {
            assert_eq!(of(none).await, None, "{none}");
        }
    }
}
