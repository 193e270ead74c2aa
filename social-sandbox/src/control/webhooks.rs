//! The control surface's part for webhooks.

use serde_json::Value;

use super::{Control, ControlError};
use crate::tiktok::account;
use crate::tiktok::webhook::callback;
use crate::tiktok::webhook::delivery::WebhookDelivery;
use crate::tiktok::webhook::event::Event;
use crate::tiktok::webhook::settings::WebhookSettings;

impl Control {
    /// How webhooks are delivered.
    pub fn webhooks(&self) -> WebhookSettings {
        self.0.world().outbox.settings.clone()
    }

    /// Changes how webhooks are delivered, for events that happen from now on; order, signatures and
    /// `held` for all that are sent from now on.
    ///
    /// # Errors
    /// The number of copies is not 1 to 100.
    pub fn set_webhooks(&self, settings: WebhookSettings) -> Result<(), ControlError> {
        settings.check().map_err(ControlError)?;
        self.0.change(|world, now| {
            // What has happened already keeps the form it has.
            world.collect(now);
            world.outbox.settings = settings;
        });
        Ok(())
    }

    /// Has an app's events sent to this address, http on this machine, or nowhere.
    ///
    /// # Errors
    /// There is no such app, or the address leads elsewhere.
    pub fn set_webhook(&self, client_key: &str, url: Option<&str>) -> Result<(), ControlError> {
        url.map_or(Ok(()), callback::check).map_err(ControlError)?;
        self.0.change(|world, now| {
            let app = world.apps.get_mut(client_key);
            let app = app.ok_or_else(|| unknown("app", client_key))?;
            app.webhook = url.map(str::to_owned);
            world.outbox.subscribe(app, now);
            Ok(())
        })
    }

    /// Sends an event by hand: any name, any content. Content that is a string travels as it is, all
    /// else as JSON text.
    ///
    /// # Errors
    /// There is no such account, or no such app with a webhook URL.
    pub fn send_event(
        &self,
        client_key: &str,
        event: &str,
        account: Option<&str>,
        content: Value,
    ) -> Result<(), ControlError> {
        let find = |name| account::find(name).ok_or_else(|| unknown("account", name));
        let account = account.map(find).transpose()?;
        let sent = self.0.change(|world, now| {
            world.outbox.add(&Event {
                client_key: client_key.to_owned(),
                name: event.to_owned(),
                happened_at: now,
                open_id: account.map(|account| account.open_id(client_key)),
                content,
            })
        });
        if sent {
            Ok(())
        } else {
            Err(unknown("app with a webhook URL", client_key))
        }
    }

    /// Plays the user who removes an app, or TikTok removing it: tokens die, what is not posted fails,
    /// and the app is told `authorization.removed` with this reason (0 unknown, 1 user disconnected,
    /// 2 account deleted, 3 age changed, 4 banned, 5 developer revoked).
    ///
    /// # Errors
    /// There is no such account or reason, or the account has not let the app in.
    pub fn disconnect(
        &self,
        client_key: &str,
        account: &str,
        reason: u8,
    ) -> Result<(), ControlError> {
        let found = account::find(account).ok_or_else(|| unknown("account", account))?;
        if reason > 5 {
            return Err(ControlError(format!(
                "there is no reason {reason}, only 0 to 5"
            )));
        }
        if self
            .0
            .change(|world, now| world.revoke(client_key, found, reason, now))
        {
            return Ok(());
        }
        Err(ControlError(format!(
            "{account} has not let the app {client_key:?} in"
        )))
    }

    /// Delivers every webhook that is due now, held or not, and ends when each has been tried once.
    ///
    /// Cancel safe: what has begun goes on.
    pub async fn deliver_due(&self) {
        self.0.deliver_due().await;
    }

    /// The webhooks that were or are to be delivered, oldest first, with how each try went; of those
    /// that have ended the last five thousand.
    pub fn deliveries(&self) -> Vec<WebhookDelivery> {
        self.0.change(|world, now| {
            world.collect(now);
            world.outbox.list()
        })
    }
}

fn unknown(what: &str, name: &str) -> ControlError {
    ControlError(format!("there is no {what} {name:?}"))
}
