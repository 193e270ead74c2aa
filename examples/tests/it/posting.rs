//! Publishing a video: once, however often it is sent.

use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::harness::form::post_of;
use crate::harness::page::hidden;
use crate::harness::{Browser, Post, SandboxSide, Server, eventually, fixture, video_of};
use crate::verdicts::multiply;

async fn ready() -> (Server, Browser, SandboxSide) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    (server, browser, sandbox)
}

/// Waits until a post's page says this.
pub(crate) async fn says(browser: &Browser, post: &str, words: &str) -> String {
    eventually(words, || {
        let mut browser = browser.clone();
        async move {
            let page = browser.get(&format!("/posts/{post}")).await.words();
            page.contains(words).then_some(page)
        }
    })
    .await
}

#[tokio::test]
async fn a_video_is_published_and_its_page_says_how() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"))
        .with("title", "First\r\nsecond line");
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Public link known").await;
    for words in [
        "Published",
        "Accepted",
        "File received",
        "TikTok accepted",
        "TikTok has all of it",
        "Consent given by local.",
        "https://www.tiktok.com/@studio-account/video/",
        "Open on TikTok",
        "publish id",
        "Comment",
        "By posting, you agree to TikTok's Music Usage Confirmation.",
        "H.264",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    let posts = sandbox.posts().await;
    assert_eq!(posts.len(), 1);
    assert_eq!(
        posts[0]["title"], "First\nsecond line",
        "line breaks as TikTok counts them"
    );
    assert_eq!(
        posts[0]["privacy_level"]
            .as_str()
            .or(posts[0]["privacy"].as_str()),
        Some("PUBLIC_TO_EVERYONE")
    );
    browser.get("/posts").await.says("1 of 1");
    browser.get("/").await.says("Nothing needs you.");
}

#[tokio::test]
async fn sending_the_form_again_is_the_same_post() {
    let (server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    // Pressed twice at once, then again after the answer, then after a restart.
    let (mut one, mut two) = (browser.clone(), browser.clone());
    let (first, second) = tokio::join!(form.send(&mut one), form.send(&mut two));
    let post = post_of(&first);
    assert_eq!(post_of(&second), post);
    says(&browser, &post, "Published").await;
    let again = form.clone().file_first().send(&mut browser).await;
    assert_eq!(post_of(&again), post, "also with the file before the words");
    browser
        .follow(again)
        .await
        .says("This form was sent before");
    let setup = server.kill().await;
    let server = setup.start().await;
    assert_eq!(post_of(&form.send(&mut browser).await), post);
    assert_eq!(sandbox_again(&mut browser).await.posts().await.len(), 1);
    drop((server, sandbox));
}

async fn sandbox_again(browser: &mut Browser) -> SandboxSide {
    SandboxSide::of(browser).await
}

#[tokio::test]
async fn a_form_sent_before_with_something_else_in_it_is_not_a_second_post_by_accident() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    let other = form.clone().with("title", "Something else");
    let answer = other.send(&mut browser).await;
    assert_eq!(answer.status, 422);
    answer.says("Something else was in it then.");
    let key = hidden(&answer.text, "idempotency_key").expect("a key");
    assert_ne!(key, form.key, "pressing again is a decision");
    let upload = hidden(&answer.text, "upload_id").expect("the file is kept");
    let mut anew = other.kept(&upload);
    anew.key = key;
    let second = post_of(&anew.send(&mut browser).await);
    assert_ne!(second, post);
    says(&browser, &post, "Published").await;
    says(&browser, &second, "Published").await;
    assert_eq!(sandbox.posts().await.len(), 2);
}

#[tokio::test]
async fn killed_in_the_middle_of_an_upload_it_goes_on_and_posts_once() {
    let (server, mut browser, sandbox) = ready().await;
    let hold = sandbox.hold("upload", 3).await;
    let form = Post::open(&mut browser)
        .await
        .file("large.mp4", video_of(75_000_000));
    let post = post_of(&form.send(&mut browser).await);
    sandbox.holds(hold).await;
    let page = browser.get(&format!("/posts/{post}")).await.words();
    assert!(
        page.contains("Sending") && page.contains("part 4 of 7"),
        "{page}"
    );
    let setup = server.kill().await;

    let server = setup.start().await;
    let page = says(&browser, &post, "Published").await;
    assert!(page.contains("Worker stopped, another took over"), "{page}");
    assert!(page.contains("Nothing was sent twice."), "{page}");
    let sandbox = sandbox_again(&mut browser).await;
    assert_eq!(sandbox.posts().await.len(), 1);
    drop(server);
}

#[tokio::test]
async fn a_scheduled_post_waits_and_can_be_cancelled_and_posted_again() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let later = form
        .with("when", "later")
        .with("due", "2099-01-02T03:04")
        .with("missed", "30m");
    let post = post_of(&later.send(&mut browser).await);
    let page = browser.get(&format!("/posts/{post}")).await;
    page.says("Scheduled");
    page.says("Fri 2 Jan 2099, 03:04 UTC");
    let answer = browser.post(&format!("/posts/{post}/cancel"), &[]).await;
    let page = browser.follow(answer).await;
    page.says("The post is cancelled");
    page.says("Post again as new");
    let answer = browser.post(&format!("/posts/{post}/cancel"), &[]).await;
    browser
        .follow(answer)
        .await
        .says("It is too late to cancel");

    let again = browser.get(&format!("/publish/tiktok?again={post}")).await;
    again.says("Hello from a test");
    let mut anew = later
        .kept(&hidden(&again.text, "upload_id").expect("the same file"))
        .with("when", "now")
        .without("due");
    anew.key = hidden(&again.text, "idempotency_key").expect("a new key");
    let second = post_of(&anew.send(&mut browser).await);
    says(&browser, &second, "Published").await;
    assert_eq!(sandbox.posts().await.len(), 1);
    assert_eq!(
        browser
            .get("/posts?state=cancelled")
            .await
            .text
            .matches("id=\"post-")
            .count()
            / 2,
        1
    );
}

#[tokio::test]
async fn the_list_filters_and_pages() {
    let (server, mut browser, _sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let form = form
        .with("title", "Number 00")
        .with("when", "later")
        .with("due", "2099-01-02T03:04")
        .with("missed", "fail");
    let post = post_of(&form.send(&mut browser).await);
    let caption = [("caption", "printf('Number %02d', n.i)")];
    multiply(&server, &post, 51, &caption).await;
    let rows = |page: &crate::harness::Answer| page.text.matches("class=\"cover title\"").count();
    let first = browser.get("/posts").await;
    assert_eq!(rows(&first), 50);
    first.says("50 of 52");
    first.says("Number 51");
    let older = crate::harness::page::between(&first.text, "end\" href=\"", "\"")
        .expect("older")
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    let second = browser.get(&older).await;
    assert_eq!(rows(&second), 2);
    second.says("Number 00");
    let found = browser.get("/posts?q=number+07").await;
    assert_eq!(rows(&found), 1);
    assert_eq!(rows(&browser.get("/posts?state=working").await), 50);
    let none = browser.get("/posts?state=failed").await;
    none.says("No post fits");
    assert_eq!(browser.get("/posts?before=nonsense").await.status, 404);
}

#[tokio::test]
async fn a_token_that_died_early_is_renewed_and_the_post_goes_on() {
    let (_server, mut browser, sandbox) = ready().await;
    sandbox
        .arm(json!({ "endpoint": "init", "kind": "expire_token" }))
        .await;
    sandbox
        .arm(json!({ "endpoint": "creator_info", "kind": "expire_token" }))
        .await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    says(&browser, &post, "Published").await;
    assert_eq!(sandbox.posts().await.len(), 1);
    browser.get("/accounts").await.says("Connected");
}

/// The post is in one file, and what the server remembers of the form in another, whose disk may be full.
#[tokio::test]
async fn a_post_that_was_taken_is_told_even_where_its_form_cannot_be_kept() {
    let (server, mut browser, sandbox) = ready().await;
    let file = SqliteConnectOptions::new().filename(server.setup.data().join("server.db"));
    let mut own = file.connect().await.expect("the server's own file");
    let full =
        "CREATE TRIGGER full BEFORE INSERT ON server_forms BEGIN SELECT RAISE(ABORT, 'full'); END";
    sqlx::raw_sql(full)
        .execute(&mut own)
        .await
        .expect("a trigger");
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.clone().send(&mut browser).await);
    says(&browser, &post, "Public link known").await;
    assert_eq!(
        post_of(&form.send(&mut browser).await),
        post,
        "the same form"
    );
    assert_eq!(sandbox.posts().await.len(), 1);
}

/// The only part of the file goes out, and TikTok does not take it.
#[tokio::test]
async fn a_part_that_was_not_taken_is_not_said_to_be_sent() {
    let (_server, mut browser, sandbox) = ready().await;
    sandbox
        .arm(json!({ "endpoint": "upload", "kind": "status", "times": 1, "status": 503, "body": {} }))
        .await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Did not work, will be tried again").await;
    for words in [
        "Part 1 sent",
        "TikTok has all of it",
        "in one part",
        "Processing",
    ] {
        assert!(!page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("Cancel post"), "{page}");
    let page = says(&browser, &post, "Public link known").await;
    for words in ["Part 1 sent", "TikTok has all of it"] {
        assert_eq!(page.matches(words).count(), 1, "{words}: {page}");
    }
}

/// One file may have come under several names.
#[tokio::test]
async fn a_post_again_offers_the_file_under_the_name_that_was_posted() {
    let (_server, mut browser, _sandbox) = ready().await;
    let form = Post::open(&mut browser).await;
    let draft = form.file("draft.mp4", fixture("clip.mp4"));
    draft.check(&mut browser).await;
    let form = Post::open(&mut browser).await;
    let last = form.file("final.mp4", fixture("clip.mp4"));
    let post = post_of(&last.send(&mut browser).await);
    let again = browser.get(&format!("/publish/tiktok?again={post}")).await;
    again.says("final.mp4");
    assert!(!again.words().contains("draft.mp4"), "{}", again.words());
}

/// The form's own questions count with those of posts.
#[tokio::test]
async fn a_form_that_is_opened_often_says_when_it_can_be_opened_again() {
    let (_server, mut browser, sandbox) = ready().await;
    // The sandbox would answer them all: it is the server that keeps to what TikTok takes.
    sandbox.set(json!({ "rate_limits": false })).await;
    let mut last = browser.get("/publish/tiktok").await;
    for _ in 0..20 {
        last = browser.get("/publish/tiktok").await;
    }
    assert_eq!(last.status, 429);
    last.says(
        "TikTok takes only so many requests a minute for one account. Try again in a minute.",
    );
    assert!(!last.words().contains("by itself"), "{}", last.words());
    assert_eq!(
        sandbox.calls("creator_info").await,
        20,
        "TikTok was not asked more often than it wants"
    );
}
