//! What the subject is told to do.

use serde::{Deserialize, Serialize};

/// One line of JSON each. Orders hold secrets; the subject does not print them.
#[derive(Serialize, Deserialize)]
pub(crate) enum Order {
    /// Sets the clock ahead by so many seconds.
    Clock(u32),
    /// Begins a login; address and browser secret go into a file aside.
    Login,
    /// Finishes it with what the browser came back with, and accepts.
    Finish { query: String, browser: Browser },
    /// Valid tokens, and tokens after a 401.
    Use,
    /// Every call of the native client.
    Calls,
    /// Submits a post.
    Submit(String),
    /// Publishes what was submitted, for a while.
    Publish,
    /// Refreshes what is due.
    Refresh,
    /// Shows everything.
    Show,
    /// Disconnects the account.
    Disconnect,
}

/// Which browser comes back.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Browser {
    Same,
    Other,
    Unknown,
}

/// Address and browser secret of a login.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) address: String,
    pub(crate) browser: String,
}

/// Where [`Begun`] is written.
pub(crate) const BEGUN: &str = "begun.json";

/// Where the subject's log goes.
pub(crate) const LOG: &str = "trace.log";

/// How an order ended; its last line.
pub(crate) const OK: &str = "done: ok";
pub(crate) const REFUSED: &str = "done: refused";
pub(crate) const WAITING: &str = "done: waiting";
