//! What the check of a form says: only what was looked at passes, and what is booked counts.

use serde_json::json;

use crate::harness::form::post_of;
use crate::harness::page::{between, hidden};
use crate::harness::{Answer, Browser, Post, SandboxSide, Server, eventually, fixture};
use crate::posting::says;

async fn ready() -> (Server, Browser, SandboxSide) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    (server, browser, sandbox)
}

/// The card of checks, in words.
fn checks(answer: &Answer) -> String {
    let card = between(&answer.text, "id=\"preflight\"", "</section>").expect("the checks");
    crate::harness::page::words(&format!("<section {card}"))
}

fn is_blocked(answer: &Answer) -> bool {
    answer
        .text
        .contains("id=\"preflight\" data-part data-blocked=\"true\"")
}

/// A check as the page's module sends it: what the browser can read of the file instead of the file.
async fn typed(browser: &mut Browser, form: &Post, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("idempotency_key", form.key.as_str()),
        ("account", form.account.as_str()),
        ("title", "Hello from a test"),
        ("privacy", "PUBLIC_TO_EVERYONE"),
        ("when", "now"),
    ];
    fields.extend_from_slice(more);
    browser.post("/publish/tiktok/check", &fields).await
}

#[tokio::test]
async fn a_file_that_nobody_has_looked_at_has_not_passed() {
    let (_server, mut browser, _sandbox) = ready().await;
    let form = Post::open(&mut browser).await;
    let chosen = [("file_name", "not-a-video.mp4"), ("file_size", "82")];
    let answer = typed(&mut browser, &form, &chosen).await;
    assert_eq!(answer.status, 200, "{}", answer.words());
    let said = checks(&answer);
    assert!(said.contains("Nothing found so far"), "{said}");
    assert!(
        said.contains("We look inside the file when it has arrived"),
        "{said}"
    );
    assert!(!said.contains("All passed"), "{said}");
    assert!(!is_blocked(&answer));

    // An address is looked at later, too.
    let address = [
        ("source", "url"),
        ("video_url", "https://nobody.example/a.mp4"),
    ];
    let answer = typed(&mut browser, &form, &address).await;
    let said = checks(&answer);
    assert!(said.contains("Nothing found so far"), "{said}");
    assert!(said.contains("is looked at when you press Post"), "{said}");

    // What has arrived was looked at.
    let arrived = form.file("clip.mp4", fixture("clip.mp4"));
    let answer = arrived.check(&mut browser).await;
    assert!(
        checks(&answer).contains("All passed"),
        "{}",
        checks(&answer)
    );
}

#[tokio::test]
async fn a_refused_file_is_not_kept_and_the_button_follows_the_verdict() {
    let (_server, mut browser, sandbox) = ready().await;
    for (name, file, why) in [
        (
            "slow.mp4",
            "clip-15fps.mp4",
            "15.0 frames a second, TikTok takes 23 to 60",
        ),
        ("text.mp4", "not-a-video.mp4", "This file is not a video"),
        ("bad.mp4", "absurd-counts.mp4", "damaged or incomplete"),
    ] {
        let bytes = fixture(file);
        let size = bytes.len().to_string();
        let form = Post::open(&mut browser).await.file(name, bytes);
        let answer = form.send(&mut browser).await;
        assert_eq!(answer.status, 422, "{name}");
        answer.says(why);
        assert!(is_blocked(&answer), "{name}");
        let page = answer.words();
        assert!(!page.contains("is kept, no need"), "{name}: {page}");
        assert!(
            page.contains(&format!("{name} has arrived and cannot be posted")),
            "{page}"
        );
        assert!(!page.contains("All passed"), "{name}: {page}");
        assert!(
            !page.contains("Limit: 23 to 60"),
            "the limit is said once: {page}"
        );
        // The focus moves to the summary, and the page checks again, as it does while somebody types.
        let upload = hidden(&answer.text, "upload_id").expect("what is known of it");
        let chosen = [
            ("file_name", name),
            ("file_size", size.as_str()),
            ("upload_id", upload.as_str()),
        ];
        let again = typed(&mut browser, &form, &chosen).await;
        assert_eq!(again.status, 422, "{name}");
        again.says(why);
        assert!(
            is_blocked(&again),
            "{name}: the button follows the last verdict"
        );
        let said = checks(&again);
        assert!(!said.contains("All passed"), "{name}: {said}");
        // Another file is another matter.
        let other = [
            ("file_name", "other.mp4"),
            ("file_size", "4000"),
            ("upload_id", upload.as_str()),
        ];
        let other = typed(&mut browser, &form, &other).await;
        assert_eq!(other.status, 200, "{}", other.words());
        assert!(
            checks(&other).contains("We look inside the file"),
            "{}",
            checks(&other)
        );
    }
    assert_eq!(sandbox.calls("init").await, 0);
}

async fn for_the_inbox(browser: &mut Browser) -> Post {
    Post::open(browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"))
        .with("way", "inbox")
        .without("privacy")
        .without("allow_comment")
}

#[tokio::test]
async fn a_full_inbox_is_told_before_posting_and_a_freed_place_is_used_at_once() {
    let (_server, mut browser, sandbox) = ready().await;
    for _ in 0..5 {
        let post = post_of(&for_the_inbox(&mut browser).await.send(&mut browser).await);
        says(&browser, &post, "Finish it in the TikTok app").await;
    }
    let asked = sandbox.calls("inbox_init").await;
    assert_eq!(asked, 5);
    let page = browser.get("/publish/tiktok").await;
    page.says("Pending uploads 5 / 5");
    page.says("None left before");
    let sixth = for_the_inbox(&mut browser).await;
    let checked = sixth.check(&mut browser).await;
    let said = checks(&checked);
    assert!(said.contains("The TikTok inbox is full"), "{said}");
    for words in ["All passed", "The account can post now"] {
        assert!(!said.contains(words), "{words}: {said}");
    }
    checked.says("5 uploads already wait in the TikTok inbox.");
    checked.says("Finish one in the app and this one starts at once");
    checked.says("Or post on the profile instead.");
    // A check spends nothing.
    browser
        .get("/publish/tiktok")
        .await
        .says("Pending uploads 5 / 5");

    let post = post_of(&sixth.send(&mut browser).await);
    let page = says(
        &browser,
        &post,
        "As many uploads wait in the TikTok inbox as may: 5. Finish or discard one in the TikTok app",
    )
    .await;
    assert!(
        !page.contains("TikTok asks us to wait"),
        "TikTok was not asked: {page}"
    );
    assert_eq!(sandbox.calls("inbox_init").await, 5, "TikTok was not asked");
    let shares = sandbox.get("/inbox").await;
    let share = shares[0]["publish_id"].clone();
    sandbox
        .send("/inbox/post", json!({ "publish_id": share }))
        .await;
    eventually("the freed place to be used", || async {
        (sandbox.calls("inbox_init").await == 6).then_some(())
    })
    .await;
    says(&browser, &post, "Finish it in the TikTok app").await;
}

#[tokio::test]
async fn where_the_profile_is_full_the_inbox_is_offered() {
    let (_server, mut browser, sandbox) = ready().await;
    let full = json!({ "too_many_posts": true });
    sandbox.put("/accounts/studio-account", full).await;
    let page = browser.get("/publish/tiktok").await;
    assert!(
        !page.text.contains("id=\"publish\""),
        "no form for what TikTok does not take"
    );
    page.says("TikTok does not take posts from Studio Account now");
    assert!(
        !page.words().contains("It is tried again"),
        "nothing was written yet"
    );
    let there = between(&page.text, "href=\"/publish/tiktok?account=", "\"").expect("a way on");
    let there = format!(
        "/publish/tiktok?account={}",
        there.replace("&amp;", "&").replace("&#38;", "&")
    );
    let form = browser.get(&there).await;
    assert!(
        form.text
            .contains("id=\"way-inbox\" value=\"inbox\" checked")
    );
    assert!(
        form.text
            .contains("id=\"way-direct\" value=\"direct\" disabled")
    );
    let key = hidden(&form.text, "idempotency_key").expect("a key");
    let account = hidden(&form.text, "account").expect("an account");
    let sent = Post::of(&key, &account)
        .file("clip.mp4", fixture("clip.mp4"))
        .with("way", "inbox");
    let direct = sent
        .clone()
        .with("way", "direct")
        .with("privacy", "PUBLIC_TO_EVERYONE");
    let direct = direct.check(&mut browser).await;
    assert!(is_blocked(&direct));
    direct.says("Send it to the TikTok inbox instead");
    let post = post_of(&sent.send(&mut browser).await);
    says(&browser, &post, "Finish it in the TikTok app").await;
}

#[tokio::test]
async fn a_disconnected_account_says_so_where_it_would_post() {
    let (_server, mut browser, _sandbox) = ready().await;
    browser.connect("studio-private").await;
    let form = Post::open(&mut browser).await;
    let gone = form.account.clone();
    browser
        .post(&format!("/accounts/{gone}/disconnect"), &[])
        .await;
    let page = browser
        .get(&format!("/publish/tiktok?account={gone}"))
        .await;
    assert_eq!(page.status, 200);
    page.says("is disconnected");
    page.says("Connect again");
    assert!(
        page.text.contains("href=\"/api/auth/tiktok\""),
        "the button does it"
    );
    let none = browser
        .get("/publish/tiktok?account=0123456789abcdef")
        .await;
    assert_eq!(none.status, 404);
}
