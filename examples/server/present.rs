//! From what the crates keep to what the pages show.

pub(crate) mod account;
pub(crate) mod asking;
pub(crate) mod hold;
pub(crate) mod login;
pub(crate) mod overview;
pub(crate) mod page;
pub(crate) mod post;
pub(crate) mod request;
pub(crate) mod timeline;
pub(crate) mod trouble;
