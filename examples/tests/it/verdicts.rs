//! Posts that need a person: undecided, missed, failed.

use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::harness::form::post_of;
use crate::harness::page::hidden;
use crate::harness::{Browser, Post, SandboxSide, Server, eventually, fixture};
use crate::posting::says;

pub(crate) async fn database(server: &Server) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(server.setup.data().join("social.db"));
    options.connect().await.expect("the database")
}

/// Makes so many newer posts of one; `changes` are expressions in which `n.i` counts from 1.
pub(crate) async fn multiply(server: &Server, post: &str, count: u32, changes: &[(&str, &str)]) {
    let mut database = database(server).await;
    let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info('posts')")
        .fetch_all(&mut database)
        .await
        .expect("columns");
    for (name, _) in changes {
        let known = columns.iter().any(|column| column == name);
        assert!(known, "posts have no column {name}");
    }
    let values = columns.iter().map(|column| {
        let changed = changes.iter().find(|(name, _)| name == column);
        match (changed, column.as_str()) {
            (Some((_, value)), _) => (*value).to_owned(),
            (_, "id") => "unhex(printf('7f%030x', n.i))".to_owned(),
            (_, "idempotency_key") => "'multiplied-' || n.i".to_owned(),
            (_, "remote_ids") => "'[]'".to_owned(),
            (_, other) => format!("p.{other}"),
        }
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let (columns, id) = (columns.join(", "), post.replace('-', ""));
    let multiply = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
         INSERT INTO posts ({columns}) SELECT {values} FROM posts p, n WHERE hex(p.id) = upper('{id}')"
    );
    let made = sqlx::query(sqlx::AssertSqlSafe(multiply));
    let made = made.execute(&mut database).await.expect("written");
    assert_eq!(made.rows_affected(), u64::from(count));
}

/// A published post of which nobody knows any more that it was: as after a day without an answer.
pub(crate) async fn undecided(server: &Server, browser: &mut Browser, title: &str) -> String {
    // What comes late would tell.
    let sandbox = SandboxSide::of(browser).await;
    sandbox.put("/webhooks", json!({ "held": true })).await;
    let form = Post::open(browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.with("title", title).send(browser).await);
    says(browser, &post, "Public link known").await;
    let id = post.replace('-', "");
    let forgotten = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE posts SET state = 'undecided', outcome = '\"undecided\"' WHERE hex(id) = upper('{id}')"
    )));
    let forgotten = forgotten
        .execute(&mut database(server).await)
        .await
        .expect("written");
    assert_eq!(forgotten.rows_affected(), 1);
    post
}

#[tokio::test]
async fn asking_now_finds_out_and_sends_nothing() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let post = undecided(&server, &mut browser, "Who knows").await;
    browser
        .get("/")
        .await
        .says("Who knows is undecided, and not posted twice. Look at the profile and settle it.");
    let page = browser.get(&format!("/posts/{post}")).await;
    page.says("We do not know yet whether TikTok published this.");
    page.says("TikTok is not asked by itself any more. Ask it now");
    page.says("Only if you have looked at the profile");
    let asked = sandbox.calls("status").await;
    let answer = browser.post(&format!("/posts/{post}/reconcile"), &[]).await;
    browser.follow(answer).await.says("TikTok is asked now");
    // A worker asks.
    says(&browser, &post, "Published").await;
    assert_eq!(sandbox.calls("status").await, asked + 1);
    assert_eq!(
        (sandbox.calls("init").await, sandbox.posts().await.len()),
        (1, 1)
    );
    // Asking about what is decided changes nothing.
    let answer = browser.post(&format!("/posts/{post}/reconcile"), &[]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(sandbox.calls("status").await, asked + 1);
}

#[tokio::test]
async fn a_silent_tiktok_is_no_news_of_a_post() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let post = undecided(&server, &mut browser, "Who knows").await;
    sandbox
        .arm(json!({ "endpoint": "status", "kind": "status", "times": 20, "status": 503, "body": {} }))
        .await;
    let asked = sandbox.calls("status").await;
    let answer = browser.post(&format!("/posts/{post}/reconcile"), &[]).await;
    browser.follow(answer).await.says("TikTok is asked now");
    let page = says(
        &browser,
        &post,
        "TikTok is asked what became of it, next at",
    )
    .await;
    eventually("a question", || async {
        (sandbox.calls("status").await > asked).then_some(())
    })
    .await;
    assert!(
        page.contains("We do not know yet whether TikTok published this."),
        "{page}"
    );
    assert!(!page.contains("Nothing was posted"), "nobody knows: {page}");
}

/// Without a publish id, and without the right to look through the account's posts.
#[tokio::test]
async fn nobody_is_said_to_be_asked_who_cannot_be() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let post = undecided(&server, &mut browser, "Who knows").await;
    sqlx::query("UPDATE posts SET remote_ids = '[]', next_at = NULL")
        .execute(&mut database(&server).await)
        .await
        .expect("written");
    let page = browser.get(&format!("/posts/{post}")).await;
    page.says(
        "TikTok does not tell this app what became of it. Look at the profile and settle it here.",
    );
    for words in ["Ask now", "the next try", "We are asking"] {
        assert!(!page.words().contains(words), "{words}: {}", page.words());
    }
    browser
        .get("/posts")
        .await
        .says("Not known. Will not post twice");
    let calls = sandbox.calls("status").await;
    let answer = browser.post(&format!("/posts/{post}/reconcile"), &[]).await;
    browser.follow(answer).await.says("TikTok was not asked");
    assert_eq!(sandbox.calls("status").await, calls);
}

/// The post is in one file, and whose word it was in another.
#[tokio::test]
async fn a_word_that_cannot_be_kept_settles_nothing() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let post = undecided(&server, &mut browser, "Looked for").await;
    let settle = format!("/posts/{post}/settle");
    let mut store = database(&server).await;
    let full = "CREATE TRIGGER full BEFORE INSERT ON post_history WHEN NEW.kind = 'settled' BEGIN SELECT RAISE(ABORT, 'full'); END";
    sqlx::raw_sql(full).execute(&mut store).await.expect("full");
    let answer = browser.post(&settle, &[("verdict", "published")]).await;
    assert_eq!(answer.status, 503);
    says(&browser, &post, "We do not know yet").await;
    let free = "DROP TRIGGER full";
    sqlx::raw_sql(free).execute(&mut store).await.expect("free");
    browser.post(&settle, &[("verdict", "published")]).await;
    says(&browser, &post, "Settled by local").await;
}

/// What TikTok has told is not called a person's word, because a person was about to say the same.
#[tokio::test]
async fn a_word_that_came_too_late_is_nobodys_verdict() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let post = undecided(&server, &mut browser, "Looked for").await;
    let answer = browser.post(&format!("/posts/{post}/reconcile"), &[]).await;
    browser.follow(answer).await.says("TikTok is asked now");
    says(&browser, &post, "Published").await;
    let settle = format!("/posts/{post}/settle");
    let answer = browser.post(&settle, &[("verdict", "absent")]).await;
    assert_eq!(answer.status, 409, "it is decided");
    let page = browser.get(&format!("/posts/{post}")).await;
    page.says("Published");
    assert!(!page.words().contains("Settled by"), "{}", page.words());
}

/// Many new ones of one kind hide none of another.
#[tokio::test]
async fn what_needs_a_person_is_seen_behind_many_failed_posts() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let post = undecided(&server, &mut browser, "The one that waits").await;
    let failed = r#"'{"failed":{"kind":"rejected","message":"x","remedy":"never"}}'"#;
    let failed = [("state", "'failed'"), ("outcome", failed)];
    multiply(&server, &post, 120, &failed).await;
    let overview = browser.get("/").await;
    overview.says("The one that waits is undecided");
    assert!(!overview.words().contains("Nothing needs you"));
    let list = browser.get("/posts?state=needs-you").await;
    list.says("The one that waits");
    list.says("1 post");
}

#[tokio::test]
async fn a_person_who_has_looked_settles_it() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let post = undecided(&server, &mut browser, "Looked for").await;
    let settle = format!("/posts/{post}/settle");
    assert_eq!(
        browser
            .post(&settle, &[("verdict", "perhaps")])
            .await
            .status,
        422
    );
    assert_eq!(browser.post(&settle, &[]).await.status, 422);
    let answer = browser.post(&settle, &[("verdict", "absent")]).await;
    let page = browser.follow(answer).await;
    page.says("Failed");
    page.says("Settled by local");
    page.says("It is not there.");
    page.says("Post again as new");
    assert_eq!(
        browser
            .post(&settle, &[("verdict", "published")])
            .await
            .status,
        409,
        "it is settled"
    );

    let post = undecided(&server, &mut browser, "Found").await;
    let answer = browser
        .post(
            &format!("/posts/{post}/settle"),
            &[("verdict", "published")],
        )
        .await;
    let page = browser.follow(answer).await;
    page.says("Published");
    page.says("It is there.");
}

#[tokio::test]
async fn a_post_whose_time_passed_is_missed_and_can_be_posted_now() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let later = form
        .with("when", "later")
        .with("due", "2099-01-01T12:00")
        .with("missed", "fail");
    let post = post_of(&later.with("title", "Too late").send(&mut browser).await);
    let (setup, _) = server.stop().await;
    let options = SqliteConnectOptions::new().filename(setup.data().join("social.db"));
    let mut database = options.connect().await.expect("the database");
    let aged = "UPDATE posts SET next_at = 1000000, expires_at = 1000001";
    sqlx::query(aged)
        .execute(&mut database)
        .await
        .expect("aged");
    let server = setup.start().await;
    let page = says(&browser, &post, "Missed").await;
    assert!(
        page.contains("Not posted, because you chose not to post late."),
        "{page}"
    );
    browser.get("/").await.says("Too late was due");
    assert_eq!(
        browser
            .get("/posts?state=failed")
            .await
            .text
            .matches("class=\"cover title\"")
            .count(),
        0
    );
    assert_eq!(
        browser
            .get("/posts?state=needs-you")
            .await
            .text
            .matches("class=\"cover title\"")
            .count(),
        1
    );
    let again = browser.get(&format!("/publish/tiktok?again={post}")).await;
    again.says("Too late");
    assert!(
        hidden(&again.text, "upload_id").is_some(),
        "the file is still here"
    );
    drop((server, sandbox));
}

#[tokio::test]
async fn what_tiktok_refuses_is_told_with_what_to_do() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let refusal = json!({ "error": { "code": "spam_risk", "message": "", "log_id": "20261120100401D3FF042DD06A3894A82F" } });
    sandbox
        .arm(json!({ "endpoint": "init", "kind": "status", "status": 403, "body": refusal }))
        .await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Failed").await;
    for words in [
        "TikTok refused this as likely spam",
        "Do not send it again",
        "20261120100401D3FF042DD06A3894A82F",
        "Post again as new",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(sandbox.posts().await.is_empty());
}
