//! Files with addresses, over real HTTP.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Method, Response, StatusCode};
use social_core::{
    MediaDir, MediaStore, MediaStoreExt, PublicMedia, media::AddressKeys, model::MediaId,
    time::ManualClock,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

const HOUR: Duration = Duration::from_secs(3_600);

struct Stage {
    media: PublicMedia<MediaDir>,
    clock: ManualClock,
    client: Client,
    at: std::net::SocketAddr,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let clock = ManualClock::default();
        let key = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let media = PublicMedia::builder(MediaDir::open(folder.path()).unwrap())
            .base(format!("http://{at}/files").parse().unwrap())
            .keys(AddressKeys::from_keys([&key]).unwrap())
            .clock(Arc::new(clock.clone()))
            .dangerously_allow_unreachable_base_for_sandbox()
            .build()
            .unwrap();
        let app = axum::Router::new().nest("/files", examples::public_media::router(media.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let client = Client::builder().tls_certs_only([]).no_proxy();
        Self {
            media,
            clock,
            client: client.build().unwrap(),
            at,
            folder,
        }
    }

    async fn put(&self, bytes: Vec<u8>) -> (MediaId, Url) {
        let id = self.media.put_bytes(bytes).await.unwrap().id;
        let url = self.media.public_url(&id, HOUR).await.unwrap().unwrap();
        (id, url.into_exposed())
    }

    async fn ask(&self, method: Method, url: &Url, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.request(method, url.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

/// A photo of more than one piece.
fn photo() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    bytes.extend((0..700_000_usize).map(|at| u8::try_from((at / 251 + at) % 256).unwrap()));
    bytes
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_file_is_fetched_whole_and_in_ranges() {
    let stage = Stage::new().await;
    let photo = photo();
    let (id, url) = stage.put(photo.clone()).await;
    let whole = stage.ask(Method::GET, &url, &[]).await;
    assert_eq!(whole.status(), StatusCode::OK);
    let length = photo.len().to_string();
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", &length),
        ("content-disposition", "inline"),
        ("accept-ranges", "bytes"),
        ("etag", &format!("\"{id}\"")),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(header(&whole, name), value, "{name}");
    }
    assert!(whole.bytes().await.unwrap() == photo);
    for (range, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=100-599999", 100..600_000),
        ("bytes=700000-", 700_000..photo.len()),
        ("bytes=-8", photo.len() - 8..photo.len()),
    ] {
        let told = stage.ask(Method::GET, &url, &[("range", range)]).await;
        assert_eq!(told.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        let bounds = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        assert_eq!(header(&told, "content-range"), bounds);
        assert_eq!(header(&told, "content-length"), part.len().to_string());
        assert!(told.bytes().await.unwrap() == photo[part], "{range}");
    }
    let beyond = stage
        .ask(Method::GET, &url, &[("range", "bytes=9999999-")])
        .await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(
        header(&beyond, "content-range"),
        format!("bytes */{length}")
    );
}

/// As a client reads it that knows nothing: after the headers of a HEAD the connection goes on with the next answer.
#[tokio::test]
async fn a_head_has_the_headers_and_no_body() {
    let stage = Stage::new().await;
    let (_, url) = stage.put(photo()).await;
    let target = format!("{}?{}", url.path(), url.query().unwrap());
    let mut connection = TcpStream::connect(stage.at).await.unwrap();
    let host = stage.at;
    let asked = format!(
        "HEAD {target} HTTP/1.1\r\nhost: {host}\r\n\r\nGET /files/nothing HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    );
    connection.write_all(asked.as_bytes()).await.unwrap();
    let mut told = String::new();
    connection.read_to_string(&mut told).await.unwrap();
    let (head, rest) = told.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-length: 700008"), "{head}");
    assert!(rest.starts_with("HTTP/1.1 404 Not Found\r\n"), "{rest}");
}

#[tokio::test]
async fn what_leads_nowhere_is_one_404() {
    let stage = Stage::new().await;
    let (_, good) = stage.put(photo()).await;
    let (gone, removed) = stage.put(b"gone".to_vec()).await;
    stage.media.remove(&gone).await.unwrap();
    let mut tampered = good.clone();
    let query = good.query().unwrap().replace("expires=1", "expires=2");
    tampered.set_query(Some(&query));
    let mut other = good.clone();
    other.set_path(removed.path());
    let mut bare = good.clone();
    bare.set_query(None);
    let mut told = Vec::new();
    for url in [&tampered, &other, &bare, &removed] {
        told.push(stage.ask(Method::GET, url, &[]).await);
    }
    stage.clock.advance(HOUR * 2);
    told.push(stage.ask(Method::GET, &good, &[]).await);
    for response in told {
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let names = response.headers().keys().map(ToString::to_string);
        let mut names: Vec<_> = names.collect();
        names.sort();
        let expected = [
            "cache-control",
            "content-length",
            "date",
            "referrer-policy",
            "x-content-type-options",
        ];
        assert_eq!(names, expected);
        assert_eq!(response.bytes().await.unwrap(), "");
    }
}

#[tokio::test]
async fn other_methods_are_refused() {
    let stage = Stage::new().await;
    let (id, url) = stage.put(photo()).await;
    for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
        let told = stage.ask(method, &url, &[]).await;
        assert_eq!(told.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&told, "allow"), "GET, HEAD");
    }
    stage.media.stat(&id).await.unwrap();
}

/// A file that is damaged behind the server's back is not passed off as whole.
#[tokio::test]
async fn a_file_cut_short_breaks_the_answer_off() {
    let stage = Stage::new().await;
    let (id, url) = stage.put(vec![7; 40_000_000]).await;
    let response = stage.ask(Method::GET, &url, &[]).await;
    let path = stage
        .folder
        .path()
        .join(&id.as_str()[..2])
        .join(id.as_str());
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(10).unwrap();
    assert!(response.bytes().await.is_err());
}
