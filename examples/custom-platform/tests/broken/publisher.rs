use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use social_core::{
    Error, ErrorKind, PublishRequest, Remedy, Result,
    model::Platform,
    publish::{
        Checkpoint, Effect, Exposure, Outcome, PostLink, Preflight, Publisher, Step, StepContext,
    },
    webhook::VerifiedEvent,
};

use crate::{
    client::{Client, PLATFORM},
    publish::Publishing,
};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Stops on the owner's word what is out already.
    CancelsAnything,
    /// Calls a container a post.
    ContainerIsAPost,
    /// Believes whatever it is asked about not to be there.
    FindsNothing,
    /// Begins anew after a restore.
    ForgetsTheRestore,
    /// Gives up at the first trouble.
    GivesUp,
    /// Sends when it is too late.
    IgnoresTheDeadline,
    /// Takes an unknown step for the first.
    KnowsEveryStep,
    /// Calls what is published failed when it is asked again.
    LosesThePublished,
    /// Stops nothing.
    NeverCancels,
    /// Plans with something that is there.
    PlansInTheMiddle,
    /// Plans something else each time.
    PlansByChance,
    /// Posts in order to check.
    PostsToCheck,
    /// Publishes in order to find out.
    PublishesToAsk,
    /// Publishes once more, to be sure.
    PublishesTwice,
    /// Reads the checkpoints of newer builds.
    ReadsNewer,
    /// Lets the second of two steps be repeated.
    RepeatsPublish,
    /// Calls a restored post lost when it is not found.
    RestoredIsLost,
    /// Says that its steps settle sooner than they do.
    SettlesLonger,
    /// Prints the app's secret.
    Shows,
    /// Believes any platform's events.
    TakesForeignEvents,
    /// Believes whatever it is asked about to be there.
    TakesLostForDone,
    /// Lets a late event undo what is known.
    TakesPostsBack,
    /// Says everything twice.
    TellsTwice,
}

struct Broken(Publishing, Fault, AtomicUsize);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, self.is(Fault::Shows))
    }
}

fn broken(client: Client, fault: Fault) -> Broken {
    Broken(Publishing(client), fault, AtomicUsize::new(0))
}

/// The same with another deadline, and before any restore.
fn other<'a>(cx: &StepContext<'a>, deadline: &'a social_core::time::Deadline) -> StepContext<'a> {
    StepContext::new(
        cx.account,
        cx.tokens,
        cx.request,
        cx.media,
        cx.limits,
        cx.began_at,
        deadline,
        cx.progress,
    )
}

fn pending(checkpoint: Checkpoint) -> Step {
    Step::pending(checkpoint, Duration::ZERO)
}

fn settled(checkpoint: Checkpoint, outcome: Outcome) -> Step {
    Step::settled(checkpoint, outcome, None)
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.1 == fault
    }

    fn bend(&self, step: Step) -> Step {
        let Step::Pending {
            mut checkpoint,
            after,
            cause,
        } = step
        else {
            return step;
        };
        if self.is(Fault::RepeatsPublish) {
            checkpoint.next = Effect::Repeatable;
        }
        if self.is(Fault::ContainerIsAPost) && !checkpoint.remote_ids.is_empty() {
            checkpoint.exposure = Exposure::PostMayExist;
        }
        Step::Pending {
            checkpoint,
            after,
            cause,
        }
    }

    fn read(&self, at: &Checkpoint) -> Checkpoint {
        let mut at = at.clone();
        if self.is(Fault::ReadsNewer) {
            at.version = at.version.min(1);
        }
        if self.is(Fault::KnowsEveryStep) && at.step.contains(' ') {
            "create".clone_into(&mut at.step);
        }
        at
    }
}

#[async_trait]
impl Publisher for Broken {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn preflight(&self, cx: &StepContext<'_>, request: &PublishRequest) -> Result<Preflight> {
        if self.is(Fault::PostsToCheck) {
            let plan = self.0.plan(request)?;
            if let Step::Pending { mut checkpoint, .. } = self.0.advance(cx, &plan).await? {
                "publish".clone_into(&mut checkpoint.step);
                self.0.advance(cx, &checkpoint).await?;
            }
        }
        self.0.preflight(cx, request).await
    }

    fn plan(&self, request: &PublishRequest) -> Result<Checkpoint> {
        let mut plan = self.0.plan(request)?;
        if self.is(Fault::PlansInTheMiddle) {
            plan = plan.with_link(PostLink::new("7", None));
        }
        if self.is(Fault::PlansByChance) {
            plan.state["number"] = self.2.fetch_add(1, Ordering::Relaxed).into();
        }
        Ok(plan)
    }

    async fn advance(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let deadline = super::later(cx.deadline);
        let at = self.read(at);
        if self.is(Fault::PublishesTwice) && at.step == "publish" {
            self.0.advance(cx, &at).await?;
        }
        let step = match self.is(Fault::IgnoresTheDeadline) {
            true => self.0.advance(&other(cx, &deadline), &at).await,
            false => self.0.advance(cx, &at).await,
        };
        match step {
            Err(error) if self.is(Fault::GivesUp) => Ok(settled(at, Outcome::Failed(error))),
            step => Ok(self.bend(step?)),
        }
    }

    async fn reconcile(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        let at = self.read(at);
        if self.is(Fault::FindsNothing) {
            return Ok(pending(at));
        }
        if self.is(Fault::PublishesToAsk) && at.step == "publish" {
            return self.0.advance(cx, &at).await;
        }
        if self.is(Fault::ForgetsTheRestore) {
            return self.0.reconcile(&other(cx, cx.deadline), &at).await;
        }
        if self.is(Fault::TakesLostForDone) && at.step == "publish" {
            return Ok(settled(at, Outcome::Published(Vec::new())));
        }
        if self.is(Fault::LosesThePublished) && at.step == "published" {
            let error = Error::new(ErrorKind::NotFound, "it is not there");
            return Ok(settled(at, Outcome::Failed(error)));
        }
        match self.0.reconcile(cx, &at).await? {
            Step::Settled {
                outcome: Outcome::Undecided,
                ..
            } if self.is(Fault::RestoredIsLost) => {
                let error = Error::new(ErrorKind::NotFound, "it is not there");
                Ok(settled(at, Outcome::Failed(error)))
            }
            step => Ok(self.bend(step)),
        }
    }

    async fn cancel(&self, cx: &StepContext<'_>, at: &Checkpoint) -> Result<Step> {
        if self.is(Fault::CancelsAnything) {
            return Ok(settled(at.clone(), Outcome::Cancelled));
        }
        if self.is(Fault::NeverCancels) {
            return Ok(pending(at.clone()));
        }
        self.0.cancel(cx, &self.read(at)).await
    }

    fn apply(
        &self,
        at: &Checkpoint,
        outcome: Option<&Outcome>,
        event: &VerifiedEvent,
        now: DateTime<Utc>,
    ) -> Option<Step> {
        let mut event = event.clone();
        if self.is(Fault::TakesForeignEvents) {
            event.platform = PLATFORM;
        }
        if self.is(Fault::TakesPostsBack) && outcome.is_some() {
            let error = Error::new(ErrorKind::Rejected, "late").with_remedy(Remedy::Never);
            return Some(settled(at.clone(), Outcome::Failed(error)));
        }
        let known = outcome.filter(|_| !self.is(Fault::TellsTwice));
        self.0.apply(at, known, &event, now)
    }

    fn checkpoint_version(&self) -> u16 {
        self.0.checkpoint_version()
    }

    fn longest_settle(&self) -> Duration {
        let said = self.0.longest_settle();
        match self.is(Fault::SettlesLonger) {
            true => said - Duration::from_secs(1),
            false => said,
        }
    }
}

super::faults! { publisher, publisher, broken;
    a_plan_is_pure_and_stable finds PlansByChance, "a plan is the same each time";
    a_check_posts_nothing finds PostsToCheck, "a check posts nothing";
    a_request_becomes_one_post finds PublishesTwice, "it was posted 2 times";
    a_newer_checkpoint_is_refused_and_nothing_is_sent finds ReadsNewer, "a newer checkpoint";
    an_unknown_step_is_refused_and_nothing_is_sent finds KnowsEveryStep, "an unknown step";
    a_post_is_cancelled_before_it_is_there finds NeverCancels, "it is cancelled at";
    a_published_post_is_not_cancelled finds CancelsAnything, "and a post";
    a_once_step_that_was_carried_out_is_never_carried_out_again finds FindsNothing, "it was posted 2 times";
    a_once_step_that_was_not_carried_out_leads_to_one_post_at_most finds TakesLostForDone, "and no post";
    a_repeatable_step_may_lose_its_answer finds RepeatsPublish, "it was posted 2 times";
    what_is_told_not_to_exist_does_not_exist finds FindsNothing, "and there is one";
    asking_causes_nothing finds PublishesToAsk, "asked at publish";
    a_refused_post_has_failed_and_is_not_undecided finds ContainerIsAPost, "not Undecided";
    a_published_post_stays_published finds LosesThePublished, "looked at, it is Failed";
    events_in_any_order_and_doubled_lead_to_the_same_outcome finds TellsTwice, "says nothing new";
    an_event_about_something_else_says_nothing finds TakesForeignEvents, "another platform";
    an_event_never_takes_a_post_back finds TakesPostsBack, "published, and then";
    no_step_settles_longer_than_is_said finds SettlesLonger, "publish settles in 60s";
    nothing_is_sent_after_the_deadline finds IgnoresTheDeadline, "sends too late";
    no_secret_is_shown finds Shows, "shows secret";
    a_restored_post_is_never_begun_anew finds ForgetsTheRestore, "it was posted 2 times";
    a_restored_post_has_not_failed finds RestoredIsLost, "and told as Failed";
}

/// A second fault for the cases that find two.
mod more {
    use super::{Fault, broken};

    super::super::faults! { publisher, publisher, broken;
        a_plan_is_pure_and_stable finds PlansInTheMiddle, "nothing is linked yet";
        a_repeatable_step_may_lose_its_answer finds GivesUp, "it goes on";
        a_restored_post_is_never_begun_anew finds FindsNothing, "it was posted 2 times";
    }
}
