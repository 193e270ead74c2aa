//! A process that uses the account: callers and a refresh worker, on order.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use examples::stage::{self, Setup, SkewedClock, say};
use social_core::{
    Error, Social,
    model::AccountKey,
    time::{Clock, Deadline},
    tokens::ValidTokens,
};
use social_tiktok::{Client, UserField};
use social_workers::RefreshWorker;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::Barrier,
    task::JoinSet,
};

use super::order::{Order, Pace, Report, mark};

pub(crate) async fn run(
    name: &str,
    pace: Pace,
    folder: PathBuf,
    sandbox: &str,
) -> anyhow::Result<()> {
    let clock = SkewedClock::default();
    let setup = Setup {
        clock: Arc::new(clock.clone()),
        tokens: pace.tokens(),
        spool: Some(name.to_owned()),
        busy: pace.busy(),
        ..Setup::default()
    };
    let client = stage::tiktok(sandbox, &setup)?.client().clone();
    let social = stage::social(&folder, sandbox, setup).await?;
    say("ready");
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = orders.next_line().await? {
        let order: Order = serde_json::from_str(&line)?;
        clock.set(order.skew);
        let report = crowd(&social, &client, order).await?;
        say(&serde_json::to_string(&report)?);
    }
    Ok(social.close().await?)
}

/// Asks with many callers at once.
async fn crowd(social: &Social, client: &Client, order: Order) -> anyhow::Result<Report> {
    let account = social
        .worker()
        .tokens()
        .accounts(&stage::owner())
        .await?
        .pop();
    let key = account.context("an account")?.key;
    let gate = Arc::new(Barrier::new(order.callers));
    let mut asking = JoinSet::new();
    for _ in 0..order.callers {
        let caller = Caller {
            social: social.clone(),
            client: client.clone(),
            key: key.clone(),
        };
        asking.spawn(caller.ask(Arc::clone(&gate)));
    }
    if order.leaves {
        return left(asking).await;
    }
    let answers = match order.worker {
        true => RefreshWorker::new(social).run(asking.join_all()).await,
        false => asking.join_all().await,
    };
    // What the worker has begun belongs to this round.
    social.worker().tokens().idle().await;
    let mut report = Report::default();
    for answer in answers {
        match answer {
            Ok(valid) => {
                report.served += 1;
                report.tokens.insert(mark(&valid.tokens.access));
            }
            Err(error) => {
                let why = error.reason().map_or_else(
                    || format!("{:?}", error.kind()),
                    |reason| format!("{reason:?}"),
                );
                *report.refused.entry(why).or_default() += 1;
            }
        }
    }
    Ok(report)
}

/// The callers go away while they wait.
async fn left(mut asking: JoinSet<Result<ValidTokens, Error>>) -> anyhow::Result<Report> {
    tokio::select! {
        answer = asking.join_next() => anyhow::bail!("a caller was answered: {answer:?}"),
        () = examples::stage::pause(Duration::from_secs(1)) => {}
    }
    asking.shutdown().await;
    Ok(Report::default())
}

struct Caller {
    social: Social,
    client: Client,
    key: AccountKey,
}

impl Caller {
    /// Valid tokens, a call with them, and what an application does when that is refused.
    async fn ask(self, gate: Arc<Barrier>) -> Result<ValidTokens, Error> {
        // All of them ask at once, whoever has got tokens.
        let waits = AtomicBool::new(true);
        let pass = || async {
            if waits.swap(false, Ordering::SeqCst) {
                gate.wait().await;
            }
        };
        let call = |valid: ValidTokens| {
            let (caller, pass) = (&self, &pass);
            async move {
                pass().await;
                caller.call(&valid).await?;
                Ok(valid)
            }
        };
        let answer = self
            .social
            .worker()
            .tokens()
            .with_valid(&self.key, call)
            .await;
        pass().await;
        answer
    }

    async fn call(&self, valid: &ValidTokens) -> Result<(), Error> {
        let clock: Arc<dyn Clock> = Arc::clone(self.social.clock());
        let deadline = Deadline::after(clock, Duration::from_secs(30));
        let fields = [UserField::OpenId];
        let user = self
            .client
            .user_info(&valid.tokens.access, &fields, &deadline);
        user.await.map(|_| ())
    }
}
