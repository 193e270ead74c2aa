mod hostile;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha2::Sha256;
use social_core::{
    conformance::named,
    platform::hex,
    webhook::{Delivery, EventSubject, Verified, VerifyError, WebhookVerifier},
};

use super::{PublishType, Removal, Webhook, WebhookEvent, Webhooks};

const KEY: &str = "awexample1key";
const SECRET: &str = "an example of a client secret";
const SIGNED: i64 = 1_800_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(SIGNED + seconds, 0).unwrap()
}

fn webhooks() -> Webhooks {
    Webhooks::new(named(KEY), SECRET.to_owned().into())
}

fn sign(secret: &str, time: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let mac = hex::encode(mac.finalize().into_bytes());
    format!("t={time},s={mac}")
}

fn headers(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
    headers.insert("TikTok-Signature", value);
    headers
}

fn verify(webhooks: &Webhooks, header: &str, body: &[u8]) -> Result<Verified, VerifyError> {
    webhooks.verify(Delivery::new(&headers(header), body), at(2))
}

fn body(event: &str, content: &str) -> Vec<u8> {
    let content = serde_json::Value::from(content);
    format!(
        r#"{{"client_key":"{KEY}","event":"{event}","create_time":{SIGNED},"user_openid":"-000open","content":{content}}}"#
    )
    .into_bytes()
}

fn signed(body: &[u8]) -> Verified {
    let header = sign(SECRET, &SIGNED.to_string(), body);
    verify(&webhooks(), &header, body).unwrap()
}

#[test]
fn a_signature_of_the_documented_form_is_taken() {
    // Computed once with another implementation of HMAC-SHA256.
    let body = br#"{"client_key":"awexample1key","event":"post.publish.complete","create_time":1,"content":"{}"}"#;
    let header = "t=1800000000,s=af4a2d71dae3d5883ad9642e3b2fb13f4a0870296916b3db31cd51c77c4554bb";
    let verified = verify(&webhooks(), header, body).unwrap();
    assert_eq!(verified.age, Some(Duration::from_secs(2)));
    assert_eq!(verified.events.len(), 1);
}

#[test]
fn headers_of_another_form_are_refused() {
    let body = body("post.publish.complete", r#"{"publish_id":"p"}"#);
    let good = sign(SECRET, &SIGNED.to_string(), &body);
    let mac = good.split_once(",s=").unwrap().1.to_owned();
    for bad in [
        String::new(),
        format!("sha256={mac}"),
        mac.clone(),
        "t=1800000000".to_owned(),
        format!("s={mac}"),
        format!("t=-1,s={mac}"),
        format!("t=,s={mac}"),
        format!("t=1800000000,s={}", &mac[1..]),
        format!("t=1800000000,s={mac}0"),
        format!("t=1800000000,s=zz{}", &mac[2..]),
        format!("t=1800000000,t=1800000000,s={mac}"),
        format!("t=99999999999999999999,s={mac}"),
    ] {
        let answer = verify(&webhooks(), &bad, &body);
        assert_eq!(answer.unwrap_err(), VerifyError::Malformed, "{bad}");
    }
    let none = webhooks().verify(Delivery::new(&HeaderMap::new(), &body), at(0));
    assert_eq!(none.unwrap_err(), VerifyError::Malformed);
    let mut two = headers(&good);
    two.append("tiktok-signature", HeaderValue::from_str(&good).unwrap());
    let answer = webhooks().verify(Delivery::new(&two, &body), at(0));
    assert_eq!(answer.unwrap_err(), VerifyError::Malformed);
    let other_name = HeaderMap::from_iter([(
        http::HeaderName::from_static("x-tiktok-signature"),
        HeaderValue::from_str(&good).unwrap(),
    )]);
    let answer = webhooks().verify(Delivery::new(&other_name, &body), at(0));
    assert_eq!(answer.unwrap_err(), VerifyError::Malformed);
}

#[test]
fn blanks_order_capitals_and_further_keys_do_not_matter() {
    let body = body("post.publish.complete", r#"{"publish_id":"p"}"#);
    let good = sign(SECRET, &SIGNED.to_string(), &body);
    let mac = good.split_once(",s=").unwrap().1.to_uppercase();
    let other = format!(" v=2 , s = {mac} ,t= 1800000000 , x");
    assert!(verify(&webhooks(), &other, &body).is_ok());
}

#[test]
fn any_of_several_secrets_counts() {
    let body = body("post.publish.complete", r#"{"publish_id":"p"}"#);
    let header = sign("the next secret", &SIGNED.to_string(), &body);
    let answer = verify(&webhooks(), &header, &body);
    assert_eq!(answer.unwrap_err(), VerifyError::Signature);
    let both = webhooks().also("the next secret".to_owned());
    assert!(verify(&both, &header, &body).is_ok());
    assert!(
        !format!("{both:?}").contains("secret\""),
        "no secret is shown"
    );
}

#[test]
fn a_late_delivery_counts_for_73_hours_and_is_told_from_a_wrong_one() {
    let body = body("post.publish.complete", r#"{"publish_id":"p"}"#);
    let header = headers(&sign(SECRET, &SIGNED.to_string(), &body));
    let at = |time: DateTime<Utc>| webhooks().verify(Delivery::new(&header, &body), time);
    let hours = TimeDelta::hours(73);
    let late = at(self::at(0) + hours).unwrap();
    assert_eq!(late.age, Some(Duration::from_secs(73 * 3_600)));
    let later = at(self::at(1) + hours).unwrap_err();
    assert_eq!(
        later,
        VerifyError::Stale(Duration::from_secs(73 * 3_600 + 1))
    );
    assert_eq!(at(self::at(-300)).unwrap().age, None, "five minutes ahead");
    let ahead = at(self::at(-301)).unwrap_err();
    assert_eq!(ahead, VerifyError::Ahead(Duration::from_secs(301)));
    assert!(ahead.to_string().contains("ahead of this machine's clock"));
    let narrow = webhooks().window(Duration::from_secs(1), Duration::ZERO);
    let answer = narrow.verify(Delivery::new(&header, &body), self::at(2));
    assert_eq!(
        answer.unwrap_err(),
        VerifyError::Stale(Duration::from_secs(2))
    );
}

#[test]
fn what_is_signed_but_not_ours_is_not_read() {
    for body in [
        &b"not json"[..],
        b"[]",
        br#"{"client_key":"awexample1key"}"#,
        br#"{"event":"post.publish.complete"}"#,
        br#"{"client_key":"another","event":"post.publish.complete","create_time":1}"#,
    ] {
        let header = sign(SECRET, &SIGNED.to_string(), body);
        let answer = verify(&webhooks(), &header, body);
        assert_eq!(answer.unwrap_err(), VerifyError::Unreadable);
    }
}

fn post(id: &str) -> EventSubject {
    EventSubject::Post {
        remote_id: named(id),
    }
}

#[test]
fn an_event_says_what_it_is_about() {
    for (name, content, subject) in [
        (
            "authorization.removed",
            r#"{"reason":1}"#,
            EventSubject::AccessRevoked,
        ),
        ("post.publish.failed", r#"{"publish_id":"p"}"#, post("p")),
        (
            "post.publish.publicly_available",
            r#"{"publish_id":"p","post_id":"7"}"#,
            post("p"),
        ),
        ("post.publish.complete", "{}", EventSubject::Other),
        (
            "portability.download.ready",
            r#"{"request_id":"1"}"#,
            EventSubject::Other,
        ),
        (
            "video.publish.completed",
            r#"{"share_id":"s"}"#,
            EventSubject::Other,
        ),
        ("a.new.event", r#"{"publish_id":"p"}"#, EventSubject::Other),
    ] {
        let verified = signed(&body(name, content));
        assert_eq!(verified.events[0].subject, subject, "{name}");
    }
}

/// Text that was cut in the middle of an emoji.
#[test]
fn half_a_character_does_not_lose_an_event() {
    let cut = r#"{"publish_id":"v_pub_file~v2-1.7","title":"rain \ud83d"}"#;
    let verified = signed(&body("post.publish.complete", cut));
    let subject = &verified.events[0].subject;
    assert_eq!(*subject, post("v_pub_file~v2-1.7"));
    let outside = format!(
        r#"{{"client_key":"{KEY}","event":"post.publish.complete","create_time":{SIGNED},"user_openid":"\ud800","content":"{{}}"}}"#
    );
    assert_eq!(signed(outside.as_bytes()).events.len(), 1);
}

#[test]
fn every_documented_event_is_typed() {
    let typed = |event: &str, content: &str| Webhook::read(&body(event, content)).unwrap().event;
    let publish_id = || "v_pub_file~v2-1.7".to_owned();
    let direct = || Some(PublishType::Direct);
    let common = r#""publish_id":"v_pub_file~v2-1.7","publish_type":"DIRECT_PUBLISH""#;
    let removed = typed("authorization.removed", r#"{"reason": 1 }"#);
    assert_eq!(removed, WebhookEvent::AuthorizationRemoved(Removal::ByUser));
    let complete = typed("post.publish.complete", &format!("{{{common}}}"));
    assert_eq!(
        complete,
        WebhookEvent::PublishComplete {
            publish_id: publish_id(),
            publish_type: direct()
        }
    );
    for field in ["reason", "fail_reason"] {
        let content = format!(r#"{{{common},"{field}":"internal"}}"#);
        let failed = WebhookEvent::PublishFailed {
            publish_id: publish_id(),
            publish_type: direct(),
            reason: Some("internal".to_owned()),
        };
        assert_eq!(typed("post.publish.failed", &content), failed);
    }
    let inbox = r#"{"publish_id":"v_inbox_file~v2.1","publish_type":"INBOX_SHARE"}"#;
    assert_eq!(
        typed("post.publish.inbox_delivered", inbox),
        WebhookEvent::InboxDelivered {
            publish_id: "v_inbox_file~v2.1".to_owned(),
            publish_type: Some(PublishType::Inbox)
        }
    );
    for post_id in ["7602990000000000003", "\"7602990000000000003\""] {
        let content = format!(r#"{{{common},"post_id":{post_id}}}"#);
        let post_id = || Some("7602990000000000003".to_owned());
        let public = WebhookEvent::PubliclyAvailable {
            publish_id: publish_id(),
            publish_type: direct(),
            post_id: post_id(),
        };
        assert_eq!(typed("post.publish.publicly_available", &content), public);
        let gone = WebhookEvent::NoLongerPubliclyAvailable {
            publish_id: publish_id(),
            publish_type: direct(),
            post_id: post_id(),
        };
        let name = "post.publish.no_longer_publicaly_available";
        assert_eq!(typed(name, &content), gone);
    }
    let share_id = "video.6974.VDC".to_owned();
    let content = r#"{"share_id":"video.6974.VDC"}"#;
    assert_eq!(
        typed("video.upload.failed", content),
        WebhookEvent::VideoUploadFailed {
            share_id: share_id.clone()
        }
    );
    assert_eq!(
        typed("video.publish.completed", content),
        WebhookEvent::VideoPublishCompleted { share_id }
    );
    assert_eq!(
        typed(
            "portability.download.ready",
            r#"{"request_id":123123123123123}"#
        ),
        WebhookEvent::PortabilityDownloadReady {
            request_id: "123123123123123".to_owned()
        }
    );
    assert_eq!(typed("brand.new", r#"{"a":1}"#), WebhookEvent::Other);
}

#[test]
fn every_reason_of_a_removal_is_known() {
    let removal = |content: &str| match Webhook::read(&body("authorization.removed", content)) {
        Some(Webhook {
            event: WebhookEvent::AuthorizationRemoved(removal),
            ..
        }) => removal,
        other => panic!("{other:?}"),
    };
    let known = [
        Removal::Unknown,
        Removal::ByUser,
        Removal::AccountDeleted,
        Removal::AgeChanged,
        Removal::Banned,
        Removal::ByApp,
        Removal::Other(6),
    ];
    for (number, expected) in (0..).zip(known) {
        assert_eq!(removal(&format!(r#"{{"reason":{number}}}"#)), expected);
        assert_eq!(removal(&format!(r#"{{"reason":"{number}"}}"#)), expected);
        assert_eq!(expected.number(), number);
    }
    assert_eq!(removal("{}"), Removal::Unknown);
    assert_eq!(removal("no json"), Removal::Unknown);
}

#[test]
fn other_names_are_taken_for_the_documented_one_and_kept() {
    let pairs = [
        ("video.publish.complete", "post.publish.complete"),
        ("video.publish.failed", "post.publish.failed"),
        ("video.inbox.received", "post.publish.inbox_delivered"),
        ("post.publish.success", "post.publish.complete"),
        ("post.publish.completed", "post.publish.complete"),
        (
            "post.publish.no_longer_publicly_available",
            "post.publish.no_longer_publicaly_available",
        ),
    ];
    for (sent, name) in pairs {
        let verified = signed(&body(sent, r#"{"publish_id":"p"}"#));
        let event = &verified.events[0];
        assert_eq!(
            (event.kind.as_str(), event.sent_as.as_deref()),
            (name, Some(sent))
        );
        assert_eq!(event.subject, post("p"));
        let documented = signed(&body(name, r#"{"publish_id":"p"}"#));
        assert_eq!(documented.events[0].sent_as, None);
        assert_eq!(documented.events[0].id, event.id, "one event, one id");
    }
}

#[test]
fn fields_in_other_places_are_found() {
    let body = format!(
        r#"{{"client_key":"{KEY}","event_type":"post.publish.complete","create_time":"{SIGNED}","open_id":"o","publish_id":"p"}}"#
    );
    let verified = signed(body.as_bytes());
    let event = &verified.events[0];
    assert_eq!(event.account, Some(named("o")));
    assert_eq!(event.subject, post("p"));
    assert_eq!(event.occurred_at, Some(at(0)));
}

#[test]
fn nothing_of_an_unknown_event_is_lost() {
    let body = body("brand.new", r#"{"deep":{"er":[7602990000000000003]}}"#);
    let verified = signed(&body);
    assert_eq!(verified.events[0].body, body);
    assert_eq!(verified.events[0].kind, "brand.new");
    let webhook = Webhook::read(&body).unwrap();
    assert_eq!(
        webhook.content["deep"]["er"][0].as_i64(),
        Some(7_602_990_000_000_000_003)
    );
}

#[test]
fn the_id_is_the_same_each_time_and_differs_between_events() {
    let id = |body: &[u8]| signed(body).events[0].id.clone();
    let first = body(
        "post.publish.complete",
        r#"{"publish_id":"p","publish_type":"INBOX_SHARE"}"#,
    );
    let spaced = body(
        "post.publish.complete",
        r#"{ "publish_type":"INBOX_SHARE", "publish_id":"p" }"#,
    );
    assert_eq!(id(&first), id(&spaced), "its form does not count");
    let time = (SIGNED + 60).to_string();
    let again = verify(&webhooks(), &sign(SECRET, &time, &first), &first).unwrap();
    assert_eq!(
        id(&first),
        again.events[0].id,
        "the time of the signature does not count"
    );
    let text = String::from_utf8(first.clone()).unwrap();
    let second_later = text.replace(
        &format!("\"create_time\":{SIGNED}"),
        "\"create_time\":1800000001",
    );
    let mut others = vec![
        id(&first),
        id(second_later.as_bytes()),
        id(text.replace("-000open", "-000other").as_bytes()),
        id(&body("post.publish.complete", r#"{"publish_id":"q"}"#)),
        id(&body(
            "post.publish.inbox_delivered",
            r#"{"publish_id":"p"}"#,
        )),
        id(&body(
            "post.publish.failed",
            r#"{"publish_id":"p","reason":"internal"}"#,
        )),
        id(&body(
            "post.publish.failed",
            r#"{"publish_id":"p","reason":"spam_risk"}"#,
        )),
        id(&body("post.publish.failed", r#"{"publish_id":"p"}"#)),
        id(&body(
            "post.publish.publicly_available",
            r#"{"publish_id":"p","post_id":1}"#,
        )),
        id(&body(
            "post.publish.publicly_available",
            r#"{"publish_id":"p","post_id":2}"#,
        )),
        id(&body("authorization.removed", r#"{"reason":1}"#)),
        id(&body("authorization.removed", r#"{"reason":2}"#)),
        id(&body("brand.new", r#"{"a":1}"#)),
        id(&body("brand.new", r#"{"a":2}"#)),
        id(&body("post.publish.complete", "no json")),
        id(&body("post.publish.complete", "no json either")),
    ];
    let all = others.len();
    others.sort();
    others.dedup();
    assert_eq!(others.len(), all);
}
