//! The link that is printed: one counts at a time. Whoever signs out, or comes with another browser, needs no restart: the
//! link is printed again while it is unused, and a new one when it was used.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use social_core::Result;
use social_core::random::{Random, random_token};
use subtle::ConstantTimeEq as _;
use tokio::sync::Notify;
use url::Url;

use super::Gate;
use crate::app::App;
use crate::session::store::hash;

/// How far apart the lines are that visitors cause: a terminal is not to be filled by whoever reaches the port.
const APART: Duration = Duration::from_secs(60);

/// The one link that counts.
#[derive(Debug, Default)]
pub(crate) struct Link {
    /// Kept to be printed again; none when it was used.
    unused: Mutex<Option<SecretString>>,
    asked: AtomicBool,
    wake: Notify,
}

impl Link {
    fn unused(&self) -> MutexGuard<'_, Option<SecretString>> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it opens; it does so once.
    pub(super) fn open(&self, token: &str) -> bool {
        let mut unused = self.unused();
        let known = unused.as_ref().map(|known| hash(known.expose_secret()));
        let opens = known.is_some_and(|known| known.ct_eq(&hash(token)).into());
        if opens {
            *unused = None;
            // Whoever asked is in.
            self.asked.store(false, Ordering::Release);
        }
        opens
    }

    /// The unused one, or a new one.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    fn current(&self, random: &dyn Random) -> Result<SecretString> {
        let mut unused = self.unused();
        if let Some(known) = &*unused {
            return Ok(known.clone());
        }
        let new = random_token(random)?;
        *unused = Some(new.clone());
        Ok(new)
    }

    /// Wants it printed.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}

/// Prints the address to open, with the link's secret where one is needed.
///
/// # Errors
/// When the machine gives no randomness.
pub(crate) fn print(gate: &Gate, base: &Url, random: &dyn Random) -> Result<()> {
    let mut address = base.clone();
    address.set_path("/sign-in");
    if let Gate::Link(link) = gate {
        let secret = link.current(random)?;
        address
            .query_pairs_mut()
            .append_pair("token", secret.expose_secret());
    }
    // A closed standard output is no reason to stop.
    let _ = writeln!(std::io::stdout(), "Open {address}");
    Ok(())
}

/// Prints the link again when somebody asks for it, until the server ends.
pub(crate) async fn keep_printed(app: App) {
    let Gate::Link(link) = &app.gate else { return };
    let clock = app.social.clock();
    loop {
        tokio::select! {
            () = link.wake.notified() => {}
            () = app.stop.cancelled() => return,
        }
        if !link.asked.swap(false, Ordering::AcqRel) {
            continue;
        }
        if let Err(error) = print(&app.gate, &app.base, &**app.social.random()) {
            tracing::error!(%error, "no sign-in link can be made");
        }
        // Who asks meanwhile is heard afterwards.
        tokio::select! {
            () = clock.sleep(APART) => {}
            () = app.stop.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use social_core::random::SystemRandom;

    use super::*;

    #[test]
    fn a_link_opens_once_and_only_for_its_own_secret() {
        let link = Link::default();
        assert!(!link.open(""), "there is none yet");
        let random = SystemRandom::default();
        let secret = link.current(&random).expect("a link");
        assert!(!link.open("") && !link.open("something else"));
        assert!(link.open(secret.expose_secret()));
        assert!(!link.open(secret.expose_secret()) && !link.open(""));
    }

    #[test]
    fn one_counts_at_a_time() {
        let (link, random) = (Link::default(), SystemRandom::default());
        let first = link.current(&random).expect("a link");
        let again = link.current(&random).expect("a link");
        assert_eq!(first.expose_secret(), again.expose_secret(), "it is unused");
        assert!(link.open(first.expose_secret()));
        let second = link.current(&random).expect("a link");
        assert_ne!(first.expose_secret(), second.expose_secret());
        assert!(!link.open(first.expose_secret()));
        assert!(link.open(second.expose_secret()));
    }
}
