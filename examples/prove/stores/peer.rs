//! A process that does with the store what it is told.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use examples::stage::{self, rows, say};
use social_core::{
    Stores,
    model::NeedsReauth,
    store::{
        Booking, ClaimDue, ClaimEvents, ClaimPosts, Expect, Limit, TokenClaim, TokenClaimed,
        Verdict, Window,
    },
    time::{Clock, SystemClock},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines, Stdin},
    task::JoinSet,
};

use super::{
    limits::TASKS,
    order::{Kind, Order, Report},
    scene::BATCH,
};

/// Rows of one claim, where many are claimed.
const SOME: u32 = 50;

/// Tasks that claim at the same time.
const CLAIMERS: usize = 4;

/// The lease of what is handled at once.
const LEASE: Duration = Duration::from_secs(600);

/// How long a call waits for its turn: 16 tasks write, and SQLite lets one at a time in no order.
const BUSY: Duration = Duration::from_secs(45);

struct Peer {
    stores: Stores,
    claim: Option<TokenClaim>,
    orders: Lines<BufReader<Stdin>>,
}

pub(crate) async fn run(folder: PathBuf) -> anyhow::Result<()> {
    let stores = stage::stores(&folder, Some(BUSY)).await?;
    say("ready");
    let mut peer = Peer {
        stores,
        claim: None,
        orders: BufReader::new(tokio::io::stdin()).lines(),
    };
    while let Some(line) = peer.orders.next_line().await? {
        let report = peer.obey(serde_json::from_str(&line)?).await?;
        say(&serde_json::to_string(&report)?);
    }
    Ok(())
}

impl Peer {
    async fn obey(&mut self, order: Order) -> anyhow::Result<Report> {
        match order {
            Order::Claim { kind, lease, limit } => claim(&self.stores, kind, lease, limit).await,
            Order::ClaimAll { kind, lease } => claim_all(&self.stores, kind, lease).await,
            Order::Hold { account, lease } => self.hold(account, lease).await,
            Order::Judge => self.judge().await,
            Order::Save { sealed } => self.save(sealed).await,
            Order::Book {
                name,
                limit,
                per,
                bookings,
            } => book_all(&self.stores, &name, Window::new(limit, per), bookings).await,
            Order::Insert {
                events,
                first,
                backwards,
            } => insert(&self.stores, events, first, backwards).await,
            Order::Handle => self.handle().await,
        }
    }

    async fn hold(&mut self, account: u64, lease: Duration) -> anyhow::Result<Report> {
        let mut report = Report::default();
        let claimed = self.stores.tokens.claim(&rows::key(account), lease).await?;
        if let TokenClaimed::Taken(claim) = claimed {
            report.written = true;
            report.unended.push(claim.unknown_attempts);
            self.claim = Some(claim);
        }
        Ok(report)
    }

    async fn judge(&self) -> anyhow::Result<Report> {
        let claim = self.claim.as_ref().context("a claim")?;
        let verdict = Verdict::Dead(NeedsReauth::AnswerLost);
        let written = self.stores.tokens.judge(claim, verdict).await?;
        Ok(Report {
            written,
            ..Report::default()
        })
    }

    async fn save(&self, sealed: u8) -> anyhow::Result<Report> {
        let claim = self.claim.as_ref().context("a claim")?;
        let mut record = claim.record.clone();
        record.sealed = Some(vec![sealed; 64]);
        let expect = Expect::Revision(claim.revision);
        let written = self.stores.tokens.save(&record, expect).await.is_ok();
        Ok(Report {
            written,
            ..Report::default()
        })
    }

    async fn handle(&mut self) -> anyhow::Result<Report> {
        let events = &self.stores.events;
        let (mut report, mut more) = (Report::default(), true);
        loop {
            let which = ClaimEvents::new(rows::at(0), LEASE, 20);
            let claims = events.claim(&which).await?;
            let written = events.complete(&claims, rows::at(1)).await?;
            if written.len() != claims.len() {
                bail!("an answer for each claim");
            }
            for (claim, written) in claims.iter().zip(written) {
                report.wrong += u64::from(!written || claim.record.attempts != 1);
                report.names.push(claim.record.event.id.clone());
            }
            if !claims.is_empty() {
                continue;
            }
            if !more {
                return Ok(report);
            }
            tokio::select! {
                line = self.orders.next_line() => {
                    line?.context("the proof has ended")?;
                    more = false;
                }
                () = stage::pause(Duration::from_millis(5)) => {}
            }
        }
    }
}

/// One claim.
async fn claim(stores: &Stores, kind: Kind, lease: Duration, limit: u32) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let now = rows::at(0);
    match kind {
        Kind::Accounts => {
            for claim in stores
                .tokens
                .claim_due(&ClaimDue::new(now, lease, limit))
                .await?
            {
                report.names.push(claim.record.key.account.into());
                report.unended.push(claim.unknown_attempts);
            }
        }
        Kind::Lanes => {
            let versions = vec![(rows::app(), rows::VERSION)];
            let which = ClaimPosts::new(now, lease, limit, versions);
            for claim in stores.posts.claim(&which).await? {
                report.names.push(claim.post.account.account.into());
                report.unended.push(claim.post.attempts - 1);
            }
        }
        Kind::Events => {
            let which = ClaimEvents::new(now, lease, limit);
            for claim in stores.events.claim(&which).await? {
                report.names.push(claim.record.event.id);
                report.unended.push(claim.record.attempts - 1);
            }
        }
    }
    Ok(report)
}

async fn claim_all(stores: &Stores, kind: Kind, lease: Duration) -> anyhow::Result<Report> {
    let mut tasks = JoinSet::new();
    for _ in 0..CLAIMERS {
        let stores = stores.clone();
        tasks.spawn(async move {
            let mut all = Report::default();
            loop {
                let report = claim(&stores, kind, lease, SOME).await?;
                if report.names.is_empty() {
                    return anyhow::Ok(all);
                }
                all.add(report);
            }
        });
    }
    gather(tasks).await
}

async fn book_all(
    stores: &Stores,
    name: &str,
    window: Window,
    bookings: u64,
) -> anyhow::Result<Report> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (stores, limit) = (stores.clone(), Limit::of_calls(name, window));
        let holder = format!("{} {task}", std::process::id());
        tasks.spawn(async move {
            let mut all = Report::default();
            for _ in 0..bookings {
                all.add(book(&stores, &limit, &holder).await?);
            }
            anyhow::Ok(all)
        });
    }
    gather(tasks).await
}

/// Books until it is granted: at once, or when it was promised.
async fn book(stores: &Stores, limit: &Limit, holder: &str) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let clock = SystemClock::default();
    for asked in 0_u64.. {
        let before = clock.now().timestamp_micros();
        match stores
            .limits
            .book(std::slice::from_ref(limit), holder)
            .await?
        {
            Booking::Granted => {
                report
                    .granted
                    .push((before, clock.now().timestamp_micros()));
                // Once more than promised: somebody ahead came late.
                report.again += asked.saturating_sub(1);
                break;
            }
            Booking::Wait(wait) => clock.sleep(wait).await,
        }
    }
    Ok(report)
}

/// Inserts all events in batches, forwards or backwards; which were new.
async fn insert(
    stores: &Stores,
    events: u64,
    first: u64,
    backwards: bool,
) -> anyhow::Result<Report> {
    let mut numbers: Vec<u64> = (first..events).chain(0..first).collect();
    if backwards {
        numbers.reverse();
    }
    let mut report = Report::default();
    for batch in numbers.chunks(BATCH) {
        let batch: Vec<_> = batch.iter().copied().map(rows::event).collect();
        let new = stores.events.insert(&batch).await?;
        if new.len() != batch.len() {
            bail!("an answer for each event");
        }
        let new = batch.into_iter().zip(new).filter(|(_, new)| *new);
        report.names.extend(new.map(|(event, _)| event.event.id));
    }
    Ok(report)
}

async fn gather(mut tasks: JoinSet<anyhow::Result<Report>>) -> anyhow::Result<Report> {
    let mut all = Report::default();
    while let Some(report) = tasks.join_next().await {
        all.add(report??);
    }
    Ok(all)
}
