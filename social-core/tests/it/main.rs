//! Tests of this crate at its boundary.

mod conformance;
