use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use url::Url;

use crate::{
    content::ContentContext, error::Result, model::Platform, platform::limits::Bookings,
    store::Limits, time::Deadline,
};

/// What a call for the whole app is given.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallbackContext<'a> {
    /// Where the platform is to send what happens.
    pub callback: &'a Url,
    /// Limits to book before they are spent, with [`bookings`](Self::bookings).
    pub limits: &'a dyn Limits,
    /// After this moment nothing may be sent.
    pub deadline: &'a Deadline,
}

impl<'a> CallbackContext<'a> {
    /// Joins the parts.
    pub fn new(callback: &'a Url, limits: &'a dyn Limits, deadline: &'a Deadline) -> Self {
        Self {
            callback,
            limits,
            deadline,
        }
    }

    /// Books limits for a call that no post is behind.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings::of_post(self.limits, None)
    }
}

/// Keeps the platform sending. What was asked for once ends by itself on most platforms: a lease runs out, an address
/// that did not answer is switched off, a right that is taken away takes the subscription along, and nobody is told. So all of it
/// is asked for again, each account and the app's address in their own time, by a worker of `social-workers`.
///
/// Every call may be made again at any time: it makes things as they should be, and finds that they are.
#[async_trait]
pub trait EventSubscriptions: Debug + Send + Sync + 'static {
    /// Which platform.
    fn platform(&self) -> Platform;

    /// How often an account is looked at: half of a lease, or as often as what may be lost in silence may stay so. A minute at
    /// least.
    fn account_every(&self) -> Duration;

    /// How often the app's address is looked at; nothing where the platform keeps none for the whole app, or an operator
    /// enters it by hand. A minute at least.
    fn callback_every(&self) -> Option<Duration>;

    /// Makes the platform send what concerns this account to `callback`, and names what it refuses to send: what the account
    /// has no right to, its kind does not have, or for which the app has no room. Leaves alone what others have subscribed to.
    /// What the platform adds to the address comes back with each question and delivery.
    ///
    /// # Errors
    /// The platform's refusal of all of it: `Unsupported` where an account of this kind is sent nothing. `RateLimited` when a
    /// limit is spent, before anything is sent. A remedy by which time helps has it tried again soon; after any other it is
    /// looked at again in its time.
    ///
    /// # Cancel safety
    /// Dropped, the platform may have been told or not.
    async fn subscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<Vec<String>>;

    /// Ends that, before the account's tokens are gone. Ending what has ended is a success, and so is doing nothing where what
    /// nobody renews lapses by itself.
    ///
    /// # Errors
    /// What the platform answers. It stops nothing.
    ///
    /// # Cancel safety
    /// As [`subscribe`](Self::subscribe).
    async fn unsubscribe(&self, cx: &ContentContext<'_>, callback: &Url) -> Result<()>;

    /// Makes the platform send to the app's address: registers it, and has it checked again where the platform has switched it
    /// off. Names what the platform refuses to send to it. Called where [`callback_every`](Self::callback_every) says how often.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    ///
    /// # Cancel safety
    /// As [`subscribe`](Self::subscribe).
    async fn keep_callback(&self, cx: &CallbackContext<'_>) -> Result<Vec<String>>;
}
