use async_trait::async_trait;
use social_core::{
    ErrorKind, Result,
    conformance::named,
    content::{ContentContext, ContentSource, MediaItem, MediaPage, Metric, Profile},
    model::Platform,
};

use super::{Broken, Faults};
use crate::client::PLATFORM;

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Shows somebody else.
    AnothersProfile,
    /// Begins at the start where it should not begin.
    BeginsAnywhere,
    /// Says 0 for what was not told.
    CountsNothing,
    /// Sends when it is too late.
    IgnoresTheDeadline,
    /// Throws away what it has no field for.
    LosesTheRest,
    /// Says that there is always another page.
    NeverEnds,
    /// Prints the app's secret.
    Shows,
    /// Leaves the first of each later page out.
    SkipsOne,
    /// Calls trouble an empty page.
    TroubleIsEmpty,
    /// Fails over one that is gone.
    WantsAll,
}

impl Faults for Fault {
    const SHOWS: Self = Self::Shows;
}

impl Broken<Fault> {
    async fn page(&self, cx: &ContentContext<'_>, from: Option<&str>) -> Result<MediaPage> {
        match self.0.media(cx, from).await {
            Err(error) if self.is(Fault::BeginsAnywhere) && error.kind() == ErrorKind::Invalid => {
                self.0.media(cx, None).await
            }
            Err(_) if self.is(Fault::TroubleIsEmpty) => Ok(MediaPage::default()),
            answer => answer,
        }
    }
}

#[async_trait]
impl ContentSource for Broken<Fault> {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    async fn profile(&self, cx: &ContentContext<'_>) -> Result<Profile> {
        let later = super::later(cx.deadline);
        let late = ContentContext::new(cx.account, cx.tokens, cx.limits, &later);
        let mut profile = match self.is(Fault::IgnoresTheDeadline) {
            true => self.0.profile(&late).await?,
            false => self.0.profile(cx).await?,
        };
        if self.is(Fault::AnothersProfile) {
            profile.account = named("another");
        }
        Ok(profile)
    }

    async fn media(&self, cx: &ContentContext<'_>, from: Option<&str>) -> Result<MediaPage> {
        let mut page = self.page(cx, from).await?;
        for item in &mut page.items {
            if self.is(Fault::CountsNothing) && item.metrics.is_empty() {
                item.metrics.push(Metric::new("stamps", 0));
            }
            if self.is(Fault::LosesTheRest) {
                item.more.clear();
            }
        }
        if self.is(Fault::SkipsOne) && from.is_some() {
            page.items.remove(0);
        }
        if self.is(Fault::NeverEnds) && page.next.is_none() {
            page.next = Some("2".to_owned());
        }
        Ok(page)
    }

    async fn media_by_id(&self, cx: &ContentContext<'_>, ids: &[&str]) -> Result<Vec<MediaItem>> {
        let items = self.0.media_by_id(cx, ids).await?;
        if self.is(Fault::WantsAll) && items.len() < ids.len() {
            return Err(social_core::Error::new(ErrorKind::NotFound, "not all"));
        }
        Ok(items)
    }
}

super::faults! { content, source, Broken::new;
    the_profile_is_that_of_the_account finds AnothersProfile, "whose profile";
    paging_ends_and_visits_each_once finds SkipsOne, "each once, newest first";
    nothing_to_show_is_one_empty_page finds NeverEnds, "it is the last page";
    a_page_begins_only_where_one_ended finds BeginsAnywhere, "begins nowhere";
    of_media_by_id_what_is_gone_is_left_out finds WantsAll, "not all";
    an_absent_number_is_not_zero finds CountsNothing, "nothing was told of";
    unknown_fields_do_no_harm finds LosesTheRest, "what has no field is kept";
    a_server_error_is_told finds TroubleIsEmpty, "a page";
    nothing_is_sent_after_the_deadline finds IgnoresTheDeadline, "too late";
    no_secret_is_shown finds Shows, "shows secret";
}

mod more {
    use super::{Broken, Fault};

    super::super::faults! { content, source, Broken::new;
        paging_ends_and_visits_each_once finds NeverEnds, "paging ends";
    }
}
