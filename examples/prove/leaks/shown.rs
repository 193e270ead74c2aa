//! Prints what there is, in every way in which it may be printed.

use std::{error::Error as _, fmt::Debug};

use examples::stage::say;
use social_core::Error;

pub(crate) fn show(name: &str, value: &(impl Debug + ?Sized)) {
    say(&format!("{name}: {value:?}"));
    say(&format!("{name}: {value:#?}"));
}

pub(crate) fn trouble(name: &str, error: &Error) {
    say(&format!("{name}: {error}"));
    say(&format!("{name}: {error:#}"));
    show(name, error);
    say(&format!(
        "{name}: {} {:?} {:?}",
        error.user_message(),
        error.code(),
        error.request_id()
    ));
    let mut source = error.source();
    while let Some(cause) = source {
        say(&format!("{name}: because {cause} {cause:?} {cause:#?}"));
        source = cause.source();
    }
    let any = anyhow::Error::from(error.clone()).context("context");
    say(&format!("{name}: {any:#} {any:?} {any:#?}"));
    // As an application would log it, with both of tracing's signs.
    tracing::error!(%error, ?error, "{name}");
}

/// Shows it, whatever it is. Whether it went well.
pub(crate) fn outcome<T: Debug>(name: &str, result: &Result<T, Error>) -> bool {
    match result {
        Ok(value) => {
            show(name, value);
            tracing::info!(?value, "{name}");
        }
        Err(error) => trouble(name, error),
    }
    result.is_ok()
}
