//! Implementations with one fault each, and the case that must find it. A suite that lets them pass proves nothing.

mod comments;
mod content;
mod handler;
mod insights;
mod oauth;
mod publisher;
mod subscriptions;
mod webhook;

use std::fmt;

use social_core::{Result, time::Deadline};

use crate::{client::Client, content::Shown};

/// Runs a case, which must fail and say why in these words.
pub(super) async fn caught(case: impl Future<Output = Result<()>> + Send + 'static, words: &str) {
    let failure = match tokio::spawn(case).await {
        Err(failure) => failure.into_panic(),
        Ok(Err(error)) => Box::new(format!("{error:?}")),
        Ok(Ok(())) => panic!("the fault was not found"),
    };
    let said = match failure.downcast::<String>() {
        Ok(said) => *said,
        Err(other) => (*other.downcast::<&str>().unwrap()).to_owned(),
    };
    assert!(said.contains(words), "found for another reason: {said}");
}

/// One test per fault: the suite, what of the stage is replaced and how, and for each case the fault it must find and the
/// words of its failure.
macro_rules! faults {
    ($suite:ident, $part:ident, $make:expr; $($case:ident finds $fault:ident, $words:literal;)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let case = async {
                    let mut stage = crate::stage::Stage::new().await;
                    stage.$part = Box::new($make(stage.client.clone(), Fault::$fault));
                    social_core::conformance::$suite::$case(&stage).await
                };
                crate::tests::broken::caught(case, $words).await;
            }
        )*
    };
}
pub(super) use faults;

/// The faults that an implementation may have which shows what is on the platform.
trait Faults: Copy + PartialEq + Send + Sync + 'static {
    /// Prints the app's secret.
    const SHOWS: Self;
}

/// What shows the platform, with one fault.
struct Broken<F>(Shown, F);

impl<F: Faults> Broken<F> {
    fn new(client: Client, fault: F) -> Self {
        Self(Shown(client), fault)
    }

    fn is(&self, fault: F) -> bool {
        self.1 == fault
    }
}

impl<F: Faults> fmt::Debug for Broken<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, self.is(F::SHOWS))
    }
}

/// Prints what should not be seen.
fn show(f: &mut fmt::Formatter<'_>, shows: bool) -> fmt::Result {
    f.write_str(if shows { crate::peer::SECRET } else { "Broken" })
}

/// Another minute.
pub(super) fn later(deadline: &Deadline) -> Deadline {
    Deadline::after(deadline.clock().clone(), std::time::Duration::from_secs(60))
}
