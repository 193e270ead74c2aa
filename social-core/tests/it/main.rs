//! Tests of this crate at its boundary.

#[cfg(test)]
mod conformance;
mod models;
