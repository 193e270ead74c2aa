//! Accounts and moderation on the control surface.

use std::collections::BTreeMap;

use super::{Control, ControlError};
use crate::tiktok::account::{self, ACCOUNTS};
use crate::tiktok::inbox;
use crate::tiktok::standing::{AccountSettings, Ruling};

impl Control {
    /// How every account stands, by user name.
    pub fn accounts(&self) -> BTreeMap<String, AccountSettings> {
        let world = self.0.world();
        let standing = |account| world.standing(account);
        ACCOUNTS
            .iter()
            .map(|account| (account.username.to_owned(), standing(account)))
            .collect()
    }

    /// How an account stands.
    ///
    /// # Errors
    /// There is no such account.
    pub fn account(&self, name: &str) -> Result<AccountSettings, ControlError> {
        let account = account::find(name).ok_or_else(|| no_account(name))?;
        Ok(self.0.world().standing(account))
    }

    /// Changes how an account stands, for calls from now on.
    ///
    /// # Errors
    /// There is no such account.
    pub fn set_account(&self, name: &str, settings: AccountSettings) -> Result<(), ControlError> {
        let account = account::find(name).ok_or_else(|| no_account(name))?;
        let name = account.username.to_owned();
        self.0
            .change(|world, _| world.standings.insert(name, settings));
        Ok(())
    }

    /// Plays moderation: rules on a publish that is still processing.
    ///
    /// # Errors
    /// There is no such publish, or it is not processing any more.
    pub fn rule(&self, publish_id: &str, ruling: Ruling) -> Result<(), ControlError> {
        let settings = self.0.settings();
        let ruled = self
            .0
            .change(|world, now| inbox::rule(world, &settings, publish_id, ruling, now));
        ruled.map_err(|reason| ControlError(reason.to_owned()))
    }

    /// Makes a public post no longer public: its id is not told any more.
    ///
    /// # Errors
    /// No post with this id is public.
    pub fn withdraw(&self, post_id: &str) -> Result<(), ControlError> {
        let id = post_id.parse();
        let withdrawn =
            id.is_ok_and(|id| self.0.change(|world, now| inbox::withdraw(world, id, now)));
        let none = || ControlError(format!("no post {post_id:?} is public"));
        withdrawn.then_some(()).ok_or_else(none)
    }
}

fn no_account(name: &str) -> ControlError {
    ControlError(format!("there is no account {name:?}"))
}
