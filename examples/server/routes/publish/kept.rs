//! A kept file for the preview, to the person who sent it.

use std::ops::Range;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;

use crate::app::App;
use crate::errors::Failure;
use crate::serve::Life;
use crate::session::Signed;

/// The file, or the piece that the player asks for.
pub(crate) async fn show(
    State(app): State<App>,
    signed: Signed,
    wanted: Result<Path<String>, PathRejection>,
    life: Option<Extension<Life>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Path(id) = wanted?;
    let now = app.social.clock().now();
    let kept = app.own.upload(signed.user(), &id, now).await?;
    let kept = kept.ok_or_else(Failure::not_found)?;
    let asked = headers.get(RANGE).and_then(|range| range.to_str().ok());
    let (status, range) = match asked.map(|asked| part(asked, kept.size)) {
        None => (StatusCode::OK, 0..kept.size),
        Some(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(None) => {
            let all = format!("bytes */{}", kept.size);
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, all)]).into_response());
        }
    };
    let length = range.end - range.start;
    let span = format!("bytes {}-{}/{}", range.start, range.end - 1, kept.size);
    // A player may take its time with a long video.
    let held = life.map(|Extension(life)| life.hold());
    let pieces = app.social.media().read(&kept.media, range).await?;
    let pieces = pieces.inspect(move |_| _ = &held);
    let headers = [
        (CONTENT_TYPE, kind(&kept.name).to_owned()),
        (CONTENT_LENGTH, length.to_string()),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let mut response = (status, headers, Body::from_stream(pieces)).into_response();
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(span) = span.parse()
    {
        response.headers_mut().insert(CONTENT_RANGE, span);
    }
    Ok(response)
}

/// Never anything but a video, whatever the name says: the file is somebody's.
fn kind(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("webm") => "video/webm",
        Some("mov" | "qt") => "video/quicktime",
        _ => "video/mp4",
    }
}

/// The first range that is asked for, within the file.
fn part(asked: &str, size: u64) -> Option<Range<u64>> {
    let first = asked.strip_prefix("bytes=")?.split(',').next()?.trim();
    let (from, to) = first.split_once('-')?;
    let range = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) => from..to.saturating_add(1).min(size),
        (Ok(from), Err(_)) if to.is_empty() => from..size,
        (Err(_), Ok(last)) if from.is_empty() => size.saturating_sub(last)..size,
        _ => return None,
    };
    (range.start < range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_within_the_file() {
        assert_eq!(part("bytes=0-", 10), Some(0..10));
        assert_eq!(part("bytes=2-4", 10), Some(2..5));
        assert_eq!(part("bytes=2-99", 10), Some(2..10));
        assert_eq!(part("bytes=-3", 10), Some(7..10));
        assert_eq!(part("bytes=-99", 10), Some(0..10));
        assert_eq!(part("bytes=0-18446744073709551615", 10), Some(0..10));
        for wrong in [
            "bytes=10-",
            "bytes=4-2",
            "bytes=-0",
            "bytes=a-b",
            "items=0-1",
            "",
        ] {
            assert_eq!(part(wrong, 10), None, "{wrong}");
        }
    }

    #[test]
    fn whatever_it_is_called_it_is_a_video() {
        assert_eq!(kind("a.WEBM"), "video/webm");
        assert_eq!(kind("a.mov"), "video/quicktime");
        for name in ["a.html", "a.svg", "a", "a.mp4"] {
            assert_eq!(kind(name), "video/mp4");
        }
    }
}
