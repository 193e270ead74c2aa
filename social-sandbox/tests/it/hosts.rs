//! The platform under its own names, as a TLS proxy forwards it: nothing is known but the Host header.

use http::StatusCode;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use social_sandbox::{App, DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, Sandbox};
use url::Url;

use crate::client::{
    Answer, CHALLENGE, FORM, JSON, REDIRECT, SCOPES, Stage, VERIFIER, form, init_body, query, send,
    sha256, value,
};
use crate::receiver::{Receiver, names};

/// A request to a public URL, sent the way a proxy in front of the sandbox would.
fn proxied(stage: &Stage, method: Method, url: &str) -> RequestBuilder {
    let url = Url::parse(url).unwrap();
    let target = format!(
        "{}{}",
        stage.sandbox.url(),
        &url[url::Position::BeforePath..]
    );
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    stage
        .http
        .request(method, target)
        .header("host", host)
        .header("x-forwarded-proto", url.scheme())
}

async fn post(stage: &Stage, path: &str, token: &str, body: &Value) -> Answer {
    let url = format!("https://open.tiktokapis.com{path}");
    let request = proxied(stage, Method::POST, &url).bearer_auth(token);
    send(request.header("content-type", JSON).body(body.to_string())).await
}

async fn tokens(stage: &Stage) -> Value {
    let scope = [&SCOPES[..], &["video.list"]].concat().join(",");
    let asked = form(&[
        ("client_key", DEMO_CLIENT_KEY),
        ("response_type", "code"),
        ("scope", &scope),
        ("redirect_uri", REDIRECT),
        ("state", "state-of-this-test"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let url = format!("https://www.tiktok.com/v2/auth/authorize/?{asked}");
    let page = send(proxied(stage, Method::GET, &url)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let style = proxied(stage, Method::GET, "https://www.tiktok.com/sandbox.css");
    assert_eq!(send(style).await.status, StatusCode::OK);
    let mut fields = vec![("account", "studio-account"), ("decision", "allow")];
    fields.extend(scope.split(',').map(|scope| ("scope", scope)));
    let request = proxied(stage, Method::POST, &url).header("content-type", FORM);
    let back = send(request.body(form(&fields))).await;
    let cookie = back.header("set-cookie");
    assert!(
        cookie.contains("Path=/v2/auth/;") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    let code = value(&query(back.header("location")), "code");
    let fields = form(&[
        ("client_key", DEMO_CLIENT_KEY),
        ("client_secret", DEMO_CLIENT_SECRET),
        ("code", &code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ]);
    let url = "https://open.tiktokapis.com/v2/oauth/token/";
    let request = proxied(stage, Method::POST, url).header("content-type", FORM);
    let answer = send(request.body(fields)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn an_unmodified_client_gets_from_a_token_to_a_public_post() {
    for host in [
        "open-upload.tiktokapis.com",
        "open-upload-i18n.tiktokapis.com",
        "upload.us.tiktokapis.com",
    ] {
        let receiver = Receiver::start().await;
        let mut app = App::new(DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET);
        app.upload_host = host.to_owned();
        let builder = Sandbox::builder().app(app).webhook(&receiver.url);
        let stage = Stage::with(builder.start().await.unwrap());
        let tokens = tokens(&stage).await;
        let token = tokens["access_token"].as_str().unwrap();

        let none = json!({});
        let creator = post(&stage, "/v2/post/publish/creator_info/query/", token, &none).await;
        assert_eq!(creator.json()["data"]["creator_username"], "studio-account");
        let path = "/v2/post/publish/video/init/";
        let begun = post(&stage, path, token, &init_body(12_000_000, 6_000_000, 2)).await;
        let begun = begun.json()["data"].clone();
        let url = begun["upload_url"].as_str().unwrap();
        assert!(
            url.starts_with(&format!("https://{host}/video/?upload_id=")),
            "{url}"
        );
        assert!(url.len() <= 256);

        let video: Vec<u8> = (0..=250).cycle().take(12_000_000).collect();
        for (chunk, range, status) in [
            (&video[..6_000_000], "bytes 0-5999999/12000000", 206),
            (&video[6_000_000..], "bytes 6000000-11999999/12000000", 201),
        ] {
            let request = proxied(&stage, Method::PUT, url)
                .header("content-type", "video/mp4")
                .header("content-range", range);
            let answer = send(request.body(chunk.to_vec())).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        }
        stage.advance(10);
        let body = json!({ "publish_id": begun["publish_id"] });
        let status = post(&stage, "/v2/post/publish/status/fetch/", token, &body).await;
        let status = status.json()["data"].clone();
        assert_eq!(status["status"], "PUBLISH_COMPLETE");
        let id = status["publicaly_available_post_id"][0].to_string();
        let listed = post(&stage, "/v2/video/list/?fields=id", token, &none).await;
        assert_eq!(listed.json()["data"]["videos"][0]["id"], id);
        let posts = stage.control().posts();
        assert_eq!(posts[0].sha256.as_deref(), Some(sha256(&video).as_str()));
        stage.control().deliver_due().await;
        let told = ["post.publish.complete", "post.publish.publicly_available"];
        assert_eq!(names(&receiver.heard()), told);
    }
}

#[tokio::test]
async fn urls_keep_the_port_and_the_scheme_by_which_it_was_reached() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    for (host, proto, base) in [
        (
            "open.tiktokapis.com",
            None,
            "http://open-upload.tiktokapis.com/",
        ),
        (
            "Open.TikTokAPIs.com:443",
            Some("https"),
            "https://open-upload.tiktokapis.com/",
        ),
        (
            "open.tiktokapis.com:8443",
            Some("https"),
            "https://open-upload.tiktokapis.com:8443/",
        ),
    ] {
        let url = format!("{}/v2/post/publish/video/init/", stage.sandbox.url());
        let mut request = stage
            .http
            .post(url)
            .bearer_auth(&token)
            .header("host", host);
        if let Some(proto) = proto {
            request = request.header("x-forwarded-proto", proto);
        }
        let request = request.header("content-type", JSON);
        let answer = send(request.body(init_body(3, 3, 1).to_string())).await;
        let url = answer.json()["data"]["upload_url"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(url.starts_with(base), "{host}: {url}");
    }
}

#[tokio::test]
async fn regional_uploads_by_path_and_hosts_that_are_not_the_platforms() {
    let mut app = App::new(DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET);
    app.upload_host = "upload.us.tiktokapis.com".to_owned();
    let stage = Stage::with(Sandbox::builder().app(app.clone()).start().await.unwrap());
    let token = stage.grant("studio-account").access_token;
    let (_, url) = stage.begin(&token, 3, 3).await;
    let base = format!("{}/upload.us.tiktokapis.com/video/?", stage.sandbox.url());
    assert!(url.starts_with(&base), "{url}");
    assert_eq!(
        stage.chunk(&url, b"abc", 0, 3).await.status,
        StatusCode::CREATED
    );

    for url in [
        "https://open.tiktokapis.com.evil.example/v2/oauth/token/",
        "https://business-api.tiktok.com/v2/oauth/token/",
        // Uploads are not answered by the API, nor the API by uploads.
        "https://open-upload.tiktokapis.com/v2/oauth/token/",
        "https://www.tiktok.com/_sandbox/secrets",
    ] {
        let answer = send(proxied(&stage, Method::POST, url)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{url}");
    }
    app.upload_host = "upload.example.com".to_owned();
    assert!(stage.control().add_app(app).is_err());
}

#[tokio::test]
async fn urls_lead_back_the_way_the_request_came() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let path = "/v2/post/publish/video/init/";
    let upload_url = async |url: String, headers: &[(&str, &str)]| {
        let mut request = stage.http.post(url).bearer_auth(&token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", "application/json");
        let answer = send(request.body(init_body(3, 3, 1).to_string())).await;
        answer.json()["data"]["upload_url"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let proxied = [
        ("host", "sandbox.example:8443"),
        ("x-forwarded-proto", "https"),
    ];
    let url = upload_url(stage.api(path), &proxied).await;
    assert!(
        url.starts_with("https://sandbox.example:8443/open-upload.tiktokapis.com/video/?"),
        "{url}"
    );
    let real = [
        ("host", "open.tiktokapis.com"),
        ("x-forwarded-proto", "https"),
    ];
    let url = upload_url(format!("{}{path}", stage.sandbox.url()), &real).await;
    assert!(
        url.starts_with("https://open-upload.tiktokapis.com/video/?upload_id="),
        "{url}"
    );
    // And under that name it takes the bytes.
    let target = url.replace("https://open-upload.tiktokapis.com", stage.sandbox.url());
    let put = stage
        .put(&target, b"abc", "bytes 0-2/3")
        .header("host", "open-upload.tiktokapis.com");
    assert_eq!(send(put).await.status, StatusCode::CREATED);
    let body = form(&[("grant_type", "none")]);
    let bare = stage
        .post_form(&format!("{}/v2/oauth/token/", stage.sandbox.url()), &body)
        .await;
    assert_eq!(
        bare.status,
        StatusCode::NOT_FOUND,
        "a path without its host is nothing"
    );
}
