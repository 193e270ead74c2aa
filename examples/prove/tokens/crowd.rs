//! Two processes with 25 callers and a refresh worker each, on one expired token.

use std::collections::BTreeSet;

use anyhow::ensure;
use chrono::Duration;
use examples::stage::{DISTANCE, pause};
use social_sandbox::{Endpoint, Fault, FaultKind};

use super::{
    order::{Pace, Report},
    scene::{OVER, Peer, Scene},
    table::{Line, Row},
};

const CALLERS: usize = 25;

/// How far the clocks are apart, in seconds.
const APART: i64 = 600;

/// One refresh, everybody served.
const ONE: Row = Row {
    rounds: 1,
    refreshes: 1,
    successful: 1,
    rejected: 0,
    served: 2 * CALLERS as u64,
    refused: 0,
    connected: 1,
};

struct Crowd {
    scene: Scene,
    first: Peer,
    second: Peer,
    counted: Row,
    seen: BTreeSet<String>,
}

/// The token's time is over.
pub(crate) async fn expired(scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let mut crowd = Crowd::open(scene).await?;
    for _ in 0..rounds {
        crowd.scene.advance(OVER)?;
        let tokens = crowd.round(0).await?;
        crowd.only_new(&tokens)?;
    }
    crowd.close("token over, 2 x 25 callers and workers").await
}

/// The platform ends the token before its time: every caller meets a 401.
pub(crate) async fn rejected(scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let mut crowd = Crowd::open(scene).await?;
    for _ in 0..rounds {
        // Sooner after the last one nobody asks again.
        pause(2 * DISTANCE).await;
        let expire = Fault::new(Endpoint::UserInfo, FaultKind::ExpireToken);
        let fault = crowd.scene.control().arm(expire)?;
        let tokens = crowd.round(0).await?;
        crowd.scene.control().disarm(fault);
        crowd.only_new(&tokens)?;
    }
    crowd.close("token refused with 401, 2 x 25 callers").await
}

/// The second process's clock is ten minutes ahead or behind. The token is over for both, or for one of them only.
pub(crate) async fn clocks(scene: Scene, rounds: u64) -> anyhow::Result<Line> {
    let mut crowd = Crowd::open(scene).await?;
    for round in 0..rounds {
        let apart = if round % 2 == 0 { APART } else { -APART };
        if round / 2 % 2 == 0 {
            crowd.scene.advance(OVER)?;
            let tokens = crowd.round(apart).await?;
            crowd.only_new(&tokens)?;
        } else {
            // A minute over for whoever is ahead; the other one believes in it for nine more.
            let ends = crowd.scene.account().await?.expires_at;
            ensure!(ends.is_some(), "the token has an end");
            let ahead = apart.max(0);
            let then = ends.unwrap_or_default() + Duration::seconds(60 - ahead);
            crowd.scene.advance_to(then)?;
            let tokens = crowd.round(apart).await?;
            ensure!(tokens.len() <= 2, "{} different tokens", tokens.len());
            crowd.seen.extend(tokens);
        }
    }
    crowd.close("clocks 10 min apart, both directions").await
}

impl Crowd {
    async fn open(scene: Scene) -> anyhow::Result<Self> {
        let first = scene.peer("first", Pace::Usual).await?;
        let second = scene.peer("second", Pace::Usual).await?;
        let (counted, seen) = (Row::default(), BTreeSet::new());
        Ok(Self {
            scene,
            first,
            second,
            counted,
            seen,
        })
    }

    /// Lets both go at the same moment. The tokens with which callers were served.
    async fn round(&mut self, apart: i64) -> anyhow::Result<BTreeSet<String>> {
        self.first.tell(self.scene.order(CALLERS, 0)).await?;
        self.second.tell(self.scene.order(CALLERS, apart)).await?;
        let (first, second) = (self.first.report().await?, self.second.report().await?);
        let row = self.scene.count(&[&first, &second]).await?;
        ensure!(row == ONE, "{row:?}, {first:?}, {second:?}");
        self.counted.add(&row);
        let Report { mut tokens, .. } = first;
        tokens.extend(second.tokens);
        Ok(tokens)
    }

    /// Everybody has the same token, which nobody had before.
    fn only_new(&mut self, tokens: &BTreeSet<String>) -> anyhow::Result<()> {
        ensure!(tokens.len() == 1, "{} different tokens", tokens.len());
        ensure!(self.seen.is_disjoint(tokens), "an old token");
        self.seen.extend(tokens.iter().cloned());
        Ok(())
    }

    async fn close(self, name: &'static str) -> anyhow::Result<Line> {
        self.first.kill().await?;
        self.second.kill().await?;
        Ok(Line {
            name,
            counted: self.counted,
            round: ONE,
        })
    }
}
