//! What a program is told by flags and environment, read in one way by all of them: blanks around a value are cut off, an
//! empty value counts as not given, and what can never work is refused by name before anything is done.
//!
//! Everything that is wrong is said at once. No value is repeated: whoever mixes two variables up has put a secret into
//! the other one.

mod address;
mod database;
mod environment;
#[cfg(test)]
mod tests;

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use social_core::{model::Scopes, platform::is_loopback, store::InstanceName};
use tracing_subscriber::EnvFilter;
use url::Url;

pub use address::{can_lead, is_bare};
pub use database::DatabaseAddress;
pub use environment::read;

/// A value that was given: without the blanks around it, and not empty.
pub fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// As [`given`], of a secret.
pub fn given_secret(value: Option<&SecretString>) -> Option<&str> {
    given(value.map(ExposeSecret::expose_secret))
}

/// As [`given`], of a file or a folder, whose name need not be text.
pub fn given_path(value: Option<&OsString>) -> Option<PathBuf> {
    let value = value?;
    match value.to_str() {
        Some(text) => given(Some(text)).map(PathBuf::from),
        None => Some(PathBuf::from(value)),
    }
}

/// What an account must allow, or TikTok tells nothing about it and takes no post.
const POSTING: &str = "video.publish";

/// What is logged: as `RUST_LOG` says, or else as `usual`.
///
/// # Errors
/// When `RUST_LOG` is no filter.
pub fn log_filter(program: &'static str, usual: &str) -> Result<EnvFilter, Wrong> {
    let mut check = Check::default();
    let named = check.variable("RUST_LOG");
    let filter = check.read(
        Some(named.as_deref().unwrap_or(usual)),
        "RUST_LOG is not a filter of the log: give a level such as info, or TARGET=LEVEL, separated by commas",
        |text| EnvFilter::try_new(text).ok(),
    );
    check.end(program, filter)
}

/// Gathers what is wrong.
#[derive(Debug, Default)]
pub struct Check {
    wrong: Vec<String>,
}

impl Check {
    /// Refuses with this line unless it holds.
    pub fn need(&mut self, holds: bool, line: &str) {
        if !holds {
            self.wrong.push(line.to_owned());
        }
    }

    /// A variable of the environment, as [`given`].
    pub fn variable(&mut self, name: &str) -> Option<String> {
        let value = std::env::var_os(name)?;
        self.read_text(name, &value)
    }

    fn read_text(&mut self, name: &str, value: &OsStr) -> Option<String> {
        let text = value.to_str();
        self.need(
            text.is_some(),
            &format!("{name} is not text (UTF-8): write it anew"),
        );
        given(text).map(str::to_owned)
    }

    /// Reads a value, if there is one. Refuses with this line one that cannot be read.
    pub fn read<T>(
        &mut self,
        value: Option<&str>,
        line: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let read = read(value?);
        self.need(read.is_some(), line);
        read
    }

    /// Reads a value that says itself what is wrong with it.
    pub fn try_read<T>(
        &mut self,
        value: Option<&str>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match read(value?) {
            Ok(value) => Some(value),
            Err(line) => {
                self.need(false, &line);
                None
            }
        }
    }

    /// A key or a secret of one word: whoever copies it with a line break in its middle has half of it.
    pub fn word(&mut self, name: &str, value: Option<&str>) -> Option<String> {
        self.read(
            value,
            &format!("{name} has blanks inside: give it in one piece"),
            |value| (!value.contains(char::is_whitespace)).then(|| value.to_owned()),
        )
    }

    /// Something that is on or off.
    pub fn flag(&mut self, name: &str, value: Option<&str>) -> bool {
        let line = format!("{name} is neither true nor false");
        let read = |value: &str| match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        };
        self.read(value, &line, read).unwrap_or_default()
    }

    /// The operator's name for the place where the data are at work.
    pub fn instance(&mut self, value: Option<&str>) -> Option<InstanceName> {
        self.read(
            value,
            "DATABASE_INSTANCE is no name: give 1 to 64 letters, digits, dots, dashes and underscores, such as prod-eu-1",
            |name| InstanceName::parse(name).ok(),
        )
    }

    /// For how long posts wait for an operator's word after a loss.
    pub fn hold_after_loss(&mut self, hours: Option<&str>) -> Option<Duration> {
        let line =
            "HOLD_AFTER_LOSS_HOURS is no number of hours from 1 to 8760: give 24, for example";
        self.read(hours, line, |hours| {
            let hours: u64 = hours.parse().ok()?;
            let hours = Some(hours).filter(|hours| (1..=8_760).contains(hours))?;
            Some(Duration::from_secs(hours * 3_600))
        })
    }

    /// Key and secret of the app at TikTok. Only where they are not `needed` may they be missing.
    pub fn tiktok_app(
        &mut self,
        needed: bool,
        key: Option<&str>,
        secret: Option<&SecretString>,
    ) -> (Option<String>, Option<SecretString>) {
        let mut word = |name: &str, value: Option<&str>| {
            self.need(
                !needed || value.is_some(),
                &format!("{name} is not set: it is in your app's page at developers.tiktok.com"),
            );
            self.word(name, value)
        };
        let key = word("TIKTOK_CLIENT_KEY", given(key));
        let secret = word("TIKTOK_CLIENT_SECRET", given_secret(secret));
        (key, secret.map(SecretString::from))
    }

    /// The address of a sandbox on this machine.
    pub fn sandbox(&mut self, name: &str, value: Option<&str>) -> Option<Url> {
        let line = format!(
            "{name} is not the address of a sandbox on this machine, such as http://127.0.0.1:4100; leave it unset for TikTok"
        );
        self.read(value, &line, |text| {
            let url = Url::parse(text).ok()?;
            let plain =
                matches!(url.scheme(), "http" | "https") && is_loopback(&url) && is_bare(&url);
            (plain && can_lead(&url)).then_some(url)
        })
    }

    /// What is asked for at sign-in. Whoever signs in cannot allow what is not asked for.
    pub fn tiktok_scopes(&mut self, value: Option<&str>) -> Option<Scopes> {
        let scopes = self.try_read(value, |text| {
            social_tiktok::read_scopes(text)
                .map_err(|error| format!("TIKTOK_SCOPES cannot be asked for: {}", error.message()))
        })?;
        self.need(
            scopes.contains(POSTING),
            &format!("TIKTOK_SCOPES lacks {POSTING}, without which nothing can be posted: add it, or leave it unset"),
        );
        Some(scopes)
    }

    /// The value, when nothing is wrong.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn end<T>(mut self, program: &'static str, value: Option<T>) -> Result<T, Wrong> {
        match value {
            Some(value) if self.wrong.is_empty() => Ok(value),
            None if self.wrong.is_empty() => {
                self.need(false, "a setting is missing");
                Err(self.into_wrong(program))
            }
            _ => Err(self.into_wrong(program)),
        }
    }

    fn into_wrong(self, program: &'static str) -> Wrong {
        Wrong {
            program,
            lines: self.wrong,
        }
    }
}

/// Everything that is wrong, at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{program} did not start:{}", on_lines(lines))]
pub struct Wrong {
    program: &'static str,
    lines: Vec<String>,
}

/// Each below the one before, set in.
fn on_lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}
