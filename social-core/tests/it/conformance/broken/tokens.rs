use std::{
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    Error, ErrorKind, Result, conformance,
    conformance::named,
    memory::MemoryStore,
    model::{AccountId, AccountKey, AccountStatus, AppKey, Connector, OwnerId, PrincipalId},
    store::{
        AccountPage, AccountPlace, ClaimDue, Expect, Revision, Stored, TokenClaim, TokenClaimed,
        TokenRecord, TokenStore, Verdict,
    },
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Refuses the save of who was overtaken, as if saves compared the lease.
    SavesByLease,
    /// Saves over what was saved since.
    SavesBlindly,
    /// Writes a verdict on tokens that were replaced.
    JudgesBlindly,
    /// Knows of no earlier attempt.
    ForgetsAttempts,
    /// Lets a second claim in.
    ForgetsLeases,
    /// Says that the walk ends where a page is full.
    EndsAtAFullPage,
    /// Goes on after the moment, not after the account.
    SkipsTwins,
    /// Shows accounts of another app.
    WalksEverywhere,
    /// An account that comes back begins at revision 1 again.
    BeginsAnew,
    /// Releases and judges for a claim from before a removal.
    ForgetsRemovals,
    /// Saves several one after the other, until one conflicts.
    SavesOneByOne,
    /// Says that it saved several, and left the last out.
    LeavesTheLastOut,
    /// Answers the revisions of several by account.
    AnswersByAccount,
    /// Claims by the space of the account's id, as if that were the app of its login.
    ClaimsBySpace,
    /// A save leaves the app of the login as it was.
    KeepsTheLogin,
    /// Finds what one owner has of a person's accounts.
    FindsOfOneOwner,
    /// Finds only those of a person that hold tokens.
    ForgetsWhoLeft,
    /// Calls what it does not know connected.
    ConnectsTheUnknown,
    /// Gives a number a second time.
    GivesANumberTwice,
    /// Forgets how often tokens were refreshed.
    ForgetsTheOrder,
    /// Takes the end of the access token for the end of the grant.
    TakesTheTokenForTheGrant,
}

#[derive(Debug)]
struct Broken {
    store: MemoryStore,
    fault: Fault,
    claims: Mutex<Vec<TokenClaim>>,
    /// How much less than the store's revisions those told are.
    below: AtomicI64,
}

impl Broken {
    fn new(store: MemoryStore, fault: Fault) -> Self {
        Self {
            store,
            fault,
            claims: Mutex::default(),
            below: AtomicI64::new(0),
        }
    }

    fn told(&self, Revision(revision): Revision) -> Revision {
        Revision(revision - self.below.load(Ordering::SeqCst))
    }

    fn meant(&self, Revision(revision): Revision) -> Revision {
        Revision(revision + self.below.load(Ordering::SeqCst))
    }

    fn expected(&self, expect: Expect) -> Expect {
        match expect {
            Expect::Absent => Expect::Absent,
            Expect::Revision(revision) => Expect::Revision(self.meant(revision)),
        }
    }

    /// The claim as the store would know it.
    async fn known(&self, claim: &TokenClaim) -> Result<TokenClaim> {
        let mut claim = claim.clone();
        claim.revision = self.meant(claim.revision);
        if self.fault == Fault::ForgetsRemovals
            && let Some(revision) = self.revision(&claim.record.key).await?
        {
            claim.revision = revision;
        }
        Ok(claim)
    }

    async fn one_by_one(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>> {
        let mut revisions = Vec::new();
        for (record, expect) in records {
            revisions.push(self.save(record, *expect).await?);
        }
        Ok(revisions)
    }

    async fn revision(&self, key: &AccountKey) -> Result<Option<Revision>> {
        let stored = self.store.holder(key).await?;
        Ok(stored.map(|stored| stored.revision))
    }
}

/// Behind every other id.
fn last() -> AccountId {
    AccountId::from_stored("\u{10ffff}")
}

#[async_trait]
impl TokenStore for Broken {
    async fn load(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        let stored = self.store.load(key).await?;
        Ok(stored.map(|stored| Stored::new(stored.value, self.told(stored.revision))))
    }

    async fn holder(&self, key: &AccountKey) -> Result<Option<Stored<TokenRecord>>> {
        self.store.holder(key).await
    }

    async fn save(&self, record: &TokenRecord, expect: Expect) -> Result<Revision> {
        let overtaken = self.claims.lock().unwrap().len() > 1;
        if self.fault == Fault::SavesByLease && overtaken {
            return Err(Error::new(ErrorKind::Conflict, "the lease is another's"));
        }
        let mut record = record.clone();
        if self.fault == Fault::ConnectsTheUnknown && record.status == AccountStatus::Unknown {
            record.status = AccountStatus::Connected;
        }
        if self.fault == Fault::ForgetsTheOrder {
            record.order.refresh = 0;
        }
        let record = &record;
        match (self.fault, self.revision(&record.key).await?) {
            (Fault::KeepsTheLogin, Some(_)) => {
                let before = self.store.holder(&record.key).await?.unwrap().value;
                let mut record = record.clone();
                (record.app, record.route) = (before.app, before.route);
                self.store.save(&record, expect).await
            }
            (Fault::SavesBlindly, Some(revision)) => {
                let expect = Expect::Revision(revision);
                self.store.save(record, expect).await
            }
            (Fault::BeginsAnew, None) if expect == Expect::Absent => {
                let Revision(revision) = self.store.save(record, expect).await?;
                self.below.store(revision - 1, Ordering::SeqCst);
                Ok(Revision(1))
            }
            _ => {
                let saved = self.store.save(record, self.expected(expect)).await?;
                Ok(self.told(saved))
            }
        }
    }

    async fn save_all(&self, records: &[(TokenRecord, Expect)]) -> Result<Vec<Revision>> {
        match self.fault {
            Fault::SavesOneByOne | Fault::SavesBlindly | Fault::SavesByLease => {
                self.one_by_one(records).await
            }
            Fault::AnswersByAccount => {
                let mut sorted = records.to_vec();
                sorted.sort_by_key(|(record, _)| record.key.row_id());
                self.store.save_all(&sorted).await
            }
            Fault::LeavesTheLastOut => {
                let Some(((last, expect), others)) = records.split_last() else {
                    return Ok(Vec::new());
                };
                let mut revisions = self.store.save_all(others).await?;
                revisions.push(match expect {
                    Expect::Revision(Revision(revision)) => Revision(revision + 1),
                    Expect::Absent => self
                        .store
                        .holder(&last.key)
                        .await?
                        .map_or(Revision(1), |it| it.revision),
                });
                Ok(revisions)
            }
            _ => {
                let meant = records
                    .iter()
                    .map(|(record, expect)| (record.clone(), self.expected(*expect)));
                let saved = self.store.save_all(&meant.collect::<Vec<_>>()).await?;
                Ok(saved.into_iter().map(|it| self.told(it)).collect())
            }
        }
    }

    async fn remove(&self, key: &AccountKey) -> Result<bool> {
        self.store.remove(key).await
    }

    async fn list(&self, owner: &OwnerId) -> Result<Vec<TokenRecord>> {
        self.store.list(owner).await
    }

    async fn find(&self, app: &AppKey, id: &AccountId) -> Result<Vec<AccountKey>> {
        self.store.find(app, id).await
    }

    async fn of_principal(
        &self,
        app: &AppKey,
        principal: &PrincipalId,
    ) -> Result<Vec<Stored<TokenRecord>>> {
        let mut found = self.store.of_principal(app, principal).await?;
        if self.fault == Fault::ForgetsWhoLeft {
            found.retain(|stored| stored.value.sealed.is_some());
        }
        if self.fault == Fault::FindsOfOneOwner {
            let owner = found.first().map(|stored| stored.value.key.owner.clone());
            found.retain(|stored| Some(&stored.value.key.owner) == owner.as_ref());
        }
        Ok(found)
    }

    async fn next_number(&self) -> Result<i64> {
        match self.fault {
            Fault::GivesANumberTwice => Ok(self.store.next_number().await? / 2),
            _ => self.store.next_number().await,
        }
    }

    async fn claim(&self, key: &AccountKey, lease: Duration) -> Result<TokenClaimed> {
        if self.fault == Fault::ForgetsLeases {
            let last = self.claims.lock().unwrap().last().cloned();
            if let Some(last) = last {
                self.store.release(&last, None, false).await?;
            }
        }
        let mut claimed = self.store.claim(key, lease).await?;
        if let TokenClaimed::Taken(claim) = &mut claimed {
            self.claims.lock().unwrap().push(claim.clone());
            claim.revision = self.told(claim.revision);
            if self.fault == Fault::ForgetsAttempts {
                claim.unknown_attempts = 0;
            }
        }
        Ok(claimed)
    }

    async fn claim_due(&self, which: &ClaimDue) -> Result<Vec<TokenClaim>> {
        if let (Fault::ClaimsBySpace, Some(login)) = (self.fault, &which.connector) {
            let all = ClaimDue::new(which.now, which.lease, which.limit);
            let mut claims = self.store.claim_due(&all).await?;
            claims.retain(|claim| claim.record.key.is_of(&login.app));
            return Ok(claims);
        }
        self.store.claim_due(which).await
    }

    async fn judge(&self, claim: &TokenClaim, verdict: Verdict) -> Result<bool> {
        let mut claim = self.known(claim).await?;
        if self.fault == Fault::JudgesBlindly
            && let Some(revision) = self.revision(&claim.record.key).await?
        {
            claim.revision = revision;
        }
        self.store.judge(&claim, verdict).await
    }

    async fn release(
        &self,
        claim: &TokenClaim,
        due_at: Option<DateTime<Utc>>,
        outcome_known: bool,
    ) -> Result<()> {
        let claim = self.known(claim).await?;
        self.store.release(&claim, due_at, outcome_known).await
    }

    async fn expiring(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        self.store.expiring(before, limit).await
    }

    async fn ending(&self, before: DateTime<Utc>, limit: u32) -> Result<Vec<TokenRecord>> {
        match self.fault {
            Fault::TakesTheTokenForTheGrant => self.store.expiring(before, limit).await,
            _ => self.store.ending(before, limit).await,
        }
    }

    async fn connected(
        &self,
        app: &AppKey,
        after: Option<&AccountPlace>,
        limit: u32,
    ) -> Result<AccountPage> {
        let after = match self.fault {
            // Of those that were connected at the same moment it meets the first.
            Fault::SkipsTwins => after.map(|place| AccountPlace::after(place.connected_at, last())),
            _ => after.cloned(),
        };
        let mut page = self.store.connected(app, after.as_ref(), limit).await?;
        if self.fault == Fault::EndsAtAFullPage && u32::try_from(page.accounts.len()) == Ok(limit) {
            page.next = None;
        }
        let is_short = u32::try_from(page.accounts.len()).is_ok_and(|count| count < limit);
        if self.fault == Fault::WalksEverywhere && is_short {
            let beside = AppKey::new(app.platform.clone(), named("another app"));
            let beside = self.store.connected(&beside, None, 1).await?;
            page.accounts.extend(beside.accounts);
        }
        Ok(page)
    }

    async fn next_due(&self, connector: Option<&Connector>) -> Result<Option<DateTime<Utc>>> {
        self.store.next_due(connector).await
    }
}

super::faults! { tokens:
    a_late_save_is_accepted_while_its_revision_is_stored
        finds |store| Broken::new(store, Fault::SavesByLease),
        "a late save is accepted while its revision is stored";
    a_late_save_conflicts_after_another_save
        finds |store| Broken::new(store, Fault::SavesBlindly), "saved since";
    of_many_saves_on_one_revision_one_wins
        finds |store| Broken::new(store, Fault::SavesBlindly), "the winner is stored";
    a_verdict_needs_its_revision
        finds |store| Broken::new(store, Fault::JudgesBlindly), "on replaced tokens";
    counts_attempts_of_unknown_outcome
        finds |store| Broken::new(store, Fault::ForgetsAttempts), "each claim is counted";
    of_many_claims_one_wins
        finds |store| Broken::new(store, Fault::ForgetsLeases), "one claim wins";
    an_account_comes_back_above_its_removed_revision
        finds |store| Broken::new(store, Fault::BeginsAnew), "Revision(1)";
    a_save_from_before_a_removal_conflicts
        finds |store| Broken::new(store, Fault::BeginsAnew), "it was removed since";
    a_release_from_before_a_removal_changes_nothing
        finds |store| Broken::new(store, Fault::ForgetsRemovals), "left == right";
    walks_through_the_connected_accounts_of_an_app
        finds |store| Broken::new(store, Fault::EndsAtAFullPage), "each once";
    accounts_of_one_moment_are_told_apart
        finds |store| Broken::new(store, Fault::SkipsTwins), "each once";
    an_unknown_status_leaves_the_one_that_is_stored
        finds |store| Broken::new(store, Fault::ConnectsTheUnknown), "as it was";
    lists_whose_grant_ends
        finds |store| Broken::new(store, Fault::TakesTheTokenForTheGrant), "before";
    a_verdict_from_before_a_removal_is_not_written
        finds |store| Broken::new(store, Fault::ForgetsRemovals), "it was removed since";
    saves_several_and_answers_in_their_order
        finds |store| Broken::new(store, Fault::AnswersByAccount), "in the order of the records";
    saves_all_of_several_or_none
        finds |store| Broken::new(store, Fault::SavesOneByOne), "nothing was written";
    an_account_is_not_saved_twice_at_once
        finds |store| Broken::new(store, Fault::SavesOneByOne), "left == right";
    a_save_of_several_needs_no_lease
        finds |store| Broken::new(store, Fault::SavesByLease), "a late save of several is accepted";
    of_many_saves_of_the_same_accounts_one_wins
        finds |store| Broken::new(store, Fault::SavesBlindly), "one save wins";
    what_is_due_goes_by_the_app_of_the_login
        finds |store| Broken::new(store, Fault::ClaimsBySpace), "by another app";
    a_later_login_by_another_app_goes_on_with_the_row
        finds |store| Broken::new(store, Fault::KeepsTheLogin), "left == right";
    finds_the_accounts_of_a_person
        finds |store| Broken::new(store, Fault::FindsOfOneOwner), "all of the person";
    numbers_go_up_whoever_asks
        finds |store| Broken::new(store, Fault::GivesANumberTwice), "above each that was given";
    keeps_which_tokens_are_the_later_ones
        finds |store| Broken::new(store, Fault::ForgetsTheOrder), "left == right";
}

#[tokio::test]
async fn who_finds_only_those_that_hold_tokens_is_found() {
    let case = async {
        let make = |store| Broken::new(store, Fault::ForgetsWhoLeft);
        let harness = super::Faulty::new(make);
        conformance::tokens::finds_the_accounts_of_a_person(&harness).await
    };
    super::caught(case, "all of the person").await;
}

#[tokio::test]
async fn a_walk_through_another_app_is_found() {
    let case = async {
        let make = |store| Broken::new(store, Fault::WalksEverywhere);
        let harness = super::Faulty::new(make);
        conformance::tokens::walks_through_the_connected_accounts_of_an_app(&harness).await
    };
    super::caught(case, "each once").await;
}

/// Random operations find these faults too, and say how to repeat them.
#[tokio::test]
async fn lockstep_finds_faults() {
    let faults: [fn(MemoryStore) -> Broken; 8] = [
        |store| Broken::new(store, Fault::SavesBlindly),
        |store| Broken::new(store, Fault::JudgesBlindly),
        |store| Broken::new(store, Fault::ForgetsAttempts),
        |store| Broken::new(store, Fault::ForgetsLeases),
        |store| Broken::new(store, Fault::BeginsAnew),
        |store| Broken::new(store, Fault::ForgetsRemovals),
        |store| Broken::new(store, Fault::SavesOneByOne),
        |store| Broken::new(store, Fault::LeavesTheLastOut),
    ];
    for make in faults {
        let run = async move {
            let harness = super::Faulty::new(make);
            conformance::model::tokens(&harness, 1, 4_000).await
        };
        super::caught(run, "seed 1, operation ").await;
    }
}
