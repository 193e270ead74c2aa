//! Accounts that were disconnected, and what is left of them.

use serde_json::json;

use crate::harness::form::post_of;
use crate::harness::page::between;
use crate::harness::{Browser, Post, SandboxSide, Server, fixture};
use crate::posting::says;

async fn ready() -> (Server, Browser, SandboxSide) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    (server, browser, sandbox)
}

async fn video(browser: &mut Browser) -> Post {
    let form = Post::open(browser).await;
    form.file("clip.mp4", fixture("clip.mp4"))
}

async fn scheduled(browser: &mut Browser) -> String {
    let form = video(browser).await.with("when", "later");
    let form = form.with("due", "2099-01-01T12:00").with("missed", "fail");
    post_of(&form.send(browser).await)
}

async fn disconnect(browser: &mut Browser, account: &str) {
    let address = format!("/accounts/{account}/disconnect");
    let answer = browser.post(&address, &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.words());
    browser.follow(answer).await;
}

#[tokio::test]
async fn access_that_could_not_be_given_back_is_not_said_to_be() {
    let (_server, mut browser, sandbox) = ready().await;
    let account = video(&mut browser).await.account;
    sandbox
        .arm(json!({ "endpoint": "revoke", "kind": "status", "times": 50, "status": 503, "body": {} }))
        .await;
    disconnect(&mut browser, &account).await;
    // Also when the answer to the button is long gone.
    let page = browser.get("/accounts").await;
    page.says("TikTok could not be told. Remove this app in TikTok's settings too.");
    assert!(!page.words().contains("given back"), "{}", page.words());
    sandbox.disarm().await;
    browser.connect("studio-account").await;
    disconnect(&mut browser, &account).await;
    let page = browser.get("/accounts").await;
    page.says("Access was given back and deleted.");
}

#[tokio::test]
async fn an_open_form_of_a_disconnected_account_says_so() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = video(&mut browser).await;
    let later = scheduled(&mut browser).await;
    disconnect(&mut browser, &form.account).await;
    for others in [false, true] {
        for answer in [
            form.send(&mut browser).await,
            form.check(&mut browser).await,
        ] {
            assert_eq!(answer.status, 422);
            answer.says("Studio Account is disconnected Connect it again to post with it.");
            assert!(!answer.words().contains("asked TikTok"), "nobody asked");
        }
        let again = browser.get(&format!("/publish/tiktok?again={later}")).await;
        assert_eq!(again.status, 200);
        again.says("Studio Account is disconnected Connect it again to post with it.");
        if !others {
            browser.connect("studio-private").await;
        }
    }
    assert!(sandbox.posts().await.is_empty());
}

#[tokio::test]
async fn what_a_disconnect_cancels_is_told_as_it_was() {
    let (_server, mut browser, _sandbox) = ready().await;
    let account = video(&mut browser).await.account;
    let post = scheduled(&mut browser).await;
    disconnect(&mut browser, &account).await;
    let page = says(&browser, &post, "Nothing was posted.").await;
    for words in ["local cancelled", "By local", "Asked to cancel"] {
        assert!(!page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn a_post_in_the_inbox_stays_in_sight_without_its_account() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = video(&mut browser).await;
    let form = form.with("way", "inbox").without("privacy");
    let form = form.without("allow_comment");
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Finish it in the TikTok app").await;
    assert!(page.contains("TikTok is asked at"), "{page}");
    disconnect(&mut browser, &form.account).await;
    let overview = browser.get("/").await;
    assert_eq!(overview.status, 200);
    overview.says("waits in the TikTok inbox. Finish it in the TikTok app.");
    let page = browser.get(&format!("/posts/{post}")).await;
    page.says("The account is not connected any more, so TikTok cannot be asked.");
    assert!(!page.words().contains("Ask now"), "{}", page.words());
    let asked = sandbox.calls("status").await;
    let answer = browser.post(&format!("/posts/{post}/reconcile"), &[]).await;
    let page = browser.follow(answer).await;
    page.says("TikTok was not asked");
    assert_eq!(sandbox.calls("status").await, asked);
}

/// TikTok wants them chosen for every post.
#[tokio::test]
async fn a_post_again_chooses_neither_audience_nor_what_viewers_may() {
    let (_server, mut browser, _sandbox) = ready().await;
    let post = scheduled(&mut browser).await;
    let again = browser.get(&format!("/publish/tiktok?again={post}")).await;
    again.says("Hello from a test");
    let audience = between(&again.text, "id=\"privacy\"", "</select>").expect("the audiences");
    let chosen: Vec<&str> = audience
        .split("<option")
        .filter(|option| option.contains(" selected"))
        .collect();
    assert!(
        chosen.iter().all(|option| option.contains("value=\"\"")),
        "{chosen:?}"
    );
    let comment = between(&again.text, "name=\"allow_comment\"", ">").expect("a box");
    assert!(!comment.contains("checked"), "{comment}");
}

#[tokio::test]
async fn cancelling_what_tiktok_has_whole_promises_nothing() {
    let (_server, mut browser, sandbox) = ready().await;
    sandbox.set(json!({ "processing_millis": 600_000 })).await;
    let post = post_of(&video(&mut browser).await.send(&mut browser).await);
    says(&browser, &post, "TikTok has all of it").await;
    let answer = browser.post(&format!("/posts/{post}/cancel"), &[]).await;
    let page = browser.follow(answer).await;
    page.says("It may still publish it. If it does, delete it in the TikTok app.");
    let page = says(&browser, &post, "Asked to cancel").await;
    assert!(!page.contains("It stops as soon as"), "{page}");
}
