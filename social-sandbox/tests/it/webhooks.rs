//! Webhooks as an app hears them.

use std::time::Duration;

use serde_json::json;
use social_sandbox::{App, DEMO_CLIENT_KEY, DEMO_CLIENT_SECRET, DeliveryState, Sandbox};

use crate::client::{Stage, form};
use crate::receiver::{Receiver, held, names, stage_with, upload};

const COMPLETE: &str = "post.publish.complete";
const PUBLIC: &str = "post.publish.publicly_available";
const REMOVED: &str = "authorization.removed";

#[tokio::test]
async fn a_post_is_told_when_it_is_made_and_when_it_is_public() {
    let (receiver, stage) = held().await;
    let tokens = stage.grant("studio-account");
    let publish_id = upload(&stage, &tokens.access_token).await;
    stage.control().deliver_due().await;
    assert_eq!(receiver.heard(), [], "still processing");
    stage.advance(30);
    stage.control().deliver_due().await;
    stage.advance(60);
    stage.control().deliver_due().await;

    let heard = receiver.heard();
    assert_eq!(names(&heard), [COMPLETE, PUBLIC]);
    for heard in &heard {
        assert!(heard.is_genuine(), "{}", heard.signature);
        assert_eq!(heard.content_type, "application/json");
        let json = heard.json();
        assert_eq!(json["client_key"], DEMO_CLIENT_KEY);
        assert_eq!(json["user_openid"], tokens.open_id);
        assert_eq!(json.as_object().unwrap().len(), 5, "{json}");
        let late = heard.signed_at() - json["create_time"].as_i64().unwrap();
        assert!((0..20).contains(&late), "{late}");
    }
    let expected = json!({ "publish_id": publish_id, "publish_type": "DIRECT_PUBLISH" });
    assert_eq!(heard[0].content(), expected);
    let post_id = stage.control().posts()[0].post_id.clone();
    assert_eq!(heard[1].content()["post_id"], post_id, "as text");
    assert_eq!(heard[1].content()["publish_id"], publish_id);

    stage.advance(3600);
    stage.control().deliver_due().await;
    assert_eq!(receiver.heard().len(), 2, "told once");
}

#[tokio::test]
async fn they_come_by_themselves_on_the_virtual_clock() {
    let receiver = Receiver::start().await;
    let stage = stage_with(&receiver, Sandbox::builder()).await;
    let token = stage.grant("studio-account").access_token;
    upload(&stage, &token).await;
    stage.advance(31);
    assert_eq!(names(&receiver.until(&stage, 1).await), [COMPLETE]);
    stage.advance(60);
    assert_eq!(names(&receiver.until(&stage, 2).await), [COMPLETE, PUBLIC]);
}

#[tokio::test]
async fn an_upload_whose_hour_is_over_is_told_as_failed() {
    let (receiver, stage) = held().await;
    let token = stage.grant("studio-account").access_token;
    let (publish_id, _) = stage.begin(&token, 3, 3).await;
    stage.advance(3600);
    stage.control().deliver_due().await;
    let heard = receiver.heard();
    assert_eq!(names(&heard), ["post.publish.failed"]);
    let expected = json!({
        "publish_id": publish_id,
        "publish_type": "DIRECT_PUBLISH",
        "reason": "internal",
    });
    assert_eq!(heard[0].content(), expected);
}

#[tokio::test]
async fn revoking_is_told_with_reason_5_and_what_was_under_way_fails() {
    let (receiver, stage) = held().await;
    let tokens = stage.grant("studio-account");
    upload(&stage, &tokens.access_token).await;
    let body = form(&[
        ("client_key", DEMO_CLIENT_KEY),
        ("client_secret", DEMO_CLIENT_SECRET),
        ("token", &tokens.access_token),
    ]);
    let url = stage.api("/v2/oauth/revoke/");
    assert_eq!(stage.post_form(&url, &body).await.status.as_u16(), 200);
    stage.control().deliver_due().await;
    let heard = receiver.heard();
    let mut told = names(&heard);
    told.sort();
    assert_eq!(told, [REMOVED, "post.publish.failed"]);
    let removed = heard.iter().find(|heard| heard.event() == REMOVED).unwrap();
    assert_eq!(removed.content(), json!({ "reason": 5 }));
    assert_eq!(removed.json()["user_openid"], tokens.open_id);
    let failed = heard.iter().find(|heard| heard.event() != REMOVED).unwrap();
    assert_eq!(failed.content()["reason"], "auth_removed");
    // A second time there is nothing to revoke, and nothing to tell.
    stage.post_form(&url, &body).await;
    stage.control().deliver_due().await;
    assert_eq!(receiver.heard().len(), 2);
}

#[tokio::test]
async fn a_user_who_removes_the_app_is_told_with_the_reason() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    for reason in 0..=5 {
        let token = stage.grant("studio-account").access_token;
        control
            .disconnect(DEMO_CLIENT_KEY, "studio-account", reason)
            .unwrap();
        let answer = stage.creator_info(&token).await;
        assert_eq!(
            answer.code(),
            "access_token_invalid",
            "dead before it is told"
        );
        control.deliver_due().await;
        let heard = receiver.heard().pop().unwrap();
        assert_eq!(heard.event(), REMOVED);
        assert_eq!(heard.content(), json!({ "reason": reason }));
    }
    let nobody = control.disconnect(DEMO_CLIENT_KEY, "studio-account", 1);
    assert!(nobody.unwrap_err().to_string().contains("has not let"));
    assert!(
        control
            .disconnect(DEMO_CLIENT_KEY, "studio-account", 6)
            .is_err()
    );
}

#[tokio::test]
async fn only_200_counts_and_everything_else_is_tried_again_with_growing_gaps() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    stage.grant("studio-account");
    control
        .disconnect(DEMO_CLIENT_KEY, "studio-account", 1)
        .unwrap();
    receiver.answer(&[500, 204, 302]);
    let steps = [
        (0, 1),
        (5, 1),
        (6, 2),
        (10, 2),
        (11, 3),
        (20, 3),
        (21, 4),
        (9999, 4),
    ];
    for (gap, heard) in steps {
        stage.advance(gap);
        control.deliver_due().await;
        assert_eq!(receiver.heard().len(), heard, "after {gap} s");
    }
    let heard = receiver.heard();
    assert!(
        heard
            .iter()
            .all(|again| again.is_genuine() && again.body == heard[0].body)
    );
    assert!(
        heard[3].signed_at() >= heard[0].signed_at() + 70,
        "signed anew"
    );
    let [delivery] = &control.deliveries()[..] else {
        panic!("one delivery")
    };
    assert_eq!(delivery.state, DeliveryState::Delivered);
    let statuses: Vec<_> = delivery
        .attempts
        .iter()
        .map(|attempt| attempt.status)
        .collect();
    assert_eq!(statuses, [Some(500), Some(204), Some(302), Some(200)]);
}

#[tokio::test]
async fn after_72_hours_it_is_dropped() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    stage.grant("studio-account");
    control
        .disconnect(DEMO_CLIENT_KEY, "studio-account", 1)
        .unwrap();
    receiver.answer(&[503; 50]);
    let begun = control.clock().now;
    while control.deliveries()[0].state == DeliveryState::Pending {
        let left = control.deliveries()[0].due_at - control.clock().now;
        control.advance(left.to_std().unwrap_or_default());
        control.deliver_due().await;
    }
    assert_eq!(control.deliveries()[0].state, DeliveryState::Dropped);
    assert!(control.clock().now - begun < chrono::TimeDelta::hours(72));
    assert_eq!(receiver.heard().len(), 15);
    stage.advance(100 * 3600);
    control.deliver_due().await;
    assert_eq!(receiver.heard().len(), 15);
}

#[tokio::test]
async fn nobody_there_is_a_failed_try() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let stage = Stage::with(Sandbox::builder().webhook(url).start().await.unwrap());
    stage.grant("studio-account");
    let control = stage.control();
    control
        .disconnect(DEMO_CLIENT_KEY, "studio-account", 1)
        .unwrap();
    control.deliver_due().await;
    let [delivery] = &control.deliveries()[..] else {
        panic!("one delivery")
    };
    assert_eq!(delivery.state, DeliveryState::Pending);
    let attempt = &delivery.attempts[0];
    assert_eq!(attempt.status, None);
    assert!(attempt.problem.as_ref().unwrap().contains("no connection"));
}

#[tokio::test]
async fn an_app_hears_of_its_own_users_and_only_since_it_asked() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    control.add_app(App::new("other", "other-secret")).unwrap();
    control
        .grant("other", "studio-account", &["video.publish"])
        .unwrap();
    control.disconnect("other", "studio-account", 1).unwrap();
    let token = stage.grant("studio-account").access_token;
    control.set_webhook(DEMO_CLIENT_KEY, None).unwrap();
    upload(&stage, &token).await;
    control.advance(Duration::from_secs(40));
    control
        .set_webhook(DEMO_CLIENT_KEY, Some(&receiver.url))
        .unwrap();
    control.advance(Duration::from_secs(100));
    control.deliver_due().await;
    assert_eq!(names(&receiver.heard()), [PUBLIC], "complete came before");
}

#[tokio::test]
async fn pending_deliveries_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.json");
    let receiver = Receiver::start().await;
    let builder = || Sandbox::builder().state_file(&path);
    let stage = stage_with(&receiver, builder()).await;
    receiver.answer(&[500]);
    let token = stage.grant("studio-account").access_token;
    upload(&stage, &token).await;
    stage.advance(31);
    stage.control().deliver_due().await;
    assert_eq!(names(&receiver.heard()), [COMPLETE]);
    stage.sandbox.stop().await;

    let stage = stage_with(&receiver, builder()).await;
    let [delivery] = &stage.control().deliveries()[..] else {
        panic!("one delivery")
    };
    assert_eq!(
        (delivery.state, delivery.attempts.len()),
        (DeliveryState::Pending, 1)
    );
    stage.advance(61);
    stage.control().deliver_due().await;
    let mut told = names(&receiver.heard());
    told.sort();
    assert_eq!(
        told,
        [COMPLETE, COMPLETE, PUBLIC],
        "nothing anew, nothing lost"
    );
    stage.sandbox.stop().await;
}
