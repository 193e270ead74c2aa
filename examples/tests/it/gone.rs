//! Accounts that were disconnected, and what is left of them.

use crate::harness::form::post_of;
use crate::harness::{Browser, Post, SandboxSide, Server, fixture};

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
