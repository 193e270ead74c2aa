//! What the pages show: plain view models and the templates that turn them into HTML.
//!
//! A route fills the structs of this module and renders one page type. Nothing in here reads a
//! clock, a store or a platform. Every value is escaped by the templates; words of state live in
//! [`badge`], words of trouble in [`problem`], figures and times in [`mod@format`].

pub(crate) mod account;
pub(crate) mod badge;
pub(crate) mod format;
pub(crate) mod link;
pub(crate) mod overview;
pub(crate) mod posts;
pub(crate) mod problem;
pub(crate) mod publish;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod shell;
pub(crate) mod timeline;

#[cfg(test)]
mod tests;
