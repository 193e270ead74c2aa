//! Tests of the store through its public interface.
#![cfg(test)]

mod ahead;
mod backup;
mod bad_input;
mod conformance;
mod damage;
mod dropped;
mod event_tables;
mod events;
mod fixtures;
mod limits;
mod lockstep;
mod migrations;
mod newer;
mod outages;
mod posts;
mod privileges;
mod restores;
#[path = "../../../social-store-sqlite/tests/it/rolled.rs"]
mod rolled;
mod schemas;
mod sealed;
mod servers;
mod storm;
#[path = "../../../social-store-sqlite/tests/it/waiting_events.rs"]
mod waiting_events;
mod waits;
mod wakes;

fn mount() -> schemas::Schemas {
    schemas::Schemas::direct()
}
