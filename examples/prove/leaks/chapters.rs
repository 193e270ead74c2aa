//! The chapters of the story.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use examples::stage::Decision;
use social_sandbox::{Endpoint, Fault, FaultKind};

use super::{
    echo,
    order::{Browser, OK, Order, REFUSED, WAITING},
    story::Story,
};

/// Longer than an access token lives.
const OVER: u32 = 2 * 3_600 + 60;

impl Story<'_> {
    /// Declined, forged, in another browser, twice, with a used code, with answers that echo.
    pub(super) async fn logins(&mut self) -> anyhow::Result<()> {
        let finish = |query: &str, browser| Order::Finish {
            query: query.to_owned(),
            browser,
        };
        let query = self.consent(Decision::Deny).await?;
        self.must(finish(&query, Browser::Same), REFUSED).await?;

        let query = self.consent(Decision::Allow).await?;
        let forged = query.replace("state=", "state=forged");
        self.must(finish(&forged, Browser::Same), REFUSED).await?;
        self.must(finish(&query, Browser::Other), REFUSED).await?;
        self.must(finish(&query, Browser::Unknown), REFUSED).await?;
        self.must(finish(&query, Browser::Same), OK).await?;
        self.must(finish(&query, Browser::Same), REFUSED).await?;

        let next = self.consent(Decision::Allow).await?;
        let reused = with_state_of(&query, &next)?;
        self.must(finish(&reused, Browser::Same), REFUSED).await?;

        for answer in echo::answers(&self.secrets()) {
            let query = self.consent(Decision::Allow).await?;
            // With the code of this very login.
            let last = echo::answers(&self.secrets());
            let same = last
                .into_iter()
                .find(|other| other.0 == answer.0)
                .unwrap_or(answer);
            self.control().arm(echo::fault(Endpoint::Token, &same, 1))?;
            self.must(finish(&query, Browser::Same), REFUSED).await?;
            self.control().disarm_all();
        }
        self.connect().await
    }

    /// What happens every day.
    pub(super) async fn ordinary(&mut self) -> anyhow::Result<()> {
        self.must(Order::Show, OK).await?;
        self.must(Order::Use, OK).await?;
        self.must(Order::Calls, OK).await?;
        self.post(&[]).await?;
        self.advance(OVER).await?;
        self.must(Order::Refresh, OK).await?;
        self.must(Order::Use, OK).await?;
        self.post(&[Fault::new(Endpoint::CreatorInfo, FaultKind::ExpireToken)])
            .await?;
        self.post(&[Fault::new(Endpoint::Init, FaultKind::ExpireToken)])
            .await?;
        self.post(&[Fault::new(Endpoint::Status, FaultKind::ExpireToken)])
            .await?;
        self.must(Order::Show, OK).await
    }

    /// Every call of the client meets every answer.
    pub(super) async fn calls(&mut self) -> anyhow::Result<()> {
        let endpoints = [
            Endpoint::UserInfo,
            Endpoint::CreatorInfo,
            Endpoint::Init,
            Endpoint::Status,
        ];
        let mut answers = echo::answers(&self.secrets());
        answers.push(echo::init_elsewhere(&self.secrets()));
        for answer in answers {
            for endpoint in endpoints {
                self.control().arm(echo::fault(endpoint, &answer, 3))?;
            }
            self.order(Order::Calls).await?;
            self.control().disarm_all();
        }
        for kind in [
            FaultKind::DropBefore,
            FaultKind::DropAfter,
            FaultKind::Throttle,
        ] {
            for endpoint in endpoints {
                self.control()
                    .arm(Fault::new(endpoint, kind.clone()).times(3))?;
            }
            self.must(Order::Calls, REFUSED).await?;
            self.control().disarm_all();
        }
        Ok(())
    }

    /// Posts that meet faults at every step.
    pub(super) async fn posts(&mut self) -> anyhow::Result<()> {
        let mut faults = vec![
            Fault::new(Endpoint::Upload, FaultKind::DropBefore),
            Fault::new(Endpoint::Upload, FaultKind::DropAfter),
            Fault::new(Endpoint::Init, FaultKind::DropAfter),
            Fault::new(Endpoint::Init, FaultKind::Throttle),
            echo::fault(Endpoint::Init, &echo::init_elsewhere(&self.secrets()), 1),
            echo::fault(
                Endpoint::Status,
                &echo::failed_because(&self.secrets(), "access_token"),
                1,
            ),
            echo::fault(
                Endpoint::Status,
                &echo::failed_because(&self.secrets(), "upload_url"),
                1,
            ),
        ];
        let answers = echo::answers(&self.secrets());
        faults.extend(
            answers
                .iter()
                .map(|answer| echo::fault(Endpoint::Upload, answer, 1)),
        );
        for endpoint in [Endpoint::CreatorInfo, Endpoint::Init, Endpoint::Status] {
            // One refusal and one answer of no form each; the client's calls have met them all.
            faults.extend(
                answers
                    .iter()
                    .skip(4)
                    .step_by(3)
                    .map(|answer| echo::fault(endpoint, answer, 1)),
            );
        }
        for fault in faults {
            self.post(&[fault]).await?;
        }
        self.must(Order::Show, OK).await
    }

    /// Submits a post that meets these faults, and sees it through.
    async fn post(&mut self, faults: &[Fault]) -> anyhow::Result<()> {
        self.posts += 1;
        self.let_limits_pass().await?;
        let mut armed = Vec::new();
        for fault in faults {
            armed.push(self.control().arm(fault.clone())?);
        }
        self.must(Order::Submit(format!("post {}", self.posts)), OK)
            .await?;
        for _ in 0..10 {
            let ended = self.order(Order::Publish).await?;
            if ended != WAITING {
                let met = self.control().faults().iter().all(|fault| fault.hits > 0);
                ensure!(met, "{faults:?} was not met");
                self.control().disarm_all();
                ensure!(ended == OK || !faults.is_empty(), "an ordinary post failed");
                return Ok(());
            }
            // Whatever it waits for is over then.
            self.advance(4_000).await?;
        }
        anyhow::bail!("post {} is never settled: {faults:?}", self.posts)
    }

    /// Refreshes that meet every answer.
    pub(super) async fn refreshes(&mut self) -> anyhow::Result<()> {
        for answer in echo::answers(&self.secrets()) {
            // A 401 without a known code would be the end of the grant; that comes last.
            let answer = if answer.0 == 401 {
                (400, answer.1)
            } else {
                answer
            };
            self.advance(OVER).await?;
            self.control()
                .arm(echo::fault(Endpoint::Refresh, &answer, 2))?;
            self.must(Order::Refresh, OK).await?;
            self.must(Order::Use, REFUSED).await?;
            self.control().disarm_all();
        }
        self.advance(OVER).await?;
        self.must(Order::Refresh, OK).await?;
        self.must(Order::Use, OK).await
    }

    /// The database takes no writes while new tokens come.
    pub(super) async fn unsaved(&mut self) -> anyhow::Result<()> {
        self.advance(OVER).await?;
        let hold = self
            .control()
            .arm(Fault::new(Endpoint::Refresh, FaultKind::Hold))?;
        self.subject
            .tell(&serde_json::to_string(&Order::Refresh)?)
            .await?;
        ensure!(
            self.control().struck(hold, Duration::from_secs(60)).await,
            "no refresh"
        );
        let shut = self.ground.shut(self.folder.path()).await?;
        self.control().disarm(hold);
        self.ending().await?;
        let spool = self.folder.path().join("spool-subject");
        let mut saves = 0;
        for entry in std::fs::read_dir(spool)? {
            self.trail
                .leave("spooled save", std::fs::read(entry?.path())?);
            saves += 1;
        }
        ensure!(saves == 1, "{saves} spooled saves");
        self.order(Order::Use).await?;
        self.ground.reopen(shut).await?;
        self.advance(OVER).await?;
        self.must(Order::Refresh, OK).await?;
        // A server that has just come back may not take the first call in time; a lost token would never work again.
        for _ in 0..20 {
            if self.order(Order::Use).await? == OK {
                return Ok(());
            }
        }
        bail!("the account cannot be used after its save was spooled")
    }

    /// A dead grant, a grant that cannot be revoked, and one that can.
    pub(super) async fn endings(&mut self) -> anyhow::Result<()> {
        self.advance(OVER).await?;
        self.control().arm(echo::fault(
            Endpoint::Refresh,
            &echo::dead(&self.secrets()),
            2,
        ))?;
        self.must(Order::Refresh, OK).await?;
        self.must(Order::Use, REFUSED).await?;
        self.control().disarm_all();
        self.connect().await?;
        for answer in echo::answers(&self.secrets()) {
            self.control()
                .arm(echo::fault(Endpoint::Revoke, &answer, 1))?;
            self.must(Order::Disconnect, OK).await?;
            self.control().disarm_all();
            self.connect().await?;
        }
        self.must(Order::Disconnect, OK).await?;
        self.must(Order::Use, REFUSED).await?;
        self.must(Order::Show, OK).await
    }
}

/// The query of one login with the state of another.
fn with_state_of(query: &str, other: &str) -> anyhow::Result<String> {
    let state = |query: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(name, _)| name == "state")
            .map(|(_, value)| value.into_owned())
    };
    let (old, new) = (state(query), state(other));
    Ok(query.replace(&old.context("a state")?, &new.context("a state")?))
}
