//! The pages, one module each.

pub(crate) mod accounts;
pub(crate) mod overview;
pub(crate) mod post;
pub(crate) mod posts;
pub(crate) mod publish;
