//! GET and HEAD change nothing unless a person meant them: link previews, browsers that fetch ahead, `curl -I`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, redirect};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::harness::client::{allow, encode};
use crate::harness::form::post_of;
use crate::harness::page::hidden;
use crate::harness::{Browser, Post, SandboxSide, Server, fixture, within};

/// How a request says that nobody waits for it.
const AHEAD: [(&str, &str); 5] = [
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("purpose", "prefetch"),
    ("x-moz", "prefetch"),
    ("x-purpose", "preview"),
];

/// A request of every kind that nobody meant.
fn unmeant(browser: &Browser, address: &str) -> Vec<RequestBuilder> {
    let get =
        |(name, value): &(&str, &str)| browser.request(Method::GET, address).header(*name, *value);
    let mut all: Vec<_> = AHEAD.iter().map(get).collect();
    all.push(browser.request(Method::HEAD, address));
    all
}

/// Sends them all; none leaves a cookie or takes one away.
async fn send_unmeant(browser: &mut Browser, address: &str) {
    let before = browser.cookies.clone();
    for request in unmeant(browser, address) {
        let answer = browser.send(request).await;
        assert_ne!(answer.status, 303, "{address}");
        assert!(!answer.headers.contains_key("set-cookie"), "{address}");
        assert!(!answer.text.contains("<h1"), "{address} was shown");
    }
    assert_eq!(browser.cookies, before, "{address}");
}

#[tokio::test]
async fn a_sign_in_link_is_not_used_up() {
    let server = Server::start().await;
    let link = server.link.clone();
    let mut browser = server.stranger();
    send_unmeant(&mut browser, &link).await;
    // As a picture or a frame of somebody's page.
    for shown in ["image", "iframe", "empty"] {
        let request = browser.request(Method::GET, &link);
        let answer = browser.send(request.header("sec-fetch-dest", shown)).await;
        assert_eq!(answer.status, 403, "{shown}");
    }
    let request = browser.request(Method::GET, &link);
    let answer = browser
        .send(request.header("sec-fetch-dest", "document"))
        .await;
    assert_eq!(
        answer.location.as_deref(),
        Some("/"),
        "the person's own click"
    );
    assert_eq!(browser.get("/accounts").await.status, 200);
}

#[tokio::test]
async fn a_callback_that_is_fetched_ahead_leaves_the_login_open() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let page = browser.consent_page().await;
    let callback = browser.consent(&page, &allow("studio-account")).await;
    send_unmeant(&mut browser, &callback).await;
    assert_eq!(sandbox.calls("token").await, 0, "nothing was exchanged");
    let answer = browser.get(&callback).await;
    assert_eq!(answer.location.as_deref(), Some("/accounts"));
    // What is said of it once is not said to nobody either.
    send_unmeant(&mut browser, "/accounts").await;
    let page = browser.get("/accounts").await;
    page.says("Studio Account is connected");
}

/// Everything that is stored, as text: the server's files, and what its sandbox was asked.
async fn everything(server: &Server, sandbox: &SandboxSide) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for file in ["server.db", "social.db"] {
        let rows = rows(&server.setup.data().join(file)).await;
        all.extend(
            rows.into_iter()
                .map(|(table, rows)| (format!("{file} {table}"), rows)),
        );
    }
    let transcript = sandbox.get("/transcript").await;
    let calls = transcript.as_array().map(Vec::len).unwrap_or_default();
    all.insert("calls".to_owned(), vec![calls.to_string()]);
    all
}

async fn rows(file: &Path) -> BTreeMap<String, Vec<String>> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut conn = options.connect().await.expect("opened");
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let names = sqlx::query(names)
        .fetch_all(&mut conn)
        .await
        .expect("tables");
    let mut all = BTreeMap::new();
    for name in names {
        let name: String = name.get(0);
        let columns = format!("SELECT name FROM pragma_table_info('{name}')");
        let columns = sqlx::query(sqlx::AssertSqlSafe(columns));
        let columns = columns.fetch_all(&mut conn).await.expect("columns");
        let columns: Vec<String> = columns
            .iter()
            .map(|column| format!("quote(\"{}\")", column.get::<String, _>(0)))
            .collect();
        let select = format!("SELECT {} FROM \"{name}\"", columns.join(" || ' ' || "));
        let select = sqlx::query(sqlx::AssertSqlSafe(select));
        let found = select.fetch_all(&mut conn).await.expect("rows");
        let mut rows: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        rows.sort();
        all.insert(name, rows);
    }
    all
}

/// What the router of the server answers GET at, as its source says, so that none is forgotten.
fn routes() -> Vec<&'static str> {
    let source = include_str!("../../server/app.rs");
    let mut routes = Vec::new();
    for part in source.split(".route(").skip(1) {
        let address = part.split('"').nth(1).expect("an address");
        let handlers = part.split(".route(").next().unwrap_or(part);
        let handlers = handlers.split(".layer(").next().unwrap_or(handlers);
        if handlers.contains("get(") {
            routes.push(address);
        }
    }
    assert!(routes.len() > 15, "{routes:?}");
    routes
}

#[tokio::test]
async fn no_address_changes_anything_for_a_request_that_nobody_meant() {
    let server = crate::harness::Setup::new()
        .flags(&["--no-workers"])
        .start()
        .await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    let refused = form.clone().with("privacy", "").check(&mut browser).await;
    let kept = hidden(&refused.text, "upload_id").expect("a kept file");
    let consent = browser.consent_page().await;
    let callback = browser.consent(&consent, &allow("studio-private")).await;

    let before = everything(&server, &sandbox).await;
    for route in routes() {
        let address = match route {
            "/api/auth/tiktok/callback" => callback.clone(),
            "/accounts/{key}/disconnect" => format!("/accounts/{}/disconnect", form.account),
            "/publish/kept/{id}" => format!("/publish/kept/{kept}"),
            "/publish/avatar/{form}" => format!("/publish/avatar/{}", form.key),
            "/posts/{id}" => format!("/posts/{post}"),
            "/events" => format!("/events?post={post}"),
            "/sign-in" => "/sign-in?token=something".to_owned(),
            plain => {
                assert!(!plain.contains('{'), "say what stands for {plain}");
                plain.to_owned()
            }
        };
        send_unmeant(&mut browser, &address).await;
    }
    let after = everything(&server, &sandbox).await;
    for (table, rows) in &before {
        assert_eq!(&after[table], rows, "{table} has changed");
    }
    let answer = browser.get(&callback).await;
    assert_eq!(
        answer.location.as_deref(),
        Some("/accounts"),
        "it still connects"
    );
}

#[tokio::test]
async fn the_sandboxs_consent_page_opens_nothing_and_lets_nobody_through() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let page = browser.consent_page().await;
    let mut other = Browser::new(&sandbox.base);
    let secrets = sandbox.get("/secrets").await;
    for request in unmeant(&other, &page) {
        let answer = other.send(request).await;
        assert_eq!((answer.status, answer.text.as_str()), (503, ""));
    }
    assert_eq!(
        sandbox.get("/secrets").await,
        secrets,
        "no code, no session"
    );
    assert_eq!(other.get(&page).await.status, 200);
}

/// The quickstart waits for one callback.
#[tokio::test]
async fn the_quickstart_goes_on_with_the_persons_own_callback() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = std::env::current_exe().expect("a path");
    let target = own.parent().and_then(Path::parent).expect("target/PROFILE");
    let mut child = Command::new(target.join("examples").join("quickstart"))
        .env_remove("TIKTOK_CLIENT_KEY")
        .env("TIKTOK_CLIENT_SECRET", "")
        .env("TIKTOK_BASE_URL", " ")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the quickstart, as cargo has built it");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let found = async {
        while let Some(line) = lines.next_line().await.expect("readable") {
            let address = line
                .split_whitespace()
                .find(|word| word.starts_with("http"));
            if let Some(address) = address {
                return address.to_owned();
            }
        }
        panic!("it ended without an address");
    };
    let address = within(Duration::from_secs(30), "an address", found).await;
    let http = Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .expect("a client");
    let door = http.get(&address).send().await.expect("an answer");
    let page = door.headers()["location"].to_str().expect("text");
    let consent = http
        .post(page)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(encode(&allow("studio-account")))
        .send()
        .await
        .expect("an answer");
    let callback = consent.headers()["location"]
        .to_str()
        .expect("text")
        .to_owned();
    let mut browser = Browser::new("");
    for request in unmeant(&browser, &callback) {
        assert_eq!(browser.send(request).await.status, 503);
    }
    assert_eq!(browser.get(&callback).await.status, 200);
    // What it prints is read, so that it is never in its way.
    let rest = async {
        while let Ok(Some(_)) = lines.next_line().await {}
        child.wait().await.expect("waited for")
    };
    let ended = within(Duration::from_secs(120), "the quickstart's end", rest).await;
    assert!(ended.success(), "{ended}");
}
