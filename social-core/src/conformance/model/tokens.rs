use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};

use super::{Turn, left, shown};
use crate::{
    conformance::fixtures::{
        OTHER, PLATFORM, account, app, connector, micros, named, other_app, token,
    },
    error::Result,
    model::{AccountKey, AccountStatus, NeedsReauth, PrincipalId},
    store::{
        ClaimDue, Expect, Revision, Stored, TokenClaim, TokenClaimed, TokenRecord, TokenStore,
        Verdict,
    },
};

/// What was claimed and saved of one store. Claims are kept, also those that are over, and named from the last one back.
#[derive(Default)]
pub(super) struct Seen {
    claims: Vec<TokenClaim>,
    /// By row: the revision before its first save since it came, or came back. Where a row that comes back goes on is
    /// the store's own affair, if only above all that was.
    before: BTreeMap<String, i64>,
    highest: BTreeMap<String, i64>,
}

impl Seen {
    fn before(&self, key: &AccountKey) -> i64 {
        self.before.get(&key.row_id()).copied().unwrap_or(0)
    }

    fn saved(&mut self, record: &TokenRecord, expect: Expect, answer: Result<Revision>) -> String {
        let Ok(Revision(revision)) = answer else {
            return shown(answer);
        };
        let row = record.key.row_id();
        if expect == Expect::Absent {
            self.before.insert(row.clone(), revision - 1);
        }
        let highest = self.highest.insert(row, revision);
        let rises = highest.is_none_or(|highest| highest < revision);
        format!("{} {rises}", revision - self.before(&record.key))
    }

    fn saved_all(
        &mut self,
        saves: &[(TokenRecord, Expect)],
        answer: Result<Vec<Revision>>,
    ) -> String {
        match answer {
            Ok(revisions) => {
                let answers = saves.iter().zip(&revisions);
                let each = answers
                    .map(|((record, expect), revision)| self.saved(record, *expect, Ok(*revision)));
                format!("{} of {}", each.collect::<Vec<_>>().join("; "), saves.len())
            }
            Err(error) => shown::<()>(Err(error)),
        }
    }

    /// An expectation that was drawn, on this store's revisions.
    fn meant(&self, key: &AccountKey, drawn: Expect) -> Expect {
        match drawn {
            Expect::Absent => Expect::Absent,
            Expect::Revision(Revision(revision)) => {
                Expect::Revision(Revision(revision + self.before(key)))
            }
        }
    }

    fn view(&self, Stored { value, revision }: Stored<TokenRecord>) -> (TokenRecord, i64) {
        let revision = revision.0 - self.before(&value.key);
        (value, revision)
    }

    fn stored(&self, answer: Result<Option<Stored<TokenRecord>>>) -> String {
        shown(answer.map(|stored| stored.map(|stored| self.view(stored))))
    }

    /// Epochs are the store's own; all else of a claim is compared.
    fn claimed(&mut self, new: Vec<TokenClaim>) -> String {
        let view = |claim: &TokenClaim| {
            let TokenClaim {
                record,
                revision,
                unknown_attempts,
                ..
            } = claim;
            let revision = revision.0 - self.before(&record.key);
            format!("{record:?} {revision} {unknown_attempts}; ")
        };
        let text = new.iter().map(view).collect();
        self.claims.extend(new);
        text
    }
}

#[derive(Debug)]
pub(super) enum Operation {
    /// Expects what is stored.
    Save(Box<TokenRecord>),
    /// Expects this.
    SaveAt(Box<TokenRecord>, Expect),
    /// With the revision of an earlier claim.
    SaveOf(Box<TokenRecord>, usize),
    /// Together; each expects what is stored, or this.
    SaveAll(Vec<(TokenRecord, Option<Expect>)>),
    OfPrincipal(PrincipalId),
    Remove(AccountKey),
    Load(AccountKey),
    List(&'static str),
    Find(String),
    Claim(AccountKey, Duration),
    ClaimDue(ClaimDue),
    Judge(usize, Verdict),
    Release(usize, Option<DateTime<Utc>>, bool),
    Expiring(DateTime<Utc>, u32),
    Ending(DateTime<Utc>, u32),
    NextDue,
    Connected(u32),
}

fn key(turn: &Turn) -> AccountKey {
    key_of(turn, turn.below(6))
}

fn key_of(turn: &Turn, number: u32) -> AccountKey {
    let number = number as usize;
    AccountKey {
        owner: named(turn.pick(&["owner", "owner", "owner", "another"])),
        platform: if number.is_multiple_of(3) {
            OTHER
        } else {
            PLATFORM
        },
        ..account(number)
    }
}

fn record(turn: &Turn) -> Box<TokenRecord> {
    use AccountStatus::{Connected, Disconnected};
    let reauth = AccountStatus::NeedsReauth(NeedsReauth::Expired);
    let time = turn.time();
    Box::new(TokenRecord {
        key: key(turn),
        principal: turn.pick(&[Some(person(turn)), None]),
        name: format!("{}", turn.number),
        aliases: vec![named(format!("alias-{}", turn.below(3)))],
        status: turn.pick(&[
            Connected,
            Connected,
            Connected,
            Connected,
            reauth,
            Disconnected,
        ]),
        sealed: turn.pick(&[Some(vec![1, 2, 3]), None]),
        expires_at: turn.pick(&[Some(time), None]),
        refresh_due_at: turn.pick(&[Some(time), Some(time), None]),
        grant_ends_at: turn.pick(&[Some(turn.time()), None]),
        suspected_at: turn.pick(&[Some(time), None, None]),
        ..token(0)
    })
}

fn person(turn: &Turn) -> PrincipalId {
    named(turn.pick(&["person-1", "person-2"]))
}

fn expect(turn: &Turn) -> Expect {
    match turn.chance(2) {
        true => Expect::Absent,
        false => Expect::Revision(Revision(i64::from(turn.below(5)))),
    }
}

/// Accounts of one person with one token set. Sometimes one is not as expected, seldom one is there twice. Their names and times
/// differ a little: in which order equal ones are told is not said.
fn together(turn: &Turn) -> Vec<(TokenRecord, Option<Expect>)> {
    let tokens = TokenRecord {
        principal: Some(person(turn)),
        ..*record(turn)
    };
    let (first, count) = (turn.below(6), 2 + turn.below(3));
    let wrong = turn.chance(3).then(|| turn.below(count));
    let twice = turn.chance(8);
    let accounts = (0..count).map(|nth| {
        let number = if twice { nth / 2 } else { nth };
        let later =
            |time: Option<DateTime<Utc>>| time.map(|it| it + micros(1_000 * i64::from(nth)));
        let record = TokenRecord {
            key: key_of(turn, (first + number) % 6),
            name: format!("{}-{nth}", turn.number),
            expires_at: later(tokens.expires_at),
            refresh_due_at: later(tokens.refresh_due_at),
            grant_ends_at: later(tokens.grant_ends_at),
            ..tokens.clone()
        };
        (record, (wrong == Some(nth)).then(|| expect(turn)))
    });
    accounts.collect()
}

pub(super) fn draw(turn: &Turn) -> Operation {
    let claim = turn.below(4) as usize;
    match turn.below(27) {
        0..=3 => Operation::Save(record(turn)),
        4 => Operation::SaveAt(record(turn), Expect::Absent),
        5 => {
            let revision = Revision(i64::from(turn.below(5)));
            Operation::SaveAt(record(turn), Expect::Revision(revision))
        }
        6 => Operation::SaveOf(record(turn), claim),
        7 if turn.chance(2) => Operation::Remove(key(turn)),
        7 | 8 => Operation::Load(key(turn)),
        9 => Operation::List(turn.pick(&["owner", "another", "nobody"])),
        10 => Operation::Find(turn.pick(&["alias-1", "account-001", "x"]).to_owned()),
        11..=13 => Operation::Claim(key(turn), turn.span()),
        14 | 15 => Operation::ClaimDue(ClaimDue {
            connector: turn.pick(&[
                None,
                None,
                Some(connector()),
                Some(other_app().connector("web")),
            ]),
            ..ClaimDue::new(turn.now(), turn.span(), turn.pick(&[1, 2, 9]))
        }),
        16 => Operation::Judge(claim, Verdict::Suspected(turn.time())),
        17 if turn.chance(2) => Operation::Judge(claim, Verdict::Dead(NeedsReauth::Revoked)),
        17..=19 => {
            let due_at = turn.pick(&[Some(turn.time()), None]);
            Operation::Release(claim, due_at, turn.chance(2))
        }
        20 if turn.chance(2) => Operation::Ending(turn.now(), turn.pick(&[1, 9])),
        20 => Operation::Expiring(turn.now(), turn.pick(&[1, 9])),
        21 => Operation::NextDue,
        22 | 23 => Operation::SaveAll(together(turn)),
        24 => Operation::OfPrincipal(person(turn)),
        _ => Operation::Connected(turn.pick(&[1, 2, 9])),
    }
}

pub(super) async fn apply<S: TokenStore>(
    store: &S,
    operation: &Operation,
    seen: &mut Seen,
) -> String {
    let nth = |back: &usize| seen.claims.iter().rev().nth(*back).cloned();
    match operation {
        Operation::Save(record) => match as_stored(store, &record.key).await {
            Ok(expect) => save(store, record, expect, seen).await,
            Err(error) => shown::<()>(Err(error)),
        },
        Operation::SaveAt(record, expect) => {
            let expect = seen.meant(&record.key, *expect);
            save(store, record, expect, seen).await
        }
        Operation::SaveOf(record, back) => match nth(back) {
            Some(claim) => {
                let mut record = record.clone();
                record.key = claim.record.key.clone();
                save(store, &record, Expect::Revision(claim.revision), seen).await
            }
            None => String::new(),
        },
        Operation::SaveAll(records) => save_all(store, records, seen).await,
        Operation::OfPrincipal(person) => {
            let found = store.of_principal(&app(), person).await;
            shown(found.map(|mut found| {
                found.sort_by_key(|stored| stored.value.key.row_id());
                let views = found.into_iter().map(|stored| seen.view(stored));
                views.collect::<Vec<_>>()
            }))
        }
        Operation::Remove(key) => shown(store.remove(key).await),
        Operation::Load(key) => {
            let (load, holder) = (store.load(key).await, store.holder(key).await);
            format!("{} {}", seen.stored(load), seen.stored(holder))
        }
        Operation::List(owner) => shown(store.list(&named(owner)).await),
        Operation::Find(id) => shown(store.find(&app(), &named(id)).await.map(|mut keys| {
            keys.sort();
            keys
        })),
        Operation::Claim(key, lease) => match store.claim(key, *lease).await {
            Ok(TokenClaimed::Taken(claim)) => seen.claimed(vec![claim]),
            Ok(TokenClaimed::Busy(time)) => format!("busy {:?}", left(time)),
            Ok(TokenClaimed::Absent) => "absent".to_owned(),
            Err(error) => shown::<()>(Err(error)),
        },
        Operation::ClaimDue(which) => match store.claim_due(which).await {
            Ok(due) => seen.claimed(due),
            Err(error) => shown::<()>(Err(error)),
        },
        Operation::Judge(back, verdict) => match nth(back) {
            Some(claim) => shown(store.judge(&claim, *verdict).await),
            None => String::new(),
        },
        Operation::Release(back, due_at, known) => match nth(back) {
            Some(claim) => shown(store.release(&claim, *due_at, *known).await),
            None => String::new(),
        },
        Operation::Expiring(before, limit) => shown(store.expiring(*before, *limit).await),
        Operation::Ending(before, limit) => shown(store.ending(*before, *limit).await),
        Operation::NextDue => shown(store.next_due(None).await),
        Operation::Connected(limit) => {
            let page = store.connected(&app(), None, *limit).await;
            shown(page.map(|page| (page.accounts, page.next)))
        }
    }
}

async fn as_stored<S: TokenStore>(store: &S, key: &AccountKey) -> Result<Expect> {
    let stored = store.holder(key).await?;
    Ok(stored.map_or(Expect::Absent, |stored| Expect::Revision(stored.revision)))
}

/// Saves them, and looks what each of them is then.
async fn save_all<S: TokenStore>(
    store: &S,
    records: &[(TokenRecord, Option<Expect>)],
    seen: &mut Seen,
) -> String {
    let mut saves = Vec::new();
    for (record, drawn) in records {
        let expect = match drawn {
            Some(drawn) => seen.meant(&record.key, *drawn),
            None => match as_stored(store, &record.key).await {
                Ok(expect) => expect,
                Err(error) => return shown::<()>(Err(error)),
            },
        };
        saves.push((record.clone(), expect));
    }
    let answer = store.save_all(&saves).await;
    let mut text = seen.saved_all(&saves, answer);
    for (record, _) in records {
        text += "; ";
        text += &seen.stored(store.holder(&record.key).await);
    }
    text
}

async fn save<S: TokenStore>(
    store: &S,
    record: &TokenRecord,
    expect: Expect,
    seen: &mut Seen,
) -> String {
    let answer = store.save(record, expect).await;
    seen.saved(record, expect, answer)
}
