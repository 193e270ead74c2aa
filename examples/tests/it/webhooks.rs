//! What TikTok tells the server: believed only when it is signed, stored before it is answered, and applied to the post or
//! account it is about.

use serde_json::{Value, json};
use social_sandbox::DEMO_CLIENT_SECRET;

use crate::harness::form::post_of;
use crate::harness::webhook::{body, deliver, seconds, send, signature, signature_at};
use crate::harness::{Browser, Post, SandboxSide, Server, eventually, fixture};
use crate::posting::says;
use crate::verdicts::{database, undecided};

async fn ready() -> (Server, Browser, String) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let open_id: String = sqlx::query_scalar("SELECT account FROM accounts")
        .fetch_one(&mut database(&server).await)
        .await
        .expect("the account");
    (server, browser, open_id)
}

async fn figures(browser: &mut Browser) -> Value {
    let answer = browser.get("/api/webhooks/tiktok").await;
    assert_eq!(answer.status, 200);
    serde_json::from_str(&answer.text).expect("JSON")
}

/// Waits until every stored event was handled, and applied by its post where there is one.
async fn handled(browser: &Browser) {
    eventually("no waiting event", || {
        let mut browser = browser.clone();
        async move {
            let figures = figures(&mut browser).await;
            (figures["waiting"] == 0 && figures["handed"] == 0).then_some(())
        }
    })
    .await;
}

/// Waits until so many events wait for a post that is not known yet.
async fn unmatched(browser: &Browser, count: u64) {
    eventually("events without a post", || {
        let mut browser = browser.clone();
        async move { (figures(&mut browser).await["unmatched"] == count).then_some(()) }
    })
    .await;
}

/// A sandbox that sends no events of its own.
async fn silent(browser: &mut Browser) -> SandboxSide {
    let sandbox = SandboxSide::of(browser).await;
    sandbox
        .put("/apps/sbaw-demo/webhook", json!({ "url": null }))
        .await;
    sandbox
}

/// A published post and its publish id.
async fn published(browser: &mut Browser) -> (String, String, String) {
    let sandbox = SandboxSide::of(browser).await;
    let form = Post::open(browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(browser).await);
    says(browser, &post, "Public link known").await;
    let posts = sandbox.posts().await;
    let last = posts.last().expect("a post");
    let text = |name: &str| match &last[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    (post, text("publish_id"), text("post_id"))
}

#[tokio::test]
async fn only_what_is_signed_is_believed_and_the_rest_is_counted() {
    let (server, mut browser, open_id) = ready().await;
    let good = body("some.new.event", &open_id, seconds(), &json!({ "a": 1 }));
    let signed = signature(&good, DEMO_CLIENT_SECRET);
    let other = signature(&good, "another-secret");
    let changed = good.replace("some.new", "same.new");
    for (body, signature) in [
        (&good, None),
        (&good, Some(other.as_str())),
        (&changed, Some(signed.as_str())),
        (&good, Some("t=1,s=00")),
        (&good, Some("sha256=00")),
    ] {
        assert_eq!(send(&server, body, signature).await.status, 401);
    }
    let told = figures(&mut browser).await;
    assert_eq!((&told["refused"], &told["stored"]), (&json!(5), &json!(0)));

    // An event that nobody knows yet is kept; sent again it is the same one.
    assert_eq!(deliver(&server, &good).await, 200);
    assert_eq!(deliver(&server, &good).await, 200);
    handled(&browser).await;
    let told = figures(&mut browser).await;
    assert_eq!((&told["stored"], &told["repeated"]), (&json!(1), &json!(1)));
    assert_eq!(told["dead_letters"], 0);

    // The figures are for whoever is signed in.
    let mut stranger = server.stranger();
    assert_eq!(stranger.get("/api/webhooks/tiktok").await.status, 401);
    let log = server.log();
    assert!(!log.contains(DEMO_CLIENT_SECRET) && !log.contains(&signed[13..]));
}

/// A signature from the future says that a clock is wrong, and the log says which to look at.
#[tokio::test]
async fn a_delivery_signed_ahead_of_our_clock_is_told_from_one_that_comes_too_late() {
    let (server, mut browser, open_id) = ready().await;
    let body = body("some.new.event", &open_id, seconds(), &json!({}));
    let late = signature_at(seconds() - 74 * 3_600, &body, DEMO_CLIENT_SECRET);
    assert_eq!(send(&server, &body, Some(&late)).await.status, 401);
    let log = server.log();
    assert!(log.contains("too late"), "{log}");
    assert!(!log.contains("ahead of"), "{log}");
    let ahead = signature_at(seconds() + 7_200, &body, DEMO_CLIENT_SECRET);
    assert_eq!(send(&server, &body, Some(&ahead)).await.status, 401);
    let log = server.log();
    let line = log.lines().find(|line| line.contains("ahead of"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("this server's clock"), "{line}");
    assert!(!line.contains("too late"), "{line}");
    let told = figures(&mut browser).await;
    assert_eq!((&told["stale"], &told["ahead"]), (&json!(1), &json!(1)));
    assert_eq!((&told["refused"], &told["stored"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_delivery_that_is_too_large_is_refused() {
    let (server, _browser, open_id) = ready().await;
    let large = body("e", &open_id, seconds(), &json!("x".repeat(70_000)));
    assert_eq!(deliver(&server, &large).await, 413);
}

#[tokio::test]
async fn a_post_that_is_no_longer_public_reads_so_whatever_comes_late() {
    let (server, mut browser, open_id) = ready().await;
    let (post, publish_id, post_id) = published(&mut browser).await;
    let now = seconds() + 600;
    let content =
        json!({ "publish_id": publish_id, "post_id": post_id, "publish_type": "DIRECT_PUBLISH" });
    let gone = "post.publish.no_longer_publicaly_available";
    let there = "post.publish.publicly_available";
    assert_eq!(
        deliver(&server, &body(gone, &open_id, now + 2, &content)).await,
        200
    );
    let page = says(&browser, &post, "No longer public").await;
    assert!(page.contains("It was published."), "{page}");
    assert!(!page.contains("Open on TikTok"), "{page}");
    browser.get("/posts").await.says("No longer public");
    handled(&browser).await;

    // An older word changes nothing, a newer one does. A late failure is none.
    let late = body(there, &open_id, now + 1, &content);
    assert_eq!(deliver(&server, &late).await, 200);
    let failed = json!({ "publish_id": publish_id, "reason": "internal" });
    let failed = body("post.publish.failed", &open_id, now + 3, &failed);
    assert_eq!(deliver(&server, &failed).await, 200);
    handled(&browser).await;
    let page = browser.get(&format!("/posts/{post}")).await.words();
    assert!(page.contains("No longer public"), "{page}");
    let again = body(there, &open_id, now + 4, &content);
    assert_eq!(deliver(&server, &again).await, 200);
    let page = says(&browser, &post, "Open on TikTok").await;
    assert!(!page.contains("No longer public"), "{page}");
}

#[tokio::test]
async fn an_event_that_comes_before_the_publish_id_waits_for_it() {
    let (server, mut browser, open_id) = ready().await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let hold = sandbox
        .arm(json!({ "endpoint": "init", "kind": "hold", "times": 1 }))
        .await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    sandbox.holds(hold).await;
    let publishes = sandbox.get("/publishes").await;
    let publish_id = publishes[0]["publish_id"].as_str().expect("an id");
    let content = json!({ "publish_id": publish_id, "post_id": "7" });
    let gone = "post.publish.no_longer_publicaly_available";
    // Of a time after what the sandbox itself will tell.
    let early = body(gone, &open_id, seconds() + 600, &content);
    assert_eq!(deliver(&server, &early).await, 200);
    unmatched(&browser, 1).await;
    sandbox.disarm().await;
    says(&browser, &post, "No longer public").await;
    handled(&browser).await;
    assert_eq!(sandbox.calls("init").await, 1, "TikTok is believed");
}

#[tokio::test]
async fn an_undecided_post_is_decided_by_an_event() {
    let (server, mut browser, open_id) = ready().await;
    let sandbox = silent(&mut browser).await;
    let post = undecided(&server, &mut browser, "Who knows").await;
    let asked = sandbox.calls("status").await;
    let posts = sandbox.posts().await;
    let content = json!({ "publish_id": posts[0]["publish_id"], "publish_type": "DIRECT_PUBLISH" });
    let complete = body("post.publish.complete", &open_id, seconds(), &content);
    assert_eq!(deliver(&server, &complete).await, 200);
    says(&browser, &post, "Published").await;
    handled(&browser).await;
    let looks = sandbox.calls("status").await - asked;
    assert!(looks <= 1, "TikTok is asked for its link, once: {looks}");
}

#[tokio::test]
async fn a_link_that_is_told_after_everybody_stopped_looking_is_found() {
    let (server, mut browser, open_id) = ready().await;
    let sandbox = silent(&mut browser).await;
    let (post, publish_id, post_id) = published(&mut browser).await;
    let forgotten = sqlx::query("UPDATE posts SET outcome = '{\"published\":[]}', next_at = NULL");
    let forgotten = forgotten.execute(&mut database(&server).await).await;
    assert_eq!(forgotten.expect("written").rows_affected(), 1);
    let page = browser.get(&format!("/posts/{post}")).await.words();
    assert!(!page.contains("Open on TikTok"), "{page}");
    let content =
        json!({ "publish_id": publish_id, "post_id": post_id, "publish_type": "DIRECT_PUBLISH" });
    let shown = body(
        "post.publish.publicly_available",
        &open_id,
        seconds(),
        &content,
    );
    assert_eq!(deliver(&server, &shown).await, 200);
    says(&browser, &post, "Open on TikTok").await;
    handled(&browser).await;
    assert_eq!(sandbox.calls("init").await, 1, "nothing is begun");
}

#[tokio::test]
async fn access_that_was_removed_in_tiktok_reads_as_when_a_call_finds_it() {
    let (server, mut browser, open_id) = ready().await;
    let sandbox = silent(&mut browser).await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let later = form
        .with("when", "later")
        .with("due", "2099-01-02T03:04")
        .with("missed", "30m");
    let post = post_of(&later.send(&mut browser).await);

    // About a connection before this one, whatever the clocks say: TikTok accepts the present tokens.
    let asked = sandbox.calls("user_info").await;
    for at in [seconds() - 3_600, seconds() + 3_600] {
        let late = body(
            "authorization.removed",
            &open_id,
            at,
            &json!({ "reason": 1 }),
        );
        assert_eq!(deliver(&server, &late).await, 200);
        handled(&browser).await;
        browser.get("/accounts").await.says("May post.");
    }
    let asked = sandbox.calls("user_info").await - asked;
    assert_eq!(asked, 2, "TikTok was asked each time");

    let removal = json!({ "client_key": "sbaw-demo", "account": "studio-account" });
    sandbox.send("/disconnect", removal).await;
    let now = seconds() + 1;
    let now = body(
        "authorization.removed",
        &open_id,
        now,
        &json!({ "reason": 1 }),
    );
    assert_eq!(deliver(&server, &now).await, 200);
    handled(&browser).await;
    let page = browser.get("/accounts").await;
    page.says("must be connected again: access was removed on TikTok");
    browser.get("/").await.says("must be connected again");
    let waits = browser.get(&format!("/posts/{post}")).await.words();
    assert!(!waits.contains("Cancelled"), "{waits}");
    assert_eq!(figures(&mut browser).await["dead_letters"], 0);
}

#[tokio::test]
async fn with_nothing_configured_the_sandbox_tells_this_server() {
    let (server, mut browser, _open_id) = ready().await;
    let (post, publish_id, post_id) = published(&mut browser).await;
    let sandbox = SandboxSide::of(&mut browser).await;
    eventually("a delivery that was answered", || async {
        let deliveries = sandbox.get("/deliveries").await.to_string();
        (deliveries.contains(&publish_id) && deliveries.contains("post.publish.complete"))
            .then_some(())
    })
    .await;
    eventually("stored events", || {
        let mut browser = browser.clone();
        async move { (figures(&mut browser).await["stored"].as_u64()? >= 2).then_some(()) }
    })
    .await;
    handled(&browser).await;

    let withdrawn = format!("/posts/{post_id}/withdraw");
    sandbox.send(&withdrawn, json!({})).await;
    says(&browser, &post, "No longer public").await;

    let removal = json!({ "client_key": "sbaw-demo", "account": "studio-account" });
    sandbox.send("/disconnect", removal).await;
    eventually("the account to need its person", || {
        let mut browser = browser.clone();
        async move {
            let page = browser.get("/accounts").await.words();
            page.contains("must be connected again: access was removed on TikTok")
                .then_some(())
        }
    })
    .await;
    assert_eq!(figures(&mut browser).await["refused"], 0);
    drop(server);
}
