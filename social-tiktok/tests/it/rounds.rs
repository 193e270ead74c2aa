//! Whole rounds of the journal on TikTok's steps: what waits, what is too late, what is open.
#![expect(
    clippy::print_stdout,
    reason = "what was seen helps whoever reads a failure"
)]

use std::time::Duration;

use serde_json::json;
use social_core::{
    MediaStoreExt, PublishRequest, Remedy, Result,
    model::TokenSet,
    oauth::{CallContext, OAuthProvider},
    publish::{
        Checkpoint, MissedPolicy, Outcome, Publisher, Step,
        journal::{Action, Asked, Facts, Follow, Patience, Standing, after_step, next_action},
    },
    time::Clock,
};
use social_sandbox::Endpoint;
use wiremock::{Mock, ResponseTemplate, matchers::path};

use crate::{
    play::{CREATOR, Play, STATUS, VIDEO, direct, outcome, url},
    stage::{CHUNK, Stage, video},
};

const HOUR: Duration = Duration::from_secs(3_600);
const LIST: &str = "video/list/";

fn pull() -> PublishRequest {
    let request = PublishRequest::video_at(url("https://media.example.com/clip.mp4"));
    request.caption("A caption").options(direct()).unwrap()
}

/// What a worker makes of a step: the next checkpoint and wait, or the end.
struct Round {
    at: Checkpoint,
    failures: u32,
}

impl Round {
    fn hears(
        &mut self,
        asked: Asked,
        now: chrono::DateTime<chrono::Utc>,
        said: Result<Step>,
    ) -> Follow {
        let standing = Standing::new(&self.at, now).failing(self.failures, None);
        let written = after_step(asked, &standing, said, Patience::default());
        self.failures = written.failures;
        if let Some(at) = written.checkpoint {
            self.at = at;
        }
        written.next
    }
}

/// A daily cap that comes with `Retry-After: 0`, again and again.
#[tokio::test]
async fn a_cap_that_asks_for_no_wait_is_not_asked_in_a_circle() {
    for (step, endpoint, status) in [("creator", CREATOR, 200), ("init", VIDEO, 403)] {
        let play = Play::new(&["video.publish"]).await;
        let request = pull();
        let mut round = Round {
            at: play.plan(&request),
            failures: 0,
        };
        if step == "init" {
            play.says_creator().await;
            round.at = play.until(&request, "init").await;
        }
        let body = json!({"error": {"code": "spam_risk_too_many_posts", "log_id": "1"}});
        let full = format!("/open.tiktokapis.com/v2/post/publish/{endpoint}");
        let answer = ResponseTemplate::new(status)
            .insert_header("retry-after", "0")
            .set_body_string(body.to_string());
        Mock::given(path(full))
            .respond_with(answer)
            .mount(&play.server)
            .await;
        let began = play.clock.now();
        let mut waits = Vec::new();
        while play.clock.now() - began < chrono::TimeDelta::hours(1) && waits.len() < 5_000 {
            let said = play.step(&request, &round.at).await;
            match round.hears(Asked::Advance, play.clock.now(), said) {
                Follow::After(wait) => {
                    waits.push(wait.as_secs());
                    play.clock.advance(wait);
                }
                other => panic!("{other:?}"),
            }
        }
        let calls = play.heard(endpoint).await.len();
        println!(
            "{step}: {calls} calls in an hour, failures {}, first waits {:?}",
            round.failures,
            &waits[..12.min(waits.len())]
        );
        assert!(calls < 40, "{step}: {calls} calls in an hour");
    }
}

/// The list of videos needs a right of its own.
#[tokio::test]
async fn a_lost_post_that_may_not_be_looked_for_holds_no_account() {
    for (status, code) in [
        (401, "scope_not_authorized"),
        (400, "scope_permission_missed"),
    ] {
        let play = Play::new(&["video.publish", "video.list"]).await;
        play.says_creator().await;
        play.says_raw(VIDEO, 502, "").await;
        let request = pull();
        let at = play.until(&request, "init").await;
        play.step(&request, &at).await.unwrap_err();
        play.clock.advance(Duration::from_secs(150));
        play.refuses(LIST, status, code).await;
        let mut round = Round { at, failures: 0 };
        let said = play.reconcile(&request, &round.at.clone()).await;
        println!(
            "{code}: {:?}",
            said.as_ref()
                .map_err(|error| (error.kind(), error.remedy().clone()))
        );
        let next = round.hears(Asked::Reconcile, play.clock.now(), said);
        println!("{code}: {next:?}");
        assert_ne!(
            next,
            Follow::Hold,
            "{code}: the account may post all the same"
        );
    }
}

/// The only one on the first page is not the only one.
#[tokio::test]
async fn the_first_page_of_a_list_is_not_all_of_it() {
    let mut play = Play::new(&["video.publish", "video.list"]).await;
    let request = pull();
    let page = |videos: serde_json::Value, more: bool| json!({"videos": videos, "cursor": 7, "has_more": more});
    play.says_data(LIST, page(json!([]), false)).await;
    play.says_creator().await;
    let at = play.until(&request, "init").await;
    play.started_at = Some(play.clock.now());
    let begun = play.clock.now().timestamp();
    play.says_raw(VIDEO, 502, "").await;
    play.step(&request, &at).await.unwrap_err();
    play.clock.advance(HOUR);
    let shown = |id: u32, at: i64, words: &str| json!({"id": id.to_string(), "create_time": at, "video_description": words, "share_url": format!("https://www.tiktok.com/@ann/video/{id}")});
    // Twenty since, the newest of which has the same words; ours is the twenty-first.
    let mut first: Vec<_> = (0..20)
        .map(|n| shown(100 - n, begun + 3_000 - i64::from(n), "other words"))
        .collect();
    first[0] = shown(100, begun + 3_000, "A caption");
    play.says_data(LIST, page(json!(first), true)).await;
    play.says_data(
        LIST,
        page(json!([shown(10, begun + 5, "A caption")]), false),
    )
    .await;
    let (found, _) = outcome(play.reconcile(&request, &at).await);
    println!(
        "lists asked {}, found {found:?}",
        play.heard(LIST).await.len()
    );
    assert_eq!(found, Outcome::Undecided, "two could be it");
}

async fn uploads(play: &Play, answers: &[u16]) -> PublishRequest {
    let at = "/open-upload.tiktokapis.com/video/";
    for status in answers {
        let put = Mock::given(path(at)).respond_with(ResponseTemplate::new(*status));
        put.up_to_n_times(1).mount(&play.server).await;
    }
    let address = format!("{}{at}?upload_id=1&upload_token=sesame", play.server.uri());
    for number in 1..3 {
        let begun = json!({"publish_id": format!("v_pub_file~{number}"), "upload_url": address});
        play.says_data(VIDEO, begun).await;
    }
    let media = play.media.inner.put_bytes(video(3 * CHUNK)).await.unwrap();
    let request = PublishRequest::video(media).caption("A caption");
    request.options(direct()).unwrap()
}

/// TikTok says after the first of three parts that it has everything, and takes no more.
#[tokio::test]
async fn what_tiktok_says_it_has_whole_is_not_begun_anew_nor_called_cancelled() {
    for cancels in [false, true] {
        let play = Play::new(&["video.publish"]).await;
        play.says_creator().await;
        play.says_creator().await;
        let request = uploads(&play, &[201, 404]).await;
        let mut at = play.until(&request, "upload").await;
        let mut steps = Vec::new();
        for _ in 0..40 {
            play.says_data(STATUS, json!({"status": "PROCESSING_UPLOAD"}))
                .await;
            if cancels && at.step == "status" {
                let step = play.cancel(&request, &at).await.unwrap();
                println!("cancel: {}", short(&step));
                assert!(!matches!(
                    step,
                    Step::Settled {
                        outcome: Outcome::Cancelled,
                        ..
                    }
                ));
                break;
            }
            match play.step(&request, &at).await {
                Ok(Step::Pending {
                    checkpoint, after, ..
                }) => {
                    steps.push(format!("{}->{}", at.step, checkpoint.step));
                    at = checkpoint;
                    play.clock.advance(after);
                }
                Ok(settled) => {
                    println!("{}", short(&settled));
                    break;
                }
                Err(error) => {
                    steps.push(format!("{}?{:?}", at.step, error.kind()));
                    play.clock.advance(Duration::from_secs(60));
                }
            }
        }
        let inits = play.heard(VIDEO).await.len();
        println!("inits {inits}: {steps:?}");
        assert_eq!(inits, 1, "{steps:?}: TikTok said that it has everything");
    }
}

fn short(step: &Step) -> String {
    match step {
        Step::Pending {
            checkpoint,
            after,
            cause,
        } => format!(
            "pending {} {after:?} {:?}",
            checkpoint.step,
            cause.as_ref().map(|c| c.message().to_owned())
        ),
        Step::Settled { outcome, watch, .. } => format!("settled {outcome:?} watch {watch:?}"),
    }
}

/// The first bytes are sent in time, the last ones are not.
#[tokio::test]
async fn an_upload_that_cannot_be_a_post_yet_is_not_finished_after_its_time() {
    let stage = Stage::new().await;
    let due = stage.clock.now();
    let request = stage
        .request(3 * CHUNK)
        .await
        .schedule(due, MissedPolicy::Within(600));
    let mut at = stage
        .drive_until(&request, stage.plan(&request), |at| {
            at.state["upload"]["offset"] == CHUNK
        })
        .await
        .unwrap_err();
    // The account had to be connected again, say.
    stage.pass(Duration::from_secs(50 * 60));
    let mut settled = None;
    for _ in 0..40 {
        let mut facts = Facts::new(at.next);
        facts.exposed = at.exposure.post_may_exist();
        facts.expired = request
            .expires_at()
            .is_some_and(|ends| ends < stage.clock.now());
        let action = next_action(&facts, Patience::default());
        if action == Action::Miss {
            settled = Some("missed".to_owned());
            break;
        }
        match stage.step(&request, &at).await.unwrap() {
            Step::Pending {
                checkpoint, after, ..
            } => {
                at = checkpoint;
                stage.pass(after);
            }
            Step::Settled { outcome, .. } => {
                settled = Some(format!("{outcome:?}"));
                break;
            }
        }
    }
    let late = (stage.clock.now() - due).num_minutes();
    println!(
        "{late} min after it was due, at most 10 late: {settled:?}; posts {}",
        stage.control().posts().len()
    );
    assert!(stage.control().posts().is_empty(), "{settled:?}");
}

/// Whether it is too late is told by both clocks, as it is of every post.
#[tokio::test]
async fn an_upload_goes_on_while_the_clocks_do_not_agree_that_its_time_has_passed() {
    let stage = Stage::new().await;
    let due = stage.clock.now();
    let request = stage.request(3 * CHUNK).await;
    let request = request.schedule(due, MissedPolicy::Within(600));
    let at = stage
        .drive_until(&request, stage.plan(&request), |at| {
            at.state["upload"]["offset"] == CHUNK
        })
        .await
        .unwrap_err();
    stage.pass(Duration::from_secs(610));
    let deadline = stage.deadline();
    for (agreed, is_late) in [(600, false), (601, true)] {
        let agreed = due + chrono::TimeDelta::seconds(agreed);
        let cx = stage.cx(&request, &deadline).agreed(agreed);
        let step = stage.publisher.advance(&cx, &at).await.unwrap();
        assert_eq!(short(&step).contains("Failed"), is_late, "{}", short(&step));
    }
}

/// Sent whole; then nobody could ask for four days.
#[tokio::test]
async fn patience_with_a_post_counts_from_the_first_question() {
    let play = Play::new(&["video.publish"]).await;
    play.says_creator().await;
    play.says_data(VIDEO, json!({"publish_id": "v~1"})).await;
    let request = pull();
    let at = play.until(&request, "status").await;
    play.clock.advance(4 * 24 * HOUR);
    play.says_data(STATUS, json!({"status": "PROCESSING_DOWNLOAD"}))
        .await;
    let step = play.step(&request, &at).await.unwrap();
    println!("{}", short(&step));
    assert!(
        !matches!(
            step,
            Step::Settled {
                outcome: Outcome::Undecided,
                watch: None,
                ..
            }
        ),
        "asked once, and never again"
    );
}

/// A chunk that is refused by a limit again and again.
#[tokio::test]
async fn a_part_that_meets_a_limit_without_a_wait_is_sent_ever_more_rarely() {
    let play = Play::new(&["video.publish"]).await;
    play.says_creator().await;
    let request = uploads(&play, &[]).await;
    let put = ResponseTemplate::new(429).insert_header("retry-after", "0");
    let address = "/open-upload.tiktokapis.com/video/";
    Mock::given(path(address))
        .respond_with(put)
        .mount(&play.server)
        .await;
    let at = play.until(&request, "upload").await;
    let mut round = Round { at, failures: 0 };
    let (mut calls, began) = (0, play.clock.now());
    while play.clock.now() - began < chrono::TimeDelta::minutes(50) && calls < 500 {
        let said = play.step(&request, &round.at).await;
        calls += 1;
        match round.hears(Asked::Advance, play.clock.now(), said) {
            Follow::After(wait) => play.clock.advance(wait.max(Duration::from_millis(1))),
            other => panic!("{other:?}"),
        }
    }
    println!("{calls} tries of the first part in 50 min");
    assert!(calls < 40, "{calls}");
}

/// The last chunk meets the same.
#[tokio::test]
async fn a_last_part_that_meets_a_limit_without_a_wait_is_sent_ever_more_rarely() {
    let stage = Stage::new().await;
    let request = stage.request(60_000).await;
    let mut headers = std::collections::BTreeMap::new();
    headers.insert("retry-after".to_owned(), "0".to_owned());
    for _ in 0..400 {
        stage.arm(
            Endpoint::Upload,
            social_sandbox::FaultKind::Answer {
                status: 429,
                headers: headers.clone(),
                body: serde_json::Value::Null,
                done: false,
            },
        );
    }
    let mut round = Round {
        at: stage.plan(&request),
        failures: 0,
    };
    let (mut uploads, began) = (0, stage.clock.now());
    for _ in 0..2_000 {
        if stage.clock.now() - began > chrono::TimeDelta::minutes(50) {
            break;
        }
        if round.at.step == "upload" && round.at.state["upload"]["may_be_complete"] == true {
            uploads += 1;
        }
        let said = stage.step(&request, &round.at).await;
        match round.hears(Asked::Advance, stage.clock.now(), said) {
            Follow::After(wait) => stage.pass(wait.max(Duration::from_millis(1))),
            Follow::Settle(outcome, _) => {
                println!("{outcome:?}");
                break;
            }
            Follow::Hold => panic!("held"),
        }
    }
    println!("the last part was sent {uploads} times in 50 min");
    assert!(uploads < 120, "{uploads}");
}

/// Only `invalid_grant` says that a grant is dead.
#[tokio::test]
async fn no_other_word_of_the_token_endpoint_ends_a_connection() {
    let mut dead = Vec::new();
    for code in [
        "invalid_grant",
        "access_denied",
        "invalid_scope",
        "unauthorized_client",
        "server_error",
        "scope_not_authorized",
        "scope_permission_missed",
        "access_token_invalid",
        "rate_limit_exceeded",
        "brand_new",
    ] {
        for status in [200, 400, 401, 403] {
            let play = Play::new(&["video.publish"]).await;
            let body = format!(r#"{{"error":"{code}","error_description":"d","log_id":"1"}}"#);
            let answer = ResponseTemplate::new(status).set_body_string(body);
            let token = Mock::given(path("/open.tiktokapis.com/v2/oauth/token/"));
            token.respond_with(answer).mount(&play.server).await;
            let mut tokens = TokenSet::absent(play.clock.now());
            tokens.refresh = Some("rft.old".into());
            let deadline = play.deadline();
            let call = CallContext::new(play.clock.now(), &deadline);
            let said = play.oauth.refresh(&tokens, &call).await.unwrap_err();
            if *said.remedy() == Remedy::Reauthorize {
                dead.push(format!("{code} {status}"));
            }
        }
    }
    println!("taken for a dead grant: {dead:?}");
    assert!(
        dead.iter().all(|word| word.starts_with("invalid_grant")),
        "{dead:?}"
    );
    assert_eq!(dead.len(), 4);
}

/// TikTok cannot be told to stop, and has posted it long ago.
#[tokio::test]
async fn a_post_that_cannot_be_stopped_is_told_to_be_one() {
    let play = Play::new(&["video.publish"]).await;
    play.says_creator().await;
    play.says_data(VIDEO, json!({"publish_id": "v~1"})).await;
    let request = pull();
    let at = play.until(&request, "status").await;
    let full = "/open.tiktokapis.com/v2/post/publish/cancel/";
    let answer =
        ResponseTemplate::new(500).set_body_string(r#"{"error":{"code":"internal_error"}}"#);
    Mock::given(path(full))
        .respond_with(answer)
        .mount(&play.server)
        .await;
    let full = "/open.tiktokapis.com/v2/post/publish/status/fetch/";
    let done = json!({"data": {"status": "PUBLISH_COMPLETE"}, "error": {"code": "ok"}});
    let answer = ResponseTemplate::new(200).set_body_string(done.to_string());
    Mock::given(path(full))
        .respond_with(answer)
        .mount(&play.server)
        .await;
    let began = play.clock.now();
    let mut round = Round { at, failures: 0 };
    for _ in 0..200 {
        let said = play.cancel(&request, &round.at).await;
        match round.hears(Asked::Cancel, play.clock.now(), said) {
            Follow::After(wait) => play.clock.advance(wait),
            next => {
                println!("{next:?}");
                break;
            }
        }
        if play.clock.now() - began > chrono::TimeDelta::hours(3) {
            break;
        }
    }
    let (minutes, asked) = (
        (play.clock.now() - began).num_minutes(),
        play.heard(STATUS).await.len(),
    );
    println!("after {minutes} min: the status was asked {asked} times");
    assert!(asked > 0);
}
