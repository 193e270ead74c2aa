//! What TikTok asks of every page that posts directly, one test each
//! (<https://developers.tiktok.com/doc/content-sharing-guidelines>). What can be seen is also tested in a browser.

use serde_json::json;

use crate::harness::form::post_of;
use crate::harness::page::{between, hidden};
use crate::harness::{Answer, Browser, Post, SandboxSide, Server, fixture};
use crate::posting::says;

async fn ready() -> (Server, Browser, SandboxSide) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    (server, browser, sandbox)
}

/// The tag with this id.
#[track_caller]
fn tag<'a>(page: &'a Answer, id: &str) -> &'a str {
    let (before, after) = page
        .text
        .split_once(&format!("id=\"{id}\""))
        .unwrap_or_else(|| panic!("nothing has the id {id}"));
    let start = before.rfind('<').expect("a tag");
    let end = after.find('>').expect("its end");
    &page.text[start..before.len() + id.len() + 5 + end]
}

#[tokio::test]
async fn duty_1_the_creator_is_asked_at_each_rendering_and_named() {
    let (_server, mut browser, sandbox) = ready().await;
    let asked = sandbox.calls("creator_info").await;
    for times in 1..=2 {
        let page = browser.get("/publish/tiktok").await;
        page.says("Posting as Studio Account @studio-account · asked TikTok just now");
        // No picture of the sandbox's can be fetched, so the letter stands for it.
        assert!(page.text.contains("class=\"mono-face\""));
        assert!(!page.text.contains("tiktokcdn"), "no other host is asked");
        assert_eq!(sandbox.calls("creator_info").await, asked + times);
    }
}

#[tokio::test]
async fn duty_1_a_blocked_account_and_a_video_that_is_too_long_stop_with_words() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser).await;
    let fields = [
        ("idempotency_key", form.key.as_str()),
        ("account", &form.account),
        ("privacy", "SELF_ONLY"),
        ("file_name", "long.mp4"),
        ("file_size", "1000"),
        ("duration_ms", "301000"),
    ];
    let answer = browser.post("/publish/tiktok/check", &fields).await;
    assert_eq!(answer.status, 422);
    answer.says("The video is 5:01 long; this account may post up to 5 minutes. Shorten it.");
    let refusal = json!({ "data": {}, "error": { "code": "spam_risk_too_many_posts", "message": "", "log_id": "l" } });
    sandbox
        .arm(
            json!({ "endpoint": "creator_info", "kind": "status", "status": 200, "body": refusal }),
        )
        .await;
    let page = browser.get("/publish/tiktok").await;
    page.says("TikTok does not take posts from Studio Account now");
    assert!(!page.text.contains("id=\"publish\""), "there is no form");
}

#[tokio::test]
async fn duty_2_the_audience_is_exactly_what_the_answer_offers_and_never_chosen_before() {
    let (_server, mut browser, _sandbox) = ready().await;
    let options = |page: &Answer| -> Vec<String> {
        let select = between(&page.text, "<select id=\"privacy\"", "</select>").expect("a choice");
        assert!(!select.contains(" selected"));
        let values = select.split("<option value=\"").skip(1);
        values
            .filter_map(|option| option.split('"').next().map(str::to_owned))
            .collect()
    };
    let page = browser.get("/publish/tiktok").await;
    assert_eq!(
        options(&page),
        [
            "",
            "PUBLIC_TO_EVERYONE",
            "MUTUAL_FOLLOW_FRIENDS",
            "SELF_ONLY"
        ]
    );
    browser.connect("studio-private").await;
    let accounts = browser.get("/accounts").await;
    let row = between(
        &accounts.text,
        "id=\"account-tiktok-studio-private\"",
        "</li>",
    );
    let key = between(row.expect("the account"), "account=", "\"").expect("its key");
    let page = browser.get(&format!("/publish/tiktok?account={key}")).await;
    assert_eq!(
        options(&page),
        [
            "",
            "FOLLOWER_OF_CREATOR",
            "MUTUAL_FOLLOW_FRIENDS",
            "SELF_ONLY"
        ]
    );
}

#[tokio::test]
async fn duty_3_interactions_are_unticked_greyed_when_off_and_photos_know_comments_only() {
    let (_server, mut browser, _sandbox) = ready().await;
    let page = browser.get("/publish/tiktok").await;
    for id in ["allow_comment", "allow_duet", "allow_stitch"] {
        assert!(!tag(&page, id).contains("checked"), "{id}");
    }
    assert!(tag(&page, "allow_stitch").contains("disabled"));
    assert!(!tag(&page, "allow_duet").contains("disabled"));
    for (id, photos_too) in [
        ("allow_comment", true),
        ("allow_duet", false),
        ("allow_stitch", false),
    ] {
        let before = page.text.split(&format!("id=\"{id}\"")).next();
        let label = before.and_then(|text| text.rsplit("<label").next());
        let hidden = label.expect("a label").contains("not-photos");
        assert_eq!(hidden, !photos_too, "{id}");
    }
    let off = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"))
        .with("allow_stitch", "on");
    let answer = off.send(&mut browser).await;
    assert_eq!(answer.status, 422);
    answer.says("Stitch is off in this account's TikTok settings.");
}

#[tokio::test]
async fn duty_4_disclosure_is_off_and_once_on_needs_a_choice() {
    let (_server, mut browser, _sandbox) = ready().await;
    let page = browser.get("/publish/tiktok").await;
    for id in ["disclose", "own-brand", "branded"] {
        assert!(!tag(&page, id).contains("checked"), "{id}");
    }
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"))
        .with("disclose", "on");
    let none = form.clone().check(&mut browser).await;
    assert_eq!(none.status, 422);
    none.says("You need to indicate if your content promotes yourself, a third party, or both.");
    assert!(tag(&none, "preflight").contains("data-blocked=\"true\""));
    let upload = hidden(&none.text, "upload_id").expect("the file is kept");
    let form = form.kept(&upload);
    let own = form.clone().with("brand_organic", "on");
    let own = own.check(&mut browser).await;
    assert_eq!(own.status, 200, "{}", own.words());
    own.says("Your video will be labeled as “Promotional content”.");
    let branded = form.with("brand_content", "on");
    let both = branded.clone().with("brand_organic", "on");
    both.check(&mut browser)
        .await
        .says("Your video will be labeled as “Paid partnership”.");
    let answer = branded.clone().check(&mut browser).await;
    answer.says("Your video will be labeled as “Paid partnership”.");
    assert!(
        answer
            .text
            .contains("<option value=\"SELF_ONLY\" disabled>")
    );
    answer.says("Branded content visibility cannot be set to private.");
    let private = branded.with("privacy", "SELF_ONLY");
    let answer = private.send(&mut browser).await;
    assert_eq!(answer.status, 422);
    answer.says("Branded content visibility cannot be set to private. Choose another audience");
}

#[tokio::test]
async fn duty_5_the_declaration_stands_above_the_button_with_its_links() {
    let (_server, mut browser, _sandbox) = ready().await;
    let page = browser.get("/publish/tiktok").await;
    let declaration = between(&page.text, "<p id=\"declaration\">", "</p>").expect("it is there");
    for address in [
        "https://www.tiktok.com/legal/page/global/music-usage-confirmation/en",
        "https://www.tiktok.com/legal/page/global/bc-policy/en",
    ] {
        assert!(declaration.contains(address), "{address}");
    }
    let place = |id: &str| page.text.find(&format!("id=\"{id}\"")).expect(id);
    assert!(place("declaration") < place("post"));
}

#[tokio::test]
async fn duty_6_consent_is_recorded_before_a_byte_is_sent() {
    let (_server, mut browser, sandbox) = ready().await;
    let page = browser.get("/publish/tiktok").await;
    page.says("Nothing is sent to TikTok until you press Post.");
    page.says("After posting, TikTok takes a few minutes to show it on the profile.");
    let hold = sandbox.hold("init", 0).await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"))
        .with("disclose", "on")
        .with("brand_content", "on");
    let checked = form.check(&mut browser).await;
    assert_eq!(sandbox.calls("init").await, 0, "a check sends nothing");
    let upload = hidden(&checked.text, "upload_id").expect("the file is kept");
    let post = post_of(&form.kept(&upload).send(&mut browser).await);
    sandbox.holds(hold).await;
    // No byte is with TikTok, and it is written down who agreed to what, and when.
    let page = browser.get(&format!("/posts/{post}")).await.words();
    let agreed = "By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation. (local at ";
    assert!(page.contains(agreed), "{page}");
    assert!(page.contains("Consent given by local."), "{page}");
    assert!(page.contains("Paid partnership"), "{page}");
    assert_eq!(sandbox.calls("upload").await, 0);
    sandbox.disarm().await;
    // The status is followed.
    says(&browser, &post, "Published").await;
}

#[tokio::test]
async fn duty_7_nothing_is_added_to_the_content() {
    use sha2::{Digest as _, Sha256};
    use social_core::platform::hex;

    let (_server, mut browser, sandbox) = ready().await;
    let clip = fixture("clip.mp4");
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", clip.clone())
        .with("title", "Exactly this");
    let post = post_of(&form.send(&mut browser).await);
    says(&browser, &post, "Published").await;
    let posts = sandbox.posts().await;
    assert_eq!(posts[0]["title"], "Exactly this");
    assert_eq!(posts[0]["sha256"], hex::encode(Sha256::digest(&clip)));
}
