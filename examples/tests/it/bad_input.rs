//! Bad input: each refused with words that say what to do, nothing lost, nothing posted.

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::form::post_of;
use crate::harness::page::{between, hidden};
use crate::harness::{Answer, Browser, Post, SandboxSide, Server, Setup, fixture, video_of};

async fn ready() -> (Server, Browser, SandboxSide) {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    (server, browser, sandbox)
}

/// Refused with the same page, what was entered still there, and a summary whose links lead somewhere.
#[track_caller]
fn refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, 422, "{}", answer.words());
    assert_eq!(answer.h1(), "Publish to TikTok");
    answer.says(words);
    answer.says("Hello from a test");
    let summary = between(&answer.text, "id=\"summary\"", "</ul>").expect("a summary");
    let links: Vec<&str> = summary
        .split("href=\"#")
        .skip(1)
        .filter_map(|link| link.split('"').next())
        .collect();
    assert!(!links.is_empty());
    for id in links {
        assert!(
            answer.text.contains(&format!("id=\"{id}\"")),
            "the summary leads to #{id}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_no_video_says_so_whatever_its_name() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser).await;
    for (name, content, words) in [
        (
            "notes.mp4",
            fixture("not-a-video.mp4"),
            "This file is not a video. Choose an MP4, MOV or WebM video.",
        ),
        (
            "counts.mp4",
            fixture("absurd-counts.mp4"),
            "This file is damaged or incomplete. Export or upload it again.",
        ),
        (
            "slow.mp4",
            fixture("clip-15fps.mp4"),
            "15.0 frames a second, TikTok takes 23 to 60. Export it again.",
        ),
        (
            "notes.txt",
            b"words".to_vec(),
            "“notes.txt” is not a video TikTok takes. Choose an MP4, MOV or WebM file.",
        ),
        (
            "cut.mp4",
            fixture("clip.mp4")[..400].to_vec(),
            "This file is damaged or incomplete.",
        ),
    ] {
        let answer = form.clone().file(name, content).send(&mut browser).await;
        refused(&answer, words);
        assert!(
            answer
                .text
                .contains("option value=\"PUBLIC_TO_EVERYONE\" selected"),
            "{name}: the audience is kept"
        );
        answer.says(&format!(
            "{name} has arrived and cannot be posted. Choose another video."
        ));
        assert!(!answer.words().contains("is kept"), "{name} is refused");
    }
    let answer = form
        .clone()
        .file("empty.mp4", Vec::new())
        .send(&mut browser)
        .await;
    refused(&answer, "The file is empty. Choose another video.");
    assert!(
        hidden(&answer.text, "upload_id").is_none(),
        "there is nothing to keep"
    );
    refused(
        &form.send(&mut browser).await,
        "Choose a video from this device.",
    );
    assert!(sandbox.posts().await.is_empty() && sandbox.calls("init").await == 0);
}

#[tokio::test]
async fn formats_that_tiktok_takes_are_taken() {
    let (_server, mut browser, sandbox) = ready().await;
    for name in [
        "clip.mov",
        "clip.webm",
        "clip-fragmented.mp4",
        "clip-hevc.mp4",
    ] {
        let form = Post::open(&mut browser).await.file(name, fixture(name));
        let post = post_of(&form.send(&mut browser).await);
        crate::posting::says(&browser, &post, "Published").await;
    }
    assert_eq!(sandbox.posts().await.len(), 4);
}

#[tokio::test]
async fn a_file_arrives_however_it_is_named() {
    let (_server, mut browser, _sandbox) = ready().await;
    let form = Post::open(&mut browser).await;
    // Larger than all words of a form may be.
    let video = video_of(200_000);
    for (named, shown) in [
        (
            b"filename=\"\xff\xfe.mp4\"".as_slice(),
            "\u{fffd}\u{fffd}.mp4",
        ),
        (b"filename*=UTF-8''clip%20b.mp4", "clip%20b.mp4"),
        (b"FileName=clip.mp4", "clip.mp4"),
    ] {
        let sent = form.clone().file_named(named, video.clone());
        let checked = sent.check(&mut browser).await;
        assert_eq!(checked.status, 200, "{shown}: {}", checked.words());
        checked.says(&format!("{shown} is kept, no need to choose it again."));
    }
}

#[tokio::test]
async fn words_and_choices_that_do_not_fit() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let same = |form: &Post| form.clone();
    refused(
        &same(&form)
            .with("privacy", "FOLLOWER_OF_CREATOR")
            .send(&mut browser)
            .await,
        "The audiences of this account changed in TikTok. Choose again.",
    );
    refused(
        &same(&form).with("privacy", "").send(&mut browser).await,
        "Choose who can see this post.",
    );
    refused(
        &same(&form)
            .with("allow_stitch", "on")
            .send(&mut browser)
            .await,
        "Stitch is off in this account's TikTok settings.",
    );
    refused(
        &same(&form).with("disclose", "on").send(&mut browser).await,
        "You need to indicate if your content promotes yourself, a third party, or both.",
    );
    refused(
        &same(&form)
            .with("disclose", "on")
            .with("brand_content", "on")
            .with("privacy", "SELF_ONLY")
            .send(&mut browser)
            .await,
        "Branded content visibility cannot be set to private.",
    );
    refused(
        &same(&form)
            .with("when", "later")
            .with("due", "2020-01-01T00:00")
            .with("missed", "30m")
            .send(&mut browser)
            .await,
        "That time has passed.",
    );
    // 1,100 faces of two units each are the limit; one letter more is too many.
    let faces = "🙂".repeat(1_100);
    let answer = same(&form)
        .with("title", &format!("{faces}Hello from a test"))
        .send(&mut browser)
        .await;
    refused(
        &answer,
        "Title is 2,217 characters, 17 too many. Shorten it.",
    );
    assert!(answer.text.contains(&faces), "the title is kept whole");
    assert!(sandbox.posts().await.is_empty());
    let post = post_of(&same(&form).with("title", &faces).send(&mut browser).await);
    crate::posting::says(&browser, &post, "Published").await;
}

#[tokio::test]
async fn without_script_a_check_keeps_the_file_and_posting_needs_it_no_more() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser)
        .await
        .file("clip.mp4", fixture("clip.mp4"));
    let checked = form.check(&mut browser).await;
    assert_eq!(checked.status, 200, "{}", checked.words());
    checked.says("clip.mp4 is kept, no need to choose it again.");
    checked.says("H.264");
    assert_eq!(sandbox.calls("init").await, 0, "nothing is sent");
    let upload = hidden(&checked.text, "upload_id").expect("a kept file");
    let gap = form
        .clone()
        .kept(&upload)
        .with("privacy", "")
        .check(&mut browser)
        .await;
    assert_eq!(gap.status, 422);
    assert_eq!(
        hidden(&gap.text, "upload_id").as_deref(),
        Some(upload.as_str())
    );
    let post = post_of(&form.kept(&upload).send(&mut browser).await);
    crate::posting::says(&browser, &post, "Published").await;
    assert_eq!(sandbox.posts().await.len(), 1);
}

#[tokio::test]
async fn the_check_of_the_module_says_what_the_file_would_break() {
    let (_server, mut browser, sandbox) = ready().await;
    let form = Post::open(&mut browser).await;
    let asked = sandbox.calls("creator_info").await;
    let words = |size: &'static str| {
        vec![
            ("idempotency_key", form.key.clone()),
            ("account", form.account.clone()),
            ("title", "Hello from a test".to_owned()),
            ("privacy", "PUBLIC_TO_EVERYONE".to_owned()),
            ("when", "now".to_owned()),
            ("file_name", "big.mp4".to_owned()),
            ("file_size", size.to_owned()),
            ("duration_ms", "42000".to_owned()),
        ]
    };
    let mut check = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        browser.post("/publish/tiktok/check", &fields).await
    };
    let good = check(words("1000000")).await;
    assert_eq!(good.status, 200, "{}", good.words());
    good.says("0:42 is within 5 minutes");
    refused(
        &check(words("5100000000")).await,
        "The file is 5.1 GB; TikTok takes up to 4 GB. Export it smaller.",
    );
    let mut long = words("1000000");
    long[7].1 = "301000".to_owned();
    refused(
        &check(long).await,
        "The video is 5:01 long; this account may post up to 5 minutes. Shorten it.",
    );
    assert_eq!(
        sandbox.calls("creator_info").await,
        asked,
        "the form's own view counts; 20 questions a minute are all there is"
    );
}

#[tokio::test]
async fn a_capped_account_has_no_form() {
    let (_server, mut browser, _sandbox) = ready().await;
    browser.connect("studio-capped").await;
    let page = browser.get("/accounts").await;
    let row =
        between(&page.text, "id=\"account-tiktok-studio-capped\"", "</li>").expect("the account");
    let key = between(row, "account=", "\"").expect("its key").to_owned();
    let form = browser.get(&format!("/publish/tiktok?account={key}")).await;
    assert_eq!(form.status, 200);
    form.says("TikTok does not take posts from Studio Capped now");
    assert!(!form.text.contains("id=\"publish\""));
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_form_at_all() {
    let (server, mut browser, _sandbox) = ready().await;
    let form = Post::open(&mut browser).await;
    let answer = form
        .clone()
        .with("title", &"x".repeat(70_000))
        .send(&mut browser)
        .await;
    assert_eq!(
        (answer.status, answer.h1().as_str()),
        (413, "This is too much text")
    );
    let answer = browser
        .post("/publish/tiktok/check", &[("title", &"x".repeat(70_000))])
        .await;
    assert_eq!(answer.status, 413);
    for (kind, body) in [
        ("multipart/form-data", "no boundary"),
        ("multipart/form-data; boundary=x", "--y\r\n"),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhalf",
        ),
    ] {
        let request = browser
            .request(Method::POST, "/publish/tiktok")
            .header("content-type", kind)
            .body(body);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, 400, "{kind}");
    }
    // More than any video: refused by what it announces.
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://"))
        .await
        .expect("connected");
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let head = format!(
        "POST /publish/tiktok HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nAccept: text/html\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 6000000000\r\n\r\n--x\r\n",
        server.base.trim_start_matches("http://"),
        cookies.join("; "),
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
}

/// A server whose media folder is a disk of one megabyte. Where this user may mount nothing, a limit on the length of
/// files stands in for the full disk: the write fails as well.
async fn cramped() -> Server {
    let setup = Setup::new();
    let media = setup.data().join("media");
    std::fs::create_dir_all(&media).expect("a folder");
    let alone = ["unshare", "--mount", "--map-root-user", "sh", "-c"];
    let mount = format!("mount -t tmpfs -o size=1m tmpfs '{}'", media.display());
    let mounts = tokio::process::Command::new(alone[0])
        .args(&alone[1..])
        .arg(&mount)
        .output()
        .await
        .is_ok_and(|output| output.status.success());
    let wrapper = if mounts {
        [
            alone.as_slice(),
            &[&format!("{mount} && exec \"$@\""), "sh"],
        ]
        .concat()
        .iter()
        .map(|word| (*word).to_owned())
        .collect()
    } else {
        [
            "sh",
            "-c",
            "trap '' XFSZ; ulimit -f 2000; exec \"$@\"",
            "sh",
        ]
        .map(str::to_owned)
        .to_vec()
    };
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    setup.through(&wrapper).start().await
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_left_behind() {
    let server = cramped().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let sandbox = SandboxSide::of(&mut browser).await;
    let form = Post::open(&mut browser).await;
    let answer = form
        .clone()
        .file("large.mp4", video_of(4_000_000))
        .send(&mut browser)
        .await;
    assert_eq!(
        (answer.status, answer.h1().as_str()),
        (507, "This server has no room left"),
        "{}",
        answer.words()
    );
    answer.says("Nothing was stored and nothing was posted.");
    assert!(sandbox.posts().await.is_empty());
    // What did not fit is gone, so a small one does.
    let post = post_of(
        &form
            .file("clip.mp4", fixture("clip.mp4"))
            .send(&mut browser)
            .await,
    );
    crate::posting::says(&browser, &post, "Published").await;
}

#[tokio::test]
async fn too_much_text_is_not_called_too_large_a_file() {
    let server = Server::start().await;
    let mut browser = server.visitor().await;
    browser.connect("studio-account").await;
    let form = Post::open(&mut browser).await;
    let form = form.file("clip.mp4", fixture("clip.mp4"));
    let form = form.with("title", &"x".repeat(70_000));
    let long = "x".repeat(70_000);
    let words_only = [("title", long.as_str())];
    for answer in [
        form.send(&mut browser).await,
        form.check(&mut browser).await,
        browser.post("/publish/tiktok", &words_only).await,
    ] {
        assert_eq!(answer.status, 413);
        answer.says("This is too much text");
        assert!(!answer.words().contains("file"), "{}", answer.words());
    }
}
