//! What a person reads while it is not known whether a call that counts once was carried out.

use serde_json::json;

use crate::harness::form::post_of;
use crate::harness::page::between;
use crate::harness::{Post, SandboxSide, Server, eventually};
use crate::posting::says;
use crate::verdicts::database;

#[tokio::test]
async fn a_lost_answer_to_what_counts_once_is_told_as_that_from_the_first_second() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let lost = json!({ "endpoint": "init", "kind": "drop_after", "times": 1 });
    sandbox.arm(lost).await;
    let form = Post::open(&mut browser)
        .await
        .with("source", "url")
        .with("video_url", "https://media.example.com/sample.mp4");
    let post = post_of(&form.send(&mut browser).await);
    let page = says(
        &browser,
        &post,
        "The connection broke before TikTok answered",
    )
    .await;
    let not_so = [
        "Did not work",
        "will be tried again",
        "Then: try again",
        "Answer from TikTok",
    ];
    for words in [
        "It is not known whether TikTok did it. It is not sent again. TikTok is asked at",
        "It was not known whether TikTok did it. It was not sent again.",
        "Then: ask TikTok whether it did it",
        "Details for support",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    for words in not_so {
        assert!(!page.contains(words), "{words} is in {page}");
    }
    let shown = browser.get(&format!("/posts/{post}")).await;
    let badge = between(&shown.text, "id=\"state\"", "</").expect("a badge");
    assert!(
        badge.contains("odd"),
        "unknown has a tone of its own: {badge}"
    );
    browser
        .get("/posts")
        .await
        .says("It is not known whether TikTok did it. It is not sent again.");
    eventually("the post that nobody was told of", || async {
        (sandbox.posts().await.len() == 1).then_some(())
    })
    .await;
    assert_eq!(sandbox.calls("init").await, 1, "it is not sent again");

    // When nobody could tell, the row of then still says what was so.
    let id = post.replace('-', "");
    let undecided = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE posts SET state = 'undecided', outcome = '\"undecided\"', settles_at = NULL \
         WHERE hex(id) = upper('{id}')"
    )));
    let mut database = database(&server).await;
    undecided.execute(&mut database).await.expect("written");
    let page = says(&browser, &post, "We do not know yet").await;
    assert!(
        page.contains("The connection broke before TikTok answered"),
        "{page}"
    );
    for words in not_so {
        assert!(!page.contains(words), "{words} is in {page}");
    }
    drop(server);
}
