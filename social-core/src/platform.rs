//! For authors of platform crates: what each of them needs and no platform has a say in.
//!
//! Numbers, hosts, names of limits and sentences are the platform crate's. What belongs to a type of this crate is a
//! constructor of it, such as [`Step::pending`](crate::publish::Step::pending) and
//! [`RefreshPlan::in_last_part`](crate::oauth::RefreshPlan::in_last_part); who asks a platform with an account's tokens does so
//! through [`Tokens::with_valid`](crate::tokens::Tokens::with_valid).

mod base_url;
pub mod hex;
pub mod lenient;
pub mod limits;
mod loopback;

pub use base_url::BaseUrl;
pub use loopback::is_loopback;
