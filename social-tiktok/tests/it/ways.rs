//! Every way of posting against the sandbox, which shares no type with the client: what is posted in the end, and what the
//! events say.

use std::time::Duration;

use social_core::{
    PublishRequest, Remedy,
    content::{ContentContext, ContentSource},
    publish::{Checkpoint, Effect, MediaRef, Outcome, Publisher, Step},
    webhook::{Delivery, EventSubject, VerifiedEvent, WebhookVerifier},
};
use social_sandbox::{DEMO_CLIENT_KEY, Endpoint, FaultKind, MediaHost};
use social_tiktok::{PostOptions, Privacy, Webhook, WebhookEvent};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    play::{at_url, consent, direct, outcome, url},
    stage::{Drive, Stage, app, settings},
};

const JPEG: &str = "https://media.example.com/sample.jpg";
const WEBP: &str = "https://media.example.com/sample.webp";
const VIDEO: &str = "https://media.example.com/sample.mp4";
const HOUR: Duration = Duration::from_secs(3_600);

fn photos(options: PostOptions) -> PublishRequest {
    PublishRequest::photos([at_url(JPEG), at_url(WEBP)])
        .caption("Two of them")
        .options(options)
        .unwrap()
}

fn pulled(options: PostOptions) -> PublishRequest {
    let request = PublishRequest::video_at(url(VIDEO));
    request.caption("Fetched #fun").options(options).unwrap()
}

fn links(done: &Drive) -> usize {
    match &done.outcome {
        Outcome::Published(links) => links.len(),
        other => panic!("{other:?} after {:?}", done.steps),
    }
}

/// The links of a public post, once moderation lets it be seen.
async fn linked(stage: &Stage, request: &PublishRequest, done: Drive) -> Drive {
    if links(&done) > 0 {
        return done;
    }
    stage.pass(HOUR);
    stage.drive(request, done.at).await
}

#[tokio::test]
async fn photos_become_one_public_post() {
    let stage = Stage::new().await;
    let request = photos(direct().title("Photos").cover(1).allow_comment());
    let done = stage.publish(&request).await;
    let done = linked(&stage, &request, done).await;
    assert_eq!(links(&done), 1);
    let posts = stage.control().posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(
        (posts[0].title.as_str(), posts[0].description.as_str()),
        ("Photos", "Two of them")
    );
    assert_eq!(posts[0].photos_sha256.len(), 2);
    assert!(!posts[0].comment_disabled);
    let Outcome::Published(links) = &done.outcome else {
        unreachable!("it was counted")
    };
    assert_eq!(links[0].id, posts[0].post_id);
    let address = links[0].url.as_ref().unwrap();
    assert!(address.path().contains("/photo/"), "{address}");
}

#[tokio::test]
async fn a_video_at_an_address_becomes_one_public_post() {
    let stage = Stage::new().await;
    let request = pulled(direct());
    let done = stage.publish(&request).await;
    let done = linked(&stage, &request, done).await;
    assert_eq!(links(&done), 1);
    stage.assert_one_post();
    assert_eq!(stage.control().posts()[0].title, "Fetched #fun");
}

#[tokio::test]
async fn what_the_inbox_holds_becomes_what_the_person_posts() {
    let stage = Stage::of("studio-account", &["video.upload"]).await;
    let file = PublishRequest::video(stage.video(60_000).await);
    let inbox = || PostOptions::inbox(consent());
    for request in [
        file.options(inbox()).unwrap(),
        pulled(inbox()),
        photos(inbox()),
    ] {
        let before = stage.control().posts().len();
        let done = stage.publish(&request).await;
        assert_eq!(done.outcome, Outcome::AwaitingUser, "{:?}", done.steps);
        assert_eq!(done.watch, Some(HOUR));
        assert_eq!(stage.control().posts().len(), before, "it is no post yet");
        let publish_id = done.at.remote_id().unwrap().to_owned();
        for _ in 0..2 {
            stage
                .control()
                .post_from_inbox(publish_id.as_str(), None, None)
                .unwrap();
        }
        stage.pass(Duration::from_secs(600));
        let done = stage.drive(&request, done.at).await;
        assert_eq!(links(&done), 2, "a draft may be posted again");
        assert_eq!(stage.control().posts().len(), before + 2);
    }
}

/// What is wrong with media elsewhere shows only when TikTok has them.
#[tokio::test]
async fn media_that_tiktok_cannot_use_fail_the_post() {
    let stage = Stage::new().await;
    let nowhere = PublishRequest::photos([at_url("https://media.example.com/nothing.jpg")]);
    let nowhere = nowhere.options(direct()).unwrap();
    let done = stage.publish(&nowhere).await;
    let Outcome::Failed(error) = &done.outcome else {
        panic!("{done:?}")
    };
    assert_eq!(error.code(), Some("photo_pull_failed"));
    assert_eq!(stage.control().publishes().len(), 3, "begun anew twice");
    let video = PublishRequest::photos([at_url(VIDEO)])
        .options(direct())
        .unwrap();
    let done = stage.publish(&video).await;
    assert!(matches!(done.outcome, Outcome::Failed(_)), "{done:?}");
    assert!(stage.control().posts().is_empty());
}

#[tokio::test]
async fn an_address_that_is_not_verified_is_for_the_operator() {
    let stage = Stage::new().await;
    let request = PublishRequest::video_at(url("https://elsewhere.example/clip.mp4"));
    let request = request.options(direct()).unwrap();
    let at = until_init(&stage, &request).await;
    let error = stage.step(&request, &at).await.unwrap_err();
    assert_eq!(
        (error.code(), error.remedy()),
        (Some("url_ownership_unverified"), &Remedy::Operator)
    );
    assert!(stage.control().publishes().is_empty());
}

async fn until_init(stage: &Stage, request: &PublishRequest) -> Checkpoint {
    let plan = stage.plan(request);
    stage
        .drive_until(request, plan, |at| at.step == "init")
        .await
        .unwrap_err()
}

/// The call was carried out and its answer is lost. Whoever repeated it would post twice.
async fn lost(stage: &Stage, request: &PublishRequest, endpoint: Endpoint) -> Step {
    let at = until_init(stage, request).await;
    assert!(matches!(at.next, Effect::Once { .. }));
    stage.arm(endpoint, FaultKind::DropAfter);
    let error = stage.step(request, &at).await.unwrap_err();
    assert_eq!(error.remedy(), &Remedy::Reconcile);
    stage.pass(HOUR);
    let deadline = stage.deadline();
    let cx = stage.cx(request, &deadline);
    let step = stage.publisher.reconcile(&cx, &at).await.unwrap();
    assert_eq!(stage.control().publishes().len(), 1, "begun once");
    assert_eq!(stage.control().posts().len(), 1, "and posted");
    step
}

#[tokio::test]
async fn a_lost_beginning_is_matched_where_the_list_may_be_seen() {
    let scopes = ["user.info.basic", "video.publish", "video.list"];
    let stage = Stage::of("studio-account", &scopes).await;
    let step = lost(&stage, &pulled(direct()), Endpoint::Init).await;
    let (published, _) = outcome(Ok(step));
    let Outcome::Published(links) = published else {
        panic!("{published:?}")
    };
    assert_eq!(links[0].id, stage.control().posts()[0].post_id);
}

#[tokio::test]
async fn a_lost_beginning_is_undecided_where_nobody_can_tell() {
    let stage = Stage::new().await;
    let step = lost(&stage, &photos(direct()), Endpoint::PhotoInit).await;
    assert_eq!(outcome(Ok(step)), (Outcome::Undecided, None));
    let scopes = ["video.publish", "video.list"];
    let stage = Stage::of("studio-account", &scopes).await;
    let private = pulled(PostOptions::direct(Privacy::SelfOnly, consent()));
    let step = lost(&stage, &private, Endpoint::Init).await;
    assert_eq!(outcome(Ok(step)), (Outcome::Undecided, None));
}

#[tokio::test]
async fn a_download_is_stopped() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clip = include_bytes!("../../../examples/fixtures/clip.mp4");
    std::fs::write(folder.path().join("clip.mp4"), clip).unwrap();
    // Ten minutes are enough to change one's mind.
    let slow = clip.len() as u64 / 600;
    let host = MediaHost::new("https://slow.example.com/", folder.path());
    let control = stage.control();
    control.add_media(host.bytes_per_second(slow)).unwrap();
    control
        .add_domain(DEMO_CLIENT_KEY, "slow.example.com")
        .unwrap();
    let request = PublishRequest::video_at(url("https://slow.example.com/clip.mp4"));
    let request = request.options(direct()).unwrap();
    let at = until_init(&stage, &request).await;
    let Step::Pending { checkpoint, .. } = stage.step(&request, &at).await.unwrap() else {
        panic!("begun")
    };
    let deadline = stage.deadline();
    let cx = stage.cx(&request, &deadline);
    let mut at = checkpoint;
    for _ in 0..20 {
        match stage.publisher.cancel(&cx, &at).await.unwrap() {
            Step::Pending {
                checkpoint, after, ..
            } => {
                at = checkpoint;
                stage.pass(after);
            }
            Step::Settled { outcome, .. } => {
                assert_eq!(outcome, Outcome::Cancelled);
                assert!(stage.control().posts().is_empty());
                return;
            }
        }
    }
    panic!("it never ends");
}

/// What the sandbox signs, with code of its own, is believed; and moves the post on without a question.
#[tokio::test]
async fn events_are_verified_and_move_the_post() {
    let hook = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200))
        .mount(&hook)
        .await;
    let stage = Stage::new().await;
    let callback = format!("{}/hook", hook.uri());
    stage
        .control()
        .set_webhook(DEMO_CLIENT_KEY, Some(&callback))
        .unwrap();
    // They are delivered when this test says so.
    let mut webhooks = stage.control().webhooks();
    webhooks.held = true;
    stage.control().set_webhooks(webhooks).unwrap();
    let request = photos(direct());
    let at = until_init(&stage, &request).await;
    let Step::Pending { checkpoint: at, .. } = stage.step(&request, &at).await.unwrap() else {
        panic!("begun")
    };
    for _ in 0..4 {
        stage.pass(Duration::from_secs(600));
        stage.control().deliver_due().await;
    }
    let heard = hook.received_requests().await.unwrap();
    let webhooks = app(stage.sandbox.url(), &stage.clock, settings()).webhooks();
    let (mut at, mut outcome, mut names) = (at, None, Vec::new());
    for request in &heard {
        let delivery = Delivery::new(&request.headers, &request.body);
        let now = stage.control().clock().now;
        let verified = webhooks.verify(delivery, now).unwrap();
        let [event]: [VerifiedEvent; 1] = verified.events.try_into().unwrap();
        assert_ne!(
            Webhook::read(&event.body).unwrap().event,
            WebhookEvent::Other
        );
        let remote_id = at.remote_id().unwrap().to_owned();
        assert_eq!(event.subject, EventSubject::Post { remote_id });
        names.push(event.kind.clone());
        let step = stage.publisher.apply(&at, outcome.as_ref(), &event, now);
        if let Some(Step::Settled {
            checkpoint,
            outcome: next,
            ..
        }) = step
        {
            (at, outcome) = (checkpoint, Some(next));
        }
    }
    assert!(
        names.contains(&"post.publish.complete".to_owned()),
        "{names:?}"
    );
    assert!(
        names.contains(&"post.publish.publicly_available".to_owned()),
        "{names:?}"
    );
    let Some(Outcome::Published(links)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(links[0].id, stage.control().posts()[0].post_id);
}

#[tokio::test]
async fn a_public_post_is_among_what_the_account_shows() {
    let scopes = [
        "user.info.basic",
        "user.info.stats",
        "video.publish",
        "video.list",
    ];
    let stage = Stage::of("studio-account", &scopes).await;
    let request = stage.request(60_000).await;
    stage.publish(&request).await;
    stage.pass(HOUR);
    let post = stage.control().posts().remove(0);
    let content = app(stage.sandbox.url(), &stage.clock, settings()).content();
    let limits = social_core::memory::MemoryStore::default();
    let deadline = stage.deadline();
    let cx = ContentContext::new(&stage.account, &stage.tokens, &limits, &deadline);
    let page = content.media(&cx, None).await.unwrap();
    assert!(
        page.items.iter().any(|item| item.id == post.post_id),
        "{page:?}"
    );
    let one = content
        .media_by_id(&cx, &[&post.post_id, "1"])
        .await
        .unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].caption.as_deref(), Some("A caption #fun"));
    let profile = content.profile(&cx).await.unwrap();
    assert_eq!(profile.account, stage.account.key.account);
    assert!(
        profile
            .counts
            .iter()
            .any(|count| count.name == "video_count")
    );
}

/// What the platform would fetch is what the check looks at, and a stored photo without an address is found by both.
#[tokio::test]
async fn stored_photos_without_an_address_are_never_begun() {
    let stage = Stage::new().await;
    let photo = crate::pictures::jpeg(720, 900);
    let media = social_core::MediaStoreExt::put_bytes(&stage.media, photo)
        .await
        .unwrap();
    let request = PublishRequest::photos([MediaRef::Stored(media.id)]);
    let request = request.options(direct()).unwrap();
    let done = stage.publish(&request).await;
    assert!(matches!(done.outcome, Outcome::Failed(_)), "{done:?}");
    assert!(stage.control().publishes().is_empty());
}
