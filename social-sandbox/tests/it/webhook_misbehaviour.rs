//! What may be wrong with deliveries, on request.

use serde_json::{Value, json};
use social_sandbox::{
    Control, DEMO_CLIENT_KEY, Sandbox, WebhookContent, WebhookOrder, WebhookSettings,
};

use crate::receiver::{Receiver, held, names, stage_with, upload};

fn change(control: &Control, change: impl FnOnce(&mut WebhookSettings)) {
    let mut settings = control.webhooks();
    change(&mut settings);
    control.set_webhooks(settings).unwrap();
}

fn send(control: &Control, event: &str) {
    let content = json!({ "share_id": "video.1.a" });
    control
        .send_event(DEMO_CLIENT_KEY, event, Some("studio-account"), content)
        .unwrap();
}

#[tokio::test]
async fn each_delivery_may_come_several_times() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    change(&control, |settings| settings.copies = 2);
    send(&control, "video.publish.completed");
    control.deliver_due().await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].body, heard[1].body);
    let mut none = control.webhooks();
    none.copies = 0;
    assert!(control.set_webhooks(none).is_err());
}

#[tokio::test]
async fn the_order_may_be_reversed() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    change(&control, |settings| settings.order = WebhookOrder::Reversed);
    let token = stage.grant("studio-account").access_token;
    upload(&stage, &token).await;
    stage.advance(100);
    control.deliver_due().await;
    let expected = ["post.publish.publicly_available", "post.publish.complete"];
    assert_eq!(names(&receiver.heard()), expected);
}

#[tokio::test]
async fn the_order_may_be_shuffled_and_follows_from_the_seed() {
    let mut orders = Vec::new();
    for seed in [1, 1, 2] {
        let receiver = Receiver::start().await;
        let stage = stage_with(&receiver, Sandbox::builder().seed(seed)).await;
        let control = stage.control();
        change(&control, |settings| {
            settings.held = true;
            settings.order = WebhookOrder::Shuffled;
        });
        for number in 0..12 {
            send(&control, &format!("event.{number}"));
        }
        control.deliver_due().await;
        orders.push(names(&receiver.heard()));
    }
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0], orders[2]);
    for order in &mut orders {
        assert_eq!(order.len(), 12);
        order.sort();
    }
    assert_eq!(orders[0], orders[2], "the same events");
}

#[tokio::test]
async fn they_may_be_late() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    change(&control, |settings| settings.delay_millis = 60_000);
    send(&control, "an.event");
    stage.advance(30);
    control.deliver_due().await;
    assert_eq!(receiver.heard(), []);
    stage.advance(30);
    control.deliver_due().await;
    let heard = receiver.heard();
    let late = heard[0].signed_at() - heard[0].json()["create_time"].as_i64().unwrap();
    assert!(late >= 60, "{late}");
}

#[tokio::test]
async fn signatures_may_be_wrong_or_old() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    change(&control, |settings| settings.wrong_signature = true);
    send(&control, "an.event");
    control.deliver_due().await;
    change(&control, |settings| {
        settings.wrong_signature = false;
        settings.stale_seconds = 400;
    });
    send(&control, "an.event");
    control.deliver_due().await;
    let [wrong, stale] = &receiver.heard()[..] else {
        panic!("two")
    };
    assert!(!wrong.is_genuine());
    assert!(stale.is_genuine());
    let age = control.clock().now.timestamp() - stale.signed_at();
    assert!((400..430).contains(&age), "{age}");
}

#[tokio::test]
async fn a_retry_may_keep_its_first_signature() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    change(&control, |settings| settings.resign_retries = false);
    receiver.answer(&[500, 500]);
    send(&control, "an.event");
    for _ in 0..3 {
        control.deliver_due().await;
        stage.advance(3600);
    }
    let heard = receiver.heard();
    assert_eq!(heard.len(), 3);
    assert!(heard.iter().all(|again| *again == heard[0]));
    assert!(heard[0].is_genuine());
}

#[tokio::test]
async fn names_may_be_those_of_other_designs() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    change(&control, |settings| settings.older_names = true);
    let token = stage.grant("studio-account").access_token;
    upload(&stage, &token).await;
    stage.begin(&token, 3, 3).await;
    stage.advance(3600);
    control.deliver_due().await;
    let expected = [
        "video.publish.complete",
        "post.publish.publicly_available",
        "video.publish.failed",
    ];
    assert_eq!(names(&receiver.heard()), expected);
}

#[tokio::test]
async fn content_may_be_anything() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    for content in [
        WebhookContent::Null,
        WebhookContent::Object,
        WebhookContent::NotJson,
    ] {
        change(&control, |settings| settings.content = content);
        send(&control, "an.event");
    }
    control.deliver_due().await;
    let contents: Vec<Value> = receiver
        .heard()
        .iter()
        .map(|heard| heard.json()["content"].clone())
        .collect();
    assert_eq!(contents[0], Value::Null);
    assert_eq!(contents[1], json!({ "share_id": "video.1.a" }));
    let text = contents[2].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
}

#[tokio::test]
async fn events_by_hand() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    let send = |event: &str, account: Option<&str>, content: Value| {
        control.send_event(DEMO_CLIENT_KEY, event, account, content)
    };
    let account = Some("studio-private");
    send(
        "portability.download.ready",
        None,
        json!({ "request_id": 123 }),
    )
    .unwrap();
    send("something.new", account, json!({ "reason": 1 })).unwrap();
    send("post.publish.complete", account, json!("not { JSON")).unwrap();
    assert!(send("an.event", Some("somebody"), json!({})).is_err());
    assert!(
        control
            .send_event("nobody", "an.event", None, json!({}))
            .is_err()
    );
    control.deliver_due().await;
    let [portability, new, broken] = &receiver.heard()[..] else {
        panic!("three")
    };
    assert_eq!(portability.json().get("user_openid"), None);
    assert_eq!(portability.content(), json!({ "request_id": 123 }));
    assert_eq!(new.event(), "something.new");
    assert_eq!(broken.json()["content"], "not { JSON");
}

#[tokio::test]
async fn what_is_held_waits_until_it_is_asked_for() {
    let (receiver, stage) = held().await;
    let control = stage.control();
    send(&control, "an.event");
    for _ in 0..200 {
        stage.creator_info("").await;
    }
    assert_eq!(receiver.heard(), []);
    change(&control, |settings| settings.held = false);
    assert_eq!(names(&receiver.until(&stage, 1).await), ["an.event"]);
}
