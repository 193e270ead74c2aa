//! Starting and stopping, as a library and as a program.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use http::StatusCode;
use serde_json::json;
use social_sandbox::{DEMO_CLIENT_KEY, Endpoint, Fault, FaultKind, Sandbox, StartError};

use crate::client::{Stage, client, init_body, read};
use crate::receiver::{Receiver, names};

#[tokio::test]
async fn only_loopback_and_only_a_free_port() {
    let outside: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let error = Sandbox::builder()
        .listen(outside)
        .start()
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::NotLoopback(_)), "{error}");
    let first = Sandbox::start().await.unwrap();
    let taken: SocketAddr = first.url().trim_start_matches("http://").parse().unwrap();
    let error = Sandbox::builder().listen(taken).start().await.unwrap_err();
    assert!(
        error.to_string().contains("is taken; stop the program"),
        "{error}"
    );
    let wrong = Sandbox::builder().redirect_uri("http://example.com/cb");
    assert!(matches!(
        wrong.start().await.unwrap_err(),
        StartError::App(_)
    ));
}

#[tokio::test]
async fn stopping_releases_what_is_held() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let control = stage.control();
    let id = control
        .arm(Fault::new(Endpoint::Init, FaultKind::Hold))
        .unwrap();
    let path = "/v2/post/publish/video/init/";
    let request = stage.post(path, &token, &init_body(3, 3, 1));
    let held = tokio::spawn(async move { read(request.send().await.unwrap()).await });
    assert!(control.struck(id, std::time::Duration::from_secs(20)).await);
    stage.sandbox.stop().await;
    assert_eq!(held.await.unwrap().code(), "ok", "the answer still leaves");
}

#[tokio::test]
async fn dropping_ends_every_connection() {
    let stage = Stage::new().await;
    let token = stage.grant("studio-account").access_token;
    let control = stage.control();
    let id = control
        .arm(Fault::new(Endpoint::Init, FaultKind::Hold))
        .unwrap();
    let path = "/v2/post/publish/video/init/";
    let request = stage.post(path, &token, &init_body(3, 3, 1));
    let held = tokio::spawn(request.send());
    assert!(control.struck(id, std::time::Duration::from_secs(20)).await);
    let url = stage.sandbox.url().to_owned();
    drop(stage);
    assert!(held.await.unwrap().is_err());
    assert!(client().get(url).send().await.is_err());
}

/// The program, ended when dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(args: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_social-sandbox"));
    command
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Program(command.spawn().unwrap())
}

/// What it prints when it has started, and its URL.
fn greeting(program: &mut Program) -> (String, String) {
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines();
    let mut text = String::new();
    while !text.contains("Ctrl-C") {
        text += &lines.next().expect("it ended early").unwrap();
        text.push('\n');
    }
    let start = text.find("http://127.0.0.1:").unwrap();
    let url = text[start..].split_whitespace().next().unwrap().to_owned();
    (text, url)
}

#[tokio::test]
async fn the_program_says_where_it_is_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let state = path.to_str().unwrap();
    let mut running = program(&["--listen", "127.0.0.1:0", "--state", state]);
    let (text, url) = greeting(&mut running);
    for part in [
        "--app tiktok:sbaw-demo:demo-secret (default)",
        "/_sandbox",
        state,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let control = format!("{url}/_sandbox/clock/advance");
    let request = client()
        .post(control)
        .header("content-type", "application/json");
    let answer = read(request.body("{\"seconds\":77}").send().await.unwrap()).await;
    assert_eq!(answer.json()["offset_millis"], 77_000);
    let id = running.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(
        running.0.wait().unwrap().success(),
        "it ends without an error"
    );
    assert!(
        std::fs::read_to_string(path)
            .unwrap()
            .contains("\"clock_offset_millis\":77000")
    );
}

/// A line of the process's status, in KiB.
#[cfg(target_os = "linux")]
fn kib(program: &Program, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.0.id())).unwrap();
    let value = status
        .lines()
        .find_map(|text| text.strip_prefix(line))
        .unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_does_not_grow_with_a_chunk() {
    let mut running = program(&["--listen", "127.0.0.1:0"]);
    let (_, url) = greeting(&mut running);
    let post = async |path: &str, token: &str, body: serde_json::Value| {
        let request = client().post(format!("{url}{path}")).bearer_auth(token);
        let request = request.header("content-type", "application/json");
        read(request.body(body.to_string()).send().await.unwrap())
            .await
            .json()
    };
    let wanted = serde_json::json!({
        "account": "studio-account", "scopes": ["video.publish"], "client_key": "sbaw-demo",
    });
    let tokens = post("/_sandbox/grants", "", wanted).await;
    let token = tokens["access_token"].as_str().unwrap();
    let size = 64_000_000_u32;
    let path = "/open.tiktokapis.com/v2/post/publish/video/init/";
    let begun = post(path, token, init_body(size.into(), size.into(), 1)).await;
    let before = kib(&running, "VmRSS:");
    let request = client()
        .put(begun["data"]["upload_url"].as_str().unwrap())
        .header("content-type", "video/mp4")
        .header("content-range", format!("bytes 0-{}/{size}", size - 1))
        .body(vec![7; size as usize]);
    assert_eq!(
        read(request.send().await.unwrap()).await.status.as_u16(),
        201
    );
    let grown = kib(&running, "VmHWM:") - before;
    assert!(grown < 16 * 1024, "{grown} KiB for a chunk of 62500 KiB");
}

#[tokio::test]
async fn media_and_properties_are_named_by_arguments() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.mp4"), "not a video").unwrap();
    let media = format!("https://cdn.example.org/={}", folder.path().display());
    let mut running = program(&[
        "--listen",
        "127.0.0.1:0",
        "--media",
        &media,
        "--verified-domain",
        "example.org",
        "--verified-prefix",
        "https://shared.example.net/mine/",
    ]);
    let (text, url) = greeting(&mut running);
    for part in [
        "https://cdn.example.org/ is /",
        "example.org",
        "/www.tiktok.com/inbox",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let get = async |path: &str| {
        let request = client().get(format!("{url}/_sandbox{path}"));
        read(request.send().await.unwrap()).await.json()
    };
    assert_eq!(get("/media").await[0]["url"], "https://cdn.example.org/");
    let owned = get("/apps/sbaw-demo/properties").await;
    assert_eq!(owned["domains"][0], "example.org");
    assert_eq!(owned["url_prefixes"][0], "https://shared.example.net/mine/");
    let mut wrong = program(&[
        "--listen",
        "127.0.0.1:0",
        "--media",
        "https://cdn.example.org/",
    ]);
    assert!(
        !wrong.0.wait().unwrap().success(),
        "an address needs its folder"
    );
}

#[test]
fn given_secrets_are_not_repeated() {
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--app",
        "tiktok:awown:own:secret",
        "--redirect-uri",
        "https://a.example/cb",
    ];
    let (text, _) = greeting(&mut program(&args));
    assert!(text.contains("awown") && text.contains("https://a.example/cb"));
    assert!(
        !text.contains("own:secret") && !text.contains("demo"),
        "{text}"
    );
}

/// What it says when it does not start.
fn complaint(args: &[&str]) -> String {
    let mut failed = program(args);
    assert!(!failed.0.wait().unwrap().success(), "{args:?}");
    let mut text = String::new();
    failed
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[tokio::test]
async fn mistakes_are_said_plainly() {
    let other = Sandbox::start().await.unwrap();
    let taken = other.url().trim_start_matches("http://");
    assert!(complaint(&["--listen", taken]).contains("choose another port"));
    assert!(complaint(&["--listen", "0.0.0.0:4100"]).contains("is not a loopback address"));
    let app = complaint(&["--app", "instagram:a:b"]);
    assert!(app.contains("the only platform is tiktok"), "{app}");
    assert!(complaint(&["--app", "tiktok:a"]).contains("tiktok:CLIENT_KEY:CLIENT_SECRET"));
    let uri = complaint(&[
        "--listen",
        "127.0.0.1:0",
        "--redirect-uri",
        "http://example.com/",
    ]);
    assert!(uri.contains("must be https"), "{uri}");
}

#[tokio::test]
async fn the_program_sends_webhooks_where_it_is_told() {
    let receiver = Receiver::start().await;
    let mut running = program(&["--listen", "127.0.0.1:0", "--webhook", &receiver.url]);
    let (text, url) = greeting(&mut running);
    assert!(text.contains(&receiver.url), "{text}");
    let event = json!({ "client_key": DEMO_CLIENT_KEY, "event": "something.new", "content": {} });
    let request = client()
        .post(format!("{url}/_sandbox/events"))
        .header("content-type", "application/json");
    let sent = read(request.body(event.to_string()).send().await.unwrap()).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let run = client().post(format!("{url}/_sandbox/deliveries/run"));
    assert_eq!(
        read(run.send().await.unwrap()).await.json()[0]["state"],
        "delivered"
    );
    let heard = receiver.heard();
    assert_eq!(names(&heard), ["something.new"]);
    assert!(heard[0].is_genuine());

    let mut elsewhere = program(&[
        "--listen",
        "127.0.0.1:0",
        "--webhook",
        "https://example.com/",
    ]);
    assert!(!elsewhere.0.wait().unwrap().success());
    let mut said = String::new();
    elsewhere
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(said.contains("webhook URL"), "{said}");
}

/// Whoever prints an error with its causes says each once.
#[test]
fn why_it_did_not_start_is_said_once() {
    let error = social_sandbox::StartError::Bind {
        address: ([127, 0, 0, 1], 80).into(),
        cause: std::io::Error::other("not allowed"),
    };
    let error = anyhow::Error::from(error);
    assert_eq!(
        format!("{error:#}"),
        "cannot listen on 127.0.0.1:80: not allowed"
    );
}
