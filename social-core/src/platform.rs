//! For authors of platform crates: what each of them needs and no platform has a say in.

pub mod hex;
pub mod lenient;
