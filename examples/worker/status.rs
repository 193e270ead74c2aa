//! How everything stands, for a person and for a watchdog.

mod keys;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use social_core::{
    Result, Stores,
    hub::ClockGuard,
    model::OwnerId,
    store::{Backlog, Failover, Statistics},
    time::{Clock as _, SystemClock},
};

use crate::{Found, database::Tables, say, settings::Settings};

/// What is due longer than that is late: workers look every few seconds.
const LATE: Duration = Duration::from_secs(600);
/// Tokens that end so soon are counted.
const SOON: Duration = Duration::from_secs(24 * 3_600);
/// A grant that ends by then is told of.
const GRANT_SOON: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Counting goes so far.
const MANY: u32 = 1_000;

/// What is shown where nobody named the instance.
const NO_INSTANCE: &str =
    "none named: a snapshot, clone or branch of these data would send too; set DATABASE_INSTANCE";

/// Lines and troubles, gathered one after the other.
pub(crate) struct Standing {
    now: DateTime<Utc>,
    troubles: Vec<String>,
}

/// Shows everything.
pub(crate) async fn status(settings: &Settings, owner: Option<&OwnerId>) -> anyhow::Result<Found> {
    let database = settings.database();
    let instance = settings.instance();
    let stores = database.open(Tables::AsTheyAre, instance).await?;
    let version = database.version().await?.unwrap_or_default();
    let database = format!("{database}, tables of version {version}");
    let mut standing = Standing {
        now: SystemClock::default().now(),
        troubles: Vec::new(),
    };
    line("database", &database);
    let installation = stores.installation.installation().await?;
    line("installation", &installation.id.to_string());
    line("instance", instance.unwrap_or(NO_INSTANCE));
    standing.incarnation(&stores).await?;
    standing
        .failover(&stores, settings.accept_promotion)
        .await?;
    standing.clock(&stores).await?;
    keys::look(&mut standing, settings, &stores, &installation).await?;
    standing.accounts(&stores).await?;
    standing.posts(&stores, owner).await?;
    standing.events(&stores).await?;
    Ok(standing.end())
}

impl Standing {
    async fn incarnation(&mut self, stores: &Stores) -> Result<()> {
        let now = stores.installation.incarnations().await?;
        line("incarnation", now.present.as_str());
        if !now.is_same() {
            line("", &format!("accepted is {}", now.accepted));
            self.trouble(format!(
                "the data have begun another life, and nothing is sent in it: make sure that no other copy is at work, \
                 then run `worker accept-incarnation '{}'`",
                now.present
            ));
        }
        Ok(())
    }

    async fn failover(&mut self, stores: &Stores, accept_promotion: bool) -> Result<()> {
        let failover = stores.installation.failover().await?;
        line("failover", &failover.to_string());
        if accept_promotion && matches!(failover, Failover::MayLose(_)) {
            self.trouble(
                "ACCEPT_PROMOTION is set, so a replica that lacks acknowledged writes would go on by itself: make \
                 replication synchronous, or unset it",
            );
        }
        Ok(())
    }

    async fn clock(&mut self, stores: &Stores) -> Result<()> {
        let clock = Arc::new(SystemClock::default());
        let guard = ClockGuard::new(Arc::clone(&stores.installation), clock);
        let Some(ahead) = guard.ahead().await? else {
            line("clock", "this machine's");
            return Ok(());
        };
        let seconds = ahead.abs().num_seconds();
        let said = match seconds {
            0..=2 => "agrees with the database's".to_owned(),
            _ if ahead < TimeDelta::zero() => format!("{seconds} s behind the database's"),
            _ => format!("{seconds} s ahead of the database's"),
        };
        line("clock", &said);
        if seconds > 2 {
            self.trouble(format!(
                "this machine's clock is {said}: a worker here begins what is due earlier or later by as much, and above 60 s \
                 it claims nothing; let both set their clocks by the network"
            ));
        }
        Ok(())
    }

    async fn accounts(&mut self, stores: &Stores) -> Result<()> {
        let next = stores.tokens.next_due(None).await?;
        let ended = count(stores, self.now).await?;
        let soon = count(stores, self.now + SOON).await?;
        line("accounts", &format!("next refresh {}", self.moment(next)));
        line(
            "",
            &format!("access tokens: {ended} have ended, {soon} have or will within a day"),
        );
        self.late("a refresh", next);
        let ended = self.overdue(stores).await?;
        if ended.0 > 0 {
            self.trouble(format!(
                "{ended} access tokens of connected accounts have ended"
            ));
        }
        self.grants(stores).await
    }

    /// Whose access token has ended, those aside that are refreshed when they are used: they are not due for long.
    async fn overdue(&self, stores: &Stores) -> Result<Counted> {
        let mut ended = stores.tokens.expiring(self.now, MANY).await?;
        ended.retain(|it| it.refresh_due_at.is_none_or(|due| due < self.now + SOON));
        Ok(counted(ended.len()))
    }

    /// For whom only the person can do something.
    async fn grants(&self, stores: &Stores) -> Result<()> {
        let before = self.now + GRANT_SOON;
        let ending = counted(stores.tokens.ending(before, MANY).await?.len());
        let text =
            format!("grants: {ending} end within 30 days; their persons have to connect again");
        line("", &text);
        Ok(())
    }

    async fn posts(&mut self, stores: &Stores, owner: Option<&OwnerId>) -> Result<()> {
        let next = stores.posts.next_ready(None).await?;
        line("posts", &format!("next step {}", self.moment(next)));
        self.late("a step of a post", next);
        let held = stores.posts.held(None, MANY).await?.len();
        if held > 0 {
            let held = Counted(u32::try_from(held).unwrap_or(MANY));
            line("", &format!("{held} are held"));
            self.trouble(format!(
                "{held} posts wait for your word, since their keys may have been used before: look with `worker held`"
            ));
        }
        if let Some(owner) = owner {
            let of = stores.posts.statistics(owner, None).await?;
            let Statistics {
                total,
                processing,
                awaiting_user,
                published,
                failed,
                undecided,
                cancelled,
                ..
            } = of;
            line(
                "",
                &format!(
                    "of {owner}: {total}, of which {processing} processing, {awaiting_user} awaiting the user, \
                     {published} published, {failed} failed, {undecided} undecided, {cancelled} cancelled"
                ),
            );
        }
        Ok(())
    }

    async fn events(&mut self, stores: &Stores) -> Result<()> {
        let Backlog {
            ready,
            later,
            held,
            dead,
            oldest,
            ..
        } = stores.events.backlog(self.now).await?;
        let next = stores.events.next_ready().await?;
        line("events", &format!("next {}", self.moment(next)));
        let waiting = format!("{ready} ready, {later} later, {held} in work, {dead} dead letters");
        line("", &waiting);
        if let Some(oldest) = oldest {
            line(
                "",
                &format!("the oldest that waits came {}", self.moment(Some(oldest))),
            );
        }
        self.late("an event", next);
        if dead > 0 {
            self.trouble(format!(
                "{dead} events could not be handled and are dead letters"
            ));
        }
        Ok(())
    }

    pub(crate) fn trouble(&mut self, text: impl Into<String>) {
        self.troubles.push(text.into());
    }

    fn late(&mut self, what: &str, next: Option<DateTime<Utc>>) {
        if next.is_some_and(|next| next + LATE < self.now) {
            self.trouble(format!(
                "{what} is due since {}: is a worker running?",
                self.moment(next)
            ));
        }
    }

    /// The moment, and how far away it is.
    fn moment(&self, at: Option<DateTime<Utc>>) -> String {
        let Some(at) = at else {
            return "none".to_owned();
        };
        let seconds = (at - self.now).num_seconds();
        let (far, unit) = match seconds.unsigned_abs() {
            far @ 0..120 => (far, "s"),
            far @ 120..7_200 => (far / 60, "min"),
            far @ 7_200..172_800 => (far / 3_600, "h"),
            far => (far / 86_400, "days"),
        };
        let far = if seconds < 0 {
            format!("{far} {unit} ago")
        } else {
            format!("in {far} {unit}")
        };
        format!("{} ({far})", at.to_rfc3339_opts(SecondsFormat::Secs, true))
    }

    fn end(self) -> Found {
        for trouble in &self.troubles {
            line("TROUBLE", trouble);
        }
        if self.troubles.is_empty() {
            line("all well", "");
            return Found::Well;
        }
        Found::Trouble
    }
}

/// A number that was not counted to its end.
struct Counted(u32);

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let more = if self.0 < MANY { "" } else { " or more" };
        write!(f, "{}{more}", self.0)
    }
}

async fn count(stores: &Stores, before: DateTime<Utc>) -> Result<Counted> {
    let ending = stores.tokens.expiring(before, MANY).await?;
    Ok(counted(ending.len()))
}

fn counted(many: usize) -> Counted {
    Counted(u32::try_from(many).unwrap_or(MANY))
}

pub(crate) fn line(name: &str, text: &str) {
    say(format!("{name:14}{text}").trim_end());
}
