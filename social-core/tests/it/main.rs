//! Tests of this crate at its boundary.

#[cfg(test)]
mod conformance;
mod models;
#[cfg(test)]
#[path = "../../../social-store-sqlite/tests/it/waiting_events.rs"]
mod waiting_events;

#[cfg(test)]
fn mount() -> conformance::InMemory {
    conformance::InMemory::default()
}
