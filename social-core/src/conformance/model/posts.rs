use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Turn, left, shown};
use crate::{
    conformance::fixtures::{
        OTHER, PLATFORM, account, app, checkpoint, named, other_app, post, post_id,
    },
    error::{Error, ErrorKind},
    model::{AccountKey, AppKey, IdempotencyKey, PostId},
    publish::{Exposure, Note, Outcome, PostLink},
    store::{
        ClaimPosts, HeldFor, HistoryEntry, HistoryKind, NewPost, Next, PostClaim, PostContent,
        PostEdit, PostFilter, PostState, PostStore, RecordStep, Revision, StartStep,
        StoredCheckpoint,
    },
};

#[derive(Debug)]
pub(super) enum Operation {
    Submit(Box<NewPost>),
    Claim(ClaimPosts),
    Start(usize, StartStep),
    Record(usize, Box<RecordStep>),
    Renew(usize, Duration),
    Release(usize, DateTime<Utc>),
    Hasten(&'static str, usize, DateTime<Utc>),
    Look(&'static str, PostId),
    List(&'static str, PostFilter),
    Count(&'static str, Option<AccountKey>),
    FindRemote(String),
    Cancel(&'static str, PostId, DateTime<Utc>),
    Settle(&'static str, PostId, Outcome, DateTime<Utc>),
    Edit(&'static str, PostId, Revision, Box<PostEdit>, DateTime<Utc>),
    Pending(AccountKey, DateTime<Utc>),
    MarkRestored(DateTime<Utc>, Duration),
    HoldQueued(DateTime<Utc>),
    ReleaseHeld(PostId, DateTime<Utc>),
    Hold(AccountKey),
    Resume(AccountKey),
    Held(String, u32),
    CancelAccount(AccountKey, DateTime<Utc>),
    Expire(Vec<AppKey>, DateTime<Utc>, u32),
    NextReady,
    NextReadyFor(u16),
}

fn key(turn: &Turn) -> AccountKey {
    let number = turn.below(4) as usize;
    AccountKey {
        owner: named(owner(turn)),
        platform: if number == 3 { OTHER } else { PLATFORM },
        ..account(number)
    }
}

fn owner(turn: &Turn) -> &'static str {
    turn.pick(&["owner", "owner", "owner", "another"])
}

/// One of the last forty posts, if there was one.
fn some_post(turn: &Turn) -> PostId {
    post_id(u64::from(turn.number.saturating_sub(turn.below(40))))
}

fn new_post(turn: &Turn) -> Box<NewPost> {
    Box::new(NewPost {
        idempotency_key: IdempotencyKey::from_stored(format!(
            "key-{}",
            turn.number.saturating_sub(turn.below(12)) / 4
        )),
        fingerprint: [turn.pick(&[1, 1, 1, 2]); 32],
        caption: turn.pick(&["Summer", "summer %", "_", "日本"]).to_owned(),
        checkpoint: StoredCheckpoint {
            version: turn.pick(&[1, 1, 1, 2]),
            ..checkpoint("init")
        },
        due_at: turn.time(),
        expires_at: turn.chance(3).then(|| turn.time()),
        created_at: turn.now(),
        ..post(u64::from(turn.number), key(turn))
    })
}

fn outcome(turn: &Turn) -> Outcome {
    turn.pick(&[
        Outcome::AwaitingUser,
        Outcome::Cancelled,
        Outcome::Failed(Error::new(ErrorKind::Rejected, "refused")),
        Outcome::Published(Vec::new()),
        Outcome::Undecided,
        Outcome::Undecided,
    ])
}

fn notes(turn: &Turn) -> Vec<Note> {
    let cause = Error::new(ErrorKind::Rejected, "refused");
    turn.pick(&[
        Vec::new(),
        vec![Note::rest(cause.clone())],
        vec![Note::aside(cause).about(vec![PostLink::new("1", None)])],
    ])
}

fn held_for(turn: &Turn, time: DateTime<Utc>) -> Option<HeldFor> {
    turn.chance(2).then_some(match turn.number % 2 {
        0 => HeldFor::Person(time),
        _ => HeldFor::Tokens(Revision(turn.number.into())),
    })
}

fn step(turn: &Turn) -> Box<RecordStep> {
    let time = turn.time();
    let next = match turn.below(10) {
        0 => Next::Hold(time, held_for(turn, time)),
        1 | 2 => Next::Settle(outcome(turn), None),
        3 => Next::Settle(outcome(turn), Some(time)),
        _ => Next::At(time),
    };
    // Now and then one that another post may have by now.
    let remote = turn.pick(&[turn.number, turn.number / 64 * 64]);
    let moved = StoredCheckpoint {
        exposure: turn.pick(&[Exposure::Nothing, Exposure::PostMayExist]),
        remote_ids: turn.pick(&[
            Vec::new(),
            vec![named(format!("remote-{remote}"))],
            vec![named("remote-a"), named(format!("remote-{remote}"))],
            vec![
                named(format!("remote-{remote}")),
                named(format!("second-{remote}")),
            ],
        ]),
        version: turn.pick(&[1, 1, 1, 2]),
        links: turn.pick(&[
            Vec::new(),
            Vec::new(),
            Vec::new(),
            vec![PostLink::new(turn.number.to_string(), None)],
        ]),
        ..checkpoint(turn.pick(&["upload", "status"]))
    };
    Box::new(RecordStep {
        checkpoint: turn.chance(2).then_some(moved),
        still_started: turn.chance(2),
        cause: turn
            .chance(3)
            .then(|| Error::new(ErrorKind::Timeout, "no answer")),
        failures: turn.below(3),
        failing_since: turn.chance(3).then(|| turn.time()),
        progress: turn.chance(3).then_some((u64::from(turn.number), 9_999)),
        history: vec![HistoryEntry::new(time, HistoryKind::Advanced, "upload")],
        keep_lease: turn.chance(3),
        notes: turn.chance(4).then(|| notes(turn)),
        ..RecordStep::new(next, turn.now())
    })
}

fn edit(turn: &Turn) -> Box<PostEdit> {
    let checkpoint = StoredCheckpoint {
        version: turn.pick(&[1, 1, 2]),
        sealed: turn.number.to_le_bytes().to_vec(),
        ..checkpoint("init")
    };
    let content = PostContent::new(turn.pick(&["summer", "Winter"]), vec![7], checkpoint);
    let expires_at = turn.chance(3).then(|| turn.time());
    Box::new(PostEdit {
        content: turn.chance(2).then_some(content),
        ..PostEdit::new(turn.time(), expires_at)
    })
}

fn filter(turn: &Turn) -> PostFilter {
    PostFilter {
        account: turn.chance(3).then(|| key(turn)),
        states: turn.pick(&[
            vec![],
            vec![PostState::Queued],
            vec![PostState::Working, PostState::Undecided],
        ]),
        caption: turn.pick(&[None, Some("SUMMER".to_owned()), Some("%".to_owned())]),
        before: turn.chance(2).then(|| some_post(turn)),
        limit: turn.pick(&[0, 1, 7]),
    }
}

pub(super) fn draw(turn: &Turn) -> Operation {
    let claim = turn.below(4) as usize;
    let now = turn.now();
    match turn.below(50) {
        0..=8 => Operation::Submit(new_post(turn)),
        9..=13 => {
            let versions = turn.pick(&[
                vec![(app(), 1), (other_app(), 2)],
                vec![(app(), 2), (other_app(), 1)],
                vec![(app(), 1)],
                vec![],
            ]);
            let limit = turn.pick(&[1, 1, 2, 9]);
            Operation::Claim(ClaimPosts::new(now, turn.span(), limit, versions))
        }
        14..=17 => {
            let line = HistoryEntry::new(now, HistoryKind::Started, "init");
            Operation::Start(claim, StartStep::new(turn.span(), line))
        }
        18..=23 => Operation::Record(claim, step(turn)),
        24 => Operation::Renew(claim, turn.span()),
        25 | 26 => Operation::Release(claim, turn.time()),
        27..=29 => Operation::Look(owner(turn), some_post(turn)),
        30 => Operation::List(owner(turn), filter(turn)),
        31 => Operation::Count(owner(turn), turn.chance(2).then(|| key(turn))),
        32 => {
            let number = turn.number.saturating_sub(turn.below(40));
            Operation::FindRemote(format!("remote-{number}"))
        }
        33 => Operation::Cancel(owner(turn), some_post(turn), now),
        34 => Operation::Settle(owner(turn), some_post(turn), outcome(turn), now),
        35 => Operation::Hold(key(turn)),
        36 => Operation::Resume(key(turn)),
        37 if turn.chance(2) => Operation::Resume(key(turn)),
        37 => {
            let after = turn.pick(&[String::new(), key(turn).row_id()]);
            Operation::Held(after, turn.pick(&[1, 9]))
        }
        38 if turn.chance(3) => Operation::CancelAccount(key(turn), now),
        38 => {
            let every = || vec![app(), other_app()];
            let served = turn.pick(&[
                every(),
                every(),
                every(),
                every(),
                every(),
                every(),
                vec![other_app()],
                vec![],
            ]);
            Operation::Expire(served, now, turn.pick(&[1, 9]))
        }
        39..=43 => {
            let revision = Revision(turn.pick(&[1, 1, 1, 2, 3]));
            let recent = turn.pick(&[12, 12, 40]);
            let id = post_id(u64::from(turn.number.saturating_sub(turn.below(recent))));
            Operation::Edit(owner(turn), id, revision, edit(turn), now)
        }
        44 => Operation::Pending(key(turn), turn.time()),
        45..=47 => Operation::Hasten(owner(turn), claim, now),
        48 if turn.chance(6) => Operation::MarkRestored(turn.time(), turn.span()),
        48 if turn.chance(40) => Operation::HoldQueued(turn.time()),
        49 => {
            let id = u64::from(turn.number.saturating_sub(turn.below(40)));
            Operation::ReleaseHeld(post_id(id), now)
        }
        _ if turn.chance(2) => Operation::NextReadyFor(turn.pick(&[1, 2])),
        _ => Operation::NextReady,
    }
}

/// Claims are kept, also those that are over, and named from the last one back.
pub(super) async fn apply<S: PostStore>(
    store: &S,
    operation: &Operation,
    claims: &mut Vec<PostClaim>,
) -> String {
    let nth = |back: &usize| claims.iter().rev().nth(*back);
    match operation {
        Operation::Claim(which) => match store.claim(which).await {
            Ok(new) => keep(claims, new),
            Err(error) => shown::<()>(Err(error)),
        },
        Operation::Start(back, step) => match nth(back) {
            Some(claim) => shown(store.start(claim, step).await),
            None => String::new(),
        },
        Operation::Record(back, step) => match nth(back) {
            Some(claim) => shown(store.record(claim, step).await),
            None => String::new(),
        },
        Operation::Renew(back, lease) => match nth(back) {
            Some(claim) => shown(store.renew(claim, *lease).await),
            None => String::new(),
        },
        Operation::Release(back, next_at) => match nth(back) {
            Some(claim) => shown(store.release(claim, *next_at).await),
            None => String::new(),
        },
        Operation::Hasten(owner, back, now) => match nth(back) {
            Some(claim) => shown(store.hasten(&named(owner), claim.post.id, *now).await),
            None => String::new(),
        },
        other => apply_of_owner(store, other).await,
    }
}

async fn apply_of_owner<S: PostStore>(store: &S, operation: &Operation) -> String {
    match operation {
        Operation::Submit(new) => shown(store.submit(new).await),
        Operation::Look(owner, id) => {
            let post = store.load(&named(owner), *id).await;
            let history = store.history(&named(owner), *id).await;
            format!("{} {}", shown(post), shown(history))
        }
        Operation::List(owner, filter) => shown(store.list(&named(owner), filter).await),
        Operation::Count(owner, account) => {
            shown(store.statistics(&named(owner), account.as_ref()).await)
        }
        Operation::FindRemote(id) => shown(store.find_remote(&app(), &named(id)).await),
        Operation::Cancel(owner, id, now) => shown(store.cancel(&named(owner), *id, *now).await),
        Operation::Settle(owner, id, outcome, now) => shown(
            store
                .settle(&named(owner), *id, outcome, &[], None, *now)
                .await,
        ),
        Operation::Edit(owner, id, expect, edit, now) => {
            shown(store.edit(&named(owner), *id, *expect, edit, *now).await)
        }
        Operation::Pending(account, since) => shown(store.pending(account, *since).await),
        Operation::MarkRestored(now, grace) => shown(store.mark_restored(*now, *now, *grace).await),
        Operation::HoldQueued(now) => shown(store.hold_queued(*now).await),
        Operation::ReleaseHeld(id, now) => shown(store.release_held(*id, *now).await),
        Operation::Hold(account) => shown(store.hold(account).await),
        Operation::Resume(account) => shown(store.resume(account).await),
        Operation::Held(after, limit) => shown(store.held_accounts(after, *limit).await),
        Operation::CancelAccount(account, now) => shown(store.cancel_account(account, *now).await),
        Operation::Expire(served, now, limit) => {
            let missed = store.expire_missed(served, *now, *limit).await;
            shown(missed.map(|mut posts| {
                posts.sort_by_key(|post| post.id);
                posts
            }))
        }
        Operation::NextReadyFor(newest) => shown(store.next_ready(Some((&app(), *newest))).await),
        _ => shown(store.next_ready(None).await),
    }
}

/// Fences are the store's own; all else of a claim is compared.
fn keep(claims: &mut Vec<PostClaim>, new: Vec<PostClaim>) -> String {
    let view = |claim: &PostClaim| {
        let settles_in = claim.settles_in.map(left);
        let (_, settled_for) = left(claim.settled_for);
        format!("{:?} {settles_in:?} {settled_for}; ", claim.post)
    };
    let text = new.iter().map(view).collect();
    claims.extend(new);
    text
}
