//! What TikTok takes in a day, as booked here.

use social_core::{
    Result,
    model::AccountKey,
    store::{Limit, Limits, Usage},
};

use super::{book::of_day, options::Mode, settings::PublishSettings};
use crate::limits;

/// What is booked of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Room {
    /// How many TikTok takes.
    pub most: u32,
    /// How many are booked, and for how long a newcomer would wait.
    pub usage: Usage,
}

/// What is booked of what TikTok takes in 24 hours. Make it with [`Publishing::day`](super::Publishing::day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Day {
    /// Posts of the account on the profile.
    pub posts: Room,
    /// Posts of the account that wait in the inbox of TikTok's app. A place is free again when one is finished or discarded
    /// there.
    pub inbox: Room,
    /// People who post through the app; `most` is [`u32::MAX`] when no number was configured.
    pub people: Room,
}

impl Day {
    pub(super) async fn read(
        limits: &dyn Limits,
        account: &AccountKey,
        settings: &PublishSettings,
    ) -> Result<Self> {
        let people = limits::users(account, settings.users_per_day.unwrap_or(u32::MAX));
        Ok(Self {
            posts: room(limits, &of_day(account, Mode::Direct, settings)).await?,
            inbox: room(limits, &of_day(account, Mode::Inbox, settings)).await?,
            people: room(limits, &people).await?,
        })
    }
}

async fn room(limits: &dyn Limits, limit: &Limit) -> Result<Room> {
    Ok(Room {
        most: limit.window.limit,
        usage: limits.usage(limit).await?,
    })
}
