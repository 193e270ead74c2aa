//! For authors of platform crates: what each of them needs and no platform has a say in.

mod base_url;
pub mod hex;
pub mod lenient;
pub mod limits;
mod loopback;

pub use base_url::BaseUrl;
pub use loopback::is_loopback;
