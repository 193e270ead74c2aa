//! After a rollback this release meets rows of a newer one: it shows them, leaves them as they are, and they go on when the newer
//! one runs again. For every store on SQL.

use std::time::Duration;

use social_core::{
    conformance::named,
    error::{Error, ErrorKind, Reason, Remedy},
    model::{AccountStatus, AppKey, NeedsReauth, PostId},
    publish::{Effect, Outcome},
    store::{
        ClaimDue, ClaimEvents, ClaimPosts, EventStore, Expect, HandedOver, HeldFor, HistoryKind,
        Next, PostClaim, PostEdit, PostFilter, PostState, PostStore, ReceivedEvent, RecordStep,
        TokenClaimed, TokenStore,
    },
    webhook::{EventSubject, VerifiedEvent},
};

use crate::fixtures::{self, LEASE, app, at, key, post, post_id, token};

/// A store, and the way behind its back.
pub(crate) trait Rolled: Sync {
    type Store: PostStore + TokenStore + EventStore;

    fn store(&self) -> &Self::Store;

    /// Changes rows; `posts`, `post_history` and `accounts` are the names of the tables.
    fn run(&self, sql: &str) -> impl Future<Output = ()> + Send;

    /// The whole row of a post by its key, or of an account, as text, but for when it was written.
    fn row(&self, table: &str, of: &str) -> impl Future<Output = String> + Send;

    /// Lets time pass on the store's clock.
    fn pass(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// What a newer release may have written: a state, a step, an outcome, a trouble and a line of history, each in a word of its own.
const NEWER: &str = "UPDATE posts SET state = 'resting', effect = '{\"twice\":{\"after\":9}}', outcome = '{\"split\":[1,2]}',
        cause = '{\"kind\":\"weather\",\"message\":\"rain\",\"remedy\":{\"umbrella\":1},\"reason\":\"rain\"}', version = 65537
    WHERE idempotency_key = 'key-1'";

async fn claims(store: &impl PostStore, second: i64) -> Vec<PostId> {
    let which = ClaimPosts::new(at(second), LEASE, 10, vec![(app(), 1)]);
    let claims = store.claim(&which).await.unwrap();
    let mut ids: Vec<_> = claims.iter().map(|claim| claim.post.id).collect();
    ids.sort();
    ids
}

/// Posts.
pub(crate) async fn posts_survive(rolled: &impl Rolled) {
    let store = rolled.store();
    for (number, account) in [(1, "a"), (2, "a"), (3, "b")] {
        store.submit(&post(number, account)).await.unwrap();
    }
    let which = ClaimPosts::new(at(0), LEASE, 1, vec![(app(), 1)]);
    let begun = PostStore::claim(store, &which).await.unwrap().remove(0);
    assert_eq!(begun.post.id, post_id(1));
    PostStore::release(store, &begun, at(1)).await.unwrap();
    rolled.run(NEWER).await;
    let line = "UPDATE post_history SET kind = 'rested' WHERE post IN (SELECT id FROM posts WHERE idempotency_key = 'key-1')";
    rolled.run(line).await;
    let before = rolled.row("posts", "key-1").await;

    let shown = PostStore::load(store, &named("owner"), post_id(1))
        .await
        .unwrap()
        .unwrap();
    assert!(shown.is_newer());
    assert_eq!(shown.state, PostState::Unknown);
    assert_eq!(shown.outcome, Some(Outcome::Unknown));
    assert_eq!(shown.checkpoint.next, Effect::Unknown);
    let cause = shown.cause.unwrap();
    assert_eq!(cause.kind(), ErrorKind::Unknown);
    assert_eq!(cause.remedy(), &Remedy::Unknown);
    assert_eq!(cause.reason(), Some(Reason::Unknown));
    let listed = PostStore::list(store, &named("owner"), &PostFilter::default())
        .await
        .unwrap();
    assert_eq!(listed.len(), 3, "it is listed");
    let history = store.history(&named("owner"), post_id(1)).await.unwrap();
    assert!(history.iter().all(|line| line.kind == HistoryKind::Unknown));
    assert!(!history.is_empty());
    let counted = store.statistics(&named("owner"), None).await.unwrap();
    assert_eq!(
        (counted.total, counted.unknown, counted.processing),
        (3, 1, 2)
    );

    assert_eq!(
        claims(store, 9).await,
        [post_id(2), post_id(3)],
        "the others go on"
    );
    let cancelled = PostStore::cancel(store, &named("owner"), post_id(1), at(9))
        .await
        .unwrap_err();
    assert_eq!(
        cancelled.reason(),
        Some(Reason::NewerRelease),
        "{cancelled:?}"
    );
    assert!(
        !store
            .hasten(&named("owner"), post_id(1), at(9))
            .await
            .unwrap()
    );
    let undecided = store
        .settle(
            &named("owner"),
            post_id(1),
            &Outcome::Cancelled,
            &[],
            None,
            at(9),
        )
        .await;
    assert_eq!(undecided.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(
        store.expire_missed(&[app()], at(999_999), 9).await.unwrap(),
        []
    );
    store.hold_queued(at(9)).await.unwrap();
    store.hold(&key("a")).await.unwrap();
    store.resume(&key("a")).await.unwrap();
    assert_eq!(rolled.row("posts", "key-1").await, before, "as it was");

    // What its owner wants and what became of the data is for every release.
    let shown = async || {
        let found = PostStore::load(store, &named("owner"), post_id(1)).await;
        found.unwrap().unwrap()
    };
    let cancelled = store.cancel_account(&key("a"), at(9)).await.unwrap();
    assert_eq!(cancelled, 2, "it is among them");
    assert!(shown().await.cancel_requested);
    let marked = store.mark_restored(at(9), at(9), Duration::ZERO).await;
    assert_eq!(marked.unwrap(), 3, "it is among them");
    let restored = shown().await;
    assert_eq!(restored.restored_at, Some(at(9)));
    assert_eq!(restored.state, PostState::Unknown);

    // The newer release knows what to make of it.
    let known = "UPDATE posts SET state = 'working', effect = '\"repeatable\"', outcome = NULL, cause = NULL, version = 1
        WHERE idempotency_key = 'key-1'";
    rolled.run(known).await;
    rolled.pass(LEASE).await;
    assert_eq!(
        claims(store, 9_999).await.first(),
        Some(&post_id(1)),
        "it goes on"
    );
}

/// A post in a state and at a step that this release knows too, marked by a newer one.
pub(crate) async fn marked_posts_survive(rolled: &impl Rolled) {
    let store = rolled.store();
    let mut new = post(1, "a");
    new.expires_at = Some(at(5));
    store.submit(&new).await.unwrap();
    rolled.run("UPDATE posts SET version = 65537").await;
    let before = rolled.row("posts", "key-1").await;
    let shown = PostStore::load(store, &named("owner"), post_id(1)).await;
    let shown = shown.unwrap().unwrap();
    assert!(shown.is_newer());
    let is_newer = |error: Error| assert_eq!(error.reason(), Some(Reason::NewerRelease));
    let cancelled = PostStore::cancel(store, &named("owner"), post_id(1), at(9)).await;
    is_newer(cancelled.unwrap_err());
    let edit = PostEdit::new(at(60), None);
    let owner = named("owner");
    let edited = store.edit(&owner, post_id(1), shown.revision, &edit, at(9));
    is_newer(edited.await.unwrap_err());
    assert_eq!(store.expire_missed(&[app()], at(9), 9).await.unwrap(), []);
    assert!(
        !store
            .hasten(&named("owner"), post_id(1), at(9))
            .await
            .unwrap()
    );
    assert_eq!(claims(store, 9).await, []);
    assert_eq!(rolled.row("posts", "key-1").await, before, "as it was");
}

/// An event about a post of a newer release waits for that: the post is due when it was, and its account stays held.
pub(crate) async fn posts_survive_events(rolled: &impl Rolled) {
    let store = rolled.store();
    let mut new = post(1, "a");
    new.checkpoint.remote_ids = vec![named("remote-1")];
    store.submit(&new).await.unwrap();
    let which = ClaimPosts::new(at(0), LEASE, 1, vec![(app(), 1)]);
    let begun = PostStore::claim(store, &which).await.unwrap().remove(0);
    PostStore::release(store, &begun, at(60)).await.unwrap();
    store.hold(&key("a")).await.unwrap();
    // When it is due without the event is written beside it: the same time.
    rolled
        .run("UPDATE posts SET version = 65537, due_untold = next_at")
        .await;
    let before = rolled.row("posts", "key-1").await;
    hand(store, 1, 9).await;
    assert_eq!(rolled.row("posts", "key-1").await, before, "as it was");
    assert_eq!(store.held_accounts("", 9).await.unwrap().len(), 1, "held");

    // The newer release tells it, once it looks.
    rolled.run("UPDATE posts SET version = 1").await;
    store.resume(&key("a")).await.unwrap();
    let which = ClaimPosts::new(at(60), LEASE, 1, vec![(fixtures::app(), 1)]);
    let claim = PostStore::claim(store, &which).await.unwrap().remove(0);
    assert_eq!(store.told(&claim, 9).await.unwrap().events.len(), 1);
}

/// Events about posts of a newer release: when that runs again, each post is found, told, and looked at when it would have been.
pub(crate) async fn events_of_newer_posts_are_told(rolled: &impl Rolled) {
    let store = rolled.store();
    let watched = [(1, Some(at(60))), (2, None), (3, None)];
    for (number, watch) in watched {
        let mut new = post(number, "a");
        new.checkpoint.remote_ids = vec![named(format!("remote-{number}"))];
        store.submit(&new).await.unwrap();
        let claim = due(store, 0).await;
        assert_eq!(claim.post.id, post_id(number));
        let next = match number {
            3 => Next::At(at(50)),
            _ => Next::Settle(Outcome::Published(Vec::new()), watch),
        };
        let step = RecordStep::new(next, at(0));
        store.record(&claim, &step).await.unwrap();
    }
    store.hold(&key("a")).await.unwrap();
    rolled.run("UPDATE posts SET version = 65537").await;
    for number in 1..=3 {
        hand(store, number, 9).await;
    }
    let held = store.held_accounts("", 9).await.unwrap();
    assert_eq!(held.len(), 1, "held");
    store.resume(&key("a")).await.unwrap();
    let ready = PostStore::next_ready(store, Some((&app(), 1))).await;
    assert_eq!(ready.unwrap(), None, "nothing is ready for this release");
    assert_eq!(claims(store, 999).await, []);

    rolled.run("UPDATE posts SET version = 1").await;
    for (number, second, untold) in [(2, 9, None), (3, 50, Some(50)), (1, 60, Some(60))] {
        let claim = due(store, second).await;
        assert_eq!(claim.post.id, post_id(number), "it is found");
        let told = store.told(&claim, 9).await.unwrap();
        assert_eq!(told.events.len(), 1, "{number}");
        assert_eq!(told.due_at, untold.map(at), "{number}");
        // It told nothing new.
        let next = match &claim.post.outcome {
            Some(outcome) => Next::Settle(outcome.clone(), told.due_at),
            None => Next::At(at(second)),
        };
        let mut step = RecordStep::new(next, at(second));
        step.applied = told.events.iter().map(|event| event.number).collect();
        step.due_as_untold = true;
        store.record(&claim, &step).await.unwrap();
        let left = PostStore::load(store, &named("owner"), post_id(number)).await;
        let next_at = left.unwrap().unwrap().next_at;
        assert_eq!(next_at, untold.map(at), "{number} is due as without it");
        rolled
            .run(&format!(
                "UPDATE posts SET next_at = NULL, state = 'published' WHERE idempotency_key = 'key-{number}'"
            ))
            .await;
    }
}

async fn due(store: &impl PostStore, second: i64) -> PostClaim {
    let which = ClaimPosts::new(at(second), LEASE, 9, vec![(app(), 1)]);
    let mut claims = store.claim(&which).await.unwrap();
    assert_eq!(claims.len(), 1, "one is due: {claims:?}");
    claims.remove(0)
}

/// Hands event `number` over to post `number` at a second.
async fn hand(store: &impl EventStore, number: u64, second: i64) {
    let AppKey { platform, app, .. } = app();
    let id = format!("event-{number}");
    let event = VerifiedEvent::new(platform, app, id, "published", vec![1]);
    let event = event.about(EventSubject::Post {
        remote_id: named(format!("remote-{number}")),
    });
    let received = ReceivedEvent::new(event, at(0));
    store.insert(&[received]).await.unwrap();
    let which = ClaimEvents::new(at(0), LEASE, 1);
    let claim = EventStore::claim(store, &which).await.unwrap().remove(0);
    let handed = store.hand_over(&claim, at(second)).await.unwrap();
    assert_eq!(handed, HandedOver::ToPost, "it is kept for it");
}

/// A post whose words a newer release forgot to mark: it is put off, and is as if nobody had claimed it.
pub(crate) async fn unmarked_posts_survive(rolled: &impl Rolled) {
    let store = rolled.store();
    store.submit(&post(1, "a")).await.unwrap();
    let word = "UPDATE posts SET effect = '\"twice\"' WHERE idempotency_key = 'key-1'";
    rolled.run(word).await;
    for hour in [0, 3_601, 7_202] {
        assert_eq!(claims(store, hour).await, []);
    }
    let known = "UPDATE posts SET effect = '\"repeatable\"' WHERE idempotency_key = 'key-1'";
    rolled.run(known).await;
    let post = PostStore::load(store, &named("owner"), post_id(1)).await;
    let post = post.unwrap().unwrap();
    assert_eq!((post.state, post.attempts), (PostState::Queued, 0));
    assert_eq!((post.began_at, post.next_at), (None, Some(at(10_802))));
    assert_eq!(claims(store, 10_802).await, [post_id(1)], "it goes on");
}

/// A lane that is held for a reason which only the newer release knows, or that is damaged: it is listed as such, beside the
/// others.
pub(crate) async fn holds_survive(rolled: &impl Rolled) {
    let store = rolled.store();
    for (number, account) in [(1, "a"), (2, "b"), (3, "c")] {
        store.submit(&post(number, account)).await.unwrap();
        store.hold(&key(account)).await.unwrap();
    }
    for (account, held_for) in [("a", "{\"the_moon\":7}"), ("b", "{\"tokens\":\"many\"}")] {
        let newer = format!("UPDATE lanes SET held_for = '{held_for}' WHERE account = '{account}'");
        rolled.run(&newer).await;
    }
    let held = store.held_accounts("", 9).await.unwrap();
    let mut held: Vec<_> = (held.into_iter())
        .map(|held| (held.account.account.as_str().to_owned(), held.held_for))
        .collect();
    held.sort_by(|one, other| one.0.cmp(&other.0));
    let unknown = Some(HeldFor::Unknown);
    let expected = [("a", unknown), ("b", unknown), ("c", None)];
    assert_eq!(
        held,
        expected.map(|(account, why)| (account.to_owned(), why))
    );
}

/// Accounts.
pub(crate) async fn accounts_survive(rolled: &impl Rolled) {
    let store = rolled.store();
    for account in ["a", "b", "c"] {
        store.save(&token(account), Expect::Absent).await.unwrap();
    }
    rolled
        .run("UPDATE accounts SET status = 'asleep', status_detail = 'deeply' WHERE account = 'a'")
        .await;
    rolled.run("UPDATE accounts SET status = 'needs_reauth', status_detail = 'asleep' WHERE account = 'b'").await;
    let before = rolled.row("accounts", "a").await;

    let accounts = TokenStore::list(store, &named("owner")).await.unwrap();
    let mut seen: Vec<_> = accounts
        .into_iter()
        .map(|it| (it.key.account, it.status))
        .collect();
    seen.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        AccountStatus::Unknown,
        AccountStatus::NeedsReauth(NeedsReauth::Unknown),
        AccountStatus::Connected,
    ];
    assert_eq!(
        seen.into_iter().map(|it| it.1).collect::<Vec<_>>(),
        expected
    );
    let claimed = TokenStore::claim(store, &key("a"), LEASE).await.unwrap();
    assert!(matches!(claimed, TokenClaimed::Absent), "{claimed:?}");
    let due = store
        .claim_due(&ClaimDue::new(at(99), LEASE, 9))
        .await
        .unwrap();
    let due: Vec<_> = due
        .iter()
        .map(|claim| claim.record.key.account.as_str())
        .collect();
    assert_eq!(due, ["c"]);
    let mut written = TokenStore::load(store, &key("a")).await.unwrap().unwrap();
    written.value.name = "another".to_owned();
    let expect = Expect::Revision(written.revision);
    assert_eq!(rolled.row("accounts", "a").await, before, "it is as it was");
    store.save(&written.value, expect).await.unwrap();
    let saved = rolled.row("accounts", "a").await;
    assert!(saved.contains("another"), "{saved}");
    for word in ["asleep", "deeply"] {
        assert!(saved.contains(word), "its status is as it was: {saved}");
    }

    rolled
        .run("UPDATE accounts SET status = 'connected', status_detail = NULL WHERE account = 'a'")
        .await;
    let due = store
        .claim_due(&ClaimDue::new(at(99), LEASE, 9))
        .await
        .unwrap();
    assert_eq!(due.len(), 1, "it goes on");
}
