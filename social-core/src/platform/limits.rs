//! Booking before spending, and heeding what a platform says about its limits.
//!
//! A publisher or a content source books each call in the shared [`Limits`](crate::store::Limits) before it is made, and
//! hands every error of the platform to [`Bookings::heed`]. Which limits there are, and how many they take, is the platform
//! crate's to know.

mod bookings;
mod spent;
#[cfg(test)]
mod tests;

pub use bookings::Bookings;
pub use spent::Spent;

use crate::model::{AccountKey, AppKey};

/// The key of what is counted for each account of each app: `platform/what/app/account`. A slash or percent sign in an id is
/// written as in an address, so that no two accounts share a key.
pub fn account_key(what: &str, account: &AccountKey) -> String {
    format!(
        "{}/{}",
        app_key(what, &account.app_key()),
        part(account.account.as_str())
    )
}

fn part(id: &str) -> String {
    id.replace('%', "%25").replace('/', "%2F")
}

/// The key of what is counted for a whole app: `platform/what/app`.
pub fn app_key(what: &str, app: &AppKey) -> String {
    format!("{}/{what}/{}", app.platform, part(app.app.as_str()))
}
