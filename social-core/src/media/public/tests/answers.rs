use http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, DATE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http_body::Body;

use super::*;

const TEXT: &[u8] = b"0123456789abcdefghij";

#[tokio::test]
async fn a_file_comes_whole_with_all_that_is_known_of_it() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let told = stage.get(&stage.target(&id).await).await;
    assert_eq!((told.status, &told.body[..]), (StatusCode::OK, TEXT));
    let etag = format!("\"{id}\"");
    for (name, value) in [
        (ACCEPT_RANGES, "bytes"),
        (CACHE_CONTROL, "private, no-store"),
        (CONTENT_DISPOSITION, "attachment"),
        (CONTENT_LENGTH, "20"),
        (CONTENT_TYPE, "application/octet-stream"),
        (ETAG, &etag),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        assert_eq!(told.header(name.clone()), value, "{name}");
    }
    assert_eq!(told.headers.len(), 8);
}

#[tokio::test]
async fn a_head_tells_the_same_without_the_file() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    let whole = stage.get(&target).await;
    for headers in [&[][..], &[(RANGE, "bytes=0-4")]] {
        let told = stage.ask(Method::HEAD, &target, headers).await;
        assert_eq!((told.status, &told.headers), (whole.status, &whole.headers));
        assert!(told.body.is_empty());
    }
}

#[tokio::test]
async fn what_a_file_is_shows_in_the_file() {
    let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
    let webm = b"\x1A\x45\xDF\xA3\x9F\x42\x82\x84webm";
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0";
    for (bytes, kind, shown) in [
        (&b"\xFF\xD8\xFF\xE0\0\x10JFIF"[..], "image/jpeg", "inline"),
        (b"\x89PNG\r\n\x1A\n\0\0", "image/png", "inline"),
        (webp, "image/webp", "inline"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4", "inline"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime", "inline"),
        (webm, "video/webm", "inline"),
        (heic, "application/octet-stream", "attachment"),
        (
            b"<html><script>alert(1)</script>",
            "application/octet-stream",
            "attachment",
        ),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "application/octet-stream",
            "attachment",
        ),
        (b"%PDF-1.7", "application/pdf", "attachment"),
        (b"WEBVTT\n\n", "text/vtt", "attachment"),
        (
            b"1\n00:00:01,000 --> 00:00:02,000\nHello\n",
            "application/x-subrip",
            "attachment",
        ),
        (b"a", "application/octet-stream", "attachment"),
    ] {
        let stage = Stage::new();
        let id = stage.put(bytes).await;
        let told = stage.get(&stage.target(&id).await).await;
        assert_eq!(told.header(CONTENT_TYPE), kind);
        assert_eq!(told.header(CONTENT_DISPOSITION), shown, "{kind}");
        assert_eq!(told.body, bytes);
    }
}

#[tokio::test]
async fn one_range_comes_as_a_part() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    for (range, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=5-9", 5..10),
        ("bytes=15-", 15..20),
        ("bytes=-3", 17..20),
        ("bytes=-300", 0..20),
        ("bytes=10-300", 10..20),
    ] {
        let told = stage.ask(Method::GET, &target, &[(RANGE, range)]).await;
        assert_eq!(told.status, 206, "{range}");
        assert_eq!(told.body, TEXT[part.clone()], "{range}");
        let bounds = format!("bytes {}-{}/20", part.start, part.end - 1);
        assert_eq!(told.header(CONTENT_RANGE), bounds);
        assert_eq!(told.header(CONTENT_LENGTH), part.len().to_string());
        assert_eq!(told.header(ETAG), format!("\"{id}\""));
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_is_told_where_the_end_is() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    for range in [
        "bytes=20-",
        "bytes=20-30",
        "bytes=-0",
        "bytes=9999999999999999999999-",
    ] {
        let told = stage.ask(Method::GET, &target, &[(RANGE, range)]).await;
        assert_eq!(told.status, 416, "{range}");
        assert_eq!(told.header(CONTENT_RANGE), "bytes */20");
        assert!(told.body.is_empty());
        assert_eq!(told.header(CONTENT_LENGTH), "0");
    }
}

#[tokio::test]
async fn other_ranges_are_answered_with_the_whole() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    let many = format!("bytes={}", "0-,".repeat(2_000));
    for ranges in [
        &["bytes=0-1,3-4"][..],
        &["bytes=0-1", "bytes=3-4"],
        &[&many],
        &["bytes=4-3"],
        &["items=0-1"],
        &["bytes"],
        &[""],
    ] {
        let headers: Vec<_> = ranges.iter().map(|range| (RANGE, *range)).collect();
        let told = stage.ask(Method::GET, &target, &headers).await;
        assert_eq!((told.status, &told.body[..]), (StatusCode::OK, TEXT));
    }
}

#[tokio::test]
async fn a_range_is_of_the_file_that_was_begun() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    let own = format!("\"{id}\"");
    let weak = format!("W/{own}");
    let several = format!("{own}, \"a\"");
    for (tag, status) in [
        (own.as_str(), 206),
        (&weak, 200),
        (&several, 200),
        ("\"another\"", 200),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 200),
        ("", 200),
    ] {
        let headers = [(RANGE, "bytes=0-4"), (IF_RANGE, tag)];
        let told = stage.ask(Method::GET, &target, &headers).await;
        assert_eq!(told.status, status, "{tag}");
    }
    let twice = [(RANGE, "bytes=0-4"), (IF_RANGE, &own), (IF_RANGE, &own)];
    assert_eq!(stage.ask(Method::GET, &target, &twice).await.status, 200);
}

#[tokio::test]
async fn conditions_are_kept() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    let own = format!("\"{id}\"");
    let listed = format!("\"a\", W/{own} ,\"b\"");
    for (name, value, status) in [
        (IF_NONE_MATCH, own.as_str(), 304),
        (IF_NONE_MATCH, &listed, 304),
        (IF_NONE_MATCH, "*", 304),
        (IF_NONE_MATCH, "\"a\"", 200),
        (IF_MATCH, &own, 200),
        (IF_MATCH, "*", 200),
        (IF_MATCH, &listed, 412),
        (IF_MATCH, "\"a\"", 412),
        (IF_MODIFIED_SINCE, "Wed, 21 Oct 2099 07:28:00 GMT", 200),
        (DATE, "nonsense", 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let told = stage.ask(method, &target, &[(name.clone(), value)]).await;
            assert_eq!(told.status, status, "{name}: {value}");
            assert_eq!(told.header(ETAG), own);
        }
    }
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    let asked = stage.times();
    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
        Method::TRACE,
        Method::from_bytes(b"PROPFIND").unwrap(),
    ] {
        for target in [target.as_str(), "/nothing"] {
            let told = stage.ask(method.clone(), target, &[]).await;
            assert_eq!(
                (told.status.as_u16(), told.header(ALLOW)),
                (405, "GET, HEAD")
            );
        }
    }
    assert_eq!(stage.times(), asked, "the store is not asked");
    assert_eq!(stage.get(&target).await.status, 200);
}

#[tokio::test]
async fn a_body_knows_its_length() {
    let stage = Stage::new();
    let id = stage.put(TEXT).await;
    let target = stage.target(&id).await;
    let request = Request::get(&target).header(RANGE, "bytes=0-4");
    let response = stage.media.respond(&request.body(()).unwrap()).await;
    assert_eq!(response.body().size_hint().exact(), Some(5));
    assert!(!response.body().is_end_stream());
    assert!(!format!("{response:?}").contains("signature"));
    let request = Request::head(&target).body(()).unwrap();
    let response = stage.media.respond(&request).await;
    assert!(response.body().is_end_stream());
}
