use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Checkpoint, OtherPosts, Outcome, PublishRequest, Step};
use crate::{
    error::{Error, ErrorKind, Reason, Remedy, Result, words::Facts},
    media::MediaStore,
    model::{Account, AccountKey, Platform, PostId, TokenSet},
    platform::limits::Bookings,
    store::Limits,
    time::{Clock, Deadline},
    webhook::VerifiedEvent,
};

/// Publishes on one platform, one remote step at a time.
///
/// A publisher keeps nothing between calls: all it needs to go on is in the [`Checkpoint`]. The journal decides which of
/// the methods is called and writes every checkpoint down before and after.
#[async_trait]
pub trait Publisher: Debug + Send + Sync + 'static {
    /// Which platform.
    fn platform(&self) -> Platform;

    /// Checks a request against static rules, the media and the live account. Finds every violation and spends nothing
    /// that a post needs.
    ///
    /// # Errors
    /// Only when the check itself cannot be made; violations are not errors.
    async fn preflight(&self, cx: &StepContext<'_>, request: &PublishRequest) -> Result<Preflight>;

    /// The first checkpoint. Pure: nothing remote happens before it is on disk, so it has no
    /// [links](Checkpoint::links).
    ///
    /// # Errors
    /// `Invalid` for a request that can never succeed, `Unsupported` for one that this platform does not take.
    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint>;

    /// Carries out exactly one remote step.
    ///
    /// # Errors
    /// The checkpoint is then unchanged. Of a step that must happen once, the remedy `Reconcile` says that it may have
    /// happened; every other remedy says that it certainly did not. A final error ends a post as `Failed`; one of which the
    /// checkpoint has [links](Checkpoint::links) as `Published` with these and a [note](super::Note) that the rest is missing; and
    /// one of which [more may exist](Checkpoint::exposure) than is linked as `Undecided`.
    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step>;

    /// Finds out whether an interrupted `Once` step happened, or what became of a post that has an outcome. Causes nothing.
    /// `Pending` with [`Exposure::Nothing`](super::Exposure::Nothing) says that the platform has told that there is no post, or no
    /// more than is linked, so that the step may be carried out. What the platform cannot tell is `Undecided`.
    ///
    /// With [`cx.restored`](StepContext::restored) it is asked of any step, also of the first: not only the step of `at`
    /// may have been carried out, but each that follows it, with ids that `at` does not hold.
    ///
    /// # Errors
    /// When it cannot be asked now; it is asked again later.
    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step>;

    /// Stops a post on the owner's word, as far as the platform allows: what can no longer be stopped stays `Pending`. Of a post
    /// that is there in part the rest is stopped: `Cancelled` with the checkpoint's [links](Checkpoint::links), which the journal
    /// makes `Published` with a note. Who deletes what was there leaves the links out: here alone an answer says all that is there.
    ///
    /// # Errors
    /// When the platform cannot be asked now; it is asked again later.
    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step>;

    /// What an event of the platform says about a post. Pure; nothing when it says nothing new. It only ever moves a post
    /// on: what is published does not become failed by an event that comes late.
    ///
    /// `outcome` is the one recorded so far.
    fn apply(
        &self,
        _at: &Checkpoint,
        _outcome: Option<&Outcome>,
        _event: &VerifiedEvent,
        _now: DateTime<Utc>,
    ) -> Option<Step> {
        None
    }

    /// The keys of limits whose bookings are given back for a post that ended `Cancelled` or `Failed`: its places in
    /// queues, and what it was granted and the platform does not count against the account. Of what such a post has spent
    /// for good nothing is named here. None, unless a publisher says more; then a place left behind lapses with its
    /// window.
    fn refundable(&self, _account: &AccountKey, _request: &PublishRequest) -> Vec<String> {
        Vec::new()
    }

    /// The newest form of checkpoint that this build reads.
    fn checkpoint_version(&self) -> u16;

    /// No [`Effect::Once`](super::Effect::Once) of its checkpoints has a longer `settle` than this; zero where no step must
    /// happen once. How long a post is left alone after a restore follows from it
    /// ([`SocialBuilder::restore_grace`](crate::hub::SocialBuilder::restore_grace)): one that is too short can be a second post.
    fn longest_settle(&self) -> Duration;
}

/// What a step is given.
#[derive(Debug)]
#[non_exhaustive]
pub struct StepContext<'a> {
    /// The account to publish for.
    pub account: &'a Account,
    /// The post, unless this is a check before there is one. Names the holder of bookings.
    pub post: Option<PostId>,
    /// Its tokens.
    pub tokens: &'a TokenSet,
    /// What to publish.
    pub request: &'a PublishRequest,
    /// Where stored media are.
    pub media: &'a dyn MediaStore,
    /// Limits to book before they are spent, with [`bookings`](Self::bookings).
    pub limits: &'a dyn Limits,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What this machine's clock and the store's agree had come when the step began: by this it is told whether it is too late
    /// to post, see [`PublishRequest::expires_at`].
    pub agreed_at: DateTime<Utc>,
    /// When work on this post began.
    pub began_at: DateTime<Utc>,
    /// When its last `Once` step was started, by the journal's mark: what the step caused is not older.
    pub started_at: Option<DateTime<Utc>>,
    /// The data were restored, cloned or failed over since the post was begun or due, and what was done of it afterwards in
    /// the other copy is not in them. A publisher then never begins a post anew on the word that an id of the checkpoint
    /// came to nothing: another may have been begun after it. It looks for that one, or settles the post as `Undecided`.
    pub restored: bool,
    /// The account's other posts.
    pub others: &'a dyn OtherPosts,
    /// After this moment nothing of the step may be sent.
    pub deadline: &'a Deadline,
    /// Hears how far it has come.
    pub progress: &'a dyn Progress,
}

impl<'a> StepContext<'a> {
    /// Joins the parts.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site a worker; every part is needed"
    )]
    pub fn new(
        account: &'a Account,
        tokens: &'a TokenSet,
        request: &'a PublishRequest,
        media: &'a dyn MediaStore,
        limits: &'a dyn Limits,
        began_at: DateTime<Utc>,
        deadline: &'a Deadline,
        progress: &'a dyn Progress,
    ) -> Self {
        let clock = Arc::clone(deadline.clock());
        let agreed_at = clock.now();
        Self {
            account,
            post: None,
            tokens,
            request,
            media,
            limits,
            clock,
            agreed_at,
            began_at,
            started_at: None,
            restored: false,
            others: &(),
            deadline,
            progress,
        }
    }

    /// Says what [both clocks agree](crate::hub::ClockGuard::agreed) has come. Without it the clock here is believed.
    #[must_use]
    pub fn agreed(mut self, at: DateTime<Utc>) -> Self {
        self.agreed_at = at;
        self
    }

    /// Says when the post's last `Once` step was started.
    #[must_use]
    pub fn started(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.started_at = at;
        self
    }

    /// Says whether the data were restored since the post was begun or due.
    #[must_use]
    pub fn restored(mut self, restored: bool) -> Self {
        self.restored = restored;
        self
    }

    /// Names the account's other posts. Without it there are none.
    #[must_use]
    pub fn beside(mut self, others: &'a dyn OtherPosts) -> Self {
        self.others = others;
        self
    }

    /// Books limits for the post of the step; for a check before there is one, as calls do that no post is behind.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings::of_post(self.limits, self.post)
    }

    /// Says which post the step is of.
    #[must_use]
    pub fn of_post(mut self, post: PostId) -> Self {
        self.post = Some(post);
        self
    }
}

/// Hears how far an upload has come. Called often; must return at once.
pub trait Progress: Debug + Send + Sync {
    /// `sent` of `total` bytes have left this process.
    fn sent(&self, sent: u64, total: u64);
}

impl Progress for () {
    fn sent(&self, _sent: u64, _total: u64) {}
}

/// Everything a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Preflight {
    /// What must be changed, and what might be.
    pub violations: Vec<Violation>,
    /// What was looked at and is well, in words.
    pub passed: Vec<String>,
    /// What could not be looked at, and why.
    pub not_checked: Vec<String>,
}

impl Preflight {
    /// Whether nothing stands in the way.
    pub fn is_clear(&self) -> bool {
        self.violations.iter().all(|violation| violation.soft)
    }
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// A stable id, for example `caption.length`.
    pub rule: String,
    /// The field to change.
    pub field: String,
    /// What is wrong, with the limit, in a whole sentence for a person.
    pub finding: String,
    /// What to do about it, in whole sentences. Empty where nothing needs to be done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// The limit, where there is one, as text.
    #[serde(default)]
    pub limit: Option<String>,
    /// A warning, which does not stand in the way.
    pub soft: bool,
}

impl Violation {
    /// A rule that stands in the way.
    pub fn new(
        rule: impl Into<String>,
        field: impl Into<String>,
        finding: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.into(),
            field: field.into(),
            finding: finding.into(),
            advice: String::new(),
            limit: None,
            soft: false,
        }
    }

    /// What an error says, as a finding about a field.
    pub fn of_error(rule: impl Into<String>, field: impl Into<String>, error: &Error) -> Self {
        let words = error.words(&Facts::new().over());
        Self::new(rule, field, words.finding).advice(words.advice)
    }

    /// Says what to do about it.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Finding and advice, one behind the other.
    pub fn line(&self) -> String {
        match self.advice.as_str() {
            "" => self.finding.clone(),
            advice => format!("{} {advice}", self.finding),
        }
    }

    /// Names the limit that was passed.
    #[must_use]
    pub fn limit(mut self, limit: impl ToString) -> Self {
        self.limit = Some(limit.to_string());
        self
    }

    /// Makes it a warning.
    #[must_use]
    pub fn soft(mut self) -> Self {
        self.soft = true;
        self
    }
}

/// What it means for a post that has not been begun that its media cannot be read: a file that is not there is no verdict on
/// the post. It may come back from a backup, or the media store is not the one that it was; so the post waits for the
/// operator. Every other error stays as it is.
#[must_use]
pub fn media_missing(error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    error
        .with_reason(Reason::MediaMissing)
        .with_remedy(Remedy::Operator)
}
