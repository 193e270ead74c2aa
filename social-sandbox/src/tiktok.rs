//! TikTok's endpoints, and the rules behind them.
//!
//! Where TikTok's documentation and what developers met in production differ, the module concerned
//! says which one it follows.

pub(crate) mod account;
mod ahead;
pub(crate) mod app;
mod authorize;
pub(crate) mod bearer;
pub(crate) mod begin;
mod cancel;
mod chunks;
mod consent;
mod consent_page;
mod creator;
pub(crate) mod display;
pub(crate) mod envelope;
pub(crate) mod form;
pub(crate) mod grant;
pub(crate) mod inbox;
mod inbox_page;
mod init;
pub(crate) mod limits;
mod oauth_error;
mod permit;
pub(crate) mod properties;
pub(crate) mod publish;
mod pull;
mod range;
mod redirect;
mod request;
mod revoke;
mod routes;
pub(crate) mod session;
pub(crate) mod standing;
mod status;
mod token;
mod upload;
mod user;
pub(crate) mod webhook;

pub(crate) use routes::{router, stylesheet};

/// Whether the platform has this scope.
pub(crate) fn is_scope(name: &str) -> bool {
    authorize::SCOPES.iter().any(|(known, _)| *known == name)
}
