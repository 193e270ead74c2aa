use std::time::Duration;

use sha2::{Digest, Sha256};
use social_core::{
    conformance::named,
    platform::hex,
    publish::{Outcome, Progress, Publisher, Step},
};
use social_sandbox::{Endpoint, FaultKind, Settings};
use social_tiktok::Privacy;

use crate::stage::{CHUNK, Stage, video};

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[tokio::test]
async fn a_video_in_several_chunks_becomes_one_public_post() {
    let stage = Stage::new().await;
    let settings = Settings::default().processing(Duration::from_secs(20));
    stage
        .control()
        .set(settings.moderation(Duration::from_secs(30)));
    let size = 3 * CHUNK + 123;
    let request = stage.request(size).await;

    let first = stage.publish(&request).await;
    assert_eq!(
        first.outcome,
        Outcome::Published(Vec::new()),
        "moderation holds the link back"
    );
    let expected = [
        "creator", "init", "upload", "upload", "upload", "upload", "status",
    ];
    assert_eq!(first.steps[..7], expected);
    assert!(
        first.steps[7..].iter().all(|step| step == "status"),
        "{:?}",
        first.steps
    );

    let posts = stage.control().posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(
        posts[0].sha256.as_deref(),
        Some(sha256(&video(size)).as_str())
    );
    assert_eq!(posts[0].title, "A caption #fun");
    assert_eq!(first.at.remote_id(), Some(&named(&posts[0].publish_id)));

    // Looked at again, the link comes.
    let mut at = first;
    for _ in 0..10 {
        let Some(watch) = at.watch else { break };
        stage.pass(watch);
        at = stage.drive(&request, at.at).await;
    }
    let Outcome::Published(links) = &at.outcome else {
        panic!("{:?}", at.outcome)
    };
    let id = &posts[0].post_id;
    assert_eq!(&links[0].id, id);
    let address = format!("https://www.tiktok.com/@studio-account/video/{id}");
    assert_eq!(
        links[0].url.as_ref().map(|url| url.as_str()),
        Some(address.as_str())
    );
    assert_eq!(at.watch, None, "the link is known");
    stage.assert_one_post();
}

#[tokio::test]
async fn a_private_post_has_no_link_and_is_not_watched() {
    let stage = Stage::new().await;
    let request = stage.request_for(60_000, Privacy::SelfOnly).await;
    let done = stage.publish(&request).await;
    assert_eq!(
        (&done.outcome, done.watch),
        (&Outcome::Published(Vec::new()), None)
    );
    assert_eq!(stage.control().posts()[0].privacy_level, "SELF_ONLY");
}

#[tokio::test]
async fn every_container_is_sent_as_what_it_is() {
    for (name, file) in [
        (
            "mov",
            &include_bytes!("../../../examples/fixtures/clip.mov")[..],
        ),
        (
            "webm",
            &include_bytes!("../../../examples/fixtures/clip.webm")[..],
        ),
        (
            "hevc",
            &include_bytes!("../../../examples/fixtures/clip-hevc.mp4")[..],
        ),
    ] {
        let stage = Stage::new().await;
        let mut request = stage.request_for(60_000, Privacy::Friends).await;
        let media = social_core::MediaStoreExt::put_bytes(&stage.media, file)
            .await
            .unwrap();
        request.media = vec![social_core::publish::MediaItem::video(media.id)];
        let done = stage.publish(&request).await;
        assert_eq!(done.outcome, Outcome::Published(Vec::new()), "{name}");
        assert_eq!(stage.control().posts()[0].size, file.len() as u64);
    }
}

#[tokio::test]
async fn the_upload_address_shows_nowhere_but_in_the_state() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "upload")
        .await
        .unwrap_err();
    let url = at.state["upload"]["url"].as_str().unwrap();
    assert!(url.contains("upload_token="));
    assert!(!format!("{at:?}").contains("upload_token"));
    stage.arm(
        social_sandbox::Endpoint::Upload,
        social_sandbox::FaultKind::DropAfter,
    );
    let Ok(Step::Pending { checkpoint: at, .. }) = stage.step(&request, &at).await else {
        panic!("the last chunk is next")
    };
    let step = stage.step(&request, &at).await;
    assert!(step.is_ok(), "the status decides: {step:?}");
    assert!(!format!("{step:?}").contains("upload_token"), "{step:?}");
}

#[derive(Debug, Default)]
struct Heard(std::sync::Mutex<Vec<(u64, u64)>>);

impl Progress for Heard {
    fn sent(&self, sent: u64, total: u64) {
        self.0.lock().unwrap().push((sent, total));
    }
}

#[tokio::test]
async fn progress_grows_to_the_whole_within_each_chunk() {
    let stage = Stage::new().await;
    let size = 2 * CHUNK;
    let request = stage.request(size).await;
    let mut at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "upload")
        .await
        .unwrap_err();
    let heard = Heard::default();
    while at.step == "upload" {
        let deadline = stage.deadline();
        let mut cx = stage.cx(&request, &deadline);
        cx.progress = &heard;
        match stage.publisher.advance(&cx, &at).await.unwrap() {
            Step::Pending { checkpoint, .. } => at = checkpoint,
            settled => panic!("{settled:?}"),
        }
    }
    let heard = heard.0.into_inner().unwrap();
    assert!(heard.is_sorted(), "{heard:?}");
    assert!(heard.len() > 4, "more than the ends of chunks: {heard:?}");
    assert_eq!(
        (heard[0], heard[heard.len() - 1]),
        ((0, size), (size, size))
    );
}

/// Bytes that went out are not bytes that were taken.
#[tokio::test]
async fn progress_goes_back_where_a_chunk_is_not_taken() {
    let stage = Stage::new().await;
    let size = 60_000;
    let request = stage.request(size).await;
    let mut at = stage
        .drive_until(&request, stage.plan(&request), |at| at.step == "upload")
        .await
        .unwrap_err();
    let body = serde_json::Value::Null;
    let refusal = FaultKind::Status { status: 503, body };
    stage.arm(Endpoint::Upload, refusal);
    let heard = Heard::default();
    while at.step == "upload" {
        let deadline = stage.deadline();
        let mut cx = stage.cx(&request, &deadline);
        cx.progress = &heard;
        match stage.publisher.advance(&cx, &at).await.unwrap() {
            Step::Pending { checkpoint, .. } => at = checkpoint,
            settled => panic!("{settled:?}"),
        }
    }
    assert_eq!(stage.control().publishes()[0].uploaded_bytes, 0);
    let heard = heard.0.into_inner().unwrap();
    assert_eq!(heard.last(), Some(&(0, size)), "{heard:?}");
}
