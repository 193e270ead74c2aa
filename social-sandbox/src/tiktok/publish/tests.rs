use proptest::prelude::*;

use super::course::URL_LIFE;
use super::*;

fn publish() -> Publish {
    Publish {
        publish_id: "v_pub_file~v2-1.1".to_owned(),
        upload_token: String::new(),
        client_key: String::new(),
        account: String::new(),
        title: String::new(),
        description: String::new(),
        privacy_level: "PUBLIC_TO_EVERYONE".to_owned(),
        post_info: Map::new(),
        kind: Kind::default(),
        disabled: Disabled::default(),
        video_size: 50_000_123,
        chunk_size: 10_000_000,
        total_chunk_count: 5,
        received: 0,
        hash: None,
        scan: None,
        init_at: 0,
        pull: None,
        done: None,
        stopped: None,
        drafts: Vec::new(),
        discarded_at: None,
        ruling: Ruling::default(),
    }
}

fn done() -> Done {
    Done {
        posted_at: 100,
        public_at: 200,
        post_id: 7,
        failure: None,
        withheld: false,
        withdrawn_at: None,
    }
}

fn draft(posted_at: Millis, post_id: i64) -> Draft {
    Draft {
        title: String::new(),
        privacy_level: "PUBLIC_TO_EVERYONE".to_owned(),
        posted_at,
        public_at: posted_at + 100,
        post_id,
        withheld: false,
        withdrawn_at: None,
    }
}

fn failed(at: Millis, reason: &str) -> Vec<(Millis, Transition)> {
    let reason = reason.to_owned();
    vec![(at, Transition::Failed { reason })]
}

#[test]
fn the_last_chunk_takes_the_remainder() {
    let publish = publish();
    assert_eq!(publish.chunk_at(0), Some(10_000_000));
    assert_eq!(publish.chunk_at(40_000_000), Some(10_000_123));
    assert_eq!(publish.chunk_at(50_000_000), None);
    assert_eq!(publish.chunk_at(1), None);
}

#[test]
fn time_alone_moves_it_on() {
    let mut publish = publish();
    assert_eq!(
        publish.status(URL_LIFE - 1),
        PublishStatus::ProcessingUpload
    );
    assert_eq!(publish.status(URL_LIFE), PublishStatus::Failed);
    assert_eq!(publish.fail_reason(URL_LIFE).as_deref(), Some("internal"));
    publish.done = Some(done());
    assert_eq!(publish.status(99), PublishStatus::ProcessingUpload);
    assert_eq!(publish.status(100), PublishStatus::PublishComplete);
    assert_eq!(publish.status(URL_LIFE * 2), PublishStatus::PublishComplete);
    assert!(publish.public_post_ids(199).is_empty());
    assert_eq!(publish.public_post_ids(200), [7]);
    publish.privacy_level = "SELF_ONLY".to_owned();
    assert!(publish.public_post_ids(200).is_empty());
    assert_eq!(publish.transitions(), [(100, Transition::Complete)]);
}

#[test]
fn removing_the_app_ends_only_what_is_not_posted() {
    let mut posted = publish();
    posted.done = Some(done());
    let mut processing = posted.clone();
    assert!(processing.stop("auth_removed", 99));
    assert_eq!(processing.fail_reason(99).as_deref(), Some("auth_removed"));
    assert_eq!(processing.transitions(), failed(99, "auth_removed"));
    assert!(!posted.stop("auth_removed", 100));
    assert_eq!(posted.status(100), PublishStatus::PublishComplete);
}

#[test]
fn a_withdrawn_post_is_told_once_and_its_id_goes() {
    let mut publish = publish();
    publish.done = Some(done());
    assert!(!publish.withdraw(7, 199), "not public yet");
    assert!(!publish.withdraw(8, 300), "another post");
    assert!(publish.withdraw(7, 300));
    assert!(!publish.withdraw(7, 301));
    assert_eq!(publish.public_post_ids(299), [7]);
    assert!(publish.public_post_ids(300).is_empty());
    assert_eq!(publish.status(300), PublishStatus::PublishComplete);
    let expected = [
        (100, Transition::Complete),
        (200, Transition::PubliclyAvailable { post_id: 7 }),
        (300, Transition::NoLongerAvailable { post_id: 7 }),
    ];
    assert_eq!(publish.transitions(), expected);
}

#[test]
fn a_share_may_be_posted_twice_and_lapses() {
    let mut publish = publish();
    publish.kind.mode = Mode::Inbox;
    publish.done = Some(done());
    assert_eq!(
        publish.post_draft(draft(99, 1)),
        Err(InboxError::NotThere),
        "not delivered yet"
    );
    assert_eq!(publish.status(100), PublishStatus::SendToUserInbox);
    assert!(publish.is_pending_share(100) && publish.in_inbox(100));
    publish.post_draft(draft(150, 1)).unwrap();
    assert!(!publish.is_pending_share(150) && publish.in_inbox(150));
    publish.post_draft(draft(160, 2)).unwrap();
    assert_eq!(publish.public_post_ids(260), [1, 2]);
    assert_eq!(publish.status(149), PublishStatus::SendToUserInbox);
    assert_eq!(publish.status(150), PublishStatus::PublishComplete);
    let expected = [
        (100, Transition::InboxDelivered),
        (150, Transition::Complete),
        (160, Transition::Complete),
        (250, Transition::PubliclyAvailable { post_id: 1 }),
        (260, Transition::PubliclyAvailable { post_id: 2 }),
    ];
    assert_eq!(publish.transitions(), expected);
    let late = draft(100 + PENDING_LIFE, 3);
    assert_eq!(publish.post_draft(late), Err(InboxError::NotThere));
    publish.discard(300).unwrap();
    assert_eq!(publish.discard(300), Err(InboxError::NotThere));
    assert_eq!(publish.status(300), PublishStatus::PublishComplete);
}

#[test]
fn a_download_runs_by_the_clock_and_stops_with_it() {
    let mut publish = publish();
    publish.kind.source = Source::Url;
    publish.pull = Some(Pull {
        hashes: Vec::new(),
        bytes_per_second: 12_500_000,
        ends_at: 4001,
    });
    publish.done = Some(Done {
        posted_at: 5000,
        ..done()
    });
    assert_eq!(publish.status(0), PublishStatus::ProcessingDownload);
    assert_eq!(publish.downloaded(1000), 12_500_000);
    assert_eq!(publish.downloaded(9000), 50_000_123);
    assert!(publish.is_downloading(4000) && !publish.is_downloading(4001));
    assert!(publish.stop("publish_cancelled", 2000));
    assert_eq!(publish.downloaded(9000), 25_000_000);
    assert_eq!(publish.status(1999), PublishStatus::ProcessingDownload);
    assert_eq!(publish.transitions(), failed(2000, "publish_cancelled"));
}

#[test]
fn files_of_version_1_are_read() {
    let older = |removed: bool| {
        serde_json::json!({
            "publish_id": "v_pub_file~v2-1.1", "upload_token": "t", "client_key": "k",
            "account": "a", "title": "", "privacy_level": "SELF_ONLY", "post_info": {},
            "video_size": 3, "chunk_size": 3, "total_chunk_count": 1, "received": 3, "hash": null,
            "init_at": 5, "done": { "posted_at": 10, "public_at": 20, "post_id": 7 },
            "removed": removed,
        })
    };
    let posted: Publish = serde_json::from_value(older(false)).unwrap();
    assert_eq!(posted.status(10), PublishStatus::PublishComplete);
    let removed: Publish = serde_json::from_value(older(true)).unwrap();
    assert_eq!(removed.fail_reason(10).as_deref(), Some("auth_removed"));
    let again: Publish = serde_json::from_value(serde_json::to_value(&removed).unwrap()).unwrap();
    assert_eq!(again.stopped, removed.stopped);
}

/// Something done to a publish.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Finish {
        processing: Millis,
        moderation: Millis,
    },
    Stop,
    Post {
        moderation: Millis,
    },
    Discard,
    Withdraw,
    Nothing,
}

fn deeds() -> impl Strategy<Value = Vec<(Millis, Deed)>> {
    let span = 0..3_i64;
    let deed = prop_oneof![
        (span.clone(), span.clone()).prop_map(|(processing, moderation)| Deed::Finish {
            processing,
            moderation
        }),
        Just(Deed::Stop),
        span.clone()
            .prop_map(|moderation| Deed::Post { moderation }),
        Just(Deed::Discard),
        Just(Deed::Withdraw),
        Just(Deed::Nothing),
    ];
    proptest::collection::vec((span, deed), 1..20)
}

fn carry_out(publish: &mut Publish, deed: Deed, now: Millis) {
    let next_id = 100 + i64::try_from(publish.drafts.len()).unwrap();
    match deed {
        Deed::Finish {
            processing,
            moderation,
        } if publish.done.is_none() && publish.is_processing(now) => {
            publish.done = Some(Done {
                posted_at: now + processing,
                public_at: now + processing + moderation,
                ..done()
            });
        }
        Deed::Stop => {
            publish.stop("auth_removed", now);
        }
        Deed::Post { moderation } => {
            let made = Draft {
                public_at: now + moderation,
                ..draft(now, next_id)
            };
            let _ = publish.post_draft(made);
        }
        Deed::Discard => {
            let _ = publish.discard(now);
        }
        Deed::Withdraw => {
            let first = publish.public_post_ids(now).first().copied();
            if let Some(id) = first {
                publish.withdraw(id, now);
            }
        }
        Deed::Finish { .. } | Deed::Nothing => {}
    }
}

proptest! {
    /// What has been told of the past stays true, or a webhook of it would be wrong.
    #[test]
    fn the_past_never_changes(deeds in deeds(), inbox: bool) {
        let mut publish = publish();
        publish.kind.mode = if inbox { Mode::Inbox } else { Mode::Direct };
        let mut now = 0;
        for (later, deed) in deeds {
            now += later;
            let past = |publish: &Publish, until: Millis| -> Vec<_> {
                publish.transitions().into_iter().filter(|(at, _)| *at < until).collect()
            };
            let before = past(&publish, now);
            carry_out(&mut publish, deed, now);
            prop_assert_eq!(&past(&publish, now), &before, "{:?} at {}", deed, now);
            let all = publish.transitions();
            prop_assert!(all.is_sorted_by_key(|(at, _)| *at));
            let failed = all.iter().any(|(_, one)| matches!(one, Transition::Failed { .. }));
            prop_assert!(!failed || all.len() == 1, "what fails does nothing else: {:?}", all);
        }
    }
}
