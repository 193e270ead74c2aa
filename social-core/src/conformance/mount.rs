//! The lists of cases. A test of this crate compares them to the functions there are.

mod content;
mod events;
mod handler;
mod installation;
mod keyring;
mod limits;
mod logins;
mod media;
mod oauth;
mod posts;
mod publisher;
mod sealed;
mod subscriptions;
mod tokens;
mod told;
mod webhook;

/// Mounts each case of a list as a test, or names them.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ([mount $harness:expr] $suite:ident: $($case:ident)*) => {
        $(
            #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() -> $crate::Result<()> {
                let harness = $harness;
                $crate::conformance::$suite::$case(&harness).await
            }
        )*
    };
    ([names] $suite:ident: $($case:ident)*) => { &[$(stringify!($case)),*] };
}
