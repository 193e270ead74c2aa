//! The rules of [`PostStore`](crate::store::PostStore).

mod submit;

pub use submit::*;
