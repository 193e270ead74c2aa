//! Photos, videos by address, and what is finished in TikTok's app.

use serde_json::{Value, json};

use crate::harness::form::post_of;
use crate::harness::page::hidden;
use crate::harness::{Browser, Post, SandboxSide, Server, eventually, fixture};
use crate::posting::says;

const MEDIA: &str = "https://media.example.com";

async fn ready() -> (Server, Browser, SandboxSide) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    (server, browser, sandbox)
}

async fn photos(browser: &mut Browser) -> Post {
    let lines = format!("{MEDIA}/sample.jpg\r\n{MEDIA}/sample.webp");
    Post::open(browser)
        .await
        .with("kind", "photos")
        .with("photos", &lines)
        .with("cover", "2")
        .with("photo_title", "Rain")
        .with("description", "on glass\r\n#rain")
}

#[tokio::test]
async fn photos_are_published_in_order_with_their_cover_and_words() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = photos(&mut browser).await.with("auto_music", "on");
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Public link known").await;
    for words in [
        "2 photos",
        "Photo 2",
        "Rain",
        "on glass",
        "media.example.com",
        "TikTok fetches it",
        "once only",
        "Added by TikTok",
        "/photo/",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    assert!(!page.contains("1. You to this server"), "{page}");
    assert_eq!(sandbox.posts().await.len(), 1);
    browser.get("/posts").await.says("2 photos");

    // The same form again is the same post; sent again as new it is filled in.
    assert_eq!(post_of(&form.send(&mut browser).await), post);
    let again = browser.get(&format!("/publish/tiktok?again={post}")).await;
    assert!(
        again
            .text
            .contains("id=\"kind-photos\" value=\"photos\" checked")
    );
    assert!(
        again
            .text
            .contains(&format!("{MEDIA}/sample.jpg\n{MEDIA}/sample.webp"))
    );
    assert_eq!(sandbox.posts().await.len(), 1);
}

#[tokio::test]
async fn a_video_is_fetched_from_its_address() {
    let (_server, mut browser, sandbox) = ready().await;
    let address = format!("{MEDIA}/sample.mp4");
    let form = Post::open(&mut browser)
        .await
        .with("source", "url")
        .with("video_url", &address);
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Public link known").await;
    assert!(page.contains("TikTok fetches from your address"), "{page}");
    assert!(page.contains("From media.example.com"), "{page}");
    assert!(!page.contains("1. You to this server"), "{page}");
    assert_eq!(
        (sandbox.calls("init").await, sandbox.posts().await.len()),
        (1, 1)
    );
}

#[tokio::test]
async fn what_tiktok_cannot_fetch_is_told_with_what_to_do() {
    let (_server, mut browser, sandbox) = ready().await;
    let open = Post::open(&mut browser).await.with("source", "url");
    for (address, words) in [
        ("http://media.example.com/a.mp4", "https addresses only"),
        (
            "https://192.0.2.1/a.mp4",
            "from a domain, not from a number",
        ),
        ("nonsense", "this is no web address"),
        ("", "Give the address of the video, or upload a file."),
    ] {
        let answer = open
            .clone()
            .with("video_url", address)
            .send(&mut browser)
            .await;
        assert_eq!(answer.status, 422, "{address}");
        answer.says(words);
        assert!(answer.text.contains("href=\"#video_url\""), "{address}");
        if !address.is_empty() {
            assert!(answer.text.contains(&format!("value=\"{address}\"")));
        }
    }
    assert_eq!(sandbox.calls("init").await, 0);
    let elsewhere = open.with("video_url", "https://elsewhere.example.org/a.mp4");
    let post = post_of(&elsewhere.send(&mut browser).await);
    let page = says(&browser, &post, "Waiting").await;
    let words = "TikTok does not know that elsewhere.example.org is yours. Verify it in TikTok's developer portal, or upload the file.";
    assert!(page.contains(words), "{page}");
    let answer = browser.post(&format!("/posts/{post}/cancel"), &[]).await;
    browser.follow(answer).await;
    says(&browser, &post, "Cancelled").await;
    assert!(sandbox.posts().await.is_empty());
}

#[tokio::test]
async fn photos_that_tiktok_cannot_fetch_say_so_and_what_to_do() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = browser.get("/publish/tiktok").await;
    form.says("The sandbox has two for you: https://media.example.com/sample.jpg");
    let gone = format!("{MEDIA}/sample.jpg\r\n{MEDIA}/gone.jpg");
    let form = photos(&mut browser).await.with("photos", &gone);
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "TikTok could not fetch the media").await;
    for words in [
        "An address of the media must answer everybody, without a redirect. It is tried again by itself at",
        "Did not work, will be tried again",
        "code: photo_pull_failed",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    assert!(!page.contains("the next try"), "{page}");
    assert!(sandbox.posts().await.is_empty());
}

/// What lies in the app's inbox.
async fn in_the_app(sandbox: &SandboxSide) -> Vec<Value> {
    eventually("a share in the inbox", || async {
        let items = sandbox.get("/inbox").await;
        items.as_array().filter(|items| !items.is_empty()).cloned()
    })
    .await
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
async fn what_is_sent_to_the_inbox_waits_for_the_person() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = for_the_inbox(&mut browser).await;
    let asked = sandbox.calls("creator_info").await;
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Finish it in the TikTok app").await;
    for words in [
        "Finish in TikTok",
        "Waiting in the TikTok inbox",
        "Nothing is on the profile before that.",
        "TikTok inbox: finished in the app",
        "3. You finish it in the app",
        "Then: finish it in the TikTok app",
        "Comes when you have posted it in the app",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    assert!(!page.contains("Visible to"), "{page}");
    assert_eq!(in_the_app(&sandbox).await.len(), 1);
    assert!(
        sandbox.posts().await.is_empty(),
        "nothing is on the profile"
    );
    assert_eq!(
        sandbox.calls("creator_info").await,
        asked,
        "its settings are chosen in the app"
    );
    browser
        .get("/")
        .await
        .says("waits in the TikTok inbox. Finish it in the TikTok app.");
    browser
        .get("/posts?state=needs-you")
        .await
        .says("Waiting in the app's inbox since");
    let form = browser.get("/publish/tiktok").await;
    form.says("Pending uploads 1 / 5");
    form.says("4 left");
}

/// A post that waits in the inbox, and the id of its share.
async fn in_the_inbox(browser: &mut Browser, sandbox: &SandboxSide) -> (String, Value) {
    let form = for_the_inbox(browser).await;
    let post = post_of(&form.send(browser).await);
    says(browser, &post, "Finish it in the TikTok app").await;
    let share = in_the_app(sandbox).await.remove(0);
    (post, share["publish_id"].clone())
}

#[tokio::test]
async fn what_is_finished_in_the_app_is_published_here_as_soon_as_tiktok_tells() {
    let (_server, mut browser, sandbox) = ready().await;
    let (post, share) = in_the_inbox(&mut browser, &sandbox).await;
    let finished = json!({ "publish_id": share, "title": "By hand" });
    sandbox.send("/inbox/post", finished).await;
    // Its worker would look again in an hour.
    says(&browser, &post, "Published").await;
}

#[tokio::test]
async fn whether_it_was_finished_can_be_asked_at_once() {
    let (_server, mut browser, sandbox) = ready().await;
    sandbox
        .put("/apps/sbaw-demo/webhook", json!({ "url": null }))
        .await;
    let (post, share) = in_the_inbox(&mut browser, &sandbox).await;
    let before = sandbox.calls("status").await;
    let ask = format!("/posts/{post}/reconcile");
    let answer = browser.post(&ask, &[]).await;
    browser.follow(answer).await.says("TikTok is asked now");
    eventually("a question", || async {
        (sandbox.calls("status").await > before).then_some(())
    })
    .await;
    let page = browser.get(&format!("/posts/{post}")).await.words();
    assert!(page.contains("Finish it in the TikTok app"), "{page}");
    sandbox
        .send("/inbox/post", json!({ "publish_id": share }))
        .await;
    browser.post(&ask, &[]).await;
    says(&browser, &post, "Published").await;
}

#[tokio::test]
async fn photos_can_be_finished_in_the_app_too() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = photos(&mut browser)
        .await
        .with("way", "inbox")
        .without("privacy");
    let post = post_of(&form.send(&mut browser).await);
    let page = says(&browser, &post, "Finish it in the TikTok app").await;
    assert!(
        page.contains("2 photos") && page.contains("on glass"),
        "{page}"
    );
    assert_eq!(in_the_app(&sandbox).await.len(), 1);
    let again = browser.get(&format!("/publish/tiktok?again={post}")).await;
    assert!(
        again
            .text
            .contains("id=\"way-inbox\" value=\"inbox\" checked")
    );
}

#[tokio::test]
async fn without_the_right_the_inbox_is_closed_and_says_why() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    let page = browser.consent_page().await;
    let less = [
        ("decision", "allow"),
        ("account", "studio-account"),
        ("scope", "video.publish"),
    ];
    let callback = browser.consent(&page, &less).await;
    browser.get(&callback).await;
    let form = browser.get("/publish/tiktok").await;
    form.says("Sending to the inbox was not allowed at sign-in.");
    assert!(
        form.text
            .contains("id=\"way-inbox\" value=\"inbox\" disabled")
    );
    let sent = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"))
        .with("way", "inbox");
    let answer = sent.send(&mut browser).await;
    assert_eq!(answer.status, 422);
    answer.says("Connect the account again and leave everything ticked.");
    let upload = hidden(&answer.text, "upload_id").expect("the file is kept");
    let post = post_of(
        &sent
            .kept(&upload)
            .with("way", "direct")
            .send(&mut browser)
            .await,
    );
    says(&browser, &post, "Published").await;
}

#[tokio::test]
async fn every_problem_is_told_at_once_from_every_side() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("slow.mp4", fixture("clip-15fps.mp4"))
        .with("title", &"x".repeat(2_201))
        .with("privacy", "")
        .with("disclose", "on")
        .with("cover_at", "soon");
    let answer = form.send(&mut browser).await;
    assert_eq!(answer.status, 422);
    for words in [
        "5 things to fix before this can be posted",
        "Title is 2,201 characters, 1 too many. Shorten it.",
        "Choose who can see this post.",
        "You need to indicate if your content promotes yourself, a third party, or both.",
        "Give the second of the video that is its cover",
        // Found by the platform's rules, in the file itself.
        "15.0 frames a second, TikTok takes 23 to 60. Export it again.",
    ] {
        answer.says(words);
    }
    let many = format!("{MEDIA}/sample.jpg\n").repeat(36);
    let photos = photos(&mut browser)
        .await
        .with("photos", &many)
        .with("cover", "40")
        .with("photo_title", &"x".repeat(91));
    let answer = photos.send(&mut browser).await;
    for words in [
        "3 things to fix before this can be posted",
        "These are 36 photos; TikTok takes up to 35. Leave some out.",
        "Title is 91 characters, 1 too many. Shorten it.",
        "The cover is one of the photos: give a number from 1 to 36.",
    ] {
        answer.says(words);
    }
    assert_eq!(sandbox.calls("init").await, 0);
}

#[tokio::test]
async fn a_kept_file_is_previewed_by_whoever_sent_it() {
    let (server, mut browser, _sandbox) = ready().await;
    let clip = fixture("clip.mp4");
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", clip.clone());
    let checked = form.check(&mut browser).await;
    let upload = hidden(&checked.text, "upload_id").expect("a kept file");
    let address = format!("/publish/kept/{upload}");
    assert!(checked.text.contains(&format!("<video src=\"{address}\"")));
    let request = browser.request(reqwest::Method::GET, &address);
    let whole = request.send().await.expect("an answer");
    assert_eq!(
        (whole.status().as_u16(), &whole.headers()["content-type"]),
        (200, &reqwest::header::HeaderValue::from_static("video/mp4"))
    );
    assert_eq!(whole.bytes().await.expect("bytes"), clip);
    let request = browser.request(reqwest::Method::GET, &address);
    let part = request.header("range", "bytes=10-19").send().await;
    let part = part.expect("an answer");
    assert_eq!(part.status().as_u16(), 206);
    let span = format!("bytes 10-19/{}", clip.len());
    assert_eq!(part.headers()["content-range"], span.as_str());
    assert_eq!(part.bytes().await.expect("bytes"), clip[10..20]);
    assert_eq!(browser.get("/publish/kept/nothing").await.status, 404);
    assert_eq!(server.stranger().get(&address).await.status, 401);
    assert_eq!(json!(browser.get("/publish/avatar/none").await.status), 404);
}
